"""The sandbox refuses what the service would refuse, in its codes (tests/cases/sandbox_refusals*.yaml)."""

from __future__ import annotations

import pytest
from sandbox_story import Story, collected

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
