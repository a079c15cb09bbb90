"""The response schemas are as strict as may be, and no stricter: what the service may change does not break a caller.

The vendor's own description shows the price of strictness: two of its 26 whole examples break their own schemas.
So a schema asks for the payload, and for ids that are no objects; the rest may be null, unknown, or more than is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from vastai.client import table

FOLDER = Path(__file__).parent.parent / "schemas"
SCHEMAS = {path.stem: json.loads(path.read_text("utf-8")) for path in FOLDER.glob("*.json") if path.stem != "commands"}
# What a flow puts together itself; the service cannot change it.
OURS = {command.returns.schema for command in table() if command.flow} - {
    command.returns.schema for command in table() if not command.flow
}
KEYWORDS = {
    *("$defs", "$ref", "$schema", "additionalProperties", "allOf", "description", "items", "properties", "required"),
    *("title", "type", "unit", "x-secret"),
}


class Part(NamedTuple):
    """A schema within a schema, and the way to it."""

    where: str
    schema: dict[str, Any]


def parts(schema: Any, where: str = "") -> Iterator[Part]:
    """A schema and all that it is made of."""
    assert isinstance(schema, dict), f"{where}: {schema!r} closes it, or says nothing"
    yield Part(where, schema)
    for key in ("properties", "$defs"):
        for name, inner in schema.get(key, {}).items():
            yield from parts(inner, f"{where}/{key}/{name}")
    for key in ("items", "additionalProperties"):
        if key in schema:
            yield from parts(schema[key], f"{where}/{key}")
    for number, inner in enumerate(schema.get("allOf", ())):
        yield from parts(inner, f"{where}/allOf/{number}")


def is_id(name: str) -> bool:
    return name == "id" or name.endswith("_id")


def kinds(schema: dict[str, Any]) -> set[str]:
    """The types that a schema names; none when any may come."""
    found = schema.get("type", [])
    return {found} if isinstance(found, str) else set(found)


each_schema = pytest.mark.parametrize("name", sorted(SCHEMAS))


@each_schema
def test_it_is_open_and_lists_no_values(name: str) -> None:
    """Objects are not closed; there is no list of states, no limit, no pattern: nothing but kinds of values."""
    for where, schema in parts(SCHEMAS[name]):
        assert set(schema) <= KEYWORDS, where


@each_schema
def test_only_ids_and_the_payload_must_be_there(name: str) -> None:
    for where, schema in parts(SCHEMAS[name]):
        for needed in schema.get("required", ()):
            described = schema["properties"].get(needed, {})
            payload = where == "" and kinds(described) in ({"array"}, {"object"})
            assert is_id(needed) or payload or name in OURS, f"{where}/{needed}"


@each_schema
def test_only_what_must_be_there_may_not_be_null(name: str) -> None:
    for where, schema in parts(SCHEMAS[name]):
        for field, described in schema.get("properties", {}).items():
            free = not kinds(described) or "null" in kinds(described)
            assert free or field in schema.get("required", ()) or name in OURS, f"{where}/{field}"


@each_schema
def test_ids_and_amounts_are_no_objects(name: str) -> None:
    for where, schema in parts(SCHEMAS[name]):
        for field, described in schema.get("properties", {}).items():
            if is_id(field) or described.get("unit", "").startswith(("$", "cents")):
                assert kinds(described) and not kinds(described) & {"object", "array"}, f"{where}/{field}"


@each_schema
def test_it_is_used(name: str) -> None:
    users = {command.returns.schema for command in table()}
    assert name in users or any(f'"{name}.json"' in json.dumps(schema) for schema in SCHEMAS.values())


def test_what_is_made_here_is_little() -> None:
    assert len(OURS) < 0.2 * len(SCHEMAS)
