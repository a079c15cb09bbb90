"""Accounts below an account, and changes to one's own: its fields, its main key."""

from __future__ import annotations

import re
from typing import Any

from vastai.sandbox import callers, ledger, money
from vastai.sandbox.behaviour.api_keys import issue
from vastai.sandbox.behaviour.registry import Call, Caller, Refusal, behaviour, invalid

Row = dict[str, Any]

_EMAIL = re.compile(r"(?!.*@vast)[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}")
MAIN_KEY = "main key"

# The fields of an account that its owner may change, and their type.
CHANGEABLE: dict[str, type | tuple[type, ...]] = {
    "username": str,
    "fullname": str,
    "normalized_email": str,
    "balance_threshold": (int, float),
    "balance_threshold_enabled": bool,
    "autobill_threshold": (int, float),
    "autobill_amount": (int, float),
    "billaddress_line1": str,
    "billaddress_line2": str,
    "billaddress_city": str,
    "billaddress_zip": str,
    "billaddress_country": str,
    "paypal_email": str,
}


@behaviour("GET /api/v0/subaccounts/")
def subaccounts(call: Call) -> Row:
    """The accounts that were made below the caller's."""
    rows = call.world.all("account")
    return {"success": True, "users": [_shown(call, each) for each in rows if each.get("parent_id") == call.account]}


def _shown(call: Call, account: Row) -> Row:
    credit = money.dollars(ledger.credit(call.world, account["id"], call.now))
    fields = ("id", "parent_id", "username", "email", "created_at", "key_id")
    row = {field: account.get(field) for field in fields}
    return {**row, "fullname": account.get("fullname"), "balance": 0.0, "credit": credit, "deleted_at": None}


@behaviour("POST /api/v0/users/")
def subaccount_created(call: Call) -> Row:
    """Make an account below the caller's, without credit of its own at first; its key is shown this once."""
    email, username, password = (call.body.get(name) for name in ("email", "username", "password"))
    if not isinstance(email, str) or not _EMAIL.fullmatch(email):
        raise invalid("email must be an e-mail address")
    if not isinstance(username, str) or not username.strip():
        raise invalid("username is required")
    if not isinstance(password, str) or not password:
        raise invalid("password is required")
    others = call.world.all("account")
    known = {callers.DEFAULT_EMAIL, *callers.OTHER_EMAILS}
    if email.lower() in known | {each["email"].lower() for each in others}:
        raise Refusal(409, "duplicate_user", f"There is an account with the address {email} already.")
    number = call.world.new_id()
    account: Row = {"email": email.lower(), "username": username, "created_at": call.now, "owner": None}
    account |= {"parent_id": call.account, "host_only": bool(call.body.get("host_only"))}
    call.world.add("account", number, account, lookup=email.lower(), id=number)
    own = call._replace(caller=Caller(account, account, None))
    key, text = issue(own, account, {"name": MAIN_KEY, "permissions": None})
    account["key_id"] = key["id"]
    call.world.save("account", account)
    fields = {field: account[field] for field in ("id", "username", "email", "key_id")}
    return {"success": True, **fields, "api_key": text, "msg": f"The account of {email} is made."}


@behaviour("PUT /api/v0/users/")
def user_changed(call: Call) -> Row:
    """Change the fields of one's account that are given; unknown ones are tolerated, as by the service."""
    given = {name: call.body[name] for name in CHANGEABLE if call.body.get(name) is not None}
    for name, value in given.items():
        if not isinstance(value, CHANGEABLE[name]) or (isinstance(value, bool) and CHANGEABLE[name] is not bool):
            raise invalid(f"{name} is of the wrong type")
    account = call.world.get("account", call.account) or call.caller.account
    account.update(given)
    call.world.save("account", account)
    return {"success": True, "id": account["id"]}


@behaviour("PUT /api/v0/commands/reset_apikey/")
def key_reset(call: Call) -> Row:
    """Replace the main key: the key in use, or that of the account when another way in was used."""
    old = call.caller.key or _main_key(call)
    if old is not None:
        old = {**old, "revoked": True}
        call.world.save("key", old)
    row = {"name": MAIN_KEY, "permissions": old.get("permissions") if old else None}
    key, text = issue(call, call.caller.account, row)
    account = call.world.get("account", call.account) or call.caller.account
    account["key_id"] = key["id"]
    call.world.save("account", account)
    return {"success": True, "new_api_key": text, "msg": "The old main key has ended."}


def _main_key(call: Call) -> Row | None:
    number = call.caller.account.get("key_id")
    return call.world.get("key", number, call.account) if number is not None else None
