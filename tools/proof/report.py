"""The report: what was verified, what differs, what each doubt came to; for people and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from proof.doubts import Verdict
from proof.session import DIFFERS, FAILED, REFUSED, Outcome
from proof.story import Spent
from vastai.recording.remover import Remover
from vastai.render import table as as_table
from vastai.table.model import Command

# The letters of `source` in commands.yaml.
SOURCES = {
    "O": "the vendor's description of the API",
    "P": "requests and answers recorded from the official client",
    "R": "the vendor's table of routes",
    "L": "a third-party client with recorded live calls",
    "T": "a third-party Terraform provider",
    "W": "the web console",
    "S": "the page of methods that was promised",
    "U": "our own conclusion",
}
_COLUMNS = [{"field": name, "title": title} for name, title in (("command", "Command"), ("status", "Outcome"))]
_COLUMNS += [{"field": "detail", "title": "What differs, or why"}]
_READS = [*_COLUMNS[:2], {"field": "source", "title": "Source"}, _COLUMNS[2]]
_DOUBTS = [{"field": name, "title": title} for name, title in (("topic", "Doubt"), ("verdict", "Verdict"))]
_DOUBTS += [{"field": "detail", "title": "What is true, or why it stays open"}]


class Report(NamedTuple):
    """All that came out.

    Attributes:
        reads: the outcome of each reading command.
        doubts: a verdict for each doubt.
        spent: what came of the rental, or None without one.
        recording: the file with all requests and answers, or "".
        interrupted: did somebody stop it?
    """

    reads: list[Outcome]
    doubts: list[Verdict]
    spent: Spent | None = None
    recording: str = ""
    interrupted: bool = False

    @property
    def exit_code(self) -> int:
        """0 when nothing differs, was refused or failed; 7 when an instance may still run; 130 when interrupted."""
        if self.spent is not None and not self.spent.sure:
            return 7
        if self.interrupted or (self.spent is not None and self.spent.interrupted):
            return 130
        outcomes = [*self.reads, *(self.spent.outcomes if self.spent is not None else [])]
        return 1 if any(outcome.status in (DIFFERS, REFUSED, FAILED) for outcome in outcomes) else 0


def sources(command: Command) -> list[str]:
    """Where the entry of a command comes from, in words."""
    return [SOURCES.get(letter, letter) for letter in command.source.split()]


def as_json(report: Report, commands: Mapping[str, Command], remover: Remover) -> dict[str, Any]:
    """The report as one JSON object, without keys and personal data, so that it may be passed on."""
    spent = report.spent
    rental = spent and {
        "steps": [_row(outcome) for outcome in spent.outcomes],
        "ceiling": spent.ceiling and round(spent.ceiling.cost, 6),
        "charged": spent.charged,
        "left": list(spent.left),
        "nothing_is_left_for_sure": spent.sure,
    }
    value = {
        "commands": [
            {**_row(outcome), "believed_because_of": sources(commands[outcome.command])} for outcome in report.reads
        ],
        "doubts": [verdict._asdict() for verdict in report.doubts],
        "rental": rental,
        "recording": report.recording or None,
    }
    cleaned: dict[str, Any] = remover.clean(value)
    return cleaned


def as_text(report: Report, commands: Mapping[str, Command], remover: Remover, width: int | None = None) -> str:
    """The report as tables and a few sentences."""
    reads = [{**_row(outcome), "source": commands[outcome.command].source} for outcome in report.reads]
    parts = [as_table(reads, _READS, width)]
    parts.append("Source: " + "; ".join(f"{letter} {words}" for letter, words in SOURCES.items()) + ".")
    parts.append(as_table([verdict._asdict() for verdict in report.doubts], _DOUBTS, width))
    spent = report.spent
    if spent is not None:
        parts.append(as_table([_row(outcome) for outcome in spent.outcomes], _COLUMNS, width))
        parts.append("\n".join(_money(spent)))
    parts.append(_summary(report))
    return "\n\n".join(remover.text(part) for part in parts)


def _money(spent: Spent) -> Iterable[str]:
    if spent.ceiling is not None:
        charged = "unknown" if spent.charged is None else f"{spent.charged:.4f} $"
        yield f"Ceiling: {spent.ceiling}. Charged so far: {charged}."
    if not spent.sure:
        which = ", ".join(map(str, spent.left)) or f"labelled {spent.label}"
        yield f"AN INSTANCE {which} MAY STILL RUN AND COST. Look for it and destroy it now, here or in the web console."


def _summary(report: Report) -> str:
    counts: dict[str, int] = {}
    for outcome in report.reads:
        counts[outcome.status] = counts.get(outcome.status, 0) + 1
    lines = [", ".join(f"{count} {status}" for status, count in counts.items()) or "nothing was called"]
    if report.recording:
        lines.append(f"Recorded in {report.recording}: look through it, then it may be passed on.")
    return "\n".join(lines)


def _row(outcome: Outcome) -> dict[str, Any]:
    return {"command": outcome.command, "status": outcome.status, "detail": outcome.detail or None}
