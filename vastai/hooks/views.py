"""View hooks: a result as the text that a terminal shows."""

from __future__ import annotations

from typing import Any

from .registry import view


@view
def program(result: dict[str, Any]) -> str:
    """The command line of a program that was only shown; of one that ran, what it printed and nobody has seen yet.

    >>> program({"command": "ssh -- root@203.0.113.7", "ran": False}), program({"command": "ssh", "ran": True})
    ('ssh -- root@203.0.113.7', '')
    """
    return str(result.get("output" if result.get("ran") else "command") or "").rstrip("\n")


@view
def started(result: dict[str, Any]) -> str:
    """A rental in the form that scripts for the official command line read, who look for the ID in these quotes.

    >>> started({"new_contract": 7835610, "success": True})
    "Started. {'success': True, 'new_contract': 7835610}"

    What a wait has added stands on a line of its own.
    """
    first = {name: result[name] for name in ("success", "new_contract") if name in result}
    waited = ("instance", "msg") if "instance" in result else ()
    shown = {name: value for name, value in (first | result).items() if name not in waited}
    return "\n".join([f"Started. {shown}", *([str(result["msg"])] if waited else [])])
