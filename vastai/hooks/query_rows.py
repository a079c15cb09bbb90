"""What the client does to the rows of an offer search, after the answer."""

from __future__ import annotations

import math
from typing import Any

from vastai.hooks.regions import region_of

_STEPS = {"cpu_ram": (4096, 4096), "cpu_cores": (8, 4), "gpu_ram": (16, 0), "disk_space": (64, 0)}
"""Size to the step it is rounded down to, and the least it becomes; memory in MB, disk in GB."""


def postprocess(rows: list[dict[str, Any]], georegion: bool, chunked: bool) -> list[dict[str, Any]]:
    """Complete the rows of an offer search, in place: copies of ten thousand rows would cost 50 MB. None is dropped.

    Args:
        rows: offers as the service sent them; nobody else uses them.
        georegion: append the region code to each geolocation; an unknown or empty one stays.
        chunked: round sizes down, so that offers of about one size look alike; null stays null.

    Returns:
        The same rows, each with ``datacenter``: whether ``hosting_type`` is 1.

    >>> postprocess([{"geolocation": "Sweden, SE", "hosting_type": 1, "gpu_ram": 24564}], True, True)
    [{'geolocation': 'Sweden, SE, EU', 'hosting_type': 1, 'gpu_ram': 24560, 'datacenter': True}]
    """
    for row in rows:
        row["datacenter"] = row.get("hosting_type") == 1
        if georegion and "geolocation" in row:
            row["geolocation"] = _with_region(row["geolocation"])
        if chunked:
            row.update({size: _rounded(row[size], *steps) for size, steps in _STEPS.items() if size in row})
    return rows


def _with_region(place: object) -> object:
    region = region_of(place[-2:]) if isinstance(place, str) else None
    return f"{place}, {region}" if region else place


def _rounded(size: object, step: int, least: int) -> object:
    if isinstance(size, bool) or not isinstance(size, (int, float)) or not math.isfinite(size):
        return size
    return max(int(size) // step * step, least)
