"""How many serverless workers there are, and what each does at a time: pure arithmetic of load and of timelines.

A worker's timeline is a list of ``[at, status]`` in order of time, as an instance's is one of phases: `loading` while
it starts, `ready` for requests, `cold` while it is kept stopped for later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Any

Row = Mapping[str, Any]

LOADING, READY, COLD = "loading", "ready", "cold"
FIRST_START_SECONDS = 6.0
WARM_START_SECONDS = 2.0
WINDOW_SECONDS = 60.0
"""Requests of so many seconds make up the present load."""


def status(timeline: list[list[Any]], now: float) -> str:
    """What a worker does at a time.

    >>> status([[0.0, "loading"], [6.0, "ready"]], 5.9), status([[0.0, "loading"], [6.0, "ready"]], 6.0)
    ('loading', 'ready')
    """
    return str(next((each[1] for each in reversed(timeline) if each[0] <= now), LOADING))


def goal(timeline: list[list[Any]]) -> str:
    """What a worker will do when nothing else happens."""
    return str(timeline[-1][1])


def load(requests: Iterable[Sequence[float]], now: float) -> float:
    """The load of the last minute in performance units per second, from (time, cost) of requests.

    >>> load([(0.0, 300.0), (50.0, 600.0)], 70.0)
    10.0
    """
    return sum(cost for at, cost in requests if now - WINDOW_SECONDS < at <= now) / WINDOW_SECONDS


def wanted(group: Row, present_load: float, performance: float) -> tuple[int, int]:
    """How many workers of a group are to be hot, and how many it is to have in all.

    Arguments: group with `min_load`, `target_util`, `cold_mult`, `cold_workers` and `max_workers` (of the service's
    description); load and performance of one worker in units per second.

    >>> group = {"min_load": 10.0, "target_util": 0.5, "cold_mult": 2.0, "cold_workers": 1, "max_workers": 6}
    >>> wanted(group, 0.0, 40.0), wanted(group, 45.0, 40.0), wanted(group, 9000.0, 40.0)
    ((1, 2), (3, 6), (6, 6))
    """
    most = max(0, int(group["max_workers"]))
    needed = max(present_load, group["min_load"])
    hot = min(most, ceil(needed / max(0.01, performance * group["target_util"])))
    return hot, min(most, max(ceil(hot * group["cold_mult"]), hot + int(group["cold_workers"])))


def started(now: float, hot: bool) -> list[list[Any]]:
    """The timeline of a new worker: it loads, and then serves or waits."""
    return [[now, LOADING], [now + FIRST_START_SECONDS, READY if hot else COLD]]


def changed(timeline: list[list[Any]], now: float, hot: bool) -> list[list[Any]]:
    """A timeline in which a worker is woken, or put aside, from now on.

    >>> changed([[0.0, "loading"], [6.0, "cold"]], 10.0, True)
    [[0.0, 'loading'], [6.0, 'cold'], [10.0, 'loading'], [12.0, 'ready']]
    """
    past = [each for each in timeline if each[0] <= now]
    still = [each[0] for each in timeline if each[0] > now]
    if still:  # it is loading: only what it becomes is another
        return [*past, [still[-1], READY if hot else COLD]]
    return [*past, [now, LOADING], [now + WARM_START_SECONDS, READY]] if hot else [*past, [now, COLD]]
