"""The sandbox's books: which uses an account pays for, what it has paid in, what is left."""

from __future__ import annotations

from typing import Any

from vastai.sandbox import money
from vastai.sandbox.world import World

Row = dict[str, Any]

STARTING_CREDIT = 1000.0
"""Dollars that a new account begins with."""

_DUE = "due"


def pay_in(world: World, account: int, dollars: float, service: str, description: str, now: float) -> Row:
    """Book money that comes in, or goes out when `dollars` is negative."""
    world.set_meta(_DUE, "")
    amount = money.micro(dollars)
    _book(world, account, amount, 0)
    return world.add("payment", account, {"at": now, "amount": amount, "service": service, "description": description})


def begin(world: World, account: int, source: str, kind: str, dollars_per_hour: float, start: float) -> None:
    """Begin to charge for a use, now or at a later time that is known already (a boot's end)."""
    world.set_meta(_DUE, "")
    rate = money.micro(dollars_per_hour)
    use = {"source": source, "kind": kind, "start": start, "end": None, "rate": rate}
    _book(world, account, 0, rate)
    world.add("use", account, use, lookup=source)


def end(world: World, source: str, at: float, kind: str | None = None) -> None:
    """Stop to charge for a source: for one kind of use, or for all."""
    world.set_meta(_DUE, "")
    for use in world.all("use", lookup=source):
        if use["end"] is None and kind in (None, use["kind"]):
            use["end"] = at
            world.save("use", use)
            _book(world, world.owner("use", use["id"]), 0, -use["rate"])


def end_gpus(world: World, account: int, at: float) -> None:
    """Stop to charge an account for any GPU."""
    for use in world.all("use", account):
        if use["kind"] == "gpu" and use["end"] is None:
            end(world, use["source"], at, "gpu")


def paid(world: World, account: int) -> int:
    """What an account has paid in and out, in micro-dollars."""
    return sum(payment["amount"] for payment in world.all("payment", account))


def credit(world: World, account: int, now: float) -> int:
    """What an account has left, in micro-dollars; below zero when storage went on after the credit was used up."""
    return paid(world, account) - money.spent(world.all("use", account), now)


def reprice(world: World, source: str, dollars_per_hour: float, now: float) -> None:
    """Charge another price for the GPUs of a source from now on, or from their start when that is still to come."""
    for use in world.all("use", lookup=source):
        if use["end"] is None and use["kind"] == "gpu":
            account = world.owner("use", use["id"])
            use["end"] = now
            world.save("use", use)
            _book(world, account, 0, -use["rate"])
            begin(world, account, source, "gpu", dollars_per_hour, max(now, use["start"]))


def hourly(world: World, account: int) -> int:
    """What an account pays per hour for all it uses, in micro-dollars, what begins soon included."""
    return sum(use["rate"] for use in world.all("use", account) if use["end"] is None)


def _book(world: World, account: int, amount: int, rate: int) -> None:
    """Add to what the request under way costs an account: at once, and per hour from now on."""
    at_once, hourly = world.booked.get(account, (0, 0))
    world.booked[account] = (at_once + amount, hourly + rate)


def next_run_out(world: World) -> tuple[float, int] | None:
    """The first moment at which the credit of an account that uses GPUs runs out, and that account; None for never."""
    found = []
    for account in world.accounts_with("instance"):
        uses = world.all("use", account)
        if any(use["kind"] == "gpu" and use["end"] is None for use in uses):
            moment = money.runs_out(paid(world, account), uses)
            if moment is not None:
                found.append((moment, account))
    return min(found, default=None)


def due(world: World, now: float) -> bool:
    """May credit have run out by now? Remembered between changes, so that most requests need no look."""
    noted = world.meta(_DUE)
    return not noted or now >= float(noted)


def note_due(world: World, moment: float) -> None:
    """Remember that nothing runs out before this moment, unless something changes."""
    world.set_meta(_DUE, repr(moment))


def source(instance: Row) -> str:
    """The name under which an instance stands in the books.

    >>> source({"id": 7})
    'instance-7'
    """
    return f"instance-{instance['id']}"
