"""Copies between an instance and cloud storage."""

from __future__ import annotations

from typing import Any

from vastai.sandbox import lifecycle
from vastai.sandbox.behaviour.instances import mine
from vastai.sandbox.behaviour.registry import Call, Refusal, behaviour, invalid, number_of
from vastai.sandbox.behaviour.results import result_url
from vastai.sandbox.behaviour.search import connections

Row = dict[str, Any]

TRANSFERS = ("Instance to Cloud", "Cloud to Instance")
PREFIX = "cloud copy"


@behaviour("POST /api/v0/commands/rclone/")
def begun(call: Call) -> Row:
    """Begin a copy: its progress stands in the instance's status_msg, its report at `result_url`."""
    instance = mine(call, number_of(call.body.get("instance_id")) or call.body.get("instance_id"))
    cloud = _connection(call)
    source, target, transfer = (call.body.get(name) for name in ("src", "dst", "transfer"))
    if not source or not target:
        raise invalid("src and dst are required")
    if str(transfer).lower() not in map(str.lower, TRANSFERS):
        raise invalid(f"transfer must be one of {', '.join(TRANSFERS)}")
    if not lifecycle.runs(instance, call.now):
        raise invalid(f"Instance {instance['id']} does not run, so nothing can be copied.")
    running = lifecycle.remark(instance["timeline"], call.now, f"{PREFIX}: running")
    done = f"{PREFIX} {source} to {target}: done"
    instance["timeline"] = lifecycle.remark(running, call.now + lifecycle.COPY_SECONDS, done)
    call.world.save("instance", instance)
    text = f"{transfer}, {cloud['cloud_type']}: {source} -> {target}\nTransferred: 100%\nErrors: 0\n"
    return {"success": True, "msg": "The cloud copy has begun.", "result_url": result_url(call, text)}


@behaviour("DELETE /api/v0/commands/rclone/")
def cancelled(call: Call) -> Row:
    """Cancel the cloud copies of an instance."""
    named = call.given("dst_id")
    instance = mine(call, number_of(named) or named)
    kept = [phase for phase in instance["timeline"] if phase[0] <= call.now]
    later = [phase for phase in instance["timeline"] if phase[0] > call.now and not phase[3].startswith(PREFIX)]
    instance["timeline"] = [*lifecycle.remark(kept, call.now, f"{PREFIX}: cancelled"), *later]
    call.world.save("instance", instance)
    return {"success": True, "msg": "The cloud copy is cancelled."}


def _connection(call: Call) -> Row:
    """The cloud connection that is selected.

    Raises:
        Refusal: the account has none of that id.
    """
    wanted = call.body.get("selected")
    for row in connections(call):
        if row["id"] == number_of(wanted):
            return row
    raise Refusal(404, "no_such_connection", f"There is no cloud connection {wanted} in this account.")
