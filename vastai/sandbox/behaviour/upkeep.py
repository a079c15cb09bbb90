"""What a host does about a machine besides letting it: default jobs, maintenance, reports of renters."""

from __future__ import annotations

from typing import Any

from vastai.sandbox.behaviour.hosts import mine
from vastai.sandbox.behaviour.registry import Call, Refusal, amount_of, behaviour, invalid, number_of

Row = dict[str, Any]

CATEGORIES = ("power", "internet", "disk", "gpu", "software", "other", "not provided")
HOUR = 3600.0
LONGEST_MAINTENANCE = 30 * 24.0


@behaviour("PUT /api/v0/machines/create_bids/")
def job_set(call: Call) -> Row:
    """Set the job that a machine runs for its host while nobody rents it."""
    machine = mine(call, call.body.get("machine"))
    prices = {name: _price(call, name) for name in ("price_gpu", "price_inetu", "price_inetd")}
    image = call.body.get("image")
    if not isinstance(image, str) or not image.strip():
        raise invalid("image is required")
    machine["defjob"] = {**prices, "image": image.strip(), "args": call.body.get("args") or []}
    call.world.save("machine", machine)
    return {**_answer(call, machine), "you_sent": call.body, "msg": f"{image} runs on machine {machine['id']}."}


def _price(call: Call, name: str) -> float:
    price = call.body.get(name)
    amount = amount_of(0 if price is None else price, name)
    if amount < 0:
        raise invalid(f"{name} must not be negative")
    return amount


@behaviour("DELETE /api/v0/machines/{id}/defjob/")
def job_removed(call: Call) -> Row:
    """Remove the default job of a machine."""
    machine = mine(call, call.path["id"])
    if machine["defjob"] is None:
        raise Refusal(404, "no_such_defjob", f"Machine {machine['id']} has no default job.")
    machine["defjob"] = None
    call.world.save("machine", machine)
    return {**_answer(call, machine), "msg": f"Machine {machine['id']} has no default job any more."}


@behaviour("PUT /api/v0/machines/{id}/dnotify/")
def maintenance_announced(call: Call) -> Row:
    """Announce a maintenance: it stands in the machine's row, and renters there can list it."""
    machine = mine(call, call.path["id"])
    start = amount_of(call.body.get("sdate"), "sdate")
    hours = amount_of(call.body.get("duration"), "duration")
    category = call.body.get("maintenance_category") or "not provided"
    if start <= call.now:
        raise invalid("sdate must be in the future")
    if not 0 < hours <= LONGEST_MAINTENANCE:
        raise invalid(f"duration must be more than 0 and at most {LONGEST_MAINTENANCE:g} hours")
    if category not in CATEGORIES:
        raise invalid(f"maintenance_category must be one of {', '.join(CATEGORIES)}")
    window = {"machine_id": machine["id"], "start_time": start, "end_time": start + hours * HOUR}
    window |= {"duration_hours": hours, "maintenance_category": category}
    window["maintenance_reason"] = call.body.get("maintenance_reason")
    machine["maintenances"].append(window)
    call.world.save("machine", machine)
    return {**_answer(call, machine), "you_sent": call.body, "msg": "The maintenance is announced."}


@behaviour("PUT /api/v0/machines/{id}/cancel_maint/")
def maintenance_cancelled(call: Call) -> Row:
    """Cancel all maintenance of a machine that is not over yet."""
    machine = mine(call, call.path["id"])
    kept = [each for each in machine["maintenances"] if each["end_time"] <= call.now]
    if len(kept) == len(machine["maintenances"]):
        raise Refusal(404, "no_such_maintenance", f"No maintenance of machine {machine['id']} is announced.")
    machine["maintenances"] = kept
    call.world.save("machine", machine)
    return {**_answer(call, machine), "ctime": call.now, "msg": "The maintenance is cancelled."}


@behaviour("GET /api/v0/machines/maintenances")
def maintenances(call: Call) -> list[Row]:
    """What is announced for machines that the caller owns or rents, the next one first; others are left out."""
    asked = call.json("machine_ids", [])
    if not isinstance(asked, list):
        raise invalid("machine_ids must be a list of machine ids")
    known = {each["id"] for each in call.world.all("machine", call.account)}
    known |= {each["machine_id"] for each in call.world.all("instance", call.account)}
    ids = known & {number_of(each) for each in asked}
    machines = [each for each in call.world.all("machine") if each["id"] in ids]
    found = [window for each in machines for window in each["maintenances"] if window["end_time"] > call.now]
    return sorted(found, key=lambda window: (window["start_time"], window["machine_id"]))


@behaviour("GET /api/v0/machines/{id}/reports/")
def reports(call: Call) -> list[Row]:
    """What renters have reported about a machine."""
    reports: list[Row] = mine(call, call.path["id"])["reports"]
    return reports


def _answer(call: Call, machine: Row) -> Row:
    return {"success": True, "machine_id": machine["id"], "user_id": call.account}
