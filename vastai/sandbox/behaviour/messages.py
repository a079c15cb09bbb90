"""What would leave the sandbox: e-mails, text messages and webhooks. Nothing is sent; it can be read here instead."""

from __future__ import annotations

from typing import Any

from vastai.sandbox.behaviour.registry import Call, behaviour

Row = dict[str, Any]

MOST_KEPT = 1000


def send(call: Call, account: int, channel: str, to: str, subject: str, **fields: Any) -> Row:
    """Keep a message for an account.

    Arguments: channel is email, sms or webhook; to an address, a phone number or a URL; fields what it says, such as
    `code`.
    """
    kept = call.world.all("message", account)
    for old in kept[: len(kept) - MOST_KEPT + 1]:
        call.world.remove("message", old["id"])
    row = {"at": call.now, "channel": channel, "to": to, "subject": subject, **fields}
    return call.world.add("message", account, row)


@behaviour("GET /api/v0/__sandbox__/messages/", beside=True)
def messages(call: Call) -> Row:
    """The messages that the caller's account would have got, the newest first: in the sandbox only."""
    return {"success": True, "messages": call.world.all("message", call.account)[::-1]}
