"""The fleet: which instances hold which GPUs, and what starting and stopping them does to others.

Two offers of one machine can be slices that overlap, so it is the GPUs that are rented, not the offers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vastai.sandbox import ledger, lifecycle
from vastai.sandbox.instance_row import contract_costs
from vastai.sandbox.world import World

Row = dict[str, Any]

RESTART_SECONDS = 3.0


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


def hourly(world: World, instance: Row) -> Row:
    """The cost fields of an instance, in dollars per hour."""
    return contract_costs(offer_of(world, instance), instance["disk"], instance["price"])


def offer_of(world: World, instance: Row) -> Row:
    """The offer that an instance was rented from."""
    offer = world.listing("offer", instance["ask_id"])
    assert offer is not None, "offers are never removed"
    return offer


def start(world: World, instance: Row, now: float) -> None:
    """Start a stopped instance, or let it wait when another one has its GPUs."""
    instance.update(intended_status="running", next_state="running")
    if taken(world, instance):
        instance.update(waiting=True, next_msg="waiting for its GPU, which another instance has")
    else:
        instance.update(waiting=False, timeline=lifecycle.restart(now, RESTART_SECONDS, instance["image"]))
        account, price = world.owner("instance", instance["id"]), hourly(world, instance)["dph_base"]
        ledger.begin(world, account, ledger.source(instance), "gpu", price, now + RESTART_SECONDS)
    world.save("instance", instance)


def stop(world: World, instance: Row, at: float, why: str = "stopped on request") -> None:
    """Stop an instance: its GPUs cost nothing from then on and go to who waits for them, the storage stays."""
    before = lifecycle.state(instance["timeline"], at)
    instance.update(timeline=lifecycle.stop(at, before, why), intended_status="stopped", next_state="stopped")
    instance["waiting"] = False
    world.save("instance", instance)
    ledger.end(world, ledger.source(instance), at, "gpu")
    wake(world, instance["machine_id"], at)


def wake(world: World, machine: int, now: float) -> None:
    """Start what waits on a machine, finds its GPUs free now, and can pay; the oldest first."""
    for instance in world.all("instance"):
        if instance.get("waiting") and instance["machine_id"] == machine:
            instance["waiting"] = False
            if ledger.credit(world, world.owner("instance", instance["id"]), now) > 0:
                start(world, instance, now)


def settle(world: World, now: float) -> None:
    """Bring the world up to date: the instances of accounts whose credit has run out stop at that very moment.

    Everything else follows from the times that are stored.
    """
    while ledger.due(world, now):
        moment, account = ledger.next_run_out(world) or (float("inf"), 0)
        if moment > now:
            ledger.note_due(world, moment)
        else:
            for instance in world.all("instance", account):
                if instance["intended_status"] == "running":
                    stop(world, instance, moment, "stopped: the credit is used up")
            ledger.end_gpus(world, account, moment)
