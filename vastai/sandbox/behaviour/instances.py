"""Instances: list, show, start, stop, label, reboot, destroy."""

from __future__ import annotations

from typing import Any

from vastai.sandbox import filters, fleet, ledger, lifecycle, money
from vastai.sandbox.behaviour import mounts
from vastai.sandbox.behaviour.registry import Call, Refusal, amount_of, behaviour, invalid, own
from vastai.sandbox.fleet import offer_of
from vastai.sandbox.world import World

Row = dict[str, Any]

PAGE = 25
COMPUTED = frozenset(
    ("dph_total", "dph_base", "num_gpus", "duration", "uptime_mins", "search", "instance", "score", "gpu_util")
)
"""Columns that the service computes for an answer, and so cannot filter by (API facts, section 5)."""


def rows(world: World, account: int, now: float) -> list[Row]:
    """All instances of an account as the service shows them."""
    return [fleet.shown(world, each, now) for each in world.all("instance", account)]


def mine(call: Call, id: Any) -> Row:
    """The caller's instance of this id. Refusal: no_such_instance."""
    return own(call, "instance", id, "no_such_instance", "instance")


@behaviour("GET /api/v1/instances/", "GET /api/v0/instances/")
def listed(call: Call) -> Row:
    """The caller's instances; the newer path gives them in pages of at most 25."""
    wanted = call.json("select_filters", {})
    if not isinstance(wanted, dict):
        raise Refusal(400, "invalid_request", "select_filters must be an object")
    computed = sorted(COMPUTED & wanted.keys())
    if computed:
        raise Refusal(400, "invalid_request", f"{computed[0]} is computed, so it cannot be a filter")
    everything = rows(call.world, call.account, call.now)
    found = filters.search(everything, wanted, call.json("order_by", [["id", "asc"]]), None)
    part, token = filters.page(found, call.query.get("limit"), call.query.get("after_token"), PAGE, PAGE)
    columns = call.json("select_cols", ["*"])
    labels = [each["label"] for each in everything if each["label"]]
    return {
        "success": True,
        "instances": [select(each, columns) for each in part],
        "instances_found": len(part),
        "total_instances": len(found),
        "label_counts": {label: labels.count(label) for label in sorted(set(labels))},
        "next_token": token,
    }


@behaviour("GET /api/v0/instances/{id}/")
def shown(call: Call) -> Row:
    """One instance under the plural name; null for an id that is not the caller's."""
    id = call.path["id"]
    instance = call.world.get("instance", id, call.account) if isinstance(id, int) else None
    return {"instances": fleet.shown(call.world, instance, call.now) if instance else None}


def select(found: Row, columns: Any) -> Row:
    """The columns of a row that were asked for; an unknown one is null.

    >>> select({"id": 1, "label": "a"}, ["id", "nonsense"])
    {'id': 1, 'nonsense': None}
    """
    if not isinstance(columns, list) or not columns or "*" in columns:
        return found
    return {str(column): found.get(column) for column in columns}


@behaviour("PUT /api/v0/instances/{id}/")
def changed(call: Call) -> Row:
    """Start, stop or label one instance."""
    _change(call, mine(call, call.path["id"]))
    return {"success": True}


@behaviour("PUT /api/v0/instances/", beside=True)
def changed_several(call: Call) -> Row:
    """Start, stop or label several instances: all of them, or none."""
    for id in _ids(call, "ids"):
        _change(call, mine(call, id))
    return {"success": True}


def _ids(call: Call, name: str) -> list[Any]:
    ids = call.body.get(name)
    if not isinstance(ids, list) or not ids:
        raise invalid(f"{name} must be a list of instance ids")
    return ids


def _change(call: Call, instance: Row) -> None:
    state, label = call.body.get("state"), call.body.get("label")
    if state is None and "label" not in call.body:
        raise invalid("nothing to change: give a state or a label")
    if label is not None and not isinstance(label, str):
        raise invalid("label must be a text")
    if state not in (None, "running", "stopped"):
        raise invalid("state must be running or stopped")
    if "label" in call.body:
        instance["label"] = label
        call.world.save("instance", instance)
    if state == "running":
        start(call, instance)
    elif state == "stopped":
        stop(call, instance)


def start(call: Call, instance: Row) -> None:
    """Start an instance that is stopped; one that runs already stays as it is."""
    if instance["intended_status"] == "running":
        return
    if instance["end_date"] <= call.now:
        raise invalid(f"The contract of instance {instance['id']} has ended; copy its data and destroy it.")
    left = money.dollars(ledger.available(call.world, call.account, ledger.source(instance), call.now))
    if left <= fleet.hourly(call.world, instance)["dph_total"] / 60:
        raise Refusal(400, "insufficient_credit", "There is no credit left to start it with; add some first.")
    fleet.start(call.world, instance, call.now)


def stop(call: Call, instance: Row) -> None:
    """Stop an instance that runs or is to run; one that is stopped stays as it is."""
    if instance["intended_status"] == "running":
        fleet.stop(call.world, instance, call.now)


@behaviour("PUT /api/v0/instances/recycle/{id}/", beside=True)
def recycled(call: Call) -> Row:
    """Make the container anew from its image: to the sandbox the same as a reboot."""
    return rebooted(call)


@behaviour("PUT /api/v0/instances/reboot/{id}/")
def rebooted(call: Call) -> Row:
    """Reboot an instance: away for a moment, on the same GPUs, at the same price. One that boots goes on booting."""
    instance = mine(call, call.path["id"])
    if instance["intended_status"] != "running":
        raise invalid(f"Instance {instance['id']} does not run, so it cannot be rebooted; start it instead.")
    if not lifecycle.runs(instance, call.now):
        return {"success": True}
    instance["timeline"] = lifecycle.reboot(call.now, instance["image"])
    call.world.save("instance", instance)
    return {"success": True}


@behaviour("PUT /api/v0/instances/bid_price/{id}/", beside=True)
def bid_changed(call: Call) -> Row:
    """Change the bid of an interruptible instance: what runs costs the new price, what was outbid may run again."""
    instance = mine(call, call.path["id"])
    offer = offer_of(call.world, instance)
    price = amount_of(call.body.get("price"), "price")
    if instance["price"] is None:
        raise Refusal(400, "invalid_price", f"Instance {instance['id']} is not interruptible, so there is no bid.")
    if not offer["min_bid"] <= price <= 32 * offer["num_gpus"]:
        raise Refusal(400, "invalid_price", f"The lowest bid here is {offer['min_bid']} $/hour.")
    instance["price"] = price
    call.world.save("instance", instance)
    ledger.reprice(call.world, ledger.source(instance), "gpu", price, call.now)
    fleet.wake(call.world, instance["machine_id"], call.now)
    return {"success": True}


@behaviour("DELETE /api/v0/instances/{id}/")
def destroyed(call: Call) -> Row:
    """Destroy one instance with everything on its disk."""
    destroy(call, mine(call, call.path["id"]))
    return {"success": True, "msg": f"Instance {call.path['id']} is destroyed."}


@behaviour("DELETE /api/v0/instances/", beside=True)
def destroyed_several(call: Call) -> Row:
    """Destroy several instances: all of them, or none."""
    ids = _ids(call, "instance_ids")
    for id in ids:
        destroy(call, mine(call, id))
    return {"success": True, "msg": f"{len(ids)} instances are destroyed."}


def destroy(call: Call, instance: Row) -> None:
    """Forget an instance: its costs end, its volumes and GPUs are free."""
    ledger.end(call.world, ledger.source(instance), call.now)
    ledger.refund(call.world, ledger.source(instance), call.now)
    mounts.unmount_all(call.world, instance)
    owner = call.world.owner("instance", instance["id"])
    for kind in ("price_increase", "overlay_member"):
        for each in call.world.all(kind, lookup=str(instance["id"])):
            call.world.remove(kind, each["id"])
    call.world.remove("instance", instance["id"])
    for key in call.world.all("key", owner):
        if key.get("instance_id") == instance["id"]:
            key["revoked"] = True
            call.world.save("key", key)
    fleet.wake(call.world, instance["machine_id"], call.now)
