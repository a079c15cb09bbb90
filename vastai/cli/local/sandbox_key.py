"""``sandbox key``: issue a key of the sandbox."""

from __future__ import annotations

from typing import Any

from . import Context
from .sandbox import ask


def run(values: dict[str, Any], context: Context) -> dict[str, Any]:
    """A new key, which the sandbox itself keeps as a hash only."""
    return ask(context, "POST", "keys", {"email": values["email"]} if values.get("email") else {})
