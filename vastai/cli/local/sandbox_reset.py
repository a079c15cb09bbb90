"""``sandbox reset``: remove the file that holds the state of the sandbox."""

from __future__ import annotations

import os
from typing import Any

from ...errors import UsageError, VastError
from ...settings import Settings
from . import Context

BESIDE = ("", "-wal", "-shm", "-journal")  # SQLite's own files stand beside the database


def run(values: dict[str, Any], context: Context) -> dict[str, Any]:
    """Remove the sandbox's file; the next use makes a new one.

    Raises:
        UsageError: the server is no sandbox that is kept in a file.
        VastError: the file cannot be removed.
    """
    settings = Settings(server_url=context.server_url, environ=context.terminal.environ)
    if not settings.sandboxed and not context.server_url:
        settings = Settings(server_url="sandbox")
    path = state_file(settings)
    if not os.path.exists(path):
        return {"success": True, "msg": f"There was no sandbox in {path}"}
    check_database(path)
    try:
        for ending in BESIDE:
            if os.path.exists(path + ending):
                os.unlink(path + ending)
    except OSError as error:
        raise VastError(f"The sandbox was not removed: {path}: {error.strerror}", code="not_removed") from None
    return {"success": True, "msg": f"The sandbox in {path} is removed"}


def state_file(settings: Settings) -> str:
    """The file of a sandbox: the one that the server's address names, or the default one.

    Raises:
        UsageError: the address names no sandbox, or one in memory.
    """
    from ...sandbox.world import MEMORY, default_path

    named = settings.server_url.removeprefix("sandbox").removeprefix(":")
    if not settings.sandboxed or named == MEMORY:
        raise UsageError(f"sandbox reset: {settings.server_url} is no sandbox that is kept in a file")
    return os.path.expanduser(named) if named else default_path()


def check_database(path: str) -> None:
    """Refuse to remove what is no database: a mistyped path must not cost a file.

    Raises:
        UsageError: it is something else.
    """
    try:
        with open(path, "rb") as file:
            start = file.read(16)
    except OSError as error:
        raise UsageError(f"sandbox reset: cannot read {path}: {error.strerror}") from None
    from ...sandbox.world_file import is_world

    if start and (start != b"SQLite format 3\0" or not is_world(path)):
        raise UsageError(f"sandbox reset: {path} is no sandbox")
