"""``sandbox log``: what was asked of the sandbox, what it answered, what that cost."""

from __future__ import annotations

from typing import Any

from . import Context
from .sandbox import ask


def run(values: dict[str, Any], context: Context) -> list[dict[str, Any]]:
    """The last requests, the oldest first."""
    log: list[dict[str, Any]] = ask(context, "GET", "log", limit=values["limit"])["log"]
    return log
