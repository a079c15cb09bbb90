"""``profile list``: the profiles, and which one is used and why. No key is shown."""

from __future__ import annotations

import os
from typing import Any

from ... import profiles
from ...errors import UsageError
from ...settings import DEFAULT_SERVER, KEY_FILE, SESSION_FILE, config_folder, profile_in_use
from . import Context

WHY = {
    "argument": "--profile names it",
    "VASTAI_PROFILE": "VASTAI_PROFILE names it",
    "profile use": "chosen with vastai profile use",
    "": "no other is chosen",
}


def run(values: dict[str, Any], context: Context) -> list[dict[str, Any]]:
    """A row for each profile, the default one first."""
    environ = context.terminal.environ
    config = config_folder(environ)
    named, who = profile_in_use(str(context.options.get("--profile") or ""), environ)
    named = named or profiles.DEFAULT
    rows = [_row(config, name, context) for name in profiles.names(config)]
    for row in rows:
        row["in_use"] = row["name"] == named
        row["why"] = WHY[who] if row["in_use"] else None
    if not any(row["in_use"] for row in rows):
        context.terminal.say(f"The profile {named} is not there, and {WHY[who].replace('names it', 'names it still')}.")
    variable = next((name for name in ("VAST_API_KEY", "VASTAI_API_KEY") if environ.get(name, "").strip()), "")
    if variable and who != "argument":
        context.terminal.say(f"The variable {variable} is set: its key goes before that of the profile.")
    return rows


def _row(config: str, name: str, context: Context) -> dict[str, Any]:
    folder = profiles.folder_of(config, name)
    try:
        kept = profiles.settings(folder) if name != profiles.DEFAULT else {}
    except UsageError as fault:
        context.terminal.say(str(fault))
        kept = {}
    more = {setting: value for setting, value in kept.items() if setting != "server_url"}
    return {
        "name": name,
        "in_use": False,
        "why": None,
        "key": os.path.exists(os.path.join(folder, KEY_FILE)),
        "session": os.path.exists(os.path.join(folder, SESSION_FILE)),
        "server_url": kept.get("server_url") or DEFAULT_SERVER,
        **({"settings": more} if more else {}),
    }
