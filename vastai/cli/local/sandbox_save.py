"""``sandbox save``: write the sandbox to a YAML file."""

from __future__ import annotations

import os
from typing import Any

from ...engine.edge import Edge
from ...errors import VastError
from . import Context
from .sandbox import ask


def run(values: dict[str, Any], context: Context) -> dict[str, Any] | None:
    """Write the file, for its owner only; all of it, or nothing.

    Raises:
        VastError: it cannot be written.
    """
    text: str = ask(context, "GET", "save")["yaml"]
    path = values["file"]
    if path == "-":
        if context.terminal.raw:
            return {"success": True, "yaml": text}
        context.terminal.out(text.rstrip("\n"))
        return None
    try:
        Edge().write(os.path.expanduser(path), text.encode(), 0o600)
    except OSError as error:
        raise VastError(
            f"The sandbox was not saved: cannot write {path}: {error.strerror}", code="not_written"
        ) from None
    return {"success": True, "msg": f"The sandbox is saved in {path}"}
