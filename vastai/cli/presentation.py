"""How a result is to be shown: what the output options say, read and checked before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import UsageError
from ..nearest import suggestion
from ..table.model import Command
from .columns import Column, Names, described, narrowed
from .options import FORMATS
from .sorting import Key, in_order, keys_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .expression import Expression

RESULTS = "results"  # where a command for several items reports on each


class Presentation:
    """What the output options ask for.

    Attributes:
        form: one of `FORMATS`.
        chosen: was the form asked for, even if it is the usual one?
        columns: the columns that are asked for, or None.
        sort: the fields to sort rows by.
        query: an expression whose finding is shown in place of the result, or None.
        quiet: ids only, and no remarks.
        full: nothing cut, no pager.
        colour: colours on a terminal.
        every: seconds between two looks, or None for one look.
    """

    def __init__(
        self, command: Command, options: Mapping[str, str | bool], columns: Mapping[str, list[Any]] | None = None
    ) -> None:
        """Read the options.

        Arguments:
            options: flag to value, or True for a switch.
            columns: the column lists of the table, by name.

        Raises:
            UsageError: one of them has a fault or does not fit the command.
        """
        self._command = command
        self.chosen = "--format" in options
        self.form = _form(options)
        self.quiet = bool(options.get("--quiet"))
        self.full = bool(options.get("--full"))
        self.colour = not options.get("--no-color")
        self.every = _seconds(command, options, self.form)
        keys = keys_of(_names(options, "--sort"))
        self._names = Names(command, columns or {}) if {"--columns", "--sort"} & set(options) else None
        self.columns = self._columns("--columns", _names(options, "--columns")) or None
        fields = [column["field"] for column in self._columns("--sort", [name for name, _ in keys])]
        self.sort: list[Key] = [(field, down) for field, (_, down) in zip(fields, keys, strict=True)]
        if keys and not (command.returns.many or command.output.rows or command.output.table):
            raise UsageError(f"{command.name}: gives no rows, so there is nothing to sort")
        self.query = _expression(str(options["--query"])) if "--query" in options else None
        if self.query and self.columns:
            raise UsageError("--query picks fields itself, so there is nothing left for --columns")

    def _columns(self, flag: str, wanted: Sequence[str]) -> list[Column]:
        if wanted and self._command.returns.type == "str":
            raise UsageError(f"{self._command.name}: gives a text, so there is nothing for {flag}")
        return [self._names.column(name, flag) for name in wanted] if self._names else []

    @property
    def plain(self) -> bool:
        """Is the result shown as the command shows it, in the form that older programs read in a pipe?"""
        return not (self.chosen or self.columns or self.query)

    def rows(self, result: Any) -> list[Any] | None:
        """The rows of a result: of a list, of a page, of a report on several items; None when it is one value."""
        key = self.row_key(result)
        if key is not None:
            result = result.get(key) or []
        return result if isinstance(result, list) else None

    def row_key(self, result: Any) -> str | None:
        """The field that holds the rows, where a result is a page of them or a report on several items."""
        if not isinstance(result, dict):
            return None
        is_report = set(result) == {"success", RESULTS} and isinstance(result[RESULTS], list)
        return self._command.output.rows or (RESULTS if is_report else None)

    def field_names(self) -> list[str]:
        """The fields that a row has by what was asked for, or by its schema."""
        if self.columns is not None:
            return [column["field"] for column in self.columns]
        return described(self._command)

    def arranged(self, result: Any) -> Any:
        """The result with its rows sorted, or what the expression finds in it.

        Raises:
            UsageError: a field that is asked for is in no row, or the expression does not fit.
        """
        rows = self.rows(result)
        if self._names and self._command.effect == "read" and (rows is not None or isinstance(result, dict)):
            there = [result] if rows is None else rows
            self._names.must_be_in(there, [column["field"] for column in self.columns or ()], "--columns")
            self._names.must_be_in(there, [name for name, _ in self.sort], "--sort")
        if self.sort and rows is not None:
            result = self._with_rows(result, in_order(rows, self.sort))
        return self.query.find(result) if self.query else result

    def narrowed(self, result: Any) -> Any:
        """The result with the fields that are asked for, for a document."""
        if self.columns is None:
            return result
        rows = self.rows(result)
        if rows is None:
            return narrowed(result, self.columns)
        return self._with_rows(result, [narrowed(row, self.columns) for row in rows])

    def _with_rows(self, result: Any, rows: list[Any]) -> Any:
        key = self.row_key(result)
        return rows if key is None else {**result, key: rows}


def _names(options: Mapping[str, str | bool], flag: str) -> list[str]:
    """The names in the value of an option, or none where it is not given.

    Raises:
        UsageError: it is given and names nothing.
    """
    names = [part.strip() for part in str(options.get(flag, "")).split(",") if part.strip(" -")]
    if flag in options and not names:
        raise UsageError(f"{flag}: no field is named")
    return names


def _expression(text: str) -> Expression:
    from .expression import Expression

    return Expression(text)


def _form(options: Mapping[str, str | bool]) -> str:
    form = str(options.get("--format", "json" if options.get("--raw") else FORMATS[0]))
    if form not in FORMATS:
        raise UsageError(f"--format: {form[:60]!r} is none of {', '.join(FORMATS)}.{suggestion(form, FORMATS)}")
    if options.get("--raw") and form != "json":
        raise UsageError(f"--raw is --format json, so it does not go with --format {form}")
    return form


def _seconds(command: Command, options: Mapping[str, str | bool], form: str) -> float | None:
    """The seconds of ``--watch``, or None where it is not given."""
    if "--watch" not in options:
        return None
    if not command.watchable:
        raise UsageError(f"{command.name}: shows nothing that changes, so there is no option --watch")
    if form == "csv":
        raise UsageError("--watch shows a table or a record again and again, which is no CSV: use --format jsonl")
    text = str(options["--watch"])
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 86400:
        raise UsageError(f"--watch: {text[:60]!r} is not a number of seconds from 1 to 86400, such as --watch=10")
    return seconds
