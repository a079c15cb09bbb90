"""Rate limits of the sandbox: how soon after each other one key may ask one endpoint, and how often on one day."""

from __future__ import annotations

import json
import os
from functools import cache
from typing import Any

from vastai.sandbox.behaviour.registry import Refusal
from vastai.sandbox.pages import Page, too_often
from vastai.sandbox.routes import Route, Routes, find
from vastai.sandbox.world import World

DAY = 86_400.0


@cache
def _limits() -> tuple[Routes, dict[str, float], dict[str, float]]:
    """The endpoints that have a limit, their least seconds between two requests, and longer waits after a refusal."""
    with open(os.path.join(os.path.dirname(__file__), "rate_limits.json"), encoding="utf-8") as file:
        table: dict[str, Any] = json.load(file)
    seconds = {route: float(least) for least, routes in table["seconds"].items() for route in routes}
    return Routes(Route(text, (), None) for text in seconds), seconds, table["wait"]


def endpoint(verb: str, path: str) -> str | None:
    """The endpoint that a request counts for, None for one without a limit.

    >>> endpoint("PUT", "/api/v0/asks/7/")
    'PUT /api/v0/asks/{id}'
    """
    try:
        return find(_limits()[0], verb, path)[0].text
    except Refusal:
        return None


def too_soon(world: World, caller: str, verb: str, path: str, now: float) -> tuple[float, float] | None:
    """Does a request come too soon after the caller's last one? Then the limit in seconds, and how long to wait.

    One that is in time is noted as the last one.
    """
    name = endpoint(verb, path)
    if name is None:
        return None
    _, seconds, waits = _limits()
    row = world.sql("SELECT at FROM calls WHERE caller = ? AND endpoint = ?", (caller, name)).fetchone()
    left = seconds[name] - (now - row[0]) if row else 0.0
    if left > 0:
        return seconds[name], max(left, waits.get(name, 0.0))
    _note(world, caller, name, now, 1)
    return None


def over_quota(world: World, caller: str, route: str, limit: int, now: float) -> bool:
    """Has the caller sent so many requests of a route today (UTC)? One that has not is counted."""
    name = f"a day of {route}"
    row = world.sql("SELECT at, count FROM calls WHERE caller = ? AND endpoint = ?", (caller, name)).fetchone()
    count = row[1] if row and row[0] // DAY == now // DAY else 0
    if count >= limit:
        return True
    _note(world, caller, name, now, count + 1)
    return False


def refusal(form: str, limit: tuple[float, float], now: float) -> Page:
    """The answer to a request that comes too soon, `limit` as `too_soon` gives it."""
    return too_often(form, limit[0], limit[1], now)


def _note(world: World, caller: str, name: str, now: float, count: int) -> None:
    world.sql("INSERT OR REPLACE INTO calls VALUES (?, ?, ?, ?)", (caller, name, now, count))
