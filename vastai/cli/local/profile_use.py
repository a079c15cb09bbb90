"""``profile use``: choose the profile that all commands use from now on."""

from __future__ import annotations

import os
from typing import Any

from ... import profiles
from ...engine.edge import Edge
from ...errors import VastError
from ...settings import config_folder
from . import Context


def run(values: dict[str, Any], context: Context) -> dict[str, Any]:
    """Write the choice down, and say what still goes before it.

    Raises:
        UsageError: there is no such profile.
        VastError: it cannot be written.
    """
    name, environ = values["name"], context.terminal.environ
    config = config_folder(environ)
    profiles.existing(config, name)
    path = os.path.join(config, profiles.CHOICE)
    try:
        if name != profiles.DEFAULT:
            Edge().keep(path, f"{name}\n".encode())
        elif os.path.exists(path):
            os.unlink(path)
    except OSError as error:
        raise VastError(f"The choice was not kept: {path}: {error.strerror}.", code="not_written") from None
    for variable in ("VASTAI_PROFILE", "VAST_API_KEY", "VASTAI_API_KEY"):
        if environ.get(variable, "").strip():
            what = "it" if variable == "VASTAI_PROFILE" else "its key"
            context.terminal.say(f"The variable {variable} is set: {what} goes before the profile chosen here.")
    return {"success": True, "msg": f"All commands use the profile {name} from now on"}
