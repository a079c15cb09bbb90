"""Deployments: code behind an endpoint of its own; versions of it, start and stop."""

from __future__ import annotations

import re
from typing import Any

from vastai.sandbox.behaviour import workers
from vastai.sandbox.behaviour.registry import Call, Refusal, behaviour, invalid, own
from vastai.sandbox.behaviour.serverless import ENDPOINT_FIELDS, WORKERGROUP_FIELDS

Row = dict[str, Any]

# What a deployment may be given besides its name, and what it is when nobody says.
FIELDS: Row = {
    "tag": None,
    "image": None,
    "env": None,
    "file_hash": None,
    "search_params": None,
    "storage": 16.0,
    "ttl": None,
}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


@behaviour("GET /api/v0/deployments/")
def deployments(call: Call) -> Row:
    """The caller's deployments."""
    return {"success": True, "deployments": [_shown(call, each) for each in call.world.all("deployment", call.account)]}


@behaviour("GET /api/v0/deployment/{id}/")
def deployment(call: Call) -> Row:
    """One deployment."""
    return {"success": True, "deployment": _shown(call, _mine(call))}


def _shown(call: Call, row: Row) -> Row:
    endpoint = call.world.get("endpoint", row["endpoint_id"], call.account)
    versions = _versions(call, row)
    return {
        **row,
        "endpoint_state": endpoint["endpoint_state"] if endpoint else None,
        "worker_count": len(workers.scaled(call, endpoint)) if endpoint else 0,
        "s3_key": f"deployments/{row['id']}/{row['file_hash']}.tar.gz" if row["file_hash"] else None,
        "current_version_id": versions[-1]["id"],
        "last_healthy_version_id": versions[-1]["id"],
    }


@behaviour("GET /api/v0/deployment/{id}/versions/")
def versions(call: Call) -> Row:
    """The uploads of a deployment's code, the oldest first."""
    return {"success": True, "versions": _versions(call, _mine(call))}


def _versions(call: Call, row: Row) -> list[Row]:
    return call.world.all("deployment_version", call.account, lookup=f"deployment {row['id']}")


@behaviour("PUT /api/v0/deployments/", beside=True)
def deployed(call: Call) -> Row:
    """Make a deployment with its endpoint and worker group, or change the one of this name and tag.

    The serverless library of the vendor sends it; no command of the table does.
    """
    name = call.body.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise invalid("name has 1 to 64 letters, digits, hyphens and underscores")
    given = {field: call.body[field] for field in FIELDS if call.body.get(field) is not None}
    there = call.world.all("deployment", call.account)
    same = [each for each in there if (each["name"], each["tag"]) == (name, given.get("tag"))]
    row = same[0] if same else _made(call, {**FIELDS, **given, "name": name})
    action = "exists" if same else "created"
    if same and any(row[field] != value for field, value in given.items()):
        action = "soft_update"
        new_code = given.get("file_hash") not in (None, row["file_hash"])
        row.update(given, updated_at=call.now, last_client_heartbeat=call.now)
        call.world.save("deployment", row)
        if new_code:
            _add_version(call, row)
    ids = {"deployment_id": row["id"], "endpoint_id": row["endpoint_id"], "workergroup_id": row["workergroup_id"]}
    return {"success": True, "action": action, **ids, "upload_url": None, "upload_fields": None, "evicted_versions": []}


def _made(call: Call, row: Row) -> Row:
    about = {"user_id": call.account, "created_at": call.now}
    name = "-".join(filter(None, (row["name"], row["tag"])))
    endpoint = call.world.add("endpoint", call.account, {**ENDPOINT_FIELDS, "endpoint_name": name, **about})
    group = {**WORKERGROUP_FIELDS, "endpoint_id": endpoint["id"], "endpoint_name": name, **about}
    group = call.world.add("workergroup", call.account, group)
    row.update(endpoint_id=endpoint["id"], workergroup_id=group["id"], created_at=call.now, updated_at=call.now)
    row["last_client_heartbeat"] = call.now
    call.world.add("deployment", call.account, row)
    _add_version(call, row)
    return row


def _add_version(call: Call, row: Row) -> None:
    version = {"file_hash": row["file_hash"], "created_at": call.now}
    call.world.add("deployment_version", call.account, version, lookup=f"deployment {row['id']}")


@behaviour("POST /api/v0/deployment/{id}/start/")
def started(call: Call) -> Row:
    """Start a deployment: its endpoint is active."""
    return _set_state(call, "active")


@behaviour("POST /api/v0/deployment/{id}/stop/")
def stopped(call: Call) -> Row:
    """Stop a deployment: its workers end."""
    return _set_state(call, "stopped")


def _set_state(call: Call, state: str) -> Row:
    row = _mine(call)
    endpoint = own(call, "endpoint", row["endpoint_id"])
    endpoint["endpoint_state"] = state
    call.world.save("endpoint", endpoint)
    workers.scaled(call, endpoint)
    return {"success": True, "endpoint_state": state, "msg": f"Deployment {row['id']} is {state}."}


@behaviour("DELETE /api/v0/deployment/{id}/")
def deleted(call: Call) -> Row:
    """Delete a deployment with its endpoint, worker group and versions."""
    row = _mine(call)
    _delete(call, row)
    return {"success": True, "msg": f"Deployment {row['id']} is deleted."}


@behaviour("DELETE /api/v0/deployments/")
def deleted_by_name(call: Call) -> Row:
    """Delete the deployments of a name, or those of them with a tag."""
    name, tag = call.given("name"), call.given("tag")
    there = call.world.all("deployment", call.account)
    found = [each for each in there if each["name"] == name and tag in (None, each["tag"])]
    if not found:
        named = f"{name} with the tag {tag}" if tag else f"{name}"
        raise Refusal(404, "no_such_deployment", f"There is no deployment named {named} in this account.")
    for row in found:
        _delete(call, row)
    return {"success": True, "count": len(found), "msg": f"{len(found)} deployments are deleted."}


def _delete(call: Call, row: Row) -> None:
    workers.remove_all(call, row["workergroup_id"])
    for version in _versions(call, row):
        call.world.remove("deployment_version", version["id"])
    for kind, id in (
        ("workergroup", row["workergroup_id"]),
        ("endpoint", row["endpoint_id"]),
        ("deployment", row["id"]),
    ):
        call.world.remove(kind, id)


def _mine(call: Call) -> Row:
    return own(call, "deployment", call.path["id"], "no_such_deployment", "deployment")
