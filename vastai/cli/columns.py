"""The fields that --columns and --sort ask for, by the names that tables, schemas and rows have. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import cells
from ..errors import UsageError
from ..nearest import suggestion
from ..table import schemas
from ..table.model import Command

Column = Mapping[str, Any]


class Names:
    """What the fields of a command's rows are called.

    Attributes:
        shown: the columns of its table.
        fields: the fields that its schema describes.
    """

    def __init__(self, command: Command, columns: Mapping[str, list[Any]]) -> None:
        self._command = command
        self.shown: list[Column] = columns[command.output.table] if command.output.table else []
        self.fields = described(command)

    def column(self, name: str, flag: str) -> Column:
        """The column that a name means: a field such as ``actual_status``, a heading, a word of a field such as
        ``status``, or with dots a field within a field.

        A name that is like none of these is left to the answer, to which the service adds fields: see `must_be_in`.

        Arguments:
            flag: the option that names it, for the error.

        Raises:
            UsageError: it is most likely a misspelling, or the command changes something and gives no such field.
        """
        by_field = {column["field"]: column for column in self.shown}
        by_heading = {column["title"].lower(): column for column in self.shown}
        if name in by_field or name.lower() in by_heading:
            return by_field.get(name) or by_heading[name.lower()]
        if name.partition(".")[0] in (*self.fields, *(field.partition(".")[0] for field in by_field)):
            return {"field": name, "title": name}
        part = next((column for field, column in by_field.items() if name in field.split("_")), None)
        if part is not None:
            return part
        near = suggestion(name, [*by_field, *by_heading, *self.fields])
        if near or self._command.effect != "read":
            raise self._fault(f"{flag}: there is no column {name!r}.{near}")
        return {"field": name, "title": name}

    def must_be_in(self, rows: Sequence[Any], names: Sequence[str], flag: str) -> None:
        """See that fields which nothing describes are in a row at least, if there are rows.

        Raises:
            UsageError: one is in none.
        """
        objects = [row for row in rows if isinstance(row, dict)]
        known = {*self.fields, *(column["field"].partition(".")[0] for column in self.shown)}
        for name in names:
            if objects and name not in known and not any(_has(row, name) for row in objects):
                whole, _, _ = name.rpartition(".")
                inner = [cells.field(row, whole) for row in objects] if whole else objects
                there = dict.fromkeys(key for row in inner if isinstance(row, dict) for key in row)
                near = suggestion(name.rpartition(".")[2], there)
                raise self._fault(f"{flag}: no row has a field {name!r}.{near}")

    def _fault(self, message: str) -> UsageError:
        words = " ".join(self._command.words)
        return UsageError(f"{self._command.name}: {message}", hint=f"vastai describe {words}")


def described(command: Command) -> list[str]:
    """The fields of a command's rows that its schema describes."""
    schema = command.returns.schema
    return list(schemas.row_properties(schema, command.output.rows)) if schema else []


def _has(row: Any, name: str) -> bool:
    """Is the field there? It may be, within one that is null."""
    for part in name.split("."):
        if not isinstance(row, Mapping) or part not in row:
            return row is None
        row = row[part]
    return True


def narrowed(row: Any, columns: Sequence[Column]) -> Any:
    """A row with these fields only, in this order; null where it lacks one.

    >>> narrowed({"id": 7, "key": {"id": 5}}, [{"field": "key.id"}, {"field": "id"}, {"field": "x"}])
    {'key.id': 5, 'id': 7, 'x': None}
    """
    return {column["field"]: cells.field(row, column["field"]) for column in columns} if isinstance(row, dict) else row
