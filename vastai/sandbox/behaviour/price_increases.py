"""Price increases: a host asks more of a contract that runs; its renter accepts or rejects, and until then it stays."""

from __future__ import annotations

from typing import Any

from vastai.sandbox import fleet, hosting, ledger, offers, prices
from vastai.sandbox.behaviour.registry import Call, Refusal, behaviour, number_of
from vastai.sandbox.world import World

Row = dict[str, Any]

MONTH = prices.HOURS_PER_MONTH * 3600.0
_SHOWN = {"dph_base": ("gpu_costpersec", 3600.0), "storage_cost": ("disk_ram_costpersec", MONTH)}
"""Term of a contract -> what an increase calls it, and the seconds that its price is for."""
_TRAFFIC = {"inet_up_cost": "bwu_cost", "inet_down_cost": "bwd_cost"}
RAISED = (*_SHOWN, *_TRAFFIC)


def announce(call: Call, machine: Row) -> int:
    """Hold the contracts on a machine against its new listing; returns how many were extended.

    What costs no more is extended to the listing's end, if that is later. Whoever would pay more is asked: an increase
    is pending, in place of an older one. Interruptible contracts have no fixed price, so they are not asked.
    """
    withdraw(call.world, machine)
    extended = 0
    for instance in hosting.contracts(call.world, machine["id"]):
        asked = offers.find(call.world, "offer", instance["ask_id"])
        if asked is None or instance["price"] is not None:
            continue
        if any(asked[term] > instance["terms"][term] for term in RAISED):
            _ask(call, instance, asked)
        elif asked["end_date"] > instance["end_date"]:
            instance["end_date"] = asked["end_date"]
            call.world.save("instance", instance)
            extended += 1
    return extended


def withdraw(world: World, machine: Row) -> None:
    """What was asked of contracts on a machine holds no longer: its host asks something else, or lets it no more."""
    for instance in hosting.contracts(world, machine["id"]):
        for increase in world.all("price_increase", lookup=str(instance["id"])):
            if increase["status"] == "pending":
                increase["status"] = "replaced"
                world.save("price_increase", increase)


def _ask(call: Call, instance: Row, asked: Row) -> None:
    increase: Row = {
        "contract_id": instance["id"],
        "host_id": call.account,
        "old": instance["terms"],
        "new": {term: asked[term] for term in hosting.TERMS},
        "contract_end_date": instance["end_date"],
        "ask_end_date": asked["end_date"],
        "created_at": call.now,
        "status": "pending",
    }
    renter = call.world.owner("instance", instance["id"])
    call.world.add("price_increase", renter, increase, lookup=str(instance["id"]))


@behaviour("GET /api/v0/instances/pending-price-increases/")
def pending(call: Call) -> Row:
    """What hosts ask of the caller's contracts and the caller has not answered."""
    found = [_row(each) for each in call.world.all("price_increase", call.account) if each["status"] == "pending"]
    return {"success": True, "count": len(found), "truncated": False, "pending_price_increases": found}


def _row(increase: Row) -> Row:
    """An increase as the service shows it: prices per second; null for a new one that is the old one."""
    row = {"pending_price_increase_id": increase["id"], "contract_id": increase["contract_id"]}
    row["host_id"] = increase["host_id"]
    old, new = increase["old"], increase["new"]
    for term, (name, seconds) in (*_SHOWN.items(), *((term, (name, 1.0)) for term, name in _TRAFFIC.items())):
        row[f"old_{name}"] = old[term] / seconds
        row[f"new_{name}"] = None if new[term] == old[term] else new[term] / seconds
    dates = {name: increase[name] for name in ("contract_end_date", "ask_end_date", "created_at")}
    return {**row, "old_platform_fee": None, "new_platform_fee": None, **dates}


@behaviour("PUT /api/v0/instances/accept-price-increase/")
def accepted(call: Call) -> Row:
    """Accept: from now on the contract costs what the host asks, and lasts as long as the host's listing."""
    increase = _answered(call, "accepted")
    instance = call.world.get("instance", increase["contract_id"])
    assert instance is not None, "increases go with their instances"
    instance.update(terms=increase["new"], end_date=max(instance["end_date"], increase["ask_end_date"]))
    call.world.save("instance", instance)
    source, costs = ledger.source(instance), fleet.hourly(call.world, instance)
    ledger.reprice(call.world, source, "gpu", fleet.gpu_price(call.world, instance), call.now)
    ledger.reprice(call.world, source, "disk", costs["storage_total_cost"], call.now)
    return _answer(increase)


@behaviour("PUT /api/v0/instances/reject-price-increase/")
def rejected(call: Call) -> Row:
    """Reject: the contract stays as it is, until its own end."""
    return _answer(_answered(call, "rejected"))


def _answered(call: Call, status: str) -> Row:
    """The caller's pending increase that a request names, with its answer noted.

    Raises:
        Refusal: 404 when there is none or it was answered, 409 when the host has asked something else since.
    """
    id = call.body.get("pending_price_increase_id")
    number = number_of(id)
    increase = None if number is None else call.world.get("price_increase", number, call.account)
    if increase is not None and increase["status"] == "replaced":
        raise Refusal(409, "no_pending_price_increase", f"The host has changed its prices since increase {id}.")
    if increase is None or increase["status"] != "pending":
        raise Refusal(404, "no_pending_price_increase", f"No price increase {id} is pending in this account.")
    increase["status"] = status
    call.world.save("price_increase", increase)
    return increase


def _answer(increase: Row) -> Row:
    ids = {"pending_price_increase_id": increase["id"], "contract_id": increase["contract_id"]}
    return {"success": True, **ids}
