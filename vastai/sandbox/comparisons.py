"""The comparisons of a search: the filters of a request become tests of one row."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Test = Callable[[Mapping[str, Any]], bool]
Read = Callable[[Mapping[str, Any]], Any]


class BadFilter(ValueError):
    """A search that cannot be understood; the message says what is wrong, `code` is the error code of the answer."""

    code = "invalid_args"


# --- Columns: what a filter's field reads from a row ------------------------------------------------------------------


def _country(row: Mapping[str, Any]) -> object:
    place = row.get("geolocation")
    return place[-2:] if isinstance(place, str) else None


def _verified(row: Mapping[str, Any]) -> object:
    state = row.get("verification")
    return None if state is None else state == "verified"


def _datacenter(row: Mapping[str, Any]) -> object:
    return row.get("hosting_type") == 1 if "hosting_type" in row else None


def _plain_name(text: object) -> object:
    return text.replace("_", " ") if isinstance(text, str) else text


def _same(value: object) -> object:
    return value


def _column(field: str) -> Read:
    return lambda row: row.get(field)


def _flag(field: str) -> Read:
    """Columns in which null stands for no (`external` comes as 0, 1 or null; a public template's `private` is null)."""
    return lambda row: (row.get(field) or False) if field in row else None


def driver_number(version: str) -> int | None:
    """The number by which driver versions are compared: three groups of up to three digits; None for other text.

    >>> driver_number("535.86.05"), driver_number("580.95"), driver_number("latest")
    (535086005, 580095000, None)
    """
    parts = [*version.split("."), "0", "0"][:3]
    if not all(part.isascii() and part.isdecimal() and len(part) <= 3 for part in parts):
        return None
    major, minor, patch = (int(part) for part in parts)
    return major * 1_000_000 + minor * 1_000 + patch


def _driver(value: object) -> object:
    """A driver version as its number; clients send that number, people the version."""
    return driver_number(value) or value if isinstance(value, str) and "." in value else value


COLUMNS: dict[str, Read] = {
    "geolocation": _country,
    "verified": _verified,
    "datacenter": _datacenter,
    "external": _flag("external"),
    "private": _flag("private"),
    "gpu_name": lambda row: _plain_name(row.get("gpu_name")),
    "driver_version": lambda row: row["driver_vers"] if "driver_vers" in row else _driver(row.get("driver_version")),
    "ubuntu_version": lambda row: row.get("os_version"),
    "cuda_vers": lambda row: row.get("cuda_max_good"),
}
"""Fields of a query that are no plain column of the row. Whether the service wants blanks or underscores in gpu_name is
not known: both match."""

_VALUES: dict[str, Callable[[object], object]] = {"gpu_name": _plain_name, "driver_version": _driver}
"""How the value of a filter is brought to the form of its column."""


# --- Values and operators ---------------------------------------------------------------------------------------------


def as_number(value: object) -> int | float | None:
    """A value as a number, if it is one: text of a number counts, and so do true and false.

    >>> [as_number(value) for value in ("4", " 2.50 ", True, "false", "4x", "nan", None)]
    [4, 2.5, True, False, None, None, None]
    """
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if not isinstance(value, str) or not value.isascii() or "_" in value:
        return None
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    try:
        return int(value)
    except ValueError:
        pass
    try:
        number = float(value)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def as_text(value: object) -> str:
    """A value as it is compared with text."""
    return value if isinstance(value, str) else str(value)


def _compare(relation: Callable[[Any, Any], bool], unequal: bool) -> Callable[[object], Callable[[Any], bool]]:
    """An operator that takes one value: numbers are compared with numbers and bools, else as text.

    `unequal` is the answer for a number in the row and a value that is none.
    """

    def prepare(wanted: object) -> Callable[[Any], bool]:
        number, text = as_number(wanted), as_text(wanted)

        def test(have: Any) -> bool:
            if isinstance(have, (int, float)):
                return relation(have, number) if number is not None else unequal
            return relation(as_text(have), text)

        return test

    return prepare


def _member(inside: bool) -> Callable[[Iterable[object]], Callable[[Any], bool]]:
    """An operator that takes a list of values, compared as `_compare` does."""

    def prepare(wanted: Iterable[object]) -> Callable[[Any], bool]:
        items = [item for item in wanted if item is not None]
        numbers = {number for number in map(as_number, items) if number is not None}
        texts = {as_text(item) for item in items}

        def test(have: Any) -> bool:
            return ((have in numbers) if isinstance(have, (int, float)) else (as_text(have) in texts)) is inside

        return test

    return prepare


_SCALAR: dict[str, Callable[[object], Callable[[Any], bool]]] = {
    "eq": _compare(operator.eq, False),
    "neq": _compare(operator.ne, True),
    "gt": _compare(operator.gt, False),
    "gte": _compare(operator.ge, False),
    "lt": _compare(operator.lt, False),
    "lte": _compare(operator.le, False),
}
_LIST: dict[str, Callable[[Iterable[object]], Callable[[Any], bool]]] = {"in": _member(True), "notin": _member(False)}
OPERATORS = (*_SCALAR, *_LIST)


# --- Filters to tests -------------------------------------------------------------------------------------------------


def _condition(field: str, name: str, wanted: object) -> Test | None:
    """One comparison as a test of a row; None for the wildcard `eq any`, which tests nothing.

    Null in a row (or an unknown field) matches only `eq null` and a list that holds null, as in SQL.
    """
    here = f"{field}.{name}"
    prepare_value = _VALUES.get(field, _same)
    read = COLUMNS.get(field) or _column(field)
    if name in _LIST:
        if not isinstance(wanted, (list, tuple)):
            raise BadFilter(f"{here}: needs a list, got {wanted!r}")
        items = [prepare_value(_scalar(item, here)) for item in wanted]
        null = name == "in" and None in items
        return _nullable(read, _LIST[name](items), null)
    if name not in _SCALAR:
        raise BadFilter(f"{here}: unknown operator; use one of {', '.join(OPERATORS)}")
    wanted = prepare_value(_scalar(wanted, here))
    if wanted is None:
        if name not in ("eq", "neq"):
            raise BadFilter(f"{here}: null can be compared with eq and neq only")
        return lambda row: (row.get(field, read(row)) is None) is (name == "eq")
    if name == "eq" and isinstance(wanted, str) and wanted.lower() == "any":
        return None
    return _nullable(read, _SCALAR[name](wanted), False)


def _nullable(read: Read, test: Callable[[Any], bool], null: bool) -> Test:
    """A test of a row's column that answers `null` where the column is null."""

    def check(row: Mapping[str, Any]) -> bool:
        have = read(row)
        return null if have is None else test(have)

    return check


def _scalar(value: object, here: str) -> object:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (int, float)) and as_number(value) is not None:
        return value
    raise BadFilter(f"{here}: needs text, a number, true, false or null, got {value!r}")


def _substring(field: str, wanted: str) -> Test:
    """A bare text instead of an operator: the column contains it, in whatever case (templates: recorded live)."""
    low = wanted.lower()
    return lambda row: low in as_text(row.get(field) or "").lower()


def compile_filters(filters: object, bare: bool = True) -> list[Test]:
    """Read the filters of a request once, into tests of a row that all must hold.

    Arguments: filters, a mapping field -> {operator: value}; with `bare`, a field may also have a bare text (a
    substring) or another bare value (equality), as template searches do. Errors: BadFilter names field and operator.
    """
    if not isinstance(filters, Mapping):
        raise BadFilter(f"the filters must be an object, got {type(filters).__name__}")
    tests: list[Test | None] = []
    for field, comparisons in filters.items():
        if isinstance(comparisons, Mapping):
            tests.extend(_condition(field, name, wanted) for name, wanted in comparisons.items())
        elif not bare:
            raise BadFilter(f'{field}: needs an object such as {{"eq": 1}}, got {comparisons!r}')
        elif isinstance(comparisons, str):
            tests.append(_substring(field, comparisons))
        else:
            tests.append(_condition(field, "eq", comparisons))
    return [test for test in tests if test is not None]


def matches(row: Mapping[str, Any], filters: object) -> bool:
    """Whether one row matches the filters of a request. Errors: BadFilter.

    >>> matches({"num_gpus": 4, "geolocation": "Oslo, NO"}, {"num_gpus": {"gte": "2"}, "geolocation": {"in": ["NO"]}})
    True
    """
    return all(test(row) for test in compile_filters(filters))
