"""``profile remove``: forget a profile with its key."""

from __future__ import annotations

import os
from typing import Any

from ... import profiles
from ...errors import UsageError, VastError
from ...settings import KEY_FILE, config_folder, profile_in_use
from . import Context


def check(values: dict[str, Any], context: Context) -> None:
    """Is it there, and may it go?

    Raises:
        UsageError: it is not there, or it is the default one.
    """
    config = config_folder(context.terminal.environ)
    folder = profiles.existing(config, values["name"])
    if values["name"] == profiles.DEFAULT:
        path = os.path.join(folder, KEY_FILE)
        raise UsageError(f"The default profile stays; its key stands in {path}", code="default_profile")


def run(values: dict[str, Any], context: Context) -> dict[str, Any]:
    """Remove its files, its folder, and the choice of it.

    Raises:
        VastError: something cannot be removed.
    """
    config = config_folder(context.terminal.environ)
    folder = profiles.folder_of(config, values["name"])
    try:
        profiles.remove(folder)
        if profile_in_use("", {**context.terminal.environ, "VASTAI_PROFILE": ""}) == (values["name"], "profile use"):
            os.unlink(os.path.join(config, profiles.CHOICE))
    except OSError as error:
        message = f"Not all of the profile was removed: {error.filename}: {error.strerror}."
        raise VastError(message, code="not_removed") from None
    return {"success": True, "msg": f"The profile {values['name']} is removed from this machine"}
