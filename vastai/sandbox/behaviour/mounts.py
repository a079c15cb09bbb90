"""Which volumes an instance has: mounted when it is rented, or later by the sandbox's own attach and detach."""

from __future__ import annotations

import re
from typing import Any

from vastai.sandbox import offers
from vastai.sandbox.behaviour.registry import Call, behaviour, invalid, own
from vastai.sandbox.world import World

Row = dict[str, Any]

_IN_ENV = re.compile(r"-v V\.(\d+):(/\S*)")
DEFAULT_SIZE = 15


def mount_wished(call: Call, instance: Row, wish: Row, offer: Row) -> None:
    """Mount the volumes that a rent asks for: by `volume_info`, or by a `-v V.<id>:<path>` in the environment."""
    from vastai.sandbox.behaviour.volumes import create

    info = wish.get("volume_info")
    if info:
        if not isinstance(info, dict) or not isinstance(info.get("mount_path", ""), str):
            raise invalid("volume_info must be an object with volume_id and mount_path")
        path = info.get("mount_path") or "/data"
        if info.get("create_new"):
            volume = create(call, info.get("volume_id"), info.get("size", DEFAULT_SIZE), info.get("name"))
        else:
            volume = own(call, "volume", info.get("volume_id"), "no_such_volume", "volume")
        mount(call.world, volume, instance, path)
    for flag in wish["env"]:
        named = _IN_ENV.fullmatch(flag)
        if named:
            mount(call.world, own(call, "volume", named[1], "no_such_volume", "volume"), instance, named[2])


def mount(world: World, volume: Row, instance: Row, path: str) -> None:
    """Mount a volume in an instance.

    Raises:
        Refusal: they are not on the same machine (or cluster), or it is mounted there already.
    """
    offer = offers.find(world, "offer", instance["ask_id"]) or {}
    same_cluster = volume["cluster_id"] is not None and volume["cluster_id"] == offer.get("cluster_id")
    if volume["network"] and not same_cluster:
        raise invalid(f"Volume {volume['id']} belongs to cluster {volume['cluster_id']}, not to this instance's.")
    if not volume["network"] and volume["machine_id"] != instance["machine_id"]:
        where = f"machine {volume['machine_id']}, not on machine {instance['machine_id']}"
        raise invalid(f"Volume {volume['id']} is on {where} of this instance.")
    if instance["id"] in volume["instances"]:
        raise invalid(f"Volume {volume['id']} is attached to instance {instance['id']} already.")
    volume["instances"].append(instance["id"])
    instance["volume_info"].append({"volume_id": volume["id"], "name": volume["name"], "mount_path": path})
    world.save("volume", volume)
    world.save("instance", instance)


def unmount(world: World, volume: Row, instance: Row) -> None:
    """Take a volume from an instance.

    Raises:
        Refusal: it is not mounted there.
    """
    if instance["id"] not in volume["instances"]:
        raise invalid(f"Volume {volume['id']} is not attached to instance {instance['id']}.")
    volume["instances"].remove(instance["id"])
    instance["volume_info"] = [each for each in instance["volume_info"] if each["volume_id"] != volume["id"]]
    world.save("volume", volume)
    world.save("instance", instance)


def unmount_all(world: World, instance: Row) -> None:
    """Free all volumes of an instance that goes away."""
    for info in list(instance["volume_info"]):
        volume = world.get("volume", info["volume_id"])
        if volume is not None:
            unmount(world, volume, instance)


@behaviour("PUT /api/v0/__sandbox__/volumes/{volume_id}/attach/")
def attached(call: Call) -> Row:
    """Attach a volume to an instance on the same machine: in the sandbox only."""
    volume, instance = _pair(call)
    mount(call.world, volume, instance, str(call.given("mount_path") or "/data"))
    return {"success": True, "msg": f"Volume {volume['id']} is attached to instance {instance['id']}."}


@behaviour("PUT /api/v0/__sandbox__/volumes/{volume_id}/detach/")
def detached(call: Call) -> Row:
    """Detach a volume from an instance: in the sandbox only."""
    volume, instance = _pair(call)
    unmount(call.world, volume, instance)
    return {"success": True, "msg": f"Volume {volume['id']} is detached from instance {instance['id']}."}


def _pair(call: Call) -> tuple[Row, Row]:
    volume = own(call, "volume", call.path["volume_id"], "no_such_volume", "volume")
    return volume, own(call, "instance", call.given("instance_id"), "no_such_instance", "instance")
