"""Scheduled jobs: requests that the service repeats. What happens at their times is the app's business."""

from __future__ import annotations

from typing import Any

from vastai.sandbox.behaviour.instances import mine
from vastai.sandbox.behaviour.registry import Call, amount_of, behaviour, invalid, number_of, own
from vastai.sandbox.schedule import FREQUENCIES

Row = dict[str, Any]

VERBS = ("GET", "POST", "PUT", "DELETE")
_SHOWN = (
    "id", "instance_id", "api_endpoint", "request_method", "request_body", "start_time", "end_time", "day_of_the_week",
    "hour_of_the_day", "min_of_the_hour", "frequency", "runs", "last_run", "last_result",
)  # fmt: skip
_RANGES = {"day_of_the_week": (0, 6), "hour_of_the_day": (0, 23), "min_of_the_hour": (0, 59)}


@behaviour("GET /api/v0/commands/schedule_job/")
def jobs(call: Call) -> list[Row]:
    """The caller's jobs; `runs`, `last_run` and `last_result` are the sandbox's own."""
    return [{field: each.get(field) for field in _SHOWN} for each in call.world.all("job", call.account)]


@behaviour("POST /api/v0/commands/schedule_job/")
def job_created(call: Call) -> Row:
    """Have a request repeated, with the key that asks for it."""
    row = _checked(call, {"day_of_the_week": None, "hour_of_the_day": None, "min_of_the_hour": None, **_given(call)})
    if number_of(row.get("instance_id")) is not None:
        row["instance_id"] = mine(call, number_of(row["instance_id"]))["id"]
    row.update(done_until=call.now, runs=0, last_run=None, last_result=None)
    row.update(user_id=call.caller.user["id"], key_id=call.caller.key["id"] if call.caller.key else None)
    call.world.add("job", call.account, row)
    return {"success": True, "msg": f"Job {row['id']} is scheduled.", "scheduled_job_id": row["id"]}


@behaviour("PUT /api/v0/commands/schedule_job/{id}/")
def job_changed(call: Call) -> Row:
    """Change the fields of a job that are given; it goes on from now."""
    row = own(call, "job", call.path["id"], "no_such_job", "scheduled job")
    given = _given(call)
    if not given:
        raise invalid("nothing to change: give a request_body, or other fields of the job")
    row = _checked(call, {**row, **given})
    row["done_until"] = call.now
    call.world.save("job", row)
    return {"success": True, "msg": f"Job {row['id']} is changed."}


@behaviour("DELETE /api/v0/commands/schedule_job/{id}/")
def job_deleted(call: Call) -> Row:
    """Stop repeating a request."""
    row = own(call, "job", call.path["id"], "no_such_job", "scheduled job")
    call.world.remove("job", row["id"])
    return {"success": True, "msg": f"Job {row['id']} is deleted."}


def _given(call: Call) -> Row:
    fields = ("instance_id", "api_endpoint", "request_method", "request_body", "start_time", "end_time", "frequency")
    return {name: call.body[name] for name in (*fields, *_RANGES) if name in call.body}


def _checked(call: Call, row: Row) -> Row:
    """A job whose fields can be used.

    Raises:
        Refusal: one cannot.
    """
    path = row.get("api_endpoint")
    if not isinstance(path, str) or not path.startswith("/api/v"):
        raise invalid("api_endpoint must be a path like /api/v0/instances/reboot/7/")
    if row.get("request_method") not in VERBS:
        raise invalid(f"request_method must be one of {', '.join(VERBS)}")
    if row.get("frequency") not in FREQUENCIES:
        raise invalid(f"frequency must be one of {', '.join(FREQUENCIES)}")
    if not isinstance(row.get("request_body"), dict):
        raise invalid("request_body must be an object")
    for name in ("start_time", "end_time"):
        row[name] = amount_of(row.get(name), name)
    if row["end_time"] <= row["start_time"]:
        raise invalid("end_time must be later than start_time")
    for name, (low, high) in _RANGES.items():
        value = row[name]
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high):
            raise invalid(f"{name} must be a whole number between {low} and {high}")
    return row
