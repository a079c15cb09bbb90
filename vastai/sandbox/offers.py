"""What is on offer in a world: the market's own listings, and what hosts with an account here list themselves.

A listing of a host is an object of its account, ``hosted_offer`` beside the market's ``offer`` and so on: its `row` is
what a search shows. It stays when it is withdrawn, because contracts go on that were made from it.
"""

from __future__ import annotations

from typing import Any

from vastai.sandbox.world import World

Row = dict[str, Any]

KINDS = ("offer", "volume_offer", "network_volume_offer")


def find(world: World, kind: str, id: int) -> Row | None:
    """An offer of a kind, whether or not it may still be rented; None when there never was one of this id."""
    market = world.listing(kind, id)
    if market is not None:
        return market
    own = world.get(f"hosted_{kind}", id)
    return own["row"] if own else None


def open_now(world: World, kind: str, id: int, now: float) -> bool:
    """Does an offer still stand? The market's own are renewed for ever; a host withdraws or ends one."""
    own = world.get(f"hosted_{kind}", id)
    return own is None or _stands(own, now)


def on_offer(world: World, kind: str, now: float) -> list[Row]:
    """All rows of a kind that a search may find. Do not change them in place."""
    own = [each["row"] for each in world.all(f"hosted_{kind}") if _stands(each, now)]
    return [*world.listings(kind), *own] if own else world.listings(kind)


def publish(world: World, kind: str, account: int, row: Row) -> Row:
    """List an offer, anew or with another price. Returns its row.

    Arguments: row with the `id` of the listing that it replaces, or without one.
    """
    known = world.get(f"hosted_{kind}", row["id"]) if row.get("id") else None
    listing = known or {"row": row, "listed": True}
    if known is None:
        world.add(f"hosted_{kind}", account, listing, lookup=str(row.get("machine_id") or row["cluster_id"]))
        row["id"] = row["ask_contract_id"] = listing["id"]
    listing.update(row=row, listed=True)
    world.save(f"hosted_{kind}", listing)
    return row


def of_place(world: World, kind: str, place: int) -> list[Row]:
    """The listings that hosts have made on a machine (or, for network volumes, in a cluster), withdrawn ones too."""
    return world.all(f"hosted_{kind}", lookup=str(place))


def withdraw(world: World, kind: str, listing: Row) -> None:
    """Take a listing from the market."""
    listing["listed"] = False
    world.save(f"hosted_{kind}", listing)


def _stands(listing: Row, now: float) -> bool:
    return bool(listing["listed"]) and listing["row"]["end_date"] > now
