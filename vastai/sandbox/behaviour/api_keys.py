"""API keys: list, create with permissions, revoke."""

from __future__ import annotations

import secrets
from typing import Any

from vastai.sandbox import callers
from vastai.sandbox.behaviour.registry import Call, Refusal, behaviour, invalid, missing, number_of
from vastai.sandbox.permissions import SCOPES

Row = dict[str, Any]


@behaviour("GET /api/v0/auth/apikeys/")
def api_keys(call: Call) -> Row:
    """The person's keys, those of teams included; the texts of keys are not shown again."""
    rows = [key for key in call.world.all("key") if key["user_id"] == call.caller.user["id"]]
    return {"apikeys": [_shown(key) for key in rows if _listed(key)]}


def _listed(key: Row) -> bool:
    """Keys of instances and of two-factor sessions are not listed, nor those that are revoked."""
    return not key.get("revoked") and key.get("instance_id") is None and key.get("key_type") != "session"


@behaviour("GET /api/v0/auth/apikeys/{id}/", beside=True)
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
    if not isinstance(name, str) or not name:
        raise invalid("name is required")
    permissions = call.body.get("permissions")
    if permissions is None and call.caller.key is not None:
        permissions = call.caller.key.get("permissions")
    check_permissions(permissions)
    lacking = missing_scopes(call, permissions)
    if lacking:
        raise Refusal(400, "missing_permissions", f"The key in use lacks {', '.join(lacking)} itself.")
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


def missing_scopes(call: Call, permissions: Any) -> list[str]:
    """The scopes that are to be given to somebody, and that the key in use has not itself."""
    held = call.caller.key.get("permissions") if call.caller.key else None
    if held is None or permissions is None:
        return []
    return sorted(permissions["api"].keys() - held.get("api", {}).keys())


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
