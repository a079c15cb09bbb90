"""SSH keys: list, add, change, remove."""

from __future__ import annotations

import re
from typing import Any

from vastai.sandbox.behaviour.registry import Call, Refusal, behaviour, invalid, own

Row = dict[str, Any]

_PUBLIC = re.compile(r"(?:ssh-|ecdsa-|sk-)[\w@.-]+ [A-Za-z0-9+/]+={0,3}(?: .*)?")


@behaviour("GET /api/v0/ssh/")
def ssh_keys(call: Call) -> list[Row]:
    """The account's SSH keys."""
    return call.world.all("ssh_key", call.account)


@behaviour("POST /api/v0/ssh/")
def ssh_key_created(call: Call) -> Row:
    """Add a public key; all instances accept it from now on."""
    text = public_key(call)
    if any(key["public_key"] == text for key in call.world.all("ssh_key", call.account)):
        raise Refusal(400, "existing_key", "This SSH key is in the account already.")
    row = {"user_id": call.account, "key": text, "public_key": text, "created_at": call.now, "deleted_at": None}
    return {"success": True, "key": call.world.add("ssh_key", call.account, row)}


@behaviour("PUT /api/v0/ssh/{id}/", beside=True)
def ssh_key_changed(call: Call) -> Row:
    """Replace the text of a key."""
    key = own(call, "ssh_key", call.path["id"], "no_such_key", "SSH key")
    key["key"] = key["public_key"] = public_key(call)
    call.world.save("ssh_key", key)
    return {"success": True, "key": key}


@behaviour("DELETE /api/v0/ssh/{id}/")
def ssh_key_deleted(call: Call) -> Row:
    """Remove a key."""
    key = own(call, "ssh_key", call.path["id"], "no_such_key", "SSH key")
    call.world.remove("ssh_key", key["id"])
    return {"success": True}


def public_key(call: Call) -> str:
    """The text of the public key in a request.

    Raises:
        Refusal: there is none, or it is something else.
    """
    text = call.body.get("ssh_key")
    if not isinstance(text, str) or not text.strip():
        raise Refusal(400, "no_ssh_key", "ssh_key is required")
    if "PRIVATE KEY" in text:
        raise invalid("This is a private key; keep it, and send the public one.")
    if not _PUBLIC.fullmatch(text.strip()):
        raise invalid("ssh_key is not a public key, which looks like: ssh-ed25519 AAAA... name")
    return text.strip()
