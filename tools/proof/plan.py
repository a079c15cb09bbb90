"""Which reading commands to call, in what order, and with which arguments: pure, from the table and earlier answers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from vastai.engine import bind
from vastai.table.model import Command

_PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
_FILLED = "filled in"  # stands for a placeholder until the answer that has the value is there


class Call(NamedTuple):
    """One call of the plan.

    Attributes:
        command: name of the command.
        given: its arguments by name.
        missing: why it cannot be called, or "".
    """

    command: str
    given: dict[str, Any]
    missing: str = ""


def reading(commands: Iterable[Command]) -> list[Command]:
    """The commands that only read and have a public route, those that need an id behind those that give it."""
    waiting = [
        command
        for command in commands
        if command.effect == "read" and not command.sandbox_only and not command.left_out
    ]
    known = {command.name for command in waiting}
    ordered: list[Command] = []
    while waiting:
        done = {command.name for command in ordered}
        ready = [command for command in waiting if sources(command) & known <= done] or waiting[:1]
        ordered += ready
        waiting = [command for command in waiting if command not in ready]
    return ordered


def sources(command: Command) -> set[str]:
    """The commands whose answers give arguments to this one."""
    used = example(command)
    wanted = [p.complete for p in command.params.values() if p.required or p.name in used]
    return {source(complete)[0] for complete in wanted if complete}


def source(complete: str) -> tuple[str, str]:
    """Command and field of a ``complete`` key.

    >>> source("show_instances.id")
    ('show_instances', 'id')
    """
    name, _, field = complete.partition(".")
    return name, field


def example(command: Command) -> dict[str, Any]:
    """The arguments of the command's first example, by name."""
    for row in command.examples:
        try:
            call = ast.parse(_PLACEHOLDER.sub(repr(_FILLED), row.get("python", "")), mode="eval").body
            if isinstance(call, ast.Call):
                args = tuple(ast.literal_eval(value) for value in call.args)
                named = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg}
                return bind.arguments(command, args, named)
        except (SyntaxError, ValueError):
            continue  # an example that computes something
    return {}


def call(command: Command, answers: Mapping[str, Any]) -> Call:
    """The call of a command: the arguments of its example, ids taken from answers of this account.

    Args:
        answers: results of earlier commands, by name.
    """
    given = example(command)
    for parameter in command.params.values():
        if not parameter.complete or not (parameter.required or parameter.name in given):
            continue
        name, field = source(parameter.complete)
        value = first(answers.get(name), field)
        if value is None:
            return Call(command.name, {}, f"{name} gave no {field}")
        given[parameter.name] = [value] if parameter.many else value
    if _FILLED in given.values():
        return Call(command.name, {}, "its example does not say where the id comes from")
    return Call(command.name, given)


def first(result: Any, field: str) -> Any:
    """The value of a field in a result's first row, or None.

    >>> first([{"id": 7}], "id"), first({"id": 8}, "id"), first([], "id")
    (7, 8, None)
    """
    row = result[0] if isinstance(result, list) and result else result
    return row.get(field) if isinstance(row, dict) else None


def filled(value: Any, names: Mapping[str, Any]) -> Any:
    """A value with ``{name}`` replaced everywhere; a text that is nothing else becomes the value itself.

    >>> filled({"id": "{offer}", "label": "{label}-2"}, {"offer": 7, "label": "a"})
    {'id': 7, 'label': 'a-2'}
    """
    if isinstance(value, dict):
        return {name: filled(inner, names) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, names) for inner in value]
    if not isinstance(value, str):
        return value
    if value[:1] == "{" and value[1:-1] in names:
        return names[value[1:-1]]
    return _PLACEHOLDER.sub(lambda match: str(names.get(match[0][1:-1], match[0])), value)
