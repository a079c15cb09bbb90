"""Whether a request is sent again, and after how long: the rule for repeating, as a table.

Nothing here sends, sleeps or asks the time. `RULES` is the same table as in the documentation of faults: what happened,
against the effect of the command. The effect decides and never the verb, because renting a machine is a PUT.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

LONGEST_WAIT = 60.0  # seconds; a service that asks for more is not waited for
LONGEST_PAUSE = 20.0  # seconds our own back-off grows to
BASE = 0.1  # seconds; the first pause is drawn from 0 to this
BUSY_BASE = 1.0  # seconds; the same after "too many requests"
BUSY_LEAST = 0.1  # seconds between two tries when there are too many requests

# What a decision can be.
REPEAT = "repeat"  # send it again after the pause
GIVE_BACK = "give_back"  # the reply is final
FAIL = "fail"  # there is no reply, and nothing is in doubt: ConnectionFailed
UNKNOWN = "unknown"  # it may have been done: OutcomeUnknown

EFFECTS = ("read", "update", "destroy", "once")

#   what happened        read       update     destroy    once
RULES: dict[str, tuple[str, str, str, str]] = {
    "not sent": (REPEAT, REPEAT, REPEAT, REPEAT),  # name not found, refused, connect time-out, TLS handshake
    "busy": (REPEAT, REPEAT, REPEAT, REPEAT),  # 429: refused before any work
    "broken": (REPEAT, REPEAT, REPEAT, GIVE_BACK),  # 500
    "unavailable": (REPEAT, REPEAT, REPEAT, UNKNOWN),  # 502, 503, 504 and other 5xx
    "lost": (REPEAT, REPEAT, REPEAT, UNKNOWN),  # read time-out, reset, body cut
    "unreadable": (REPEAT, REPEAT, REPEAT, UNKNOWN),  # 200, but not the JSON that is due
    "locked": (GIVE_BACK, GIVE_BACK, GIVE_BACK, GIVE_BACK),  # search_quota_exceeded, tfa_locked: a wait of hours
    "answered": (GIVE_BACK, GIVE_BACK, GIVE_BACK, GIVE_BACK),  # 2xx, 3xx, and 4xx but 429
}
# After these the command may have been carried out, whatever the reply says.
IN_DOUBT = ("broken", "unavailable", "lost", "unreadable")


class TransportError(Exception):
    """One attempt ended without a reply. A transport raises it; the sender decides what it means.

    Attributes:
        reason: what went wrong, in a few plain words.
        sent: may any byte of the request have reached the service?
        timed_out: did a time-out end it?
        final: would another attempt surely end the same way (a bad certificate, an answer that is too large)?
    """

    def __init__(self, reason: str, *, sent: bool, timed_out: bool = False, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.sent = sent
        self.timed_out = timed_out
        self.final = final


class Event(NamedTuple):
    """What one attempt came to.

    Attributes:
        kind: ``answered``, ``unreadable`` (200, not the JSON that is due), ``not sent`` or ``lost`` (sent, no reply).
        status: HTTP status of the reply, 0 without one.
        headers: its headers with lower-case names.
        body: its body.
        final: would another attempt surely end the same way?
    """

    kind: str
    status: int = 0
    headers: dict[str, str] = {}
    body: bytes = b""
    final: bool = False


class Decision(NamedTuple):
    """What to do now: one of the four actions, the pause before a repeat in seconds, and a remark for people or ""."""

    action: str
    pause: float = 0.0
    remark: str = ""


class Quota:
    """How many repeats one client may still send, so that a loop of calls does not hammer a dead service.

    It starts full. A repeat takes `COST`; a success gives back what its own repeats took, or 1 if it needed none.
    Threads share it without a lock: a count lost between two of them is one repeat more or less, while a lock that is
    held at a fork stops the child for ever.
    """

    FULL = 500
    COST = 14

    def __init__(self) -> None:
        self.left = self.FULL

    def take(self) -> bool:
        """Take the cost of one repeat. Returns whether there was enough left."""
        if self.left < self.COST:
            return False
        self.left -= self.COST
        return True

    def give_back(self, repeats: int) -> None:
        """Count a success that needed so many repeats."""
        self.left = min(self.FULL, self.left + max(1, repeats * self.COST))


def decide(
    event: Event, effect: str, attempt: int, retries: int, quota: Quota, dice: Callable[[], float], now: float
) -> Decision:
    """What to do after an attempt.

    Args:
        event: what happened.
        effect: ``read``, ``update``, ``destroy`` or ``once``.
        attempt: number of this attempt, from 0.
        retries: how many repeats may follow the first attempt.
        quota: the client's quota; a repeat is taken from it.
        dice: gives a number from 0 to 1, 1 excluded.
        now: unix seconds; the ``Date`` of the reply is used instead where there is one.
    """
    row = row_of(event)
    action = RULES[row][EFFECTS.index(effect)]
    if row == "locked":
        return Decision(action, remark=when_it_ends(event, now))
    if action != REPEAT:
        return Decision(action)
    ending = FAIL if row in ("not sent", "lost") else GIVE_BACK
    floor = asked_wait(event, now)
    if floor > LONGEST_WAIT:
        return Decision(ending, remark=f"The service asks to wait {_duration(floor)} before the next try.")
    if attempt >= retries or event.final:
        return Decision(ending)
    if not quota.take():
        return Decision(ending, remark="Not repeated: too many of the last requests of this client have failed.")
    return Decision(REPEAT, max(floor, back_off(row, attempt, dice)))


def row_of(event: Event) -> str:
    """The row of `RULES` that an event belongs to."""
    if event.kind != "answered":
        return event.kind
    if event.status >= 400 and _error_code(event) in ("search_quota_exceeded", "tfa_locked"):
        return "locked"
    if event.status == 429:
        return "busy"
    if event.status == 500:
        return "broken"
    return "unavailable" if event.status > 500 else "answered"


def may_be_done(event: Event) -> bool:
    """May the service have carried the request out, although no good answer came?"""
    return row_of(event) in IN_DOUBT


def is_gone(event: Event) -> bool:
    """Does the reply say that what was to be removed is not there? A 404 can also mean a key that has ended.

    >>> is_gone(Event("answered", 404, body=b'{"error": "no_such_instance"}'))
    True
    >>> is_gone(Event("answered", 404, body=b'{"msg": "Session expired. Please log in again."}'))
    False
    """
    return event.status == 404 and not re.search(rb"auth_error|session expired|invalid user key", event.body, re.I)


def back_off(row: str, attempt: int, dice: Callable[[], float]) -> float:
    """Seconds of our own pause: full jitter below a limit that doubles with each attempt, up to `LONGEST_PAUSE`.

    >>> [back_off("lost", attempt, lambda: 0.5) for attempt in range(3)]
    [0.05, 0.1, 0.2]
    """
    base = BUSY_BASE if row == "busy" else BASE
    pause = dice() * min(base * 2.0 ** min(attempt, 30), LONGEST_PAUSE)
    return max(pause, BUSY_LEAST) if row == "busy" else pause


def asked_wait(event: Event, now: float) -> float:
    """The seconds the service asks to wait: ``Retry-After``, else the body's ``retry_after``, else ``threshold=``.

    All three forms have been seen (the API's page on rate limits, and a recorded answer of the offer search). What
    is negative, not finite or unreadable is passed over; 0 when nothing is asked.

    >>> asked_wait(Event("answered", 429, body=b"API requests too frequent: endpoint threshold=4.5"), now=0)
    4.5
    """
    threshold = re.search(rb"threshold=([0-9.]+)", event.body[:4096])
    for seconds in (
        _retry_after(event, now),
        _seconds(_fields(event).get("retry_after")),
        _seconds(threshold[1].decode().rstrip(".")) if threshold else None,
    ):
        if seconds is not None:
            return seconds
    return 0.0


def when_it_ends(event: Event, now: float) -> str:
    """When a quota or a lock that outlasts any retry comes to its end, as a sentence."""
    now = _server_time(event, now)
    if _error_code(event) == "tfa_locked":
        until = _seconds(_fields(event).get("locked_until"))
        if until is None or not now < until < now + 86_400:
            return "A locked two-factor method opens again after 15 minutes."
        return f"The two-factor method is locked until {_clock(until)}, for another {_duration(until - now)}."
    reset = _seconds(event.headers.get("x-ratelimit-reset"))
    if reset is None or not now < reset <= now + 2 * 86_400:
        reset = (now // 86_400 + 1) * 86_400  # the quota is counted by the day, UTC
    return f"The daily search quota is used up. It starts again at {_clock(reset)}, in {_duration(reset - now)}."


def _retry_after(event: Event, now: float) -> float | None:
    text = event.headers.get("retry-after", "")
    seconds = _seconds(text)
    if seconds is not None:
        return seconds
    date = _date(text)
    wait = None if date is None else date - _server_time(event, now)
    return wait if wait is not None and wait >= 0 else None


def _server_time(event: Event, now: float) -> float:
    date = _date(event.headers.get("date", ""))
    return now if date is None else date


def _date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _seconds(value: object) -> float | None:
    """A number of seconds written as a plain decimal number, or None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or len(str(value)[:32]) > 24:
        return None
    text = str(value).strip()
    return float(text) if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) else None


def _fields(event: Event) -> dict[str, Any]:
    """The fields of a body that is a JSON object, else none."""
    if event.body.lstrip()[:1] != b"{":
        return {}
    try:
        fields = json.loads(event.body)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _error_code(event: Event) -> object:
    return _fields(event).get("error")


def _clock(when: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(when))


def _duration(seconds: float) -> str:
    """A length of time in words, rounded up.

    >>> _duration(61), _duration(12_000)
    ('61 s', '3 h 20 min')
    """
    seconds = int(-(-seconds // 1))
    if seconds <= 120:
        return f"{seconds} s"
    hours, minutes = divmod(-(-seconds // 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
