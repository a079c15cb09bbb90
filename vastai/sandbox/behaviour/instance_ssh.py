"""SSH keys of one instance: those of the account, without what was taken out there, and what was let in there alone."""

from __future__ import annotations

import json
from typing import Any

from vastai.sandbox.behaviour.instances import mine
from vastai.sandbox.behaviour.registry import Call, Refusal, behaviour, missing, number_of
from vastai.sandbox.behaviour.ssh_keys import public_key

Row = dict[str, Any]


def keys_of(call: Call, instance: Row) -> list[Row]:
    """The keys that get into an instance."""
    account = call.world.all("ssh_key", call.account)
    shut_out = instance.get("ssh_keys_out", [])
    return [*(each for each in account if each["id"] not in shut_out), *instance.get("ssh_keys_in", [])]


@behaviour("GET /api/v0/instances/{id}/ssh/")
def listed(call: Call) -> Row:
    """The keys that get into an instance, as the text of a JSON list: the service writes it so."""
    return {"success": True, "ssh_keys": json.dumps(keys_of(call, mine(call, call.path["id"])))}


@behaviour("POST /api/v0/instances/{instance_id}/ssh/")
def attached(call: Call) -> Row:
    """Let a key in, whether the account has it or not."""
    instance, text = mine(call, call.path["instance_id"]), public_key(call)
    if any(each["public_key"] == text for each in keys_of(call, instance)):
        raise Refusal(400, "existing_key", "This SSH key is in the instance already.")
    known = [each for each in call.world.all("ssh_key", call.account) if each["public_key"] == text]
    if known:
        key = known[0]
        instance["ssh_keys_out"] = [id for id in instance["ssh_keys_out"] if id != key["id"]]
    else:
        key = {"id": call.world.new_id(), "user_id": call.account, "key": text, "public_key": text}
        key |= {"created_at": call.now, "deleted_at": None}
        instance["ssh_keys_in"] = [*instance.get("ssh_keys_in", []), key]
    call.world.save("instance", instance)
    return {"success": True, "msg": f"The SSH key is in instance {instance['id']}.", "key": key}


@behaviour("DELETE /api/v0/instances/{instance_id}/ssh/{ssh_key_id}/")
def detached(call: Call) -> Row:
    """Take a key out of an instance; the account keeps it."""
    instance, number = mine(call, call.path["instance_id"]), number_of(call.path["ssh_key_id"])
    if number not in [each["id"] for each in keys_of(call, instance)]:
        raise missing("no_such_key", "SSH key", call.path["ssh_key_id"])
    let_in = instance.get("ssh_keys_in", [])
    instance["ssh_keys_in"] = [each for each in let_in if each["id"] != number]
    if len(instance["ssh_keys_in"]) == len(let_in):
        instance["ssh_keys_out"] = [*instance.get("ssh_keys_out", []), number]
    call.world.save("instance", instance)
    return {"success": True, "msg": f"The SSH key is out of instance {instance['id']}."}
