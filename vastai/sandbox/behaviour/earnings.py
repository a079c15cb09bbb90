"""What hosts earn: that which renters of their machines were charged."""

from __future__ import annotations

from typing import Any

from vastai.sandbox import money
from vastai.sandbox.behaviour.registry import Call, Refusal, amount_of, behaviour, invalid, number_of

Row = dict[str, Any]

_COLUMNS = {"gpu": "gpu_earn", "disk": "sto_earn"}
"""Kind of use -> column. Traffic costs nothing in the sandbox."""
_NOTHING = dict.fromkeys(("gpu_earn", "sto_earn", "bwu_earn", "bwd_earn"), 0)


@behaviour("GET /api/v0/users/{user_id}/machine-earnings")
def earnings(call: Call) -> Row:
    """What the caller's machines earned in a window, by machine and by day.

    The sandbox keeps no fee: what is earned is what was charged. It is paid out elsewhere, never to the credit.
    """
    if call.path["user_id"] not in ("me", call.account):
        raise Refusal(403, "auth_error", f"User {call.path['user_id']} is not the account of this key.")
    ids = {each["id"] for kind in ("machine", "former_machine") for each in call.world.all(kind, call.account)}
    wanted = number_of(call.query.get("machid"))
    if wanted is not None and wanted not in ids:
        raise invalid(f"There is no machine {wanted} in this account.")
    uses = [use for use in call.world.all("use") if use["machine"] in ids]
    start, end = _window(call)
    by_machine: dict[int, Row] = {}
    by_day: dict[int, Row] = {}
    for use in uses:
        if wanted in (None, use["machine"]):
            for begin, _, amount in money.days(use, start, end):
                day = int(begin // money.DAY)
                _book(by_machine, use["machine"], "machine_id", use["kind"], amount)
                _book(by_day, day, "day", use["kind"], amount)
    account = call.caller.account
    everything = money.dollars(money.spent(uses, call.now))
    return {
        "summary": _summary(by_machine),
        "current": {"balance": everything, "service_fee": 0.0, "total": everything, "credit": 0.0},
        "per_machine": [_in_dollars(row) for _, row in sorted(by_machine.items())],
        "per_day": [_in_dollars(row) for _, row in sorted(by_day.items())],
        "username": account["username"],
        "email": account["email"],
        "fullname": None,
    }


def _window(call: Call) -> tuple[float, float]:
    """The window that is asked for, in days since 1970 or as the last so many days; it ends now at the latest."""
    last = call.query.get("last_days")
    if last:
        return call.now - amount_of(last, "last_days") * money.DAY, call.now
    start = amount_of(call.query.get("sday") or 0, "sday") * money.DAY
    end = call.query.get("eday")
    return start, min(call.now, amount_of(end, "eday") * money.DAY) if end else call.now


def _book(rows: dict[int, Row], key: int, name: str, kind: str, amount: int) -> None:
    rows.setdefault(key, {name: key, **_NOTHING})[_COLUMNS[kind]] += amount


def _summary(rows: dict[int, Row]) -> Row:
    names = {"total_gpu": "gpu_earn", "total_stor": "sto_earn", "total_bwu": "bwu_earn", "total_bwd": "bwd_earn"}
    return {name: money.dollars(sum(row[column] for row in rows.values())) for name, column in names.items()}


def _in_dollars(row: Row) -> Row:
    return {name: money.dollars(value) if name.endswith("_earn") else value for name, value in row.items()}
