"""``profile add``: keep a key, a server and settings under a name."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

from ... import profiles
from ...engine.edge import Edge
from ...errors import UsageError, VastError
from ...hooks.account_flows import whole_key
from ...settings import KEY_FILE, config_folder
from . import Context

KEPT = {"--url": "server_url", "--retry": "retry", "--timeout": "timeout", "--parallel": "parallel"}


def check(values: dict[str, Any], context: Context) -> None:
    """Is the name free and good, and are the settings?

    Raises:
        UsageError: they are not.
    """
    name = values["name"]
    folder = profiles.folder_of(config_folder(context.terminal.environ), name)
    if os.path.isdir(folder) or name == profiles.DEFAULT:
        change = "set api-key" if name == profiles.DEFAULT else f"set api-key --profile {name}"
        raise UsageError(
            f"There is a profile {name} already: vastai {change} changes its key"
            + ("" if name == profiles.DEFAULT else f", and {os.path.join(folder, profiles.SETTINGS)} holds the rest"),
            code="existing_profile",
        )
    context.settings(profile=profiles.DEFAULT)  # those that cannot be used are not kept


def run(values: dict[str, Any], context: Context) -> dict[str, Any]:
    """Ask for the key, and write it and the settings.

    Raises:
        UsageError: what was typed is no key.
        VastError: it cannot be written.
    """
    name, key = values["name"], values["key"]
    kept = {setting: context.options.get(flag) for flag, setting in KEPT.items()}
    if context.server_url:
        kept["server_url"] = _from_everywhere(context.server_url)
    if key is None and context.options.get("--api-key"):
        key = str(context.options["--api-key"])
    if key == "-" or (key is None and not context.server_url.startswith("sandbox")):
        key = context.terminal.enter(f"API key of {name}:", hidden=True)
    if key is not None:
        key = whole_key(key, "profile add")
    folder = profiles.folder_of(config_folder(context.terminal.environ), name)
    try:
        _keep(folder, {profiles.SETTINGS: profiles.written(kept), **({KEY_FILE: f"{key}\n"} if key else {})})
    except OSError as error:
        raise VastError(f"The profile was not kept: {folder}: {error.strerror}.", code="not_written") from None
    use = f"--profile {name} uses it for one command, vastai profile use {name} for all"
    return {"success": True, "msg": f"The profile is kept in {folder}. {use}."}


def _keep(folder: str, files: dict[str, str]) -> None:
    """Make a folder with these files, all or nothing."""
    unfinished = os.path.join(os.path.dirname(folder), f".{os.path.basename(folder)}.{os.getpid()}")
    try:
        for name, text in files.items():
            Edge().keep(os.path.join(unfinished, name), text.encode())
        os.rename(unfinished, folder)
    except BaseException:
        with suppress(OSError):
            profiles.remove(unfinished)
        raise


def _from_everywhere(server: str) -> str:
    """The address of a server as it is right in every folder.

    >>> _from_everywhere("sandbox:/tmp/a.db"), _from_everywhere("sandbox::memory:"), _from_everywhere("https://gpu")
    ('sandbox:/tmp/a.db', 'sandbox::memory:', 'https://gpu')
    """
    kind, _, path = server.partition(":")
    if kind not in ("sandbox", "replay") or path in ("", ":memory:"):
        return server
    return f"{kind}:{os.path.abspath(os.path.expanduser(path))}"
