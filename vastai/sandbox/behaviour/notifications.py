"""Notifications: which there are, and by which channels somebody wants them."""

from __future__ import annotations

from typing import Any, NamedTuple

from vastai.sandbox.behaviour.registry import Call, behaviour, check_user, invalid

Row = dict[str, Any]

CHANNELS = ("email", "webhook")


class Kind(NamedTuple):
    """One kind of notification. `always`: its e-mail cannot be switched off."""

    key: str
    context: str
    category: str
    topic: str
    name: str
    always: bool = False


# Of these the documents name low_credit alone; the others are invented to stand for what the console offers.
KINDS = (
    Kind("low_credit", "client", "billing", "credit", "Credit is low", True),
    Kind("credit_used_up", "client", "billing", "credit", "Credit is used up", True),
    Kind("payment_received", "client", "billing", "payment", "A payment has arrived"),
    Kind("instance_running", "client", "instances", "state", "An instance runs"),
    Kind("instance_stopped", "client", "instances", "state", "An instance was stopped"),
    Kind("instance_outbid", "client", "instances", "bid", "An instance was outbid"),
    Kind("maintenance_planned", "client", "instances", "maintenance", "A machine will be maintained"),
    Kind("machine_offline", "host", "machines", "state", "A machine is offline", True),
    Kind("machine_rented", "host", "machines", "rental", "A machine was rented"),
    Kind("payout_sent", "host", "billing", "payout", "A payout was sent"),
)


@behaviour("GET /api/v0/notification-types/")
def types(call: Call) -> Row:
    """The kinds of notifications, each with the channels that are on at first."""
    rows = [
        {
            "key": kind.key,
            "slug": kind.key.replace("_", "-"),
            "context": kind.context,
            "topic": kind.topic,
            "category": kind.category,
            "display_name": kind.name,
            "default_preferences": _default(),
            "mandatory_email": kind.always,
        }
        for kind in KINDS
    ]
    return {"success": True, "notification_types": rows}


def _default() -> Row:
    return {"email": True, "webhook": False}


@behaviour("GET /api/v0/users/{user_id}/notification-prefs/")
def preferences(call: Call) -> Row:
    """Context -> notification -> channel -> whether it is on."""
    check_user(call)
    return {"success": True, "notification_preferences": wishes(call)}


@behaviour("PUT /api/v0/users/{user_id}/notification-prefs/")
def preferences_changed(call: Call) -> Row:
    """Change the preferences that are given; the others stay."""
    check_user(call)
    given = call.body.get("notification_preferences")
    if not isinstance(given, dict):
        raise invalid('notification_preferences must be an object like {"client": {"low_credit": {"email": true}}}')
    change(call, given)
    return {"success": True, "notification_preferences": wishes(call)}


def wishes(call: Call) -> Row:
    """All preferences of the account: what was chosen, else what is on at first."""
    chosen = _chosen(call)["chosen"]
    found: Row = {}
    for kind in KINDS:
        ways = {**_default(), **chosen.get(kind.context, {}).get(kind.key, {})}
        found.setdefault(kind.context, {})[kind.key] = ways
    return found


def change(call: Call, given: Row) -> None:
    """Keep preferences of the account, all or none.

    Raises:
        Refusal: a context, notification or channel is unknown, a value is not true or false, or an e-mail that is
            always sent would be switched off.
    """
    row = _chosen(call)
    for context, kinds in given.items():
        if not isinstance(kinds, dict):
            raise invalid(f"{context} must be an object of notifications")
        for key, ways in kinds.items():
            _check(context, key, ways)
            row["chosen"].setdefault(context, {}).setdefault(key, {}).update(ways)
    call.world.save("notification_preferences", row)


def _check(context: str, key: str, ways: Any) -> None:
    kind = next((kind for kind in KINDS if (kind.context, kind.key) == (context, key)), None)
    if kind is None:
        raise invalid(f"There is no notification {key} for {context}; notification-types lists them.")
    if not isinstance(ways, dict) or not all(isinstance(value, bool) for value in ways.values()):
        raise invalid(f"{key} must be an object of channels that are true or false")
    unknown = sorted(ways.keys() - set(CHANNELS))
    if unknown:
        raise invalid(f"{unknown[0]} is not one of {', '.join(CHANNELS)}")
    if kind.always and ways.get("email") is False:
        raise invalid(f"The e-mail of {key} is always sent.")


def _chosen(call: Call) -> Row:
    found = call.world.all("notification_preferences", call.account)
    return found[0] if found else call.world.add("notification_preferences", call.account, {"chosen": {}})
