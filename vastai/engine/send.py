"""Sending a request until its reply is final: the address, the key, redirects and repeats."""

from __future__ import annotations

import json
import logging
import random
import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from ..errors import APIError, AuthError, ConnectionFailed, OutcomeUnknown, UsageError
from ..settings import Secret, Settings
from .address import check_encrypted, host_of, redirected, resolve, split, url_of
from .reply import is_acknowledgement_text
from .retry import FAIL, REPEAT, UNKNOWN, Event, Quota, TransportError, decide, is_gone, may_be_done, row_of
from .steps import Reply, Request
from .transport import Transport

if TYPE_CHECKING:
    from .together import Group

REDIRECTS = 5  # followed in a row
BRIEF = 10.0  # seconds for one attempt of a brief request
_REDIRECT = (301, 302, 303, 307, 308)
_FETCH = Request("GET", "", accept="text", command="fetch", secrets=("*",))


class _Outcome(NamedTuple):
    """One attempt: what it came to for the rule of repeating, and the reply or the failure."""

    event: Event
    reply: Reply | None = None
    failure: TransportError | None = None


class Sender:
    """Sends the requests of one client. May be used from several threads.

    Args:
        settings: server, key, time-out and number of repeats, read anew for each request.
        transport: what makes the single attempts.
        clock: gives the time in unix seconds.
        sleep: waits so many seconds.
        dice: gives a number from 0 to 1, 1 excluded.
        log: where one DEBUG line per attempt goes; without it the logger ``vastai``.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
        dice: Callable[[], float] = random.random,
        log: logging.Logger | None = None,
    ) -> None:
        self.settings = settings
        self.transport = transport
        self.quota = Quota()
        self._clock = clock
        self._sleep = sleep
        self._dice = dice
        self._log = log or logging.getLogger("vastai")

    def send(self, request: Request, group: Group | None = None) -> Reply:
        """Send a request of the table; repeat it as its effect allows, and follow redirects as its verb allows.

        Args:
            group: those that it is sent together with; what is too much for one of them slows all of them down.

        Returns:
            The final reply, whatever its status. Its `note` is a remark for people, such as how long to wait.

        Raises:
            AuthError: a key is needed and there is none, or it is none that can be sent. Nothing was sent.
            UsageError: the server's address is wrong, the key would travel unencrypted, or the body is no JSON.
            ConnectionFailed: there was no reply, and repeating would be safe.
            OutcomeUnknown: the request must not be repeated, was sent, and there is no usable reply.
            APIError: a redirect that is not followed.
        """
        url = url_of(request, self.settings)
        headers = {"Accept": "application/json", **self._authorization(request, url)}
        body = _json(request)
        if body is not None:
            headers["Content-Type"] = "application/json"
        for _ in range(REDIRECTS + 1):
            reply = self._deliver(request, url, headers, body, group)
            if not _is_redirect(reply):
                return reply
            url = redirected(request, url, reply.status, reply.headers["location"])
        raise APIError(f"{host_of(url)} redirects in circles.", code="redirect", status_code=reply.status)

    def fetch(self, url: str) -> Reply:
        """Fetch a URL that the service named, such as a ``result_url``: without the key, http or https only.

        Returns:
            The final reply, whatever its status.

        Raises:
            ConnectionFailed: there was no reply.
            APIError: the URL, or one it redirects to, cannot be fetched.
        """
        if split(url) is None:
            raise APIError("The service named a URL that is no http or https address.", code="bad_url")
        for _ in range(REDIRECTS + 1):
            reply = self._deliver(_FETCH, url, {"Accept": "*/*"}, None)
            if not _is_redirect(reply):
                return reply
            target = resolve(url, reply.headers["location"])
            if target is None or (url[:6].lower() == "https:" and target[:6].lower() != "https:"):
                raise APIError(f"{host_of(url)} redirects to an address that is not followed.", code="redirect")
            url = target
        raise APIError(f"{host_of(url)} redirects in circles.", code="redirect")

    def close(self) -> None:
        """Close all connections; a later request opens new ones."""
        self.transport.close()

    def _deliver(
        self, request: Request, url: str, headers: dict[str, str], body: bytes | None, group: Group | None = None
    ) -> Reply:
        """Make attempts until the rule for repeating says that it is enough."""
        retries = min(self.settings.retry, 1) if request.brief else self.settings.retry
        busy = 0
        in_doubt = False  # may an attempt have been carried out?
        for attempt in range(retries + 1):
            if group:
                group.enter(in_doubt)
            outcome = self._attempt(request, url, headers, body)
            event = outcome.event
            if in_doubt and request.effect == "destroy" and is_gone(event):
                return _already_gone(url, request)
            decision = decide(event, request.effect, attempt, retries, self.quota, self._dice, self._clock())
            in_doubt = in_doubt or may_be_done(event)
            busy += row_of(event) == "busy"
            if decision.action != REPEAT:
                break
            self._log.debug("again in %.2f s, attempt %d of %d", decision.pause, attempt + 2, retries + 1)
            self._wait(decision.pause, event, in_doubt, group)
        if decision.action == UNKNOWN:
            raise _unknown(request, outcome)
        if outcome.reply is None or decision.action == FAIL:
            raise _failed(request, url, outcome, attempt + 1, in_doubt, decision.remark)
        if outcome.reply.status < 300 and event.kind == "answered":
            self.quota.give_back(attempt)
            if group:
                group.fine()
        return outcome.reply._replace(note=decision.remark or outcome.reply.note, busy=busy)

    def _wait(self, seconds: float, event: Event, in_doubt: bool, group: Group | None) -> None:
        """Wait before a repeat; what was too much for one of a group is waited for by all of it."""
        if group is None:
            self._sleep(seconds)
        elif row_of(event) == "busy":
            group.busy(seconds)
        else:
            group.pause(seconds, in_doubt)

    def _attempt(self, request: Request, url: str, headers: dict[str, str], body: bytes | None) -> _Outcome:
        fresh = request.effect == "once"
        shown = _shown(url, request)
        limit = min(self.settings.timeout, BRIEF) if request.brief else self.settings.timeout
        try:
            reply = self.transport.send(request.verb, url, headers, body, deadline=limit, fresh=fresh)
        except TransportError as failure:
            kind = "lost" if failure.sent else "not sent"
            self._log.debug("%s %s: %s: %s", request.verb, shown, kind, failure.reason)
            return _Outcome(Event(kind, final=failure.final), failure=failure)
        self._log.debug("%s %s: %d", request.verb, shown, reply.status)
        kind = "answered"
        if request.accept == "json" and 200 <= reply.status < 300 and reply.status != 204:
            try:
                reply = reply._replace(data=json.loads(reply.body))  # read once: answers can be large
            except (ValueError, RecursionError):
                kind = "answered" if is_acknowledgement_text(request, reply) else "unreadable"
        return _Outcome(Event(kind, reply.status, reply.headers, reply.body), reply)

    def _authorization(self, request: Request, url: str) -> dict[str, str]:
        """The header with the key, if there is a key; it is looked up now."""
        key = self.settings.api_key()
        if not key:
            if request.key == "optional" or self.settings.sandboxed:
                return {}
            raise AuthError(_no_key(self.settings.profile), code="no_key")
        if re.search(r"[^\x20-\x7e]", key):
            raise AuthError("The API key holds characters that no key has. Copy it again.", code="bad_key")
        check_encrypted(url, self.settings)
        return {"Authorization": Secret(f"Bearer {key}")}


def _no_key(profile: str) -> str:
    if profile:
        return f"There is no API key in the profile {profile}. Save one with: vastai set api-key --profile {profile}"
    return "There is no API key. Set VAST_API_KEY, or save a key with: vastai set api-key"


def _json(request: Request) -> bytes | None:
    """The body as strict JSON (no NaN, no Infinity), or None for no body."""
    if request.body is None:
        return None
    try:
        return json.dumps(request.body, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(f"{request.command}: an argument cannot be written as JSON: {error}") from None


def _is_redirect(reply: Reply) -> bool:
    return reply.status in _REDIRECT and bool(reply.headers.get("location"))


def _shown(url: str, request: Request) -> str:
    """The URL for the log: values that are secret are masked, and of a fetched URL, which may be signed, all are."""
    base, mark, query = url.partition("?")
    if not mark or not request.secrets:
        return url
    if "*" in request.secrets:
        return f"{base}?***"
    secret = {name.split(".")[0] for name in request.secrets}
    pairs = [(name, "***" if name in secret else value) for name, value in parse_qsl(query, keep_blank_values=True)]
    return f"{base}?{urlencode(pairs, safe='*')}"


def _already_gone(url: str, request: Request) -> Reply:
    """The reply to a destroy that finds nothing after an attempt that may have been carried out: it was."""
    note = "The service found nothing to remove at the second try, so the first one had removed it."
    return Reply(200, {"content-type": "application/json"}, b'{"success": true}', url, request.verb, note)


def _unknown(request: Request, outcome: _Outcome) -> OutcomeUnknown:
    """The error for a request that must not be repeated and may have been carried out."""
    if outcome.failure is not None:
        what = outcome.failure.reason
    elif outcome.event.kind == "unreadable":
        what = f"the service answered {outcome.event.status}, but not with JSON"
    else:
        what = f"the service answered {outcome.event.status}"
    look = f"Look with {request.look_at} before you try again." if request.look_at else "Look before you try again."
    return OutcomeUnknown(
        f"The outcome of {request.command} is unknown: {what}. It was sent and may have been done. {look}",
        look_at=request.look_at,
    )


def _failed(
    request: Request, url: str, outcome: _Outcome, attempts: int, in_doubt: bool, remark: str
) -> ConnectionFailed:
    """The error for a request without a reply, one line: what, how often, and what to do."""
    failure: Any = outcome.failure
    often = f" ({attempts} attempts)" if attempts > 1 else ""
    if failure.sent:
        text = f"The request to {host_of(url)} failed: {failure.reason}{often}."
    else:
        text = f"Could not reach {host_of(url)}: {failure.reason}{often}."
        text += " Check the network." if request is _FETCH else " Check the network, or VAST_URL."
    if failure.timed_out and failure.sent:
        text += " VASTAI_TIMEOUT sets the limit."
    if in_doubt and request.effect != "read":
        text += " It may have been done; it is safe to try again."
    hint = "" if failure.sent or request is _FETCH else "vastai doctor looks for the reason"
    return ConnectionFailed(f"{text} {remark}".strip(), hint=hint)
