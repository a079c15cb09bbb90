"""``set role``: kept for scripts that call it; every command is shown to everybody."""

from __future__ import annotations

from typing import Any

from . import Context


def run(values: dict[str, Any], context: Context) -> dict[str, Any]:
    """Say that there is nothing to keep."""
    return {"success": True, "msg": f"Commands for a {values['role']} are shown already, as all others are"}
