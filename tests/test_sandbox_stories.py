"""What each request does to the sandbox's world, as stories (tests/cases/sandbox_stories*.yaml); each route has one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sandbox_kit import Kit, whole
from sandbox_story import Story, collected

from vastai.sandbox import routes

STORIES = collected("stories")


@pytest.mark.parametrize("name", STORIES)
def test_story(name: str) -> None:
    story = Story()
    for step in STORIES[name]:
        story.take(step)


def test_what_the_sandbox_acts_on_has_a_story() -> None:
    kit = Kit()
    told = {routes.find(kit.app.routes, verb, path)[0].text for verb, path in _asked()}
    assert not [route.text for route in kit.app.routes if route.behaviour and route.commands and route.text not in told]


def test_the_sandbox_acts_on_every_route_of_the_table() -> None:
    assert not [route.text for route in Kit().app.routes if route.behaviour is None]


def _asked() -> Iterator[tuple[str, str]]:
    for story in STORIES.values():
        for step in story:
            verb, path = step.get("do", "GET /__sandbox__/messages/").split(" ", 1)
            if not whole(path).startswith("/__sandbox__/"):
                yield verb, whole(path)
