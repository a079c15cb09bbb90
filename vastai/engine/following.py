"""Following: a text that grows, such as a log, is asked for again and again, and what is new of it handed out."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from ..errors import APIError, ConnectionFailed, NotFound
from ..hooks.instance_state import in_words, is_over
from ..table.model import Command
from .context import Context
from .steps import Now, Pause, Show
from .wait import is_passing

Flow = Generator[Any, Any, Any]
Run = Callable[..., Flow]

WINDOW = 1000  # lines that are asked for each time, so that what was shown and what is new overlap
FIRST, GROWTH, LONGEST = 3.0, 1.5, 10.0  # seconds between two looks: after news, times, at most
PATIENCE = 300.0  # seconds of failures in a row that are borne


def follow(command: Command, values: Mapping[str, Any], context: Context, fetch: Run, run: Run) -> Flow:
    """The lines of a log as they come, until the instance has ended.

    Arguments:
        values: the command's values by parameter name.
        fetch: gives the flow that fetches the whole text, by the values to ask with.
        run: gives the flow of another command, by its name and positional arguments.

    Returns:
        all the lines as one text in the library, which shows none before the end; None where they were shown.

    Raises (when run):
        NotFound: there is no such instance.
        ConnectionFailed, APIError: the service refuses, or has not answered for five minutes.
    """
    spec = (command.poll or {})["follow"]
    id, wanted = values[spec["of"]], values.get(spec["tail"])
    asked = {**values, spec["when"]: False, spec["tail"]: max(wanted or WINDOW, WINDOW)}
    log, kept, pause = _Log(), list[str](), FIRST
    while True:
        state = yield from _look(log, context, lambda: run(spec["look"], id), lambda: fetch(asked))
        over = is_over(state)
        lines = log.new(to_the_end=over)
        if log.looks == 1 and wanted is not None:
            lines = lines[-wanted:]
        if context.surface == "terminal":
            yield Show(lines)
        else:
            kept += lines
        if over:
            context.notes.append(f"Instance {id} has ended, and its log: {in_words(state) if state else 'gone'}.")
            return None if context.surface == "terminal" else "".join(f"{line}\n" for line in kept)
        pause = FIRST if lines else min(pause * GROWTH, LONGEST)
        yield Pause(pause)


def _look(log: _Log, context: Context, look: Callable[[], Flow], fetch: Callable[[], Flow]) -> Flow:
    """Look at the instance, and then at its log, so that its last lines are not lost. What fails in passing is borne.

    Returns:
        the instance, or None when it is gone.
    """
    failing_since: float | None = None
    while True:
        try:
            state = yield from _state(look)
            if state is not None or not log.looks:  # the log of what is gone is gone too; at first, that is the error
                log.take((yield from fetch()))
                if log.gap:
                    context.notes.append("Lines may be missing here: too many came at once, or the log began anew.")
            return state
        except (ConnectionFailed, APIError) as error:
            now = yield Now()
            failing_since = now if failing_since is None else failing_since
            if not log.looks or not is_passing(error) or now - failing_since >= PATIENCE:
                raise
            context.notes.append(f"No answer, and going on: {error}")
            yield Pause(LONGEST)


def _state(look: Callable[[], Flow]) -> Flow:
    try:
        return (yield from look())
    except NotFound:
        return None


class _Log:
    """What was seen of a log.

    Attributes:
        looks: how often it was fetched.
        gap: does what came last not join what was there before?
    """

    def __init__(self) -> None:
        self.looks = 0
        self.gap = False
        self._seen: list[str] = []
        self._new: list[str] = []
        self._last = ""  # a last line without an end, which may go on
        self._held = ""  # the same, while it is not counted as a line
        self._grows = False  # may the last line that was counted go on?

    def take(self, text: str) -> None:
        """Take in what is there now. A last line without an end is new once another look finds it the same."""
        *lines, last = text.split("\n")
        stays = bool(last) and last == self._last
        if stays:
            lines.append(last)
        self._last, self._held = last, "" if stays else last
        start = new_from(self._seen, lines)
        if start is None and self._grows:  # it was shown before it had come to its end, and is again
            start = new_from(self._seen[:-1], lines)
        self._grows = stays
        self.gap = start is None
        self.looks += 1
        self._seen = lines
        self._new += lines[start or 0 :]

    def new(self, *, to_the_end: bool) -> list[str]:
        """The lines that are new since this was asked last.

        Arguments:
            to_the_end: nothing more will come, so the line that was held back is new too.
        """
        new, self._new = self._new, []
        if to_the_end and self._held:
            new.append(self._held)
            self._held = ""
        return new


def new_from(seen: Sequence[str], lines: Sequence[str]) -> int | None:
    """Where in the last lines of a log those begin that were not seen yet; None when nothing seen is among them.

    The longest end of what was seen that the lines begin with was there before. Of lines that are all the same, in a
    log that is longer than what is asked for, nobody can tell how many are new: then none are.

    >>> new_from(["a", "b", "c"], ["b", "c", "d"]), new_from(["a"], ["a"]), new_from([], ["a"]), new_from(["a"], ["b"])
    (2, 1, 0, None)
    """
    for first in range(len(seen)):
        if list(seen[first:]) == list(lines[: len(seen) - first]):
            return len(seen) - first
    return None if seen else 0
