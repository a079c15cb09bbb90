"""Several flows at once: at most so many at a time, slowed down together, and stopped together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from threading import Event, Lock, Semaphore, Thread
from time import monotonic
from typing import Any

from ..errors import OutcomeUnknown, VastError
from .bulk import NOT_SENT
from .deadline import Attempts, watching
from .steps import Interrupted, Outcome

GRACE = 2.0  # seconds after an interruption in which those under way may come to their end
EASE = 0.8  # what a success makes of the gap between two requests
CLOSE_ENOUGH = 0.01  # seconds; a gap that is smaller is none
SLICE = 0.2  # seconds a member sleeps before it looks whether all are stopped


class Stopped(BaseException):
    """A member of a group was stopped. No Exception, so that a flow cannot take it for a failure.

    Attributes:
        sent: may its request have been carried out?
    """

    def __init__(self, sent: bool) -> None:
        super().__init__("stopped")
        self.sent = sent


class Gate:
    """When the next request of a group may go out. Sleeps and reads the time nowhere.

    Without a 429 at any time. After one, not before the service's pause is over, and then one at a time with that
    pause between them, because a service that has asked for less would refuse a burst again; each success shortens it.

    >>> gate = Gate()
    >>> gate.wait(0.0), gate.wait(0.0)
    (0.0, 0.0)
    >>> gate.busy(2.0, now=0.0)
    >>> gate.wait(0.5), gate.wait(2.0), gate.wait(2.0)
    (1.5, 0.0, 2.0)
    >>> gate.fine()
    >>> gate.wait(4.0), round(gate.wait(5.0), 3)
    (0.0, 0.6)
    """

    def __init__(self) -> None:
        self._opens = float("-inf")
        self._gap = 0.0
        self._lock = Lock()

    def wait(self, now: float) -> float:
        """Seconds until to ask again; 0 lets the caller pass, who then has to send.

        Args:
            now: seconds of any clock that only goes forward, always the same one.
        """
        with self._lock:
            if now < self._opens:
                return self._opens - now
            self._opens = now + self._gap if self._gap else self._opens
            return 0.0

    def busy(self, pause: float, now: float) -> None:
        """There were too many requests: nobody passes for so many seconds."""
        with self._lock:
            self._gap = max(self._gap, pause)
            self._opens = max(self._opens, now + pause)

    def fine(self) -> None:
        """A request was answered well."""
        if self._gap:
            with self._lock:
                self._gap = self._gap * EASE if self._gap > CLOSE_ENOUGH else 0.0


class Group:
    """What the members of a group share: the gate, the way to sleep, and the sign to stop.

    Args:
        clock: gives seconds that only go forward.
        sleep: waits so many seconds.
    """

    def __init__(self, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self.attempts = Attempts()
        self._gate = Gate()
        self._clock = clock
        self._sleep = sleep
        self._stopped = Event()

    def enter(self, in_doubt: bool) -> None:
        """Wait until the gate lets a request through.

        Args:
            in_doubt: may an earlier attempt of the request have been carried out?

        Raises:
            Stopped: nothing more is to be sent.
        """
        self._go_on(in_doubt)
        now = self._clock()
        while seconds := self._gate.wait(now):
            self.pause(seconds, in_doubt)
            now = max(self._clock(), now + seconds)  # what was slept is over, even for a clock that stands still

    def pause(self, seconds: float, in_doubt: bool = True) -> None:
        """Sleep, but not on when all are stopped.

        Raises:
            Stopped: nothing more is to be done.
        """
        while seconds > 0:
            self._go_on(in_doubt)
            self._sleep(min(seconds, SLICE))
            seconds -= SLICE
        self._go_on(in_doubt)

    def busy(self, pause: float) -> None:
        """A member was told that there are too many requests: it holds for all of them."""
        self._gate.busy(pause, self._clock())

    def fine(self) -> None:
        """A member got a good answer."""
        self._gate.fine()

    def stop(self) -> None:
        """Let nobody send any more, and end the attempts under way."""
        self._stopped.set()
        self.attempts.end()

    def _go_on(self, in_doubt: bool) -> None:
        if self._stopped.is_set():
            raise Stopped(in_doubt)


def run(
    jobs: Sequence[Callable[[], Any]], at_most: int, goes_on: Callable[[VastError], bool], group: Group
) -> list[Outcome]:
    """Do the jobs, at most so many at a time, in the order in which they are given.

    Args:
        goes_on: after this failure of one, may others be started?

    Returns:
        what each came to, in the same order.

    Raises:
        Interrupted: the person has stopped it; it holds what each has come to.
    """
    crew = _Crew(jobs, goes_on, group)
    try:
        if min(at_most, len(jobs)) < 2:
            crew.work()
        else:
            crew.work_in_threads(min(at_most, len(jobs)))
    except KeyboardInterrupt:
        crew.stop()
        raise Interrupted(crew.outcomes("it was interrupted")) from None
    if crew.broken is not None:
        raise crew.broken
    return crew.outcomes("the one before failed")


class _Crew:
    """Those who do the jobs of one group. `broken` is a failure that nobody foresaw."""

    def __init__(self, jobs: Sequence[Callable[[], Any]], goes_on: Callable[[VastError], bool], group: Group) -> None:
        self.broken: BaseException | None = None
        self._goes_on = goes_on
        self._group = group
        self._waiting = deque(enumerate(jobs))
        self._begun = [False] * len(jobs)
        self._outcomes: list[Outcome | None] = [None] * len(jobs)
        self._threads: list[Thread] = []
        self._gone = Semaphore(0)

    def work(self) -> None:
        """Take one job after the other until there is none left."""
        with watching(self._group.attempts):
            while self._waiting:
                try:
                    number, job = self._waiting.popleft()
                except IndexError:  # another one was faster
                    return
                self._begun[number] = True
                self._outcomes[number] = self._do(job)

    def work_in_threads(self, count: int) -> None:
        """The same with so many at once. What stops the calling thread leaves them to `stop`."""
        for _ in range(count):
            thread = Thread(target=self._work_and_go, daemon=True)
            self._threads.append(thread)
            thread.start()
        for _ in range(count):
            self._gone.acquire()
        for thread in self._threads:
            thread.join()

    def stop(self) -> None:
        """Start nothing any more, and wait a little for those under way."""
        self._waiting.clear()
        self._group.stop()
        ends = monotonic() + GRACE
        for thread in self._threads:
            if thread.ident is not None:  # the interruption can come before it was started
                thread.join(max(0.0, ends - monotonic()))

    def outcomes(self, why: str) -> list[Outcome]:
        """What each job has come to.

        Args:
            why: the reason for those that were never begun.
        """
        return [done or (_unknown() if begun else _not_sent(why)) for done, begun in zip(
            self._outcomes, self._begun, strict=True
        )]  # fmt: skip

    def _work_and_go(self) -> None:
        try:
            self.work()
        finally:
            self._gone.release()

    def _do(self, job: Callable[[], Any]) -> Outcome:
        try:
            return Outcome(job())
        except VastError as error:
            if not self._goes_on(error):
                self._waiting.clear()
            return Outcome(error=error)
        except Stopped as stopped:
            return _unknown() if stopped.sent else _not_sent("it was interrupted")
        except KeyboardInterrupt:  # comes to the calling thread only: one job is under way
            raise
        except BaseException as error:
            self._waiting.clear()
            self.broken = error
            return _unknown()


def _unknown() -> Outcome:
    return Outcome(error=OutcomeUnknown("It was under way when it was interrupted, and may have been done."))


def _not_sent(why: str) -> Outcome:
    return Outcome(error=VastError(f"Not sent, because {why}.", code=NOT_SENT))
