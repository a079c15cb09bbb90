"""The sandbox's books: which uses an account pays for, what it has paid in, what is left."""

from __future__ import annotations

from typing import Any

from vastai.sandbox import lifecycle, money
from vastai.sandbox.world import World

Row = dict[str, Any]

STARTING_CREDIT = 1000.0
"""Dollars that a new account begins with."""

_DUE = "due"


def pay_in(world: World, account: int, dollars: float, service: str, description: str, now: float) -> Row:
    """Book money that comes in, or goes out when `dollars` is negative."""
    world.set_meta(_DUE, "")
    amount = money.micro(dollars)
    return world.add("payment", account, {"at": now, "amount": amount, "service": service, "description": description})


def begin(world: World, account: int, source: str, kind: str, dollars_per_hour: float, start: float) -> None:
    """Begin to charge for a use, now or at a later time that is known already (a boot's end)."""
    world.set_meta(_DUE, "")
    use = {"source": source, "kind": kind, "start": start, "end": None, "rate": money.micro(dollars_per_hour)}
    world.add("use", account, use, lookup=source)


def end(world: World, source: str, at: float, kind: str | None = None) -> None:
    """Stop to charge for a source: for one kind of use, or for all."""
    world.set_meta(_DUE, "")
    for use in world.all("use", lookup=source):
        if use["end"] is None and kind in (None, use["kind"]):
            use["end"] = at
            world.save("use", use)


def paid(world: World, account: int) -> int:
    """What an account has paid in and out, in micro-dollars."""
    return sum(payment["amount"] for payment in world.all("payment", account))


def credit(world: World, account: int, now: float) -> int:
    """What an account has left, in micro-dollars; below zero when storage went on after the credit was used up."""
    return paid(world, account) - money.spent(world.all("use", account), now)


def settle(world: World, now: float) -> None:
    """Bring the world up to date: instances of accounts whose credit has run out are stopped at that moment.

    Everything else follows from the times that are stored. The moment of the next run-out is remembered, so that most
    requests have nothing to do here.
    """
    due = world.meta(_DUE)
    if due and now < float(due):
        return
    following = float("inf")
    for account in world.accounts_with("instance"):
        uses = world.all("use", account)
        if not any(use["kind"] == "gpu" and use["end"] is None for use in uses):
            continue
        moment = money.runs_out(paid(world, account), uses)
        if moment is not None and moment <= now:
            _stop_all(world, account, moment)
        elif moment is not None:
            following = min(following, moment)
    world.set_meta(_DUE, repr(following))


def _stop_all(world: World, account: int, at: float) -> None:
    """Stop everything that an account without credit runs."""
    for instance in world.all("instance", account):
        if instance["intended_status"] == "running":
            stop_instance(world, instance, at, "stopped: the credit is used up")


def stop_instance(world: World, instance: Row, at: float, why: str = "stopped on request") -> None:
    """Stop one instance: the GPUs cost nothing from then on, the storage goes on."""
    before = lifecycle.state(instance["timeline"], at)
    instance.update(timeline=lifecycle.stop(at, before, why), intended_status="stopped", next_state="stopped")
    instance["waiting"] = False
    world.save("instance", instance)
    end(world, source(instance), at, "gpu")


def source(instance: Row) -> str:
    """The name under which an instance stands in the books.

    >>> source({"id": 7})
    'instance-7'
    """
    return f"instance-{instance['id']}"
