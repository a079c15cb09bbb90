"""The order of a search: from ``dph,num_gpus-`` to columns with directions."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vastai.hooks.query_fields import kind_named
from vastai.hooks.query_grammar import QueryError, shown

_PART = re.compile(
    r"(?P<before>[+-]?)(?P<field>[A-Za-z_][A-Za-z0-9_]*)(?:(?P<after>[+-])|\s+(?P<word>[A-Za-z]+))?", re.ASCII
)
_DIRECTIONS = {"": "asc", "+": "asc", "-": "desc", "asc": "asc", "desc": "desc"}


def order(text: str | Sequence[object], kind: str) -> list[list[str]]:
    """Read the order of a search.

    Args:
        text: parts with commas between: ``field``, ``field+``, ``+field``, ``field asc`` (ascending), ``field-``,
            ``-field``, ``field desc`` (descending); or a list of such parts; or of ready ``[field, direction]`` pairs,
            which pass through.
        kind: offers, volumes, network_volumes, benchmarks, templates or invoices; decides about aliases.

    Returns:
        ``[[field, "asc" or "desc"], ...]``. The fields are not checked: the service knows more than we list.

    Raises:
        QueryError: a part is none of these.
        ValueError: there is no such kind of search.

    >>> order("dph, score-", "offers")
    [['dph_total', 'asc'], ['score', 'desc']]
    >>> order([["score", "desc"], "-num_gpus"], "offers")
    [['score', 'desc'], ['num_gpus', 'desc']]
    """
    aliases = kind_named(kind).order_aliases
    found: list[list[str]] = []
    for entry in [text] if isinstance(text, str) else text:
        if isinstance(entry, str):
            found += [[aliases.get(field, field), direction] for field, direction in _parts(entry)]
        else:
            found.append(_pair(entry))
    return found


def _parts(text: str) -> list[tuple[str, str]]:
    parts: list[tuple[str, str]] = []
    at = 0
    for written in text.split(","):
        part = written.strip()
        if part:
            column = at + written.index(part) + 1
            found = _PART.fullmatch(part)
            marks = [mark for mark in (found["before"], found["after"], found["word"]) if mark] if found else []
            direction = _DIRECTIONS.get("".join(marks).lower())
            if found is None or direction is None:
                advice = "write a field such as dph, or dph- for the largest first"
                raise QueryError(f"{shown(part)} is no order; {advice}", text, column, "order")
            parts.append((found["field"], direction))
        at += len(written) + 1
    return parts


def _pair(entry: object) -> list[str]:
    if isinstance(entry, (list, tuple)) and len(entry) == 2:
        field, direction = entry
        if isinstance(field, str) and direction in ("asc", "desc"):
            return [field, str(direction)]
    raise QueryError(f'{shown(entry)} is no order; write [field, "asc"] or [field, "desc"]', what="order")
