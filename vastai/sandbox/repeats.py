"""Scheduled jobs at work: which request falls due next, who sends it, and what became of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vastai.sandbox import fleet, schedule
from vastai.sandbox.behaviour.registry import Caller, Refusal
from vastai.sandbox.world import World

Row = dict[str, Any]
Send = Callable[[Row, Caller, float], Any]

MOST_AT_ONCE = 1000
"""Requests that are made up for when time was skipped; what fell due after these is left out."""


def settle(world: World, now: float, send: Send) -> None:
    """Bring the world up to date: jobs are done at their times, and between these credit runs out.

    Arguments: send does the request of a job for a caller at a time; it raises a Refusal, or returns one.
    """
    for _ in range(MOST_AT_ONCE):
        due = schedule.next_due(world.all("job"), now)
        if due is None:
            break
        at, job = due
        fleet.settle(world, at)
        _do(world, job, at, send)
    else:
        for job in world.all("job"):
            world.save("job", {**job, "done_until": now})
    fleet.settle(world, now)


def _do(world: World, job: Row, at: float, send: Send) -> None:
    """Do a job once; what it changed stays only when it was not refused."""
    try:
        with world.attempt():
            answer = send(job, _caller(world, job), at)
            if isinstance(answer, Refusal):
                raise answer
        result = "done"
    except Refusal as refusal:
        result = f"{refusal.body['error']}: {refusal}"
    job.update(done_until=at, last_run=at, last_result=result, runs=job["runs"] + 1)
    if world.get("job", job["id"]) is not None:  # a job may delete jobs, itself too
        world.save("job", job)


def _caller(world: World, job: Row) -> Caller:
    """Who a job's requests are sent for: the person and the key that made it.

    Raises:
        Refusal: the account is gone, or the key was revoked.
    """
    user, account = world.get("account", job["user_id"]), world.get("account", world.owner("job", job["id"]))
    key = world.get("key", job["key_id"]) if job["key_id"] is not None else None
    if user is None or account is None or (key is not None and key.get("revoked")):
        raise Refusal(401, "auth_error", "The key that made this job is not valid any more.")
    return Caller(user, account, key)
