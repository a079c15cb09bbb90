"""The tool that says what a service description has and our table lacks."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from vastai.table.model import Table

FILE = Path(__file__).parent.parent / "tools" / "coverage.py"  # its name is also that of a library
SPEC = spec_from_file_location("vastai_coverage", FILE)
assert SPEC is not None and SPEC.loader is not None
coverage = module_from_spec(SPEC)
SPEC.loader.exec_module(coverage)

ENTRY: dict[str, Any] = {
    "summary": "Do",
    "group": "things",
    "source": "S",
    "returns": {"schema": "ack"},
    "examples": [],
}
COMMANDS = Table.from_data(
    {
        "commands": {
            "update_thing": {
                **ENTRY,
                "http": "PUT /things/{id}/",
                "effect": "update",
                "body": {"state": "on"},
                "params": {
                    "id": {"type": "id"},
                    "size": {"type": "int"},
                    "limit": {"type": "int", "as": "q.limit", "in": "query"},
                },
            }
        }
    }
)
SCHEMAS = {"Thing": {"type": "object", "properties": {"size": {"type": "integer"}, "state": {"type": "string"}}}}


def described(schema: dict[str, Any], parameters: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A description of one operation."""
    body = {"content": {"application/json": {"schema": schema}}}
    operation = {"requestBody": body, "parameters": parameters or []}
    return {"paths": {"/api/v0/things/{thing}": {"put": operation}}, "components": {"schemas": SCHEMAS}}


REF = {"$ref": "#/components/schemas/Thing"}
ROWS: list[tuple[dict[str, Any], list[str]]] = [
    (described(REF), []),
    (described({"allOf": [REF, {"properties": {"colour": {"type": "string"}}}]}), ["body colour: cannot be sent"]),
    (described({"properties": {"size": {"type": "boolean"}}}), ["body size: is boolean there, int here"]),
    (described({"properties": {"size": {}}, "required": ["size"]}), ["body size: is required there, not here"]),
    (described({"properties": {"state": {}}, "required": ["state"]}), []),
    (described({}, [{"in": "query", "name": "q", "schema": {"type": "object"}}]), []),
    (described({}, [{"in": "query", "name": "page"}, {"in": "path", "name": "thing"}]), ["query page: cannot be sent"]),
]


@pytest.mark.parametrize(("description", "lines"), ROWS)
def test_what_the_table_lacks(description: dict[str, Any], lines: list[str]) -> None:
    found = coverage.lacks(description, COMMANDS)
    assert found == [f"PUT /api/v0/things/{{thing}}: {line}" for line in lines]


def test_an_operation_without_a_command() -> None:
    description = {"paths": {"/api/v0/other": {"get": {}}}}
    assert coverage.lacks(description, COMMANDS) == ["GET /api/v0/other: no command"]
