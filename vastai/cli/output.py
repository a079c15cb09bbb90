"""Print a result: as a document, as ids under --quiet, else as what the entry's `output` says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from .. import cells, render
from ..errors import APIError, VastError, code_named
from ..table.model import Command
from .document import pieces
from .formats import document, line
from .presentation import Presentation
from .terminal import Terminal


class Printer:
    """Prints the results of one command as they are wanted.

    Arguments:
        given: the arguments that were typed, by parameter name.
        columns: the column lists of the table, by name.
    """

    def __init__(
        self,
        command: Command,
        given: Mapping[str, Any],
        columns: Mapping[str, Sequence[Mapping[str, Any]]],
        terminal: Terminal,
        wanted: Presentation,
    ) -> None:
        self.command = command
        self.given = given
        self.terminal = terminal
        self.wanted = wanted
        self._columns = columns

    def conclude(self, result: Any) -> int:
        """Print what the command came to.

        Returns:
            0, or the exit code that failures among its rows mean.

        Raises:
            APIError: the result is a refusal.
            VastError: it cannot be shown; if something was changed, this is said.
        """
        changed = self.command.effect != "read"
        if isinstance(result, dict) and result.get("success") is False:
            raise self._refused(result)
        try:
            if self.wanted.form == "table":
                self._write_text(self.ready(result))
            else:
                self._write_document(self.ready(result))
        except VastError as lost:
            if changed:  # nobody must do it again because the disk is full
                lost.message = f"{self.command.name} was done. {lost.message}"
                made = ", ".join((ids(self.command, result) or "").split())
                look = self.command.look_at.get("command")
                lost.hint = f"Look with {look}{f' for {made}' if made else ''}." if look else ""
            raise
        return exit_code_of(result) if not changed else 1 if partly_failed(result) else 0

    def ready(self, result: Any) -> Any:
        """A result as it may be shown: without secrets, sorted, or what an expression finds in it.

        Raises:
            UsageError: a field that is asked for is in no row, or the expression does not fit.
        """
        return self.wanted.arranged(render.masked(self.command, result, self.given))

    def text(self, result: Any, width: int | None) -> str:
        """The text of a result that is ready, "" for nothing.

        Arguments:
            width: columns of the terminal, or None for lines of any length.
        """
        command, wanted = self.command, self.wanted
        if wanted.query:
            return found(result, self.terminal, width)
        only_ids = ids(command, result) if wanted.quiet else None
        if only_ids is not None:
            return only_ids
        rows = wanted.rows(result)
        if wanted.columns is not None and (rows is not None or isinstance(result, dict)):
            lines = rows is None and not command.output.table
            return render.picked(result, wanted.columns, wanted.row_key(result), width, lines=lines)
        if command.output.piped and self.terminal.width() is None and wanted.plain:
            return for_programs(command, result, self.terminal)
        return render.text(command, result, self._columns, width)

    def dressed(self, result: Any, text: str) -> str:
        """The text of a result in colours, where it is a table or a record and the person wants them."""
        output = self.command.output
        is_text = isinstance(result, str) or output.view or output.text or output.histogram
        if not self.wanted.colour or self.wanted.quiet or self.wanted.query or (is_text and not self.wanted.columns):
            return text
        from .colours import coloured

        columns = self.wanted.columns or (self._columns[output.table] if output.table else [])
        first = columns[0]["title"].split() if columns else []
        heading = bool(first) and text.partition("\n")[0].split()[: len(first)] == first
        return coloured(text, self.terminal, heading=heading)

    def nothing(self) -> str:
        """What to say where there is nothing to show."""
        return self.command.output.empty or "Nothing found."

    def _refused(self, result: dict[str, Any]) -> APIError:
        if not self.terminal.raw:
            for one in render.report(self.command, result, brief=True):
                self.terminal.show(f"  {one}")
        message = str(result.get("msg") or result.get("error") or "The service refused.")
        return APIError(message, code=str(result.get("error") or ""), body=result)

    def _write_text(self, result: Any) -> None:
        text = self.text(result, None if self.wanted.full else self.terminal.width())
        if text:
            if self.terminal.width() is None or not self._paged(text := self.dressed(result, text)):
                self.terminal.out(text)
            if costs := self.costs(result):
                self.terminal.say(costs)
        elif isinstance(result, list) or self.command.output.rows or (self.wanted.query and result is None):
            self.terminal.say(self.nothing())

    def costs(self, result: Any) -> str:
        """The sum of what the rows cost, for below them on a terminal: a pipe gets the rows and nothing else."""
        if not self.command.output.hourly or self.wanted.quiet or self.wanted.query or self.terminal.width() is None:
            return ""
        from ..hooks.costs import in_words

        return in_words(render.rows_of(result, self.command.output.rows))

    def _paged(self, text: str) -> bool:
        if self.wanted.full or self.wanted.quiet:
            return False
        from .pager import page  # a pipe has no use for what it loads

        return page(text, self.terminal)

    def _write_document(self, result: Any) -> None:
        """What a page says besides its rows is a remark in the forms that have only rows."""
        wanted = self.wanted
        result = wanted.narrowed(result)
        rows = None if wanted.query else wanted.rows(result)
        if rows is not None and isinstance(result, dict) and wanted.form in ("jsonl", "csv"):
            for name, value in result.items():
                if name not in ("success", wanted.row_key(result)) and value not in (None, "", [], {}):
                    self.terminal.say(f"{name}: {cells.cell(value)}")
        if rows is None:
            rows = result if isinstance(result, list) else [result]
        names = [] if wanted.query else wanted.field_names()
        parts = document(wanted.form, result, rows, names, self.terminal.encodes)
        first = next(parts, None)
        if first is not None:  # no lines at all are no empty line either
            self.terminal.write(chain([first], parts))


def found(result: Any, terminal: Terminal, width: int | None) -> str:
    """What an expression found: flat objects as a table, plain values one a line, all else as JSON."""
    if result is None or result == []:
        return ""
    if isinstance(result, str):
        return render.as_written(result, width)
    values = result if isinstance(result, list) else [result]
    if not any(isinstance(value, dict | list) for value in values):
        return "\n".join(cells.cell(value) if isinstance(value, str) else line(value, str.isascii) for value in values)
    flat = isinstance(result, list) and all(isinstance(value, dict) and value for value in values)
    if flat and not any(isinstance(item, dict | list) for value in values for item in value.values()):
        names = dict.fromkeys(name for value in values for name in value)
        rows = [{f"{place}": value.get(name) for place, name in enumerate(names)} for value in values]
        chosen = [{"field": f"{place}", "title": cells.cell(name), **_side(rows, f"{place}")}
                  for place, name in enumerate(names)]  # fmt: skip
        return render.table(rows, chosen, width)
    return "".join(pieces(result, terminal.encodes))


def _side(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, str]:
    """Numbers stand at the right."""
    values = [row[name] for row in rows if row[name] is not None]
    numbers = values and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return {"align": "right"} if numbers else {}


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
        return "" if isinstance(result, dict) and set(result) <= {"success", "msg", "instance"} else None
    found = [cells.field(row, field) for row in render.rows_of(result, command.output.rows)]
    return "\n".join(cells.cell(item) for item in found if item is not None)


def exit_code_of(findings: Any) -> int:
    """The exit code of a result that was only read, when its rows are findings: that of the first failure that has one
    of its own, else 1 for any failure.

    >>> exit_code_of([{"check": "key", "state": "fail", "error": "auth_error"}]), exit_code_of([{"state": "ok"}])
    (3, 0)
    """
    rows = findings if isinstance(findings, list) else []
    kinds = [row["error"] for row in rows if isinstance(row, dict) and row.get("state") == "fail" and row.get("error")]
    codes = [code_named(kind) for kind in kinds]
    return next((code for code in codes if code != 1), 1) if codes else 0


def partly_failed(result: Any) -> bool:
    """Does any object in a result, such as that of one id of many, say that it failed?

    >>> partly_failed({"success": True, "results": [{"id": 1, "success": True}, {"id": 2, "success": False}]})
    True
    """
    parts = result if isinstance(result, list) else list(result.values()) if isinstance(result, dict) else []
    nested = [item for part in parts for item in (part if isinstance(part, list) else [part])]
    return any(isinstance(item, dict) and item.get("success") is False for item in nested)
