"""Backups: snapshots of instances, which are there after a moment, and the files in them."""

from __future__ import annotations

import secrets
from typing import Any

from vastai.sandbox import lifecycle
from vastai.sandbox.behaviour.instances import mine
from vastai.sandbox.behaviour.registry import Call, Refusal, behaviour, invalid, missing, number_of
from vastai.sandbox.behaviour.results import FILES, result_url

Row = dict[str, Any]

TOKEN_SECONDS = 3600
_CREATED = ("running", "exited", "stopped", "frozen")
"""States in which there is a container to take a snapshot of."""


@behaviour("POST /api/v0/instances/take_snapshot/{instance_id}/")
def taken(call: Call) -> Row:
    """Take a snapshot of an instance for a registry; it is listed as a backup, and is done a moment later."""
    instance = mine(call, call.path["instance_id"])
    repo = call.body.get("personal_repo")
    if not isinstance(repo, str) or not repo.strip():
        raise invalid("personal_repo must name the repository to push to, such as bob/trained")
    if str(call.body.get("pause", "true")).lower() not in ("true", "false"):
        raise invalid("pause must be true or false")
    state = lifecycle.state(instance["timeline"], call.now)
    if state.actual_status not in _CREATED:
        raise invalid(f"Instance {instance['id']} has no container yet; it is {state.actual_status or 'provisioning'}.")
    goal = f"{call.body.get('container_registry') or 'docker.io'}/{repo.strip()}"
    backup: Row = {
        "contract_id": instance["id"],
        "type": "instance",
        "machine_id": instance["machine_id"],
        "created_at": call.now,
        "info": f"{instance['image']} to {goal}",
        "files": instance.get("files", FILES),
    }
    call.world.add("backup", call.account, backup, lookup=str(instance["id"]))
    begun = lifecycle.remark(instance["timeline"], call.now, f"snapshot to {goal}: running")
    done = call.now + lifecycle.COPY_SECONDS
    instance["timeline"] = lifecycle.remark(begun, done, f"snapshot to {goal}: done")
    call.world.save("instance", instance)
    return {"success": True, "msg": f"The snapshot of instance {instance['id']} to {goal} has begun."}


def _row(call: Call, backup: Row) -> Row:
    shown = {name: backup[name] for name in ("id", "contract_id", "type", "machine_id", "created_at", "info")}
    return {**shown, "status": "success" if _done(call, backup) else "pending"}


def _done(call: Call, backup: Row) -> bool:
    return bool(call.now >= backup["created_at"] + lifecycle.COPY_SECONDS)


@behaviour("GET /api/v0/instance_backups/")
def listed(call: Call) -> Row:
    """The caller's backups, of one contract or of all."""
    wanted = call.query.get("contract_id")
    backups = call.world.all("backup", call.account)
    return {"backups": [_row(call, each) for each in backups if wanted in (None, "", str(each["contract_id"]))]}


@behaviour("GET /api/v0/instance_backups/{contract_id}/download/")
def files(call: Call) -> Row:
    """The files of a contract's newest backup, each with an address that it can be fetched from for an hour."""
    contract = number_of(call.path["contract_id"])
    backups = call.world.all("backup", call.account, str(contract))
    if not backups:
        raise missing("no_such_backup", "backup of contract", call.path["contract_id"])
    done = [each for each in backups if _done(call, each)]
    if not done:
        raise Refusal(409, "backup_pending", f"The backup of contract {contract} is not done yet.")
    rows = [
        {"name": name, "size": size, "url": result_url(call, f"{name}: {size} bytes that the sandbox made up\n")}
        for name, size in done[-1]["files"].items()
    ]
    answer = {"success": True, "files": rows, "authorization_token": secrets.token_hex(16)}
    return {**answer, "expires_in_sec": TOKEN_SECONDS, "truncated": False}
