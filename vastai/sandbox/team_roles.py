"""The roles of teams: those that every team begins with, those that were made, and what a role lets a key do."""

from __future__ import annotations

from typing import Any

from vastai.sandbox.permissions import SCOPES
from vastai.sandbox.world import World

Row = dict[str, Any]

DEFAULTS: dict[str, tuple[str, ...]] = {
    "owner": SCOPES,
    "manager": SCOPES,
    "member": ("instance_read", "instance_write", "user_read", "misc"),
}
"""The roles that every team begins with, and their scopes; nobody publishes the exact lists, these are ours."""


def all_of(world: World, team: int) -> list[Row]:
    """The roles of a team: `id`, `name`, `identifier` and `permissions` of each."""
    return [
        *(
            {"id": number, "name": name, "identifier": name, "permissions": {"api": {scope: {} for scope in scopes}}}
            for number, (name, scopes) in enumerate(DEFAULTS.items(), 1)
        ),
        *world.all("role", team),
    ]


def permissions_of(world: World, team: int, name: str) -> Row:
    """What a role allows now; nothing when there is no such role any more."""
    found = [role for role in all_of(world, team) if role["name"] == name]
    return dict(found[0]["permissions"]) if found else {"api": {}}
