"""Billing: what was paid and what was charged, as the service lists it."""

from __future__ import annotations

from typing import Any

from vastai.sandbox import filters, ledger, money
from vastai.sandbox.behaviour.registry import Call, Refusal, amount_of, behaviour

Row = dict[str, Any]

CHARGES_PAGE, CHARGES_CAP = 100, 500
INVOICES_PAGE, INVOICES_CAP = 60, 100


@behaviour("GET /api/v0/charges/")
def charges(call: Call) -> Row:
    """What uses have cost in a window: a row per source and day, or (format tree) per source with its parts."""
    wanted = _filters(call, "day")
    start, end = _window(wanted["day"], call.now)
    uses = [use for use in call.world.all("use", call.account) if _of_type(use, wanted.get("type"))]
    rows = _tree(uses, start, end) if call.query.get("format") == "tree" else _table(uses, start, end)
    return _listing(call, rows, CHARGES_PAGE, CHARGES_CAP)


@behaviour("GET /api/v1/invoices/")
def invoices(call: Call) -> Row:
    """What was paid in or out in a window. Without a window: status 200 and success false, as recorded."""
    try:
        wanted = _filters(call, "when")
    except Refusal as refusal:
        return {**refusal.body, "results": []}
    start, end = _window(wanted["when"], call.now)
    services = _choice(wanted.get("service"))
    rows = [
        _invoice(payment)
        for payment in call.world.all("payment", call.account)
        if start <= payment["at"] <= end and (services is None or payment["service"] in services)
    ]
    return _listing(call, rows, INVOICES_PAGE, INVOICES_CAP)


@behaviour("GET /api/v0/users/me/invoices/")
def old_invoices(call: Call) -> Row:
    """Payments and, with inc_charges, charges in a window; numbers come as text, as recorded."""
    start = amount_of(call.query.get("sdate") or 0, "sdate")
    end = min(call.now, amount_of(call.query.get("edate") or call.now, "edate"))
    uses = call.world.all("use", call.account)
    rows = [
        _old_row(payment, "payment", payment["description"], payment["amount"], payment["at"])
        for payment in call.world.all("payment", call.account)
        if start <= payment["at"] <= end
    ]
    if call.query.get("inc_charges", "true").lower() != "false":
        rows += [
            _old_row(use, "charge", f"{_title(use)}: {use['kind']}", money.between(use, start, end), _until(use, end))
            for use in uses
            if money.between(use, start, end)
        ]
    rows.sort(key=lambda row: (row["timestamp"], row["id"]))
    charged = money.dollars(sum(money.between(use, start, end) for use in uses))
    credit = money.dollars(ledger.credit(call.world, call.account, call.now))
    return {
        "invoices": rows,
        "current": {"charges": charged, "service_fee": 0.0, "total": charged, "credit": credit},
    }


@behaviour("GET /api/v0/invoices/", beside=True)
def searched(call: Call) -> list[Row]:
    """Payments as flat rows, filtered by their columns."""
    rows = [
        {
            "id": payment["id"],
            "user_id": call.account,
            "when": payment["at"],
            "paid_on": payment["at"],
            "amount_cents": round(payment["amount"] / 10_000),
            "is_credit": payment["amount"] > 0,
            "service": payment["service"],
            "refunded": False,
            "failed": False,
        }
        for payment in call.world.all("payment", call.account)
    ]
    return filters.search(rows, call.json("select_filters", {}), [["id", "asc"]], None)


def _filters(call: Call, column: str) -> Row:
    """The filters of a listing, with the window that it needs.

    Raises:
        Refusal: the window is missing.
    """
    wanted = call.json("select_filters", {})
    if not isinstance(wanted, dict) or not isinstance(wanted.get(column), dict):
        raise Refusal(400, "invalid_args", f"select_filters needs a window: {column} with gte and lte in unix seconds")
    return wanted


def _window(bounds: Row, now: float) -> tuple[float, float]:
    """The window of a listing in unix seconds; it ends now at the latest."""
    start = amount_of(bounds.get("gte", bounds.get("gt", 0)), "start")
    return start, min(now, amount_of(bounds.get("lte", bounds.get("lt", now)), "end"))


def _choice(wanted: Any) -> list[Any] | None:
    """The values that a filter lets pass; None for all."""
    if wanted is None:
        return None
    if isinstance(wanted, dict):
        wanted = wanted.get("in", wanted.get("eq"))
    return wanted if isinstance(wanted, list) else [wanted]


def _of_type(use: Row, wanted: Any) -> bool:
    types = _choice(wanted)
    return types is None or use["source"].partition("-")[0] in types


def _title(use: Row) -> str:
    kind, _, number = use["source"].partition("-")
    return f"{kind.capitalize()} {number}"


def _until(use: Row, end: float) -> float:
    return end if use["end"] is None else float(min(end, use["end"]))


def _table(uses: list[Row], start: float, end: float) -> list[Row]:
    """A row per source and day."""
    found: dict[tuple[float, str], Row] = {}
    for use in uses:
        for begin, stop, amount in money.days(use, start, end):
            key = (begin // money.DAY * money.DAY, use["source"])
            row = found.setdefault(key, _charge(use, begin, stop))
            row["start"], row["end"] = min(row["start"], begin), max(row["end"], stop)
            row["amount"] += amount
    return [_in_dollars(row) for _, row in sorted(found.items())]


def _tree(uses: list[Row], start: float, end: float) -> list[Row]:
    """A row per source, with what it is made of."""
    found: dict[str, Row] = {}
    for use in uses:
        amount = money.between(use, start, end)
        begin, stop = max(start, use["start"]), _until(use, end)
        if stop <= begin:
            continue
        row = found.setdefault(use["source"], _charge(use, begin, stop))
        row["start"], row["end"] = min(row["start"], begin), max(row["end"], stop)
        row["amount"] += amount
        part = _charge(use, begin, stop)
        part.update(type=use["kind"], source=None, amount=amount)
        del part["id"]
        part["description"] = f"{(stop - begin) / money.HOUR:.3f} hours"
        row["items"].append(_in_dollars(part))
    return [_in_dollars(row) for row in found.values()]


def _charge(use: Row, start: float, end: float) -> Row:
    kind = use["source"].partition("-")[0]
    row: Row = {"id": f"{use['source']} {start}", "start": start, "end": end, "type": kind, "source": use["source"]}
    return {**row, "description": f"{_title(use)} charges", "amount": 0, "metadata": {}, "items": []}


def _in_dollars(row: Row) -> Row:
    return {**row, "amount": money.dollars(row["amount"])}


def _invoice(payment: Row) -> Row:
    """A payment; what comes in carries a minus sign, as in the vendor's example."""
    return {
        "id": f"{payment['id']:012}",
        "start": payment["at"],
        "end": payment["at"],
        "type": "transfer" if payment["service"] == "transfer" else "credit",
        "source": payment["service"],
        "description": payment["description"],
        "amount": money.dollars(-payment["amount"]),
        "metadata": {"invoice_id": payment["id"], "service": payment["service"]},
        "items": [],
    }


def _old_row(thing: Row, kind: str, description: str, amount: int, at: float) -> Row:
    hours = amount / thing["rate"] if thing.get("rate") else 1
    rate = thing["rate"] if thing.get("rate") else amount
    return {
        "id": thing["id"],
        "type": kind,
        "description": description,
        "quantity": f"{hours:.3f}",
        "rate": f"{money.dollars(rate):.6f}",
        "amount": f"{money.dollars(amount):.6f}",
        "timestamp": at,
    }


def _listing(call: Call, rows: list[Row], page: int, cap: int) -> Row:
    """One page of rows, the latest first when asked for; their ids are for the paging only."""
    latest_first = call.query.get("latest_first", "").lower() == "true"
    rows = sorted(rows, key=lambda row: (row["start"], row["id"]), reverse=latest_first)
    limit, token = call.query.get("limit"), call.query.get("after_token")
    part, following = filters.page(rows, limit, token, cap, page)
    results = [{name: value for name, value in row.items() if name != "id"} for row in part]
    return {
        "success": True,
        "count": len(results),
        "total": len(rows),
        "next_token": following,
        "results": results,
    }
