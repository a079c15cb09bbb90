"""Every documented example answer passes its command's schema; answers that cannot be used are refused."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from vastai.client import table
from vastai.engine import reply
from vastai.engine.steps import Reply
from vastai.errors import VastError
from vastai.table import schemas
from vastai.table.model import Command

FACTS: dict[str, Any] = json.loads((Path(__file__).parent / "cases" / "responses.json").read_text(encoding="utf-8"))
ROUTES = {key: fact for key, fact in FACTS.items() if not key.startswith("_")}


def commands_of(route: str) -> list[Command]:
    """The commands of our table that send this verb and path."""
    return [command for command in table() if command.path and same(f"{command.verb} {command.path}", route)]


def same(ours: str, theirs: str) -> bool:
    """The same verb and path, whatever the parameters are called and whether it ends in a slash."""

    def plain(route: str) -> list[str]:
        return ["{}" if part.startswith("{") else part for part in route.rstrip("/").split("/")]

    return plain(ours) == plain(theirs)


PAIRS = [
    pytest.param(command, fact, id=f"{command.name}")
    for route, fact in ROUTES.items()
    for command in commands_of(route.replace("POST /api/v0/bundles/", "GET /api/v0/bundles/"))
]


def read(command: Command, data: Any) -> Any:
    """What the engine makes of an answer, checked in full."""
    answer = Reply(200, {"content-type": "application/json"}, json.dumps(data).encode(), "http://x/", command.verb)
    if command.poll:
        return reply.read_record(command, answer, "raise", [])
    if command.pages and isinstance(data, dict):
        return reply.check_rows(command, reply.rows(data[command.pages["items"]], answer), "raise", [])
    return reply.read(command, answer, "raise")


@pytest.mark.parametrize(("command", "fact"), PAIRS)
def test_the_documented_example_passes(command: Command, fact: dict[str, Any]) -> None:
    read(command, fact["example"])


def mutations(command: Command, example: Any) -> list[Any]:
    """The example with what cannot be used: a payload of the wrong kind, rows that are no objects, lists as ids."""
    key = command.pages["items"] if command.pages else command.returns.unwrap
    payload = example[key] if key and isinstance(example, dict) else example
    wrong: list[Any] = ["a text"]
    if isinstance(payload, list):
        wrong += [["no object"], [1, 2]]
        if payload and isinstance(payload[0], dict) and "id" in payload[0]:
            wrong.append([{**payload[0], "id": [1]}, *payload[1:]])
            wrong.append([{**payload[0], "id": {"a": 1}}])
    elif isinstance(payload, dict):
        wrong += [7, ["a", "b"]]
        if "id" in payload:
            wrong.append({**payload, "id": [1]})
        if "success" in payload:
            wrong.append({**payload, "success": "maybe"})
        if "msg" in payload:
            wrong.append({**payload, "msg": {"a": 1}})
    if not (key and isinstance(example, dict)):
        return wrong
    return [{**copy.deepcopy(example), key: payload} for payload in wrong]


@pytest.mark.parametrize(("command", "fact"), PAIRS)
def test_what_cannot_be_used_is_refused(command: Command, fact: dict[str, Any]) -> None:
    for data in mutations(command, fact["example"]):
        if isinstance(data, str) and command.returns.type != "list" and schemas.acknowledges(command.returns.schema):
            continue  # a bare text may acknowledge: the vendor describes it so for API keys
        with pytest.raises(VastError):
            read(command, data)


def test_most_of_the_table_is_described() -> None:
    described = {param.values[0].name for param in PAIRS}  # type: ignore[attr-defined]
    sent = {command.name for command in table() if command.path and not command.sandbox_only}
    assert len(described) > 0.8 * len(sent), sorted(sent - described)
