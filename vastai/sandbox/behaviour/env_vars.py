"""Environment variables of an account, which the service calls secrets: list, add, change, remove."""

from __future__ import annotations

import re
from typing import Any

from vastai.sandbox.behaviour.registry import Call, Refusal, behaviour

Row = dict[str, Any]

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VALUE = re.compile(r"[A-Za-z0-9_.\-]+")
MOST_SECRETS = 256


@behaviour("GET /api/v0/secrets/")
def env_vars(call: Call) -> Row:
    """The account's environment variables as one object."""
    return {"success": True, "secrets": {each["key"]: each["value"] for each in call.world.all("secret", call.account)}}


@behaviour("POST /api/v0/secrets/")
def env_var_created(call: Call) -> Row:
    """Add a variable that is not there yet."""
    name, value = _name(call), _value(call)
    if call.world.find("secret", name, call.account) is not None:
        raise Refusal(400, "existing_key", f"{name} is there already; change it instead.")
    if len(call.world.all("secret", call.account)) >= MOST_SECRETS:
        raise Refusal(400, "max_secrets", f"An account has at most {MOST_SECRETS} variables.")
    call.world.add("secret", call.account, {"key": name, "value": value}, lookup=name)
    return {"success": True, "msg": f"{name} is set."}


@behaviour("PUT /api/v0/secrets/")
def env_var_changed(call: Call) -> Row:
    """Change a variable that is there."""
    name, value = _name(call), _value(call)
    found = _secret(call, name)
    found["value"] = value
    call.world.save("secret", found)
    return {"success": True, "msg": f"{name} is changed."}


@behaviour("DELETE /api/v0/secrets/")
def env_var_deleted(call: Call) -> Row:
    """Remove a variable."""
    name = _name(call)
    call.world.remove("secret", _secret(call, name)["id"])
    return {"success": True, "msg": f"{name} is removed."}


def _secret(call: Call, name: str) -> Row:
    found = call.world.find("secret", name, call.account)
    if found is None:
        raise Refusal(400, "nonexistent_key", f"There is no variable {name}.")
    return found


def _name(call: Call) -> str:
    """The variable's name, in upper case as it is stored."""
    name = _field(call, "key")
    if not _NAME.fullmatch(name):
        raise Refusal(400, "invalid_characters", "A name has letters, digits and underscores, no digit first.")
    return name.upper()


def _value(call: Call) -> str:
    value = _field(call, "value")
    if not _VALUE.fullmatch(value):
        raise Refusal(400, "invalid_characters", "A value has letters, digits, underscores, hyphens and dots.")
    return value


def _field(call: Call, field: str) -> str:
    value = call.body.get(field)
    if value is None:
        raise Refusal(400, "missing_input", f"{field} is required")
    if value == "":
        raise Refusal(400, "empty_input", f"{field} is empty")
    return str(value)
