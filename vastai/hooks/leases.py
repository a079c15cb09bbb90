"""Leases: until when an instance may run, and for how many dollars, as a mark at the end of its label.

The mark is short, and a person can read it, and type it: ``train [until 2026-11-27T10:00Z, max 5.00 USD]``. Either
term may stand alone. The service keeps labels, and shows them wherever it shows the instance; it knows nothing of
leases. What has run out is ended by `reap`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from .registry import prepare

Values = dict[str, Any]

HOUR = 3600.0  # seconds
LONGEST = 256  # characters of a label when it is given with a rental (API facts, section 9)

_MARKED = re.compile(r"(?:(?P<label>.*) )?\[(?P<terms>[^\[\]]+)\]\s*", re.DOTALL)
_END = re.compile(r"until ([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2})(:[0-9]{2})?Z")
_BUDGET = re.compile(r"max ([0-9]{1,9}(?:\.[0-9]{1,9})?) USD")


class Lease(NamedTuple):
    """What a label says.

    Attributes:
        label: the label without the mark.
        end: when the lease runs out, in unix seconds, or None.
        budget: dollars that the instance may cost since it was rented, or None.
    """

    label: str
    end: float | None = None
    budget: float | None = None

    @property
    def is_one(self) -> bool:
        """Is there a lease at all?"""
        return self.end is not None or self.budget is not None


def leased(label: str | None, end: float | None = None, budget: float | None = None) -> str:
    """A label with the mark of a lease, in place of the mark that it had.

    Arguments:
        end: unix seconds, shown in whole minutes, rounded up: nothing ends earlier than it was told.
        budget: dollars, shown in whole cents, rounded up.

    Raises:
        ValueError: the end lies beyond the calendar.

    >>> leased("train", 1795773630.0), leased(None, None, 5)
    ('train [until 2026-11-27T10:01Z]', '[max 5.00 USD]')
    """
    terms = []
    if end is not None:
        terms.append(f"until {_minute(end)}Z")
    if budget is not None:
        terms.append(f"max {math.ceil(round(budget * 100, 6)) / 100:.2f} USD")
    plain = lease_of(label).label
    return " ".join([plain] * bool(plain) + [f"[{', '.join(terms)}]"] * bool(terms))


def lease_of(label: Any) -> Lease:
    """What a label says of a lease; a label that is none says nothing.

    >>> lease_of("train [until 2026-11-27T10:00Z, max 5.00 USD]")
    Lease(label='train', end=1795773600.0, budget=5.0)
    >>> lease_of("train [v2]"), lease_of(None).is_one
    (Lease(label='train [v2]', end=None, budget=None), False)
    """
    if not isinstance(label, str):
        return Lease("")
    marked = _MARKED.fullmatch(label)
    end = budget = None
    for term in marked["terms"].split(", ") if marked else ():
        if end is None and (until := _END.fullmatch(term)):
            end = _seconds(until[1] + (until[2] or ":00"))
        elif budget is None and (most := _BUDGET.fullmatch(term)):
            budget = float(most[1])
        else:
            return Lease(label)
    return Lease((marked["label"] or "") if marked and (end, budget) != (None, None) else label, end, budget)


def _minute(end: float) -> str:
    try:
        return datetime.fromtimestamp(math.ceil(end / 60) * 60, timezone.utc).strftime("%Y-%m-%dT%H:%M")
    except (ValueError, OverflowError, OSError):
        raise ValueError("the end lies beyond the calendar") from None


def _seconds(text: str) -> float | None:
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc).timestamp()
    except ValueError:  # such as the 31st of February: not a mark of ours
        return None


def renewed(label: str | None, old: Lease, hours: float | None, budget: float | None, now: float) -> str:
    """A label with the mark of a lease of which some terms are new; the others are those of the old one.

    Arguments:
        hours, budget: the new terms: hours from now on, and dollars.
        now: unix seconds, by the clock of the service where it is known.

    Raises:
        ValueError: the end lies beyond the calendar.

    >>> renewed("train", Lease("", end=1795773600.0), None, 5, now=0.0)
    'train [until 2026-11-27T10:00Z, max 5.00 USD]'
    """
    end = old.end if hours is None else now + hours * HOUR
    return leased(label, end, old.budget if budget is None else budget)


@prepare
def lease(values: Values, now: float) -> Values:
    """The label with the mark of the lease that `max_hours` and `max_cost` mean. What only its own mark says stays.

    Raises:
        ValueError: the label is too long with it.

    >>> lease({"label": "train", "max_hours": 2, "max_cost": None}, now=1795766400.0)["label"]
    'train [until 2026-11-27T10:00Z]'
    """
    hours, budget = _number(values, "max_hours"), _number(values, "max_cost")
    if (hours is None and budget is None) or not isinstance(values.get("label"), str | None):
        return values
    label = renewed(values.get("label"), lease_of(values.get("label")), hours, budget, now)
    if len(label) > LONGEST:
        raise ValueError(
            f"label: has {len(label)} characters with the mark of the lease, {LONGEST} at most can be sent"
        )
    return {**values, "label": label}


def _number(values: Mapping[str, Any], name: str) -> float | None:
    """A number of the call; None also for what the check of the argument will refuse."""
    value = values.get(name)
    try:
        number = None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None
    return number if number is None or (math.isfinite(number) and number > 0) else None
