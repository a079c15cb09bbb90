"""Bulk: one command for several items, and the report that tells of each of them what came of it."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from typing import Any

from ..errors import AuthError, OutcomeUnknown, UsageError, VastError
from . import reply
from .steps import Interrupted, Outcome, Step, Together

Flow = Generator[Step, Any, Any]
Row = dict[str, Any]

NOT_SENT = "not_sent"  # the code of what was never begun


def perform(parts: Sequence[Sequence[Any]], flows: Sequence[Flow]) -> Flow:
    """Carry out one flow for each part of the items, a few at a time. A refusal of one does not stop the others; a bad
    key or a dead service does, because the rest would fare no better.

    Arguments:
        parts: the items that each flow is for.

    Returns:
        the report, see `report`.

    Raises (when run):
        AuthError, UsageError: nothing was done at all, and this is why.
        Interrupted: the person has stopped it; its text says how far it came.
    """
    try:
        outcomes = yield Together(flows, reply.is_refusal)
    except Interrupted as stop:
        stop.args = (f"interrupted: {in_words(_rows(parts, stop.outcomes))}",)
        raise
    first = next((outcome.error for outcome in outcomes if outcome.error), None)
    if isinstance(first, AuthError | UsageError) and not any(_may_be_done(outcome) for outcome in outcomes):
        raise first
    return report(parts, outcomes)


def report(parts: Sequence[Sequence[Any]], outcomes: Sequence[Outcome]) -> Row:
    """What came of each item under ``results``, ``success`` when all went well, and else what failed in words.

    Lists in the answers to requests for many items, such as the IDs of what was created, are joined.

    >>> report([[1]], [Outcome({"success": True, "msg": "gone"})])
    {'success': True, 'results': [{'success': True, 'msg': 'gone', 'id': 1}]}
    >>> report([[1, 2], [3]], [Outcome({"success": True, "made": [8, 9]}), Outcome({"made": [10]})])["made"]
    [8, 9, 10]
    """
    lists: dict[str, list[Any]] = {}
    for outcome in outcomes:
        for name, found in outcome.result.items() if isinstance(outcome.result, Mapping) else ():
            if isinstance(found, list):
                lists.setdefault(name, []).extend(found)
    rows = _rows(parts, outcomes)
    each = all(len(part) == 1 for part in parts)
    return {**({} if each else lists), **summary(rows), "results": rows}


def summary(rows: Sequence[Row]) -> Row:
    """How it went for all rows of a report together: `success`, and what failed in words.

    >>> summary([{"id": 1, "success": True}])
    {'success': True}
    """
    codes = [str(row["error"]) for row in rows if not row["success"]]
    if not codes:
        return {"success": True}
    worst = OutcomeUnknown.code if OutcomeUnknown.code in codes else codes[0]
    return VastError(in_words(rows), code=worst).as_refusal()


def in_words(rows: Sequence[Row]) -> str:
    """How far a bulk command came: the items by what became of them.

    >>> in_words([{"id": 1, "success": True}, {"id": 2, "success": False, "error": "no_such_instance"},
    ...     {"id": 3, "success": False, "error": "outcome_unknown"}, {"id": 4, "success": False, "error": "not_sent"}])
    'done: 1; failed: 2 (no_such_instance); unknown: 3; not sent: 4'
    """
    groups: dict[str, list[str]] = {"done": [], "failed": [], "unknown": [], "not sent": []}
    for row in rows:
        state = "done" if row["success"] else _STATES.get(str(row["error"]), "failed")
        groups[state].append(f"{row['id']} ({row['error']})" if state == "failed" else str(row["id"]))
    return "; ".join(f"{name}: {', '.join(items)}" for name, items in groups.items() if items)


_STATES = {OutcomeUnknown.code: "unknown", NOT_SENT: "not sent"}


def _rows(parts: Sequence[Sequence[Any]], outcomes: Sequence[Outcome]) -> list[Row]:
    """One row for each item."""
    return [_row(item, outcome, len(part) == 1) for part, outcome in zip(parts, outcomes, strict=True) for item in part]


def _row(item: Any, outcome: Outcome, alone: bool) -> Row:
    """What came of one item; the answer to a request for it alone is its own."""
    if outcome.error is not None:
        return {**outcome.error.as_refusal(), "id": item}
    answer = outcome.result if alone and isinstance(outcome.result, Mapping) else {}
    return {"success": True, **answer, "id": item}


def _may_be_done(outcome: Outcome) -> bool:
    return outcome.error is None or isinstance(outcome.error, OutcomeUnknown)
