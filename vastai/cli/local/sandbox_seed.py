"""``sandbox seed``: make the sandbox as a YAML file says."""

from __future__ import annotations

import os
from typing import Any

from ...errors import UsageError
from . import Context
from .sandbox import ask


def run(values: dict[str, Any], context: Context) -> dict[str, Any]:
    """Read the file, and let the sandbox be what it says.

    Raises:
        UsageError: the file cannot be read, or something in it is wrong; with its line.
    """
    path = values["file"]
    try:
        if path == "-":
            text, name = (context.terminal.stdin.read() if context.terminal.stdin else ""), "stdin"
        else:
            with open(os.path.expanduser(path), encoding="utf-8") as file:
                text, name = file.read(), path
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"sandbox seed: cannot read {path}: {reason}") from None
    return ask(context, "POST", "seed", {"yaml": text, "name": name})
