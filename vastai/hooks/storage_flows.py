"""Flows of storage and serverless work: copies to the cloud, deletions by ID or by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.schedule import times
from ..engine.steps import Ask
from ..errors import NotFound, UsageError
from .flows import Call, Flow, Values
from .registry import flow

RCLONE_SWITCHES = ("dry_run", "size_only", "ignore_existing", "update", "delete_excluded")


# ---------------------------------------------------------------- cloud copies


@flow
def cloud_copy(call: Call, values: Values, now: float) -> Flow:
    """Copy between an instance and cloud storage: now, or again and again by a schedule.

    >>> from vastai.hooks.flows import say
    >>> asked = {"src": "/a", "dst": "/b", "instance": "7", "connection": "1", "transfer": "Instance to Cloud"}
    >>> switches = {**dict.fromkeys(RCLONE_SWITCHES, False), "dry_run": True}
    >>> next(cloud_copy(say, {**asked, **switches, "flags": [], "schedule": None}, now=0.0))[1]["flags"]
    ['--dry-run']
    """
    copy = {name: values[name] for name in ("src", "dst", "instance", "connection", "transfer")}
    copy["flags"] = [f"--{name.replace('_', '-')}" for name in RCLONE_SWITCHES if values[name]] + values["flags"]
    if values["schedule"] is None:
        return (yield from call("start_cloud_copy", **copy))
    times("cloud copy", values, now)  # what is wrong with them is said before anything is asked
    instance = yield from call("show_instance", id=values["instance"])
    end = instance.get("end_date") if values["end_date"] is None else values["end_date"]
    if end is None:
        raise UsageError("cloud copy: end_date: is required, for the instance has no end of its own")
    times("cloud copy", {**values, "end_date": end}, now)
    yield Ask(f"Copy {values['schedule']} from {values['src']} to {values['dst']}? Traffic costs {_traffic(instance)}.")
    copy |= {name: values[name] for name in ("schedule", "start_date", "day", "hour")}
    return (yield from call("start_cloud_copy", **copy, end_date=end))


def _traffic(instance: Mapping[str, Any]) -> str:
    """What an instance pays for traffic, in words.

    >>> _traffic({"internet_up_cost_per_tb": 3.5}), _traffic({})
    ('3.50 $/TB', 'what the machine asks for it')
    """
    cost = instance.get("internet_up_cost_per_tb")
    return f"{cost:.2f} $/TB" if isinstance(cost, int | float) else "what the machine asks for it"


# ---------------------------------------------------------------- deletions


@flow
def delete_overlay(call: Call, values: Values) -> Flow:
    """Delete an overlay by its ID, or by its name: the request knows IDs only, so a name is looked up.

    >>> from vastai.hooks.flows import say
    >>> flow = delete_overlay(say, {"id": "lan"})
    >>> next(flow)
    ('show_overlays', {})
    >>> flow.send([{"overlay_id": 4, "name": "lan"}])
    ('delete_overlay_by_id', {'id': 4})
    """
    overlay = values["id"]
    if not isinstance(overlay, int):
        rows = yield from call("show_overlays")
        found = [row["overlay_id"] for row in rows if row.get("name") == overlay and row.get("overlay_id") is not None]
        if not found:
            raise NotFound(f"There is no overlay named {overlay} in this account.", status_code=404)
        if len(found) > 1:
            raise UsageError(f"delete overlay: {overlay} names several: give an ID, {', '.join(map(str, found))}")
        overlay = found[0]
    return (yield from call("delete_overlay_by_id", id=overlay))
