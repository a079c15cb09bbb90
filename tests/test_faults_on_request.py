"""Faults that are asked for, met by `VastAI` in process: what a caller sees, what was sent, what was done."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from sandbox_kit import OFFER, Clock, Kit, small_market, table

from vastai import VastAI, errors
from vastai.engine.edge import Edge
from vastai.errors import UsageError
from vastai.sandbox import faults, faulty, logbook, rates
from vastai.sandbox.app import App
from vastai.sandbox.transport import SandboxTransport
from vastai.sandbox.world import World

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "faults_on_request.yaml").read_text(encoding="utf-8"))
Row = dict[str, Any]


class Steady(Edge):
    """Effects without chance or waiting: pauses are noted, and pass in the world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.slept: list[float] = []

    def now(self) -> float:
        return self.world.now()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.world.advance(seconds)

    def dice(self) -> float:
        return 0.0


class Bench:
    """A client whose sandbox is at hand."""

    def __init__(self, **options: Any) -> None:
        self.world = World(":memory:", clock=Clock(), market=small_market)
        self.late: list[float] = []
        transport = SandboxTransport(sleep=self.late.append)
        transport._app = self.app = App(self.world, table(), strict=True, **options)
        self.edge = Steady(self.world)
        self.client = VastAI(server_url="sandbox", quiet=True, retry=2, edge=self.edge)
        self.client._driver()._open_sender().transport = transport

    def fault(self, **wish: Any) -> int:
        return faulty.add(self.world, faults.made(wish)).id

    def sent(self, verb: str = "") -> list[Row]:
        return [entry for entry in logbook.read(self.world) if verb in ("", entry["verb"])]


@pytest.mark.parametrize("name", CASES["cases"])
def test_what_a_caller_meets(name: str) -> None:
    case = CASES["cases"][name]
    bench = Bench()
    bench.fault(**case["fault"])
    call = getattr(bench.client, case["call"])
    if "raises" in case:
        kind, words = case["raises"]
        with pytest.raises(getattr(errors, kind), match=words.replace("(", r"\(")) as caught:
            call(**case.get("with", {}))
        assert type(caught.value).__name__ == kind
        assert case.get("hint", "") in caught.value.hint
    else:
        result = call(**case.get("with", {}))
        assert {field: result[field] for field in case["result"]} == case["result"]
    assert len(bench.sent("PUT" if "create" in case else "")) == case.get("create", case.get("sent", 1))
    if "slept" in case:
        assert bench.edge.slept == case["slept"]
    assert bench.late == case.get("late", bench.late)
    if "instances" in case:
        assert len(bench.world.all("instance")) == case["instances"]


@pytest.mark.parametrize(("wish", "says"), CASES["refused"], ids=lambda value: str(value)[:40])
def test_what_is_no_fault(wish: Row, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        faults.made(wish)
    assert says in str(caught.value)


def test_every_kind_has_a_case() -> None:
    tried = {faults.made(case["fault"]).kind for case in CASES["cases"].values()}
    assert set(faults.KINDS) - tried == {"no-boot", "boot-exit", "rate-limits"}, "these are tried below"


# -- which, how often, in which order


@pytest.mark.parametrize(
    ("route", "verb", "path", "meant"),
    [
        ("*", "GET", "/route/", True),
        ("PUT *", "GET", "/api/v0/asks/1/", False),
        ("put /asks/*", "PUT", "/api/v0/asks/1", True),
        ("/asks/{id}/", "PUT", "/api/v0/asks/1/", True),
        ("/asks/12*", "PUT", "/api/v0/asks/12345/", True),
        ("/asks/12*", "PUT", "/api/v0/asks/2345/", False),
        ("/instances/*", "GET", "/api/v0/instances/1/ssh/", False),
        ("/instances/**", "GET", "/api/v0/instances/1/ssh/", True),
        ("/api/v1/instances/", "GET", "/api/v1/instances/", True),
        ("/instances/", "GET", "/api/v1/instances/", False),
        ("/asks/.", "PUT", "/api/v0/asks/1/", False),
        ("/route/", "POST", "/route/", True),
    ],
)
def test_which_requests_a_route_means(route: str, verb: str, path: str, meant: bool) -> None:
    assert faults.matches(route, verb, path) is meant


def test_faults_that_replace_the_answer_act_one_after_the_other() -> None:
    kit = Kit()
    for wish in ({"status": 503, "times": 2}, {"status": 500, "times": 1}):
        faulty.add(kit.world, faults.made({"route": "/users/current/", **wish}))
    assert [kit.get("/users/current/").status for _ in range(5)] == [503, 503, 500, 200, 200]
    assert [fault.hits for fault in faulty.known(kit.world)] == [2, 1]


def test_faults_that_alter_the_answer_act_together() -> None:
    kit = Kit()
    for wish in ({"field": "credit", "to": "funds"}, {"field": "email"}, {"seconds": 2}, {"seconds": 1, "kind": "cut"}):
        faulty.add(kit.world, faults.made({"route": "/users/current/", **wish}))
    outcome = kit.app.outcome("GET", "/api/v0/users/current/", {}, {}, None)
    assert (outcome.delay, outcome.cut) == (3.0, True)
    answer = json.loads(outcome.reply.body) if outcome.reply else {}
    assert (answer["funds"], answer["email"], "credit" in answer) == (1000.0, None, False)


def test_a_fault_ends_when_it_is_cleared() -> None:
    kit = Kit()
    id = faulty.add(kit.world, faults.made({"route": "*", "status": 500})).id
    faulty.add(kit.world, faults.made({"route": "*", "status": 502}))
    assert kit.get("/users/current/").status == 500
    assert (faulty.clear(kit.world, id), faulty.clear(kit.world, id)) == (1, 0)
    assert kit.get("/users/current/").status == 502
    assert faulty.clear(kit.world) == 1
    assert kit.get("/users/current/").status == 200


# -- boots


def test_a_host_that_never_boots_costs_nothing_but_storage() -> None:
    kit = Kit()
    faulty.add(kit.world, faults.made({"route": "PUT /asks/*", "kind": "no-boot", "times": 1}))
    id = kit.rent(wait=3600)
    row = kit.instance(id)
    assert (row["actual_status"], row["intended_status"], row["status_msg"]) == (None, "running", "")
    assert 999.9 < kit.credit() < 1000.0
    assert kit.delete(f"/instances/{id}/")["success"] is True
    assert kit.instance(kit.rent())["actual_status"] == "running", "the fault is used up"


def test_a_boot_that_exits_says_why() -> None:
    bench = Bench()
    bench.fault(route="PUT /asks/*", kind="boot-exit", msg="OCI runtime create failed")
    id = bench.client.create_instance(id=OFFER, image="ubuntu")["new_contract"]
    assert bench.client.show_instance(id)["actual_status"] is None
    bench.world.advance(60)
    row = bench.client.show_instance(id)
    assert (row["actual_status"], row["cur_state"]) == ("exited", "stopped")
    assert row["status_msg"] == "OCI runtime create failed"


def test_a_restart_may_fail_too() -> None:
    kit = Kit()
    id = kit.rent()
    kit.put(f"/instances/{id}/", state="stopped")
    faulty.add(kit.world, faults.made({"route": "PUT /instances/*", "kind": "boot-exit"}))
    kit.wait(5)
    kit.put(f"/instances/{id}/", state="running")
    kit.wait(20)
    assert kit.instance(id)["status_msg"] == faulty.BOOT_FAILED


# -- rate limits


@pytest.mark.parametrize("form", ["recorded", "text", "json", "detail"])
def test_a_client_that_asks_too_often_waits_as_it_is_told(form: str) -> None:
    bench = Bench(standing=[faults.made({"route": "*", "kind": "rate-limits", "form": form})])
    assert len(bench.client.show_env_vars()) == 0
    assert bench.edge.slept == []
    bench.client.show_env_vars()  # documented: once in 5 seconds
    assert bench.edge.slept == [5.0]
    assert [entry["status"] for entry in bench.sent()] == [200, 429, 200]
    bench.client.show_user()
    bench.client.show_user()
    assert bench.edge.slept == [5.0], "there is no limit for this"


def test_a_limit_is_one_of_an_endpoint_and_a_key() -> None:
    kit = Kit(keys="open")
    kit.app.standing = (faults.made({"route": "*", "kind": "rate-limits"}),)
    assert [kit.send("GET", "/secrets/", key=key).status for key in ("a", "b", "a")] == [200, 200, 429]
    refused = kit.send("GET", "/secrets/", key="a")
    assert (refused["retry_after"], refused.headers["retry-after"]) == (5, "5")
    assert refused.headers["x-ratelimit-reset"] == str(int(kit.clock.now) + 5)
    kit.wait(4.9)
    assert kit.send("GET", "/secrets/", key="a").status == 429
    kit.wait(0.2)
    assert kit.send("GET", "/secrets/", key="a").status == 200


def test_limits_can_be_for_some_endpoints_only() -> None:
    kit = Kit()
    faulty.add(kit.world, faults.made({"route": "GET /secrets/", "kind": "rate-limits"}))
    assert [kit.get("/volumes/").status for _ in range(2)] == [200, 200]
    assert [kit.get("/secrets/").status for _ in range(2)] == [200, 429]


def test_the_limits_are_those_that_are_documented() -> None:
    assert rates.endpoint("PUT", "/api/v0/instances/reboot/7/") == "PUT /api/v0/instances/reboot/{id}"
    assert rates.endpoint("GET", "/api/v0/users/current/") is None
    _, seconds, _ = rates._limits()
    assert (len(seconds), seconds["PUT /api/v0/asks/{id}"], seconds["GET /api/v0/bundles"]) == (65, 4.5, 6.0)


def test_the_searches_of_a_day() -> None:
    kit = Kit()
    faulty.add(kit.world, faults.made({"route": "/bundles/", "kind": "search-quota", "limit": 2}))
    answers = [kit.get("/bundles/", q={"limit": 1}) for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[2]["error"] == "search_quota_exceeded"
    kit.wait(float(answers[2].headers["x-ratelimit-reset"]) - kit.clock.now)
    assert kit.get("/bundles/", q={"limit": 1}).status == 200


# -- the log


def test_the_log_says_what_was_asked_answered_and_what_it_cost() -> None:
    kit = Kit()
    kit.put(f"/asks/{OFFER}/", image="ubuntu", disk=10)
    kit.put("/asks/1/", image="ubuntu")
    kit.put("/commands/transfer_credit/", amount=100, recipient="bob@example.com")
    rented, refused, paid = logbook.read(kit.world)
    assert (rented["verb"], rented["path"], rented["status"]) == ("PUT", f"/api/v0/asks/{OFFER}/", 200)
    assert rented["body"] == {"image": "ubuntu", "disk": 10}
    assert rented["new_contract"] == kit.world.all("instance")[0]["id"]
    assert rented["cost"] == {"at_once": 0.0, "hourly": pytest.approx(0.3278, abs=0.001)}
    assert (refused["status"], refused["error"], "cost" in refused) == (404, "no_such_ask", False)
    assert paid["cost"] == {"at_once": 100.0, "hourly": 0.0}
    assert all(entry["ms"] > 0 and entry["at"] == kit.clock.now for entry in (rented, refused, paid))


def test_no_secret_is_in_the_log() -> None:
    kit = Kit(keys="open")
    key = kit.send("POST", "/auth/apikeys/", {"name": "x"}, key="my-own-key")["key"]
    kit.send("POST", "/secrets/", {"key": "TOKEN", "value": "hush-1"}, key=key)
    kit.send("PUT", f"/asks/{OFFER}/", {"image": "a", "image_login": "-u bob -p hush-2 docker.io"}, key=key)
    kit.send("GET", "/users/current/", query={"api_key": "hush-3"}, key=key)
    kit.send("GET", "/bundles/", query={"q": {"password": "hush-4"}}, key=key)
    kit.send("POST", "/secrets/", raw=b'{"value": "hush-5"', key=key)
    text = json.dumps(logbook.read(kit.world))
    assert "TOKEN" in text
    assert not [secret for secret in (key, "my-own-key", *(f"hush-{n}" for n in range(1, 6))) if secret in text]


def test_the_log_keeps_the_last_requests_only() -> None:
    kit = Kit()
    for _ in range(logbook.LAST + 200):
        logbook.write(kit.world, {"status": 200})
    assert len(logbook.read(kit.world)) == logbook.LAST
    assert kit.world.sql("SELECT count(*) FROM log").fetchone()[0] < logbook.LAST + 100
    kit.post("/ssh/", ssh_key="x" * 5000)
    assert logbook.read(kit.world, 1)[0]["body"] == f"({len(json.dumps({'ssh_key': 'x' * 5000}))} characters)"


def test_faults_and_log_cost_one_statement_each() -> None:
    """The hot path: a request that no fault is meant for reads the faults once and writes the log once."""
    kit = Kit()
    kit.get("/users/current/")
    statements: list[str] = []
    kit.world._db.set_trace_callback(statements.append)
    kit.get("/users/current/")
    assert sum("FROM faults" in each for each in statements) == 1
    assert sum("INTO log" in each for each in statements) == 1
    assert not [each for each in statements if "calls" in each]
