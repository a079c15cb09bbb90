"""Serverless: endpoints, and the worker groups that belong to them."""

from __future__ import annotations

from typing import Any

from vastai.sandbox.behaviour import workers
from vastai.sandbox.behaviour.registry import Call, behaviour, invalid, number_of, own
from vastai.sandbox.behaviour.rent import template_of

Row = dict[str, Any]

STATES = ("active", "suspended", "stopped")

# Fields with what they are when nobody says (the vendor's description of the requests).
ENDPOINT_FIELDS: Row = {
    "endpoint_name": None,
    "min_load": 10.0,
    "min_cold_load": 0.0,
    "target_util": 0.9,
    "cold_mult": 2.5,
    "cold_workers": 5,
    "max_workers": 20,
    "max_queue_time": 30.0,
    "target_queue_time": 10.0,
    "inactivity_timeout": None,
    "endpoint_state": "active",
}
WORKERGROUP_FIELDS: Row = {
    "endpoint_name": None,
    "endpoint_id": None,
    "template_hash": None,
    "template_id": None,
    "search_params": "verified=true rentable=true rented=false",
    "search_query": None,
    "launch_args": None,
    "gpu_ram": 24.0,
    "min_load": 1.0,
    "target_util": 0.9,
    "cold_mult": 3.0,
    "cold_workers": 3,
    "max_workers": 20,
    "test_workers": 3,
}


@behaviour("GET /api/v0/endptjobs/")
def endpoints(call: Call) -> Row:
    """The caller's endpoints."""
    return {"success": True, "results": call.world.all("endpoint", call.account)}


@behaviour("GET /api/v0/endptjobs/{id}/", beside=True)
def endpoint(call: Call) -> Row:
    """One endpoint."""
    return {"success": True, "result": _endpoint(call, call.path["id"])}


@behaviour("POST /api/v0/endptjobs/")
def endpoint_created(call: Call) -> Row:
    """Create an endpoint; `result` is its id."""
    if call.body.get("endpoint_name") is None:
        raise invalid("endpoint_name is required")
    row = _checked_endpoint({**ENDPOINT_FIELDS, **_given(call, ENDPOINT_FIELDS)})
    call.world.add("endpoint", call.account, {**row, "user_id": call.account, "created_at": call.now})
    return {"success": True, "result": call.world.all("endpoint", call.account)[-1]["id"]}


@behaviour("PUT /api/v0/endptjobs/{id}/")
def endpoint_changed(call: Call) -> Row:
    """Change the fields of an endpoint that are given; its worker groups follow a new name."""
    row = _endpoint(call, call.path["id"])
    row.update(_checked_endpoint(_given(call, ENDPOINT_FIELDS)))
    call.world.save("endpoint", row)
    for group in _groups_of(call, row):
        group["endpoint_name"] = row["endpoint_name"]
        call.world.save("workergroup", group)
    return {"success": True}


@behaviour("DELETE /api/v0/endptjobs/{id}/")
def endpoint_deleted(call: Call) -> Row:
    """Delete an endpoint with its worker groups."""
    row = _endpoint(call, call.path["id"])
    gone: list[int] = []
    for group in _groups_of(call, row):
        gone += workers.remove_all(call, group["id"])
        call.world.remove("workergroup", group["id"])
    call.world.remove("endpoint", row["id"])
    msg = f"Endpoint {row['id']} is deleted."
    return {"success": True, "deleted_workers": gone, "failed_workers": [], "msg": msg}


def _endpoint(call: Call, id: Any) -> Row:
    return own(call, "endpoint", id, "no_such_endpoint", "endpoint")


def _groups_of(call: Call, endpoint: Row) -> list[Row]:
    return [each for each in call.world.all("workergroup", call.account) if each["endpoint_id"] == endpoint["id"]]


def _given(call: Call, fields: Row) -> Row:
    """The known fields of the body that are not null."""
    return {name: call.body[name] for name in fields if call.body.get(name) is not None}


def _checked_endpoint(row: Row) -> Row:
    name, state = row.get("endpoint_name"), row.get("endpoint_state")
    if name is not None and not (isinstance(name, str) and name):
        raise invalid("endpoint_name must be a text")
    if state is not None and state not in STATES:
        raise invalid(f"endpoint_state must be one of {', '.join(STATES)}")
    return row


@behaviour("GET /api/v0/workergroups/", "GET /api/v0/autojobs/")
def workergroups(call: Call) -> Row:
    """The caller's worker groups."""
    return {"success": True, "results": call.world.all("workergroup", call.account)}


@behaviour("POST /api/v0/workergroups/", "POST /api/v0/autojobs/")
def workergroup_created(call: Call) -> Row:
    """Create a worker group for an endpoint, which is named by its id or its name."""
    row = {**WORKERGROUP_FIELDS, **_given(call, WORKERGROUP_FIELDS)}
    endpoint = _named_endpoint(call, row)
    if endpoint is None:
        raise invalid("endpoint_id or endpoint_name is required")
    template_of(call, row)
    row.update(endpoint_id=endpoint["id"], endpoint_name=endpoint["endpoint_name"])
    row.update(user_id=call.account, created_at=call.now)
    return {"success": True, "id": call.world.add("workergroup", call.account, row)["id"]}


@behaviour("PUT /api/v0/workergroups/{id}/", "PUT /api/v0/autojobs/{id}/")
def workergroup_changed(call: Call) -> Row:
    """Change the fields of a worker group that are given."""
    row = _workergroup(call)
    given = _given(call, WORKERGROUP_FIELDS)
    endpoint = _named_endpoint(call, given)
    template_of(call, given)
    if endpoint is not None:
        given.update(endpoint_id=endpoint["id"], endpoint_name=endpoint["endpoint_name"])
    row.update(given)
    call.world.save("workergroup", row)
    return {"success": True}


@behaviour("DELETE /api/v0/workergroups/{id}/", "DELETE /api/v0/autojobs/{id}/")
def workergroup_deleted(call: Call) -> Row:
    """Delete a worker group."""
    row = _workergroup(call)
    gone = workers.remove_all(call, row["id"])
    call.world.remove("workergroup", row["id"])
    msg = f"Worker group {row['id']} is deleted."
    return {"success": True, "deleted_workers": gone, "failed_workers": [], "msg": msg}


def _workergroup(call: Call) -> Row:
    return own(call, "workergroup", call.path["id"], "no_such_workergroup", "worker group")


def _named_endpoint(call: Call, row: Row) -> Row | None:
    """The endpoint that a worker group names; None when it names none.

    Raises:
        Refusal: there is no such endpoint.
    """
    if row.get("endpoint_id") is not None:
        number = number_of(row["endpoint_id"])
        found = [each for each in call.world.all("endpoint", call.account) if each["id"] == number]
    elif row.get("endpoint_name") is not None:
        name = row["endpoint_name"]
        found = [each for each in call.world.all("endpoint", call.account) if each["endpoint_name"] == name]
    else:
        return None
    if not found:
        raise invalid(f"There is no endpoint {row.get('endpoint_id') or row['endpoint_name']}")
    return found[0]
