"""Which GPUs are in use: two offers of one machine can be slices that overlap, so it is the GPUs that are rented."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vastai.sandbox import ledger, lifecycle
from vastai.sandbox.world import World

Row = dict[str, Any]


def holders(world: World) -> list[Row]:
    """The instances of all accounts that hold their GPUs: those that are meant to run and do not wait."""
    return [
        instance
        for instance in world.all("instance")
        if instance["intended_status"] == "running" and not instance.get("waiting")
    ]


def taken(world: World, offer: Row) -> bool:
    """Does somebody in this world hold a GPU of this offer (or of an instance, which names its GPUs the same way)?"""
    wanted = set(offer["gpu_ids"])
    return any(
        held["machine_id"] == offer["machine_id"] and held["id"] != offer["id"] and wanted & set(held["gpu_ids"])
        for held in holders(world)
    )


def as_listed(offers: Iterable[Row], held: list[Row]) -> list[Row]:
    """Offers with what is rented in this world marked: the offer itself as rented, overlapping ones as not rentable."""
    by_machine: dict[int, list[Row]] = {}
    for instance in held:
        by_machine.setdefault(instance["machine_id"], []).append(instance)
    if not by_machine:
        return list(offers)
    return [_marked(offer, by_machine.get(offer["machine_id"], ())) for offer in offers]


def _marked(offer: Row, held: Iterable[Row]) -> Row:
    ids = set(offer["gpu_ids"])
    for instance in held:
        if ids & set(instance["gpu_ids"]):
            return {**offer, "rentable": False, "rented": offer["rented"] or ids == set(instance["gpu_ids"])}
    return offer


def start(world: World, instance: Row, now: float, seconds: float, dollars_per_hour: float) -> None:
    """Start a stopped instance, or let it wait when another one has its GPUs."""
    instance.update(intended_status="running", next_state="running")
    if taken(world, instance):
        instance.update(waiting=True, next_msg="waiting for its GPU, which another instance has")
    else:
        instance.update(waiting=False, timeline=lifecycle.restart(now, seconds, instance["image"]))
        account = world.owner("instance", instance["id"])
        ledger.begin(world, account, ledger.source(instance), "gpu", dollars_per_hour, now + seconds)
    world.save("instance", instance)


def waiting(world: World, machine: int) -> list[Row]:
    """The instances on a machine that wait for their GPUs, the oldest first."""
    return [each for each in world.all("instance") if each.get("waiting") and each["machine_id"] == machine]
