"""Keys and settings of an account: API keys, SSH keys, environment variables."""

from __future__ import annotations

import re
import secrets
from typing import Any

from vastai.sandbox import callers
from vastai.sandbox.behaviour.registry import Call, Refusal, behaviour, invalid, missing, number_of, own

Row = dict[str, Any]

SCOPES = (
    "instance_read", "instance_write", "user_read", "user_write", "billing_read", "billing_write", "machine_read",
    "machine_write", "misc", "team_read", "team_write",
)  # fmt: skip
LONGEST_NAME = 255

# -- API keys


@behaviour("GET /api/v0/auth/apikeys/")
def api_keys(call: Call) -> Row:
    """The person's keys, those of teams included; the texts of keys are not shown again."""
    rows = [key for key in call.world.all("key") if key["user_id"] == call.caller.user["id"]]
    return {"apikeys": [_shown(key) for key in rows if not key.get("revoked") and key.get("instance_id") is None]}


@behaviour("GET /api/v0/auth/apikeys/{id}/")
def api_key(call: Call) -> Row:
    """One key."""
    return _shown(_mine(call))


def _shown(key: Row) -> Row:
    fields = ("id", "name", "user_id", "rights", "permissions", "team_id", "team_name", "key_type", "created_at")
    return {field: key.get(field) for field in fields}


def _mine(call: Call) -> Row:
    number = number_of(call.path["id"])
    key = None if number is None else call.world.get("key", number)
    if key is None or key.get("revoked") or key["user_id"] != call.caller.user["id"]:
        raise missing("no_such_key", "API key", call.path["id"])
    return key


@behaviour("POST /api/v0/auth/apikeys/")
def api_key_created(call: Call) -> Row:
    """Create a key; without permissions it may do what the caller's key may. Its text is shown this once."""
    name = call.body.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME:
        raise invalid(f"name must be a text of 1 to {LONGEST_NAME} characters")
    permissions = call.body.get("permissions")
    if permissions is None and call.caller.key is not None:
        permissions = call.caller.key.get("permissions")
    check_permissions(permissions)
    row = {"name": name, "permissions": permissions, "key_params": call.body.get("key_params")}
    key, text = issue(call, call.caller.account, row)
    return {"success": True, "id": key["id"], "key": text, "permissions": permissions}


def check_permissions(permissions: Any) -> None:
    """Refuse permissions that are not an object of known scopes below `api`."""
    if permissions is None:
        return
    scopes = permissions.get("api") if isinstance(permissions, dict) else None
    if not isinstance(scopes, dict) or not scopes:
        raise Refusal(400, "invalid_permissions", 'permissions must be an object like {"api": {"instance_read": {}}}')
    unknown = sorted(scopes.keys() - set(SCOPES))
    if unknown:
        raise Refusal(400, "invalid_permissions", f"{unknown[0]} is not one of {', '.join(SCOPES)}")


def issue(call: Call, account: Row, row: Row) -> tuple[Row, str]:
    """Make a key of the caller for an account, their own or a team's. Returns its row and its text."""
    text = secrets.token_hex(32)
    team = account.get("owner") is not None
    key: Row = {
        "user_id": call.caller.user["id"],
        "account": account["id"],
        "rights": row.pop("rights", None),
        "team_id": account["id"] if team else None,
        "team_name": account["team_name"] if team else None,
        "key_type": "team" if team else "user",
        "created_at": call.now,
        **row,
    }
    return call.world.add("key", account["id"], key, lookup=callers.key_hash(text)), text


@behaviour("DELETE /api/v0/auth/apikeys/{id}/")
def api_key_deleted(call: Call) -> Row:
    """Revoke a key: it is remembered, so that nobody gets in with it."""
    key = _mine(call)
    key["revoked"] = True
    call.world.save("key", key)
    return {"success": True, "msg": f"API key {key['id']} is revoked."}


# -- SSH keys

_PUBLIC = re.compile(r"(?:ssh-|ecdsa-|sk-)[\w@.-]+ [A-Za-z0-9+/]+={0,3}(?: .*)?")


@behaviour("GET /api/v0/ssh/")
def ssh_keys(call: Call) -> list[Row]:
    """The account's SSH keys."""
    return call.world.all("ssh_key", call.account)


@behaviour("POST /api/v0/ssh/")
def ssh_key_created(call: Call) -> Row:
    """Add a public key; all instances accept it from now on."""
    text = _public_key(call)
    if any(key["public_key"] == text for key in call.world.all("ssh_key", call.account)):
        raise Refusal(400, "existing_key", "This SSH key is in the account already.")
    row = {"user_id": call.account, "key": text, "public_key": text, "created_at": call.now, "deleted_at": None}
    return {"success": True, "key": call.world.add("ssh_key", call.account, row)}


@behaviour("PUT /api/v0/ssh/{id}/")
def ssh_key_changed(call: Call) -> Row:
    """Replace the text of a key."""
    key = own(call, "ssh_key", call.path["id"], "no_such_key", "SSH key")
    key["key"] = key["public_key"] = _public_key(call)
    call.world.save("ssh_key", key)
    return {"success": True, "key": key}


@behaviour("DELETE /api/v0/ssh/{id}/")
def ssh_key_deleted(call: Call) -> Row:
    """Remove a key."""
    key = own(call, "ssh_key", call.path["id"], "no_such_key", "SSH key")
    call.world.remove("ssh_key", key["id"])
    return {"success": True}


def _public_key(call: Call) -> str:
    text = call.body.get("ssh_key")
    if not isinstance(text, str) or not text.strip():
        raise Refusal(400, "no_ssh_key", "ssh_key is required")
    if "PRIVATE KEY" in text:
        raise invalid("This is a private key; keep it, and send the public one.")
    if not _PUBLIC.fullmatch(text.strip()):
        raise invalid("ssh_key is not a public key, which looks like: ssh-ed25519 AAAA... name")
    return text.strip()


# -- environment variables

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_VALUE = re.compile(r"[A-Za-z0-9_.\-]+")
LONGEST_SECRET = 32_768
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
    if len(str(value)) > LONGEST_SECRET:
        raise Refusal(400, "input_too_long", f"{field} is longer than {LONGEST_SECRET} characters")
    return str(value)
