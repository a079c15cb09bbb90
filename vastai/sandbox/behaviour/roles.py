"""The roles of a team: list, show, make, change, remove. A change acts at once on the keys of all who have the role."""

from __future__ import annotations

from typing import Any

from vastai.sandbox import team_roles
from vastai.sandbox.behaviour.api_keys import check_permissions, missing_scopes
from vastai.sandbox.behaviour.registry import Call, Refusal, behaviour, invalid, missing, number_of
from vastai.sandbox.behaviour.teams import team_in_use

Row = dict[str, Any]


@behaviour("GET /api/v0/team/roles-full/", beside=True)
def roles(call: Call) -> list[Row]:
    """The roles of a team and their permissions."""
    return team_roles.all_of(call.world, team_in_use(call)["id"])


@behaviour("GET /api/v0/team/roles/{name}/")
def role(call: Call) -> Row:
    """One role, by its name or its id."""
    return _role(call, call.path["name"])


@behaviour("POST /api/v0/team/roles/")
def role_created(call: Call) -> Row:
    """Make a role, of what the key in use may do itself at most."""
    team, name = team_in_use(call), _new_name(call)
    row = {"name": name, "identifier": name, "permissions": _permissions(call)}
    call.world.add("role", team["id"], row)
    return {"success": True, "msg": f"The role {name} is made.", "id": row["id"]}


@behaviour("PUT /api/v0/team/roles/{id}/")
def role_changed(call: Call) -> Row:
    """Change the name or the permissions of a role that was made."""
    row = _made(call, call.path["id"])
    if call.body.get("name") is None and call.body.get("permissions") is None:
        raise invalid("nothing to change: give a name or permissions")
    if call.body.get("permissions") is not None:
        row["permissions"] = _permissions(call)
    if call.body.get("name") not in (None, row["name"]):
        _rename(call, row, _new_name(call))
    call.world.save("role", row)
    return {"success": True, "msg": f"The role {row['name']} is changed."}


def _rename(call: Call, row: Row, name: str) -> None:
    """Give a role another name, with all members and keys that have it."""
    team = team_in_use(call)["id"]
    for kind in ("member", "key"):
        for each in call.world.all(kind, team):
            if each.get("role") == row["name"]:
                each.update(role=name, **({"rights": name} if kind == "key" else {}))
                call.world.save(kind, each)
    row.update(name=name, identifier=name)


@behaviour("DELETE /api/v0/team/roles/{name}/")
def role_removed(call: Call) -> Row:
    """Remove a role that was made and that nobody has."""
    row = _made(call, call.path["name"])
    if any(each["role"] == row["name"] for each in call.world.all("member", team_in_use(call)["id"])):
        raise invalid(f"Somebody has the role {row['name']}; give them another one first.")
    call.world.remove("role", row["id"])
    text = f"The role {row['name']} is removed."
    return {"success": True, "status": "success", "message": text, "msg": text}


def _role(call: Call, named: Any) -> Row:
    found = team_roles.all_of(call.world, team_in_use(call)["id"])
    fitting = [each for each in found if each["name"] == str(named) or each["id"] == number_of(named)]
    if not fitting:
        raise missing("no_such_role", "role", named)
    return fitting[0]


def _made(call: Call, named: Any) -> Row:
    """A role that may be changed.

    Raises:
        Refusal: there is none, or it is one that every team has.
    """
    row = _role(call, named)
    if row["name"] in team_roles.DEFAULTS:
        raise invalid(f"Every team has the role {row['name']}: it cannot be changed.")
    return row


def _new_name(call: Call) -> str:
    name = call.body.get("name")
    if not isinstance(name, str) or not name.strip():
        raise invalid("name is required")
    if any(each["name"] == name for each in team_roles.all_of(call.world, team_in_use(call)["id"])):
        raise invalid(f"There is a role {name} already.")
    return name


def _permissions(call: Call) -> Row:
    """The permissions of a request, which the key in use has itself."""
    permissions = call.body.get("permissions")
    if permissions is None:
        raise invalid("permissions are required")
    check_permissions(permissions)
    lacking = missing_scopes(call, permissions)
    if lacking:
        msg = f"The key in use lacks {', '.join(lacking)}, so no role can be given that."
        raise Refusal(403, "missing_permissions", msg, missing_permissions=lacking)
    return dict(permissions)
