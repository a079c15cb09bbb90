"""The sandbox's check of what a request carries, against all parameters that the table's commands send there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from vastai.sandbox.received import LARGEST, loads
from vastai.table.model import UNSET, Command, Parameter

_ID = re.compile(r"[A-Za-z0-9_.:-]+")
_MISSING = object()


def faults(
    commands: Iterable[Command], path: Mapping[str, str], query: Mapping[str, str], body: Mapping[str, Any]
) -> list[str]:
    """What is wrong with a request's arguments, one line each; nothing when they may be used.

    Several commands share a route: a value is good when one of them may send it, and needed when all of them do.
    Values that a command makes up from others (`then`, `prepare`) are not checked here; fields that no command knows
    are tolerated, as by the service.
    """
    commands = list(commands)
    lines = []
    for (place, wire), known in _fields(commands).items():
        value = _value(place, wire, path, query, body)
        if value is _MISSING or value is None:
            if len(known) == len(commands) and all(_needed(parameter) for parameter in known):
                lines.append(f"{wire} is required")
        elif not any(_accepts(parameter, value) for parameter in known):
            lines.append(f"{wire}: {_shown(value)} is not {_expected(known[0])}")
    return lines


def _fields(commands: list[Command]) -> dict[tuple[str, str], list[Parameter]]:
    fields: dict[tuple[str, str], list[Parameter]] = {}
    for command in commands:
        for parameter in command.params.values():
            if parameter.place != "local" and parameter.wire != ".":
                fields.setdefault((parameter.place, parameter.wire), []).append(parameter)
    return fields


def _needed(parameter: Parameter) -> bool:
    return parameter.required and parameter.default is UNSET and not parameter.transforms


def _value(place: str, wire: str, path: Mapping[str, str], query: Mapping[str, str], body: Mapping[str, Any]) -> Any:
    """The value at a place, a dotted name going deeper; query values that hold objects are JSON text.

    Query and body stand in for each other: sources disagree about a few fields, and the service takes both.
    """
    first, *deeper = wire.split(".")
    source = path if place == "path" else {**body, **query} if place == "query" else {**query, **body}
    value = source.get(first, _MISSING)
    if deeper and isinstance(value, str):
        try:
            value = loads(value)
        except ValueError:
            return _MISSING
    for name in deeper:
        value = value.get(name, _MISSING) if isinstance(value, dict) else _MISSING
    return value


def _accepts(parameter: Parameter, value: Any) -> bool:
    """May this parameter have sent this value?"""
    if not parameter.sent_as_checked or parameter.type in ("json", "path"):
        return True
    if parameter.many:
        items = _list(value)
        return items is not None and all(item is None or _one(parameter, item) for item in items)
    return _one(parameter, value)


def _one(parameter: Parameter, value: Any) -> bool:
    if not _TYPES[parameter.type](value):
        return False
    if parameter.choices is not None and str(value) not in map(str, (*parameter.choices, *parameter.choices.values())):
        return False
    if parameter.type not in ("int", "float"):
        return True
    number = float(value)
    low = parameter.minimum is None or number >= parameter.minimum
    return low and (parameter.maximum is None or number <= parameter.maximum)


def _list(value: Any) -> list[Any] | None:
    """A list, or the JSON text of one."""
    if isinstance(value, str):
        try:
            value = loads(value)
        except ValueError:
            return None
    return value if isinstance(value, list) else None


def _is_number(value: Any) -> bool:
    try:
        return not isinstance(value, bool) and abs(float(value)) <= LARGEST
    except (TypeError, ValueError, OverflowError):
        return False


_TYPES: dict[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str | int | float),
    "int": lambda value: _is_number(value) and float(value).is_integer(),
    "float": _is_number,
    "date": _is_number,
    "bool": lambda value: isinstance(value, bool) or str(value).lower() in ("true", "false", "0", "1"),
    "id": lambda value: not isinstance(value, bool) and _ID.fullmatch(str(value)) is not None,
}

_NOUNS = {
    "str": "a text",
    "int": "a whole number",
    "float": "a number",
    "date": "a time in unix seconds",
    "id": "an id",
}


def _expected(parameter: Parameter) -> str:
    """What a parameter takes, in words."""
    if parameter.choices is not None:
        return "one of " + ", ".join(str(choice) for choice in parameter.choices.values())
    words = _NOUNS.get(parameter.type, "true or false")
    if parameter.many:
        words = f"a list of which each is {words}"
    bounds = [f"at least {parameter.minimum:g}" if parameter.minimum is not None else ""]
    bounds.append(f"at most {parameter.maximum:g}" if parameter.maximum is not None else "")
    return ", ".join([words, *filter(None, bounds)])


def _shown(value: Any) -> str:
    return json.dumps(value)[:80]
