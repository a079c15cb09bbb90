"""Cells of a table: values as short texts that are safe for a terminal, one by one or a whole column at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any
from unicodedata import category, east_asian_width

from .signs import neutral

Column = Mapping[str, Any]

MISSING = "-"
CUT = ".."
UNWRITABLE = (ValueError, TypeError, AttributeError, LookupError, OverflowError, OSError)  # what a format may raise


def value(row: Any, column: Column) -> str:
    """The text of one cell: the field scaled and formatted, or "-" when it is missing."""
    return _shown(field(row, column["field"]), column)


def grid(rows: Sequence[Any], columns: Sequence[Column]) -> list[list[str]]:
    """The cells of all rows by column, the same as those of `value`: faster where a column has values of one kind.

    >>> grid([{"n": 2}, {"n": None}], [{"field": "n", "format": "{:.1f}", "scale": 0.5}])
    [['1.0', '-']]
    """
    found = _fields(rows, [column["field"] for column in columns])
    return [_texts(values, column) for values, column in zip(zip(*found, strict=True), columns, strict=True)]


def _fields(rows: Sequence[Any], names: Sequence[str]) -> Iterable[Sequence[Any]]:
    """The values of these fields, row by row."""
    if len(names) > 1 and {*map(type, rows)} == {dict} and not any("." in name for name in names):
        try:
            return [*map(itemgetter(*names), rows)]
        except KeyError:  # a field is missing somewhere
            pass
    return [[field(row, name) for name in names] for row in rows]


def _texts(found: Sequence[Any], column: Column) -> list[str]:
    kinds = {*map(type, found)} - {type(None)}
    write = _writer(kinds, column)
    if write is None:
        return [_shown(item, column) for item in found]
    distinct = {*found}
    try:
        # Equal numbers of one kind have one text, but for 0.0 and -0.0.
        if 2 * len(distinct) < len(found) and len(kinds) < 2 and 0.0 not in distinct:
            known = {item: MISSING if item is None else write(item) for item in distinct}
            return [*map(known.__getitem__, found)]
        if None in distinct:
            return [MISSING if item is None else write(item) for item in found]
        return [*map(write, found)]
    except UNWRITABLE:
        return [_shown(item, column) for item in found]


class Texts:
    """The texts of one column, its heading first. They are looked through once, and what is plain is not again.

    Attributes:
        texts: as they are shown.
        width: columns of a terminal that the widest text takes.
    """

    __slots__ = ("_plain", "texts", "width")

    def __init__(self, texts: Sequence[str], one_word_each: bool = False) -> None:
        """Take the texts of a column.

        Arguments:
            one_word_each: without blanks, see `one_word`.
        """
        joined = "".join(texts)
        self._plain = joined.isascii() and joined.isprintable()  # one column wide each
        if one_word_each and (not self._plain or " " in joined or not all(texts)):
            texts = each(one_word, texts)
        self.texts = texts
        self.width = max(map(len if self._plain else columns_of, texts))

    def padded(self, width: int, right: bool = False) -> list[str]:
        """Every text as `pad` makes it."""
        if self._plain and self.width <= width:
            return [text.rjust(width) for text in self.texts] if right else [text.ljust(width) for text in self.texts]
        return each(lambda text: pad(text, width, right), self.texts)


def each(change: Callable[[str], str], texts: Sequence[str]) -> list[str]:
    """All texts changed; a text that stands there several times is changed once.

    >>> each(str.upper, ["a", "b", "a"])
    ['A', 'B', 'A']
    """
    known = {text: change(text) for text in {*texts}}
    return [known[text] for text in texts]


def _writer(kinds: set[type], column: Column) -> Callable[[Any], str] | None:
    """What writes each value of a column whose values are of these kinds, or None where each is to be looked at."""
    form, scale = neutral(column.get("format", "")), column.get("scale")
    if kinds <= {str} and not form:
        return lambda text: neutral(text) or MISSING
    whole = kinds <= {int} and not isinstance(scale, float)  # a bare {} shows whole numbers without a fraction
    if not kinds <= {int, float} or "%" in form or ("{}" in form and not whole):
        return None
    write: Callable[[Any], str] = form.format if form else str
    return write if scale is None else lambda number: write(number * scale)


def _shown(found: Any, column: Column) -> str:
    if found is None:
        return MISSING
    try:
        if "scale" in column and isinstance(found, int | float) and not isinstance(found, bool):
            found = found * column["scale"]
        if "format" in column:
            return neutral(column["format"].format(_formattable(found, column["format"])))
    except UNWRITABLE:
        pass  # the service sent another type than it used to: show what it sent
    return cell(found)


def one_word(text: str) -> str:
    """A cell without blanks, as scripts that split lines at blanks need it.

    >>> one_word("RTX 4090"), one_word(" ")
    ('RTX_4090', '-')
    """
    return "_".join(text.split()) or MISSING


def _formattable(value: Any, form: str) -> Any:
    """The value as its format wants it: a time for unix seconds, and whole numbers without a fraction."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value
    if "%" in form:
        from datetime import datetime, timezone

        return datetime.fromtimestamp(value, timezone.utc)
    return int(value) if "{}" in form and value == int(value) else value


def field(row: Any, name: str) -> Any:
    """The field of a row, dots going deeper; None when it is missing.

    >>> field({"key": {"id": 6}}, "key.id"), field({"key": None}, "key.id")
    (6, None)
    """
    for part in name.split("."):
        row = row.get(part) if isinstance(row, Mapping) else None
    return row


def cell(value: Any) -> str:
    """Any value on one line, safe for a terminal.

    >>> cell(None), cell(True), cell("a\\nb"), cell([1, "b"]), cell([1, {"b": None}])
    ('-', 'yes', 'a b', '1, b', '[1, {"b": null}]')
    """
    if value is None or value == "":
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list) and all(isinstance(item, str | int | float) for item in value):
        return ", ".join(map(cell, value)) or MISSING
    if isinstance(value, dict | list):
        return neutral(json.dumps(value, ensure_ascii=False, default=str))
    return neutral(str(value))


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes: wide signs take two, combining ones none.

    >>> columns_of("GPU"), columns_of("東京"), columns_of("e\\u0301"), columns_of("\\U0001f600")
    (3, 4, 1, 2)
    """
    return len(text) if text.isascii() else sum(map(_sign_width, text))


def pad(text: str, width: int, right: bool = False) -> str:
    """A text in exactly so many columns: cut, or filled with blanks.

    >>> pad("Sweden, SE", 8), pad("7", 3, right=True), pad("東京", 3)
    ('Sweden..', '  7', '.. ')
    """
    if columns_of(text) > width:
        text = (_beginning(text, width - len(CUT)) + CUT)[: max(width, 0) if width < len(CUT) else None]
    blanks = " " * (width - columns_of(text))
    return blanks + text if right else text + blanks


def _beginning(text: str, width: int) -> str:
    """As much of a text as so many columns hold."""
    taken = 0
    for place, sign in enumerate(text):
        taken += _sign_width(sign)
        if taken > width:
            return text[:place]
    return text


@lru_cache(maxsize=4096)
def _sign_width(sign: str) -> int:
    """Columns of one sign; those that stand on or within the one before take none."""
    if sign.isascii():
        return 1
    if category(sign) in ("Mn", "Me") or "\u1160" <= sign <= "\u11ff" or "\ud7b0" <= sign <= "\ud7ff":
        return 0  # marks, and the vowels and ends of Korean syllables
    return 2 if east_asian_width(sign) in "WF" else 1
