"""The columns of a table that a person asks for with --cols, in the order they are named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import UsageError
from ..nearest import suggestion
from ..table import schemas
from ..table.model import Command

Column = Mapping[str, Any]


def with_chosen(command: Command, names: str, columns: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """The column lists of a table, that of the command being the columns of these names.

    Arguments:
        names: separated by commas: fields such as ``actual_status``, a word of one such as ``status``, or headings;
            fields that the rows have and the table does not show may be named too.

    Raises:
        UsageError: there is no such column or field, or the command shows no table.
    """
    name = command.output.table
    if not name:
        raise UsageError(f"{command.name}: shows no table, so there is no option --cols")
    fields = list(schemas.properties(command.returns.schema or "ack"))
    wanted = [word.strip() for word in names.split(",") if word.strip()]
    return {**columns, name: [_column(command, word, columns[name], fields) for word in wanted]}


def _column(command: Command, name: str, columns: Sequence[Column], fields: Sequence[str]) -> Column:
    by_field = {column["field"]: column for column in columns}
    by_heading = {column["title"].lower(): column for column in columns}
    whole = by_field.get(name) or by_heading.get(name.lower())
    if whole is None and name in fields:
        return {"field": name, "title": name}
    part = next((column for field, column in by_field.items() if name in field.split("_")), None)
    if whole is None and part is None:
        hint = suggestion(name, [*by_field, *by_heading, *fields])
        raise UsageError(f"{command.name}: --cols: there is no column {name!r}.{hint}")
    return whole or part or {}
