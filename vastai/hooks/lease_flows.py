"""Flows about leases: set one, or keep the one that the old label of an instance says."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import APIError, AuthError, NotFound, RateLimited, UsageError
from .flows import Call, Flow, Values
from .leases import Lease, lease_of, renewed
from .registry import flow


@flow
def lease_instance(call: Call, values: Values, clock: Callable[[], float], notes: list[str]) -> Flow:
    """Set terms of the lease of an instance, and its label; what is not given stays as its label says it.

    Raises (when run):
        UsageError: nothing is given, or the end lies beyond the calendar.

    >>> from vastai.hooks.flows import say
    >>> asked = {"id": 7, "label": "eval", "max_hours": None, "max_cost": 9}
    >>> steps = lease_instance(say, asked, clock=lambda: 0.0, notes=[])
    >>> next(steps)
    ('show_instance', {'id': 7})
    >>> steps.send({"id": 7, "label": "train [until 2026-11-27T10:00Z, max 5.00 USD]"})[1]["label"]
    'eval [until 2026-11-27T10:00Z, max 9.00 USD]'
    """
    label, hours, budget = values["label"], values["max_hours"], values["max_cost"]
    if (label, hours, budget) == (None, None, None):
        raise UsageError("lease_instance: max_hours: is required, or max_cost, or a label")
    old = lease_of(label)
    if not old.is_one:
        old = yield from _old(call, values["id"], label is not None, notes)
    try:
        marked = renewed(old.label if label is None else label, old, hours, budget, clock())
    except ValueError as error:
        raise UsageError(f"lease_instance: max_hours: {error}") from None
    return (yield from call("replace_label", id=values["id"], label=marked))


def _old(call: Call, instance: object, may_be_lost: bool, notes: list[str]) -> Flow:
    """What the label of an instance says now. A key that may not look may still set a label: then that is said."""
    try:
        row = yield from call("show_instance", id=instance)
    except (AuthError, RateLimited):
        raise
    except NotFound:
        if not may_be_lost:
            raise
        return Lease("")  # to a label the service itself says that there is no such instance
    except APIError as refused:
        if not may_be_lost or refused.status_code is None or refused.status_code >= 500:
            raise
        notes.append(f"The old label of {instance} could not be looked at: if it had a lease, that is lost. {refused}")
        return Lease("")
    return lease_of(row.get("label"))
