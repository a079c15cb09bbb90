"""What commands send, as OpenAPI writes it: parameters of path and query, and the schema of a body."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ..table.model import UNSET, Command, Parameter
from .values import either, named, schema_of

Schema = dict[str, Any]

JSON = "application/json"
NAMES = re.compile(r"\{([^{}]*)\}")


class Field:
    """What commands send under one name.

    Attributes:
        whole: schemas of values that are sent whole, each with the name of the command.
        parts: what is sent below it, by name.
        always: names of the commands that always send it, or something below it.
        free: may more be sent beside the parts?
    """

    def __init__(self) -> None:
        self.whole: list[tuple[str, Schema]] = []
        self.parts: dict[str, Field] = {}
        self.always: set[str] = set()
        self.free = False

    def at(self, wire: str, command: str, always: bool) -> Field:
        """The field of this dotted name below, made if need be, and marked as always sent by a command."""
        field = self
        for name in wire.split("."):
            field = field.parts.setdefault(name, Field())
            if always:
                field.always.add(command)
        return field

    def schema(self, commands: set[str]) -> Schema:
        """Its schema. A part is required when each of the commands always sends it."""
        if not self.parts:
            return either([schema for _, schema in self.whole])
        found: Schema = {"type": "object"}
        about = [schema["description"] for _, schema in self.whole if "description" in schema]
        if about:
            found["description"] = "; ".join(dict.fromkeys(about))
        found["properties"] = {name: part.schema(commands) for name, part in self.parts.items()}
        required = [name for name, part in self.parts.items() if part.always >= commands]
        if required:
            found["required"] = required
        if self.free or self.whole:
            found["additionalProperties"] = True
        return found


def in_path(path: str, commands: list[Command]) -> Iterator[Schema]:
    """The parameters of a path, under the names that they have there; those of the commands are found by place."""
    for place, name in enumerate(NAMES.findall(path)):
        sent = [command.params[NAMES.findall(command.path)[place]] for command in commands]
        schema = either([schema_of(parameter) for parameter in sent])
        yield {"name": name, "in": "path", "required": True, **_described(schema)}


def in_query(commands: list[Command]) -> Iterator[Schema]:
    """The parameters of a query. A list, an object or any value travels as JSON text."""
    root, names = _tree("query", commands), {command.name for command in commands}
    for name, field in root.parts.items():
        schema = field.schema(names)
        found: Schema = {"name": name, "in": "query", "required": field.always >= names, **_described(schema)}
        if not _is_plain(found["schema"]):
            found["content"] = {JSON: {"schema": found.pop("schema")}}
        yield {key: value for key, value in found.items() if value is not False}
    if root.free:
        merged = next(p for c in commands for p in c.params.values() if p.place == "query" and p.wire == ".")
        schema = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}
        yield {"name": merged.name, "in": "query", "description": merged.help, "schema": schema, "explode": True}


def body(commands: list[Command]) -> Schema | None:
    """The body of a request, or None when nothing is sent in it."""
    root = _tree("body", commands)
    if not root.parts and not root.free:
        return None
    schema = root.schema({command.name for command in commands}) if root.parts else {"type": "object"}
    found: Schema = {"content": {JSON: {"schema": schema}}}
    return {"required": True, **found} if "required" in schema else found


def _tree(place: str, commands: list[Command]) -> Field:
    """All that commands send in a query or in a body."""
    root = Field()
    for command in commands:
        for parameter in command.params.values():
            if parameter.place == place and parameter.wire == ".":
                root.free = True
            elif parameter.place == place:
                field = root.at(parameter.wire, command.name, _always(parameter))
                field.whole.append((command.name, schema_of(parameter)))
        _add_fixed(root, command, command.query if place == "query" else command.body)
        if command.pages and place == ("query" if command.verb == "GET" else "body"):
            token = {"type": "string", "description": "Token of the page, from the answer with the page before"}
            root.at(command.pages["send"], command.name, False).whole.append((command.name, token))
    return root


def _add_fixed(root: Field, command: Command, fixed: Mapping[str, Any], above: str = "") -> None:
    """Add the fields that an entry fixes; what a parameter may set as well is but its default."""
    for name, value in fixed.items():
        wire = f"{above}{name}"
        if isinstance(value, dict) and value:
            _add_fixed(root, command, value, f"{wire}.")
            continue
        field = root.at(wire, command.name, False)
        ours = [schema for sender, schema in field.whole if sender == command.name]
        if ours:
            ours[0].setdefault("default", value)
        else:
            schema, always = _fixed(command, value)
            field = root.at(wire, command.name, always)
            field.whole.append((command.name, schema))


def _fixed(command: Command, value: Any) -> tuple[Schema, bool]:
    """The schema of a fixed value, and whether it must be sent; an empty one need not."""
    if value == {}:
        return {"type": "object"}, False
    filled = NAMES.fullmatch(value) if isinstance(value, str) else None
    if filled is None:
        return {"const": value}, True
    parameter = command.params[filled[1]]
    return schema_of(parameter), _always(parameter) or parameter.place == "path"


def _always(parameter: Parameter) -> bool:
    """Is it in every request of its command? What a hook makes of a value may be nothing."""
    return parameter.required and parameter.default is UNSET and not parameter.then and not parameter.skip_empty


def _described(schema: Schema) -> Schema:
    """A schema of a parameter, its description beside it."""
    inner = dict(schema)
    about = inner.pop("description", None)
    return {"description": about, "schema": inner} if about else {"schema": inner}


def _is_plain(schema: Schema) -> bool:
    """Does a value travel in a query as it is?"""
    if "anyOf" in schema:
        return all(_is_plain(form) for form in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return not isinstance(schema.get("const"), dict | list)
    return bool(named(schema)) and not named(schema) & {"object", "array"}
