"""What a service description has and our table lacks: operations, parameters, body fields, required ones, types.

python tools/coverage.py FILE        FILE: an OpenAPI description, YAML or JSON
                                     --known LIST: lines that are known, each with its reason (a YAML mapping)

Prints one line for each thing that the table lacks and the list does not name; exit code 1 when there is one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from vastai.client import table
from vastai.table.model import Command, Parameter

VERBS = ("get", "put", "post", "patch", "delete")
# Which of our types take a value of a described type.
TAKES = {
    "string": {"str", "path", "date", "id", "json"},
    "integer": {"int", "float", "id", "date", "json", "str"},
    "number": {"float", "int", "date", "json"},
    "boolean": {"bool", "json"},
    "object": {"json", "list", "path", "str"},
    "array": {"list", "json", "str"},
}


def lacks(description: Mapping[str, Any], commands: Iterable[Command]) -> list[str]:
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
    for path, operations in description["paths"].items():
        for verb in VERBS:
            if verb in operations:
                name = f"{verb.upper()} {path}"
                senders = ours.get(plain(verb, path))
                shared = operations.get("parameters", [])
                found += (
                    [f"{name}: no command"]
                    if not senders
                    else [f"{name}: {what}" for what in _missing(description, operations[verb], shared, senders)]
                )
    return sorted(found)


def plain(verb: str, path: str) -> str:
    """Verb and path without the names of parameters and the final slash.

    >>> plain("get", "/api/v0/instances/{id}/")
    'GET /api/v0/instances/{}'
    """
    parts = ["{}" if part.startswith("{") else part for part in path.rstrip("/").split("/")]
    return f"{verb.upper()} {'/'.join(parts)}"


def _missing(
    description: Mapping[str, Any], operation: Mapping[str, Any], shared: list[Any], senders: list[Command]
) -> Iterator[str]:
    """What no sender of an operation can send: query parameters, then fields of the body."""
    for item in [*shared, *operation.get("parameters", [])]:
        parameter = resolved(description, item)
        if parameter["in"] == "query":
            yield from _field(description, "query", parameter["name"], parameter, senders)
    content = resolved(description, operation.get("requestBody", {})).get("content", {})
    schema: Mapping[str, Any] = next((media.get("schema", {}) for media in content.values()), {})
    required, properties = fields(description, schema)
    for name, described in properties.items():
        yield from _field(description, "body", name, {"schema": described, "required": name in required}, senders)


def _field(
    description: Mapping[str, Any], where: str, name: str, described: Mapping[str, Any], senders: list[Command]
) -> Iterator[str]:
    """What our commands lack of one field: the field, that it is required, its type."""
    fixed = [c for c in senders if name in (*c.query, *c.body)]
    sent = [p for c in senders for p in c.params.values() if _sends(p, where, name)]
    if not sent and not fixed:
        yield f"{where} {name}: cannot be sent"
        return
    if described.get("required") and not fixed and all(p.default is None or _may_be_left_out(p) for p in sent):
        yield f"{where} {name}: is required there, not here"
    kinds = types(description, described.get("schema", {}))
    exact = [p for p in sent if p.wire == name and not p.then and p.choices is None]
    if kinds and exact and not any(_takes(p, kinds) for p in exact):
        yield f"{where} {name}: is {' or '.join(sorted(kinds))} there, {exact[0].type} here"


def _sends(parameter: Parameter, where: str, name: str) -> bool:
    """Does a parameter send this field, as a whole, a part of it, or merged into the rest?"""
    if parameter.place != where and not (parameter.place == "local" and parameter.name == name):
        return False
    return parameter.wire.split(".")[0] == name or parameter.wire == "."


def _may_be_left_out(parameter: Parameter) -> bool:
    return not parameter.required and parameter.initial is None


def _takes(parameter: Parameter, kinds: set[str]) -> bool:
    ours = "list" if parameter.many else parameter.type
    return any(ours in TAKES.get(kind, {ours}) for kind in kinds)


def fields(description: Mapping[str, Any], schema: Mapping[str, Any]) -> tuple[set[str], dict[str, Any]]:
    """The required names and the properties of a schema, those of the schemas it is made of included."""
    schema = resolved(description, schema)
    required, properties = set(schema.get("required", ())), dict(schema.get("properties", {}))
    for part in schema.get("allOf", ()):
        more, others = fields(description, part)
        required |= more
        properties |= others
    for part in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        properties |= fields(description, part)[1]  # what one form requires, another may not have
    return required, properties


def types(description: Mapping[str, Any], schema: Mapping[str, Any]) -> set[str]:
    """The JSON types that a schema allows; none when it does not say."""
    schema = resolved(description, schema)
    found = schema.get("type", [])
    kinds = {found} if isinstance(found, str) else set(found)
    for part in (*schema.get("oneOf", ()), *schema.get("anyOf", ()), *schema.get("allOf", ())):
        kinds |= types(description, part)
    return kinds - {"null"}


def resolved(description: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    """A part of the description, references followed."""
    while "$ref" in part:
        target: Any = description
        for key in part["$ref"].removeprefix("#/").split("/"):
            target = target[key.replace("~1", "/").replace("~0", "~")]
        part = target
    return part


def main(argv: list[str] | None = None) -> int:
    """Print what the table lacks."""
    parser = argparse.ArgumentParser(description="What a service description has and our table lacks.")
    parser.add_argument("file", type=Path, help="an OpenAPI description, YAML or JSON")
    parser.add_argument("--known", type=Path, help="lines that are known, each with its reason")
    arguments = parser.parse_args(argv)
    description = yaml.safe_load(arguments.file.read_text(encoding="utf-8"))
    known = yaml.safe_load(arguments.known.read_text(encoding="utf-8")) if arguments.known else {}
    lines = [line for line in lacks(description, table()) if line not in (known or {})]
    print("\n".join(lines) or "nothing is lacking")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
