"""What a key may do: the scope that each route needs, held against the permissions of the key."""

from __future__ import annotations

import json
import os
import re
from functools import cache
from typing import Any

from vastai.sandbox.behaviour.registry import Caller, Refusal

Row = dict[str, Any]

SCOPES = (
    "instance_read", "instance_write", "user_read", "user_write", "billing_read", "billing_write", "machine_read",
    "machine_write", "misc", "team_read", "team_write",
)  # fmt: skip

_OPERATORS = {
    "eq": lambda value, bound: str(value) == str(bound),
    "lte": lambda value, bound: float(value) <= float(bound),
    "gte": lambda value, bound: float(value) >= float(bound),
}


@cache
def scopes() -> dict[str, str]:
    """Route -> the scope it needs, from the vendor's published table (August 2026).

    The table lacks the serverless host, the kinds of notifications and two requests to a webhook: these need what their
    neighbours need.
    """
    with open(os.path.join(os.path.dirname(__file__), "scopes.json"), encoding="utf-8") as file:
        table: dict[str, list[str]] = json.load(file)
    return {plain(route): scope for scope, routes in table.items() for route in routes}


def plain(route: str) -> str:
    """A route without the names of its parameters and without a trailing slash, for comparing.

    >>> plain("GET /api/v0/instances/{id}/")
    'GET /api/v0/instances/{}'
    """
    return re.sub(r"\{\w+\}", "{}", route).rstrip("/")


def scope_of(route: str) -> str | None:
    """The scope that a route needs: its own, or that of a route with a parameter where this one has a word (``me``).

    >>> scope_of("GET /api/v0/users/me/invoices/")
    'billing_read'
    """
    asked = plain(route).split("/")
    fitting = (scope for pattern, scope in scopes().items() if _stands_for(pattern.split("/"), asked))
    return scopes().get(plain(route)) or next(fitting, None)


@cache
def unknown_key_status(route: str) -> int:
    """How a route refuses a key that it does not know: 404 on billing and search routes, else 401 (API facts, 2).

    >>> unknown_key_status("GET /api/v0/charges/"), unknown_key_status("GET /api/v0/instances/{id}/")
    (404, 401)
    """
    return 404 if scope_of(route) == "billing_read" or "/bundles/" in route else 401


def _stands_for(pattern: list[str], asked: list[str]) -> bool:
    return len(pattern) == len(asked) and all(one in ("{}", other) for one, other in zip(pattern, asked, strict=True))


def authorize(caller: Caller, route: str, arguments: Row) -> None:
    """Let the request pass, if the key's permissions cover its route.

    Arguments: route as the table writes it; arguments of path, query and body together, for constraints.

    Raises:
        Refusal: 403, naming the scope that is missing.
    """
    key = caller.key
    if key is None or key.get("permissions") is None:
        return
    scope = scope_of(route)
    if key.get("instance_id") is not None and str(arguments.get("id")) != str(key["instance_id"]):
        raise Refusal(403, "auth_error", f"This key is for instance {key['instance_id']} only.")
    if scope is None:
        return
    allowed = key["permissions"].get("api", {})
    if scope not in allowed or not _covers(allowed[scope], route, arguments):
        raise Refusal(403, "auth_error", f"This key may not do that: {route} needs the scope {scope}.")


def _covers(endpoints: Any, route: str, arguments: Row) -> bool:
    """Does a scope's inner object cover the route? Empty: all of the scope; else the endpoints it names."""
    if not isinstance(endpoints, dict) or not endpoints:
        return True
    verb, name = endpoint_name(route)
    for spelling, rules in endpoints.items():
        if spelling not in (name, name.replace("api.instances", "api.instance")):
            continue
        rules = rules if isinstance(rules, dict) else {}
        verbs = [each for each in rules if each.isupper()]
        if verbs and verb not in verbs:
            continue
        if all(_holds(arguments.get(field), rule) for field, rule in rules.get("constraints", {}).items()):
            return True
    return False


def endpoint_name(route: str) -> tuple[str, str]:
    """Verb and dotted name of a route, as permissions name it.

    >>> endpoint_name("PUT /api/v0/instances/request_logs/{id}/")
    ('PUT', 'api.instances.request_logs')
    """
    verb, _, path = route.partition(" ")
    parts = [part for part in path.split("/") if part and not part.startswith("{")]
    return verb, ".".join(["api", *parts[2:]])


def _holds(value: Any, rule: Any) -> bool:
    """Does an argument obey a constraint, written as {operator: bound}?"""
    try:
        return all(_OPERATORS[name](value, bound) for name, bound in rule.items())
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
