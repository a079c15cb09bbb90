"""Who sends a request to the sandbox: the key in its header, the account it stands for, and what it may do."""

from __future__ import annotations

import hashlib
import json
import os
import re
from functools import cache
from typing import Any

from vastai.sandbox import ledger
from vastai.sandbox.behaviour.registry import Caller, Refusal
from vastai.sandbox.world import World

Row = dict[str, Any]

DEFAULT_EMAIL = "you@example.com"
OTHER_EMAILS = ("friend@example.com", "bob@example.com")
INVALID_KEY = "invalid"
KEY_MODES = ("shared", "open", "strict")
"""What an unknown key is: the default account (in process), an account of its own (over HTTP), refused."""

_NOBODY: Row = {"id": 0}
_OPERATORS = {
    "eq": lambda value, bound: str(value) == str(bound),
    "lte": lambda value, bound: float(value) <= float(bound),
    "gte": lambda value, bound: float(value) >= float(bound),
}


def identify(world: World, headers: dict[str, str], mode: str, optional: bool, now: float) -> Caller:
    """The caller behind a request's headers.

    Arguments:
        headers: with lower-case names; only ``authorization: Bearer KEY`` counts.
        mode: one of `KEY_MODES`.
        optional: does the route answer without a key?

    Raises:
        Refusal: 401 for a key that is not valid, 403 when one is needed and none is there.
    """
    key = _key(headers.get("authorization", ""))
    if key == INVALID_KEY:
        raise _bad_key()
    row = world.find("key", key_hash(key)) if key else None
    if row is not None:
        if row.get("revoked"):
            raise _bad_key()
        user, account = world.get("account", row["user_id"]), world.get("account", row["account"])
        if user is None or account is None:
            raise _bad_key()
        return Caller(user, account, row)
    if mode == "shared":
        return _default(world, now)
    if mode == "open" and key:
        account = _open(world, "", now)
        row = {"name": "first key", "user_id": account["id"], "account": account["id"], "permissions": None}
        row = world.add("key", account["id"], {**row, "created_at": now}, lookup=key_hash(key))
        return Caller(account, account, row)
    if key:
        raise _bad_key()
    if optional:
        return Caller(_NOBODY, _NOBODY, None)
    raise Refusal(403, "auth_error", "This needs an API key in the Authorization header.")


def key_hash(key: str) -> str:
    """What the world keeps of a key instead of its text."""
    return hashlib.sha256(key.encode()).hexdigest()


def account_by_email(world: World, email: str, now: float) -> Row | None:
    """The account with this e-mail address, or None."""
    if email.lower() in (DEFAULT_EMAIL, *OTHER_EMAILS):
        return _with_email(world, email.lower(), now)
    return world.find("account", email.lower())


def _default(world: World, now: float) -> Caller:
    """The account of whoever uses the sandbox in process, in the team that was selected last."""
    user = _with_email(world, DEFAULT_EMAIL, now)
    team = world.get("account", user["context"]) if user.get("context") else None
    return Caller(user, team or user, None)


def _with_email(world: World, email: str, now: float) -> Row:
    return world.find("account", email) or _open(world, email, now)


def _open(world: World, email: str, now: float) -> Row:
    """Open an account with the starting credit; without an address it is given one."""
    number = world.new_id()
    email = email or f"user{number}@example.com"
    account = {"email": email, "username": email.partition("@")[0], "created_at": now, "owner": None}
    world.add("account", number, account, lookup=email, id=number)
    ledger.pay_in(world, number, ledger.STARTING_CREDIT, "sandbox", "Starting credit of the sandbox", now)
    return account


def _key(header: str) -> str:
    scheme, _, key = header.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _bad_key() -> Refusal:
    return Refusal(401, "auth_error", "The API key is not valid.")


# -- what a key may do


@cache
def scopes() -> dict[str, str]:
    """Route -> the scope it needs, from the vendor's published table (August 2026)."""
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
