"""Serverless workers: where a request is sent, which workers there are, what they wrote, their updates.

Workers are made, woken and put aside when somebody looks or sends a request; their states follow from times. They cost
nothing, and nothing listens at their addresses.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from typing import Any

from vastai.sandbox import scaling
from vastai.sandbox.behaviour.registry import Call, amount_of, behaviour, invalid, missing, number_of, own

Row = dict[str, Any]

ACTIVE, SUSPENDED = "active", "suspended"
PERFORMANCE = 100.0
"""Units per second that each worker is said to have been measured at."""
_LEVELS = ("info0", "info1", "trace", "debug")


def scaled(call: Call, endpoint: Row) -> list[Row]:
    """The workers of an endpoint, brought to the number that its state and its load ask for."""
    groups = [each for each in call.world.all("workergroup", call.account) if each["endpoint_id"] == endpoint["id"]]
    load = scaling.load(_asked(call, endpoint)["requests"], call.now)
    found: list[Row] = []
    for group in groups:
        found += _scale(call, endpoint, group, load / len(groups))
    return found


def _asked(call: Call, endpoint: Row) -> Row:
    """What was asked of an endpoint: `requests` of the last minute, as [time, cost], and how many in all."""
    lookup = f"endpoint {endpoint['id']}"
    fresh: Row = {"requests": [], "count": 0}
    return call.world.find("routed", lookup) or call.world.add("routed", call.account, fresh, lookup=lookup)


def _scale(call: Call, endpoint: Row, group: Row, load: float) -> list[Row]:
    """Bring one group to its number of workers; the oldest ones are hot."""
    offers = _fitting(call, group)
    hot, total = scaling.wanted(group, load, PERFORMANCE) if offers else (0, 0)
    if endpoint["endpoint_state"] == SUSPENDED:
        hot = 0
    elif endpoint["endpoint_state"] != ACTIVE:
        hot = total = 0
    workers = call.world.all("worker", call.account, lookup=f"group {group['id']}")
    for worker in workers[total:]:
        call.world.remove("worker", worker["id"])
    workers = workers[:total]
    for number, worker in enumerate(workers):
        if (scaling.goal(worker["timeline"]) == scaling.READY) != (number < hot):
            worker["timeline"] = scaling.changed(worker["timeline"], call.now, number < hot)
            call.world.save("worker", worker)
    for number in range(len(workers), total):
        offer = offers[number % len(offers)]
        row = {"group_id": group["id"], "endpoint_id": endpoint["id"], "created_at": call.now, "reqnum": 0}
        row |= {"gpu_name": offer["gpu_name"], "address": offer["public_ipaddr"], "updating": False}
        row["timeline"] = scaling.started(call.now, number < hot)
        workers.append(call.world.add("worker", call.account, row, lookup=f"group {group['id']}"))
    return workers


def _fitting(call: Call, group: Row) -> list[Row]:
    """The cheapest offers with the memory that a group asks for, in GB."""
    least = amount_of(group.get("gpu_ram") or 0, "gpu_ram") * 1000
    fitting = [each for each in call.world.listings("offer") if each["gpu_ram"] >= least and each["num_gpus"] == 1]
    return sorted(fitting, key=lambda each: (each["dph_base"], each["id"]))[:20]


def remove_all(call: Call, group_id: int) -> list[int]:
    """Forget the workers of a group. Returns their ids."""
    gone = [each["id"] for each in call.world.all("worker", call.account, lookup=f"group {group_id}")]
    for id in gone:
        call.world.remove("worker", id)
    return gone


@behaviour("POST /route/")
def routed(call: Call) -> Row:
    """The worker that is to serve a request; while none is ready, a status instead."""
    name = call.body.get("endpoint")
    found = [each for each in call.world.all("endpoint", call.account) if each["endpoint_name"] == name]
    if not found:
        raise missing("no_such_endpoint", "endpoint", name)
    endpoint, cost = found[0], amount_of(call.body.get("cost", 100.0), "cost")
    asked = _asked(call, endpoint)
    recent = [each for each in asked["requests"] if call.now - each[0] < scaling.WINDOW_SECONDS]
    asked.update(requests=[*recent, [call.now, cost]], count=asked["count"] + 1)
    call.world.save("routed", asked)
    answer = {"endpoint": name, "__request_id": secrets.token_hex(8)}
    workers = scaled(call, endpoint)
    ready = [each for each in workers if scaling.status(each["timeline"], call.now) == scaling.READY]
    if endpoint["endpoint_state"] != ACTIVE or not ready:
        return {**answer, "status": _why_none(call, endpoint, workers)}
    worker = min(ready, key=lambda each: (each["reqnum"], each["id"]))
    worker["reqnum"] += 1
    call.world.save("worker", worker)
    url, reqnum = _url(worker), asked["count"]
    text = f"{name}|{url}|{cost}|{reqnum}"
    signature = hmac.new(str(endpoint["created_at"]).encode(), text.encode(), hashlib.sha256).hexdigest()
    return {**answer, "url": url, "cost": cost, "reqnum": reqnum, "signature": signature}


def _why_none(call: Call, endpoint: Row, workers: list[Row]) -> str:
    if endpoint["endpoint_state"] != ACTIVE:
        return f"The endpoint is {endpoint['endpoint_state']}."
    states = [scaling.status(each["timeline"], call.now) for each in workers]
    counted = ", ".join(f"{states.count(each)} {each}" for each in (scaling.LOADING, scaling.COLD))
    return f"No worker is ready: {counted}." if states else "There are no workers: the endpoint needs a worker group."


def _url(worker: Row) -> str:
    return f"https://{worker['address']}:{20_000 + worker['id'] % 10_000}"


@behaviour("POST /get_endpoint_workers/")
def endpoint_workers(call: Call) -> Row:
    """The workers of an endpoint."""
    return {"workers": [_shown(call, each) for each in scaled(call, _endpoint(call))]}


@behaviour("POST /get_workergroup_workers/")
def group_workers(call: Call) -> Row:
    """The workers of a worker group."""
    return {"workers": [_shown(call, each) for each in _of_group(call, _group(call, "id"))]}


def _of_group(call: Call, group: Row) -> list[Row]:
    endpoint = own(call, "endpoint", group["endpoint_id"])
    return [each for each in scaled(call, endpoint) if each["group_id"] == group["id"]]


def _shown(call: Call, worker: Row) -> Row:
    status = scaling.status(worker["timeline"], call.now)
    measured = PERFORMANCE if status != scaling.LOADING else None
    shown = {"id": worker["id"], "status": status, "gpu_name": worker["gpu_name"], "measured_perf": measured}
    return {**shown, "url": _url(worker), "reqs": worker["reqnum"], "created_at": worker["created_at"]}


def _group(call: Call, field: str) -> Row:
    return own(call, "workergroup", call.body.get(field), "no_such_workergroup", "worker group")


def _endpoint(call: Call) -> Row:
    return own(call, "endpoint", call.body.get("id"), "no_such_endpoint", "endpoint")


@behaviour("POST /update_workers/")
def updated(call: Call) -> Row:
    """Start the hot workers of a group anew, as they are after a change; or call that off."""
    workers = _of_group(call, _group(call, "workergroup_id"))
    going_on = [each for each in workers if each["updating"] and each["timeline"][-1][0] > call.now]
    if call.body.get("cancel_update"):
        for worker in going_on:
            past = [each for each in worker["timeline"] if each[0] <= call.now]
            worker.update(timeline=[*past, [call.now, scaling.READY]], updating=False)
            call.world.save("worker", worker)
        return {"success": True, "cancelled": bool(going_on), "workers_to_update": 0}
    hot = [each for each in workers if scaling.status(each["timeline"], call.now) == scaling.READY]
    for worker in hot:
        past = worker["timeline"]
        again = [[call.now, scaling.LOADING], [call.now + scaling.FIRST_START_SECONDS, scaling.READY]]
        worker.update(timeline=[*past, *again], updating=True)
        call.world.save("worker", worker)
    return {"success": True, "workers_to_update": len(hot), "cancelled": False}


@behaviour("POST /get_endpoint_logs/")
def endpoint_logs(call: Call) -> Row:
    """What the service wrote about an endpoint, by level."""
    endpoint = _endpoint(call)
    workers = scaled(call, endpoint)
    about = [(endpoint["created_at"], f"endpoint {endpoint['endpoint_name']} made")]
    asked = [(at, f"request of {cost:g} units") for at, cost in _asked(call, endpoint)["requests"]]
    return _logs(call, about, workers, asked)


@behaviour("POST /get_autogroup_logs/", "POST /get_workergroup_logs/", beside=True)
def group_logs(call: Call) -> Row:
    """What the service wrote about a worker group, by level."""
    group = _group(call, "id")
    return _logs(call, [(group["created_at"], f"worker group {group['id']} made")], _of_group(call, group), [])


def _logs(call: Call, about: list[tuple[float, str]], workers: list[Row], asked: list[tuple[float, str]]) -> Row:
    """Lines of four levels, each with those of the one before: what was made, workers, their states, requests."""
    made = [(each["created_at"], f"worker {each['id']} on {each['gpu_name']}") for each in workers]
    states = [(at, f"worker {each['id']} {status}") for each in workers for at, status in each["timeline"]]
    tail = number_of(call.body.get("tail"))
    if call.body.get("tail") is not None and tail is None:
        raise invalid("tail must be a whole number of lines")
    texts: Row = {}
    lines: list[tuple[float, str]] = []
    for level, more in zip(_LEVELS, (about, made, states, asked), strict=True):
        lines = sorted([*lines, *(each for each in more if each[0] <= call.now)])
        shown = lines if tail is None else lines[len(lines) - min(tail, len(lines)) :]
        texts[level] = "".join(f"{_clock(at)} {text}\n" for at, text in shown)
    return texts


def _clock(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
