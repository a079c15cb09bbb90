"""What would leave the sandbox: e-mails, text messages and webhooks. Nothing is sent; it can be read here instead."""

from __future__ import annotations

from typing import Any

from vastai.sandbox.world import World

Row = dict[str, Any]

LAST = 1000
"""Messages of an account that are kept."""


def send(world: World, account: int, channel: str, to: str, subject: str, now: float, **fields: Any) -> None:
    """Keep a message for an account.

    Arguments: channel is email, sms or webhook; to an address, a phone number or a URL; fields what it says, such as
    `code`.
    """
    kept = world.all("message", account)
    for old in kept[: len(kept) - LAST + 1]:
        world.remove("message", old["id"])
    world.add("message", account, {"at": now, "channel": channel, "to": to, "subject": subject, **fields})


def newest_first(world: World) -> list[Row]:
    """The messages of all accounts."""
    return world.all("message")[::-1]
