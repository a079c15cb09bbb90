"""Figures of the market for hosts: how many GPUs there are and are rented, for what, where, and since when."""

from __future__ import annotations

from collections.abc import Iterable
from math import sin
from statistics import quantiles
from typing import Any
from zlib import crc32

from vastai.sandbox import catalogue
from vastai.sandbox.behaviour.registry import Call, amount_of, behaviour, invalid
from vastai.sandbox.behaviour.search import on_offer

Row = dict[str, Any]

DAY = 86400.0
MOST_POINTS = 1000
_HOSTING = {"secure_cloud": 1, "community": 0}
_SIZES = (1, 2, 4, 8)
_COUNTS = ("rented_verified", "avail_verified", "rented_unverified", "avail_unverified")


@behaviour("GET /api/v0/metrics/gpu/current/")
def current(call: Call) -> Row:
    """Supply, use and prices of each GPU model. An account without machines gets none, as with the service."""
    if not _is_host(call):
        return {"success": True, "gpus": [], "needs_machine": True}
    models: dict[str, list[Row]] = {}
    for machine in _machines(call):
        models.setdefault(machine["gpu_name"], []).append(machine)
    return {"success": True, "gpus": [_figures(name, found) for name, found in sorted(models.items())]}


def _is_host(call: Call) -> bool:
    return bool(call.world.all("machine", call.account))


def _machines(call: Call) -> list[Row]:
    """Every machine on the market that a request's filters let pass, once: with its GPUs, and those that are rented."""
    found: dict[int, Row] = {}
    for offer in on_offer(call):
        machine = found.setdefault(offer["machine_id"], {**offer, "gpus": set(), "taken": set(), "size": 0})
        machine["gpus"].update(offer["gpu_ids"])
        machine["size"] = max(machine["size"], offer["num_gpus"])
        if offer["rented"]:
            machine["taken"].update(offer["gpu_ids"])
    return [each for each in found.values() if _asked_for(call, each)]


def _asked_for(call: Call, machine: Row) -> bool:
    verified, hosting = call.query.get("verified", "all"), call.query.get("hosting_type", "all")
    size = call.query.get("num_gpus", "all")
    fits = verified == "all" or (verified == "yes") == (machine["verification"] == "verified")
    fits = fits and (hosting == "all" or _HOSTING.get(hosting) == machine["hosting_type"])
    if size == "all":
        return fits
    return fits and (machine["size"] not in _SIZES if size == "other" else str(machine["size"]) == size)


def _figures(name: str, machines: list[Row]) -> Row:
    total, rented = _count(machines, "gpus"), _count(machines, "taken")
    low, quarter, median, three_quarters, high = _prices(machines)
    dlperf = round(machines[0]["dlperf"] / machines[0]["num_gpus"], 2)
    tflops = round(machines[0]["total_flops"] / machines[0]["num_gpus"], 2)
    return {
        "gpu_name": name,
        "total": total,
        "available": total - rented,
        "unavailable": 0,
        **_by_verification(machines),
        "usage": round(100 * rented / total, 2),
        "usage_30d": round(100 * rented / total, 2),
        "dlperf": dlperf,
        "tflops": tflops,
        "price_p10": low,
        "price_p25": quarter,
        "price_median": median,
        "price_p75": three_quarters,
        "price_p90": high,
        "tflops_per_dollar": round(tflops / median, 2),
        "dlperf_per_dollar": round(dlperf / median, 2),
    }


def _count(machines: Iterable[Row], which: str) -> int:
    return sum(len(machine[which]) for machine in machines)


def _by_verification(machines: list[Row]) -> dict[str, int]:
    verified = [each for each in machines if each["verification"] == "verified"]
    others = [each for each in machines if each["verification"] != "verified"]
    counts = [(_count(found, "taken"), _count(found, "gpus")) for found in (verified, others)]
    return dict(zip(_COUNTS, (n for taken, all in counts for n in (taken, all - taken)), strict=True))


def _prices(machines: list[Row]) -> list[float]:
    """The prices of one GPU in $/hour that 10, 25, 50, 75 and 90 % of the machines stay below."""
    each = [machine["dph_base"] / machine["num_gpus"] for machine in machines]
    cuts = quantiles(each, n=20, method="inclusive") if len(each) > 1 else each * 19
    return [round(cuts[place], 4) for place in (1, 4, 9, 14, 17)]


@behaviour("GET /api/v0/metrics/gpu/history/")
def history(call: Call) -> Row:
    """The same figures over time, for the models that are named. What was before now is made up around what is now."""
    if not _is_host(call):
        return {"success": True, "gpus": {}, "needs_machine": True}
    times = _times(call)
    names = [name.strip() for name in (call.query.get("gpu_name") or "").split(",") if name.strip()]
    machines = _machines(call)
    found = {name: [each for each in machines if each["gpu_name"] == name] for name in names}
    return {"success": True, "gpus": {name: _trend(name, rows, times) for name, rows in found.items() if rows}}


def _times(call: Call) -> list[int]:
    """The moments that are asked for: the last 30 days in steps of a day when nothing is said."""
    end = int(min(call.now, amount_of(call.query.get("end") or call.now, "end")))
    start = int(amount_of(call.query.get("start") or end - 30 * DAY, "start"))
    step = int(amount_of(call.query.get("step") or DAY, "step"))
    if start > end or step < 1:
        raise invalid("start must not be after end, and step must be at least 1 second")
    if (end - start) // step >= MOST_POINTS:
        raise invalid(f"that would be more than {MOST_POINTS} rows; ask for a longer step or a shorter time")
    return list(range(start, end + 1, step))


def _trend(name: str, machines: list[Row], times: list[int]) -> Row:
    figures = _figures(name, machines)
    waves = [1 + 0.1 * sin(time / DAY + crc32(name.encode())) for time in times]
    counts: dict[str, list[int]] = {}
    for kind in ("verified", "unverified"):
        rented, free = figures[f"rented_{kind}"], figures[f"avail_{kind}"]
        counts[f"rented_{kind}"] = [min(rented + free, round(rented * wave)) for wave in waves]
        counts[f"avail_{kind}"] = [rented + free - now for now in counts[f"rented_{kind}"]]
    pricing = {
        f"{state}_{cut}": [round(figures[f"price_{cut}"] * wave, 4) for wave in waves]
        for state in ("rented", "avail")
        for cut in ("p10", "median", "p90")
    }
    stats = {field: figures[field] for field in ("tflops", "dlperf", "tflops_per_dollar", "dlperf_per_dollar")}
    total = [figures["total"]] * len(times)
    return {
        "supply_demand": {"timestamps": times, **counts, "total": total},
        "pricing": {"timestamps": times, **pricing},
        "stats": stats,
    }


@behaviour("GET /api/v0/metrics/gpu/locations/")
def locations(call: Call) -> Row:
    """Where the machines are, each with its GPUs: rented as a whole, or not."""
    if not _is_host(call):
        return {"success": True, "locations": [], "needs_machine": True}
    places = {(place.city, place.country): place for place in catalogue.PLACES}
    return {"success": True, "locations": [_location(each, places) for each in _machines(call)]}


def _location(machine: Row, places: dict[tuple[str, str], catalogue.Place]) -> Row:
    city, _, country = machine["geolocation"].rpartition(", ")
    rented = machine["taken"] == machine["gpus"]
    return {
        "gpu_name": machine["gpu_name"],
        "num_gpus": len(machine["gpus"]),
        "city": city,
        "country_code": country,
        "latitude": float(places[city, country].latitude),
        "longitude": float(places[city, country].longitude),
        "state": "rented" if rented else "available",
        "rented": rented,
        "verified": machine["verification"] == "verified",
        "datacenter": machine["hosting_type"] == 1,
    }
