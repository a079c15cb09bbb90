"""Results as strict, indented JSON: the text that ``json.dumps(value, indent=2)`` gives, by the fast encoder.

With `indent` the standard library leaves its encoder in C. Here that encoder writes all objects of one depth at once,
with the line break and the blanks of that depth as its separator; what is nested in them is a hole in their text, and
filled in afterwards. Since JSON escapes line breaks within texts, a line break in the text is always a separator.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain, zip_longest
from typing import Any

ROWS = 500  # rows of a list that are written at a time
INDENT = "  "
LISTS = {list, tuple}
NESTED = {dict, *LISTS}
BORDER = "\n\n"  # between two objects; no text of JSON has an empty line
HOLE = "\0"
HOLE_TEXT = '"\\u0000"'


def pieces(result: Any, encodes: Callable[[str], bool], rows: int = ROWS) -> Iterator[str]:
    """A result as JSON, in pieces that follow one another: a long list is never one text in memory.

    NaN and infinities, which JSON lacks, become null. Where a piece has signs that cannot be written, it is escaped.

    Arguments:
        encodes: can this text be written as it is?
        rows: rows of a list in one piece.
    """
    if not isinstance(result, list) or len(result) <= rows:
        yield _written(result, encodes)
        return
    opening = "["
    for first in range(0, len(result), rows):
        yield opening + _written(result[first : first + rows], encodes)[1:-2]
        opening = ","
    yield "\n]"


def indented(value: Any, *, ensure_ascii: bool = False) -> str:
    """The same text as ``json.dumps(value, indent=2, allow_nan=False)``.

    Raises:
        ValueError: there is a number that JSON has no word for.

    >>> indented([{"id": 1, "gpu_ids": [5, 6]}]) == json.dumps([{"id": 1, "gpu_ids": [5, 6]}], indent=2)
    True
    """
    try:
        return next(_texts([value], 0, ensure_ascii))
    except LookupError:
        return json.dumps(value, indent=2, allow_nan=False, ensure_ascii=ensure_ascii)


def finite(value: Any) -> Any:
    """The same value with null for every number that JSON has no word for.

    >>> finite({"a": [1.5, float("nan")]})
    {'a': [1.5, None]}
    """
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: finite(item) for name, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, list) else value


def _written(value: Any, encodes: Callable[[str], bool]) -> str:
    try:
        text = indented(value)
    except ValueError:
        value = finite(value)
        text = indented(value)
    return text if encodes(text) else indented(value, ensure_ascii=True)


def _texts(values: list[Any], depth: int, ensure_ascii: bool) -> Iterator[str]:
    """The texts of values that stand at the same depth, in their order."""
    objects = iter(_alike([value for value in values if value and value.__class__ is dict], depth, ensure_ascii))
    lists = iter(_alike([value for value in values if value and value.__class__ in LISTS], depth, ensure_ascii))
    plain = _encoder("", ensure_ascii)
    for value in values:
        if not value or value.__class__ not in NESTED:
            yield plain(value)
        else:
            yield next(objects if value.__class__ is dict else lists)


def _alike(values: list[Any], depth: int, ensure_ascii: bool) -> list[str]:
    """The texts of objects, or of lists, at the same depth; none of them is empty.

    Raises:
        LookupError: a text is what marks a hole.
    """
    if not values:
        return []
    opening, closing = "{}" if values[0].__class__ is dict else "[]"
    new_line = "\n" + INDENT * (depth + 1)
    flat, nested = _with_holes(values)
    text = _encoder(f",{new_line}", ensure_ascii)(flat)[2:-2]
    text = text.replace(f"{closing},{new_line}{opening}", BORDER)
    if nested or HOLE_TEXT in text:
        around = text.split(HOLE_TEXT)
        if len(around) != len(nested) + 1:
            raise LookupError("one text of the data is the mark of a hole")
        filling = _texts(nested, depth + 1, ensure_ascii)
        text = "".join(chain.from_iterable(zip_longest(around, filling, fillvalue="")))
    end = new_line[: -len(INDENT)] + closing
    return [f"{opening}{new_line}{inner}{end}" for inner in text.split(BORDER)]


def _with_holes(values: list[Any]) -> tuple[list[Any], list[Any]]:
    """The same objects or lists with a hole for each value that is one itself, and these values."""
    flat: list[Any] = []
    nested: list[Any] = []
    for value in values:
        if value.__class__ is dict:
            inner = {name: item for name, item in value.items() if item.__class__ in NESTED}
            nested += inner.values()
            flat.append({**value, **dict.fromkeys(inner, HOLE)} if inner else value)
        else:
            nested += [item for item in value if item.__class__ in NESTED]
            flat.append([HOLE if item.__class__ in NESTED else item for item in value])
    return flat, nested


@cache
def _encoder(separator: str, ensure_ascii: bool) -> Callable[[Any], str]:
    return json.JSONEncoder(ensure_ascii=ensure_ascii, allow_nan=False, separators=(separator, ": ")).encode
