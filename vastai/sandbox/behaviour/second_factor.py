"""The second factor: codes that are sent, and the check of what somebody gives as proof.

A wrong code is counted although it is refused, so these functions return their refusals instead of raising them.
"""

from __future__ import annotations

import secrets
from typing import Any

from vastai.sandbox import messages, totp
from vastai.sandbox.behaviour.registry import Call, Refusal, invalid, number_of

Row = dict[str, Any]

CHALLENGE_SECONDS = 600.0
LOCK_SECONDS = 900.0
MOST_WRONG = 5
"""Wrong codes in a row that lock a method; nobody publishes the number, this one is ours."""


def person(call: Call) -> Row:
    """The two-factor state of the caller's account; its `fail_count` is that of e-mail and backup codes.

    Raises:
        Refusal: the account is a team's.
    """
    if call.caller.account.get("owner") is not None:
        raise Refusal(403, "team_user_forbidden", "Two-factor authentication belongs to people, not to teams.")
    found = call.world.all("tfa", call.account)
    fresh: Row = {"backup_codes": [], "authorized_until": None, "fail_count": 0, "locked_until": None}
    return found[0] if found else call.world.add("tfa", call.account, fresh)


def methods(call: Call, kind: str | None = None) -> list[Row]:
    """The account's methods, of one kind or all."""
    rows = call.world.all("tfa_method", call.account)
    return [row for row in rows if kind in (None, row["method"])]


def method_of(call: Call, id: Any) -> Row:
    """The account's method of an id.

    Raises:
        Refusal: there is none.
    """
    found = [row for row in methods(call) if row["id"] == number_of(id)]
    if not found:
        raise Refusal(404, "no_such_method", f"There is no two-factor method {id} in this account.")
    return found[0]


def challenge(call: Call, kind: str, to: str = "", **fields: Any) -> str:
    """Begin a challenge and send its code; returns the secret that the code is given together with.

    Arguments: kind is email, sms, or totp, of which the code comes from the app; to is the address or number.
    """
    secret, code = secrets.token_urlsafe(24), f"{secrets.randbelow(10**6):06}"
    row = {"method": kind, "to": to, "code": code, "at": call.now, "used": False, **fields}
    call.world.add("tfa_challenge", call.account, row, lookup=secret)
    if kind != "totp":
        send_again(call, row)
    return secret


def send_again(call: Call, begun: Row) -> None:
    """Send the code of a challenge, once more."""
    messages.send(call.world, call.account, begun["method"], begun["to"], "Your code", call.now, code=begun["code"])


def open_challenge(call: Call, secret: Any) -> Row | None:
    """The challenge of a secret while it may be answered, or None."""
    found = call.world.find("tfa_challenge", str(secret), call.account)
    return found if found and not found["used"] and call.now - found["at"] <= CHALLENGE_SECONDS else None


def prove(call: Call) -> Refusal | None:
    """Check the proof in a request's body: a backup code, a code of an app, or a code that was sent.

    Returns: None when it is good, and is used up by that; else the refusal, with the wrong code counted.

    Raises:
        Refusal: there is no proof, or no such method.
    """
    state, body = person(call), call.body
    if body.get("backup_code") is not None:
        given = str(body["backup_code"])
        good = given in state["backup_codes"]
        state["backup_codes"] = [each for each in state["backup_codes"] if each != given]
        return settled(call, "tfa", state, good)
    code = body.get("code")
    if not isinstance(code, str) or not code:
        raise invalid("code or backup_code is required")
    kind = _kind(call)
    if kind == "totp":
        return _app_code(call, code)
    return sent_code(call, code, body.get("secret"), kind)


def _kind(call: Call) -> str:
    """The kind of method that a code is from: as named, as the challenge says, or the primary one."""
    body = call.body
    if body.get("tfa_method_id") is not None:
        return str(method_of(call, body["tfa_method_id"])["method"])
    if body.get("tfa_method") is not None:
        return str(body["tfa_method"])
    begun = open_challenge(call, body.get("secret"))
    if begun is not None:
        return str(begun["method"])
    primary = [row for row in methods(call) if row["is_primary"]]
    return primary[0]["method"] if primary else "email"


def _app_code(call: Call, code: str) -> Refusal | None:
    wanted = call.body.get("tfa_method_id")
    rows = methods(call, "totp") if wanted is None else [method_of(call, wanted)]
    if not rows:
        raise Refusal(400, "no_such_method", "This account has no authenticator app; add one first.")
    for row in rows:
        step = totp.step_of(row["secret"], code, call.now, row["last_step"])
        if step is not None and not locked(call, row):
            row["last_step"] = step
            return settled(call, "tfa_method", row, True)
    return settled(call, "tfa_method", rows[0], False)


def sent_code(call: Call, code: str, secret: Any, kind: str) -> Refusal | None:
    """Check a code that was sent, against the challenge of its secret."""
    begun = open_challenge(call, secret)
    rows = methods(call, "sms") if kind == "sms" else []
    table, row = ("tfa_method", rows[0]) if rows else ("tfa", person(call))
    good = begun is not None and begun["method"] == kind and begun["code"] == code
    refused = settled(call, table, row, good)
    if begun is not None and refused is None:
        begun["used"] = True
        call.world.save("tfa_challenge", begun)
    return refused


def locked(call: Call, row: Row) -> bool:
    """Is a method locked now, after too many wrong codes?"""
    return row["locked_until"] is not None and call.now < row["locked_until"]


def settled(call: Call, table: str, row: Row, good: bool) -> Refusal | None:
    """Count a code on its row, right or wrong. Returns the refusal of a wrong one, or of any while it is locked."""
    if locked(call, row):
        return _locked(row)
    row["fail_count"] = 0 if good else row["fail_count"] + 1
    row["locked_until"] = call.now + LOCK_SECONDS if row["fail_count"] >= MOST_WRONG else None
    if good:
        row["last_used"] = call.now
    call.world.save(table, row)
    if good:
        return None
    if row["locked_until"] is not None:
        refusal = _locked(row)
        row["fail_count"] = 0  # after the lock the count begins anew
        call.world.save(table, row)
        return refusal
    return Refusal(400, "invalid_code", "The code is wrong, or too old.", fail_count=row["fail_count"])


def _locked(row: Row) -> Refusal:
    msg = f"Too many wrong codes: locked for {LOCK_SECONDS / 60:.0f} minutes."
    return Refusal(429, "tfa_locked", msg, fail_count=row["fail_count"] or MOST_WRONG, locked_until=row["locked_until"])
