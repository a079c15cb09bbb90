"""``sandbox advance``: let time pass in the sandbox at once."""

from __future__ import annotations

import time
from typing import Any

from . import Context
from .sandbox import ask


def run(values: dict[str, Any], context: Context) -> dict[str, Any]:
    """Advance the clock, and set its speed if that is asked for."""
    body = {name: values[name] for name in ("seconds", "speed") if values.get(name) is not None}
    answer = ask(context, "POST", "advance", body)
    there = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(answer["now"]))
    return {**answer, "msg": f"In the sandbox it is {there}"} if not context.terminal.raw else answer
