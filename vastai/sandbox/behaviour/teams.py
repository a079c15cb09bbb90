"""Teams: a team is an account of its own, and the key in use says which account is meant."""

from __future__ import annotations

import re
from typing import Any

from vastai.sandbox import callers, ledger, messages, money, team_roles
from vastai.sandbox.behaviour import instances, volumes
from vastai.sandbox.behaviour.account import move
from vastai.sandbox.behaviour.api_keys import issue
from vastai.sandbox.behaviour.registry import (
    Call,
    Caller,
    Refusal,
    amount_of,
    behaviour,
    invalid,
    missing,
    number_of,
)

Row = dict[str, Any]

INVITE_AGAIN_SECONDS = 60.0
LONGEST_NAME = 255
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@behaviour("POST /api/v0/team/")
def created(call: Call) -> Row:
    """Create a team with the caller as owner; some of the caller's credit may go over to it."""
    if call.caller.account.get("owner") is not None:
        raise invalid("A team cannot be created from inside a team; use a key of your own account.")
    name = call.body.get("team_name")
    if not isinstance(name, str) or not 0 < len(name.strip()) <= LONGEST_NAME:
        raise invalid(f"team_name must be a text of 1 to {LONGEST_NAME} characters")
    amount = amount_of(call.body.get("transfer_credit") or 0, "transfer_credit")
    if amount < 0:
        raise invalid("transfer_credit must not be negative")
    number = call.world.new_id()
    email = f"team{number}@example.com"
    team: Row = {"email": email, "username": name, "team_name": name, "owner": call.account, "created_at": call.now}
    call.world.add("account", number, team, lookup=email, id=number)
    if amount:
        move(call, call.account, number, amount)
    issue(call, team, {"name": f"{name} (owner)", "permissions": None, "rights": "owner"})
    return {"success": True, "id": number, "team_id": number, "team_name": name, "msg": f"Team {name} is created."}


@behaviour("DELETE /api/v0/team/")
def deleted(call: Call) -> Row:
    """Delete the team that the key in use belongs to, with all that it runs; what credit is left goes to its owner."""
    team = team_in_use(call)
    if team["owner"] != call.caller.user["id"]:
        raise Refusal(403, "forbidden", "Only the owner of a team can delete it.")
    for instance in call.world.all("instance", team["id"]):
        instances.destroy(call, instance)
    for volume in call.world.all("volume", team["id"]):
        volumes.remove(call, volume)
    left = ledger.credit(call.world, team["id"], call.now)
    if left > 0:
        move(call, team["id"], team["owner"], money.dollars(left))
    key_id = None
    for key in call.world.all("key", team["id"]):
        key_id = key_id or key["id"]
        key["revoked"] = True
        call.world.save("key", key)
    for kind in ("member", "role"):
        for each in call.world.all(kind, team["id"]):
            call.world.remove(kind, each["id"])
    user = call.world.get("account", call.caller.user["id"]) or call.caller.user
    user["context"] = None
    call.world.save("account", user)
    call.world.remove("account", team["id"])
    return {"success": True, "msg": f"Team {team['team_name']} is deleted.", "pkey_id": key_id}


def team_in_use(call: Call) -> Row:
    """The team that the key in use belongs to.

    Raises:
        Refusal: it belongs to a person.
    """
    if call.caller.account.get("owner") is None:
        raise Refusal(404, "no_such_team", "The key in use belongs to no team; select one, or use a key of it.")
    return call.caller.account


@behaviour("PUT /api/v0/__sandbox__/team/select/", "PUT /api/v0/users/save-context/")
def selected(call: Call) -> Row:
    """Select the team that requests without a key of its own are meant for; the own account's id goes back to it.

    The service knows `context_key_id` for its web console only; `id` of a team is the sandbox's own way.
    """
    user = call.world.get("account", call.caller.user["id"]) or call.caller.user
    wanted = number_of(call.given("id") or call.given("context_key_id"))
    key = call.world.get("key", wanted) if wanted is not None else None
    if key is not None and key["user_id"] == user["id"] and not key.get("revoked"):
        wanted = key["account"]
    if wanted == user["id"]:
        user["context"] = None
        call.world.save("account", user)
        return {"success": True, "msg": "Your own account is selected.", "team_id": None}
    team = call.world.get("account", wanted) if wanted is not None else None
    if team is None or team.get("owner") != user["id"]:
        raise Refusal(404, "no_such_team", f"There is no team {call.given('id') or wanted} of yours.")
    user["context"] = team["id"]
    call.world.save("account", user)
    msg = f"Team {team['team_name']} is selected."
    return {"success": True, "msg": msg, "team_id": team["id"], "team_name": team["team_name"]}


@behaviour("POST /api/v0/team/invite/")
def invited(call: Call) -> Row:
    """Invite somebody by e-mail; address and role come in the query or in the body.

    The sandbox accepts for them at once: a message holds the key of theirs. Who is invited again gets the other role.
    """
    team = team_in_use(call)
    email, role = call.given("email"), call.given("role")
    if not isinstance(email, str) or not _EMAIL.fullmatch(email):
        raise invalid("email must be an e-mail address")
    names = [each["name"] for each in team_roles.all_of(call.world, team["id"])]
    if role not in names:
        raise invalid(f"role must be one of {', '.join(names)}")
    if email.lower() == call.caller.user["email"]:
        raise invalid(f"{email} is a member already.")
    row = call.world.find("member", email.lower(), team["id"])
    if row is None:
        _join(call, team, email.lower(), str(role))
    elif call.now - row["at"] < INVITE_AGAIN_SECONDS:
        raise Refusal(429, "rate_limit_exceeded", f"{email} was invited a short time ago.")
    else:
        row.update(role=role, at=call.now)
        call.world.save("member", row)
        for key in _keys_of(call, team, row["user_id"]):
            key.update(role=role, rights=role)
            call.world.save("key", key)
    return {"success": True, "msg": f"{email} is invited as {role}."}


def _join(call: Call, team: Row, email: str, role: str) -> None:
    """Make somebody a member, with a key whose permissions are those of the role."""
    person = callers.member(call.world, email, call.now)
    row = {"email": email, "username": person["username"], "user_id": person["id"], "role": role, "at": call.now}
    call.world.add("member", team["id"], row, lookup=email)
    theirs = call._replace(caller=Caller(person, team, None))
    key = {"name": f"{team['team_name']} ({role})", "permissions": None, "rights": role, "role": role}
    _, text = issue(theirs, team, key)
    subject = f"Invitation to {team['team_name']}"
    messages.send(call.world, team["id"], "email", email, subject, call.now, role=role, team_id=team["id"], key=text)


def _keys_of(call: Call, team: Row, user: int) -> list[Row]:
    return [key for key in call.world.all("key", team["id"]) if key["user_id"] == user and not key.get("revoked")]


@behaviour("GET /api/v0/team/members/")
def members(call: Call) -> list[Row]:
    """The owner, and everybody who was invited."""
    team = team_in_use(call)
    owner = call.world.get("account", team["owner"]) or call.caller.user
    first = {"id": owner["id"], "username": owner["username"], "email": owner["email"], "roles": ["owner"]}
    others = [
        {"id": each["user_id"], "username": each["username"], "email": each["email"], "roles": [each["role"]]}
        for each in call.world.all("member", team["id"])
    ]
    return [first, *others]


@behaviour("DELETE /api/v0/team/members/{id}/")
def member_removed(call: Call) -> Row:
    """Remove somebody from the team: their keys of the team end."""
    team, number = team_in_use(call), number_of(call.path["id"])
    if number == team["owner"]:
        raise invalid("The owner of a team cannot be removed from it.")
    found = [each for each in call.world.all("member", team["id"]) if each["user_id"] == number]
    if not found:
        raise missing("no_such_member", "member", call.path["id"])
    call.world.remove("member", found[0]["id"])
    for key in _keys_of(call, team, found[0]["user_id"]):
        key["revoked"] = True
        call.world.save("key", key)
    text = f"{found[0]['email']} is no member any more."
    return {"success": True, "status": "success", "message": text, "msg": text}
