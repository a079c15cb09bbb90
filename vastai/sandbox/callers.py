"""Who sends a request to the sandbox: the account that the key in its header stands for."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from vastai.sandbox import hosting, ledger, team_roles
from vastai.sandbox.behaviour.registry import Caller, Refusal
from vastai.sandbox.world import World

Row = dict[str, Any]

DEFAULT_EMAIL = "you@example.com"
OTHER_EMAILS = ("friend@example.com", "bob@example.com")
INVALID_KEY = "invalid"
KEY_MODES = ("shared", "open", "strict")
"""What an unknown key is: the default account (in process), an account of its own (over HTTP), refused."""

_NOBODY: Row = {"id": 0}


def identify(
    world: World, headers: dict[str, str], mode: str, optional: bool, now: float, unknown: int = 401
) -> Caller:
    """The caller behind a request's headers.

    Arguments:
        headers: with lower-case names; only ``authorization: Bearer KEY`` counts.
        mode: one of `KEY_MODES`.
        optional: does the route answer without a key?
        unknown: the status for a key that is not valid; 401 on most routes.

    Raises:
        Refusal: for a key that is not valid; 403 when one is needed and none is there.
    """
    key = _key(headers.get("authorization", ""))
    if key == INVALID_KEY:
        raise _bad_key(unknown)
    row = world.find("key", key_hash(key)) if key else None
    if row is not None:
        if row.get("revoked"):
            raise _bad_key(unknown)
        if row.get("expires_at") is not None and now >= row["expires_at"]:
            raise Refusal(404, "session_expired", "Session expired. Please log in again.")
        user, account = world.get("account", row["user_id"]), world.get("account", row["account"])
        if user is None or account is None:
            raise _bad_key(unknown)
        if row.get("role") is not None:
            row["permissions"] = team_roles.permissions_of(world, account["id"], row["role"])
        return Caller(user, account, row)
    if mode == "shared":
        return _default(world, now)
    if mode == "open" and key:
        account = _open(world, "", now)
        return Caller(account, account, add_key(world, account["id"], key, "first key", now))
    if key:
        raise _bad_key(unknown)
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


def member(world: World, email: str, now: float) -> Row:
    """The account with this e-mail address, which is opened if need be."""
    return account_by_email(world, email, now) or _open(world, email.lower(), now)


def issue(world: World, email: str, name: str, now: float) -> str:
    """Make a key that may do everything for an account, which is opened if need be; a team's is its owner's.

    Returns the key.
    """
    key = secrets.token_hex(32)
    account = member(world, email, now)
    add_key(world, account["id"], key, name, now, user=account["owner"])
    return key


def add_key(world: World, account: int, key: str, name: str, now: float, user: int | None = None) -> Row:
    """Let a key that is known already do everything for an account; the world keeps its hash.

    Arguments: user is whose key it is; None for the account itself.
    """
    row = {"name": name, "user_id": user or account, "account": account, "permissions": None, "created_at": now}
    return world.add("key", account, row, lookup=key_hash(key))


def _default(world: World, now: float) -> Caller:
    """The account of whoever uses the sandbox in process, in the team that was selected last."""
    user = _with_email(world, DEFAULT_EMAIL, now)
    team = world.get("account", user["context"]) if user.get("context") else None
    return Caller(user, team or user, None)


def _with_email(world: World, email: str, now: float) -> Row:
    return world.find("account", email) or _open(world, email, now)


def _open(world: World, email: str, now: float) -> Row:
    """Open an account with the starting credit and a few machines; without an address it is given one."""
    number = world.new_id()
    email = email or f"user{number}@example.com"
    account = {"email": email, "username": email.partition("@")[0], "created_at": now, "owner": None}
    world.add("account", number, account, lookup=email, id=number)
    ledger.pay_in(world, number, ledger.STARTING_CREDIT, "sandbox", "Starting credit of the sandbox", now)
    hosting.furnish(world, number, now)
    return account


def _key(header: str) -> str:
    scheme, _, key = header.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _bad_key(status: int) -> Refusal:
    return Refusal(status, "auth_error", "The API key is not valid.")
