"""The rule for repeating: its table as data, and what holds for every reply that a service could invent."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vastai.engine.retry import EFFECTS, LONGEST_PAUSE, LONGEST_WAIT, RULES, Event, Quota, asked_wait, decide, row_of

CASES = yaml.safe_load(Path(__file__).with_name("cases").joinpath("retry.yaml").read_text(encoding="utf-8"))
NOW = float(CASES["now"])


def event_of(data: dict[str, Any]) -> Event:
    body = data.get("body", "").encode(errors="surrogateescape")
    return Event(**{"kind": "answered", **data, "body": body})


def decision(event: Event, effect: str = "read", attempt: int = 0, retries: int = 9999, dice: float = 0.5) -> Any:
    return decide(event, effect, attempt, retries, Quota(), lambda: dice, NOW)


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("table", ["rules", "spent", "final"])
def test_what_follows_for_each_effect(table: str, effect: str) -> None:
    retries = 0 if table == "spent" else 3
    got = {str(row["event"]): decision(event_of(row["event"]), effect, 0, retries).action for row in CASES[table]}
    assert got == {str(row["event"]): row["then"][EFFECTS.index(effect)] for row in CASES[table]}


def test_the_cases_meet_every_row_of_the_rules() -> None:
    assert {row_of(event_of(row["event"])) for row in CASES["rules"]} == set(RULES)


@pytest.mark.parametrize("case", CASES["pauses"], ids=str)
def test_pauses(case: dict[str, Any]) -> None:
    got = decision(event_of(case["event"]), attempt=case["attempt"], dice=case.get("dice", 0.5))
    assert got.pause == pytest.approx(case["pause"])


@pytest.mark.parametrize("case", CASES["floors"], ids=lambda case: case["name"])
def test_the_wait_a_service_asks_for(case: dict[str, Any]) -> None:
    event = event_of(case["event"])
    assert asked_wait(event, NOW) == case["wait"]
    assert decision(event, dice=0).pause == pytest.approx(max(case["wait"], 0.1 if event.status == 429 else 0))


@pytest.mark.parametrize("case", CASES["remarks"], ids=lambda case: case["remark"])
def test_what_people_are_told_when_it_is_given_up_at_once(case: dict[str, Any]) -> None:
    got = decision(event_of(case["event"]))
    assert (got.action, got.remark) == (case["action"], case["remark"])


def test_a_client_whose_requests_all_fail_stops_repeating() -> None:
    quota = Quota()
    actions = [decide(Event("lost"), "read", 0, 3, quota, lambda: 0.5, NOW).action for _ in range(40)]
    assert actions == ["repeat"] * 35 + ["fail"] * 5


def test_success_gives_the_quota_back_but_never_more_than_it_was() -> None:
    quota = Quota()
    quota.give_back(0)
    assert quota.left == Quota.FULL
    assert all(quota.take() for _ in range(3))
    quota.give_back(2)
    assert quota.left == Quota.FULL - Quota.COST
    quota.give_back(0)
    assert quota.left == Quota.FULL - Quota.COST + 1


WILD = st.one_of(st.text(max_size=40), st.floats().map(str), st.integers().map(str), st.datetimes().map(str))
EVENTS = st.builds(
    Event,
    kind=st.sampled_from(["answered", "unreadable", "not sent", "lost"]),
    status=st.integers(100, 599),
    headers=st.dictionaries(st.sampled_from(["retry-after", "date", "x-ratelimit-reset"]), WILD),
    body=st.one_of(
        st.binary(max_size=60),
        WILD.map(lambda text: f'{{"error": "tfa_locked", "locked_until": {text}}}'.encode()),
        WILD.map(lambda text: f'{{"error": "search_quota_exceeded", "retry_after": "{text}"}}'.encode()),
        WILD.map(lambda text: f'{{"retry_after": {text}}}'.encode()),
        WILD.map(lambda text: f"threshold={text}".encode()),
    ),
)


@given(EVENTS, st.sampled_from(EFFECTS), st.integers(0, 99), st.floats(0, 1, exclude_max=True))
def test_a_pause_is_never_negative_endless_or_shorter_than_asked(
    event: Event, effect: str, attempt: int, dice: float
) -> None:
    got = decide(event, effect, attempt, 100, Quota(), lambda: dice, NOW)
    assert math.isfinite(got.pause) and 0 <= got.pause <= LONGEST_WAIT
    if got.action == "repeat":
        assert got.pause >= asked_wait(event, NOW)
        assert got.pause <= max(asked_wait(event, NOW), LONGEST_PAUSE)
    assert "\n" not in got.remark


@given(EVENTS, st.integers(0, 5))
def test_what_must_not_be_done_twice_is_only_repeated_when_it_was_not_done(event: Event, attempt: int) -> None:
    got = decide(event, "once", attempt, 9, Quota(), lambda: 0.5, NOW)
    if got.action == "repeat":
        assert event.kind == "not sent" or (event.kind == "answered" and event.status == 429)


@given(EVENTS, st.sampled_from(EFFECTS), st.integers(0, 5))
def test_no_request_is_repeated_more_often_than_asked(event: Event, effect: str, retries: int) -> None:
    assert decide(event, effect, retries, retries, Quota(), lambda: 0.5, NOW).action != "repeat"
