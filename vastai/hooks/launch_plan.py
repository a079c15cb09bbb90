"""The plan of a launch: which offers to try, what they cost with disk and traffic, how long the credit lasts. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

HOURS = 24.0  # that the plan reckons with when no other number is given
TRAFFIC = 10.0  # GB each way that it reckons with: an image, and a little work
TRIES = 3
MOST_ROWS = 64  # of one search
HOURS_PER_MONTH = 720.0  # storage is priced per GB and month of 30 days, as in the vendor's price fields
ROUNDING = 1e-6  # $: prices are rounded to so much

# What a plan tells of an offer, beside its price.
_SHOWN = ("machine_id", "gpu_name", "num_gpus", "geolocation", "reliability", "inet_down_cost", "inet_up_cost")


def hourly(offer: Row, disk: float, bid: float | None = None) -> float | None:
    """What an instance costs per hour with its disk, in $; None where the offer does not tell.

    The service reckons the disk into `dph_total`. Should the parts of the price add up to more, that counts: a ceiling
    must hold whatever was meant. Traffic is paid beside it, by the GB.

    Arguments:
        offer: a row of a search that named the disk.
        disk: GB.
        bid: what is offered for the GPUs of an interruptible instance, in $/hour.

    >>> offer = {"dph_total": 0.42, "dph_base": 0.4, "storage_cost": 0.72}
    >>> hourly(offer, disk=20), hourly(offer, disk=40), hourly(offer, disk=20, bid=0.3), hourly({}, disk=20)
    (0.42, 0.44, 0.32, None)
    """
    total, base = number(offer.get("dph_total")), number(offer.get("dph_base"))
    rate = number(offer.get("storage_cost"))
    storage = None if rate is None else rate * disk / HOURS_PER_MONTH
    if storage is None and total is not None and base is not None:
        storage = max(0.0, total - base)
    if bid is not None:
        return None if storage is None else round(bid + storage, 6)
    if total is None:
        return None
    parts = base + storage if base is not None and storage is not None else 0.0
    return round(max(total, parts), 6)


def traffic_cost(offer: Row, gigabytes: float) -> float | None:
    """What so much traffic costs, each way, in $; None where the offer does not tell.

    >>> traffic_cost({"inet_down_cost": 0.002, "inet_up_cost": 0.003}, 10), traffic_cost({"inet_down_cost": 0}, 10)
    (0.05, None)
    """
    prices = [number(offer.get(field)) for field in ("inet_down_cost", "inet_up_cost")]
    if None in prices:
        return None
    return round(gigabytes * sum(price or 0.0 for price in prices), 6)


def narrowed(filters: Mapping[str, Row], field: str, operator: str, limit: float) -> dict[str, dict[str, Any]]:
    """Filters with one more limit; a narrower one that is there already stays.

    Arguments:
        operator: ``lte`` or ``gte``.

    >>> narrowed({"dph_total": {"lte": "0.4"}}, "dph_total", "lte", 0.5)
    {'dph_total': {'lte': '0.4'}}
    >>> narrowed({"num_gpus": {"eq": 1}}, "dph_total", "lte", 0.5)
    {'num_gpus': {'eq': 1}, 'dph_total': {'lte': 0.5}}
    """
    found = {name: dict(operators) for name, operators in filters.items()}
    there = number(found.get(field, {}).get(operator))
    narrower = there is not None and (there <= limit if operator == "lte" else there >= limit)
    if not narrower:
        found.setdefault(field, {})[operator] = limit
    return found


def search(values: Row, disk: float) -> dict[str, Any]:
    """The arguments of the search for the offers of a launch.

    >>> values = {"query": {"num_gpus": {"eq": "1"}}, "tries": 2, "max_price": 0.5, "bid": None, "order": None}
    >>> found = search(values, disk=16)
    >>> found["query"]
    {'num_gpus': {'eq': '1'}, 'disk_space': {'gte': 16}, 'dph_total': {'lte': 0.5}}
    >>> found["order"], found["limit"], found["type"], found["storage"]
    ('dph_total', 8, 'on-demand', 16)
    """
    filters = narrowed(values["query"], "disk_space", "gte", disk)
    if values["max_price"] is not None:
        filters = narrowed(filters, "dph_total", "lte", values["max_price"])
    if values["bid"] is not None:
        filters = narrowed(filters, "min_bid", "lte", values["bid"])
    return {
        "query": filters,
        "no_default": True,  # the query has them already
        "order": values["order"] or "dph_total",
        "limit": min(MOST_ROWS, 4 * (values["tries"] or TRIES)),
        "type": "on-demand" if values["bid"] is None else "bid",
        "storage": disk,
    }


def candidates(rows: Iterable[Row], values: Row, disk: float) -> list[dict[str, Any]]:
    """The offers that a launch may try, in the order of the search, each with its price as `dph_total`.

    An offer that does not tell its price, or is above the ceiling, is none. Offers of different machines are preferred:
    where one fails, another on the same machine is likely to fail too.

    >>> rows = [{"id": 1, "machine_id": 7, "dph_total": 0.1}, {"id": 2, "machine_id": 7, "dph_total": 0.2},
    ...     {"id": 3, "machine_id": 8, "dph_total": 0.3}, {"id": 4, "machine_id": 9, "dph_total": 0.9}]
    >>> wanted = {"tries": 2, "max_price": 0.5, "bid": None}
    >>> [offer["id"] for offer in candidates(rows, wanted, disk=16)]
    [1, 3]
    >>> [offer["id"] for offer in candidates(rows[:2], wanted, disk=16)]
    [1, 2]
    """
    most, ceiling = values["tries"] or TRIES, values["max_price"]
    fitting = []
    for row in rows:
        price = hourly(row, disk, values["bid"])
        if row.get("id") is None or price is None or (ceiling is not None and price > ceiling + ROUNDING):
            continue
        fitting.append({"id": row["id"], "dph_total": price} | {name: row.get(name) for name in _SHOWN})
    machines: set[Any] = set()
    first: list[int] = []
    later: list[int] = []
    for place, offer in enumerate(fitting):
        (later if offer["machine_id"] in machines else first).append(place)
        machines.add(offer["machine_id"])
    return [fitting[place] for place in sorted([*first, *later][:most])]


def plan(offers: Sequence[Row], user: Row, values: Row, disk: float, label: str) -> dict[str, Any]:
    """What a launch is going to do, as data: the offer, its price, what is left, and what comes after it.

    Arguments:
        offers: as `candidates` gives them, one at least.
        user: the account, or an empty mapping where the key may not see it.

    >>> traffic = {"inet_down_cost": 0.002, "inet_up_cost": 0.003}  # $/GB
    >>> offers = [{"id": 1, "dph_total": 0.5, **traffic}, {"id": 2, "dph_total": 0.6}]
    >>> wanted = {"image": "pytorch/pytorch", "max_hours": 10, "max_cost": None, "traffic": None, "max_price": None,
    ...     "bid": None, "wait": None}
    >>> found = plan(offers, {"credit": 20.0}, wanted, disk=16, label="job")
    >>> found["total"], found["lasts"], found["ceiling"], [each["id"] for each in found["others"]]
    (5.05, 40.0, 0.6, [2])
    """
    offer, *others = offers
    hours = HOURS if values["max_hours"] is None else values["max_hours"]
    traffic = TRAFFIC if values["traffic"] is None else values["traffic"]
    price, moved = offer["dph_total"], traffic_cost(offer, traffic)
    credit = user.get("credit") if isinstance(user.get("credit"), int | float) else None
    return {
        "offer": dict(offer),
        "image": values["image"],
        "disk": disk,
        "bid": values["bid"],
        "label": label,
        "wait": values["wait"],
        "wait_timeout": values["wait_timeout"] if values["wait"] else None,
        "max_hours": values["max_hours"],
        "max_cost": values["max_cost"],
        "hours": hours,
        "traffic": traffic,
        "traffic_cost": moved,
        "total": None if moved is None else round(price * hours + moved, 4),
        "credit": credit,
        "lasts": round(credit / price, 2) if credit is not None and price > 0 else None,
        "ceiling": max(each["dph_total"] for each in offers) if values["max_price"] is None else values["max_price"],
        "others": [dict(each) for each in others],
    }


def not_as_agreed(rows: Sequence[Row], agreed: Row, values: Row, disk: float) -> str:
    """Why an offer is not taken when it is looked at again just before the rent; "" when it is as agreed.

    Arguments:
        rows: what the same search finds of it now.
        agreed: the offer as it stood in the plan.

    >>> agreed, wanted = {"id": 1, "dph_total": 0.5}, {"bid": None}
    >>> not_as_agreed([], agreed, wanted, disk=16)
    'is gone, or does not fit any more'
    >>> not_as_agreed([{"id": 1, "dph_total": 0.55}], agreed, wanted, disk=16)
    'costs 0.5500 $/h now, and 0.5000 $/h was agreed to'
    >>> not_as_agreed([{"id": 1, "dph_total": 0.45}], agreed, wanted, disk=16)
    ''
    """
    row = next((row for row in rows if str(row.get("id")) == str(agreed["id"])), None)
    if row is None:
        return "is gone, or does not fit any more"
    price = hourly(row, disk, values["bid"])
    if price is None:
        return "does not tell its price any more"
    if price > agreed["dph_total"] + ROUNDING:
        return f"costs {price:.4f} $/h now, and {agreed['dph_total']:.4f} $/h was agreed to"
    return ""


def number(value: Any) -> float | None:
    """A number that can be a price, or the text of one as queries have it; None for anything else.

    >>> number(0.4), number("0.4"), number(-1), number("free"), number(True)
    (0.4, 0.4, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if 0 <= found < math.inf else None
