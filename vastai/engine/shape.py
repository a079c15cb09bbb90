"""Shape: what an entry's `returns` says of the result: the one row that is meant, fields in another form, ages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import NotFound
from ..table.model import Command

Row = dict[str, Any]


def shaped(command: Command, result: Any, values: Mapping[str, Any], now: float) -> Any:
    """A result as `pick`, `reshape` and `age` of its entry want it; the result itself is not changed.

    Arguments:
        values: the values of the call by parameter name.
        now: the time of the answer in unix seconds, by the clock of the service.

    Raises:
        NotFound: the row that is meant is not there.
    """
    returns = command.returns
    if "." in returns.reshape:
        result = SHAPES[returns.reshape["."]](result)
    if not (returns.reshape or returns.age):
        pass
    elif isinstance(result, list):
        result = [_shaped_row(command, row, now) for row in result]
    elif isinstance(result, dict):
        result = _shaped_row(command, result, now)
    if returns.pick and values.get(returns.pick[0]) is not None:
        return picked(result, returns.pick[1], values[returns.pick[0]], (returns.schema or "row").replace("_", " "))
    return result


def picked(rows: list[Row], field: str, wanted: Any, what: str) -> Row:
    """The one row whose field has this value, a number and its text being the same.

    Raises:
        NotFound: there is no such row.

    >>> picked([{"id": 1}, {"id": 2}], "id", "2", "volume")
    {'id': 2}
    """
    for row in rows:
        if str(row.get(field)) == str(wanted):
            return row
    raise NotFound(f"There is no {what} with the {field} {wanted} in this account.", code="not_found", status_code=404)


def seconds_since(start: Any, now: float) -> float | None:
    """How long ago a time was, in seconds; None when it is not known.

    Never below 0: the Date of an answer has whole seconds, so that what is new may have begun a little after it.

    >>> seconds_since(100.0, 160.0), seconds_since(160.3, 160.0), seconds_since(None, 160.0)
    (60.0, 0.0, None)
    """
    return max(now - start, 0.0) if isinstance(start, int | float) and not isinstance(start, bool) else None


def as_mapping(pairs: Any) -> Any:
    """A list of [name, value] pairs as a mapping; anything else as it is.

    >>> as_mapping([["TZ", "UTC"]]), as_mapping(None)
    ({'TZ': 'UTC'}, None)
    """
    if isinstance(pairs, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        return {str(name): value for name, value in pairs}
    return pairs


def as_rows(mapping: Any) -> Any:
    """A mapping as a list of rows with ``key`` and ``value``; anything else as it is.

    >>> as_rows({"TOKEN": "x"})
    [{'key': 'TOKEN', 'value': 'x'}]
    """
    return [{"key": key, "value": value} for key, value in mapping.items()] if isinstance(mapping, Mapping) else mapping


SHAPES: dict[str, Callable[[Any], Any]] = {"mapping": as_mapping, "rows": as_rows}


def _shaped_row(command: Command, row: Row, now: float) -> Row:
    """One row with its fields in another form, and its ages."""
    forms = {field: SHAPES[shape](row[field]) for field, shape in command.returns.reshape.items() if field in row}
    ages = {field: seconds_since(row.get(start), now) for field, start in command.returns.age.items()}
    return {**row, **forms, **ages} if forms or ages else row
