"""Contracts of an account in short: all instances and volumes as rows, and by what instances can be filtered."""

from __future__ import annotations

from typing import Any

from vastai.sandbox.behaviour import instances, volumes
from vastai.sandbox.behaviour.registry import Call, behaviour, invalid, number_of

Row = dict[str, Any]

_FILTERS = ("actual_status", "gpu_name", "verification")
_SHOWN = ("id", "label", "machine_id", "disk_space", "start_date")


@behaviour("POST /api/v0/contracts/fetch/")
def fetched(call: Call) -> Row:
    """The caller's contracts, those of a label or of some ids when these are given."""
    ids, label = call.body.get("contract_ids") or [], call.body.get("label")
    if not isinstance(ids, list):
        raise invalid("contract_ids must be a list of ids")
    wanted = {number_of(id) for id in ids}
    found = [
        each for each in _contracts(call) if (not ids or each["id"] in wanted) and (not label or each["label"] == label)
    ]
    return {"contracts": found}


def _contracts(call: Call) -> list[Row]:
    rented = instances.rows(call.world, call.account, call.now)
    stored = [volumes.row(call.world, each) for each in call.world.all("volume", call.account)]
    rows = [("instance", each) for each in rented] + [("volume", each) for each in stored]
    return [{**{name: each[name] for name in _SHOWN}, "type": kind} for kind, each in rows]


@behaviour("GET /api/v0/instances/filters/")
def filters(call: Call) -> Row:
    """Every combination of state, GPU model and verification that the caller's instances have."""
    rows = instances.rows(call.world, call.account, call.now)
    found = {tuple(row[name] for name in _FILTERS): None for row in rows}
    return {"filters": [dict(zip(_FILTERS, values, strict=True)) for values in found]}
