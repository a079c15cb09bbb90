"""Paying for instances in advance: credit is set aside for one, and the GPUs cost less."""

from __future__ import annotations

from typing import Any

from vastai.sandbox import fleet, ledger, money, prices
from vastai.sandbox.behaviour.instances import mine
from vastai.sandbox.behaviour.registry import Call, Refusal, amount_of, behaviour, invalid

Row = dict[str, Any]

SMALLEST = 0.01
FULL_DISCOUNT_MONTHS = 6.0
"""Who pays for so long gets the greatest discount of the offer, who pays for less a part of it: our rule, for the
service publishes none."""


@behaviour("PUT /api/v0/instances/prepay/{id}/")
def prepaid(call: Call) -> Row:
    """Set credit aside for an instance on demand; `timescale` says for how many months it lasts."""
    instance = mine(call, call.path["id"])
    amount = amount_of(call.body.get("amount"), "amount")
    if amount < SMALLEST:
        raise invalid(f"amount must be at least {SMALLEST} $")
    if instance["price"] is not None:
        raise invalid(f"Instance {instance['id']} is interruptible; only instances on demand are paid in advance.")
    if ledger.credit(call.world, call.account, call.now) < money.micro(amount):
        raise Refusal(400, "insufficient_credit", f"The credit is less than {amount:.2f} $.")
    source = ledger.source(instance)
    ledger.deposit(call.world, call.account, source, amount, call.now)
    months = _left(call, instance) / _monthly(call, instance)
    greatest = fleet.offer_of(call.world, instance)["credit_discount_max"] or 0.0
    rate = round(greatest * min(1.0, months / FULL_DISCOUNT_MONTHS), 4)
    instance["discount"] = max(rate, instance.get("discount", 0.0))
    call.world.save("instance", instance)
    ledger.reprice(call.world, source, "gpu", fleet.gpu_price(call.world, instance), call.now)
    answer = {"success": True, "prepaid": amount, "timescale": round(months, 4)}
    return {**answer, "discount_rate": instance["discount"]}


@behaviour("GET /api/v0/instances/balance/{id}/")
def balance(call: Call) -> Row:
    """What is left of the money that was set aside for an instance, and what it saves while it lasts."""
    instance = mine(call, call.path["id"])
    left, rate = _left(call, instance), instance.get("discount", 0.0)
    months = left / _monthly(call, instance)
    saved = fleet.hourly(call.world, instance)["discounted_hourly"] * prices.HOURS_PER_MONTH * months if rate else 0.0
    return {
        "success": True,
        "refundable_deposit": left,
        "total_discount": round(saved, 6),
        "discount_months": round(months) if rate else 0,
    }


def _left(call: Call, instance: Row) -> float:
    """What is left of an instance's deposit, in dollars."""
    deposit = call.world.find("deposit", ledger.source(instance))
    return 0.0 if deposit is None else money.dollars(ledger.deposit_left(call.world, deposit, call.now))


def _monthly(call: Call, instance: Row) -> float:
    """What an instance costs that runs for a month, in dollars."""
    return float(fleet.hourly(call.world, instance)["discounted_dph_total"]) * prices.HOURS_PER_MONTH
