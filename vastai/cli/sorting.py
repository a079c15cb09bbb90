"""The order of rows that a person asks for with --sort. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import cells

Key = tuple[str, bool]  # a field, and whether it sorts down


def keys_of(names: Sequence[str]) -> list[Key]:
    """The fields that the names in ``--sort`` mean, and which of them sort down.

    >>> keys_of(["gpu_name", "dph_total-"])
    [('gpu_name', False), ('dph_total', True)]
    """
    return [(name.removesuffix("-"), name.endswith("-")) for name in names]


def in_order(rows: Sequence[Any], keys: Sequence[Key]) -> list[Any]:
    """The rows in order of the fields, the first one first; those without a value last, equal ones as they came.

    Values of different kinds do not mix: yes and no come first, then numbers, texts without regard to case, the rest.

    >>> in_order([{"n": 2}, {}, {"n": "b"}, {"n": 10}], [("n", True)])
    [{'n': 'b'}, {'n': 10}, {'n': 2}, {}]
    """
    found = list(rows)
    for name, down in reversed(keys):
        values = [cells.field(row, name) for row in found]
        there = [place for place, value in enumerate(values) if value is not None and value == value]  # NaN is not
        there.sort(key=lambda place: _rank(values[place]), reverse=down)
        known = {*there}
        found = [found[place] for place in (*there, *(place for place in range(len(found)) if place not in known))]
    return found


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return 0, value
    if isinstance(value, int | float):
        return 1, value
    if isinstance(value, str):
        return 2, (value.casefold(), value)
    return 3, cells.cell(value)
