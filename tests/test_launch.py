"""Launches by a query: what they plan, which offers they take, what they wait for, and what the terminal shows."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import yaml
from launch_kit import LINE, QUERY, Bench, Row, at, dearer, nothing, taken_first, troubled
from replay import ReplayServer
from test_interrupts import interrupted, started, until
from test_live import TROUBLES, there

from vastai import VastAI
from vastai.cli.main import guarded
from vastai.cli.terminal import Terminal
from vastai.hooks import launch, launch_plan

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "launch.yaml").read_text(encoding="utf-8"))


# -- pure decisions


@pytest.mark.parametrize("case", CASES["prices"], ids=lambda case: case["what"])
def test_what_an_offer_costs(case: Row) -> None:
    assert launch_plan.hourly(case["offer"], case["disk"], case.get("bid")) == case["price"]


@pytest.mark.parametrize("case", CASES["traffic"], ids=str)
def test_what_traffic_costs(case: Row) -> None:
    assert launch_plan.traffic_cost(case["offer"], case["gigabytes"]) == case["cost"]


@pytest.mark.parametrize("case", CASES["offers"], ids=lambda case: case["what"])
def test_which_offers_may_be_tried(case: Row) -> None:
    rows = [dict(zip(("id", "machine_id", "dph_total"), row, strict=True)) for row in case["rows"]]
    wanted = {"tries": case["tries"], "max_price": case.get("max_price"), "bid": None}
    assert [offer["id"] for offer in launch_plan.candidates(rows, wanted, disk=10)] == case["are"]


@pytest.mark.parametrize("case", CASES["searches"], ids=str)
def test_what_is_searched_for(case: Row) -> None:
    query = json.loads(json.dumps(case["query"]))
    values = {"query": query, "max_price": case.get("max_price"), "bid": case.get("bid"), "tries": 2, "order": None}
    found = launch_plan.search(values, case["disk"])
    assert found["query"] == case["filters"]
    assert (found["storage"], found["limit"]) == (case["disk"], 8)
    assert query == case["query"], "what the caller gave is not changed"


@pytest.mark.parametrize("case", CASES["ways"], ids=lambda case: str(case["given"]))
def test_which_way_is_meant(case: Row) -> None:
    if "error" in case:
        with pytest.raises(ValueError, match=case["error"]):
            launch.launch_way(case["given"], now=0.0)
    else:
        assert launch.launch_way(case["given"], now=0.0).get("query") == case["query"]


# -- as it should go


def test_the_cheapest_that_fits_is_rented_and_told() -> None:
    bench = Bench()
    answer = bench.launch(max_price=0.5, max_hours=2)
    row = bench.kit.instance(answer["new_contract"])
    cheapest = bench.client.search_offers(QUERY, order="dph_total", storage=10, limit=1)
    assert answer["offer"]["dph_total"] <= min(0.5, *(offer["dph_total"] for offer in cheapest))
    assert row["dph_total"] == pytest.approx(answer["offer"]["dph_total"], abs=1e-6), "what was agreed is what is paid"
    assert (row["label"][:4], answer["label"], answer["tried"]) == ("job ", "job", [])
    assert there(bench.kit) == [answer["new_contract"]]


def test_a_launch_without_a_label_gets_one_of_its_own() -> None:
    bench = Bench()
    answer = bench.launch(label=None)
    assert answer["label"] == "launch-80000000"
    assert bench.kit.instance(answer["new_contract"])["label"] == answer["label"]


def test_a_dry_run_only_looks() -> None:
    bench = Bench()
    agreed = bench.launch(dry_run=True)
    assert len(bench.transport.sent) == len(bench.sent("GET")) == 2
    assert agreed["total"] == pytest.approx(agreed["offer"]["dph_total"] * 24 + agreed["traffic_cost"], abs=1e-3)
    assert (agreed["credit"], agreed["lasts"] > 24) == (1000.0, True)
    assert there(bench.kit) == []


def test_a_bid_is_paid_and_stays_below_the_ceiling() -> None:
    bench = Bench()
    lowest = bench.client.search_offers(QUERY, type="bid", order="dph_total", storage=10, limit=1)[0]
    answer = bench.launch(bid=lowest["min_bid"] + 0.01, max_price=lowest["dph_total"] + 0.011)
    row = bench.kit.instance(answer["new_contract"])
    assert row["is_bid"]
    assert row["dph_total"] == pytest.approx(answer["offer"]["dph_total"], abs=1e-6)
    refused = bench.launch(bid=lowest["min_bid"], max_price=lowest["min_bid"] / 2)
    assert (refused["success"], refused["error"]) == (False, "no_offer")
    assert there(bench.kit) == [answer["new_contract"]]


# -- offers that change meanwhile


def test_an_offer_that_is_gone_is_passed_over() -> None:
    bench = troubled(at("GET", "/bundles/", 1, nothing))
    answer = bench.launch()
    assert [each["reason"] for each in answer["tried"]] == ["is gone, or does not fit any more"]
    assert there(bench.kit) == [answer["new_contract"]]


def test_an_offer_that_somebody_else_takes_in_the_last_moment_is_passed_over() -> None:
    bench = Bench()
    bench.transport._trouble = at("PUT", "/asks/", 0, lambda send: taken_first(send, bench))(bench)
    answer = bench.launch()
    assert [each["reason"][:11] for each in answer["tried"]] == ["was refused"]
    assert len(bench.sent("PUT")) == 2
    assert [row["label"] for row in bench.kit.get("/instances/")["instances"]] == ["theirs", "job"]


def test_an_offer_that_costs_more_than_agreed_is_passed_over() -> None:
    bench = troubled(at("GET", "/bundles/", 1, dearer))
    answer = bench.launch()
    assert "was agreed to" in answer["tried"][0]["reason"]
    assert answer["offer"]["id"] != answer["tried"][0]["offer"]


def test_no_more_offers_are_tried_than_were_allowed() -> None:
    bench = Bench()
    bench.transport._trouble = lambda now, send: nothing(send) if len(bench.sent("GET")) > 2 else send()
    answer = bench.launch(tries=2)
    assert (answer["success"], answer["error"], len(answer["tried"])) == (False, "no_offer", 2)
    assert len(bench.sent("GET")) == 4
    assert there(bench.kit) == bench.sent("PUT") == []


def test_a_service_that_limits_how_often_it_is_asked_is_waited_for() -> None:
    bench = Bench()
    bench.fault(route="*", kind="rate-limits")
    began = bench.kit.clock.now
    answer = bench.launch(tries=2)
    assert there(bench.kit) == [answer["new_contract"]]
    assert 5 < bench.kit.clock.now - began < 30, "the second search waits until it is allowed"


# -- waiting until it is up


@pytest.mark.parametrize("goal", ["running", "ssh"])
def test_an_instance_that_comes_up_is_given_back_as_it_is_then(goal: str) -> None:
    bench = Bench()
    answer = bench.launch(wait=goal, ssh=True)
    assert answer["instance"]["actual_status"] == "running"
    assert answer["instance"].get("ssh_address", "")[:6] == ("ssh://" if goal == "ssh" else "")
    assert there(bench.kit) == [answer["new_contract"]]


BOOTS: list[tuple[Row, str]] = [
    ({"kind": "boot-exit", "msg": "OCI runtime create failed"}, "OCI runtime create failed"),
    ({"kind": "no-boot"}, "is not running after 60 s"),
]


@pytest.mark.parametrize(("wish", "why"), BOOTS)
def test_what_fails_to_boot_is_destroyed_and_the_next_offer_taken(wish: Row, why: str) -> None:
    bench = Bench()
    bench.fault(route="PUT /asks/*", times=1, **wish)
    answer = bench.launch(wait="running", wait_timeout=60)
    (tried,) = answer["tried"]
    assert "destroyed again" in tried["reason"]
    assert why in tried["reason"]
    assert tried["offer"] != answer["offer"]["id"]
    assert there(bench.kit) == [answer["new_contract"]]
    assert (len(bench.sent("PUT")), len(bench.sent("DELETE"))) == (2, 1)


def test_when_nothing_boots_nothing_is_left() -> None:
    bench = Bench()
    bench.fault(route="PUT /asks/*", kind="no-boot")
    refused = bench.launch(wait="running", wait_timeout=30, tries=2)
    assert (refused["success"], refused["error"], len(refused["tried"])) == (False, "no_offer", 2)
    assert there(bench.kit) == []


def test_a_machine_that_has_failed_is_not_tried_again() -> None:
    bench = Bench()
    rows = bench.client.search_offers("num_gpus<=8", order="dph_total", storage=10)
    machines = [row["machine_id"] for row in rows]
    machine = next(each for each in machines if machines.count(each) > 1)
    bench.fault(route="PUT /asks/*", kind="boot-exit", times=1)
    refused = bench.launch(query=f"machine_id={machine}", wait="running", tries=2)
    assert [each["reason"].split()[0] for each in refused["tried"]] == ["gave", "is"]
    assert f"is on machine {machine}, which has failed" in refused["msg"]
    assert (len(bench.sent("PUT")), there(bench.kit)) == (1, [])


def test_an_interrupted_wait_leaves_nothing() -> None:
    bench = troubled(at("GET", "/instances/", 1, TROUBLES["interrupted before"]))
    with pytest.raises(KeyboardInterrupt, match="was destroyed again, nothing is rented"):
        bench.launch(wait="running")
    assert there(bench.kit) == []


def test_a_second_interrupt_names_what_may_still_run() -> None:
    bench = Bench()
    bench.transport._trouble = lambda now, send: (
        send() if bench.transport.sent[-1].startswith("PUT") or now < 3 else TROUBLES["interrupted before"](send)
    )
    with pytest.raises(KeyboardInterrupt) as caught:
        bench.launch(wait="running")
    (left,) = there(bench.kit)
    assert f"INSTANCE {left} (label job) MAY STILL RUN" in str(caught.value)


# -- the terminal


@pytest.mark.parametrize(
    ("options", "stdin", "code", "rented"),
    [
        ([], "y\n", 0, 1),
        ([], "n\n", 2, 0),
        ([], "\n", 2, 0),
        ([], "", 2, 0),
        ([], None, 2, 0),
        (["--yes"], None, 0, 1),
        (["--dry-run"], None, 0, 0),
        (["--dry-run", "--yes"], None, 0, 0),
        (["--raw"], "y\n", 0, 1),
        (["--raw"], None, 2, 0),
        (["--quiet"], "y\n", 0, 1),
    ],
)
def test_it_shows_the_plan_and_asks(options: list[str], stdin: str | None, code: int, rented: int) -> None:
    bench = Bench()
    ended, out, err = bench.typed(*LINE, *options, stdin=stdin)
    assert (ended, len(there(bench.kit))) == (code, rented), err
    plan = out if "--dry-run" in options else err
    for part in ("Offer ", "1x RTX 4090", "$/h with the disk", "traffic is extra", "Credit:   1000.00 $"):
        assert part in plan
    assert ("Rent it? [y/N]" in err) == (not {"--yes", "--dry-run"} & set(options))
    if "--dry-run" in options:
        assert out.endswith("Nothing was rented.\n")
    elif code == 0:
        assert f"{there(bench.kit)[0]}" in out
    else:
        assert out == ""


def test_a_signal_during_the_wait_destroys_and_says_so(tmp_path: Path) -> None:
    place = f"sandbox:{tmp_path / 'world.db'}"
    process = started(["launch", "instance", *LINE, "--yes", "--wait"], VAST_URL=place)
    until(process.stderr, b"being provisioned")
    told = interrupted(process)
    assert "was destroyed again, nothing is rented" in told
    with VastAI(server_url=place) as client:
        assert client.show_instances() == []


def test_with_consent_json_and_ids_stand_alone() -> None:
    bench = Bench()
    code, out, err = bench.typed(*LINE, "--raw", "--yes")
    assert (code, json.loads(out)["new_contract"], "Offer" in err) == (0, there(bench.kit)[0], False)
    code, out, err = bench.typed(*LINE, "-q", "--yes")
    assert (code, int(out), "Offer" in err) == (0, there(bench.kit)[1], False)
    code, out, err = bench.typed(*LINE, "--raw", "--dry-run")
    assert (code, json.loads(out)["dry_run"], len(there(bench.kit))) == (0, True, 2)
    code, out, err = bench.typed("gpu_name=RTX_9999", "--image", "ubuntu", "--raw")
    assert (code, out, json.loads(err.splitlines()[-1])["error"]) == (4, "", "no_offer")


def test_the_terminal_names_each_offer_that_it_passed_over() -> None:
    bench = troubled(at("GET", "/bundles/", 1, nothing))
    code, out, err = bench.typed(*LINE, "--yes")
    first, second = out.splitlines()
    assert (code, first.split(" is rented")[0]) == (0, f"Instance {there(bench.kit)[0]}")
    assert second.startswith("Before it: offer ")
    assert err.splitlines()[-1].startswith("offer ")
    assert {line[-33:] for line in (second, err.rstrip())} == {"is gone, or does not fit any more"}


def test_without_a_key_nothing_is_sent() -> None:
    with ReplayServer() as server:
        terminal = Terminal(io.StringIO(), io.StringIO(), io.StringIO(), {})
        assert guarded(["--url", server.url, "launch", "instance", *LINE, "--yes"], terminal) == 3
        assert server.requests == []


def test_the_old_way_asks_nothing() -> None:
    bench = Bench()
    code, out, err = bench.typed("-g", "RTX_4090", "-n", "1", "-i", "ubuntu", stdin=None)
    assert (code, out[:9], err) == (0, "Started. ", "[sandbox]\n")
    assert bench.transport.sent == ["PUT /api/v0/launch_instance/"]
