"""What an offer costs: every dollar field of a row, from its base price, its storage price and the kind of rent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

HOURS_PER_MONTH = 720.0
"""Storage is priced per GB and month; a month is 30 days."""

DEFAULT_STORAGE_GIB = 8.0
"""The storage that a search prices when it names none (the vendor's description of the offer search)."""

KINDS = {
    "on-demand": "on-demand",
    "ondemand": "on-demand",
    "bid": "bid",
    "interruptible": "bid",
    "reserved": "reserved",
}
"""Spellings of `type` in a search -> the kind of rent. Sources disagree about on-demand: both spellings are known."""

FIELDS = frozenset(
    (
        "dph_base",
        "dph_total",
        "dph_total_adj",
        "discount_rate",
        "discounted_hourly",
        "discounted_dph_total",
        "storage_total_cost",
        "vram_costperhour",
        "dlperf_per_dphtotal",
        "flops_per_dphtotal",
        "score",
        "is_bid",
        "search",
        "instance",
    )
)
"""The fields that `price` returns: a search may filter by them only after pricing."""


def storage_per_hour(storage_cost: float, gib: float) -> float:
    """Dollars per hour for `gib` of storage at `storage_cost` $/GB/month."""
    return storage_cost * gib / HOURS_PER_MONTH


def price(
    offer: Mapping[str, Any], allocated_storage_gib: float = DEFAULT_STORAGE_GIB, kind: str = "on-demand"
) -> dict[str, Any]:
    """The cost fields of one offer as stored (that is, with its on-demand `dph_base`) for one kind of rent.

    The rules, so that all fields of a row fit each other:

    * `dph_base` is the price of the GPUs: the listed one, or the lowest accepted bid for kind bid
    * `storage_total_cost` = storage_cost * allocated_storage_gib / 720
    * `dph_total` = `dph_total_adj` = dph_base + storage_total_cost
    * `discounted_hourly` = dph_base * discount_rate, where the rate is credit_discount_max for kind reserved, else 0
    * `discounted_dph_total` = dph_total - discounted_hourly: what a reserved instance costs
    * `dlperf_per_dphtotal`, `flops_per_dphtotal`, `vram_costperhour` are ratios to dph_total
    * `score` = dlperf_per_dphtotal * reliability_mult

    The field names are the service's; it does not publish its own rules for score and the discounts, these are ours.

    Arguments: kind is "on-demand", "bid" or "reserved"; prices are $/hour. Returns a new mapping with exactly `FIELDS`.

    >>> row = {"dph_base": 0.6, "min_bid": 0.3, "storage_cost": 0.18, "credit_discount_max": 0.25, "dlperf": 200.0,
    ...        "total_flops": 160.0, "gpu_total_ram": 49128, "reliability_mult": 0.5}
    >>> price(row, 40.0)["dph_total"], price(row, 40.0, "bid")["dph_total"], price(row, 40.0)["score"]
    (0.61, 0.31, 163.9344)
    >>> price(row, 40.0, "reserved")["discounted_dph_total"]
    0.46
    """
    base = offer["min_bid"] if kind == "bid" else offer["dph_base"]
    disk = storage_per_hour(offer["storage_cost"], allocated_storage_gib)
    total = round(base + disk, 6)
    disk = round(disk, 6)
    rate = offer["credit_discount_max"] if kind == "reserved" else 0.0
    discount = round(base * rate, 6) if rate else 0.0
    discounted = round(total - discount, 6) if rate else total
    dlperf = round(offer["dlperf"] / total, 4) if total else 0.0
    parts = {
        "gpuCostPerHour": base,
        "diskHour": disk,
        "totalHour": total,
        "discountTotalHour": discount,
        "discountedTotalPerHour": discounted,
    }
    return {
        "dph_base": base,
        "dph_total": total,
        "dph_total_adj": total,
        "discount_rate": rate,
        "discounted_hourly": discount,
        "discounted_dph_total": discounted,
        "storage_total_cost": disk,
        "vram_costperhour": round(total / offer["gpu_total_ram"], 10),
        "dlperf_per_dphtotal": dlperf,
        "flops_per_dphtotal": round(offer["total_flops"] / total, 4) if total else 0.0,
        "score": round(dlperf * offer["reliability_mult"], 4),
        "is_bid": kind == "bid",
        "search": parts,
        "instance": parts.copy(),
    }
