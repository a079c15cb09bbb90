"""Templates of one's own: make, edit, delete. Every edit gives a new hash, the id stays."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from vastai.sandbox.behaviour.registry import Call, Refusal, amount_of, behaviour, check_kept, invalid, number_of

Row = dict[str, Any]

# Fields that a request may set, with what they are when nobody says.
FIELDS: Row = {
    "name": None,
    "image": None,
    "tag": None,
    "href": None,
    "repo": None,
    "env": None,
    "onstart": None,
    "runtype": "args",
    "use_ssh": False,
    "ssh_direct": False,
    "jup_direct": False,
    "use_jupyter_lab": False,
    "jupyter_dir": None,
    "docker_login_repo": None,
    "extra_filters": {},
    "recommended_disk_space": None,
    "desc": None,
    "readme": None,
    "readme_visible": True,
    "private": True,
    "volume_info": None,
    "args_str": None,
}
RUNTYPES = ("ssh", "jupyter", "args", "ssh_direct", "jupyter_direct", "ssh_proxy", "jupyter_proxy")


def visible(call: Call) -> list[Row]:
    """The templates of the market, the caller's own, and those that others show to everybody."""
    made = call.world.all("template")
    return [*call.world.listings("template"), *(t for t in made if t["creator_id"] == call.account or not t["private"])]


def content_hash(row: Row) -> str:
    """The hash of what a template says, in 32 hexadecimal digits."""
    text = json.dumps({name: row.get(name) for name in FIELDS}, sort_keys=True)
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@behaviour("POST /api/v0/template/")
def created(call: Call) -> Row:
    """Make a template; one that says the same as another of the caller's is that one."""
    row: Row = {**FIELDS, **_given(call)}
    for name in ("name", "image"):
        if not isinstance(row[name], str) or not row[name].strip():
            raise invalid(f"{name} is required")
    row |= {"creator_id": call.account, "created_at": call.now, "recent_create_date": None, "count_created": 0}
    row |= {"default_tag": row["tag"], "recommended": False, "hash_id": content_hash(row)}
    same = [each for each in call.world.all("template", call.account) if each["hash_id"] == row["hash_id"]]
    found = same[0] if same else call.world.add("template", call.account, row)
    return {"success": True, "msg": f"The template {found['name']} is kept.", "template": found}


@behaviour("PUT /api/v1/template/")
def replaced(call: Call) -> Row:
    """Replace a template of the caller's, named by id and hash, by a whole one: what is not given falls back."""
    row = _mine(call)
    fields = {**FIELDS, **_given(call)}
    return _saved(call, row, fields)


@behaviour("PUT /api/v0/template/", beside=True)
def edited(call: Call) -> Row:
    """Edit the fields that are given of a template of the caller's, named by its hash."""
    return _saved(call, _mine(call), _given(call))


def _saved(call: Call, row: Row, fields: Row) -> Row:
    for name in ("name", "image"):
        if name in fields and not fields[name]:
            raise invalid(f"{name} is required")
    row.update(fields)
    row.update(default_tag=row["tag"], hash_id=content_hash(row))
    call.world.save("template", row)
    return {"success": True, "msg": f"The template {row['name']} is kept.", "template": row}


@behaviour("DELETE /api/v0/template/")
def deleted(call: Call) -> Row:
    """Delete a template of the caller's, named by its id or its hash. What was started from it goes on."""
    row = _mine(call)
    call.world.remove("template", row["id"])
    return {"success": True, "msg": f"The template {row['name']} is deleted."}


def _mine(call: Call) -> Row:
    """The caller's template that the request names.

    Raises:
        Refusal: there is none, or it is a public one of somebody else.
    """
    id, hash_id = call.body.get("template_id") or call.body.get("id"), call.body.get("hash_id")
    if id is None and hash_id is None:
        raise invalid("template_id or hash_id is required")
    for row in visible(call):
        if (id is None or row["id"] == number_of(id)) and hash_id in (None, row["hash_id"]):
            if row["creator_id"] != call.account:
                raise Refusal(
                    403, "forbidden", f"The template {row['name']} is not yours: make one of your own from it."
                )
            return row
    named = id if id is not None else hash_id
    raise Refusal(404, "no_such_template", f"There is no template {named}; its hash changes with every edit.")


def _given(call: Call) -> Row:
    """The known fields of the body that are not null, of the right kind.

    Raises:
        Refusal: one is of another kind.
    """
    given = {name: call.body[name] for name in FIELDS if call.body.get(name) is not None}
    for name, value in given.items():
        if isinstance(FIELDS[name], bool) and not isinstance(value, bool):
            raise invalid(f"{name} must be true or false")
        if name in ("env", "onstart", "tag", "name", "image") and not isinstance(value, str):
            raise invalid(f"{name} must be a text")
    if str(given.get("runtype", "args")).split(" ")[0] not in RUNTYPES:
        raise invalid(f"runtype must be one of {', '.join(RUNTYPES[:3])}")
    if "recommended_disk_space" in given:  # the official client sends it as text
        given["recommended_disk_space"] = amount_of(given["recommended_disk_space"], "recommended_disk_space")
        if given["recommended_disk_space"] < 0:
            raise invalid("recommended_disk_space must not be negative")
    check_kept("template", given)
    return given
