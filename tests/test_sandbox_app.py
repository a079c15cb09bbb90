"""The sandbox as a service: routes, headers, callers, the check of arguments and of its own answers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox_kit import OFFER, Kit, table

from vastai.sandbox import answers, arguments, callers, permissions, routes
from vastai.sandbox.behaviour.registry import Refusal, behaviours
from vastai.sandbox.transport import SandboxTransport
from vastai.table.model import Command


def command(name: str = "test", **entry: Any) -> Command:
    """A command made up for a test."""
    return Command(name, {"summary": "Test", "group": "test", **entry})


# -- routes and headers


def test_answers_carry_the_worlds_date() -> None:
    kit = Kit()
    assert kit.get("/users/current/").headers["date"] == "Sat, 29 Aug 2026 10:40:00 GMT"
    kit.world.advance(86_400)
    answer = kit.get("/nothing/")
    assert answer.headers["date"] == "Sun, 30 Aug 2026 10:40:00 GMT"
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/instances/7/", "/instances/7", "/instances/7//"])
def test_a_trailing_slash_makes_no_difference(path: str) -> None:
    assert Kit().get(path).body == {"instances": None}


def test_literal_segments_go_before_parameters() -> None:
    kit = Kit()
    id = kit.rent()
    assert kit.put(f"/instances/reboot/{id}/")["success"] is True
    assert kit.instance(id)["actual_status"] == "rebooting"


def test_a_user_table_adds_routes_without_behaviour() -> None:
    commands = [command(http="GET /own/{name}/")]
    made = routes.build(commands, behaviours())
    route, values = routes.find(made, "GET", "/api/v0/own/a%2Fb%20c/")
    assert (route.behaviour, values) == (None, {"name": "a/b c"})
    kit = Kit()
    kit.app.routes = made
    answer = kit.get("/own/x/")
    assert (answer.status, answer["success"]) == (200, True)


def test_every_behaviour_has_its_own_route_and_a_docstring() -> None:
    assert all(behaviour.__doc__ for behaviour in behaviours().values())
    plain = [permissions.plain(route) for route in behaviours()]
    assert len(plain) == len(set(plain))


# -- callers


def test_over_http_any_key_opens_an_account_of_its_own() -> None:
    kit = Kit(keys="open")
    mine = kit.send("GET", "/users/current/", key="k1").body
    other = kit.send("GET", "/users/current/", key="k2").body
    assert mine["id"] != other["id"]
    assert mine["credit"] == other["credit"] == 1000.0
    assert kit.send("GET", "/users/current/", key="k1")["id"] == mine["id"]
    rented = kit.send("PUT", f"/asks/{OFFER}/", {"image": "ubuntu"}, key="k1")["new_contract"]
    assert kit.send("GET", f"/instances/{rented}/", key="k2")["instances"] is None
    assert kit.send("DELETE", f"/instances/{rented}/", {}, key="k2").status == 404
    paid = {"amount": 100, "recipient": other["email"]}
    assert kit.send("PUT", "/commands/transfer_credit/", paid, key="k1").status == 200
    assert kit.send("GET", "/users/current/", key="k2")["credit"] == 1100.0


@pytest.mark.parametrize("mode", ["open", "strict"])
def test_without_a_key_only_the_offer_search_answers(mode: str) -> None:
    kit = Kit(keys=mode)
    assert kit.get("/bundles/", q={"limit": 1}).status == 200
    assert kit.get("/users/current/").status == 403


@pytest.mark.parametrize("mode", callers.KEY_MODES)
def test_the_key_invalid_is_never_valid(mode: str) -> None:
    refused = Kit(keys=mode).send("GET", "/users/current/", key="invalid")
    assert (refused.status, refused["error"]) == (401, "auth_error")


def test_strict_keys_admits_only_what_the_world_issued() -> None:
    kit = Kit(keys="shared")
    key = kit.post("/auth/apikeys/", name="issued")["key"]
    kit.app.keys = "strict"
    assert kit.send("GET", "/users/current/", key="made-up").status == 401
    assert kit.send("GET", "/users/current/", key=key).status == 200


def test_a_key_that_is_no_bearer_key_is_none() -> None:
    reply = Kit(keys="strict").app.handle(
        "GET", "/api/v0/users/current/", {"api_key": "x"}, {"Authorization": "Basic abc"}, None
    )
    assert reply.status == 403


def test_keys_are_kept_as_hashes_only() -> None:
    kit = Kit()
    key = kit.post("/auth/apikeys/", name="secret")["key"]
    stored = "".join(str(row) for row in kit.world._db.execute("SELECT * FROM objects"))
    assert key not in stored
    assert callers.key_hash(key) in stored


@pytest.mark.parametrize("scope", sorted(set(permissions.scopes().values())))
def test_a_key_may_do_what_its_scopes_cover_and_nothing_else(scope: str) -> None:
    """All routes of the published table, against a key of one scope."""
    key = {"permissions": {"api": {scope: {}}}}
    caller = callers.Caller({"id": 1}, {"id": 1}, key)
    for route, needed in permissions.scopes().items():
        if needed == scope:
            permissions.authorize(caller, route, {})
        else:
            with pytest.raises(Refusal, match=needed):
                permissions.authorize(caller, route, {})


def test_every_route_with_a_behaviour_that_needs_a_key_has_a_scope() -> None:
    """Except those that no published table knows: the sandbox's own, and those of the serverless service."""
    kept = [route for route in routes.build(table(), behaviours()) if route.behaviour is not None]
    lacking = [
        route.text
        for route in kept
        if any(each.service == "api" for each in route.commands) and permissions.scope_of(route.text) is None
    ]
    assert len(kept) > 40
    assert all("/__sandbox__/" in route for route in lacking), lacking


# -- arguments

TYPED = command(
    http="PUT /things/{id}/",
    params={
        "id": {"type": "id"},
        "name": {"type": "str", "required": True},
        "count": {"type": "int", "minimum": 1, "maximum": 10},
        "share": {"type": "float"},
        "on": {"type": "bool"},
        "kind": {"type": "str", "choices": {"typed": "sent"}},
        "ids": {"type": ["id"]},
        "deep": {"type": "int", "as": "a.b"},
        "made": {"type": "int", "then": ["anything"]},
        "page": {"type": "int", "in": "query"},
    },
)

GOOD: dict[str, list[Any]] = {
    "count": [1, 10, "3", 4.0, None],
    "share": [0.5, "1e3", 2],
    "on": [True, "false", 0],
    "kind": ["sent", "typed"],
    "ids": [[], [1, "a-b"], "[1, 2]"],
    "a": [{"b": 3}, {}, None],
    "made": ["whatever", {"x": 1}],
    "unknown": ["whatever"],
    "name": ["", "a", 5],
    "page": [3, "4"],
}
BAD: dict[str, list[Any]] = {
    "count": [0, 11, "x", 1.5, True, [1], "", float("nan")],
    "share": ["a", True, {}, "inf"],
    "on": ["maybe", 2],
    "kind": ["other", 1],
    "ids": [["a b"], 5, "1,2", {"a": 1}],
    "a": [{"b": "x"}],
    "name": [None, [], {"a": 1}],
    "page": ["x"],
}


@pytest.mark.parametrize(("field", "value"), [(field, value) for field in GOOD for value in GOOD[field]])
def test_arguments_that_may_be_sent(field: str, value: Any) -> None:
    assert arguments.faults([TYPED], {"id": "1"}, {}, {"name": "a", field: value}) == []


@pytest.mark.parametrize(("field", "value"), [(field, value) for field in BAD for value in BAD[field]])
def test_arguments_that_no_command_would_send(field: str, value: Any) -> None:
    lines = arguments.faults([TYPED], {"id": "1"}, {}, {"name": "a", field: value})
    assert len(lines) == 1 and lines[0].startswith(field)


def test_the_commands_of_a_route_share_their_parameters() -> None:
    start = command(http="PUT /x/", body={"state": "running"})
    label = command(http="PUT /x/", params={"label": {"type": "str", "required": True}})
    count = command(http="PUT /x/", params={"label": {"type": "int", "required": True}})
    assert arguments.faults([start, label], {}, {}, {"state": "running"}) == []
    assert arguments.faults([label, count], {}, {}, {}) == ["label is required"]
    assert arguments.faults([count], {}, {}, {"label": "x"}) and not arguments.faults(
        [label, count], {}, {}, {"label": "x"}
    )


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_no_body_makes_the_check_fail(value: Any) -> None:
    body = dict.fromkeys((*GOOD, "deep"), value)
    assert all(isinstance(line, str) for line in arguments.faults([TYPED], {"id": "1"}, {}, body))


# -- its own answers


def rows(**returns: Any) -> Command:
    """A command that returns rows of offers."""
    return command(http="GET /x/", returns={"schema": "offer", **returns})


@pytest.mark.parametrize(
    ("returns", "answer", "says"),
    [
        ({"many": True, "unwrap": "offers"}, {"other": []}, 'no "offers"'),
        ({"many": True, "unwrap": "offers"}, {"offers": {}}, "no list"),
        ({"many": True, "unwrap": "offers"}, {"offers": [1]}, "row 0 is no object"),
        ({"many": True, "unwrap": "offers"}, {"offers": [{"id": [1]}]}, "id"),
        ({"many": True, "unwrap": "offers"}, {"offers": [{"id": 1, "gpu_name": 5}]}, "gpu_name"),
        ({}, [1], "no object"),
    ],
)
def test_an_answer_that_the_table_does_not_describe_never_leaves(returns: Any, answer: Any, says: str) -> None:
    with pytest.raises(answers.BadAnswer, match=says):
        answers.check([rows(**returns)], 200, answer, None)
    answers.check([rows(**returns), command(http="GET /x/")], 200, answer, None)


def test_rows_of_a_shape_that_was_good_are_checked_once_unless_all_are_to_be() -> None:
    """The schema of an API key wants a number for its id; a text has another shape, and is found at any time."""
    keys = [command(http="GET /x/", returns={"schema": "offer", "many": True, "unwrap": "offers"})]
    answers.check(keys, 200, {"offers": [{"id": 1, "gpu_name": "A"}]}, 10)
    answers.check(keys, 200, {"offers": [{"id": 2, "gpu_name": "B"}]}, 10)
    for looked_at in (10, None):
        with pytest.raises(answers.BadAnswer, match="gpu_name"):
            answers.check(keys, 200, {"offers": [{"id": 3, "gpu_name": 5}]}, looked_at)


def test_a_refusal_without_words_never_leaves() -> None:
    with pytest.raises(answers.BadAnswer):
        answers.check([], 400, {"success": False}, 0)


# -- transport


def test_the_transport_answers_like_a_server(tmp_path: Any) -> None:
    transport = SandboxTransport(f"sandbox:{tmp_path / 'world.db'}")

    def send(verb: str, url: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        return transport.send(verb, url, {}, data, deadline=1.0, fresh=False)

    url = "http://sandbox/api/v0/bundles/?q=%7B%22limit%22%3A+2%7D"
    reply = send("GET", url)
    assert (reply.status, reply.url, reply.verb) == (200, url, "GET")
    assert len(json.loads(reply.body)["offers"]) == 2
    transport.close()
    rented = json.loads(send("PUT", f"http://sandbox/api/v0/asks/{OFFER}/", {"image": "ubuntu"}).body)["new_contract"]
    asked = send("PUT", f"http://sandbox/api/v0/instances/request_logs/{rented}/", {})
    result = json.loads(asked.body)["result_url"]
    assert result.startswith("http://sandbox/__sandbox__/results/")
    assert [send("GET", result).status for _ in range(3)] == [404, 200, 200]
    assert send("GET", "http://sandbox/__sandbox__/results/unknown").status == 404
    transport.close()
    transport.close()


def test_a_world_in_memory_ends_with_its_transport() -> None:
    one, other = SandboxTransport("sandbox::memory:"), SandboxTransport("sandbox::memory:")
    body = json.dumps({"key": "A", "value": "1"}).encode()
    url = "http://sandbox/api/v0/secrets/"
    assert one.send("POST", url, {}, body, deadline=1, fresh=True).status == 200
    assert json.loads(other.send("GET", url, {}, None, deadline=1, fresh=True).body)["secrets"] == {}
    one.close()
    other.close()


def test_the_whole_market_is_there() -> None:
    """The reference page's first search, in a world of usual size."""
    transport = SandboxTransport("sandbox::memory:")
    wanted = {"num_gpus": {"gte": "4"}, "gpu_ram": {"gte": 24000.0}, "dph_total": {"lt": "2.0"}, "limit": 10}
    query = f"q={json.dumps({**wanted, 'order': [['dph_total', 'asc']]})}"
    reply = transport.send("GET", f"http://sandbox/api/v0/bundles/?{query}", {}, None, deadline=1, fresh=True)
    found = json.loads(reply.body)["offers"]
    assert len(found) == 10
    assert [each["dph_total"] for each in found] == sorted(each["dph_total"] for each in found)
    transport.close()
