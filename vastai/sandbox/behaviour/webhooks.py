"""Webhooks: the URLs that an account's notifications go to, and the secrets that sign them."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from typing import Any
from urllib.parse import urlsplit

from vastai.sandbox import messages
from vastai.sandbox.behaviour import notifications
from vastai.sandbox.behaviour.registry import Call, behaviour, invalid, own

Row = dict[str, Any]


@behaviour("GET /api/v0/webhooks/")
def webhooks(call: Call) -> Row:
    """The account's webhooks, without their secrets."""
    return {"success": True, "webhooks": [_shown(each) for each in call.world.all("webhook", call.account)]}


@behaviour("POST /api/v0/webhooks/")
def webhook_created(call: Call) -> Row:
    """Make a webhook. Its notifications are switched on for webhooks; the secret is shown this once."""
    row: Row = {"user_id": call.account, "created_at": call.now, "updated_at": call.now, "webhook_secret": _secret()}
    row.update(name=_name(call), webhook_url=_url(call), event_types=_events(call))
    call.world.add("webhook", call.account, row)
    return {"success": True, "webhook": dict(row), "enabled_notification_preferences": _switched_on(call, row)}


@behaviour("PUT /api/v0/webhooks/{id}/")
def webhook_changed(call: Call) -> Row:
    """Change the fields that are given."""
    row = _mine(call)
    checked = {"name": _name, "webhook_url": _url, "event_types": _events}
    given = {name: read(call) for name, read in checked.items() if name in call.body}
    if not given:
        raise invalid("nothing to change: give a name, a webhook_url or event_types")
    row.update(given, updated_at=call.now)
    call.world.save("webhook", row)
    return {"success": True, "webhook": _shown(row), "enabled_notification_preferences": _switched_on(call, row)}


@behaviour("POST /api/v0/webhooks/{id}/rotate-secret/")
def secret_rotated(call: Call) -> Row:
    """Replace the secret, which is shown this once."""
    row = _mine(call)
    row.update(webhook_secret=_secret(), updated_at=call.now)
    call.world.save("webhook", row)
    return {"success": True, "webhook": dict(row)}


@behaviour("POST /api/v0/webhooks/{id}/test/")
def webhook_tested(call: Call) -> Row:
    """Have a trial notification sent. The sandbox sends nothing: it stands among its messages, signed."""
    row = _mine(call)
    text = json.dumps({"event_type": row["event_types"][0], "test": True, "webhook_id": row["id"], "sent_at": call.now})
    signature = hmac.new(row["webhook_secret"].encode(), text.encode(), hashlib.sha256).hexdigest()
    signed = {"body": text, "signature": signature}
    messages.send(call.world, call.account, "webhook", row["webhook_url"], "trial", call.now, **signed)
    return {"success": True, "msg": f"A trial notification is among the sandbox's messages for {row['webhook_url']}."}


@behaviour("DELETE /api/v0/webhooks/{id}/")
def webhook_deleted(call: Call) -> Row:
    """Delete a webhook."""
    row = _mine(call)
    call.world.remove("webhook", row["id"])
    return {"success": True, "msg": f"Webhook {row['id']} is deleted."}


def _mine(call: Call) -> Row:
    return own(call, "webhook", call.path["id"], "no_such_webhook", "webhook")


def _shown(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "webhook_secret"}


def _secret() -> str:
    return f"whsec_{secrets.token_hex(24)}"


def _name(call: Call) -> str | None:
    name = call.body.get("name")
    if name is not None and not isinstance(name, str):
        raise invalid("name must be a text")
    return name


def _url(call: Call) -> str:
    url = call.body.get("webhook_url")
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise invalid("webhook_url must be a URL with http or https")
    return str(url)


def _events(call: Call) -> list[str]:
    events = call.body.get("event_types")
    known = [kind.key for kind in notifications.KINDS]
    if not isinstance(events, list) or not events:
        raise invalid("event_types must name at least one notification")
    unknown = [each for each in events if each not in known]
    if unknown:
        raise invalid(f"{unknown[0]} is not one of {', '.join(known)}")
    return list(dict.fromkeys(events))


def _switched_on(call: Call, row: Row) -> list[str]:
    """Switch the channel webhook on for what a webhook wants. Returns what was off before."""
    before = notifications.wishes(call)
    wanted = [kind for kind in notifications.KINDS if kind.key in row["event_types"]]
    off = [kind for kind in wanted if not before[kind.context][kind.key]["webhook"]]
    for kind in off:
        notifications.change(call, {kind.context: {kind.key: {"webhook": True}}})
    return [kind.key for kind in off]
