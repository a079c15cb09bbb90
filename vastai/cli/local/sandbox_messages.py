"""``sandbox messages``: the e-mails, text messages and webhooks that the sandbox would have sent."""

from __future__ import annotations

from typing import Any

from . import Context
from .sandbox import ask


def run(values: dict[str, Any], context: Context) -> list[dict[str, Any]]:
    """The messages of all accounts, the newest first."""
    messages: list[dict[str, Any]] = ask(context, "GET", "messages", limit=values["limit"])["messages"]
    return messages
