"""The times of scheduled jobs: when a request that is repeated falls due (days and hours in UTC)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Row = Mapping[str, Any]

HOUR = 3600
DAY = 86_400
FREQUENCIES = ("HOURLY", "DAILY", "WEEKLY")


def weekday(at: float) -> int:
    """The day of the week, 0 for Sunday.

    >>> weekday(0), weekday(3 * 86400)  # a Thursday, a Sunday
    (4, 0)
    """
    return (int(at // DAY) + 4) % 7


def times(job: Row, after: float, until: float) -> Iterator[float]:
    """When a job falls due later than one time and not later than another, in order.

    It happens at the full hours, or at `min_of_the_hour`, between its start and its end. A day or an hour that it names
    must fit; where it names none, DAILY and WEEKLY take those of its start.

    >>> job = {"start_time": 0.0, "end_time": 5e5, "frequency": "DAILY", "hour_of_the_day": 2, "day_of_the_week": None}
    >>> list(times(job, 0.0, 200_000.0))
    [7200.0, 93600.0, 180000.0]
    >>> list(times({**job, "frequency": "WEEKLY", "day_of_the_week": 0}, 0.0, 1e6))
    [266400.0]
    """
    day, hour = job.get("day_of_the_week"), job.get("hour_of_the_day")
    if job["frequency"] != "HOURLY":
        hour = int(job["start_time"] % DAY // HOUR) if hour is None else hour
    if job["frequency"] == "WEEKLY" and day is None:
        day = weekday(job["start_time"])
    shift = 60 * (job.get("min_of_the_hour") or 0)
    first, last = max(job["start_time"], after), min(job["end_time"], until)
    step = HOUR if hour is None else DAY
    begin = shift + (0 if hour is None else hour * HOUR)
    at = float((int(first) - begin) // step * step + begin)
    while at <= last:
        if at > after and at >= first and (day is None or weekday(at) == day):
            yield at
        at += step


def next_due(jobs: list[dict[str, Any]], now: float) -> tuple[float, dict[str, Any]] | None:
    """The earliest moment up to now at which a job falls due that was not done then, and that job; None for none."""
    found = [(at, job) for job in jobs for at in [next(times(job, job["done_until"], now), None)] if at is not None]
    return min(found, key=lambda each: (each[0], each[1]["id"]), default=None)
