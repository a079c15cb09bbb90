"""The sandbox's journal: which requests changed something, by whom and with which arguments, without secrets."""

from __future__ import annotations

from typing import Any

from vastai.sandbox import logbook, permissions
from vastai.sandbox.behaviour.registry import Call
from vastai.table.model import Command

Row = dict[str, Any]

ADDRESS = "203.0.113.7"
"""Stands in for the address that a request came from: one of a range that is kept for documentation."""


def note(call: Call, route: str, commands: tuple[Command, ...], arguments: Row) -> None:
    """Write down a request to the account, unless it only reads.

    Arguments: route as the table writes it, with the commands that use it; arguments of path, query and body.
    """
    if _reads(route, commands):
        return
    row = {
        "created_at": call.now,
        "ip_address": ADDRESS,
        "api_key_id": call.caller.key["id"] if call.caller.key else None,
        "api_route": route,
        "args": logbook.masked(arguments, commands),
    }
    call.world.add("audit_log", call.account, row)


def _reads(route: str, commands: tuple[Command, ...]) -> bool:
    """Does a request change nothing of an account? Some reads are POST or PUT: their commands or their scope say so."""
    verb, _, path = route.partition(" ")
    if verb == "GET" or not path.startswith("/api/"):
        return True
    if commands:
        return all(command.effect == "read" for command in commands)
    scope = permissions.scope_of(route)
    return scope is not None and (scope.endswith("_read") or scope == "misc")
