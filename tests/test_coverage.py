"""The tool that says what a service description has and our table lacks."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
import yaml

from vastai.client import table
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
                    "size": {"type": "int", "minimum": 1},
                    "kind": {"type": "str", "choices": {"small": "S", "large": "L"}},
                    "colours": {"type": ["str"], "choices": ["red", "green"]},
                    "width": {"type": "float", "as": "shape.width"},
                    "limit": {"type": "int", "as": "q.limit", "in": "query"},
                    "columns": {"type": ["str"], "in": "query"},
                },
            },
            "show_part": {
                **ENTRY,
                "http": "GET /things/{thing}/parts/{number}/",
                "params": {"thing": {"type": "id"}, "number": {"type": "int"}},
            },
        }
    }
)
SCHEMAS = {
    "Thing": {"type": "object", "properties": {"size": {"$ref": "#/components/schemas/Size"}, "state": {}}},
    "Size": {"$ref": "#/components/schemas/Number"},
    "Number": {"type": ["integer", "null"]},
    "Tree": {
        "properties": {"size": {"anyOf": [{"type": "integer"}, {"$ref": "#/components/schemas/Tree"}]}},
        "allOf": [{"$ref": "#/components/schemas/Tree"}],
    },
}


def described(schema: dict[str, Any], parameters: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A description of one operation."""
    body = {"content": {"application/json": {"schema": schema}}}
    operation = {"requestBody": body, "parameters": parameters or []}
    return {"paths": {"/api/v0/things/{thing}": {"put": operation}}, "components": {"schemas": SCHEMAS}}


REF = {"$ref": "#/components/schemas/Thing"}
TREE = {"$ref": "#/components/schemas/Tree"}
WIDE = {"properties": {"shape": {"properties": {"width": {"type": "boolean"}, "height": {}}}}}
ROWS: list[tuple[dict[str, Any], list[str]]] = [
    # what is made of other schemas
    (described(REF), []),
    (described(TREE), []),
    (described({"allOf": [REF, {"properties": {"colour": {"type": "string"}}}]}), ["body colour: cannot be sent"]),
    (described({"oneOf": [REF, {"properties": {"colour": {}}}]}), ["body colour: cannot be sent"]),
    (described({"properties": {"size": {"oneOf": [{"type": "boolean"}, {"type": "number"}]}}}), []),
    (
        described({"properties": {"size": {"oneOf": [{"type": "boolean"}, {"type": "object"}]}}}),
        ["body size: is boolean or object there, int here"],
    ),
    (described(WIDE), ["body shape.height: cannot be sent", "body shape.width: is boolean there, float here"]),
    # types
    (described({"properties": {"size": {"type": "boolean"}}}), ["body size: is boolean there, int here"]),
    (described({"type": "array", "items": REF}), ["body: is array there, object here"]),
    (described({}, [{"in": "query", "name": "q", "schema": {"type": "object"}}]), []),
    (described({}, [{"in": "query", "name": "columns", "schema": {"type": "string"}}]), []),
    # required fields
    (described({"properties": {"size": {}}, "required": ["size"]}), ["body size: is required there, not here"]),
    (described({"properties": {"state": {}}, "required": ["state"]}), []),
    (described({"oneOf": [{"properties": {"size": {}}, "required": ["size"]}, {}]}), []),
    (
        described({"anyOf": [{"properties": {"size": {}}, "required": ["size"]}, {"required": ["size"]}]}),
        ["body size: is required there, not here"],
    ),
    # values
    (described({"properties": {"kind": {"enum": ["small", "L", None]}}}), []),
    (described({"properties": {"kind": {"enum": ["small", "huge"]}}}), ["body kind: may be 'huge' there, not here"]),
    (described({"properties": {"kind": {"const": "M"}}}), ["body kind: may be 'M' there, not here"]),
    (
        described({"properties": {"colours": {"type": "array", "items": {"enum": ["red", "blue"]}}}}),
        ["body colours: may be 'blue' there, not here"],
    ),
    (described({"properties": {"state": {"enum": ["on", "off"]}}}), ["body state: may be 'off' there, not here"]),
    (described({"properties": {"size": {"minimum": 0}}}), ["body size: its minimum is 0 there, 1 here"]),
    (described({"properties": {"size": {"minimum": 1, "maximum": 9}}}), []),
    # other places
    (described({}, [{"in": "query", "name": "page"}, {"in": "path", "name": "thing"}]), ["query page: cannot be sent"]),
    (described({}, [{"in": "header", "name": "X-Team"}]), ["header X-Team: cannot be sent"]),
    (described({}, [{"in": "header", "name": "Authorization", "required": True}]), []),
    (
        described({}, [{"in": "path", "name": "thing", "schema": {"type": "boolean"}}]),
        ["path thing: is boolean there, id here"],
    ),
]


@pytest.mark.parametrize(("description", "lines"), ROWS)
def test_what_the_table_lacks(description: dict[str, Any], lines: list[str]) -> None:
    found = coverage.lacks(description, COMMANDS)
    assert found == [f"PUT /api/v0/things/{{thing}}: {line}" for line in lines]


def test_parameters_of_a_path_are_known_by_their_place() -> None:
    parameters = [
        {"in": "path", "name": "part", "schema": {"type": "boolean"}},
        {"in": "path", "name": "of", "schema": {"type": "string"}},
    ]
    path = "/api/v0/things/{of}/parts/{part}"
    description = {"paths": {path: {"parameters": parameters, "get": {}}}}
    assert coverage.lacks(description, COMMANDS) == [f"GET {path}: path part: is boolean there, int here"]


@pytest.mark.parametrize("verb", ["get", "head", "patch", "delete"])
def test_an_operation_without_a_command(verb: str) -> None:
    description = {"paths": {"/api/v0/other": {verb: {}}}}
    assert coverage.lacks(description, COMMANDS) == [f"{verb.upper()} /api/v0/other: no command"]


def test_a_server_may_have_a_path() -> None:
    description = {"servers": [{"url": "https://example.com/api/v0/"}], "paths": {"/things/{id}/": {"put": {}}}}
    assert coverage.lacks(description, COMMANDS) == []


# --- The vendor's description ---------------------------------------------------------------------------------------

VENDOR = Path(__file__).parent / "cases" / "openapi.yaml"


def test_what_the_table_lacks_of_the_vendors_description_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing else is lacking, and nothing is listed that is not."""
    code = coverage.main([str(VENDOR)])
    assert capsys.readouterr().out == ""
    assert code == 0


def test_every_known_line_is_lacking_and_has_a_reason() -> None:
    known = yaml.safe_load(coverage.KNOWN.read_text(encoding="utf-8"))
    assert set(coverage.lacks(yaml.safe_load(VENDOR.read_text(encoding="utf-8")), table())) == set(known)
    assert all(isinstance(reason, str) and len(reason) > 15 for reason in known.values())


def test_a_known_line_that_is_not_lacking_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As long as its operation is described."""
    file, known = tmp_path / "description.yaml", tmp_path / "known.yaml"
    file.write_text(yaml.safe_dump({"paths": {"/api/v0/other": {"get": {}}, "/api/v0/instances/{id}": {"get": {}}}}))
    known.write_text(
        yaml.safe_dump(
            {
                "GET /api/v0/other: no command": "known",
                "GET /api/v0/instances/{id}: no command": "not so",
                "GET /api/v0/elsewhere: no command": "of another description",
            }
        )
    )
    assert coverage.main([str(file), "--known", str(known)]) == 1
    assert capsys.readouterr().out == "GET /api/v0/instances/{id}: no command (listed as known, not lacking)\n"
    assert coverage.main([str(file)]) == 1
    assert capsys.readouterr().out == "GET /api/v0/other: no command\n"
