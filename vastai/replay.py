"""A recording as a client for tests: what was recorded is answered again, without a network and without waiting."""

from __future__ import annotations

import time
from calendar import timegm
from typing import TYPE_CHECKING, Any

from .engine.edge import Edge

if TYPE_CHECKING:
    from collections.abc import Callable

    from .client import VastAI


class ReplayEdge(Edge):
    """The effects of the recorded time: the clock begins when the recording did, and a pause only moves it.

    Args:
        start: when the recording began, in unix seconds.
    """

    def __init__(self, start: float) -> None:
        self._now = start

    def now(self) -> float:
        """The time of the recording, in unix seconds."""
        return self._now

    def clock(self) -> float:
        """Seconds of the same clock."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let the clock move, at once."""
        self._now += seconds


def replay(path: str, **options: Any) -> VastAI:
    """A client that answers from a recording, for a test in which it must behave as it should have.

    Each request gets the first recorded answer to the same request that was not yet given, and then the last one again.

    Args:
        path: the recording, from ``--record`` or ``VastAI(record=...)``.
        options: what else `VastAI` takes, such as ``strict=True``.

    Raises:
        UsageError: the file is no recording. A call that asks for what was not recorded raises VastError.
    """
    from .client import VastAI
    from .recording.document import read

    started = str(read(path).head.get("started", ""))
    try:
        start = float(timegm(time.strptime(started, "%Y-%m-%dT%H:%M:%SZ")))
    except ValueError:
        start = time.time()  # somebody wrote it by hand
    return VastAI(server_url=f"replay:{path}", edge=ReplayEdge(start), **options)


def calls(path: str) -> list[tuple[str, dict[str, Any], Callable[..., Any]]]:
    """What was called while the recording was made: name, arguments, and a function that makes the call on a client.

    Raises:
        UsageError: the file is no recording.
    """
    from .recording.document import read

    found = []
    for entry in read(path).calls:
        name, given = str(entry["call"]), dict(entry.get("given") or {})
        found.append((name, given, _caller(name, given)))
    return found


def _caller(name: str, given: dict[str, Any]) -> Callable[[VastAI], Any]:
    return lambda client: client.perform(name, given)
