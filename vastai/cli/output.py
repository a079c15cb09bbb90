"""Print a result: JSON under --raw, ids under --quiet, else what the entry's `output` says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import cells, render
from ..table.model import Command
from .document import pieces
from .terminal import Terminal


def write(
    command: Command,
    result: Any,
    given: Mapping[str, Any],
    columns: Mapping[str, Sequence[Mapping[str, Any]]],
    terminal: Terminal,
    *,
    full: bool = False,
) -> int:
    """Print the result of a command.

    Arguments:
        given: the arguments that were typed, by parameter name.
        columns: the column lists of the table, by name.
        full: tables in full width also on a terminal.

    Returns:
        0, or 1 when a part of the result says that it failed.
    """
    result = render.masked(command, result, given)
    if terminal.raw:
        terminal.write(pieces(result, terminal.encodes))
    else:
        text = ids(command, result) if terminal.quiet else None
        if text is None and command.output.piped and terminal.width() is None:
            text = for_programs(command, result, terminal)
        if text is None:
            text = render.text(command, result, columns, None if full else terminal.width())
        if text:
            terminal.out(text)
        elif isinstance(result, list) or command.output.rows:
            terminal.say(command.output.empty or "Nothing found.")
    return 1 if command.effect != "read" and partly_failed(result) else 0


def for_programs(command: Command, result: Any, terminal: Terminal) -> str:
    """A result in the form that programs read from the official command line: JSON, or as Python writes it."""
    if command.output.piped == "json":
        return "".join(pieces(result, terminal.encodes))
    first = {"success": result["success"]} if isinstance(result, dict) and "success" in result else {}
    text = repr({**first, **result} if first else result)
    return text if terminal.encodes(text) else ascii(result)


def ids(command: Command, result: Any) -> str | None:
    """Only the field that the entry names under `output.quiet`, one line per row; None when it names none."""
    field = command.output.quiet
    if field is None or not isinstance(result, list | dict):
        return "" if isinstance(result, dict) and set(result) <= {"success", "msg"} else None
    found = [cells.field(row, field) for row in render.rows_of(result, command.output.rows)]
    return "\n".join(cells.cell(item) for item in found if item is not None)


def partly_failed(result: Any) -> bool:
    """Does any object in a result, such as that of one id of many, say that it failed?

    >>> partly_failed({"success": True, "results": [{"id": 1, "success": True}, {"id": 2, "success": False}]})
    True
    """
    parts = result if isinstance(result, list) else list(result.values()) if isinstance(result, dict) else []
    nested = [item for part in parts for item in (part if isinstance(part, list) else [part])]
    return any(isinstance(item, dict) and item.get("success") is False for item in nested)
