"""What a check-up works with: the evidence that was gathered, and the findings made from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..engine.steps import Reached, Reply
from ..errors import VastError
from ..signs import neutral
from .registry import view

OK, WARN, FAIL, SKIP = "ok", "warn", "fail", "skip"
# What a failed check means for the exit code: the codes of AuthError and ConnectionFailed, and one for all else.
BAD_KEY, UNREACHABLE, FAULT = "auth_error", "connection_failed", "fault"


class Finding(NamedTuple):
    """What one check has found.

    Attributes:
        check: what was looked at, in a few words.
        state: ``ok``, ``warn`` (it works, but), ``fail``, or ``skip`` (it could not be looked at).
        found: what was found, on one line.
        fix: what to do, on one line; "" when there is nothing to do.
        error: of a failure, the kind of it.
    """

    check: str
    state: str
    found: str
    fix: str = ""
    error: str = FAULT

    def row(self) -> dict[str, Any]:
        """The finding as a row of the result."""
        error = self.error if self.state == FAIL else None
        return {**self._asdict(), "found": neutral(self.found), "fix": self.fix or None, "error": error}


class Answer(NamedTuple):
    """What a command came to that was tried: its result or its failure, and what differs from its schema."""

    result: Any = None
    error: VastError | None = None
    differs: Sequence[str] = ()


class Evidence(NamedTuple):
    """All that the checks look at.

    Attributes:
        facts: what a client finds on this machine, see `engine.machine.facts`.
        reached: what came of trying to reach the server.
        answers: command name -> what it came to; those that were not tried are not in it.
        replies: every answer of the service, in order.
        why_not: why a command was not tried.
    """

    facts: Mapping[str, Any]
    reached: Reached
    answers: Mapping[str, Answer] = {}
    replies: Sequence[Reply] = ()
    why_not: str = ""

    def result(self, name: str) -> Any:
        """The result of a command, None where there is none."""
        answer = self.answers.get(name)
        return answer.result if answer else None

    def reason(self, name: str) -> str:
        """Why there is no result of a command."""
        answer = self.answers.get(name)
        return str(answer.error) if answer and answer.error else self.why_not


@view
def findings(result: list[dict[str, Any]]) -> str:
    """A line for each check, what to do below it, and a count.

    >>> print(findings([{"check": "key", "state": "fail", "found": "none", "fix": "vastai set api-key"}]))
    fail  key  none
               -> vastai set api-key
    1 failed
    """
    width = max((len(str(row["check"])) for row in result), default=0)
    lines = []
    for row in result:
        lines.append(f"{row['state']:4}  {row['check']:{width}}  {row['found']}".rstrip())
        if row["fix"] and row["state"] != OK:
            lines.append(f"{'':{width + 8}}-> {row['fix']}")
    counts = [(sum(row["state"] == state for row in result), word) for state, word in COUNTED]
    said = ", ".join(f"{count} {word}" for count, word in counts if count)
    return "\n".join([*lines, said or "All is well"])


COUNTED = ((FAIL, "failed"), (WARN, "to look at"), (SKIP, "could not be checked"))
