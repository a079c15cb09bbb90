"""``sandbox fault add``: let something go wrong in the sandbox."""

from __future__ import annotations

from typing import Any

from . import Context
from .sandbox import ask


def run(values: dict[str, Any], context: Context) -> dict[str, Any]:
    """Keep the fault. What is wrong with it, the sandbox says."""
    wish = {name: value for name, value in values.items() if value is not None}
    fault = ask(context, "POST", "faults", wish)
    if context.terminal.raw:
        return fault
    often = {None: "until it is cleared", 1: "once"}.get(fault["times"], f"{fault['times']} times")
    return {"success": True, "msg": f"Fault {fault['id']}: {fault['kind']} for {fault['route']}, {often}"}
