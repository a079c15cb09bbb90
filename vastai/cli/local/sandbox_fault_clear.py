"""``sandbox fault clear``: end one fault of the sandbox, or all."""

from __future__ import annotations

from typing import Any

from . import Context
from .sandbox import ask


def run(values: dict[str, Any], context: Context) -> dict[str, Any]:
    """Forget the faults."""
    query = {} if values.get("id") is None else {"id": values["id"]}
    return ask(context, "DELETE", "faults", **query)
