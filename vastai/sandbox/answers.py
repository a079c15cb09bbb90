"""The sandbox's check of what it answers: that each answer is what the table says before it leaves."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from vastai.table.model import Command


class BadAnswer(AssertionError):
    """The sandbox made an answer that its own table does not describe: a fault of the sandbox."""


def check(commands: Iterable[Command], status: int, answer: Any, looked_at: int | None) -> None:
    """Check an answer against what the commands of its route expect; one that fits is enough.

    Arguments:
        looked_at: how many rows are checked against their schema, None for all of them. With a number, a row that has
            the fields and the types of one that was good is good. The envelope is always checked: the payload is there,
            rows are objects with ids.

    Raises:
        BadAnswer: it fits none of them.
    """
    if status >= 300:
        refusal = isinstance(answer, dict) and answer.get("success") is False and isinstance(answer.get("msg"), str)
        if not refusal:
            raise BadAnswer(f"a refusal of status {status} is not {{success: false, error, msg}}: {answer!r:.200}")
        return
    found = [_fault(command, answer, looked_at) for command in commands]
    if found and all(found):
        raise BadAnswer(next(filter(None, found)))


def _fault(command: Command, answer: Any, looked_at: int | None) -> str:
    """What is wrong with an answer for one command, or ""."""
    if isinstance(answer, dict) and answer.get("success") is False:
        return ""  # a status 200 that says no
    returns = command.returns
    unwrap = command.pages["items"] if command.pages else returns.unwrap
    payload = answer
    if unwrap and isinstance(answer, dict):
        if unwrap not in answer:
            return f'{command.name}: the answer has no "{unwrap}"'
        payload = answer[unwrap]
    if returns.many and isinstance(payload, str):  # the keys of an instance come as the text of a list
        payload = json.loads(payload)
    if payload is None or returns.schema is None:
        return ""
    listed = returns.many and (unwrap is not None or isinstance(payload, list))
    if listed and not isinstance(payload, list):
        return f"{command.name}: {unwrap} is no list"
    for number, row in enumerate(payload if listed else [payload]):
        fault = _row_fault(returns.schema, row, number, looked_at)
        if fault:
            return f"{command.name}: row {number}{fault}"
    return ""


def _row_fault(schema: str, row: Any, number: int, looked_at: int | None) -> str:
    """What is wrong with one object, or ""."""
    if not isinstance(row, dict):
        return " is no object"
    if not isinstance(row.get("id"), int | str | type(None)):
        return f" has the id {row['id']!r}"
    if looked_at is not None and number >= looked_at:
        return ""
    shape = (schema, _shape(row)) if looked_at is not None else None
    if shape in _GOOD:
        return ""
    from vastai.table.schemas import faults

    for path, what in faults(schema, row):
        return f"{path}: {what}"
    if shape is not None and len(_GOOD) < MOST_SHAPES:
        _GOOD.add(shape)
    return ""


_GOOD: set[Any] = set()
MOST_SHAPES = 5000


def _shape(value: Any) -> Any:
    """The fields and types of a value, which are compared in a tenth of the time that a schema takes.

    >>> _shape({"id": 1, "tags": ["a", "b"]}) == _shape({"id": 2, "tags": ["c"]})
    True
    """
    if isinstance(value, dict):
        return tuple((name, _shape(item)) for name, item in value.items())
    if isinstance(value, list):
        return (list, frozenset(map(_shape, value)))
    return type(value)
