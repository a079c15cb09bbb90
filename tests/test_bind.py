"""From what the caller gave to checked values: tables of conversions, orders and faults."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vastai.engine import bind, conversion
from vastai.engine.plan import plan
from vastai.errors import UsageError
from vastai.table.model import Command, Parameter

CONVERSIONS: list[tuple[dict[str, Any], Any, Any]] = [
    ({"type": "int"}, "4", 4),
    ({"type": "int"}, 4.0, 4),
    ({"type": "int"}, "-3", -3),
    ({"type": "int"}, True, ValueError),
    ({"type": "int"}, "4.5", ValueError),
    ({"type": "int"}, "\uff14", ValueError),
    ({"type": "float"}, "0.5", 0.5),
    ({"type": "float"}, 2, 2),
    ({"type": "float"}, "nan", ValueError),
    ({"type": "float"}, "1e999", ValueError),
    ({"type": "float"}, "1_000", ValueError),
    ({"type": "str", "choices": ["a", "b"], "bare": "a"}, True, "a"),
    ({"type": "str", "choices": ["a", "b"], "bare": "a"}, False, None),
    ({"type": "str", "choices": ["a", "b"], "bare": "a"}, "b", "b"),
    ({"type": "str", "choices": ["a", "b"], "bare": "a"}, "c", ValueError),
    ({"type": "int", "bare": 5}, True, 5),
    ({"type": "bool"}, "TRUE", True),
    ({"type": "bool"}, 0, False),
    ({"type": "bool"}, "maybe", ValueError),
    ({"type": "str"}, 7, "7"),
    ({"type": "str"}, {}, ValueError),
    ({"type": "json"}, '{"a": 1}', {"a": 1}),
    ({"type": "json"}, "-e A=1", "-e A=1"),
    ({"type": "json"}, "{oops", ValueError),
    ({"type": "json"}, {"a": float("nan")}, ValueError),
    ({"type": "date"}, "2026-01-15", 1768435200.0),
    ({"type": "date"}, "01/15/2026", 1768435200.0),
    ({"type": "date"}, "2026-01-16 01:00:00 PM", 1768568400.0),
    ({"type": "date"}, "2026-01-16 13:00", 1768568400.0),
    ({"type": "date"}, 1768435200, 1768435200.0),
    ({"type": "date"}, "2026-13-01", ValueError),
    ({"type": "id"}, "77", 77),
    ({"type": "id"}, " 77 ", 77),
    ({"type": "id"}, "007", "007"),
    ({"type": "id"}, "V.1", "V.1"),
    ({"type": "id"}, "5/../../team", ValueError),
    ({"type": "id"}, "..", ValueError),
    ({"type": "id"}, "", ValueError),
    ({"type": "id"}, -1, ValueError),
    ({"type": "id"}, 1.5, ValueError),
    ({"type": "path"}, "x\0y", ValueError),
    ({"type": "int", "minimum": 8}, 4, ValueError),
    ({"type": "int", "maximum": 8}, 9, ValueError),
    ({"type": "str", "choices": {"interruptible": "bid"}}, "interruptible", "bid"),
    ({"type": "str", "choices": ["a", "b"]}, "c", ValueError),
    ({"type": ["int"]}, [1, "2"], [1, 2]),
    ({"type": ["int"]}, "1,2", [1, 2]),
    ({"type": ["int"]}, 3, [3]),
    ({"type": ["id"]}, ["1,2", 3], [1, 2, 3]),
    ({"type": ["str"]}, ["a,b"], ["a,b"]),
    ({"type": "int", "minimum": 1, "maximum": 25, "clamp": True}, 500, 25),
    ({"type": "int", "minimum": 1, "maximum": 25, "clamp": True}, "0", 1),
    ({"type": "int", "minimum": 1, "clamp": True}, 7, 7),
    ({"type": "str", "blanks": True}, "RTX_4090", "RTX 4090"),
    ({"type": ["str"], "blanks": True}, ["RTX_4090", "L4"], ["RTX 4090", "L4"]),
]


@pytest.mark.parametrize(("entry", "value", "outcome"), CONVERSIONS)
def test_conversion(entry: dict[str, Any], value: Any, outcome: Any) -> None:
    parameter = Parameter("x", entry, "body")
    if outcome is ValueError:
        with pytest.raises(ValueError):
            conversion.convert(parameter, value)
    else:
        converted = conversion.convert(parameter, value)
        assert (converted, type(converted)) == (outcome, type(outcome))


@given(st.text())
def test_no_id_leaves_its_place_in_the_path(text: str) -> None:
    command = entry(http="DELETE /things/{id}/", params={"id": {"type": "id"}})
    try:
        values = bind.check(command, {"id": text}, {"id": text})
    except UsageError:
        return
    path = plan(command, values).path
    assert path.startswith("/api/v0/things/")
    assert path.count("/") == 5


@given(st.text(min_size=1))
def test_names_in_paths_are_quoted(name: str) -> None:
    command = entry(http="GET /roles/{name}/", params={"name": {"type": "str"}})
    try:
        values = bind.check(command, {"name": name}, {"name": name})
    except UsageError:
        assert name in (".", "..")
        return
    try:
        path = plan(command, values).path
    except UnicodeEncodeError:  # a lone surrogate is no text that can be sent
        return
    assert path.count("/") == 5
    assert not set(path) & set("?#\r\n ")


def entry(**keys: Any) -> Command:
    return Command("thing", {"summary": "Do", "group": "things", "returns": {}, **keys})


TRANSFER = entry(
    http="PUT /transfer/",
    effect="once",
    params={"amount": {"type": "float", "required": True}, "recipient": {"type": "str", "required": True}},
    orders=[["amount", "recipient"], ["recipient", "amount"]],
)
SEARCH = entry(
    http="GET /search/",
    params={
        "query": {"type": "str"},
        "limit": {"type": "int"},
        "order": {"type": "str"},
        "type": {"type": "str", "choices": ["bid", "on-demand"]},
    },
    orders=[["query", "limit", "order"], ["query", "type", "order", "limit"]],
)

ORDERS: list[tuple[Command, tuple[Any, ...], Any]] = [
    (TRANSFER, (20, "a@example.com"), {"amount": 20, "recipient": "a@example.com"}),
    (TRANSFER, ("a@example.com", 20), {"amount": 20, "recipient": "a@example.com"}),
    (TRANSFER, (20, 30), UsageError),
    (TRANSFER, ("20", "30"), UsageError),
    (SEARCH, ("q", 5, "dph"), {"query": "q", "limit": 5, "order": "dph"}),
    (SEARCH, ("q", "bid", "dph", 5), {"query": "q", "type": "bid", "order": "dph", "limit": 5}),
    (SEARCH, ("q", "5"), {"query": "q", "limit": "5"}),
]


@pytest.mark.parametrize(("command", "args", "outcome"), ORDERS)
def test_positional_orders(command: Command, args: tuple[Any, ...], outcome: Any) -> None:
    if outcome is UsageError:
        with pytest.raises(UsageError, match="name them"):
            bind.arguments(command, args, {})
    else:
        assert bind.arguments(command, args, {}) == outcome


def test_all_faults_are_said_at_once() -> None:
    command = entry(
        http="PUT /things/",
        effect="update",
        params={"size": {"type": "int", "minimum": 8}, "kind": {"type": "str", "choices": ["a"]}},
    )
    with pytest.raises(UsageError) as caught:
        bind.check(command, {}, {"size": 1, "kind": "b"})
    assert "size: 1 is less than 8" in str(caught.value)
    assert "kind: 'b' is not one of a" in str(caught.value)


def test_an_alias_and_its_name_may_agree_but_not_differ() -> None:
    command = entry(http="PUT /things/", params={"price": {"type": "float", "alias": ["bid"]}})
    assert bind.arguments(command, (), {"price": 1, "bid": 1}) == {"price": 1}
    assert bind.arguments(command, (), {"price": None, "bid": 1}) == {"price": 1}
    with pytest.raises(TypeError, match="two different values"):
        bind.arguments(command, (), {"price": 1, "bid": 2})


def test_a_default_is_copied_for_every_call() -> None:
    command = entry(http="PUT /things/", params={"env": {"type": "json", "default": {}}})
    first = bind.with_defaults(command, {})
    first["env"]["A"] = "b"
    assert bind.with_defaults(command, {}) == {"env": {}}


def test_a_choice_is_known_by_its_text() -> None:
    parameter = Parameter("x", {"type": "bool", "choices": {"true": "yes", "false": "no"}}, "body")
    assert [conversion.convert(parameter, value) for value in (True, "0")] == ["yes", "no"]
    parameter = Parameter("x", {"type": "int", "choices": {"1": "one"}}, "body")
    assert conversion.convert(parameter, "1") == "one"


def test_what_is_empty_may_count_as_not_given() -> None:
    command = entry(http="PUT /things/", params={"limit": {"type": "int", "skip_empty": True}})
    assert bind.check(command, {}, {"limit": "0"}) == {"limit": None}
    assert bind.check(command, {}, {"limit": "3"}) == {"limit": 3}


def test_a_fixed_field_may_be_a_parameter() -> None:
    command = entry(http="PUT /things/{id}/", body={"thing": "{id}", "kind": "x"}, params={"id": {"type": "id"}})
    assert plan(command, {"id": 7}).body == {"thing": 7, "kind": "x"}


def test_only_none_is_left_out() -> None:
    command = entry(
        http="PUT /things/",
        body={"fixed": 1},
        params={
            "force": {"type": "bool", "default": False},
            "label": {"type": "str"},
            "q": {"type": "int", "as": "a.b"},
        },
    )
    assert plan(command, {"force": False, "label": None, "q": 2}).body == {"fixed": 1, "force": False, "a": {"b": 2}}
    assert command.body == {"fixed": 1}


SPENT = Command(
    "show_spent",
    {
        "summary": "List",
        "group": "things",
        "http": "GET /spent/",
        "params": {"begin": {"type": "date"}, "end": {"type": "date"}, "kind": {"type": "str"}},
        "window": {"from": "begin", "to": "end", "days": 7},
        "any_of": ["kind", "end"],
    },
)
NOW, WEEK = 1_000_000.0, 7 * 86400.0


@pytest.mark.parametrize(
    ("given", "filled"),
    [
        ({}, (NOW - WEEK, NOW)),
        ({"begin": 5.0}, (5.0, NOW)),
        ({"end": WEEK}, (0.0, WEEK)),
        ({"begin": 1.0, "end": 2.0}, (1.0, 2.0)),
    ],
)
def test_a_window_ends_now_and_is_so_long_where_nothing_is_given(
    given: dict[str, float], filled: tuple[float, float]
) -> None:
    values = bind.fill_window(SPENT, {"begin": None, "end": None, **given}, NOW)
    assert (values["begin"], values["end"]) == filled


def test_a_window_does_not_end_before_it_begins() -> None:
    with pytest.raises(UsageError, match="begin: is after end"):
        bind.fill_window(SPENT, {"begin": 2 * NOW, "end": None}, NOW)


@pytest.mark.parametrize(
    ("given", "good"), [({}, False), ({"kind": ""}, False), ({"kind": "x"}, True), ({"end": 0}, True)]
)
def test_one_of_several_parameters_must_be_given(given: dict[str, Any], good: bool) -> None:
    if good:
        bind.check(SPENT, given, given)
    else:
        with pytest.raises(UsageError, match="kind: is required, or end"):
            bind.check(SPENT, given, given)
