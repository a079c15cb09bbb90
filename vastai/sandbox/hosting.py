"""Machines of accounts: what their hosts ask for them, and the offers that follow from it."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from vastai.sandbox import market, offers, prices
from vastai.sandbox.machines import DAY, Machine, own_machine
from vastai.sandbox.world import World

Row = dict[str, Any]

MACHINES = (("RTX 4090", 4), ("RTX 3090", 2), ("L40S", 1))
"""GPU model and number of GPUs of the machines that each account has at first; the first one is listed."""
FIRST_MACHINE = 15_001
"""The machines of a world's first account have this id and those that follow."""
FIRST_PRICES: Row = {
    "price_gpu": 0.42,
    "price_disk": 0.15,
    "price_inetu": 0.002,
    "price_inetd": 0.001,
    "price_min_bid": 0.2,
    "credit_discount_max": 0.3,
    "min_chunk": 1,
}
"""What the listed one costs: $/hour and GPU, $/GB/month, $/GB, and the greatest discount for paying in advance."""
TERM = 360 * DAY
"""How long an offer stands when its host names no end, in seconds."""
TERMS = ("dph_base", "storage_cost", "inet_up_cost", "inet_down_cost", "credit_discount_max")
"""What a contract keeps of its offer, whatever the host asks later."""


def furnish(world: World, account: int, now: float) -> None:
    """Give a new account its machines."""
    first = world.get("machine", FIRST_MACHINE) is None
    for place, (model, size) in enumerate(MACHINES):
        id = FIRST_MACHINE + place if first else world.new_id()
        machine: Row = {
            "hardware": asdict(own_machine(now, id, account, model, size)),
            "groups": [],
            "prices": None,
            "defjob": None,
            "maintenances": [],
            "reports": _first_reports(now) if place == 0 else [],
        }
        world.add("machine", account, machine, id=id)
        if place == 0:
            put_up(world, machine, {**FIRST_PRICES, "end_date": now + TERM}, now)


def _first_reports(now: float) -> list[Row]:
    return [{"problem": "slow network", "message": "Downloads were slow in the evening.", "created_at": now - 9 * DAY}]


def put_up(world: World, machine: Row, wanted: Row, now: float) -> None:
    """List a machine, or change what it is listed for: its offers are made anew, and searches find them.

    Arguments: wanted holds what `FIRST_PRICES` holds, and `end_date` in unix seconds.
    """
    before = machine["prices"]
    start = before["start_date"] if before else now
    if not before or before["min_chunk"] != wanted["min_chunk"]:
        machine["groups"] = groups(gpus_of(machine), wanted["min_chunk"])
    machine["prices"] = {**wanted, "start_date": start}
    world.save("machine", machine)
    refresh(world, machine)


def withdraw(world: World, machine: Row) -> None:
    """Take all GPU offers of a machine from the market; what runs there goes on."""
    machine.update(prices=None, groups=[])
    world.save("machine", machine)
    refresh(world, machine)


def refresh(world: World, machine: Row) -> None:
    """Make the machine's offers what its prices and its groups of GPUs say; what is no group is withdrawn."""
    known = {tuple(each["row"]["gpu_ids"]): each for each in offers.of_place(world, "offer", machine["id"])}
    wanted = [tuple(group) for group in machine["groups"]]
    for group, listing in known.items():
        if group not in wanted and listing["listed"]:
            offers.withdraw(world, "offer", listing)
    for group in wanted:
        id = known[group]["id"] if group in known else 0
        row = offer_row(machine, list(group), id)
        row["bundled_results"] = sum(len(each) == len(group) for each in wanted)
        offers.publish(world, "offer", world.owner("machine", machine["id"]), row)


def offer_row(machine: Row, gpu_ids: list[int], id: int) -> Row:
    """The offer of some GPUs of a machine, for what its host asks."""
    asked = machine["prices"]
    row = market.slice_row(_priced(machine), gpu_ids, id)
    row["min_bid"] = round(asked["price_min_bid"] * len(gpu_ids), 6)
    return row | prices.price(row)


def _priced(machine: Row) -> Machine:
    hardware, asked = Machine(**machine["hardware"]), machine["prices"]
    changed = {
        "storage_cost": asked["price_disk"],
        "inet_up_cost": asked["price_inetu"],
        "inet_down_cost": asked["price_inetd"],
        "internet_up_cost_per_tb": round(asked["price_inetu"] * 1024, 4),
        "internet_down_cost_per_tb": round(asked["price_inetd"] * 1024, 4),
        "credit_discount_max": asked["credit_discount_max"],
        "start_date": asked["start_date"],
        "end_date": asked["end_date"],
        "duration": asked["end_date"] - asked["start_date"],
    }
    return replace(hardware, shared=hardware.shared | changed, gpu_price=asked["price_gpu"])


def name_volumes(world: World, machine: Row, volume_offer: Row | None) -> None:
    """Let the GPU offers of a machine name the offer of volumes that is there, or none."""
    named: Row = {"avail_vol_ask_id": None, "avail_vol_size": None, "avail_vol_dph": None}
    if volume_offer is not None:
        size, price = volume_offer["disk_space"], volume_offer["storage_cost"]
        named = {"avail_vol_ask_id": volume_offer["id"], "avail_vol_size": size}
        named["avail_vol_dph"] = round(prices.storage_per_hour(price, size), 6)
    machine["hardware"]["shared"] |= named
    world.save("machine", machine)
    refresh(world, machine)


def gpus_of(machine: Row) -> list[int]:
    """The ids of all GPUs of a machine."""
    first = machine["hardware"]["first_gpu"]
    return list(range(first, first + machine["hardware"]["gpus"]))


def groups(gpu_ids: list[int], smallest: int) -> list[list[int]]:
    """The groups in which GPUs are let: all together, then by 4, 2, 1 as far as they go, none below the smallest.

    >>> groups([7, 8, 9], 1)
    [[7, 8, 9], [7, 8], [7], [8], [9]]
    >>> groups([7, 8, 9, 10], 2)
    [[7, 8, 9, 10], [7, 8], [9, 10]]
    """
    sizes = [len(gpu_ids), *(size for size in (8, 4, 2, 1) if size < len(gpu_ids))]
    return [
        gpu_ids[start : start + size]
        for size in sizes
        if size >= max(1, smallest)
        for start in range(0, len(gpu_ids) - size + 1, size)
    ]


def contracts(world: World, machine: int) -> list[Row]:
    """The instances of all accounts that are rented on a machine, whether or not they run."""
    return [each for each in world.all("instance") if each["machine_id"] == machine]
