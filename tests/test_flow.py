"""Flows without a network: a generator is fed with answers, and what it yields is looked at."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import partial
from typing import Any

import pytest

from vastai.engine import flow, together
from vastai.engine.context import Context
from vastai.engine.steps import Ask, Fetch, Interrupted, Pause, Reply, Request, Together
from vastai.errors import APIError, ConnectionFailed, NotOffered, OutcomeUnknown, UsageError
from vastai.table.model import Table

ENTRY = {"summary": "Do", "group": "things", "source": "S", "examples": []}
TABLE = Table.from_data(
    {
        "commands": {
            "stop_things": {
                **ENTRY,
                "http": "PUT /things/",
                "effect": "update",
                "params": {"ids": {"type": ["id"], "required": True, "batch": 2}},
                "returns": {"schema": "ack"},
            },
            "show_things": {
                **ENTRY,
                "http": "GET /things/",
                "pages": {"items": "things", "token": "next", "send": "after"},
                "returns": {"schema": "ack", "many": True},
            },
            "read_thing": {
                **ENTRY,
                "http": "PUT /things/{id}/log/",
                "effect": "read",
                "params": {"id": {"type": "id"}},
                "poll": {"url": "result_url", "every": 0.5, "within": 1, "as": "text"},
                "returns": {"type": "str"},
            },
            "make_thing": {
                **ENTRY,
                "http": "PUT /asks/{id}/",
                "effect": "once",
                "look_at": {"command": "show_things", "match": {"kind": "kind"}, "since": "start"},
                "params": {"id": {"type": "id"}, "kind": {"type": "str"}},
                "returns": {"schema": "ack"},
            },
            "change_thing": {
                **ENTRY,
                "http": "PUT /things/{id}/",
                "effect": "update",
                "confirm": "Change {id}?",
                "params": {"id": {"type": "id"}, "kind": {"type": "str"}},
                "returns": {"schema": "ack"},
            },
            "keep_thing": {
                **ENTRY,
                "steps": [
                    {"run": "read_thing", "when": "look"},
                    {"run": "change_thing", "unless": "new"},
                    {"run": "make_thing", "after": "missing"},
                    {"run": "make_thing", "when": "new"},
                ],
                "effect": "update",
                "params": {"id": {"type": "id", "required": True}, "look": {"type": "bool"}, "new": {"type": "bool"}},
                "returns": {"schema": "ack"},
            },
            "wish_thing": {
                **ENTRY,
                "http": "PUT /__sandbox__/wish/",
                "effect": "once",
                "sandbox_only": True,
                "instead": "Do without.",
                "returns": {"schema": "ack"},
            },
        }
    }
)
NOW = 1000.0


def ok(**body: Any) -> Reply:
    return Reply(200, {}, json.dumps({"success": True, **body}).encode(), "http://x/", "PUT")


def no(status: int = 400) -> Reply:
    return Reply(status, {}, b'{"success": false, "error": "no", "msg": "not that"}', "http://x/", "PUT")


def run(name: str, given: dict[str, Any], answers: Iterable[Any]) -> tuple[Any, list[Any], Context]:
    """The result of a flow that gets these answers in order, and all that it yielded."""
    context = Context(TABLE, now=lambda: NOW, read_file=lambda path: "")
    yielded: list[Any] = []
    return walk(flow.start(TABLE.command(name), given, context), list(answers), yielded), yielded, context


def walk(steps: flow.Flow, waiting: list[Any], yielded: list[Any]) -> Any:
    """The result of a flow; several flows at once are walked through one after the other."""
    answer: Any = None
    try:
        step = next(steps)
        while True:
            try:
                if isinstance(step, Together):
                    jobs = [partial(walk, one, waiting, yielded) for one in step.flows]
                    group = together.Group(clock=lambda: NOW, sleep=lambda seconds: None)
                    answer = together.run(jobs, 1, step.goes_on, group)
                else:
                    yielded.append(step)
                    answer = None if isinstance(step, Pause) else waiting.pop(0)
                    if isinstance(answer, BaseException):
                        raise answer
            except BaseException as error:
                step = steps.throw(error)
            else:
                step = steps.send(answer)
    except StopIteration as done:
        return done.value


def bodies(yielded: list[Any]) -> list[Any]:
    return [step.body for step in yielded if isinstance(step, Request)]


def test_one_batch_is_one_request_and_its_own_answer() -> None:
    result, yielded, _ = run("stop_things", {"ids": [1, 2]}, [ok(msg="done")])
    assert (result, bodies(yielded)) == ({"success": True, "msg": "done"}, [{"ids": [1, 2]}])


def test_batches_report_each_item_and_one_refusal_does_not_stop_the_rest() -> None:
    result, yielded, _ = run("stop_things", {"ids": [1, 2, 3, 4, 5]}, [ok(), no(), ok()])
    assert bodies(yielded) == [{"ids": [1, 2]}, {"ids": [3, 4]}, {"ids": [5]}]
    assert not result["success"]
    assert [(row["id"], row["success"]) for row in result["results"]] == [
        (1, True), (2, True), (3, False), (4, False), (5, True),
    ]  # fmt: skip
    assert result["results"][2]["msg"] == "not that"


def test_a_dead_service_ends_the_batches_and_says_what_was_not_sent() -> None:
    result, yielded, _ = run("stop_things", {"ids": [1, 2, 3, 4, 5]}, [ok(), ConnectionFailed("gone")])
    assert len(yielded) == 2
    assert [row.get("error") for row in result["results"]] == [
        None, None, "connection_failed", "connection_failed", "not_sent",
    ]  # fmt: skip


def test_an_interrupted_bulk_command_says_how_far_it_came() -> None:
    context = Context(TABLE, now=lambda: NOW, read_file=lambda path: "")
    steps = flow.start(TABLE.command("stop_things"), {"ids": [1, 2, 3, 4, 5]}, context)
    with pytest.raises(Interrupted, match=r"^interrupted: done: 1, 2; unknown: 3, 4; not sent: 5$"):
        walk(steps, [ok(), KeyboardInterrupt()], [])


def test_of_an_empty_list_nothing_is_sent_because_none_could_mean_all() -> None:
    assert run("stop_things", {"ids": []}, [])[:2] == ({"success": True, "results": []}, [])


def test_pages_follow_the_token_to_the_end() -> None:
    pages = [ok(things=[{"id": 1}], next="a"), ok(things=[{"id": 2}], next="b"), ok(things=None, next=None)]
    result, yielded, _ = run("show_things", {}, pages)
    assert result == [{"id": 1}, {"id": 2}]
    assert [step.query.get("after") for step in yielded] == [None, "a", "b"]


def test_pages_that_go_in_circles_end() -> None:
    result, yielded, _ = run("show_things", {}, [ok(things=[{"id": 1}], next="a")] * 2)
    assert (len(result), len(yielded)) == (2, 2)


def test_a_poll_waits_until_the_result_is_there() -> None:
    url = "https://storage.example/x"
    answers = [ok(result_url=url), Reply(404, {}, b""), Reply(403, {}, b""), Reply(200, {}, b"line\n")]
    result, yielded, _ = run("read_thing", {"id": 7}, answers)
    assert result == "line\n"
    assert yielded[1:] == [Fetch(url), Pause(0.5), Fetch(url), Pause(0.5), Fetch(url)]


def test_a_poll_does_not_wait_for_ever() -> None:
    with pytest.raises(ConnectionFailed, match="not there after 1 seconds"):
        run("read_thing", {"id": 7}, [ok(result_url="https://x/"), *[Reply(404, {}, b"")] * 5])


def test_a_poll_without_an_address_is_an_unusable_answer() -> None:
    with pytest.raises(APIError, match="result_url"):
        run("read_thing", {"id": 7}, [ok()])


def test_a_lost_answer_is_looked_for_at_1_3_and_9_seconds() -> None:
    old, new = {"id": 1, "kind": "a", "start": 1.0}, {"id": 2, "kind": "a", "start": NOW + 1}
    other = {"id": 3, "kind": "b", "start": NOW + 1}
    looks = [ok(things=[old]), ConnectionFailed("gone"), ok(things=[old, other, new])]
    with pytest.raises(OutcomeUnknown) as caught:
        run("make_thing", {"id": 7, "kind": "a"}, [OutcomeUnknown("lost"), *looks])
    assert caught.value.candidates == [new]


MISSING = Reply(400, {}, b'{"success": false, "error": "missing", "msg": "none"}', "http://x/", "PUT")
CHANGE, MAKE, QUESTION = "PUT /api/v0/things/7/", "PUT /api/v0/asks/7/", "Change 7?"


@pytest.mark.parametrize(
    ("given", "answers", "done"),
    [
        ({}, [True, ok(a=1)], [QUESTION, CHANGE]),
        ({}, [True, MISSING, ok(a=1)], [QUESTION, CHANGE, MAKE]),
        ({"new": True}, [ok(a=1)], [MAKE]),
        ({"new": False}, [True, ok(a=1)], [QUESTION, CHANGE]),
    ],
)
def test_steps_run_in_turn_where_their_conditions_hold(given: Any, answers: list[Any], done: list[str]) -> None:
    result, yielded, _ = run("keep_thing", {"id": 7, **given}, answers)
    assert result == {"success": True, "a": 1}
    assert [step.question if isinstance(step, Ask) else f"{step.verb} {step.path}" for step in yielded] == done


def test_steps_end_at_a_refusal_that_no_step_is_for() -> None:
    with pytest.raises(APIError, match="not that"):
        run("keep_thing", {"id": 7}, [True, no()])


def test_what_the_service_does_not_offer_is_not_sent() -> None:
    with pytest.raises(NotOffered, match="Do without"):
        run("wish_thing", {}, [])


def test_a_flow_calls_only_what_its_entry_lists() -> None:
    context = Context(TABLE, now=lambda: NOW, read_file=lambda path: "")
    with pytest.raises(UsageError, match="does not list"):
        flow.Call(TABLE.command("show_things"), context)("make_thing", id=1)
