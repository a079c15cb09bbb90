"""Lost answers: what may have come of a request whose outcome is unknown."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from ..table.model import Command
from .steps import Pause, Request

Flow = Generator[Any, Any, Any]

LOOK_AFTER = (1, 3, 9)  # seconds after a lost answer at which to look for what may have been created


def candidates(command: Command, request: Request, since: Callable[[], float], listed: Callable[[str], Flow]) -> Flow:
    """Rows that may be what a lost request created: those that began after it and match what it asked for.

    Arguments:
        since: gives when it was sent, in unix seconds by the clock of the service, which the answers to the looks tell.
        listed: gives the flow of a command that lists, by its name.
    """
    look = command.look_at
    if "match" not in look:
        return []
    asked = request.body if isinstance(request.body, dict) else {}
    wanted = {field: asked[sent] for field, sent in look["match"].items() if asked.get(sent) is not None}
    pause = 0
    for at in LOOK_AFTER:
        yield Pause(at - pause)
        pause = at
        try:
            rows = yield from listed(look["command"])
        except Exception:  # the look is a courtesy: whatever stops it must not hide that the outcome is unknown
            continue
        fits = [row for row in rows if all(row.get(field) == value for field, value in wanted.items())]
        found = [row for row in fits if _is_new(row.get(look["since"]), since() - 1)]
        if found:
            return found
    return []


def _is_new(started: Any, since: float) -> bool:
    """Did something begin after this time? What does not tell its time may have."""
    return not isinstance(started, int | float) or started >= since
