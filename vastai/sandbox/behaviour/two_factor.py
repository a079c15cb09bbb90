"""Two-factor authentication: log in with a code, have codes sent, add, change and remove methods."""

from __future__ import annotations

import re
import secrets
from typing import Any

from vastai.sandbox import totp
from vastai.sandbox.behaviour import second_factor
from vastai.sandbox.behaviour.api_keys import issue
from vastai.sandbox.behaviour.registry import Call, Refusal, behaviour, invalid

Row = dict[str, Any]

WINDOW_SECONDS = 1800.0
SESSION_SECONDS = 86_400.0
"""How long a session key is good; nobody publishes it, this is ours."""
BACKUP_CODES = 10
_PHONE = re.compile(r"\+[1-9]\d{6,14}")
_SHOWN = (
    "id",
    "method",
    "label",
    "phone_number",
    "is_primary",
    "fail_count",
    "locked_until",
    "created_at",
    "last_used",
)


@behaviour("GET /api/v0/tfa/status/")
def status(call: Call) -> Row:
    """Whether it is on, the methods, and whether one may be added now."""
    state, rows = second_factor.person(call), second_factor.methods(call)
    return {
        "success": True,
        "tfa_enabled": bool(rows),
        "methods": [_shown(call, row) for row in rows],
        "backup_codes_remaining": len(state["backup_codes"]),
        "new_method_authorized": not rows or _authorized(call, state),
    }


def _shown(call: Call, row: Row) -> Row:
    return {"user_id": call.account, **{field: row[field] for field in _SHOWN}}


def _authorized(call: Call, state: Row) -> bool:
    return state["authorized_until"] is not None and call.now < state["authorized_until"]


@behaviour("POST /api/v0/tfa/")
def verified(call: Call) -> Row | Refusal:
    """Check a second factor: the answer is the account, and a key that is good for one session."""
    refused = _unproven(call)
    if refused is not None:
        return refused
    permissions = call.caller.key.get("permissions") if call.caller.key else None
    row = {"name": "two-factor session", "permissions": permissions, "key_type": "session"}
    _, text = issue(call, call.caller.account, {**row, "expires_at": call.now + SESSION_SECONDS})
    account = call.caller.account
    answer = {"success": True, "id": account["id"], "email": account["email"], "full_name": account.get("fullname")}
    left = len(second_factor.person(call)["backup_codes"])
    return {**answer, "tfa_status": "enabled", "session_key": text, "backup_codes_remaining": left}


def _unproven(call: Call) -> Refusal | None:
    """Why the call does not prove a second factor, or None when it does."""
    second_factor.person(call)
    if not second_factor.methods(call):
        raise Refusal(400, "tfa_not_enabled", "Two-factor authentication is off: add a method first.")
    return second_factor.prove(call)


@behaviour("POST /api/v0/tfa/email/")
def email_sent(call: Call) -> Row:
    """Send a code to the account's e-mail address."""
    second_factor.person(call)
    return _asked("E-mail", second_factor.challenge(call, "email", call.caller.account["email"]))


@behaviour("POST /api/v0/tfa/sms/")
def sms_sent(call: Call) -> Row:
    """Send a code to the phone of the account, or to the one that is to be added."""
    second_factor.person(call)
    number = call.body.get("phone_number")
    if number is not None and not (isinstance(number, str) and _PHONE.fullmatch(number)):
        raise invalid("phone_number must have a country code, such as +4712345678")
    known = [row["phone_number"] for row in second_factor.methods(call, "sms")]
    if number is None and not known:
        raise Refusal(400, "no_such_method", "This account has no phone yet; give a phone_number.")
    return _asked("Text message", second_factor.challenge(call, "sms", number or known[0]))


@behaviour("POST /api/v0/tfa/sms/resend/")
def sms_sent_again(call: Call) -> Row:
    """Send the code of a challenge again, which goes on living as long as it would have."""
    second_factor.person(call)
    begun = second_factor.open_challenge(call, call.body.get("secret"))
    if begun is None or begun["method"] != "sms":
        raise Refusal(400, "invalid_secret", "There is no such challenge by text message, or it is too old.")
    second_factor.send_again(call, begun)
    return _asked("Text message", call.body["secret"])


def _asked(way: str, secret: str) -> Row:
    return {"success": True, "msg": f"{way}: the code is among the sandbox's messages.", "secret": secret}


@behaviour("POST /api/v0/tfa/authorize-new-method/")
def leave_asked(call: Call) -> Row | Refusal:
    """Ask for leave to add a method: a code is sent; a backup code opens the window at once."""
    second_factor.person(call)
    if call.body.get("backup_code") is not None:
        return second_factor.prove(call) or _opened(call, None)
    wanted = call.body.get("tfa_method_id")
    row = second_factor.method_of(call, wanted) if wanted is not None else None
    kind = row["method"] if row else call.body.get("tfa_method") or "email"
    rows = [row] if row else second_factor.methods(call, kind)
    if kind != "email" and not rows:
        raise Refusal(400, "no_such_method", f"This account has no method of the kind {kind}.")
    to = call.caller.account["email"] if kind == "email" else rows[0]["phone_number"] or ""
    return _asked("Leave to add a method", second_factor.challenge(call, kind, to))


@behaviour("PUT /api/v0/tfa/authorize-new-method/")
def leave_given(call: Call) -> Row | Refusal:
    """Confirm with the code: for half an hour a method may be added."""
    return second_factor.prove(call) or _opened(call, call.body.get("secret"))


def _opened(call: Call, secret: str | None) -> Row:
    state = second_factor.person(call)
    state["authorized_until"] = call.now + WINDOW_SECONDS
    call.world.save("tfa", state)
    return {"success": True, "msg": f"A method may be added for {WINDOW_SECONDS / 60:.0f} minutes.", "secret": secret}


@behaviour("POST /api/v0/tfa/totp-setup/")
def app_begun(call: Call) -> Row:
    """A secret for an authenticator app; it becomes a method with the app's first code."""
    second_factor.person(call)
    secret = totp.new_secret()
    call.world.add("tfa_setup", call.account, {"secret": secret}, lookup=secret)
    return {"success": True, "secret": secret, "provisioning_uri": totp.uri(secret, call.caller.account["email"])}


@behaviour("POST /api/v0/tfa/confirm-new/")
def method_added(call: Call) -> Row | Refusal:
    """Add a method, with its first code. The first one brings backup codes."""
    state, first = second_factor.person(call), not second_factor.methods(call)
    if not first and not _authorized(call, state):
        raise Refusal(403, "not_authorized", "Adding a method needs leave: authorize it with a method you have.")
    row = {"method": call.body.get("tfa_method") or "totp", "label": call.body.get("label"), "is_primary": first}
    row |= {"fail_count": 0, "locked_until": None, "created_at": call.now, "last_used": None, "phone_number": None}
    refused = (_first_app_code if row["method"] == "totp" else _first_sent_code)(call, row)
    if refused is not None:
        return refused
    call.world.add("tfa_method", call.account, row)
    state = second_factor.person(call)
    state["authorized_until"] = None
    codes = {"backup_codes": _new_codes(state)} if first else {}  # a null would end the official client
    call.world.save("tfa", state)
    return {"success": True, "msg": f"The method {row['id']} is added.", **codes}


def _first_app_code(call: Call, row: Row) -> Refusal | None:
    secret, code = str(call.body["secret"]), str(call.body["code"])
    if call.world.find("tfa_setup", secret, call.account) is None:
        raise Refusal(400, "invalid_secret", "The secret is none that totp-setup gave to this account.")
    step = totp.step_of(secret, code, call.now)
    row.update(secret=secret, last_step=step)
    return second_factor.settled(call, "tfa", second_factor.person(call), step is not None)


def _first_sent_code(call: Call, row: Row) -> Refusal | None:
    secret, number = call.body["secret"], call.body.get("phone_number")
    begun = second_factor.open_challenge(call, secret)
    if begun is not None and number not in (None, begun["to"]):
        raise invalid(f"The code was sent to another number than {number}")
    row["phone_number"] = begun["to"] if begun else None
    return second_factor.sent_code(call, str(call.body["code"]), secret, "sms")


def _new_codes(state: Row) -> list[str]:
    codes = [f"{secrets.token_hex(2)}-{secrets.token_hex(2)}" for _ in range(BACKUP_CODES)]
    state["backup_codes"] = codes
    return codes


@behaviour("PUT /api/v0/tfa/update/")
def method_changed(call: Call) -> Row:
    """Change the label of a method, or make it the first one."""
    second_factor.person(call)
    row = second_factor.method_of(call, call.body.get("tfa_method_id"))
    if call.body.get("label") is None and call.body.get("is_primary") is None:
        raise invalid("nothing to change: give a label or is_primary")
    if call.body.get("label") is not None:
        row["label"] = str(call.body["label"])
    if call.body.get("is_primary"):
        _make_primary(call, row)
    call.world.save("tfa_method", row)
    return {"success": True, "msg": "The method is changed.", "method": _shown(call, row)}


def _make_primary(call: Call, row: Row) -> None:
    for other in second_factor.methods(call):
        other["is_primary"] = other["id"] == row["id"]
        call.world.save("tfa_method", other)
    row["is_primary"] = True


@behaviour("DELETE /api/v0/tfa/")
def method_removed(call: Call) -> Row | Refusal:
    """Remove a method; without `target_id` the one that the code is from. Without any method it is off."""
    second_factor.person(call)
    wanted = call.body.get("target_id") or call.body.get("tfa_method_id")
    kinds = [call.body.get("tfa_method")] if call.body.get("tfa_method") else []
    named = [second_factor.method_of(call, wanted)] if wanted is not None else []
    found = named or [row for kind in kinds for row in second_factor.methods(call, kind)]
    if len(found) != 1:
        raise invalid("target_id must name the method to remove")
    refused = second_factor.prove(call)
    if refused is not None:
        return refused
    call.world.remove("tfa_method", found[0]["id"])
    left = second_factor.methods(call)
    if left and found[0]["is_primary"]:
        _make_primary(call, left[0])
    if not left:
        state = second_factor.person(call)
        state.update(backup_codes=[], authorized_until=None)
        call.world.save("tfa", state)
    return {"success": True, "msg": f"The method {found[0]['id']} is removed.", "remaining_methods": len(left)}


@behaviour("PUT /api/v0/tfa/regen-backup-codes/")
def codes_renewed(call: Call) -> Row | Refusal:
    """Make new backup codes; the old ones end."""
    refused = _unproven(call)
    if refused is not None:
        return refused
    state = second_factor.person(call)
    codes = _new_codes(state)
    call.world.save("tfa", state)
    return {"success": True, "msg": "The old backup codes have ended.", "backup_codes": codes}
