"""What a service description has and our table lacks: operations, parameters, fields, required ones, types, values.

python tools/coverage.py FILE        FILE: an OpenAPI description, YAML or JSON
                                     --known LIST: lines that are known, each with its reason (a YAML mapping); for a
                                     description of the vendor's own server that is tools/coverage_known.yaml

Prints one line for each thing that the table lacks and the list does not name, and one for each line of the list that
is not lacking; exit code 1 when there is one.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from described import Described, choices, fields, operations, plain, resolved, types

from vastai.client import table
from vastai.table.model import Command, Parameter

VENDOR = "https://console.vast.ai"
KNOWN = Path(__file__).with_name("coverage_known.yaml")
PLACEHOLDER = re.compile(r"\{([^}]+)\}")
# Headers that every request has, whatever a description says of them.
HEADERS = {"accept", "authorization", "content-type"}
# Which of our types take a value of a described type.
TAKES = {
    "string": {"str", "path", "date", "id", "json"},
    "integer": {"int", "float", "id", "date", "json", "str"},
    "number": {"float", "int", "date", "json"},
    "boolean": {"bool", "json"},
    "object": {"json", "list", "path", "str"},
    "array": {"list", "json", "str"},
}


class Field(NamedTuple):
    """One described field of a request: where it travels, its name, its schema, and whether it must be there."""

    place: str
    name: str
    schema: Described
    required: bool


class Sent(NamedTuple):
    """What our commands send under one field."""

    params: list[Parameter]
    fixed: list[Any]


def lacks(description: Described, commands: Iterable[Command]) -> list[str]:
    """Everything that a description names and no command can send, one line each, sorted.

    Args:
        description: an OpenAPI document.
        commands: those of the table; commands that share verb and path are taken together.
    """
    ours: dict[str, list[Command]] = {}
    for command in commands:
        if command.path:
            ours.setdefault(plain(command.verb, command.path), []).append(command)
    found: list[str] = []
    for name, address, operation in operations(description):
        senders = ours.get(address)
        if senders:
            found += [f"{name}: {what}" for what in _missing(description, name, operation, senders)]
        else:
            found.append(f"{name}: no command")
    return sorted(set(found))


def _missing(description: Described, name: str, operation: Described, senders: list[Command]) -> Iterator[str]:
    """What no sender of an operation can send: parameters, then fields of the body."""
    for parameter in operation["parameters"]:
        place = parameter["in"]
        media: Described = next(iter(parameter.get("content", {}).values()), parameter)
        field = Field(place, parameter["name"], media.get("schema", {}), bool(parameter.get("required")))
        if place == "path":
            yield from _value(description, field, Sent(_in_path(name, field.name, senders), []))
        elif place != "header" or field.name.lower() not in HEADERS:
            yield from _field(description, field, senders)
    content = resolved(description, operation.get("requestBody", {})).get("content", {})
    for media in content.values():
        kinds = types(description, media.get("schema", {}))
        required, properties = fields(description, media.get("schema", {}))
        if kinds and "object" not in kinds and not properties:
            yield f"body: is {' or '.join(sorted(kinds))} there, object here"
        for part, schema in properties.items():
            yield from _field(description, Field("body", part, schema, part in required), senders)


def _in_path(name: str, parameter: str, senders: list[Command]) -> list[Parameter]:
    """Our parameters at the place that a parameter has in the path, whatever they are called."""
    names = PLACEHOLDER.findall(name)
    if parameter not in names:
        return []
    place = names.index(parameter)
    return [command.params[PLACEHOLDER.findall(command.path)[place]] for command in senders]


def _field(description: Described, field: Field, senders: list[Command]) -> Iterator[str]:
    """What our commands lack of one field: the field, parts of it, that it is required, its type, a value."""
    at = field.place, field.name
    fixed = [value for c in senders for value in (_part(c.query, field.name), _part(c.body, field.name)) if value]
    sent = [p for c in senders for p in c.params.values() if _sends(p, field)]
    if not sent and not fixed:
        yield f"{' '.join(at)}: cannot be sent"
        return
    if field.required and not fixed and all(p.default is None or _may_be_left_out(p) for p in sent):
        yield f"{' '.join(at)}: is required there, not here"
    parts = fields(description, field.schema)[1]
    if sent and all(p.wire.startswith(f"{field.name}.") for p in sent):
        for name, schema in parts.items():
            yield from _field(description, Field(field.place, f"{field.name}.{name}", schema, False), senders)
        return
    yield from _value(description, field, Sent(sent, [value[0] for value in fixed]))


def _part(fixed: Mapping[str, Any], name: str) -> list[Any]:
    """The fixed value under a dotted name, in a list; an empty one when there is none."""
    value: Any = fixed
    for step in name.split("."):
        if not isinstance(value, Mapping) or step not in value:
            return []
        value = value[step]
    return [value]


def _sends(parameter: Parameter, field: Field) -> bool:
    """Does a parameter send this field, as a whole, a part of it, the whole around it, or merged into the rest?"""
    if parameter.place != field.place and not (parameter.place == "local" and parameter.name == field.name):
        return False
    wire, name = f"{parameter.wire}.", f"{field.name}."
    return parameter.wire == "." or wire.startswith(name) or name.startswith(wire)


def _may_be_left_out(parameter: Parameter) -> bool:
    return not parameter.required and parameter.initial is None


def _value(description: Described, field: Field, sent: Sent) -> Iterator[str]:
    """What our parameters refuse of one field: its type, one of its values."""
    where = f"{field.place} {field.name}"
    exact = [p for p in sent.params if (p.wire == field.name or field.place == "path") and p.sent_as_checked]
    if len(exact) < len(sent.params):
        return  # a hook, a part or a whole: what it takes is not said by a type
    kinds = types(description, field.schema)
    typed = [p for p in exact if p.choices is None]
    if kinds and typed and len(typed) == len(exact) and not any(_takes(p, kinds) for p in exact):
        yield f"{where}: is {' or '.join(sorted(kinds))} there, {_type(exact[0])} here"
    for choice in choices(description, field.schema):
        if choice not in sent.fixed and not any(_allows(p, choice) for p in exact):
            yield f"{where}: may be {choice!r} there, not here"
    for side, ours in (("minimum", _lowest(exact)), ("maximum", _highest(exact))):
        theirs = resolved(description, field.schema).get(side)
        if theirs is not None and ours is not None and (ours > theirs if side == "minimum" else ours < theirs):
            yield f"{where}: its {side} is {theirs:g} there, {ours:g} here"


def _takes(parameter: Parameter, kinds: set[str]) -> bool:
    """Does our type take one of the described ones? In a query, a list or an object is a text that holds it."""
    ours = _type(parameter)
    if parameter.place == "query" and ours in ("list", "json"):
        kinds = kinds | {"array"}
    return any(ours in TAKES.get(kind, {ours}) for kind in kinds)


def _type(parameter: Parameter) -> str:
    return "list" if parameter.many else parameter.type


def _allows(parameter: Parameter, choice: Any) -> bool:
    """May our parameter send a value: one of its choices, as typed or as sent, or one of its type?"""
    if parameter.choices is not None:
        return str(choice) in map(str, (*parameter.choices, *parameter.choices.values()))
    return parameter.type != "bool" or isinstance(choice, bool)


def _lowest(exact: list[Parameter]) -> float | None:
    lows = [p.minimum for p in exact if p.minimum is not None]
    return min(lows) if lows and len(lows) == len(exact) else None


def _highest(exact: list[Parameter]) -> float | None:
    highs = [p.maximum for p in exact if p.maximum is not None]
    return max(highs) if highs and len(highs) == len(exact) else None


def unlisted(description: Described, commands: Iterable[Command], known: Mapping[str, str]) -> list[str]:
    """What the table lacks and the list does not name, and what the list names of this description for nothing."""
    lines = lacks(description, commands)
    names = {name for name, _, _ in operations(description)}
    stale = [line for line in known if line not in lines and line.partition(":")[0] in names]
    return [line for line in lines if line not in known] + [f"{line} (listed as known, not lacking)" for line in stale]


def known_lines(description: Described, file: Path | None) -> dict[str, str]:
    """The known lines with their reasons: those of the file, else those for the vendor's own description."""
    vendors = any(server.get("url", "").rstrip("/") == VENDOR for server in description.get("servers", ()))
    if file is None and not vendors:
        return {}
    return yaml.safe_load((file or KNOWN).read_text(encoding="utf-8")) or {}


def main(argv: list[str] | None = None) -> int:
    """Print what the table lacks."""
    parser = argparse.ArgumentParser(description="What a service description has and our table lacks.")
    parser.add_argument("file", type=Path, help="an OpenAPI description, YAML or JSON")
    parser.add_argument("--known", type=Path, help="lines that are known, each with its reason")
    arguments = parser.parse_args(argv)
    description = yaml.safe_load(arguments.file.read_text(encoding="utf-8"))
    known = known_lines(description, arguments.known)
    lines = unlisted(description, table(), known)
    for line in lines:
        print(line)
    print(f"{len(lines)} lacking, {len(known)} known", file=sys.stderr)
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
