"""What was done with an account, and from where: the audit log and the addresses."""

from __future__ import annotations

from typing import Any

from vastai.sandbox import filters
from vastai.sandbox.behaviour.registry import Call, behaviour, check_user
from vastai.sandbox.journal import ADDRESS

Row = dict[str, Any]

PAGE = 100


@behaviour("GET /api/v0/audit_logs/")
def audit_logs(call: Call) -> list[Row]:
    """All requests that changed something in the account, the newest first (see `sandbox.journal`)."""
    return [_shown(each) for each in _newest_first(call)]


@behaviour("GET /api/v1/audit_logs/", beside=True)
def audit_log_pages(call: Call) -> Row:
    """The same in pages, as the newer path has it."""
    found = filters.search(_newest_first(call), call.json("select_filters", {}), [["id", "desc"]])
    part, token = filters.page(found, call.query.get("limit"), call.query.get("after_token"), PAGE, PAGE)
    return {"success": True, "results": [_shown(each) for each in part], "total": len(found), "next_token": token}


def _newest_first(call: Call) -> list[Row]:
    return call.world.all("audit_log", call.account)[::-1]


def _shown(entry: Row) -> Row:
    return {field: entry[field] for field in ("ip_address", "api_key_id", "created_at", "api_route", "args")}


@behaviour("GET /api/v0/users/{user_id}/ipaddrs/")
def addresses(call: Call) -> Row:
    """The addresses that the account was used from: one, which stands for this machine, since the account began."""
    check_user(call)
    account = call.caller.account
    seen = {"ip": ADDRESS, "ip_address": ADDRESS, "first_seen": account["created_at"], "first_location": None}
    row = {"id": account["id"], "user_id": account["id"], **seen, "timestamp": call.now}
    return {"success": True, "results": [row]}
