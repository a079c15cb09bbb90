"""Overlays: networks of their own for instances on the machines of one cluster."""

from __future__ import annotations

import re
from typing import Any

from vastai.sandbox import offers
from vastai.sandbox.behaviour.instances import mine
from vastai.sandbox.behaviour.registry import Call, behaviour, invalid, missing, number_of
from vastai.sandbox.fleet import offer_of

Row = dict[str, Any]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@behaviour("GET /api/v0/overlay/")
def listed(call: Call) -> list[Row]:
    """The caller's overlays with the instances in them."""
    return [_row(call, each) for each in call.world.all("overlay", call.account)]


def _row(call: Call, overlay: Row) -> Row:
    members = [each["instance_id"] for each in _members(call, overlay)]
    return {
        "overlay_id": overlay["id"],
        "name": overlay["name"],
        "cluster_id": overlay["cluster_id"],
        "internal_subnet": f"10.{100 + overlay['id'] % 100}.0.0/24",
        "instance_count": len(members),
        "instances": members,
    }


def _members(call: Call, overlay: Row) -> list[Row]:
    return [each for each in call.world.all("overlay_member") if each["overlay_id"] == overlay["id"]]


@behaviour("POST /api/v0/overlay/")
def created(call: Call) -> Row:
    """Make an overlay on a cluster: one of the caller's, or one whose machines are on the market."""
    cluster, name = number_of(call.body.get("cluster_id")), call.body.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise invalid("name must be 1 to 64 letters, digits, - and _")
    known = cluster is not None and (
        call.world.get("cluster", cluster, call.account) is not None
        or any(offer["cluster_id"] == cluster for offer in offers.on_offer(call.world, "offer", call.now))
    )
    if not known:
        raise missing("no_such_cluster", "cluster", call.body.get("cluster_id"))
    if call.world.find("overlay", name, call.account) is not None:
        raise invalid(f"There is an overlay {name} already.")
    overlay = call.world.add("overlay", call.account, {"cluster_id": cluster, "name": name}, lookup=name)
    return {"success": True, "overlay_id": overlay["id"], "msg": f"Overlay {name} is made."}


@behaviour("PUT /api/v0/overlay/")
def joined(call: Call) -> Row:
    """Put an instance into an overlay of the cluster that its machine is in."""
    name = str(call.body.get("name"))
    overlay = call.world.find("overlay", name, call.account)
    if overlay is None:
        raise missing("no_such_overlay", "overlay", name)
    instance = mine(call, call.body.get("instance_id"))
    cluster = offer_of(call.world, instance)["cluster_id"]
    if cluster != overlay["cluster_id"]:
        where = "in no cluster" if cluster is None else f"in cluster {cluster}"
        raise invalid(f"Instance {instance['id']} is {where}; overlay {name} is in cluster {overlay['cluster_id']}.")
    if all(each["instance_id"] != instance["id"] for each in _members(call, overlay)):
        member = {"overlay_id": overlay["id"], "instance_id": instance["id"]}
        call.world.add("overlay_member", call.account, member, lookup=str(instance["id"]))
    return {"success": True, "msg": f"Instance {instance['id']} is in overlay {name}."}


@behaviour("DELETE /api/v0/overlay/")
def deleted(call: Call) -> Row:
    """Delete an overlay, by its id or its name. The instances in it go on."""
    id, name = call.given("overlay_id"), call.given("overlay_name")
    number = number_of(id)
    overlay = call.world.get("overlay", number, call.account) if number is not None else None
    if id is None and name is not None:
        overlay = call.world.find("overlay", str(name), call.account)
    if overlay is None:
        raise missing("no_such_overlay", "overlay", name if id is None else id)
    for member in _members(call, overlay):
        call.world.remove("overlay_member", member["id"])
    call.world.remove("overlay", overlay["id"])
    return {"success": True, "msg": f"Overlay {overlay['name']} is deleted."}
