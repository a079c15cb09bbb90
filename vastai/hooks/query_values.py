"""Values of the search language: from the text of a query to what the service compares with.

Each type of value has one small reader, found in ``TYPES``. A reader takes the text and whether it stood in quotes,
and raises ValueError when the text is no such value; where it stood is known to the caller, who says so.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import NamedTuple

LITERALS: dict[str, bool | None] = {"true": True, "false": False, "none": None, "null": None}
"""Bare words, in any case, that are JSON values and not text."""

WILDCARDS = frozenset({"any", "*", "?"})
"""Bare words, in any case, that mean: do not filter by this field."""

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_DRIVER = re.compile(r"([0-9]{1,3})(?:\.([0-9]{1,3}))?(?:\.([0-9]{1,3}))?")
_DRIVER_NUMBER = re.compile(r"[0-9]{4,18}")
_DATES = (
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"),
    re.compile(r"(?P<month>[0-9]{1,2})/(?P<day>[0-9]{1,2})/(?P<year>[0-9]{4})"),
)


def _always(value: object) -> bool:
    """Accept any ready value."""
    return True


class ValueType(NamedTuple):
    """One type of value."""

    read: Callable[[str, bool], object]
    """From text, and whether it was quoted, to the value that is sent. Raises ValueError."""
    expects: str
    """What a text of this type looks like, for the error message."""
    literals: frozenset[bool | None] = frozenset({None})
    """The JSON literals that are values of this type."""
    check: Callable[[object], bool] = _always
    """Whether a ready value, from a mapping, is one the service can compare this field with."""


def is_number(text: str) -> bool:
    """Tell whether a text is a plain ASCII number.

    >>> [is_number(text) for text in ("4", "-.5", "1e3", "1_000", "nan", "٣")]
    [True, True, True, False, False, False]
    """
    return _NUMBER.fullmatch(text) is not None


def number(text: str, quoted: bool = False) -> str:
    """Read a number. It stays text: the service takes both, and text loses no digits.

    >>> number("0.98")
    '0.98'
    """
    if not is_number(text):
        raise ValueError
    return text


def finite(text: str) -> float:
    """Read a number as a finite float; 1e999 is refused, since JSON has no infinity."""
    value = float(number(text))
    if not math.isfinite(value):
        raise ValueError
    return value


def multiplied(factor: int) -> Callable[[str, bool], float]:
    """Make a reader for a unit of which the service counts ``factor`` smaller ones.

    >>> multiplied(1000)("24.5", False)
    24500.0
    """

    def read(text: str, quoted: bool) -> float:
        from decimal import Decimal  # not float * factor, which would turn 16.1 GB into 16100.000000000002 MB

        value = finite(text)
        product = float(Decimal(text) * factor) if value else 0.0
        if not math.isfinite(product):
            raise ValueError
        return product

    return read


def flag(text: str, quoted: bool) -> str:
    """Read 0 or 1; true and false are literals and do not come here."""
    if text not in ("0", "1"):
        raise ValueError
    return text


def words(text: str, quoted: bool) -> str:
    """Read text: without quotes an underscore stands for a blank.

    >>> words("ASUS_X99", False), words("a_b", True)
    ('ASUS X99', 'a_b')
    """
    return text if quoted else text.replace("_", " ")


def code(text: str, quoted: bool) -> str:
    """Read text in which an underscore is an underscore: images, hashes, tags, addresses."""
    return text


def model(text: str, quoted: bool) -> str:
    """Read a GPU model: no model has an underscore in its name, so it stands for a blank in quotes too."""
    return text.replace("_", " ")


def driver(text: str, quoted: bool) -> int:
    """Read a driver version as the number the service compares: major * 10^6 + minor * 10^3 + patch.

    >>> driver("535.86.05", False), driver("535", False), driver("535086005", False)
    (535086005, 535000000, 535086005)
    """
    if _DRIVER_NUMBER.fullmatch(text):
        return int(text)
    version = _DRIVER.fullmatch(text)
    if version is None:
        raise ValueError
    major, minor, patch = (int(part or 0) for part in version.groups())
    return major * 1_000_000 + minor * 1_000 + patch


def date(text: str, quoted: bool) -> float:
    """Read a date as unix seconds: a number, or a day, which begins at 00:00 UTC.

    >>> date("2024-01-15", False) == date("01/15/2024", False) == date("1705276800", False)
    True
    """
    for form in _DATES:
        day = form.fullmatch(text)
        if day is not None:
            from datetime import datetime, timezone

            return datetime(int(day["year"]), int(day["month"]), int(day["day"]), tzinfo=timezone.utc).timestamp()
    return finite(text)


def _numeric(value: object) -> bool:
    """Tell whether a ready value is a number, or text that is one, or null."""
    if isinstance(value, str):
        return is_number(value)
    return value is None or not isinstance(value, bool)


def _boolean(value: object) -> bool:
    """Tell whether a ready value is a truth value, or null."""
    return value is None or value in (0, 1, "0", "1")


_ANY_LITERAL = frozenset({True, False, None})
_NUMBER_TYPE = ValueType(number, "a number", check=_numeric)
_TEXT_TYPE = ValueType(words, "text", _ANY_LITERAL)

FACTORS = {"gigabytes": 1000, "days": 86_400}
"""Units of a query in which the service counts smaller ones: megabytes and seconds."""

TYPES: dict[str, ValueType] = {
    "int": _NUMBER_TYPE,
    "float": _NUMBER_TYPE,
    "bool": ValueType(flag, "true or false", _ANY_LITERAL, _boolean),
    "text": _TEXT_TYPE,
    "json": _TEXT_TYPE,
    "code": ValueType(code, "text", _ANY_LITERAL),
    "model": ValueType(model, "a GPU model", _ANY_LITERAL),
    "driver": ValueType(driver, "a version such as 535.86.05", check=_numeric),
    "date": ValueType(date, "a date as YYYY-MM-DD, MM/DD/YYYY or unix seconds", check=_numeric),
    "gigabytes": ValueType(multiplied(FACTORS["gigabytes"]), "a number of GB without the unit", check=_numeric),
    "days": ValueType(multiplied(FACTORS["days"]), "a number of days without the unit", check=_numeric),
}
"""How the values of each type are read."""
