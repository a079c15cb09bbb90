"""The sandbox's books: which uses an account pays for, what it has paid in, what is left."""

from __future__ import annotations

from typing import Any

from vastai.sandbox import money
from vastai.sandbox.world import World

Row = dict[str, Any]

STARTING_CREDIT = 1000.0
"""Dollars that a new account begins with."""

_DUE = "due"


def changed(world: World) -> None:
    """Note that a moment at which credit runs out, known before, may be another one now."""
    world.set_meta(_DUE, "")


def pay_in(world: World, account: int, dollars: float, service: str, description: str, now: float) -> Row:
    """Book money that comes in, or goes out when `dollars` is negative."""
    world.set_meta(_DUE, "")
    amount = money.micro(dollars)
    _book(world, account, amount, 0)
    return world.add("payment", account, {"at": now, "amount": amount, "service": service, "description": description})


def begin(
    world: World, account: int, source: str, kind: str, dollars_per_hour: float, start: float, machine: int | None
) -> None:
    """Begin to charge for a use, now or at a later time that is known already (a boot's end).

    Arguments: machine is where it is used, for what its host earns; None for what is on no single machine.
    """
    world.set_meta(_DUE, "")
    rate = money.micro(dollars_per_hour)
    _book(world, account, 0, rate)
    use = {"source": source, "kind": kind, "start": start, "end": None, "rate": rate, "machine": machine}
    world.add("use", account, use, lookup=source)


def end(world: World, source: str, at: float, kind: str | None = None) -> None:
    """Stop to charge for a source: for one kind of use, or for all."""
    world.set_meta(_DUE, "")
    for use in world.all("use", lookup=source):
        if use["end"] is None and kind in (None, use["kind"]):
            use["end"] = at
            world.save("use", use)
            _book(world, world.owner("use", use["id"]), 0, -use["rate"])


def has_deposit(world: World, source: str) -> bool:
    """Is money set aside for a source?"""
    return world.find("deposit", source) is not None


def end_gpus(world: World, account: int, at: float) -> None:
    """Stop to charge an account for any GPU that is not paid from a deposit."""
    for use in world.all("use", account):
        if use["kind"] == "gpu" and use["end"] is None and not has_deposit(world, use["source"]):
            end(world, use["source"], at, "gpu")


def paid(world: World, account: int) -> int:
    """What an account has paid in and out, in micro-dollars."""
    return sum(payment["amount"] for payment in world.all("payment", account))


def credit(world: World, account: int, now: float) -> int:
    """What an account has left, in micro-dollars; below zero when storage went on after the credit was used up.

    What lies in deposits is not in it.
    """
    held = sum(deposit_left(world, deposit, now) for deposit in world.all("deposit", account))
    return paid(world, account) - money.spent(world.all("use", account), now) - held


def reprice(world: World, source: str, kind: str, dollars_per_hour: float, now: float) -> None:
    """Charge another price for a kind of use from now on, or from its start when that is still to come."""
    for use in world.all("use", lookup=source):
        if use["end"] is None and use["kind"] == kind:
            account = world.owner("use", use["id"])
            use["end"] = now
            world.save("use", use)
            _book(world, account, 0, -use["rate"])
            begin(world, account, source, kind, dollars_per_hour, max(now, use["start"]), use["machine"])


def deposit(world: World, account: int, source: str, dollars: float, now: float) -> None:
    """Set credit aside for one source, beside what is set aside already: its charges are taken from there first."""
    world.set_meta(_DUE, "")
    _book(world, account, -money.micro(dollars), 0)
    before = world.find("deposit", source)
    if before is None:
        world.add("deposit", account, {"source": source, "at": now, "amount": money.micro(dollars)}, lookup=source)
    else:
        before.update(amount=deposit_left(world, before, now) + money.micro(dollars), at=now)
        world.save("deposit", before)


def deposit_left(world: World, deposit: Row, now: float) -> int:
    """What is left of a deposit, in micro-dollars."""
    spent = sum(money.between(use, deposit["at"], now) for use in world.all("use", lookup=deposit["source"]))
    return max(0, int(deposit["amount"]) - spent)


def refund(world: World, source: str, now: float) -> None:
    """Give back what is left of a source's deposit."""
    world.set_meta(_DUE, "")
    for deposit in world.all("deposit", lookup=source):
        _book(world, world.owner("deposit", deposit["id"]), deposit_left(world, deposit, now), 0)
        world.remove("deposit", deposit["id"])


def available(world: World, account: int, source: str, now: float) -> int:
    """What there is to pay for one source: the account's credit, and what is set aside for it; in micro-dollars."""
    return credit(world, account, now) + sum(
        deposit_left(world, deposit, now) for deposit in world.all("deposit", lookup=source)
    )


def hourly(world: World, account: int) -> int:
    """What an account pays per hour for all it uses, in micro-dollars, what begins soon included."""
    return sum(use["rate"] for use in world.all("use", account) if use["end"] is None)


def _book(world: World, account: int, amount: int, rate: int) -> None:
    """Add to what the request under way costs an account: at once, and per hour from now on."""
    at_once, hourly = world.booked.get(account, (0, 0))
    world.booked[account] = (at_once + amount, hourly + rate)


def next_run_out(world: World) -> tuple[float, int] | None:
    """The first moment at which the credit of an account that uses GPUs runs out, and that account; None for never.

    What is paid from a deposit needs no credit as long as that lasts: see `next_empty_deposit`, which goes before.
    """
    found = []
    for account in world.accounts_with("instance"):
        deposits = {each["source"]: each for each in world.all("deposit", account)}
        uses = world.all("use", account)
        if any(use["kind"] == "gpu" and use["end"] is None and use["source"] not in deposits for use in uses):
            left = paid(world, account) - sum(each["amount"] for each in deposits.values())
            moment = money.runs_out(left, [_before(use, deposits.get(use["source"])) for use in uses])
            if moment is not None:
                found.append((moment, account))
    return min(found, default=None)


def _before(use: Row, deposit: Row | None) -> Row:
    """The part of a use that was not paid from a deposit."""
    if deposit is None:
        return use
    return {**use, "end": deposit["at"] if use["end"] is None else min(use["end"], deposit["at"])}


def next_empty_deposit(world: World) -> tuple[float, str] | None:
    """The first moment at which a deposit is used up, and the source that it was for; None for never."""
    found = []
    for deposit in world.all("deposit"):
        later = [
            {**use, "start": max(use["start"], deposit["at"])} for use in world.all("use", lookup=deposit["source"])
        ]
        moment = money.runs_out(deposit["amount"], later)
        if moment is not None:
            found.append((moment, deposit["source"]))
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
