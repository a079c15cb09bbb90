"""Every documented example answer passes its command's schema; answers that cannot be used are refused.

Routes that are another name for one of ours, and what only one side knows, stand in cases/responses_known.yaml.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from vastai.client import table
from vastai.engine import reply
from vastai.engine.steps import Reply
from vastai.errors import VastError
from vastai.table import schemas
from vastai.table.model import UNSET, Command

CASES = Path(__file__).parent / "cases"
FACTS: dict[str, Any] = json.loads((CASES / "responses.json").read_text(encoding="utf-8"))
ROUTES = {key: fact for key, fact in FACTS.items() if not key.startswith("_")}
KNOWN: dict[str, dict[str, str]] = yaml.safe_load((CASES / "responses_known.yaml").read_text(encoding="utf-8"))


def commands_of(route: str) -> list[Command]:
    """The commands of our table that send this verb and path, or that of which it is another name."""
    route = KNOWN["same"].get(route, route)
    return [command for command in table() if command.path and same(f"{command.verb} {command.path}", route)]


def same(ours: str, theirs: str) -> bool:
    """The same verb and path, whatever the parameters are called and whether it ends in a slash."""

    def plain(route: str) -> list[str]:
        return ["{}" if part.startswith("{") else part for part in route.rstrip("/").split("/")]

    return plain(ours) == plain(theirs)


PAIRS = [
    pytest.param(command, fact, id=f"{command.name}-{route}")
    for route, fact in ROUTES.items()
    for command in commands_of(route)
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


# --- What cannot be used --------------------------------------------------------------------------------------------


def payload_key(command: Command) -> str | None:
    """The key of the envelope that the payload stands under, or None where the answer is the payload."""
    return command.pages["items"] if command.pages else command.returns.unwrap


def kinds(command: Command, example: Any) -> Iterator[Any]:
    """The example with a payload of another kind; of an acknowledgement, with words that are none."""
    key = payload_key(command)
    enveloped = bool(key) and isinstance(example, dict)
    payload = example[key] if enveloped else example
    wrong: list[Any] = ["a text", 7]
    if isinstance(payload, list):
        wrong += [{"rows": 1}] if enveloped or command.returns.default is UNSET else []
        wrong += [["no object"], [1, 2], [*payload, None], [*payload, payload]]
    elif isinstance(payload, dict):
        words = {"success": "maybe", "msg": {"a": 1}}
        wrong += [["a", "b"], *({**payload, name: value} for name, value in words.items() if name in payload)]
    yield from ({**example, key: value} if enveloped else value for value in wrong)


def parts(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value within an example with the way to it; of a list the first item."""
    yield at, value
    inside = value.items() if isinstance(value, dict) else enumerate(value[:1]) if isinstance(value, list) else ()
    for key, part in inside:
        yield from parts(part, (*at, key))


def changed(example: Any, at: tuple[Any, ...], value: Any) -> Any:
    """A copy of an example with another value at one place."""
    example = copy.deepcopy(example)
    place = example
    for key in at[:-1]:
        place = place[key]
    place[at[-1]] = value
    return example


def is_measure(name: str, value: Any, fact: dict[str, Any]) -> bool:
    """Is a field an id, or an amount of money of which the facts say that it is a number?"""
    described = fact["item_fields"].get(name, {})
    money = "$" in described.get("unit", "") or "cents" in described.get("unit", "")
    return (
        name == "id"
        or (name.endswith("_id") and isinstance(value, int))
        or (money and described["type"] in ("number", "integer"))
    )


def inner_faults(fact: dict[str, Any]) -> Iterator[Any]:
    """The example with an id or an amount that is an object or a list, or with inner rows that are none."""
    for at, value in parts(fact["example"]):
        if not at or set(at) & set(KNOWN["many_forms"]):
            continue
        if isinstance(at[-1], str) and is_measure(at[-1], value, fact):
            yield from (changed(fact["example"], at, wrong) for wrong in ({"a": 1}, [1]))
        if isinstance(value, list) and value and isinstance(value[0], dict):
            yield from (changed(fact["example"], at, wrong) for wrong in ("a text", 7, ["no object"], [[]]))


def missing_amounts(command: Command, fact: dict[str, Any]) -> Iterator[Any]:
    """The example with each amount that the facts know and the example lacks, as an object: in its first row."""
    key = payload_key(command)
    at: tuple[Any, ...] = (key,) if key and isinstance(fact["example"], dict) else ()
    payload = fact["example"][key] if at else fact["example"]
    rows, at = (payload[0], (*at, 0)) if isinstance(payload, list) and payload else (payload, at)
    known = schemas.properties(command.returns.schema or "ack")
    for name in fact["item_fields"]:
        if isinstance(rows, dict) and name in known and name not in rows and is_measure(name, None, fact):
            yield changed(fact["example"], (*at, name), {"a": 1})


def accepts_text(command: Command, data: Any) -> bool:
    """May this answer be a bare text? The vendor describes acknowledgements so, for API keys."""
    return isinstance(data, str) and command.returns.type != "list" and schemas.acknowledges(command.returns.schema)


def is_refused(command: Command, data: Any) -> bool:
    """Is an answer refused, or one of those that need not be?"""
    try:
        read(command, data)
    except VastError:
        return True
    return accepts_text(command, data)


@pytest.mark.parametrize(("command", "fact"), PAIRS)
def test_what_cannot_be_used_is_refused(command: Command, fact: dict[str, Any]) -> None:
    wrong = [*kinds(command, fact["example"]), *inner_faults(fact), *missing_amounts(command, fact)]
    assert [data for data in wrong if not is_refused(command, data)] == []


@pytest.mark.parametrize(("command", "fact"), PAIRS)
def test_a_null_payload_is_nothing(command: Command, fact: dict[str, Any]) -> None:
    """No rows, or what the table says for none; where one object is due there is none, which is an error."""
    key = payload_key(command)
    data = {**fact["example"], key: None} if key and isinstance(fact["example"], dict) else None
    if command.returns.default is not UNSET:
        assert read(command, data) == command.returns.default
    elif command.returns.many:
        assert read(command, data) == []
    else:
        with pytest.raises(VastError):
            read(command, data)


# --- Both sides are complete ----------------------------------------------------------------------------------------


def test_every_described_route_is_ours_or_listed() -> None:
    assert {route for route in ROUTES if not commands_of(route)} == set(KNOWN["not_ours"])


def test_every_other_name_is_described_and_means_a_route_of_ours() -> None:
    names = {f"{command.verb} {command.path}" for command in table() if command.path}
    for other, ours in KNOWN["same"].items():
        assert other in ROUTES
        assert any(same(ours, name) for name in names)
        assert not any(same(other, name) for name in names)


def test_every_command_is_described_or_listed() -> None:
    described = {param.values[0].name for param in PAIRS}  # type: ignore[attr-defined]
    sent = {command.name for command in table() if command.path and not command.sandbox_only}
    assert sent - described == set(KNOWN["not_described"])


def test_every_listed_line_has_a_reason() -> None:
    assert all(
        len(reason) > 20 for part in ("not_ours", "not_described", "many_forms") for reason in KNOWN[part].values()
    )
