"""View hooks: a result as the text that a terminal shows."""

from __future__ import annotations

from typing import Any

from .registry import view


@view
def command_output(result: dict[str, Any]) -> str:
    """What a command on an instance printed.

    >>> command_output({"success": True, "output": "data\\n"})
    'data\\n'
    """
    return str(result.get("output") or "")
