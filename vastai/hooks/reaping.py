"""Reaping: which instances have run out, boot for too long, or are stopped but paid for too long. Pure.

The service tells neither since when an instance boots nor since when it is stopped. What can be known is taken from its
charges (rows by source, with parts of type ``gpu`` and ``disk``): GPUs that were not paid for in a time did not run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .costs import amount, day_of, duration, hourly, is_stopped, number
from .leases import HOUR, lease_of

Row = Mapping[str, Any]

MINUTE = 60.0  # seconds
BOOTING = frozenset((None, "", "created", "loading", "scheduling"))  # what `actual_status` says before it first runs


class Limits(NamedTuple):
    """How long instances may be what costs and does nothing, leased or not; None for ever.

    Attributes:
        boot: minutes from the rental until it runs.
        stopped: hours that it is stopped but paid for.
    """

    boot: float | None = None
    stopped: float | None = None


def charges_since(instances: Sequence[Row], limits: Limits, now: float) -> float | None:
    """From when on charges are needed to judge these instances, in unix seconds; None when none are needed.

    Whole days, for the service may keep charges by the day.

    >>> charges_since([{"id": 7, "label": "train [until 2026-11-27T10:00Z]"}], Limits(), 1768478400.0) is None
    True
    >>> charges_since([{"id": 7, "label": "[max 5 USD]", "start_date": 1768400000.0}], Limits(), 1768478400.0)
    1768348800.0
    """
    wanted = []
    for each in instances:
        started = number(each.get("start_date"))
        boots = limits.boot is not None and each.get("actual_status") in BOOTING
        if started is not None and (lease_of(each.get("label")).budget is not None or boots):
            wanted.append(started)
        if limits.stopped is not None and is_stopped(each):
            wanted.append(now - limits.stopped * HOUR)
    return day_of(min(wanted)) if wanted else None


def due(instances: Sequence[Row], charges: Sequence[Row], limits: Limits, action: str, now: float,
        notes: list[str]) -> list[dict[str, Any]]:  # fmt: skip
    """What is to be ended, and why: a row with `id`, `label`, `action`, `why` (a code) and `reason` (in words) each.

    Arguments:
        charges: rows by source with their parts, since `charges_since`.
        action: ``stop`` or ``destroy``; what is stopped needs no stop.
        now: unix seconds, by the clock of the service.
        notes: gets a remark on each instance of which it cannot be known.

    >>> row = {"id": 7, "label": "a [until 2026-01-15T10:00Z]", "actual_status": "running"}
    >>> due([row], [], Limits(), "stop", 1768478400.0, [])[0]["reason"]
    'lease ended 2 h ago'
    """
    found = []
    for each in instances:
        if action == "stop" and is_stopped(each):
            continue
        own = [row for row in charges if row.get("source") == f"instance-{each.get('id')}"]
        judged = _lease_over(each, own, now, notes) or _stuck(each, own, limits, now) or _kept(
            each, own, limits, now, notes
        )  # fmt: skip
        if judged:
            why, reason = judged
            label = each.get("label")
            found.append({"id": each.get("id"), "label": label, "action": action, "why": why, "reason": reason})
    return found


Judged = tuple[str, str] | None


def _lease_over(instance: Row, charges: Sequence[Row], now: float, notes: list[str]) -> Judged:
    lease = lease_of(instance.get("label"))
    if lease.end is not None and now >= lease.end:
        return "lease_ended", f"lease ended {duration(now - lease.end)} ago"
    if lease.budget is None:
        return None
    dollars = cost_so_far(instance, charges, now)
    if dollars is None:
        notes.append(f"It is not known what instance {instance.get('id')} has cost, so its budget is not judged.")
    elif dollars >= lease.budget:
        return "budget_spent", f"has cost {dollars:.2f} of {lease.budget:.2f} USD"
    return None


def cost_so_far(instance: Row, charges: Sequence[Row], now: float) -> float | None:
    """Dollars since it was rented: what is charged, and its price for the time after the last charge.

    Where no charge is listed, its price for all the time; None when that is not known either.

    >>> running = {"id": 7, "actual_status": "running", "dph_total": 0.5, "start_date": 0.0}
    >>> charge = {"start": 0.0, "end": 3600.0, "amount": 0.4}
    >>> cost_so_far(running, [charge], now=7200.0), cost_so_far(running, [], now=7200.0)
    (0.9, 1.0)
    """
    ends = [end for row in charges if (end := number(row.get("end"))) is not None]
    since = max(ends) if ends else number(instance.get("start_date"))
    price = hourly(instance)
    charged = sum(map(amount, charges))
    if since is None or price is None:
        return charged if charges else None
    return charged + price * max(0.0, now - since) / HOUR


def _stuck(instance: Row, charges: Sequence[Row], limits: Limits, now: float) -> Judged:
    """Does it boot for too long? One that has run before may have been started again a moment ago: that is not told."""
    started = number(instance.get("start_date"))
    if limits.boot is None or started is None or instance.get("actual_status") not in BOOTING:
        return None
    if now - started < limits.boot * MINUTE or last_use(charges) is not None:
        return None
    return "boot_limit", f"rented {duration(now - started)} ago, has never run"


def _kept(instance: Row, charges: Sequence[Row], limits: Limits, now: float, notes: list[str]) -> Judged:
    """Is it stopped, but paid for, for too long?"""
    if limits.stopped is None or not is_stopped(instance):
        return None
    since = now - limits.stopped * HOUR
    started = number(instance.get("start_date"))
    if started is None or started > since:
        return None
    if not charges:
        notes.append(f"It is not known since when instance {instance.get('id')} is stopped: no charges are listed.")
        return None
    used = last_use(charges)
    if used is not None and used > since:
        return None
    return "stopped_limit", f"stopped, but paid for, for more than {limits.stopped:g} h"


def last_use(charges: Sequence[Row]) -> float | None:
    """Until when GPUs were paid for, in unix seconds; None when they were not.

    >>> last_use([{"items": [{"type": "gpu", "end": 60.0, "amount": 1}, {"type": "disk", "end": 90.0, "amount": 1}]}])
    60.0
    """
    parts = [part for row in charges for part in row.get("items") or () if part.get("type") == "gpu" and amount(part)]
    ends = [end for part in parts if (end := number(part.get("end"))) is not None]
    return max(ends, default=None)
