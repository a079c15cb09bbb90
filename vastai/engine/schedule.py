"""Schedule: a command's own request, kept by the service as a job that it does every hour, day or week."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..errors import APIError, UsageError
from ..table.model import Command
from .steps import Ask, Request

DAY = 86400.0  # seconds
NAMED = {"HOURLY": (), "DAILY": ("hour",), "WEEKLY": ("day", "hour")}  # what each frequency has a use for


def job(command: Command, request: Request, values: Mapping[str, Any], now: float) -> dict[str, Any]:
    """The arguments of the command that keeps a job.

    Arguments:
        request: what the command would send.
        values: the command's parameters by name, checked.
        now: unix seconds; the job begins today (UTC) and ends a week later unless there are dates.

    Raises:
        UsageError: the times do not fit together, or it should be waited for what is done later.
    """
    if values.get("wait"):
        raise UsageError(f"{command.name}: wait: cannot be given together with schedule")
    start, end, day, hour = times(command.name, values, now)
    instance = values[command.schedule["instance"]]
    return {
        "start_time": start,
        "end_time": end,
        "api_endpoint": request.path,
        "request_method": request.verb,
        "request_body": {"instance_id": instance, **(request.body or {})},
        "frequency": values["schedule"],
        "instance_id": instance,
        "day_of_the_week": day,
        "hour_of_the_day": hour,
    }


def times(name: str, values: Mapping[str, Any], now: float) -> tuple[float, float, int | None, int | None]:
    """Start and end in unix seconds, day of the week and hour of a schedule.

    Arguments:
        name: the command, for the message.
        values: `schedule`, `start_date`, `end_date`, `day` and `hour`.

    Returns:
        day and hour are None where they do not matter, and 0 where they do and none is given.

    Raises:
        UsageError: they do not fit together.

    >>> daily = {"schedule": "DAILY", "start_date": None, "end_date": 9e5, "day": None, "hour": "2"}
    >>> times("execute", daily, now=90000.0), times("execute", {**daily, "schedule": "WEEKLY"}, now=90000.0)[2:]
    ((86400.0, 900000.0, None, 2), (0, 2))
    """
    frequency, at = values["schedule"], dict[str, int | None]()
    for parameter in ("day", "hour"):
        given = values[parameter]
        if parameter not in NAMED[frequency] and given not in (None, "*"):
            raise UsageError(f"{name}: {parameter}: has no meaning for {frequency}")
        at[parameter] = int(given or 0) if parameter in NAMED[frequency] and given != "*" else None
    start = now - now % DAY if values["start_date"] is None else values["start_date"]
    end = start + 7 * DAY if values["end_date"] is None else values["end_date"]
    if start > end:
        raise UsageError(f"{name}: start_date: is after end_date")
    return start, end, at["day"], at["hour"]


def keep(command: Command, wanted: Mapping[str, Any], start: Callable[[str, dict[str, Any]], Any]) -> Any:
    """The flow that keeps a job. Where the service has one like it already, it is replaced after a question.

    Arguments:
        wanted: the arguments of the command that keeps a job.
        start: gives the flow of another command, by its name and its arguments.
    """
    try:
        return (yield from start(command.schedule["create"], dict(wanted)))
    except APIError as refused:
        known = refused.body.get("scheduled_job_id")
        if known is None:
            raise
    yield Ask(f"Scheduled job {known} does the same already: replace it?")
    answer = yield from start(command.schedule["replace"], {"id": known, **wanted})
    return {**answer, "scheduled_job_id": known}
