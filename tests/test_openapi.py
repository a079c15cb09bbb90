"""The OpenAPI document: it is a good one, and says of commands, requests and answers what is true.

The requests of all recorded calls are held against it in test_wire.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import coverage
import pytest
from openapi_kit import DOCUMENT, answer_faults, faults, operation, operations, request_faults
from openapi_spec_validator import OpenAPIV31SpecValidator
from test_cases import CASES
from test_responses import KNOWN, ROUTES, commands_of

from vastai import openapi
from vastai.client import table
from vastai.table.model import Command, Table

SENT = [command for command in table() if command.path and not command.sandbox_only]


def test_a_public_validator_accepts_it() -> None:
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_it_is_the_same_each_time() -> None:
    assert json.dumps(openapi.document(table())) == json.dumps(DOCUMENT)


def test_every_command_that_sends_is_in_it_and_no_other() -> None:
    named = [command["name"] for _, _, each in operations() for command in each["x-vastai-commands"]]
    assert sorted(named) == sorted(command.name for command in SENT)


def test_the_table_covers_it() -> None:
    assert coverage.lacks(DOCUMENT, table()) == []


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def test_every_reference_leads_somewhere_and_every_component_is_used() -> None:
    found = set(references(DOCUMENT))
    for reference in found:
        place: Any = DOCUMENT
        for key in reference.removeprefix("#/").split("/"):
            place = place[key]
    for kind in ("schemas", "responses"):
        for name in DOCUMENT["components"][kind]:
            assert any(r.startswith(f"#/components/{kind}/{name}") for r in found), name


@pytest.mark.parametrize("command", SENT, ids=lambda command: command.name)
def test_an_operation_is_as_its_command(command: Command) -> None:
    found = operation(command.verb, re.sub(r"\{\w+\}", "0", command.path))
    assert found is not None
    placed = {parameter["name"] for parameter in found.get("parameters", ()) if parameter["in"] == "path"}
    assert len(placed) == command.path.count("{")
    assert (found.get("security") == [{}, {"key": []}]) == (command.key == "optional")
    assert command.summary.lower() in f"{found['summary']} {found.get('description', '')}".lower()
    assert command.effect == "read" or found["x-effect"] != "read"


# --- What is sent ---------------------------------------------------------------------------------------------------


def requests_of(case: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, list[str]], Any]]:
    """The requests that a case of a command expects."""
    for request in (*case.get("requests", ()), *case.get("requests_typed", ())):
        given = request if isinstance(request, dict) else {request: None}
        route = next(iter(given))
        verb, _, address = route.partition(" ")
        path, _, query = address.partition("?")
        values = {**dict(parse_qsl(query)), **(given.get("query") or {})}
        texts = {name: [value if isinstance(value, str) else json.dumps(value)] for name, value in values.items()}
        yield verb, path, texts, given[route]


def test_requests_of_all_cases_are_as_described() -> None:
    wrong = {}
    for case in CASES:
        for verb, path, query, body in requests_of(case):
            lines = request_faults(verb, path, query, body) if path.startswith(("/api", "/get", "/route")) else []
            if lines:
                wrong[f"{case['command']} {case.get('what', '')}"] = lines
    assert wrong == {}


def test_what_is_not_as_described_is_told() -> None:
    assert request_faults("PUT", "/api/v0/asks/5/", {}, {"client_id": "me", "disk": "big"})
    assert request_faults("PUT", "/api/v0/nowhere/", {}, {})
    assert request_faults("GET", "/api/v0/instances/5/", {}, None) == ["query owner is required"]
    assert request_faults("PUT", "/api/v0/instances/5/", {}, {"state": "flying"})
    assert request_faults("PUT", "/api/v0/instances/5/", {}, {"state": "running"}) == []


# --- What is answered -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", [route for route in ROUTES if commands_of(route)])
def test_a_documented_answer_is_as_described(route: str) -> None:
    command = commands_of(route)[0]
    verb, _, path = KNOWN["same"].get(route, f"{command.verb} {command.path}").partition(" ")
    assert answer_faults(verb, re.sub(r"\{\w+\}", "0", path), ROUTES[route]["example"]) == []


def test_a_refusal_is_described() -> None:
    refusal = {"$ref": "#/components/schemas/Refusal"}
    assert faults(refusal, {"success": False, "error": "no_such_ask", "msg": "gone", "ask_id": 5}) == []
    assert faults(refusal, ["gone"])


# --- What the grammar can say ---------------------------------------------------------------------------------------

SMALL = {
    "commands": {
        "send_parcel": {
            "summary": "Send a parcel",
            "group": "parcels",
            "http": "PUT /parcels/{parcel}/",
            "effect": "once",
            "look_at": "show_parcels",
            "source": "U",
            "body": {"state": "sent", "from": {"name": "{sender}"}},
            "params": {
                "parcel": {"type": "id", "help": "Parcel ID"},
                "sender": {"type": "str", "required": True, "in": "local", "help": "Who sends it"},
                "street": {"type": "str", "required": True, "as": "to.street", "help": "Street"},
                "speed": {"type": "str", "choices": {"slow": 1, "fast": 2}, "default": "slow", "help": "Speed"},
                "code": {"type": "str", "secret": True, "null": "send", "help": "Code of the door"},
                "weight": {"type": ["float"], "minimum": 0, "batch": 3, "help": "Weights in kg"},
                "more": {"type": "json", "as": ".", "help": "More fields"},
            },
            "returns": {"schema": "ack"},
        },
        "return_parcel": {
            "summary": "Send a parcel back",
            "group": "parcels",
            "http": "PUT /parcels/{id}/",
            "effect": "update",
            "source": "O",
            "body": {"state": "returned"},
            "params": {"id": {"type": "int", "help": "Parcel ID"}},
            "returns": {"schema": "user", "many": True, "unwrap": "users", "default": []},
        },
    }
}


def test_commands_that_share_a_route_are_one_operation() -> None:
    found = openapi.document(Table.from_data(SMALL))["paths"]
    assert list(found) == ["/api/v0/parcels/{parcel}/"]
    put = found["/api/v0/parcels/{parcel}/"]["put"]
    assert put["operationId"] == "send_parcel"
    assert put["description"] == "`return_parcel`: Send a parcel back."
    assert (put["x-effect"], put["x-look-at"], put["x-source"]) == ("once", "show_parcels", "O U")
    assert put["parameters"][0]["schema"]["anyOf"][1] == {"type": "integer"}
    answers = put["responses"]["200"]["content"]["application/json"]["schema"]["anyOf"]
    rows = {"type": "array", "items": {"$ref": "#/components/schemas/user"}}
    text = {"type": ["string", "null"], "contentMediaType": "application/json"}
    users = {"type": "object", "properties": {"users": {"anyOf": [rows, text]}}}
    assert answers == [{"$ref": "#/components/schemas/ack"}, {"anyOf": [users, rows]}]


def test_a_body_is_as_the_grammar_says() -> None:
    put = openapi.document(Table.from_data(SMALL))["paths"]["/api/v0/parcels/{parcel}/"]["put"]
    assert put["requestBody"] == {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "to": {
                            "type": "object",
                            "properties": {"street": {"type": "string", "description": "Street"}},
                        },
                        "speed": {"type": "integer", "enum": [1, 2], "default": 1, "description": "Speed"},
                        "code": {
                            "type": ["string", "null"],
                            "format": "password",
                            "writeOnly": True,
                            "description": "Code of the door",
                        },
                        "weight": {
                            "type": "array",
                            "items": {"type": "number", "minimum": 0},
                            "maxItems": 3,
                            "description": "Weights in kg",
                        },
                        "state": {"type": "string", "enum": ["sent", "returned"]},
                        "from": {
                            "type": "object",
                            "properties": {"name": {"type": "string", "description": "Who sends it"}},
                        },
                    },
                    "required": ["state"],
                    "additionalProperties": True,
                }
            }
        },
    }
