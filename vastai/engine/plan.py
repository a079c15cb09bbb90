"""Plan: from checked values to the request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from ..errors import UsageError
from ..table.model import Command, Parameter
from .steps import Request


def plan(command: Command, values: Mapping[str, Any]) -> Request:
    """The request of a command.

    Arguments:
        values: all parameters by name, checked and transformed; None is left out.

    Returns:
        the request, without the server's address and the key. Writes always carry an object, ``{}`` if empty.
    """
    path = command.path
    placed: dict[str, dict[str, Any]] = {
        "query": _filled(command.query, values),
        "body": _filled(command.body, values),
    }
    for parameter in command.params.values():
        value = values.get(parameter.name)
        if parameter.place == "path":
            path = path.replace("{" + parameter.name + "}", _segment(command, parameter.name, value))
        elif parameter.place != "local" and (value is not None or _sends_null(parameter, values)):
            put(placed[parameter.place], parameter.wire, value)
    return Request(
        verb=command.verb,
        path=path,
        query={name: query_text(value) for name, value in placed["query"].items()},
        body=placed["body"] if command.verb != "GET" or placed["body"] else None,
        service=command.service,
        effect=command.effect,
        key=command.key,
        accept="text" if command.returns.type == "str" and not command.poll else "json",
        command=command.name,
        look_at=command.look_at.get("command", ""),
        secrets=tuple(p.wire for p in command.params.values() if p.secret),
    )


def put(fields: dict[str, Any], wire: str, value: Any) -> None:
    """Put a value where its wire name says: a dot goes deeper, a lone dot merges a mapping.

    >>> fields = {"q": {"num_gpus": {"eq": "1"}}}
    >>> put(fields, "q.limit", 3); put(fields, ".", {"a": 1}); fields
    {'q': {'num_gpus': {'eq': '1'}, 'limit': 3}, 'a': 1}
    """
    if wire == ".":
        fields.update(value)
        return
    *parents, last = wire.split(".")
    for parent in parents:
        fields = fields.setdefault(parent, {})
    fields[last] = value


def query_text(value: Any) -> str:
    """A query value as text: strings as they are, all else as JSON.

    >>> query_text("me"), query_text(True), query_text({"a": 1})
    ('me', 'true', '{"a": 1}')
    """
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, allow_nan=False)


def _segment(command: Command, name: str, value: Any) -> str:
    """A value as one segment of a path."""
    try:
        return quote(str(value), safe="")
    except UnicodeEncodeError:
        raise UsageError(f"{command.name}: {name}: holds half a character (a lone surrogate)") from None


def _sends_null(parameter: Parameter, values: Mapping[str, Any]) -> bool:
    return parameter.null == "send" and parameter.name in values


def _filled(fields: Any, values: Mapping[str, Any]) -> Any:
    """A copy of the table's fixed fields, with the value in place of each text that is ``{parameter}``."""
    if isinstance(fields, dict):
        return {name: _filled(value, values) for name, value in fields.items()}
    if isinstance(fields, list):
        return [_filled(item, values) for item in fields]
    if isinstance(fields, str) and fields[:1] == "{" and fields[-1:] == "}":
        return values.get(fields[1:-1])
    return fields
