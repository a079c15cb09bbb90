"""Whether the server answers at all: one attempt without the key, whatever comes back."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import parsedate_to_datetime

from ..errors import VastError
from ..settings import Settings
from .address import url_of
from .retry import TransportError
from .send import BRIEF, Sender
from .steps import Reached, Request


def reach(path: str, sender: Sender, *, clock: Callable[[], float], now: Callable[[], float]) -> Reached:
    """Make one attempt, on the way that requests take: through the proxy, with the same certificates.

    Arguments:
        path: what to ask for; a refusal is an answer too.
        clock: seconds of a clock that only goes forward; now: unix seconds.
    """
    began = clock()
    try:
        url = address(path, sender.settings)
        limit = min(sender.settings.timeout, BRIEF)
        reply = sender.transport.send("GET", url, {"Accept": "application/json"}, None, deadline=limit, fresh=True)
    except TransportError as failure:
        return Reached(seconds=clock() - began, reason=failure.reason)
    except VastError as error:  # the address is none, or the recording holds no such attempt
        return Reached(reason=str(error))
    return Reached(reply.status, clock() - began, _ahead(reply.headers.get("date", ""), now()))


def address(path: str, settings: Settings) -> str:
    """What is asked for.

    Raises:
        UsageError: the server's address is none.
    """
    return url_of(Request("GET", path), settings)


def _ahead(date: str, now: float) -> float | None:
    """Seconds by which a Date header is ahead of our time.

    >>> _ahead("Thu, 01 Jan 1970 00:01:00 GMT", 50.0)
    10.0
    """
    try:
        return parsedate_to_datetime(date).timestamp() - now
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
