"""The sandbox's arithmetic of money: what a use costs, when credit runs out, how charges fall on days.

Amounts are whole micro-dollars (millionths of a dollar), so that nothing is lost in adding. A **use** is a mapping
``{source, kind, start, end, rate}``: what is used (``instance-7``), as what (``gpu`` or ``disk``), from and to when
(unix seconds; ``end`` None while it lasts) and for how many micro-dollars per hour.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

Use = Mapping[str, Any]

DAY = 86400.0
HOUR = 3600.0


def micro(dollars: float) -> int:
    """Dollars as whole micro-dollars.

    >>> micro(0.1) + micro(0.2)
    300000
    """
    return round(dollars * 1_000_000)


def dollars(micros: int) -> float:
    """Micro-dollars as dollars.

    >>> dollars(1_500_000)
    1.5
    """
    return micros / 1_000_000


def cost(use: Use, until: float) -> int:
    """What a use has cost up to a time, in micro-dollars.

    >>> cost({"start": 0.0, "end": None, "rate": 3_600_000}, 2.0)
    2000
    >>> cost({"start": 50.0, "end": 40.0, "rate": 3_600_000}, 90.0)  # ended before it began
    0
    """
    end = until if use["end"] is None else min(until, use["end"])
    micros: int = round(use["rate"] * max(0.0, end - use["start"]) / HOUR)
    return micros


def between(use: Use, start: float, end: float) -> int:
    """What a use has cost from one time to another; adjoining windows add up exactly to the whole.

    >>> use = {"start": 10.0, "end": 35.0, "rate": 999_999}
    >>> between(use, 0, 20) + between(use, 20, 30) + between(use, 30, 99) == cost(use, 99)
    True
    """
    return cost(use, end) - cost(use, start)


def spent(uses: Iterable[Use], until: float) -> int:
    """What all uses together have cost up to a time."""
    return sum(cost(use, until) for use in uses)


def runs_out(paid: int, uses: Sequence[Use]) -> float | None:
    """When the credit is used up: the first time at which the cost of all uses reaches what was paid.

    Between two moments at which a use begins or ends the cost rises evenly, so the moment is found by looking for the
    right interval first. None when the credit lasts for ever.

    >>> runs_out(1_000_000, [{"start": 100.0, "end": None, "rate": 3_600_000_000}])
    101.0
    """
    moments = sorted({use["start"] for use in uses} | {use["end"] for use in uses if use["end"] is not None})
    place = bisect_left(moments, paid, key=lambda moment: spent(uses, moment))
    if place == 0:
        return moments[0] if moments else None
    before = moments[place - 1]
    left = paid - spent(uses, before)
    if place == len(moments):
        rate = sum(use["rate"] for use in uses if use["end"] is None)
        return before + left * HOUR / rate if rate else None
    after = moments[place]
    return float(before + left / (spent(uses, after) - spent(uses, before)) * (after - before))


def days(use: Use, start: float, end: float) -> Iterator[tuple[float, float, int]]:
    """A use in a window, cut at midnight UTC: (from, to, micro-dollars) for each day it touches.

    >>> [(a, b, c) for a, b, c in days({"start": 86000.0, "end": 86800.0, "rate": 3_600_000}, 0.0, 200000.0)]
    [(86000.0, 86400.0, 400000), (86400.0, 86800.0, 400000)]
    """
    first = max(start, use["start"])
    last = end if use["end"] is None else min(end, use["end"])
    while first < last:
        midnight = (first // DAY + 1) * DAY
        cut = min(midnight, last)
        yield first, cut, between(use, first, cut)
        first = cut
