"""Composed commands: those whose entry only names other commands to run, in `steps`."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

from ..errors import APIError
from ..table.model import Command, Table
from .steps import Ask

Flow = Generator[Any, Any, Any]
Call = Callable[..., Flow]


def in_turn(command: Command, values: Mapping[str, Any], table: Table, call: Call) -> Flow:
    """Other commands in turn, each with the parameters that it has too.

    Arguments:
        values: the values of the call by parameter name.
        call: gives the flow of another command, by its name and its arguments.

    Returns:
        the result of the last command that ran.

    Raises (when run):
        APIError: a step is refused, and no later one is there for this refusal.
    """
    result: Any = None
    refused: APIError | None = None
    for step in command.steps:
        if not _applies(step, values) or (refused.code if refused else None) != step.get("after"):
            continue
        try:
            result = yield from _step(call, table.command(step["run"]), values, not command.confirm)
            refused = None
        except APIError as error:
            refused = error
    if refused:
        raise refused
    return result


def _applies(step: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Do the conditions of a step hold: what must be given, and what must not?"""
    wanted, unwanted = step.get("when"), step.get("unless")
    return (wanted is None or bool(_given(values, wanted))) and not (unwanted and _given(values, unwanted))


def _given(values: Mapping[str, Any], name: str) -> bool:
    """Is a parameter given, or a switch on? 0 is a value."""
    return values.get(name) not in (None, False, "", [])


def _step(call: Call, command: Command, values: Mapping[str, Any], ask: bool) -> Flow:
    """One command of the steps, once the question of its `confirm` is answered, unless the whole was asked about."""
    shared = {
        parameter.name: values[name]
        for parameter in command.params.values()
        for name in (parameter.name, *parameter.alias)
        if values.get(name) is not None
    }
    if command.confirm and ask:
        yield Ask(command.question(shared))
    return (yield from call(command.name, **shared))
