"""The account: who one is, what credit is left, and moving credit."""

from __future__ import annotations

from typing import Any

from vastai.sandbox import callers, ledger, money
from vastai.sandbox.behaviour.registry import Call, Refusal, amount_of, behaviour, number_of

Row = dict[str, Any]


@behaviour("GET /api/v0/users/current/")
def current(call: Call) -> Row:
    """The account of the key in use; `credit` is what is left of the prepaid money."""
    account = call.caller.account
    credit = money.dollars(ledger.credit(call.world, call.account, call.now))
    keys = call.world.all("ssh_key", call.account)
    return {
        "id": account["id"],
        "key_id": call.caller.key["id"] if call.caller.key else None,
        "username": account.get("team_name") or account["username"],
        "email": account["email"],
        "email_verified": True,
        "fullname": account.get("team_name") or account.get("fullname") or "Sandbox User",
        "credit": credit,
        "balance": 0.0,
        "balance_threshold": account.get("balance_threshold", 0.0),
        "balance_threshold_enabled": account.get("balance_threshold_enabled", False),
        "has_billing": True,
        "has_payout": False,
        "can_pay": True,
        "got_signup_credit": 1,
        "billed_expected": 0.0,
        "paid_expected": 0.0,
        "password_resettable": True,
        "tfa_enabled": False,
        "is_team": account.get("owner") is not None,
        "ssh_key": keys[0]["public_key"] if keys else None,
    }


@behaviour("PUT /api/v0/commands/transfer_credit/")
def transferred(call: Call) -> Row:
    """Give credit to another account, named by its e-mail address or its number."""
    amount = amount_of(call.body.get("amount"), "amount")
    recipient = _recipient(call, call.body.get("recipient"))
    move(call, call.account, recipient["id"], amount)
    return {"success": True, "msg": f"{amount:.2f} $ went to {recipient['email']}."}


def _recipient(call: Call, named: Any) -> Row:
    """The account that a transfer goes to.

    Raises:
        Refusal: there is none of that name, or it is the caller's own.
    """
    text = str(named or "").strip()
    number = number_of(text)
    found = call.world.get("account", number) if number is not None else None
    if "@" in text:
        found = callers.account_by_email(call.world, text, call.now)
    if found is None or found["id"] == call.account:
        known = ", ".join(callers.OTHER_EMAILS)
        raise Refusal(400, "invalid_recipient", f"There is no other account {text!r}. The sandbox knows {known}.")
    return found


def move(call: Call, sender: int, recipient: int, amount: float) -> None:
    """Book a transfer on both sides.

    Raises:
        Refusal: the sender has not so much.
    """
    if ledger.credit(call.world, sender, call.now) < money.micro(amount):
        raise Refusal(400, "insufficient_balance", f"The credit is less than {amount:.2f} $.")
    ledger.pay_in(call.world, sender, -amount, "transfer", f"Transfer to account {recipient}", call.now)
    ledger.pay_in(call.world, recipient, amount, "transfer", f"Transfer from account {sender}", call.now)


@behaviour("PUT /api/v0/__sandbox__/credit/")
def added(call: Call) -> Row:
    """Add credit that is not real: in the sandbox only."""
    amount = amount_of(call.given("amount"), "amount")
    ledger.pay_in(call.world, call.account, amount, "sandbox", "Credit added in the sandbox", call.now)
    credit = money.dollars(ledger.credit(call.world, call.account, call.now))
    return {"success": True, "msg": f"The credit is {credit:.2f} $ now.", "credit": credit}
