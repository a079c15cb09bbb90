"""Hooks of schemathesis: each operation is tried on an account of its own, which has one of almost everything.

A key that is new to a served sandbox opens an account; so what one operation deletes, no other one misses. Most
invented ids become those of what is there, some other values become good ones: else nearly all answers would be a 404.
"""

from __future__ import annotations

import json
import random
import re
import zlib
from typing import Any

import requests
import schemathesis

SSH_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB9f a@b"
SCOPES = {"api": {"misc": {}}}
# What an account gets: the request that makes it, its body, and where the answer has values that are kept, by name.
# A value such as $hash is one that was kept.
TEAM: tuple[tuple[str, dict[str, Any], dict[str, str]], ...] = (
    ("POST /team/", {"team_name": "crew", "transfer_credit": 100}, {"team": "team_id"}),
    ("PUT /__sandbox__/team/select/", {"id": "$team"}, {}),
    ("POST /team/roles/", {"name": "r", "permissions": SCOPES}, {"role": "id"}),
    ("POST /team/invite/", {"email": "friend@example.com", "role": "r"}, {}),
)
FIRST: tuple[tuple[str, dict[str, Any], dict[str, str]], ...] = (
    ("PUT /asks/$offer/", {"client_id": "me", "image": "ubuntu", "disk": 10}, {"instance": "new_contract"}),
    ("POST /template/", {"name": "t", "image": "ubuntu"}, {"template": "template.id", "hash": "template.hash_id"}),
    ("POST /ssh/", {"ssh_key": SSH_KEY}, {"ssh": "key.id"}),
    ("POST /auth/apikeys/", {"name": "k", "permissions": SCOPES}, {"apikey": "id"}),
    ("POST /endptjobs/", {"endpoint_name": "e"}, {"endpoint": "result"}),
    ("POST /autojobs/", {"endpoint_name": "e", "template_hash": "$hash"}, {"workergroup": "id"}),
    (
        "POST /webhooks/",
        {"name": "w", "webhook_url": "https://a.example/", "event_types": ["*"]},
        {"webhook": "webhook.id"},
    ),
    ("POST /secrets/", {"key": "K", "value": "v"}, {}),
    ("PUT /volumes/", {"id": "$ask", "size": 10, "name": "v"}, {"volume": "id"}),
    ("POST /cluster/", {"subnet": "10.0.0.0/24", "manager_id": "$other"}, {"cluster": "cluster_id"}),
    ("POST /overlay/", {"cluster_id": "$cluster", "name": "o"}, {"overlay": "overlay_id"}),
    ("PUT /deployments/", {"name": "d", "image": "ubuntu", "file_hash": "a1"}, {"deployment": "deployment_id"}),
)
# Which of these a field named ``id`` means, by the path, ...
MEANT = (
    *((r"asks/\{", "offer"), (r"deployment/", "deployment"), (r"(endpoint|endptjobs)", "endpoint")),
    *((r"(autojobs|workergroup|autogroup|update_workers)", "workergroup"), (r"instances/\{.*ssh", "instance")),
    *((r"machines", "machine"), (r"(instances|schedule_job|backups)", "instance"), (r"/ssh/", "ssh")),
    *((r"apikeys/", "apikey"), (r"webhooks/", "webhook"), (r"roles/", "role"), (r"users/", "user")),
    *((r"clusters?/", "cluster"), (r"overlay", "overlay"), (r"volumes", "volume")),
)
# ... and which a field of another name; values beside them.
# fmt: off
NAMED = {
    **dict.fromkeys(("instance_id", "instance_ids", "contract_ids", "contract_id", "src_id", "dst_id"), "instance"),
    **dict.fromkeys(("machine_id", "machine_ids", "machid", "machine", "manager_id"), "machine"),
    **dict.fromkeys(("template_hash_id", "hash_id", "template_hash"), "hash"),
    "ids": "instance", "ssh_key_id": "ssh", "template_id": "template", "endpoint_id": "endpoint",
    "workergroup_id": "workergroup", "user_id": "user", "cluster_id": "cluster", "overlay_id": "overlay",
}
GOOD: dict[str, Any] = {
    "image": "ubuntu", "disk": 10.0, "size": 10, "price": 0.5, "ssh_key": SSH_KEY, "email": "friend@example.com",
    "webhook_url": "https://a.example/", "event_types": ["*"], "recipient": "friend@example.com", "amount": 1.0,
    "key": "K", "name": "r", "role": "r", "endpoint_name": "e", "command": "ls /", "subnet": "10.0.1.0/24",
    "phone_number": "+4712345678", "permissions": SCOPES, "tfa_method": "totp", "code": "123456",
}
# fmt: on
_known: dict[str, dict[str, Any]] = {}


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: dict[str, Any]) -> None:
    """Ask with the key of the operation's account, for what is there."""
    operation = case.operation
    key = "key-" + re.sub(r"\W+", "-", operation.label)
    if key not in _known:
        _known[key] = opened(operation.base_url.rstrip("/") + "/api/v0", key, team="/team/" in operation.path)
    case.headers = {**(case.headers or {}), "Authorization": f"Bearer {key}"}
    if case.query:
        case.query.pop("select_cols", None)  # rows with only some of their columns are as no schema
    invented = json.dumps([case.path_parameters, case.query, repr(case.body)], default=repr)
    dice = random.Random(zlib.crc32(invented.encode()))
    for fields in (case.path_parameters, case.query, case.body):
        if isinstance(fields, dict):
            fields.update(better(fields, operation.path, _known[key], dice))


def better(fields: dict[str, Any], path: str, known: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """Values for fields of a request: ids of what is there four times of five, other good values half of the time."""
    found = {}
    for name, value in fields.items():
        means = next((what for pattern, what in MEANT if re.search(pattern, path)), "") if name == "id" else ""
        means = NAMED.get(name, means)
        if means in known and dice.random() < 0.8:
            found[name] = [known[means]] if isinstance(value, list) else known[means]
        elif name in GOOD and dice.random() < 0.5:
            found[name] = GOOD[name]
    return found


def opened(base: str, key: str, team: bool) -> dict[str, Any]:
    """What a new account has, by name."""
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {key}"
    dice = random.Random(key)

    def ask(verb: str, path: str, **more: Any) -> Any:
        return session.request(verb, base + path, **more).json()

    offers = ask("GET", "/bundles/", params={"q": json.dumps({"limit": 300, "order": [["dph_total", "asc"]]})})[
        "offers"
    ]
    volumes = ask("POST", "/volumes/search/", json={"limit": 20})["offers"]
    machines = ask("GET", "/machines", params={"owner": "me"})["machines"]
    known = {"offer": dice.choice(offers)["id"], "ask": dice.choice(volumes)["id"], "machine": machines[0]["id"]}
    known |= {"user": "me", "other": machines[-1]["id"]}
    for route, body, kept in (*(TEAM if team else ()), *FIRST):
        verb, _, path = re.sub(r"\$(\w+)", lambda name: str(known.get(name[1], 0)), route).partition(" ")
        filled = {field: known.get(value[1:], 0) for field, value in body.items() if str(value)[:1] == "$"}
        answer = ask(verb, path, json={**body, **filled})
        for name, field in kept.items():
            found: Any = answer
            for step in field.split("."):
                found = found.get(step) if isinstance(found, dict) else None
            if found is not None:
                known[name] = found
    return known
