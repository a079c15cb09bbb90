"""Copies: between instances and volumes, and the addresses that rsync goes to."""

from __future__ import annotations

from typing import Any

from vastai.sandbox import fleet, lifecycle
from vastai.sandbox.behaviour.instances import mine
from vastai.sandbox.behaviour.registry import Call, behaviour, invalid, number_of, own

Row = dict[str, Any]

FORBIDDEN = ("/", "/root", "/root/")
_HERE = (None, "", "local")
CLOUDS = ("drive", "s3", "b2", "dropbox", "hf", "gcs", "azure", "backblaze")


@behaviour("PUT /api/v0/commands/copy_direct/")
def copied(call: Call) -> Row:
    """Start a copy between two places; its progress stands in the status_msg of the destination's instance."""
    source, destination = _places(call)
    for instance in filter(None, (source, destination)):
        done = f"copy {call.body.get('src_path')} to {call.body.get('dst_path')}: done"
        running = lifecycle.remark(instance["timeline"], call.now, "copy: running")
        instance["timeline"] = lifecycle.remark(running, call.now + lifecycle.COPY_SECONDS, done)
        call.world.save("instance", instance)
    answer: Row = {"success": True, "msg": "The copy has begun; see status_msg of the instance."}
    return {**answer, **_addresses(call, source, destination)}


@behaviour("DELETE /api/v0/commands/copy_direct/", "DELETE /api/v0/commands/rsync/", beside=True)
def cancelled(call: Call) -> Row:
    """Cancel the copies that go to an instance."""
    destination = _place(call, call.body.get("dst_id"))
    if destination is None:
        raise invalid("dst_id must name an instance")
    kept = [phase for phase in destination["timeline"] if phase[0] <= call.now]
    later = [phase for phase in destination["timeline"] if phase[0] > call.now and not phase[3].startswith("copy")]
    destination["timeline"] = [*lifecycle.remark(kept, call.now, "copy: cancelled"), *later]
    call.world.save("instance", destination)
    return {"success": True, "msg": "The copy is cancelled."}


@behaviour("PUT /api/v0/commands/rsync/")
def addressed(call: Call) -> Row:
    """Where rsync has to go for a copy from or to this machine."""
    source, destination = _places(call)
    if source is None and destination is None:
        raise invalid("one side must be an instance")
    return {"success": True, "msg": "Go on with rsync.", **_addresses(call, source, destination)}


def _places(call: Call) -> tuple[Row | None, Row | None]:
    """The instances on both sides; None for this machine, a volume or a cloud.

    Raises:
        Refusal: a side names what is not the caller's, or the destination is one that must not be overwritten.
    """
    source, destination = _place(call, call.body.get("src_id")), _place(call, call.body.get("dst_id"))
    if destination is not None and call.body.get("dst_path") in FORBIDDEN:
        raise invalid(f"{call.body['dst_path']} cannot be a destination: a copy there would overwrite the system.")
    return source, destination


def _place(call: Call, id: Any) -> Row | None:
    """The instance that one side names: an id, or ``C.<id>``; None for anything but an instance."""
    if id in _HERE:
        return None
    kind, dot, rest = str(id).partition(".")
    if kind == "V" and dot:
        own(call, "volume", rest, "no_such_volume", "volume")
        return None
    if kind.lower() in CLOUDS:
        return None
    return mine(call, rest if kind == "C" and dot else number_of(str(id)) or id)


def _addresses(call: Call, source: Row | None, destination: Row | None) -> Row:
    """The address of the side that is no local one, as rsync needs it."""
    fields: Row = {}
    local = [side for side in ("src", "dst") if call.body.get(f"{side}_id") in _HERE]
    for side, instance in (("src", source), ("dst", destination)):
        if instance is not None and local:
            shown = fleet.shown(call.world, instance, call.now)
            fields[f"{side}_addr"] = shown["public_ipaddr"]
            fields[f"{side}_port"] = shown["machine_dir_ssh_port"]
    return fields
