"""What a launch says of its plan: the offer, its price, the credit, and what comes when something fails."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .launch_plan import number

Row = Mapping[str, Any]


def in_words(plan: Row) -> str:
    """A plan for people, in lines.

    >>> from .launch_plan import plan
    >>> offers = [{"id": 1, "num_gpus": 2, "gpu_name": "RTX 4090", "geolocation": "Oslo, NO", "reliability": 0.99,
    ...     "machine_id": 7, "dph_total": 0.5, "inet_down_cost": 0.002, "inet_up_cost": 0.003}]
    >>> wanted = {"image": "ubuntu", "max_hours": 10, "max_cost": None, "traffic": None, "max_price": None,
    ...     "bid": None, "wait": "ssh", "wait_timeout": 900}
    >>> print(in_words(plan(offers, {"credit": 20.0}, wanted, disk=16, label="job")))
    Offer 1: 2x RTX 4090, Oslo, NO, reliability 99.0 %, machine 7
      Runs:     ubuntu, with 16 GB of disk, labelled job, for 10 hours at most
      Price:    0.5000 $/h with the disk; traffic is extra: 2.00 $/TB down, 3.00 $/TB up
      In all:   5.05 $ for 10 hours and 10 GB of traffic each way
      Credit:   20.00 $, which lasts 40.0 hours for this instance alone
      Wait:     until it answers by SSH, 900 s at most; else, or at Ctrl-C, it is destroyed
      Else:     if it is gone, dearer or does not come up: nothing is rented
    """
    offer, runs = plan["offer"], plan["image"] or "the template"
    return "\n".join(
        [
            f"Offer {offer['id']}: {machine(offer)}",
            f"  Runs:     {runs}, with {plan['disk']:g} GB of disk, labelled {plan['label']}{_lease(plan)}",
            f"  Price:    {_price(plan)}",
            f"  In all:   {_total(plan)}",
            f"  Credit:   {_credit(plan)}",
            *([f"  Wait:     {_wait(plan)}"] if plan["wait"] else []),
            f"  Else:     {_else(plan)}",
        ]
    )


def machine(offer: Row) -> str:
    """The machine of an offer, in words."""
    reliability = number(offer.get("reliability"))
    return ", ".join(
        part
        for part in (
            f"{offer.get('num_gpus') or 1}x {offer.get('gpu_name') or 'GPU'}",
            str(offer.get("geolocation") or "place unknown"),
            "" if reliability is None else f"reliability {100 * reliability:.1f} %",
            f"machine {offer.get('machine_id')}",
        )
        if part
    )


def _lease(plan: Row) -> str:
    """What is written into the label beside it, for `reap` to see to."""
    hours, cost = plan["max_hours"], plan["max_cost"]
    terms = [] if hours is None else [f"{hours:g} hours"]
    terms += [] if cost is None else [f"{cost:.2f} $"]
    return f", for {' and '.join(terms)} at most" if terms else ""


def _price(plan: Row) -> str:
    offer = plan["offer"]
    kind = "" if plan["bid"] is None else f"a bid of {plan['bid']:g} $/h; the instance stops when somebody bids more; "
    down, up = (number(offer.get(field)) for field in ("inet_down_cost", "inet_up_cost"))
    beside = (
        f"{1000 * down:.2f} $/TB down, {1000 * up:.2f} $/TB up" if down is not None and up is not None else "unknown"
    )
    return f"{kind}{offer['dph_total']:.4f} $/h with the disk; traffic is extra: {beside}"


def _total(plan: Row) -> str:
    use = f"{plan['hours']:g} hours"
    if plan["total"] is None:
        return f"{plan['offer']['dph_total'] * plan['hours']:.2f} $ for {use}, and the traffic"
    return f"{plan['total']:.2f} $ for {use} and {plan['traffic']:g} GB of traffic each way"


def _credit(plan: Row) -> str:
    if plan["credit"] is None:
        return "unknown: this key may not see the account"
    if plan["lasts"] is None:
        return f"{plan['credit']:.2f} $"
    short = plan["total"] is not None and plan["credit"] < plan["total"]
    lasts = f"which lasts {max(0.0, plan['lasts']):.1f} hours for this instance alone"
    return f"{plan['credit']:.2f} $, {lasts}{': NOT ENOUGH' if short else ''}"


def _wait(plan: Row) -> str:
    until = "answers by SSH" if plan["wait"] == "ssh" else f"is {plan['wait']}"
    return f"until it {until}, {plan['wait_timeout']:g} s at most; else, or at Ctrl-C, it is destroyed"


def _else(plan: Row) -> str:
    when = "if it is gone, dearer or does not come up" if plan["wait"] else "if it is gone or dearer"
    if not plan["others"]:
        return f"{when}: nothing is rented"
    count = len(plan["others"])
    which = "the next one" if count == 1 else f"the next of {count} others"
    return f"{when}: {which}, none above {plan['ceiling']:.4f} $/h"
