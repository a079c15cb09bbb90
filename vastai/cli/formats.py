"""Results as documents that programs read: JSON, lines of JSON, CSV and YAML. Pure: values in, pieces of text out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from .document import ROWS, finite, pieces

Encodes = Callable[[str], bool]
VALUE = "value"  # the heading of what is no object


def document(form: str, result: Any, rows: Sequence[Any], names: Sequence[str], encodes: Encodes) -> Iterator[str]:
    """A result in one of the forms, in pieces that follow one another, without the last line break.

    Arguments:
        form: json, jsonl, csv or yaml.
        rows: the rows of the result, or the result itself as the only one; lines of JSON and CSV show no more.
        names: the fields of a row as its schema has them: the heading of a CSV without rows.
        encodes: can this text be written as it is?
    """
    if form == "json":
        return pieces(result, encodes)
    if form == "jsonl":
        return _joined("\n", (line(row, encodes) for row in rows))
    return _csv(rows, names) if form == "csv" else _yaml(result, encodes)


def line(value: Any, encodes: Encodes) -> str:
    """A value as JSON on one line.

    >>> line({"id": 7, "price": float("nan"), "ports": [1]}, lambda text: True)
    '{"id":7,"price":null,"ports":[1]}'
    """
    try:
        text = _COMPACT(value)
    except ValueError:
        value = finite(value)
        text = _COMPACT(value)
    return text if encodes(text) else json.dumps(value, separators=(",", ":"))


_COMPACT = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def _joined(gap: str, lines: Iterable[str]) -> Iterator[str]:
    """The lines with the gap between them, `ROWS` in a piece; no piece when there are none."""
    waiting: list[str] = []
    start = ""
    for each in lines:
        waiting.append(each)
        if len(waiting) == ROWS:
            yield start + gap.join(waiting)
            waiting, start = [], gap
    if waiting:
        yield start + gap.join(waiting)


def _csv(rows: Sequence[Any], names: Sequence[str]) -> Iterator[str]:
    """A heading of all fields in the order in which they first come, and a line per row."""
    import csv  # nothing else needs it

    objects = [row if isinstance(row, dict) else {VALUE: row} for row in rows]
    heading = [*dict.fromkeys(name for row in objects for name in row)] or list(names)
    if not heading:
        return iter(())
    table = [heading, *([csv_cell(row.get(name)) for name in heading] for row in objects)]
    written = _Lines()
    csv.writer(written).writerows(table)
    return _joined("\n", (text.removesuffix("\r\n") for text in written))


class _Lines(list[str]):
    """Where a CSV writer puts its lines. It is told the line end of RFC 4180, so that it quotes both signs of it."""

    write = list.append


def csv_cell(value: Any) -> Any:
    """A value in a cell: texts as they are, nothing for null, all else as JSON.

    >>> [csv_cell(value) for value in ("a,b", None, True, 0.1, [1, {"b": None}])]
    ['a,b', '', 'true', '0.1', '[1,{"b":null}]']
    """
    if isinstance(value, str):
        return value
    text = line(value, lambda text: True)
    return "" if text == "null" else text


def _yaml(result: Any, encodes: Encodes) -> Iterator[str]:
    """YAML in block style. Each `ROWS` rows of a list are a text, which together are one list."""
    result = finite(result)
    parts = [result]
    if isinstance(result, list) and len(result) > ROWS:
        parts = [result[first : first + ROWS] for first in range(0, len(result), ROWS)]
    start = ""
    for part in parts:
        yield start + _dumped(part, encodes).removesuffix("\n").removesuffix("\n...")
        start = "\n"


def _dumped(value: Any, encodes: Encodes) -> str:
    """The text of one value by PyYAML; in C where there is that, but for halves of signs, which it cannot write."""
    import yaml

    quick = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    try:
        text: str = yaml.dump(value, Dumper=_dumper(quick), sort_keys=False, allow_unicode=True, width=-1)
        if encodes(text):
            return text
    except UnicodeEncodeError:
        pass
    dumper = _dumper(yaml.SafeDumper)
    escaped: str = yaml.dump(value, Dumper=dumper, sort_keys=False, allow_unicode=False, width=float("inf"))
    return escaped


@cache
def _dumper(base: Any) -> Any:
    """A safe dumper that names nothing by anchors, and quotes what YAML 1.2 takes for a number."""

    def text(dumper: Any, value: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="'" if _like_a_number(value) else None)

    made: Any = type("Dumper", (base,), {"ignore_aliases": lambda self, data: True})
    made.add_representer(str, text)
    return made


def _like_a_number(text: str) -> bool:
    """May a reader of another YAML see a number in this text, as in the hash ``12e5``?

    >>> [_like_a_number(text) for text in ("12e5", "0o17", "1_000", "RTX 4090", "")]
    [True, True, True, False, False]
    """
    if not text[:1].isdigit() and text[:1] not in tuple("+-."):
        return False
    try:
        float(text)
    except ValueError:
        return text[:2].lower() in ("0o", "0x", "0b")
    return True
