"""Hosts: the machines of an account, what they are listed for, and which offers that makes."""

from __future__ import annotations

import re
from typing import Any

from vastai.sandbox import fleet, hosting, offers
from vastai.sandbox.behaviour import instances, price_increases, volume_listings
from vastai.sandbox.behaviour.registry import Call, Refusal, amount_of, behaviour, invalid, number_of, own

Row = dict[str, Any]

HIGHEST_PRICE = 128.0
"""$/hour and GPU: what a renter can pay at most (API facts, section 9)."""
_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400, "week": 7 * 86_400, "month": 30 * 86_400}
_LENGTH = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:([a-z]+?)s?)?\s*")
# Fields of the hardware that a machine's row takes over.
_SHOWN = (
    "hostname", "gpu_name", "driver_version", "reliability2", "verification", "public_ipaddr", "geolocation",
    "cpu_name", "cpu_cores", "cpu_ram", "mobo_name", "disk_name", "inet_up", "inet_down", "cuda_max_good",
)  # fmt: skip


def mine(call: Call, id: Any) -> Row:
    """The caller's machine of this id. Refusal: no_such_machine."""
    return own(call, "machine", id, "no_such_machine", "machine")


@behaviour("GET /api/v0/machines")
def listed(call: Call) -> Row:
    """The caller's machines; nobody sees those of another user."""
    asked = call.query.get("user_id") or "me"
    machines = call.world.all("machine", call.account) if asked in ("me", str(call.account)) else []
    return {"machines": [row(call, each) for each in machines]}


@behaviour("GET /api/v0/machines/{id}")
def shown(call: Call) -> list[Row]:
    """One machine, as a list with one row."""
    return [row(call, mine(call, call.path["id"]))]


def row(call: Call, machine: Row) -> Row:
    """A machine as the service shows it to its host."""
    hardware, asked = machine["hardware"], machine["prices"] or {}
    shared = hardware["shared"]
    rented = hosting.contracts(call.world, machine["id"])
    running = [each for each in rented if each["intended_status"] == "running" and not each.get("waiting")]
    return {
        "id": machine["id"],
        "machine_id": machine["id"],
        **{field: shared[field] for field in _SHOWN},
        "num_gpus": hardware["gpus"],
        "disk_space": hardware["disk"],
        "gpu_occupancy": _occupancy(machine, running),
        "num_reports": len(machine["reports"]),
        "listed": machine["prices"] is not None and asked["end_date"] > call.now,
        "listed_gpu_cost": asked.get("price_gpu"),
        "listed_storage_cost": asked.get("price_disk"),
        "listed_inet_up_cost": asked.get("price_inetu"),
        "listed_inet_down_cost": asked.get("price_inetd"),
        "min_bid_price": asked.get("price_min_bid"),
        "credit_discount_max": asked.get("credit_discount_max"),
        "listed_min_gpu_count": asked.get("min_chunk"),
        "end_date": asked.get("end_date"),
        "current_rentals_running": len(running),
        "current_rentals_resident": len(rented),
        "current_rentals_on_demand": sum(each["price"] is None for each in rented),
        "bid_image": (machine["defjob"] or {}).get("image"),
        "bid_gpu_cost": (machine["defjob"] or {}).get("price_gpu"),
        "machine_maintenance": [each for each in machine["maintenances"] if each["end_time"] > call.now],
    }


def _occupancy(machine: Row, running: list[Row]) -> str:
    """A letter for each GPU: D on demand, I interruptible, x free."""
    kinds = {gpu: "D" if each["price"] is None else "I" for each in running for gpu in each["gpu_ids"]}
    return " ".join(kinds.get(gpu, "x") for gpu in hosting.gpus_of(machine))


@behaviour("PUT /api/v0/machines/create_asks/")
def offered(call: Call) -> Row:
    """List a machine or change its prices; contracts go on as they are, or their renters are asked for more.

    A contract is extended to a later end at prices that are no higher; `extended` counts them.
    """
    machine = mine(call, call.body.get("machine"))
    wanted = _wanted(call, machine)
    hosting.put_up(call.world, machine, wanted, call.now)
    if call.body.get("vol_size"):
        volume_listings.put_up(call, machine, call.body["vol_size"], call.body.get("vol_price"), wanted["end_date"])
    extended = price_increases.announce(call, machine)
    fleet.hold_to_lowest_bid(call.world, machine["id"], call.now)
    return {"success": True, "extended": extended, "msg": f"Machine {machine['id']} is listed."}


def _wanted(call: Call, machine: Row) -> Row:
    """What the machine is to be listed for: what is given, else as before.

    Raises:
        Refusal: a price or a date cannot be used, or a machine that was not listed is given no price.
    """
    before = machine["prices"] or {**hosting.FIRST_PRICES, "price_gpu": None, "price_min_bid": None, "end_date": None}
    wanted = {name: before[name] for name in (*hosting.FIRST_PRICES, "end_date")}
    for name in hosting.FIRST_PRICES:
        if call.body.get(name) is not None:
            wanted[name] = amount_of(call.body[name], name)
    if wanted["price_gpu"] is None:
        raise invalid(f"Machine {machine['id']} is not listed yet, so price_gpu is required.")
    if wanted["price_min_bid"] is None:
        wanted["price_min_bid"] = round(wanted["price_gpu"] / 2, 6)
    if any(wanted[name] < 0 for name in wanted if name.startswith("price")) or wanted["price_gpu"] > HIGHEST_PRICE:
        raise invalid(f"prices must not be negative, nor price_gpu above {HIGHEST_PRICE:g} $/hour")
    if not 0 <= wanted["credit_discount_max"] <= 1:
        raise invalid("credit_discount_max is a share from 0 to 1")
    wanted["min_chunk"] = int(wanted["min_chunk"])
    if not 1 <= wanted["min_chunk"] <= machine["hardware"]["gpus"]:
        raise invalid(f"min_chunk must be between 1 and {machine['hardware']['gpus']}, the GPUs of the machine")
    wanted["end_date"] = _end(call, wanted["end_date"])
    return wanted


def _end(call: Call, before: float | None) -> float:
    """When the listing ends: at a date, after a length, as before, or after a year."""
    end, length = call.body.get("end_date"), call.body.get("duration")
    if end is not None:
        moment = amount_of(end, "end_date")
    elif length is not None:
        moment = call.now + seconds_of(length)
    else:
        moment = before if before is not None and before > call.now else call.now + hosting.TERM
    if moment <= call.now:
        raise invalid("end_date must be in the future")
    return moment


def seconds_of(length: Any) -> float:
    """A length of time: a number of seconds, or text with a unit.

    >>> seconds_of(90), seconds_of("2 weeks"), seconds_of("1.5 hours")
    (90.0, 1209600.0, 5400.0)
    """
    found = _LENGTH.fullmatch(str(length).lower())
    unit = (found[2] or "second") if found else ""
    if found is None or unit not in _UNITS:
        raise invalid('duration must be seconds, or text such as "2 weeks"')
    return float(found[1]) * _UNITS[unit]


@behaviour("DELETE /api/v0/machines/{id}/asks/")
def unlisted(call: Call) -> Row:
    """Take a machine's GPU offers from the market. What runs there goes on until it ends."""
    machine = mine(call, call.path["id"])
    hosting.withdraw(call.world, machine)
    price_increases.withdraw(call.world, machine)
    return _done(call, machine, "is not listed any more")


@behaviour("PUT /api/v0/machines/{id}/minbid/")
def bid_floor_set(call: Call) -> Row:
    """Set the lowest bid for one GPU; what runs for less is outbid."""
    machine = mine(call, call.path["id"])
    if call.body.get("price") is None:
        raise invalid("price is required")
    price = amount_of(call.body["price"], "price")
    if not 0 <= price <= HIGHEST_PRICE:
        raise Refusal(422, "invalid_price", f"The lowest bid is between 0 and {HIGHEST_PRICE:g} $/hour and GPU.")
    if machine["prices"] is None:
        raise Refusal(422, "invalid_args", f"Machine {machine['id']} is not listed; list it first.")
    machine["prices"]["price_min_bid"] = price
    call.world.save("machine", machine)
    hosting.refresh(call.world, machine)
    fleet.hold_to_lowest_bid(call.world, machine["id"], call.now)
    return {**_done(call, machine, f"takes bids from {price:g} $/hour and GPU"), "you_sent": call.body}


@behaviour("PUT /api/v0/machines/defrag_offers/")
def defragmented(call: Call) -> Row:
    """Join the free GPUs of machines to offers of as many GPUs as possible, wherever on the machine they are."""
    merged = sum(_defragment(call, machine) for machine in several(call, call.body.get("machine_ids")))
    return {"success": True, "num_merged": merged, "msg": f"{merged} new offers of joined GPUs."}


def _defragment(call: Call, machine: Row) -> int:
    """Group a machine's free GPUs anew; returns how many offers that were not there before have several GPUs."""
    if machine["prices"] is None:
        return 0
    held = {gpu for each in fleet.holders(call.world) if each["machine_id"] == machine["id"] for gpu in each["gpu_ids"]}
    before = machine["groups"]
    free = [gpu for gpu in hosting.gpus_of(machine) if gpu not in held]
    kept = [group for group in before if held & set(group)]
    fresh = hosting.groups(free, machine["prices"]["min_chunk"]) if free else []
    machine["groups"] = [*fresh, *kept]
    call.world.save("machine", machine)
    hosting.refresh(call.world, machine)
    return sum(len(group) > 1 and group not in before for group in fresh)


@behaviour("PUT /api/v0/machines/{id}/cleanup/")
def cleaned(call: Call) -> Row:
    """Delete what lies on a machine from contracts that have ended."""
    machine = mine(call, call.path["id"])
    rented = hosting.contracts(call.world, machine["id"])
    ended = [each for each in rented if each["end_date"] <= call.now and each["intended_status"] != "running"]
    for instance in ended:
        instances.destroy(call, instance)
    said = _done(call, machine, f"is clean: {len(ended)} contracts deleted")
    return {**said, "ctime": call.now, "num_deleted": len(ended)}


@behaviour("POST /api/v0/machines/{id}/force_delete/")
def deleted(call: Call) -> Row:
    """Remove a machine from the account; refused while somebody rents it or has a volume there."""
    machine = mine(call, call.path["id"])
    rented = hosting.contracts(call.world, machine["id"])
    stored = [each for each in call.world.all("volume") if each["machine_id"] == machine["id"]]
    if rented or stored:
        names = ", ".join(str(each["id"]) for each in [*rented, *stored])
        raise Refusal(400, "machine_in_use", f"Machine {machine['id']} is rented: {names}. It cannot be deleted.")
    if any(node["machine_id"] == machine["id"] for each in call.world.all("cluster") for node in each["nodes"]):
        raise Refusal(400, "machine_in_use", f"Machine {machine['id']} is in a cluster; take it out first.")
    hosting.withdraw(call.world, machine)
    for listing in offers.of_place(call.world, "volume_offer", machine["id"]):
        offers.withdraw(call.world, "volume_offer", listing)
    call.world.remove("machine", machine["id"])
    call.world.add("former_machine", call.account, {}, id=machine["id"])  # what it earned stays in the books
    return _done(call, machine, "is deleted")


def _done(call: Call, machine: Row, what: str) -> Row:
    answer = {"success": True, "machine_id": machine["id"], "user_id": call.account}
    return {**answer, "msg": f"Machine {machine['id']} {what}."}


def several(call: Call, ids: Any) -> list[Row]:
    """The caller's machines of these ids, each once.

    Raises:
        Refusal: it is no list of ids, or one is not the caller's.
    """
    if not isinstance(ids, list) or not ids:
        raise invalid("machine ids must be a list with at least one")
    return [mine(call, id) for id in dict.fromkeys(number_of(each) or str(each) for each in ids)]
