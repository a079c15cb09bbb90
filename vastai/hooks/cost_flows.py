"""Flows about money: what everything costs, from the rentals, the charges and the account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import UsageError
from .costs import grouped, month_of, summary
from .flows import Call, Flow, Values
from .registry import flow

PAGE = 100  # rows of charges in a page, the most that there can be


@flow
def cost(call: Call, values: Values, clock: Callable[[], float], notes: list[str]) -> Flow:
    """What is rented and what it costs; or, with `by`, the charges of a time in groups.

    Raises (when run):
        UsageError: dates without `by`, or in the wrong order.

    >>> from vastai.hooks.flows import say
    >>> next(cost(say, {"by": None, "start_date": None, "end_date": None}, clock=lambda: 0.0, notes=[]))
    ('show_user', {})
    """
    by, start, end = values["by"], values["start_date"], values["end_date"]
    if by is None and (start, end) != (None, None):
        raise UsageError("cost: start_date and end_date go with by; the summary is about today and this month")
    user = yield from call("show_user")  # first, for the answer shows the time of the service
    now = clock()
    since, until = month_of(now) if start is None else start, now if end is None else end
    if since > until:
        raise UsageError("cost: start_date is after end_date" if end is not None else "cost: start_date is to come yet")
    instances = yield from call("show_instances")
    volumes = yield from call("show_volumes")
    charges = yield from charged(call, since, until)
    if by is not None:
        return grouped(charges, instances, volumes, by, since, until)
    found = summary(instances, volumes, charges, user, now)
    unknown = [row["id"] for row in found["rows"] if row["per_hour"] is None]
    if unknown:
        notes.append(f"The service names no price for {', '.join(map(str, unknown))}: the sum is without it.")
    return found


def charged(call: Call, since: float, until: float, **more: Any) -> Flow:
    """All charges of a time, page by page.

    Arguments:
        since, until: unix seconds.
        more: further arguments of the listing.

    >>> from vastai.hooks.flows import say
    >>> steps = charged(say, 0.0, 60.0)
    >>> next(steps)
    ('show_charges', {'start_date': 0.0, 'end_date': 60.0, 'limit': 100, 'next_token': None})
    >>> steps.send({"results": [1], "next_token": "b"})[1]["next_token"]
    'b'
    """
    rows: list[Any] = []
    seen: set[str | None] = {None}
    token = None
    while True:
        page = yield from call("show_charges", start_date=since, end_date=until, limit=PAGE, next_token=token, **more)
        rows += page.get("results") or []
        token = page.get("next_token") or None
        if token in seen:  # None is the end; any other has come before, and would come for ever
            return rows
        seen.add(token)
