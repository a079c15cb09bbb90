"""The sandbox refuses what the service would refuse, in its codes (tests/cases/sandbox_refusals*.yaml)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sandbox_kit import Kit, whole
from sandbox_story import Story, collected

from vastai.sandbox import limits, routes
from vastai.sandbox.permissions import plain

CASES = collected("refusals")


@pytest.mark.parametrize("name", CASES)
def test_refusal(name: str) -> None:
    case = CASES[name]
    story = Story()
    for step in case.get("given", ()):
        story.take(step)
    before = story.kit.get("/api/v1/instances/")["total_instances"]
    answer = story.send(case)
    assert answer.status == case["status"]
    assert answer["success"] is False
    codes = case["error"] if isinstance(case["error"], list) else [case["error"]]
    assert answer["error"] in codes
    assert len(answer["msg"]) > 10 and "\n" not in answer["msg"], "a refusal says why, in one line"
    assert story.kit.get("/api/v1/instances/")["total_instances"] == before, "a refusal changes nothing"


def test_every_limit_has_a_refusal() -> None:
    told = set(_limited())
    for entry in limits.table():
        sharing = [plain(route) for route in entry["routes"]]
        for field in entry["fields"]:
            assert any((route, field) in told for route in sharing), f"no refusal for {field} of {sharing}"


def _limited() -> Iterator[tuple[str, str]]:
    """Route and field of each refusal that goes beyond a limit."""
    known = Kit().app.routes
    for name, case in CASES.items():
        if name.startswith("limit: "):
            verb, path = case["do"].split(" ", 1)
            route = plain(routes.find(known, verb, whole(path))[0].text)
            yield from ((route, field) for field in _names(case["body"]))


def _names(body: dict[str, object]) -> Iterator[str]:
    """The names of a body's fields, those of objects in it as dotted names too."""
    for name, value in body.items():
        yield name
        if isinstance(value, dict):
            yield from (f"{name}.{deeper}" for deeper in value)
