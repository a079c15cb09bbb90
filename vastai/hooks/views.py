"""View hooks: a result as the text that a terminal shows."""

from __future__ import annotations

from typing import Any

from .registry import view


@view
def text(result: Any) -> str:
    """A result that is text, as it is.

    >>> text("ssh://root@203.0.113.7:40022")
    'ssh://root@203.0.113.7:40022'
    """
    return str(result)


@view
def command_output(result: dict[str, Any]) -> str:
    """What a command on an instance printed.

    >>> command_output({"success": True, "output": "data\\n"})
    'data\\n'
    """
    return str(result.get("output") or "")
