"""``sandbox reset``: forget everything that the sandbox holds."""

from __future__ import annotations

import os
from contextlib import closing
from typing import Any

from ...errors import UsageError, VastError
from ...settings import Settings
from . import Context
from .sandbox import ask, server_of

BESIDE = ("", "-wal", "-shm", "-journal")  # SQLite's own files stand beside the database


def run(values: dict[str, Any], context: Context) -> dict[str, Any]:
    """Begin anew, in the file that is there, so that a process that serves it goes on with the new sandbox.

    A file that cannot be used any more, because it is damaged or of another version, is removed instead.

    Raises:
        UsageError: the server is no sandbox that is kept in a file or served.
        VastError: the file cannot be removed.
    """
    server = server_of(context)
    if server.startswith("http"):
        return ask(context, "POST", "reset", {})
    path = state_file(Settings(server_url=server), "sandbox reset")
    if not os.path.exists(path):
        return {"success": True, "msg": f"There was no sandbox in {path}"}
    check_database(path)
    return {"success": True, "msg": f"The sandbox in {path} {'begins anew' if begun_anew(path) else 'is removed'}"}


def begun_anew(path: str) -> bool:
    """Let the sandbox in a file begin anew; when that cannot be done, remove it. Returns which of the two.

    Raises:
        VastError: it cannot be removed.
    """
    from ...sandbox.world import World

    try:
        with closing(World(path)) as world:
            world.begin_anew()
        return True
    except UsageError:
        pass
    try:
        for ending in BESIDE:
            if os.path.exists(path + ending):
                os.unlink(path + ending)
    except OSError as error:
        raise VastError(f"The sandbox was not removed: {path}: {error.strerror}", code="not_removed") from None
    return False


def state_file(settings: Settings, command: str, *, memory: bool = False) -> str:
    """The file of a sandbox: the one that the server's address names, or the default one.

    Arguments: command for messages; memory: may it be kept in memory? Then its place is ":memory:".

    Raises:
        UsageError: the address names no sandbox, or one in memory.
    """
    from ...sandbox.world import MEMORY, default_path

    named = settings.server_url.removeprefix("sandbox").removeprefix(":")
    if settings.imitation != "sandbox" or (named == MEMORY and not memory):
        raise UsageError(f"{command}: {settings.server_url} is no sandbox that is kept in a file")
    return named if named == MEMORY else os.path.expanduser(named) if named else default_path()


def check_database(path: str) -> None:
    """Refuse to touch what is no database: a mistyped path must not cost a file.

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
