"""Volumes: search, list, create, delete."""

from __future__ import annotations

from typing import Any

from vastai.sandbox import filters, ledger, money, offers, prices
from vastai.sandbox.behaviour.registry import Call, Refusal, amount_of, behaviour, invalid, number_of, own
from vastai.sandbox.world import World

Row = dict[str, Any]

DEFAULT_SIZE = 15
TYPES = ("all_volume", "local_volume", "network_volume")

# What a row takes over from the offer that the volume was rented from.
_FROM_OFFER = (
    "disk_name", "driver_version", "cuda_max_good", "inet_up", "inet_down", "reliability2", "host_id", "cpu_name",
    "cpu_arch", "mobo_name", "os_version", "public_ipaddr", "static_ip", "verification", "geolocation", "storage_cost",
)  # fmt: skip


@behaviour("POST /api/v0/volumes/search/", beside=True)
def searched(call: Call) -> Row:
    """Offers of local volumes, with the space that is left."""
    return _search(call, "volume_offer")


@behaviour("POST /api/v0/network_volumes/search/", beside=True)
def network_searched(call: Call) -> Row:
    """Offers of network volumes, with the space that is left."""
    return _search(call, "network_volume_offer")


def _search(call: Call, kind: str) -> Row:
    used: dict[int, float] = {}
    for volume in call.world.all("volume"):
        used[volume["offer_id"]] = used.get(volume["offer_id"], 0.0) + volume["size"]
    found = [
        {**each, "disk_space": round(each["disk_space"] - used[each["id"]], 1)} if each["id"] in used else each
        for each in offers.on_offer(call.world, kind, call.now)
    ]
    return {"offers": filters.search_volume_offers(found, call.body, call.now)}


@behaviour("GET /api/v0/volumes/")
def listed(call: Call) -> Row:
    """The caller's volumes: all, local ones, or network ones."""
    kind = call.query.get("type") or "all_volume"
    if kind not in TYPES:
        raise invalid(f"type must be one of {', '.join(TYPES)}")
    network = {"all_volume": (True, False), "local_volume": (False,), "network_volume": (True,)}[kind]
    volumes = [each for each in call.world.all("volume", call.account) if each["network"] in network]
    return {"volumes": [row(call.world, each) for each in volumes]}


def row(world: World, volume: Row) -> Row:
    """A volume as the service shows it."""
    offer = _offer(world, volume["offer_id"], volume["network"]) or {}
    return {
        "id": volume["id"],
        "label": volume["name"],
        "status": "running",
        "disk_space": volume["size"],
        "machine_id": volume["machine_id"],
        "cluster_id": volume["cluster_id"],
        **{field: offer.get(field) for field in _FROM_OFFER},
        "storage_cost": volume["storage_cost"],
        "storage_total_cost": round(prices.storage_per_hour(volume["storage_cost"], volume["size"]), 6),
        "start_date": volume["start_date"],
        "instances": volume["instances"],
    }


@behaviour("PUT /api/v0/volumes/")
def created(call: Call) -> Row:
    """Rent space of a volume offer."""
    return _made(create(call, call.body.get("id"), call.body.get("size", DEFAULT_SIZE), call.body.get("name")))


@behaviour("PUT /api/v0/network_volumes/", beside=True)
def network_created(call: Call) -> Row:
    """Rent space of a network volume offer."""
    size = call.body.get("size", DEFAULT_SIZE)
    return _made(create(call, call.body.get("id"), size, call.body.get("name"), network=True))


def _made(volume: Row) -> Row:
    return {"success": True, "id": volume["id"], "volume_name": volume["name"]}


def create(call: Call, offer_id: Any, size: Any, name: Any, network: bool = False) -> Row:
    """Rent a volume; it costs from now on, attached or not.

    Raises:
        Refusal: there is no such offer, it has not so much space, the name cannot be used, or there is no credit.
    """
    number = number_of(offer_id)
    offer = None if number is None else _offer(call.world, number, network)
    if offer is None or not offers.open_now(call.world, offer_kind(network), offer["id"], call.now):
        raise Refusal(404, "no_such_ask", f"There is no volume offer {offer_id}.", ask_id=offer_id)
    gigabytes = amount_of(DEFAULT_SIZE if size is None else size, "size")
    used = sum(each["size"] for each in call.world.all("volume") if each["offer_id"] == offer["id"])
    if not 1 <= gigabytes <= offer["disk_space"] - used:
        raise invalid(f"size must be between 1 and {offer['disk_space'] - used:g} GB on this offer")
    if name is not None and not (isinstance(name, str) and name):
        raise invalid("name must be a text")
    if ledger.credit(call.world, call.account, call.now) <= money.micro(0):
        raise Refusal(400, "insufficient_credit", "There is no credit left; add some first.")
    volume: Row = {
        "offer_id": offer["id"],
        "machine_id": None if network else offer["machine_id"],
        "cluster_id": offer.get("cluster_id"),
        "network": network,
        "size": gigabytes,
        "name": name,
        "storage_cost": offer["storage_cost"],
        "start_date": call.now,
        "instances": [],
    }
    call.world.add("volume", call.account, volume)
    if name is None:
        volume["name"] = f"volume_{volume['id']}"
        call.world.save("volume", volume)
    dollars = prices.storage_per_hour(offer["storage_cost"], gigabytes)
    ledger.begin(call.world, call.account, source(volume), "disk", dollars, call.now, volume["machine_id"])
    return volume


def offer_kind(network: bool) -> str:
    """The kind of offer that a volume is rented from."""
    return "network_volume_offer" if network else "volume_offer"


def _offer(world: World, id: int, network: bool) -> Row | None:
    return offers.find(world, offer_kind(network), id)


def source(volume: Row) -> str:
    """The name under which a volume stands in the books."""
    return f"volume-{volume['id']}"


@behaviour("DELETE /api/v0/volumes/")
def deleted(call: Call) -> Row:
    """Delete a volume, named in the query or in the body; refused while an instance has it."""
    id = call.given("id")
    if id is None:
        raise invalid("id is required")
    volume = own(call, "volume", id, "no_such_volume", "volume")
    if volume["instances"]:
        users = ", ".join(str(each) for each in volume["instances"])
        raise invalid(f"Volume {volume['id']} is used by instance {users}; destroy that first.")
    remove(call, volume)
    return {"success": True, "msg": f"Volume {volume['id']} is deleted."}


def remove(call: Call, volume: Row) -> None:
    """Forget a volume: its costs end."""
    ledger.end(call.world, source(volume), call.now)
    call.world.remove("volume", volume["id"])
