"""Launches by a query: what they plan, what they do when something fails, and that they name all that they leave."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from edges import over
from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox_kit import Kit
from test_interrupts import interrupted, started, until
from test_live import TROUBLES, KitEdge, KitTransport, Trouble, there

from vastai import VastAI, VastError
from vastai.cli.main import guarded
from vastai.cli.terminal import Terminal
from vastai.engine.edge import Edge
from vastai.engine.steps import Reply
from vastai.errors import AuthError, OutcomeUnknown
from vastai.hooks import launch, launch_plan
from vastai.sandbox import faults, faulty, reach

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "launch.yaml").read_text(encoding="utf-8"))
Row = dict[str, Any]
QUERY = "gpu_name=RTX_4090 num_gpus=1"
LINE = [*QUERY.split(), "--image", "ubuntu", "--label", "job"]


class Reachable(KitTransport):
    """A transport that also knows what answers at the addresses of the kit's instances."""

    def probe(self, host: str, port: int, really: Callable[[str, int], bytes | None]) -> bytes | None:
        return reach.banner(self.kit.world, host, port, really)


class Bench:
    """A client whose sandbox is at hand; `trouble` decides what becomes of each request, counted from 0."""

    def __init__(self, trouble: Trouble | None = None) -> None:
        self.kit = Kit()
        self.transport = Reachable(self.kit, trouble)
        self.client = self.open(KitEdge(self.kit))

    def open(self, edge: Edge, **options: Any) -> VastAI:
        """Another client, with another edge."""
        client = VastAI(server_url="sandbox::memory:", edge=edge, retry=1, **{"quiet": True, **options})
        client._driver()._open_sender().transport = self.transport
        return client

    def launch(self, **call: Any) -> Row:
        answer: Row = self.client.launch_instance(**{"query": QUERY, "image": "ubuntu", "label": "job", **call})
        return answer

    def typed(self, *line: str, stdin: str | None = "") -> tuple[int, str, str]:
        """Exit code, stdout and stderr of a command line; without stdin there is no terminal at all."""
        out, err = io.StringIO(), io.StringIO()

        def opened(edge: Edge, **options: Any) -> VastAI:
            in_time = over(edge, KitEdge)
            in_time._kit = self.kit
            return self.open(in_time, raise_errors=True, quiet=options["quiet"])

        terminal = Terminal(None if stdin is None else io.StringIO(stdin), out, err, {})
        code = guarded(["launch", "instance", *line], terminal, open_client=opened)
        return code, out.getvalue(), err.getvalue()

    def fault(self, **wish: Any) -> None:
        """Let something go wrong in the kit from now on."""
        faulty.add(self.kit.world, faults.made(wish))

    def sent(self, verb: str) -> list[str]:
        return [line for line in self.transport.sent if line.startswith(verb)]


def at(verb: str, path: str, number: int, do: Callable[[Callable[[], Reply]], Reply]) -> Callable[[Bench], Trouble]:
    """A trouble with one request: the so many-th, counted from 0, to a path."""

    def of(bench: Bench) -> Trouble:
        def trouble(now: int, send: Callable[[], Reply]) -> Reply:
            line = bench.transport.sent[-1]
            seen = [each for each in bench.transport.sent if each.startswith(verb) and path in each]
            meant = line.startswith(verb) and path in line and len(seen) - 1 == number
            return do(send) if meant else send()

        return trouble

    return of


def troubled(make: Callable[[Bench], Trouble]) -> Bench:
    bench = Bench()
    bench.transport._trouble = make(bench)
    return bench


def said(outcome: Row | BaseException) -> str:
    """All that a caller is told: the result, or the error with what it carries."""
    if isinstance(outcome, VastError):
        return f"{outcome} {json.dumps(outcome.as_refusal(), default=str)}"
    return json.dumps(outcome, default=str) if isinstance(outcome, dict) else str(outcome)


def outcome_of(call: Callable[[], Row]) -> Row | BaseException:
    try:
        return call()
    except BaseException as error:  # interruptions too
        return error


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
            launch.launch_way(case["given"])
    else:
        assert launch.launch_way(case["given"]).get("query") == case["query"]


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


def taken_first(send: Callable[[], Reply], bench: Bench) -> Reply:
    """Somebody else rents the offer that is asked about just before."""
    offer = next(part for part in bench.transport.sent[-1].split("/") if part.isdigit())
    bench.kit.rent(int(offer), label="theirs")
    return send()


def dearer(send: Callable[[], Reply]) -> Reply:
    """The answer of a search in which every price has gone up by half."""
    reply = send()
    found = json.loads(reply.body)
    for row in found["offers"]:
        row["dph_total"] *= 1.5
    return reply._replace(body=json.dumps(found).encode())


def nothing(send: Callable[[], Reply]) -> Reply:
    """The answer of a search that finds nothing any more."""
    return send()._replace(body=b'{"offers": []}')


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


# -- failures


def test_a_lost_answer_ends_the_launch_and_names_what_it_made() -> None:
    bench = troubled(at("PUT", "/asks/", 0, TROUBLES["lost after"]))
    with pytest.raises(OutcomeUnknown, match="labelled job") as caught:
        bench.launch()
    assert len(bench.sent("PUT")) == 1, "never another rent after a lost answer"
    assert [row["id"] for row in caught.value.candidates] == there(bench.kit)


def test_an_answer_that_names_nothing_ends_the_launch() -> None:
    bench = troubled(at("PUT", "/asks/", 0, TROUBLES["strange"]))
    with pytest.raises(OutcomeUnknown, match="labelled job"):
        bench.launch()
    assert (len(bench.sent("PUT")), len(there(bench.kit))) == (1, 1)


def test_an_interrupted_rental_says_its_label() -> None:
    bench = troubled(at("PUT", "/asks/", 0, TROUBLES["interrupted after"]))
    with pytest.raises(KeyboardInterrupt, match=r"may have been done.*labelled launch-80000000"):
        bench.launch(label=None)
    assert len(bench.sent("PUT")) == 1


def refused_and_made(send: Callable[[], Reply]) -> Reply:
    """A refusal that has made a contract all the same."""
    made = json.loads(send().body)["new_contract"]
    body = {"success": False, "error": "no_such_ask", "msg": "No.", "new_contract": made}
    return Reply(410, {"content-type": "application/json"}, json.dumps(body).encode())


def test_what_a_refusal_made_is_destroyed() -> None:
    bench = troubled(at("PUT", "/asks/", 0, refused_and_made))
    answer = bench.launch()
    assert there(bench.kit) == [answer["new_contract"]]
    assert (len(bench.sent("PUT")), len(bench.sent("DELETE"))) == (2, 1)


@pytest.mark.parametrize("kind", ["refused", "broken", "lost before", "unavailable"])
def test_what_cannot_be_destroyed_is_said_aloud(kind: str) -> None:
    bench = Bench()
    make = at("PUT", "/asks/", 0, refused_and_made)(bench)
    bench.transport._trouble = lambda now, send: TROUBLES[kind](send) if bench.sent("DELETE") else make(now, send)
    with pytest.raises(OutcomeUnknown, match="MAY STILL RUN") as caught:
        bench.launch()
    (left,) = there(bench.kit)
    assert f"INSTANCE {left} (label job)" in str(caught.value)
    assert [row["id"] for row in caught.value.candidates] == [left]


def test_a_destroy_that_fails_first_is_tried_again() -> None:
    bench = Bench()
    make = at("PUT", "/asks/", 0, refused_and_made)(bench)
    bench.transport._trouble = lambda now, send: (
        TROUBLES["broken"](send)
        if bench.transport.sent[-1].startswith("DELETE") and len(bench.sent("DELETE")) <= 3
        else make(now, send)
    )
    answer = bench.launch()
    assert there(bench.kit) == [answer["new_contract"]]


def test_without_a_look_at_the_account_the_launch_goes_on() -> None:
    forbidden = Reply(403, {"content-type": "application/json"}, b'{"success": false, "error": "auth_error"}')
    bench = troubled(at("GET", "/users/", 0, lambda send: forbidden))
    assert bench.launch(dry_run=True)["credit"] is None
    with pytest.raises(AuthError):
        troubled(at("GET", "/users/", 0, TROUBLES["forbidden"])).launch()


@settings(max_examples=80, deadline=None)
@given(
    number=st.integers(0, 16),
    length=st.integers(1, 8),
    kind=st.sampled_from(sorted(TROUBLES)),
    first=st.sampled_from(["", "refused and made", "taken", "no boot"]),
    label=st.sampled_from(["job", None]),
    wait=st.sampled_from([None, "running", "ssh"]),
)
def test_whatever_step_fails_every_instance_is_named(
    number: int, length: int, kind: str, first: str, label: str | None, wait: str | None
) -> None:
    """The first rental may fail in a way of its own; then so many requests in a row fail from a certain one on."""
    bench = Bench()
    make = at("PUT", "/asks/", 0, refused_and_made)(bench)
    if first == "taken":
        make = at("PUT", "/asks/", 0, lambda send: taken_first(send, bench))(bench)

    if first == "no boot":
        bench.fault(route="PUT /asks/*", kind="boot-exit", times=1)

    def trouble(now: int, send: Callable[[], Reply]) -> Reply:
        if number <= now < number + length:
            return TROUBLES[kind](send)
        return send() if first in ("", "no boot") else make(now, send)

    bench.transport._trouble = trouble
    told = said(outcome_of(lambda: bench.launch(label=label, wait=wait, wait_timeout=40)))
    left = [row for row in bench.kit.get("/instances/")["instances"] if row["label"] != "theirs"]
    assert len(left) <= 1
    assert all(str(row["id"]) in told or row["label"] in told for row in left), told


class Stop:
    """Ctrl-C at one effect of a launch, counted from 0: before it, or when it is done."""

    def __init__(self, number: int, done: bool) -> None:
        self.seen = 0
        self._number, self._done = number, done

    def meet(self, effect: Callable[[], Any]) -> Any:
        meant = self.seen == self._number
        self.seen += 1
        if meant and not self._done:
            raise KeyboardInterrupt
        result = effect()
        if meant:
            raise KeyboardInterrupt
        return result


class Stopped(KitEdge):
    """Time that passes in the kit, and an end to it."""

    stop: Stop

    def sleep(self, seconds: float) -> None:
        self.stop.meet(lambda: super(Stopped, self).sleep(seconds))

    def tell(self, about: str, text: str, more: str, *, new: bool) -> None:
        self.stop.meet(lambda: None)


def stopped(number: int, done: bool) -> tuple[Bench, Stop, str]:
    """A launch that waits for SSH, whose first instance does not boot, and that is stopped; what it says."""
    bench, stop = Bench(), Stop(number, done)
    bench.fault(route="PUT /asks/*", kind="boot-exit", times=1)
    bench.transport._trouble = lambda now, send: stop.meet(send)
    edge = Stopped(bench.kit)
    edge.stop = stop
    call = {"query": QUERY, "image": "ubuntu", "label": "job", "wait": "ssh", "ssh": True}
    return bench, stop, said(outcome_of(lambda: bench.open(edge).launch_instance(**call)))


@pytest.mark.parametrize("done", [False, True])
def test_wherever_it_is_stopped_every_instance_is_named(done: bool) -> None:
    number, told = 0, "interrupted"
    while "new_contract" not in told:
        bench, stop, told = stopped(number, done)
        for row in bench.kit.get("/instances/")["instances"]:
            assert str(row["id"]) in told or "labelled job" in told, (number, told)
        number += 1
    assert stop.seen < number, "each effect was the one"


# -- several at once


@pytest.mark.parametrize("threads", [1, 8, 32])
def test_rents_counted_are_launches_asked(threads: int) -> None:
    """All want the same cheapest offer: each gets one of its own, and pays for it once."""
    bench = Bench()

    def launched(number: int) -> Row:
        return bench.launch(query="num_gpus=1", label=f"job {number}", tries=40)

    with ThreadPoolExecutor(threads) as pool:
        answers = list(pool.map(launched, range(threads)))
    rows = {row["label"]: row["id"] for row in bench.client.show_instances()}
    assert len(rows) == threads
    for number, answer in enumerate(answers):
        assert answer.get("new_contract") == rows[f"job {number}"], answer


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
    for part in ("Offer ", "1x RTX 4090", "$/h with the disk", "traffic is paid beside it", "Credit:   1000.00 $"):
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


def test_the_old_way_asks_nothing() -> None:
    bench = Bench()
    code, out, err = bench.typed("-g", "RTX_4090", "-n", "1", "-i", "ubuntu", stdin=None)
    assert (code, out[:9], err) == (0, "Started. ", "[sandbox]\n")
    assert bench.transport.sent == ["PUT /api/v0/launch_instance/"]
