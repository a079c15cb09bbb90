"""Hooks for those who rent machines out: what they send, and the figures of the market as rows and as text."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from .query_values import date
from .registry import prepare, value, view

Values = dict[str, Any]
Row = dict[str, Any]

DAY = 86400.0  # seconds


# ---------------------------------------------------------------- arguments


@prepare
def terminal_default(values: Values, surface: str, of: str, value: Any) -> Values:
    """A default that the terminal has and the library has not, as in the official client.

    >>> terminal_default({"min_chunk": None}, "terminal", of="min_chunk", value=1)
    {'min_chunk': 1}
    >>> terminal_default({"min_chunk": None}, "library", of="min_chunk", value=1)
    {'min_chunk': None}
    """
    if surface != "terminal" or values.get(of) is not None:
        return values
    return {**values, of: value}


@prepare
def split_at_commas(values: Values, of: str) -> Values:
    """A list whose items may be several with commas between, as a terminal gives it.

    >>> split_at_commas({"ids": ["1,2", 3]}, of="ids")
    {'ids': ['1', '2', 3]}
    """
    given = values.get(of)
    if not isinstance(given, list):
        return values  # one text is split by the check of the argument itself
    pieces = [item.split(",") if isinstance(item, str) else [item] for item in given]
    items = [piece.strip() if isinstance(piece, str) else piece for group in pieces for piece in group]
    return {**values, of: [item for item in items if item != ""]}


@prepare
def days_window(values: Values, now: float, days: float) -> Values:
    """The time that a listing covers, in days since 1970, unless it is asked for as the last so many days.

    Raises:
        ValueError: a date cannot be read, or the end is before the start.

    >>> days_window({"start_date": "2026-01-01", "end_date": None}, now=1768478400.0, days=1)
    {'start_date': 20454.0, 'end_date': 20468.5}
    """
    if values.get("last_days") is not None:
        return values
    end = now if values.get("end_date") is None else _seconds(values["end_date"], "end_date")
    start = end - days * DAY if values.get("start_date") is None else _seconds(values["start_date"], "start_date")
    if start > end:
        raise ValueError("start_date: is after end_date")
    return {**values, "start_date": start / DAY, "end_date": end / DAY}


def _seconds(value: Any, name: str) -> float:
    try:
        return float(value) if isinstance(value, int | float) else date(str(value).strip(), False)
    except ValueError:
        raise ValueError(f"{name}: {value!r} is not a date: write YYYY-MM-DD, MM/DD/YYYY or unix seconds") from None


# ---------------------------------------------------------------- results


@value
def matching(result: list[Row], values: Mapping[str, Any], **fields: str) -> list[Row]:
    """The rows that have the values asked for; texts may differ in case.

    Arguments:
        fields: parameter -> field of a row; a parameter that is not given asks for nothing.

    >>> matching([{"gpu_name": "RTX 4090"}, {"gpu_name": "L4"}], {"gpu": "rtx 4090"}, gpu="gpu_name")
    [{'gpu_name': 'RTX 4090'}]
    """
    asked = {field: _folded(values[name]) for name, field in fields.items() if values.get(name) is not None}
    return [row for row in result if all(_folded(row.get(field)) == wanted for field, wanted in asked.items())]


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


# The columns of a row, as the service groups them.
_TRENDS = {
    "supply_demand": (
        "rented_verified",
        "avail_verified",
        "rented_unverified",
        "avail_unverified",
        "unavail_verified",
        "unavail_unverified",
        "total",
    ),
    "pricing": ("rented_p10", "rented_median", "rented_p90", "avail_p10", "avail_median", "avail_p90"),
}


@value
def trend_rows(result: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Row]:
    """Parallel lists as rows by time, for each GPU model; a list that is too short leaves null.

    >>> lists = {"timestamps": [1768471200, 1768474800], "total": [98]}
    >>> [(row["date"], row["total"]) for row in trend_rows({"L4": {"supply_demand": lists}}, {})["L4"]["rows"]]
    [('2026-01-15 10:00:00', 98), ('2026-01-15 11:00:00', None)]
    """
    given = {model: found or {} for model, found in result.items()}
    return {model: {"stats": found.get("stats") or {}, "rows": _rows(found)} for model, found in given.items()}


def _rows(found: Mapping[str, Any]) -> list[Row]:
    groups = {name: found.get(name) or {} for name in _TRENDS}
    times = groups["supply_demand"].get("timestamps") or groups["pricing"].get("timestamps") or []
    return [
        {
            "date": _utc(time),
            "timestamp": time,
            **{column: _at(groups[group].get(column), number) for group, names in _TRENDS.items() for column in names},
        }
        for number, time in enumerate(times)
    ]


def _at(items: Any, number: int) -> Any:
    return items[number] if isinstance(items, list) and number < len(items) else None


def _utc(seconds: Any) -> str | None:
    """Unix seconds as a date and time, UTC."""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
    except (TypeError, ValueError, OverflowError, OSError):
        return None


# ---------------------------------------------------------------- texts

_TREND_COLUMNS = {
    "date": "Time (UTC)",
    "rented_verified": "Rented ver.",
    "avail_verified": "Free ver.",
    "rented_unverified": "Rented unv.",
    "avail_unverified": "Free unv.",
    "unavail_verified": "Unlisted ver.",
    "unavail_unverified": "Unlisted unv.",
    "total": "Total",
    "rented_p10": "Rented P10 $/hr",
    "rented_median": "Rented median",
    "rented_p90": "Rented P90",
    "avail_p10": "Free P10 $/hr",
    "avail_median": "Free median",
    "avail_p90": "Free P90",
}


@view
def gpu_trends(result: Mapping[str, Row]) -> str:
    """The figures of each GPU model: its speed on a line, then a table by time.

    >>> print(gpu_trends({"L4": {"stats": {"tflops": 30.3}, "rows": []}}))
    L4: tflops 30.3
    """
    parts = []
    for model, figures in result.items():
        stats = ", ".join(f"{name} {number}" for name, number in figures["stats"].items())
        table = _lines(figures["rows"], _TREND_COLUMNS) if figures["rows"] else []
        parts.append("\n".join([f"{model}: {stats}" if stats else model, *table]))
    return "\n\n".join(parts) or "No figures; the service gives them to accounts that have a machine."


@view
def network_disks(result: Row) -> str:
    """Each cluster with its network disks, and where its machines mount them.

    >>> disks = {"network_disk_id": 6, "free_space": 100, "total_space": 1000}
    >>> print(network_disks({"data": [{"cluster_id": 3, "network_disks": [disks], "machine_ids": [7], "mounts": {}}]}))
    Cluster 3
    Network disk  Free GB  Total GB
               6      100      1000
    Machine  Mounted at
          7           -
    """
    parts = []
    for cluster in result.get("data") or []:
        mounts = cluster.get("mounts") or {}
        machines = [{"machine_id": m, "mount_point": mounts.get(str(m))} for m in cluster.get("machine_ids") or []]
        disks = {"network_disk_id": "Network disk", "free_space": "Free GB", "total_space": "Total GB"}
        parts.append(
            "\n".join(
                [
                    f"Cluster {cluster.get('cluster_id')}",
                    *_lines(cluster.get("network_disks") or [], disks),
                    *_lines(machines, {"machine_id": "Machine", "mount_point": "Mounted at"}),
                ]
            )
        )
    return "\n\n".join(parts) or "No network disks."


def _lines(rows: list[Row], columns: Mapping[str, str]) -> list[str]:
    """Rows under their titles, right-aligned; a missing value is a hyphen."""
    texts = [{field: "-" if row.get(field) is None else str(row[field]) for field in columns} for row in rows]
    grid = [[title, *(row[field] for row in texts)] for field, title in columns.items()]
    widths = [max(map(len, cells)) for cells in grid]
    lines = zip(*grid, strict=True)
    return ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
