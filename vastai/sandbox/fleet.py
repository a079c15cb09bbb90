"""The fleet: which instances hold which GPUs, and what starting and stopping them does to others.

Two offers of one machine can be slices that overlap, so it is the GPUs that are rented, not the offers. Who rents on
demand keeps them; a bid holds them until somebody rents them on demand, bids more for each GPU, or its host asks more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vastai.sandbox import ledger, lifecycle, machine_behind, offers
from vastai.sandbox.instance_row import costs, row
from vastai.sandbox.world import World

Row = dict[str, Any]

RESTART_SECONDS = 3.0
STEP = 0.001
"""By so many $/hour and GPU a bid must be above another one."""
ON_DEMAND = float("inf")
NEVER = float("inf")
OUTBID = "outbid: the GPUs went to somebody who pays more; raise the bid to go on"


def holders(world: World) -> list[Row]:
    """The instances of all accounts that hold their GPUs: those that are meant to run and do not wait."""
    return [
        instance
        for instance in world.all("instance")
        if instance["intended_status"] == "running" and not instance.get("waiting")
    ]


def strength(price: float | None, gpus: int) -> float:
    """How strong a claim to GPUs is: a bid in $/hour and GPU; on demand is stronger than any.

    >>> strength(0.8, 2), strength(None, 2)
    (0.4, inf)
    """
    return ON_DEMAND if price is None else price / gpus


def taken(world: World, offer: Row, price: float | None) -> bool:
    """Does somebody hold a GPU of an offer (or of an instance, which names its GPUs the same way) and keep it?

    Arguments: price is the bid of who wants it in $/hour, None on demand.
    """
    claim = strength(price, len(offer["gpu_ids"]))
    return any(_keeps(_strength_of(held), claim) for held in rivals(world, offer))


def _keeps(held: float, claim: float) -> bool:
    return held == ON_DEMAND or claim < held + STEP / 2


def rivals(world: World, wanted: Row) -> list[Row]:
    """The instances that hold a GPU of an offer or of an instance."""
    gpus = set(wanted["gpu_ids"])
    return [
        held
        for held in holders(world)
        if held["machine_id"] == wanted["machine_id"] and held["id"] != wanted["id"] and gpus & set(held["gpu_ids"])
    ]


def _strength_of(instance: Row) -> float:
    return strength(instance["price"], len(instance["gpu_ids"]))


def as_listed(found: Iterable[Row], held: list[Row]) -> list[Row]:
    """Offers with what is rented in this world marked: the offer itself as rented, overlapping ones as not rentable.

    What bids hold can be rented still; the lowest bid there is above theirs.
    """
    by_machine: dict[int, list[Row]] = {}
    for instance in held:
        by_machine.setdefault(instance["machine_id"], []).append(instance)
    if not by_machine:
        return list(found)
    return [_marked(offer, by_machine.get(offer["machine_id"], ())) for offer in found]


def _marked(offer: Row, held: Iterable[Row]) -> Row:
    ids = set(offer["gpu_ids"])
    rivals = [instance for instance in held if ids & set(instance["gpu_ids"])]
    if not rivals:
        return offer
    strongest = max(map(_strength_of, rivals))
    if strongest < ON_DEMAND:
        return {**offer, "min_bid": max(offer["min_bid"], round((strongest + STEP) * len(ids), 4))}
    whole = any(ids == set(instance["gpu_ids"]) for instance in rivals)
    return {**offer, "rentable": False, "rented": offer["rented"] or whole}


def hourly(world: World, instance: Row) -> Row:
    """The cost fields of an instance, in dollars per hour."""
    return costs(instance, offer_of(world, instance))


def gpu_price(world: World, instance: Row) -> float:
    """What the GPUs of an instance cost while it runs, in dollars per hour."""
    fields = hourly(world, instance)
    return float(fields["dph_base"] - fields["discounted_hourly"])


def offer_of(world: World, instance: Row) -> Row:
    """The offer that an instance was rented from, at the prices of its contract."""
    offer = offers.find(world, "offer", instance["ask_id"])
    assert offer is not None, "offers are never removed"
    return {**offer, **instance["terms"]}


def shown(world: World, instance: Row, now: float) -> Row:
    """An instance as the service shows it."""
    return row(instance, offer_of(world, instance), now, machine_behind.address_of(world))


def start(world: World, instance: Row, now: float) -> None:
    """Start a stopped instance, or let it wait when another one keeps its GPUs."""
    instance.update(intended_status="running", next_state="running")
    if _too_low(world, instance):
        instance.update(waiting=True, next_msg="the bid is below the lowest one that its host takes; raise it")
    elif taken(world, instance, instance["price"]):
        why = OUTBID if instance["price"] is not None else "waiting for its GPU, which another instance has"
        instance.update(waiting=True, next_msg=why)
    else:
        displace(world, instance, now)
        instance.update(waiting=False, timeline=lifecycle.restart(now, RESTART_SECONDS, instance["image"]))
        charge(world, instance, now + RESTART_SECONDS)
    world.save("instance", instance)


def _too_low(world: World, instance: Row) -> bool:
    """Is it a bid below the lowest one that its host takes?"""
    return instance["price"] is not None and instance["price"] < offer_of(world, instance)["min_bid"]


def charge(world: World, instance: Row, start: float) -> None:
    """Begin to charge for the GPUs of an instance when its boot ends; never when its image cannot be pulled."""
    if lifecycle.pullable(instance["image"]):
        account, price = world.owner("instance", instance["id"]), gpu_price(world, instance)
        ledger.begin(world, account, ledger.source(instance), "gpu", price, start, instance["machine_id"])


def displace(world: World, instance: Row, now: float) -> None:
    """Take its GPUs from those that hold them with weaker bids."""
    for held in rivals(world, instance):
        outbid(world, held, now)


def outbid(world: World, instance: Row, now: float) -> None:
    """Stop an interruptible instance that has lost its GPUs. It waits, and runs again when its bid is good enough."""
    before = lifecycle.state(instance["timeline"], now)
    stopped = lifecycle.stop(now, before, OUTBID, "stopped")
    instance.update(timeline=stopped, waiting=True, next_msg=OUTBID)
    world.save("instance", instance)
    ledger.end(world, ledger.source(instance), now, "gpu")


def stop(world: World, instance: Row, at: float, why: str = "stopped on request") -> None:
    """Stop an instance: its GPUs cost nothing from then on and go to who waits for them, the storage stays."""
    before = lifecycle.state(instance["timeline"], at)
    instance.update(timeline=lifecycle.stop(at, before, why), intended_status="stopped", next_state="stopped")
    instance["waiting"] = False
    world.save("instance", instance)
    ledger.end(world, ledger.source(instance), at, "gpu")
    wake(world, instance["machine_id"], at)


def wake(world: World, machine: int, now: float) -> None:
    """Start what waits on a machine and can have its GPUs now and pay; the strongest claim first, then the oldest."""
    waiting = [each for each in world.all("instance") if each.get("waiting") and each["machine_id"] == machine]
    for instance in sorted(waiting, key=_strength_of, reverse=True):
        if ledger.available(world, world.owner("instance", instance["id"]), ledger.source(instance), now) > 0:
            start(world, instance, now)


def hold_to_lowest_bid(world: World, machine: int, now: float) -> None:
    """Stop what runs on a machine for less than its host takes by now, and start what may run instead."""
    for instance in holders(world):
        if instance["machine_id"] == machine and _too_low(world, instance):
            outbid(world, instance, now)
    wake(world, machine, now)


def settle(world: World, now: float) -> None:
    """Bring the world up to date: what ends or cannot be paid any more stops at the very moment at which it does.

    Everything else follows from the times that are stored.
    """
    reached = 0.0
    while ledger.due(world, now):
        first = _first_to_end(world)
        ended = first["end_date"] if first else NEVER
        empty, source = ledger.next_empty_deposit(world) or (NEVER, "")
        broke, account = ledger.next_run_out(world) or (NEVER, 0)
        reached = max(reached, min(ended, empty, broke))
        if reached > now:
            ledger.note_due(world, reached)
        elif first and ended <= min(empty, broke):
            stop(world, first, reached, "stopped: its contract has ended")
        elif empty <= broke:
            _end_discount(world, source, reached)
        else:
            _stop_all(world, account, reached)


def _first_to_end(world: World) -> Row | None:
    """The instance whose contract ends first of those that are meant to run."""
    meant = (each for each in world.all("instance") if each["intended_status"] == "running")
    return min(meant, key=lambda each: each["end_date"], default=None)


def _end_discount(world: World, source: str, moment: float) -> None:
    """What was paid for in advance is used up: the instance goes on from the credit, at its full price."""
    ledger.refund(world, source, moment)
    for instance in world.all("instance"):
        if ledger.source(instance) == source:
            instance["discount"] = 0.0
            world.save("instance", instance)
            ledger.reprice(world, source, "gpu", gpu_price(world, instance), moment)


def _stop_all(world: World, account: int, moment: float) -> None:
    """An account's credit is used up: all stops but what was paid for in advance."""
    for instance in world.all("instance", account):
        if instance["intended_status"] == "running" and not ledger.has_deposit(world, ledger.source(instance)):
            stop(world, instance, moment, "stopped: the credit is used up")
    ledger.end_gpus(world, account, moment)
