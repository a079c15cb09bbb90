"""Results as strict, indented JSON: the text that ``json.dumps(value, indent=2)`` gives, by the fast encoder.

With `indent` the standard library leaves its encoder in C. Here that encoder writes all objects of one depth at once,
with the line break and the blanks of that depth as its separator; what is nested in them is a hole in their text, and
filled in afterwards. Since JSON escapes line breaks within texts, a line break in the text is always a separator.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import chain, islice, zip_longest
from typing import Any

ROWS = 100  # rows of a list that are written at a time: their texts fit the cache of a processor
INDENT = "  "
LISTS = (list, tuple)
NESTED = (dict, *LISTS)
PLAIN = frozenset({str, int, float, bool, type(None)})
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
        return _texts([value], 0, ensure_ascii)[0]
    except (LookupError, RecursionError):  # a mark of ours among the data; hundreds of levels
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


def _texts(values: Sequence[Any], depth: int, ensure_ascii: bool) -> list[str]:
    """The texts of values that stand at the same depth, in their order."""
    kinds = [_kind(value) for value in values]
    objects = [value for value, kind in zip(values, kinds, strict=True) if kind is dict]
    lists = [value for value, kind in zip(values, kinds, strict=True) if kind is list]
    texts: dict[Any, Iterator[str]] = {
        dict: iter(_objects(objects, depth, ensure_ascii)),
        list: iter(_lists(lists, depth, ensure_ascii)),
    }
    if None in kinds:
        plain = [value for value, kind in zip(values, kinds, strict=True) if kind is None]
        texts[None] = iter(_encoder("\n", ensure_ascii)(plain)[1:-1].split("\n"))
    return [next(texts[kind]) for kind in kinds]


def _kind(value: Any) -> type | None:
    """Whether a value is an object or a list with something in it; None for all else."""
    if not value or not isinstance(value, NESTED):
        return None
    return dict if isinstance(value, dict) else list


def _lists(lists: list[Any], depth: int, ensure_ascii: bool) -> Iterator[str]:
    """The texts of lists that are not empty."""
    new_line = "\n" + INDENT * (depth + 1)
    items = iter(_texts([*chain.from_iterable(lists)], depth + 1, ensure_ascii) if lists else ())
    for one in lists:
        inner = f",{new_line}".join(islice(items, len(one)))
        yield f"[{new_line}{inner}{new_line[: -len(INDENT)]}]"


def _objects(objects: list[dict[Any, Any]], depth: int, ensure_ascii: bool) -> list[str]:
    """The texts of objects that are not empty.

    Raises:
        LookupError: a text is what marks a hole.
    """
    if not objects:
        return []
    new_line = "\n" + INDENT * (depth + 1)
    flat, nested = _with_holes(objects)
    text = _encoder(f",{new_line}", ensure_ascii)(flat)[2:-2]
    around = text.split(HOLE_TEXT)
    if len(around) != len(nested) + 1:
        raise LookupError("one text of the data is the mark of a hole")
    if nested:
        filling = _texts(nested, depth + 1, ensure_ascii)
        text = "".join(chain.from_iterable(zip_longest(around, filling, fillvalue="")))
    end = new_line[: -len(INDENT)]
    # Within an object a new line begins with the quotation mark of a name, so this is between two of them.
    return [f"{{{new_line}{inner}{end}}}" for inner in text.split(f"}},{new_line}{{")]


def _with_holes(objects: list[dict[Any, Any]]) -> tuple[list[dict[Any, Any]], list[Any]]:
    """The same objects with a hole for each value that is not plain, such as an object or a list, and these values."""
    flat: list[dict[Any, Any]] = []
    nested: list[Any] = []
    for one in objects:
        inner = {name: item for name, item in one.items() if type(item) not in PLAIN}
        if not inner:
            flat.append(one)
            continue
        nested += inner.values()
        flat.append({**one, **dict.fromkeys(inner, HOLE)})
    return flat, nested


@cache
def _encoder(separator: str, ensure_ascii: bool) -> Callable[[Any], str]:
    return json.JSONEncoder(ensure_ascii=ensure_ascii, allow_nan=False, separators=(separator, ": ")).encode
