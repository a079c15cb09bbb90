"""``set api-key``: keep a key in a file that only its owner can read."""

from __future__ import annotations

import os
from typing import Any

from ...engine.edge import Edge
from ...errors import UsageError, VastError
from ...settings import Settings
from . import Context


def run(values: dict[str, Any], context: Context) -> dict[str, Any]:
    """Write the key file, then remove the one that older clients left in the home folder.

    Raises:
        UsageError: the key is empty, or no key.
        VastError: the file cannot be written; a key kept before is still there.
    """
    key = context.terminal.read_line() if values["key"] == "-" else values["key"]
    settings = Settings(environ=context.terminal.environ)
    *_, path, old = settings.key_files()
    keep(checked(key), path)
    try:
        os.unlink(old)
    except OSError:
        pass
    source = settings.key_and_source()[1]
    if source.startswith("VAST"):
        context.terminal.say(f"The variable {source} is set and is used instead of the key file.")
    return {"success": True, "msg": f"The key is kept in {path}"}


def checked(key: str) -> str:
    """The key without surrounding blanks.

    Raises:
        UsageError: it is empty or holds signs that no key has. The key itself is not in the message.
    """
    key = key.strip()
    if not key:
        raise UsageError("set api-key: the key is empty", hint="copy it from the page Keys of the web console")
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UsageError("set api-key: the key holds blanks, control or non-ASCII characters; no key does")
    return key


def keep(key: str, path: str) -> None:
    """Write the key to a file of mode 0600 in a folder of mode 0700, all or nothing.

    Raises:
        VastError: it cannot be written.
    """
    try:
        Edge().keep(path, f"{key}\n".encode())
    except OSError as error:
        raise VastError(f"The key was not kept: cannot write {path}: {error.strerror}", code="not_written") from None
