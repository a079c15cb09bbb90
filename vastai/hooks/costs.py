"""What things cost: by the hour now, in charges so far, by label, GPU or day, and how long the credit lasts. Pure.

Facts (API facts, sections 7 and 8): `dph_total` is the hourly price of GPUs and disk, `storage_total_cost` that of the
disk alone, which a stopped instance goes on to pay. A charge is a row with start, end, source and amount; the source is
``instance-7`` or ``volume-8``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from .leases import HOUR, lease_of

Row = Mapping[str, Any]

DAY = 24 * HOUR
STOPPED = frozenset(("stopped", "exited"))
CENTS = 4  # digits behind the point of dollars that were spent
GONE, NONE = "(gone)", "(none)"  # groups of charges: of what is there no more, and of what has no such thing


def is_stopped(instance: Row) -> bool:
    """Is only its disk paid for, for as long as nobody starts it?

    >>> is_stopped({"actual_status": "exited"}), is_stopped({"actual_status": "loading", "cur_state": "stopped"})
    (True, True)
    >>> is_stopped({"actual_status": "loading", "cur_state": "running"})
    False
    """
    return instance.get("actual_status") in STOPPED or instance.get("cur_state") == "stopped"


def hourly(rented: Row) -> float | None:
    """What an instance or a volume costs now, in $/hour, without traffic; None when the service does not say.

    What boots counts as running, for it will be in a moment.

    >>> hourly({"actual_status": "running", "dph_total": 0.41, "storage_total_cost": 0.01})
    0.41
    >>> hourly({"actual_status": "exited", "dph_total": 0.41, "storage_total_cost": 0.01})
    0.01
    """
    only_disk = "dph_total" not in rented or is_stopped(rented)
    if only_disk:
        return number(rented.get("storage_total_cost"))
    in_advance = number(rented.get("discounted_dph_total")) if rented.get("credit_discount") else None
    return number(rented.get("dph_total")) if in_advance is None else in_advance


def in_words(rented: Sequence[Row]) -> str:
    """What rentals cost together, for a remark below their table; "" when no price is known.

    >>> in_words([{"dph_total": 0.4, "actual_status": "running"}, {"storage_total_cost": 0.01, "status": "running"}])
    '0.4100 $/hour in all.'
    >>> in_words([{"dph_total": 0.4, "storage_total_cost": 0.01, "actual_status": "exited"}, {"dph_total": None}])
    '0.0100 $/hour in all: 1 is stopped, and pays for its disk only; 1 has no known price.'
    """
    prices = [hourly(each) for each in rented]
    known = [price for price in prices if price is not None]
    if not known:
        return ""
    stopped, unknown = sum(map(is_stopped, rented)), len(prices) - len(known)
    remarks = [_counted(stopped, "is stopped, and pays for its disk only", "are stopped, and pay for their disks only")]
    remarks.append(_counted(unknown, "has no known price", "have no known price"))
    rest = "; ".join(filter(None, remarks))
    return f"{sum(known):.4f} $/hour in all{': ' if rest else ''}{rest}."


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}" if number else ""


def amount(charge: Row) -> float:
    """The dollars of a charge; they may come as text.

    >>> amount({"amount": "3.5"}), amount({"amount": None})
    (3.5, 0.0)
    """
    try:
        return float(charge.get("amount") or 0.0)
    except (TypeError, ValueError):
        return 0.0


def between(charge: Row, since: float, until: float) -> float:
    """The part of a charge that falls into a time: by its length, for the service does not say how it is spread.

    >>> charge = {"start": 0.0, "end": 100.0, "amount": 2.0}
    >>> between(charge, 50.0, 150.0), between(charge, 100.0, 200.0), between({**charge, "end": None}, 0.0, 1.0)
    (1.0, 0.0, 2.0)
    """
    start, end = _span(charge, since)
    if end <= start:
        return amount(charge) if since <= start < until else 0.0
    return amount(charge) * max(0.0, min(end, until) - max(start, since)) / (end - start)


def _spent(charges: Iterable[Row], since: float, until: float) -> float:
    """The dollars of all charges that fall into a time."""
    return round(sum((between(each, since, until) for each in charges), 0.0), CENTS)


def _span(charge: Row, since: float) -> tuple[float, float]:
    """From when to when a charge is; without a start from here on, without an end only at its start."""
    start = number(charge.get("start"))
    start = since if start is None else start
    end = number(charge.get("end"))
    return start, start if end is None else end


def day_of(time: float) -> float:
    """Midnight UTC before a time, both in unix seconds."""
    return time // DAY * DAY


def month_of(time: float) -> float:
    """The first midnight of the month of a time, UTC.

    >>> month_of(1768478400.0)  # 2026-01-15 12:00
    1767225600.0
    """
    first = datetime.fromtimestamp(time, timezone.utc).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return first.timestamp()


def summary(instances: Sequence[Row], volumes: Sequence[Row], charges: Sequence[Row], user: Row, now: float) -> Row:
    """What is rented and what it costs, what was spent, and when the credit is used up.

    Arguments:
        instances, volumes: their rows as they are now.
        charges: those of this month, UTC, until now.
        user: the account; its `credit` is what is left of the prepaid money, in dollars.
        now: unix seconds.

    >>> running = {"id": 7, "actual_status": "running", "dph_total": 0.5, "label": "train"}
    >>> found = summary([running], [], [], {"credit": 6.0}, 1768478400.0)
    >>> found["per_hour"], found["runs_out"], found["lasts"]
    (0.5, '2026-01-16T00:00:00Z', '12 h')
    """
    today, month = day_of(now), month_of(now)
    rows = [_rented("instance", each, charges, (today, month), now) for each in instances]
    rows += [_rented("volume", each, charges, (today, month), now) for each in volumes]
    rows.sort(key=lambda row: (_ORDER.get(row["state"], 0), row["type"], -(row["per_hour"] or 0.0)))
    per_hour = round(sum((row["per_hour"] or 0.0 for row in rows), 0.0), 6)
    credit = number(user.get("credit"))
    seconds = None if credit is None or not per_hour else max(0.0, credit) / per_hour * HOUR
    return {
        "rows": rows,
        "per_hour": per_hour,
        "today": _spent(charges, today, now),
        "this_month": _spent(charges, month, now),
        "credit": None if credit is None else round(credit, CENTS),
        "runs_out": None if seconds is None else iso(now + seconds),
        "lasts": None if seconds is None else duration(seconds),
    }


_ORDER = {"stopped": 1}  # what is stopped stands below what runs


def _rented(kind: str, rented: Row, charges: Iterable[Row], begins: tuple[float, float], now: float) -> dict[str, Any]:
    """One row of the summary; `begins` are those of today and of the month."""
    own = [each for each in charges if each.get("source") == f"{kind}-{rented.get('id')}"]
    lease = lease_of(rented.get("label"))
    state = "kept" if kind == "volume" else "stopped" if is_stopped(rented) else rented.get("actual_status")
    price = hourly(rented)
    return {
        "type": kind,
        "id": rented.get("id"),
        "label": lease.label or None,
        "state": state or "starting",
        "gpu": gpu(rented) if kind == "instance" else None,
        "per_hour": None if price is None else round(price, 6),
        "today": _spent(own, begins[0], now),
        "this_month": _spent(own, begins[1], now),
        "lease_end": None if lease.end is None else iso(lease.end),
        "lease_budget": lease.budget,
    }


def gpu(instance: Row) -> str | None:
    """The GPUs of an instance in words.

    >>> gpu({"num_gpus": 2, "gpu_name": "RTX 4090"})
    '2x RTX 4090'
    """
    name, number = instance.get("gpu_name"), instance.get("num_gpus")
    return f"{number}x {name}" if name and number else name


def grouped(charges: Sequence[Row], instances: Sequence[Row], volumes: Sequence[Row], by: str, since: float,
            until: float) -> Row:  # fmt: skip
    """Charges added up by label, by GPU model or by day, the greatest sum first, days in their order.

    Labels and GPUs are those of what is rented now: a charge itself names neither.

    Arguments:
        by: ``label``, ``gpu`` or ``day``.
        since, until: unix seconds; what falls outside does not count.

    >>> charge = {"start": 0.0, "end": 172800.0, "source": "instance-7", "amount": 4.0}
    >>> grouped([charge], [], [], "day", 0.0, 172800.0)["rows"][0]
    {'group': '1970-01-01', 'amount': 2.0, 'share': 0.5, 'sources': 1}
    """
    known = {f"instance-{each.get('id')}": each for each in instances}
    known |= {f"volume-{each.get('id')}": each for each in volumes}
    sums: dict[str, float] = {}
    sources: dict[str, set[Any]] = {}
    for charge in charges:
        for group, part in _shares(charge, known, by, since, until):
            sums[group] = sums.get(group, 0.0) + part
            sources.setdefault(group, set()).add(charge.get("source"))
    total = sum(sums.values())
    rows = [
        {
            "group": group,
            "amount": round(dollars, CENTS),
            "share": round(dollars / total, 4) if total else 0.0,
            "sources": len(sources[group]),
        }
        for group, dollars in sorted(sums.items(), key=(lambda item: item) if by == "day" else lambda item: -item[1])
    ]
    return {"by": by, "start": iso(since), "end": iso(until), "total": round(total, CENTS), "rows": rows}


def _shares(charge: Row, known: Mapping[str, Row], by: str, since: float, until: float) -> Iterator[tuple[str, float]]:
    """The groups that a charge belongs to, with its dollars in each."""
    if by != "day":
        yield _group(str(charge.get("source") or charge.get("type") or ""), known, by), between(charge, since, until)
        return
    start, end = _span(charge, since)
    day = day_of(max(start, since))
    while day < min(max(end, start + 1.0), until):
        part = between(charge, max(day, since), min(day + DAY, until))
        if part:
            yield datetime.fromtimestamp(day, timezone.utc).strftime("%Y-%m-%d"), part
        day += DAY


def _group(source: str, known: Mapping[str, Row], by: str) -> str:
    kind = source.partition("-")[0]
    rented = known.get(source)
    if rented is None:
        return GONE if kind in ("instance", "volume") else f"({kind})" if kind else NONE
    if by == "gpu":
        return str(gpu(rented) or NONE) if kind == "instance" else "(volumes)"
    return lease_of(rented.get("label")).label or NONE


def duration(seconds: float) -> str:
    """A length of time in its two greatest units.

    >>> duration(273600), duration(15000), duration(59), duration(43200)
    ('3 d 4 h', '4 h 10 min', '0 min', '12 h')
    """
    minutes = int(seconds // 60)
    parts = [(minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min")]
    first = next((place for place, (number, _) in enumerate(parts) if number), 2)
    shown = [f"{number} {unit}" for number, unit in parts[first : first + 2] if number]
    return " ".join(shown) or "0 min"


def iso(time: float) -> str | None:
    """A time as text in UTC; None for one that no calendar has, as where a credit lasts for millennia."""
    try:
        return datetime.fromtimestamp(time, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return None


def number(value: Any) -> float | None:
    """A number of an answer; None for what is none.

    >>> number(3), number("3"), number(True)
    (3.0, None, None)
    """
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
