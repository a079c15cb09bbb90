"""Volumes as their hosts see them: space of machines and network disks offered as volumes, and copies of volumes."""

from __future__ import annotations

from typing import Any

from vastai.sandbox import hosting, market, offers
from vastai.sandbox.behaviour import volumes
from vastai.sandbox.behaviour.registry import Call, Refusal, amount_of, behaviour, invalid, number_of, own
from vastai.sandbox.machines import Machine

Row = dict[str, Any]

DEFAULT_SIZE = 15.0
DEFAULT_PRICE, DEFAULT_NETWORK_PRICE = 0.1, 0.15
"""$/GB/month."""


@behaviour("POST /api/v0/volumes/")
def listed(call: Call) -> Row:
    """Offer space of one machine, or of several, as volumes."""
    wanted = call.body.get("machine")
    machines = [
        own(call, "machine", id, "no_such_machine", "machine")
        for id in (wanted if isinstance(wanted, list) else [wanted])
    ]
    if not machines:
        raise invalid("machine must be the id of a machine, or a list of ids")
    end = _end(call)
    ids = [put_up(call, machine, call.body.get("size"), call.body.get("price_disk"), end) for machine in machines]
    return {"success": True, "volume_ask_ids": ids, "msg": f"Offered as volumes: {', '.join(map(str, ids))}."}


def put_up(call: Call, machine: Row, size: Any, price: Any, end: float) -> int:
    """Offer space of a machine as volumes, or change what is offered; returns the offer's id."""
    listing = next(iter(offers.of_place(call.world, "volume_offer", machine["id"])), None)
    gigabytes = _size(call, "volume_offer", listing, size, machine["hardware"]["disk"])
    row = market.volume_row(_as_offer(machine), listing["id"] if listing else 0, gigabytes)
    row = _priced(call, row, _price(price, DEFAULT_PRICE), end)
    row = offers.publish(call.world, "volume_offer", call.account, row)
    hosting.name_volumes(call.world, machine, row)
    return int(row["id"])


def _as_offer(machine: Row) -> Row:
    """A machine as the offer of the whole of it, from which a volume's offer takes what the machine is."""
    return market.slice_row(Machine(**machine["hardware"]), hosting.gpus_of(machine), 0)


def _end(call: Call) -> float:
    end = call.body.get("end_date")
    moment = call.now + hosting.TERM if end is None else amount_of(end, "end_date")
    if moment <= call.now:
        raise invalid("end_date must be in the future")
    return moment


def _size(call: Call, kind: str, listing: Row | None, size: Any, largest: float) -> float:
    """How much is offered: no more than there is, no less than what is rented of it already."""
    gigabytes = amount_of(DEFAULT_SIZE if size is None else size, "size")
    used = sum(each["size"] for each in _rented(call, listing)) if listing else 0.0
    if not max(1.0, used) <= gigabytes <= largest:
        raise invalid(f"size must be between {max(1.0, used):g} and {largest:g} GB")
    return gigabytes


def _price(price: Any, default: float) -> float:
    amount = amount_of(default if price is None else price, "price_disk")
    if amount <= 0:
        raise invalid("price_disk must be above 0 $/GB/month")
    return amount


def _priced(call: Call, row: Row, price: float, end: float) -> Row:
    row.update(storage_cost=price, start_date=call.now, end_date=end, duration=end - call.now)
    return row | market.volume_price(row, 1.0)


@behaviour("POST /api/v0/network_volumes/")
def network_listed(call: Call) -> Row:
    """Offer space of a network disk as volumes for all machines of its cluster."""
    disk = own(call, "network_disk", call.body.get("disk_id"), "no_such_network_disk", "network disk")
    machine = call.world.get("machine", disk["machines"][0], call.account)
    if machine is None:
        raise invalid(f"Network disk {disk['id']} is mounted on no machine of this account.")
    listing = call.world.get("hosted_network_volume_offer", disk["offer_id"]) if disk["offer_id"] else None
    size = _size(call, "network_volume_offer", listing, call.body.get("size"), disk["total_space"])
    row = market.volume_row(_as_offer(machine), listing["id"] if listing else 0, size)
    row.update(cluster_id=disk["cluster_id"], disk_name="network")
    row = _priced(call, row, _price(call.body.get("price_disk"), DEFAULT_NETWORK_PRICE), _end(call))
    disk["offer_id"] = offers.publish(call.world, "network_volume_offer", call.account, row)["id"]
    call.world.save("network_disk", disk)
    return {"success": True, "id": disk["offer_id"], "msg": f"Network disk {disk['id']} is offered as volumes."}


@behaviour("POST /api/v0/volumes/unlist")
def unlisted(call: Call) -> Row:
    """Take an offer of volumes from the market."""
    listing = _withdrawn(call, "volume_offer")
    machine = call.world.get("machine", listing["row"]["machine_id"])
    if machine is not None:
        hosting.name_volumes(call.world, machine, None)
    return _done(listing)


@behaviour("POST /api/v0/network_volumes/unlist/")
def network_unlisted(call: Call) -> Row:
    """Take an offer of network volumes from the market."""
    return _done(_withdrawn(call, "network_volume_offer"))


def _withdrawn(call: Call, kind: str) -> Row:
    """Withdraw the listing that a request names.

    Refused with 400, as the vendor describes it, for what is no listing of the caller and for one in use.
    """
    number = number_of(call.body.get("id"))
    listing = None if number is None else call.world.get(f"hosted_{kind}", number, call.account)
    if listing is None or not listing["listed"]:
        raise Refusal(400, "no_such_listing", f"There is no volume listing {call.body.get('id')} in this account.")
    if _rented(call, listing):
        raise Refusal(400, "listing_in_use", f"Volumes are rented from listing {listing['id']}; it cannot be removed.")
    offers.withdraw(call.world, kind, listing)
    return listing


def _done(listing: Row) -> Row:
    return {"success": True, "msg": f"Listing {listing['id']} is withdrawn."}


def _rented(call: Call, listing: Row) -> list[Row]:
    return [each for each in call.world.all("volume") if each["offer_id"] == listing["id"]]


@behaviour("POST /api/v0/volumes/copy/")
def cloned(call: Call) -> Row:
    """Copy a volume to a new one, which is rented from an offer and costs from now on."""
    source = own(call, "volume", call.body.get("src_id"), "no_such_volume", "volume")
    size = source["size"] if call.body.get("size") is None else amount_of(call.body["size"], "size")
    if size < source["size"]:
        raise invalid(f"size must be at least {source['size']:g} GB, the size of volume {source['id']}")
    copy = volumes.create(call, call.body.get("dst_id"), size, None)
    answer = {"success": True, "id": copy["id"], "volume_name": copy["name"]}
    return {**answer, "msg": f"Volume {source['id']} is being copied to volume {copy['id']}."}
