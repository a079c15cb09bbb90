"""Wait: look at instances again and again until they are what is wanted, or it is sure that they never will be."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, NamedTuple

from ..errors import APIError, AuthError, ConnectionFailed, NotFound, VastError
from ..hooks.instance_state import DOUBTFUL, HOPELESS, READY, WAITING, Judgement, judge
from ..hooks.places import Address, ssh_addresses
from .steps import Now, Outcome, Pause, Probe, Tell

Flow = Generator[Any, Any, Any]
Row = dict[str, Any]

TIMED_OUT = "timed_out"  # code of a wait that ran out
NEVER_READY = "never_ready"  # code of a wait that has no hope
TIMEOUT = 900.0  # seconds
FIRST, GROWTH, LONGEST = 2.0, 1.5, 10.0  # seconds between two looks: at first, times, at most
DOUBT = 60.0  # seconds of a doubtful state that are borne
UNSEEN, UNSEEN_NEW = FIRST, 20.0  # seconds in which an instance may not be listed yet; longer for one just made
SETTLE = 10.0  # seconds in which an instance that starts or restarts may still be shown as it was

GOAL = {"running": "running", "ssh": "reachable by SSH", "stopped": "stopped", "gone": "gone"}


class Aim(NamedTuple):
    """What is waited for.

    Attributes:
        until: ``running``, ``ssh`` (its banner answers, direct port first, proxy second), ``stopped`` or ``gone``.
        timeout: seconds; 0 looks once.
        poll: seconds between two looks; None begins with 2 and grows to 10.
        after: what was done to the instances a moment ago: ``made``, and the service may not list them yet;
            ``restarted``, and they may still be shown as running; ``changed``; "" for nothing.
    """

    until: str = "running"
    timeout: float = TIMEOUT
    poll: float | None = None
    after: str = ""


def until(look: Callable[[Any], Flow], id: Any, aim: Aim) -> Flow:
    """Wait for one instance.

    It yields looks, pauses, probes and, with each second, a `Tell` of state and time. A look that fails in passing
    (no connection, 429, 5xx after the repeats of the client) is made up for by the next one, but for the first.

    Arguments:
        look: gives the flow that shows one instance by its id, such as ``lambda id: call("show_instance", id=id)``;
            it raises NotFound for one that is gone.
        id: the instance.
        aim: what for, and how long.

    Returns:
        its row, with `ssh_address` when its SSH answered; None when it is gone, and that was waited for.

    Raises (when run):
        NotFound: there is none of this id (any more).
        VastError: it will never be so (code ``never_ready``); the text has the reason, `details` its last row.
        ConnectionFailed: the time is over (code ``timed_out``); likewise.
    """

    def rows() -> Flow:
        try:
            return {str(id): (yield from look(id))}
        except NotFound:
            return {}

    outcome = (yield from _watch(rows, [id], aim))[0]
    if outcome.error is not None:
        raise outcome.error
    return outcome.result


def until_all(listed: Callable[[], Flow], ids: Sequence[Any], aim: Aim) -> Flow:
    """Wait for several instances with one look at all of them at a time.

    Arguments:
        listed: gives the flow that lists the instances.
        ids: those that are waited for.
        aim: what for, and how long in all.

    Returns:
        an `Outcome` for each, in their order: what `until` would return or raise.
    """

    def rows() -> Flow:
        return {str(row.get("id")): row for row in (yield from listed())}

    return (yield from _watch(rows, ids, aim))


class _Watched:
    """One instance that is waited for: what was seen of it so far, and what it came to."""

    def __init__(self, id: Any, aim: Aim) -> None:
        self.id = id
        self.outcome: Outcome | None = None
        self.state = "not asked yet"
        self._aim = aim
        self._row: Row | None = None
        self._seen = False
        self._moved = False
        self._doubted: float | None = None

    def look(self, row: Row | None, elapsed: float) -> Flow:
        """Take in what a look shows, after so many seconds; try SSH when the instance runs."""
        self._row = row
        judged = self._judged(row, elapsed)
        try:
            if judged.verdict == READY and self._aim.until == "ssh" and row is not None:
                address = yield from answering(ssh_addresses(row))
                if address is None:
                    judged = Judgement(WAITING, "running; SSH does not answer yet")
                else:
                    row = {**row, "ssh_address": address.url("ssh")}
        except VastError as error:  # the service names an address that is none
            self.outcome = Outcome(error=error)
            return
        self.state = judged.state
        if judged.verdict == READY:
            self.outcome = Outcome(row)
        elif judged.verdict == HOPELESS:
            self.outcome = Outcome(error=self._failure(judged))

    def run_out(self, trouble: str) -> None:
        """The time is over."""
        after = f"after {self._aim.timeout:g} s"
        text = f"Instance {self.id} is not {GOAL[self._aim.until]} {after}: {trouble or self.state}."
        error = ConnectionFailed(text, code=TIMED_OUT, hint=f"It goes on as it is; show_instance({self.id}) shows it.")
        error.details = self._details()
        self.outcome = Outcome(error=error)

    def _judged(self, row: Row | None, elapsed: float) -> Judgement:
        """The verdict on what is shown now, in the light of what was shown before."""
        judged = judge(row, self._aim.until)
        if row is None and not self._seen and elapsed < (UNSEEN_NEW if self._aim.after == "made" else UNSEEN):
            return judged if judged.verdict == READY else Judgement(WAITING, "not listed yet")
        self._seen = self._seen or row is not None
        if self._is_stale(judged, row) and elapsed < SETTLE:
            return Judgement(WAITING, "about to start" if judged.verdict == HOPELESS else "about to restart")
        if judged.verdict != DOUBTFUL:
            self._doubted = None
            return judged
        self._doubted = elapsed if self._doubted is None else self._doubted
        lasting = elapsed - self._doubted >= DOUBT
        hint = f"It has been so for {DOUBT:g} s. destroy_instance({self.id}) ends its costs."
        return Judgement(HOPELESS, judged.state, hint) if lasting else Judgement(WAITING, judged.state)

    def _is_stale(self, judged: Judgement, row: Row | None) -> bool:
        """May it be shown as it was before it was started or restarted, which was a moment ago?"""
        state = (row or {}).get("actual_status")
        before = {"restarted": ("running",), "changed": ("stopped", "exited")}.get(self._aim.after, ())
        self._moved = self._moved or state not in before
        return not self._moved and judged.verdict in (READY, HOPELESS) and self._aim.until in ("running", "ssh")

    def _failure(self, judged: Judgement) -> VastError:
        text = f"Instance {self.id} will not be {GOAL[self._aim.until]}: {judged.state}."
        if self._row is None:
            return NotFound(text, hint=judged.hint)
        error = VastError(text, code=NEVER_READY, hint=judged.hint)
        error.details = self._details()
        return error

    def _details(self) -> Row:
        return {"id": self.id, **({"instance": self._row} if self._row is not None else {})}


def _watch(rows: Callable[[], Flow], ids: Sequence[Any], aim: Aim) -> Flow:
    """Look until each instance has come to something. Returns an Outcome for each."""
    watched = [_Watched(id, aim) for id in ids]
    about = f"instance {ids[0]}" if len(watched) == 1 else f"{len(watched)} instances"
    began, slept, pause, known, told = (yield Now()), 0.0, aim.poll or FIRST, bool(aim.after), ""
    while True:
        found, trouble = yield from _try(rows, known)
        known = True
        elapsed = max((yield Now()) - began, slept)  # what was slept is over, even for a clock that stands still
        for each in [] if trouble else [each for each in watched if each.outcome is None]:
            yield from each.look(found.get(str(each.id)), elapsed)
        if all(each.outcome for each in watched):
            yield Tell(about, "")
            return [each.outcome for each in watched]
        if elapsed >= aim.timeout:
            for each in watched:
                if each.outcome is None:
                    each.run_out(trouble)
            yield Tell(about, "")
            return [each.outcome for each in watched]
        state = trouble or _summary(watched)
        pause = aim.poll or (FIRST if state != told else min(pause * GROWTH, LONGEST))
        told = state
        slept += yield from _pause(about, state, elapsed, min(pause, aim.timeout - elapsed))


def _try(rows: Callable[[], Flow], known: bool) -> Flow:
    """One look: the rows by id, and in words what kept it from being made, unless that will not pass.

    Arguments:
        known: has the service answered before? What fails at once may be wrong for good.
    """
    try:
        return (yield from rows()), ""
    except (ConnectionFailed, APIError) as error:
        if not known or not is_passing(error):
            raise
        return {}, f"no answer: {error}".rstrip(".")


def is_passing(error: VastError) -> bool:
    """May it go better at the next look?"""
    if isinstance(error, APIError):
        return not isinstance(error, AuthError) and (error.status_code == 429 or (error.status_code or 0) >= 500)
    return isinstance(error, ConnectionFailed)


def _pause(about: str, state: str, elapsed: float, seconds: float) -> Flow:
    """Sleep, and tell of each second. Returns the seconds slept."""
    left = seconds
    while left > 0:
        yield Tell(about, state, f"{elapsed + seconds - left:.0f} s")
        yield Pause(min(1.0, left))
        left -= 1.0
    return seconds


def _summary(watched: Sequence[_Watched]) -> str:
    """The states of those still waited for, on one line."""
    waiting = [each for each in watched if each.outcome is None]
    if len(watched) == 1:
        return waiting[0].state
    done = len(watched) - len(waiting)
    states: dict[str, list[str]] = {}
    for each in waiting:
        states.setdefault(each.state, []).append(str(each.id))
    return "; ".join(
        [f"{done} of {len(watched)} done", *(f"{', '.join(ids)} {state}" for state, ids in states.items())]
    )


def answering(addresses: Sequence[Address]) -> Flow:
    """The first of some addresses at which SSH answers with its banner, or None.

    Other lines may stand before the banner (RFC 4253, section 4.2), but a server that has something to say to people
    says it later, so only the first line is looked at.
    """
    for address in addresses:
        said = yield Probe(address.host, address.port)
        if said and said.startswith(b"SSH-"):
            return address
    return None
