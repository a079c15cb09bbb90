"""Histogram: numbers as bars of plain characters, which every terminal and every pipe can show. Pure.

The steps: as many as Sturges' rule says (log2 of the count, plus one), 5 to 20 of them. They are equal, or, where the
highest number is ten times the lowest or more, each is by the same factor greater than the one before; prices spread
like that, and equal steps would put nearly all of them into the first.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

FEWEST, MOST = 5, 20  # steps
WIDE_SPREAD = 10  # from this ratio of highest to lowest on the steps grow
BAR = "#"
FINEST = 8  # digits behind the point
SHORTEST = 10  # columns for the longest bar, however narrow the terminal is


def histogram(values: Sequence[Any], unit: str, width: int | None = None) -> str:
    """How numbers are spread: their count, median and quartiles, and a bar for each step; "" for no rows at all.

    Arguments:
        values: one for each row; what is no number is counted apart.
        width: columns of the terminal, 80 where it is none.

    >>> print(histogram([0.1, 0.2, 0.2, 0.3, 0.6, None], "$/hour", 40))
    5 from 0.10 to 0.60 $/hour, 1 unknown
    median 0.20, half of them 0.20 to 0.30
    0.10 - 0.20 | ############             1
    0.20 - 0.30 | ######################## 2
    0.30 - 0.40 | ############             1
    0.40 - 0.50 |                          0
    0.50 - 0.60 | ############             1
    """
    numbers = sorted(float(value) for value in values if _is_number(value))
    unknown = len(values) - len(numbers)
    if not numbers:
        return f"None of {unknown} has a number." if unknown else ""
    edges = steps(numbers)
    digits = _digits(edges)
    if digits < FINEST:  # what is shown is what is counted by
        edges = [edges[0], *(round(edge, digits) for edge in edges[1:-1]), edges[-1]]
    shown = [f"{edge:.{digits}f}" for edge in edges]
    low, quarter, middle, three, high = (f"{quantile(numbers, part):.{digits}f}" for part in (0, 0.25, 0.5, 0.75, 1))
    lines = [
        f"{len(numbers)} from {low} to {high} {unit}" + (f", {unknown} unknown" if unknown else ""),
        f"median {middle}, half of them {quarter} to {three}",
    ]
    if len(edges) > 2:
        lines += _bars(shown, counts(numbers, edges), width or 80)
    return "\n".join(lines)


def steps(numbers: Sequence[float]) -> list[float]:
    """The edges of the steps for sorted numbers; the lowest and the highest are edges themselves.

    >>> steps([0.0, 10.0]), [round(edge, 3) for edge in steps([1.0, 32.0])], steps([2.0, 2.0])
    ([0.0, 2.0, 4.0, 6.0, 8.0, 10.0], [1.0, 2.0, 4.0, 8.0, 16.0, 32.0], [2.0, 2.0])
    """
    low, high = numbers[0], numbers[-1]
    if low == high:
        return [low, high]
    many = min(MOST, max(FEWEST, math.ceil(math.log2(len(numbers))) + 1))
    if low > 0 and high / low >= WIDE_SPREAD:
        least, span = math.log(low), math.log(high) - math.log(low)
        inner = [min(high, max(low, math.exp(least + span * number / many))) for number in range(1, many)]
    else:
        inner = [low + (high - low) * number / many for number in range(1, many)]
    return [low, *inner, high]


def counts(numbers: Sequence[float], edges: Sequence[float]) -> list[int]:
    """How many of the sorted numbers lie in each step; an edge belongs to the step above it, the last to the last.

    >>> counts([1.0, 2.0, 2.5, 3.0], [1.0, 2.0, 3.0])
    [1, 3]
    """
    places = [0, *(bisect_left(numbers, edge) for edge in edges[1:-1]), len(numbers)]
    return [end - start for start, end in pairwise(places)]


def quantile(numbers: Sequence[float], part: float) -> float:
    """The number below which a part of the sorted numbers lies, between two of them by their distance.

    >>> quantile([1.0, 2.0, 4.0], 0.5), quantile([1.0, 2.0, 4.0], 0.75)
    (2.0, 3.0)
    """
    place = part * (len(numbers) - 1)
    lower = math.floor(place)
    upper = min(lower + 1, len(numbers) - 1)
    return numbers[lower] + (numbers[upper] - numbers[lower]) * (place - lower)


def _bars(edges: Sequence[str], counted: Sequence[int], width: int) -> list[str]:
    """A line for each step: from, to, bar, count. No line is wider than the terminal."""
    widest, digits = max(map(len, edges)), len(str(max(counted)))
    room = max(SHORTEST, width - 2 * widest - len(" -  |  ") - digits)
    lines = []
    for start, end, count in zip(edges, edges[1:], counted, strict=False):
        bar = BAR * max(1, round(room * count / max(counted))) if count else ""
        lines.append(f"{start:>{widest}} - {end:>{widest}} | {bar:<{room}} {count:>{digits}}")
    return lines


def _digits(edges: Sequence[float]) -> int:
    """Digits behind the point that tell the narrowest step's ends apart, two at least."""
    narrowest = min((end - start for start, end in pairwise(edges)), default=0.0)
    return min(FINEST, max(2, math.ceil(-math.log10(narrowest)) + 1)) if narrowest > 0 else 4


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e15
