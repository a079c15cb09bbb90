"""Flows about leases: set one, keep the one that the old label says, and end what has run out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ..engine import bulk
from ..engine.steps import Ask
from ..errors import APIError, AuthError, NotFound, RateLimited, UsageError, VastError
from .cost_flows import charged
from .flows import Call, Flow, Values
from .leases import Lease, lease_of, renewed
from .reaping import Limits, charges_since, due
from .registry import flow

Row = dict[str, Any]

VERIFY_WITHIN = 180  # seconds in which what was told to end must have ended
GOALS = {"stop": "stopped", "destroy": "gone"}  # action: what becomes of an instance
DONE = {"stop": "stopped", "destroy": "destroyed"}


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


# ---------------------------------------------------------------- reap


@flow
def reap(call: Call, values: Values, clock: Callable[[], float], notes: list[str]) -> Flow:
    """End what has run out, and see that it has ended.

    Raises (when run):
        UsageError: limits that this action cannot serve, or a refused question; nothing was ended.

    >>> from vastai.hooks.flows import say
    >>> asked = {"action": "stop", "boot_limit": None, "stopped_limit": None, "dry_run": False}
    >>> next(reap(say, asked, clock=lambda: 0.0, notes=[]))
    ('show_instances', {})
    """
    action, limits = values["action"], Limits(values["boot_limit"], values["stopped_limit"])
    if limits.stopped is not None and action == "stop":
        raise UsageError("reap: stopped_limit: what is stopped can only be destroyed; it goes with action=destroy")
    found = yield from _due(call, limits, action, clock, notes)
    if values["dry_run"]:
        rows = [{**row, "outcome": f"would be {DONE[action]}", "success": True} for row in found]
        return {"success": True, "dry_run": True, "results": rows}
    if found and action == "destroy":
        yield Ask(f"Destroy {_named(found)} with all data?")
        asked = {row["id"] for row in found}  # somebody may have thought about it meanwhile, and given a longer lease
        found = [row for row in (yield from _due(call, limits, action, clock, [])) if row["id"] in asked]
    return (yield from _ended(call, found, action)) if found else {"success": True, "results": []}


def _named(found: Sequence[Row]) -> str:
    return "; ".join(f"instance {row['id']} ({row['reason']})" for row in found)


def _due(call: Call, limits: Limits, action: str, clock: Callable[[], float], notes: list[str]) -> Flow:
    """What is to be ended now; charges are asked for only where something hangs on them."""
    instances = yield from call("show_instances")
    now = clock()
    since = charges_since(instances, limits, now)
    charges = []
    if since is not None:
        charges = yield from charged(call, since, now, charge_type=["instance"], format="tree")
    return due(instances, charges, limits, action, now, notes)


def _ended(call: Call, found: Sequence[Row], action: str) -> Flow:
    """Tell each instance to end, then look until it has; what it has become counts, not what was answered."""
    ids = [row["id"] for row in found]
    if action == "stop":
        flows = [call("stop_instance", id=each) for each in ids]
    else:
        flows = [call("destroy_instance", id=each) for each in ids]
    told = (yield from bulk.perform([[each] for each in ids], flows))["results"]
    seen: dict[Any, Row] = {}
    for wanted, seconds in ((True, VERIFY_WITHIN), (False, 0)):  # what was refused is looked at once: it may be gone
        these = [row["id"] for row in told if row["success"] is wanted]
        seen |= yield from _seen(call, these, action, seconds)
    rows = [_outcome(row, answer, seen[row["id"]], action) for row, answer in zip(found, told, strict=True)]
    return {**bulk.summary(rows), "results": rows}


def _seen(call: Call, ids: list[Any], action: str, seconds: float) -> Flow:
    """What each instance has become within so many seconds, by its ID; of none that cannot be looked at it is known."""
    if not ids:
        return {}
    try:
        report = yield from call("wait_instances", ids=ids, until=GOALS[action], timeout=seconds)
    except VastError as error:
        return {each: error.as_refusal() for each in ids}
    return dict(zip(ids, report["results"], strict=True))


def _outcome(row: Row, told: Row, seen: Row, action: str) -> Row:
    """What became of one instance. One that is gone needs no stop any more."""
    if seen["success"]:
        return {**row, "outcome": DONE[action], "success": True}
    if seen["error"] == NotFound.code:
        return {**row, "outcome": "gone", "success": True}
    failure = seen if told["success"] else told
    why = {name: failure.get(name) for name in ("error", "status_code", "msg", "hint")}
    return {**row, "outcome": "not ended", "success": False, **why}
