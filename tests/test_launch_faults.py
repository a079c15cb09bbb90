"""Launches that fail: whatever happens, and wherever they are stopped, they name all that they leave."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from edges import over
from hypothesis import given, settings
from hypothesis import strategies as st
from launch_kit import LINE, QUERY, Bench, Row, at, outcome_of, refused_and_made, said, taken_first, troubled
from test_live import TROUBLES, KitEdge, there

from vastai import VastAI
from vastai.cli.main import guarded
from vastai.cli.terminal import Terminal
from vastai.engine.edge import Edge
from vastai.engine.steps import Reply
from vastai.errors import AuthError, OutcomeUnknown, exit_code
from vastai.sandbox.testing import Sandbox, SandboxEdge
from vastai.sandbox.world import World


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


WIRE: list[tuple[Row, int, str]] = [
    ({"kind": "lost"}, 7, "labelled job"),
    ({"kind": "cut"}, 7, "labelled job"),
    ({"kind": "html", "done": True}, 7, "labelled job"),
    ({"status": 503, "done": True}, 7, "labelled job"),
    ({"status": 500, "done": True}, 1, "labelled job"),
    ({"status": 400, "error": "insufficient_credit", "msg": "Add some."}, 1, "Add some."),
    ({"status": 410, "error": "no_such_ask", "msg": "Gone."}, 0, "Gone"),
]


def called_there(url: str, world: World) -> tuple[int, str]:
    """Exit code of the error and all that is told, when a launch is called at a server."""
    with VastAI("k", url, edge=SandboxEdge(world), quiet=True, raise_errors=True) as client:
        found = outcome_of(lambda: client.launch_instance(QUERY, image="ubuntu", label="job"))
    return (exit_code(found) if isinstance(found, BaseException) else 0), said(found)


def typed_there(url: str, world: World) -> tuple[int, str]:
    """The same, when it is typed."""
    out, err = io.StringIO(), io.StringIO()

    def opened(edge: Edge, **options: Any) -> VastAI:
        in_time = over(edge, SandboxEdge)
        in_time._world = world
        return VastAI(edge=in_time, **options)

    line = ["--url", url, "--api-key", "k", "launch", "instance", *LINE, "--yes"]
    code = guarded(line, Terminal(io.StringIO(), out, err, {}), open_client=opened)
    return code, out.getvalue() + err.getvalue()


@pytest.mark.parametrize(
    ("way", "wish", "code", "says"),
    [*((called_there, *row) for row in WIRE), *((typed_there, *row) for row in WIRE[::3])],
    ids=lambda value: getattr(value, "__name__", str(value))[:40],
)
def test_the_first_rental_fails_on_the_wire(
    way: Callable[[str, World], tuple[int, str]], wish: Row, code: int, says: str, tmp_path: Path
) -> None:
    """Over HTTP: what is told, how often it was sent, and what is left is named."""
    sandbox = Sandbox(str(tmp_path / "world.db"))
    sandbox.fault("PUT /asks/*", times=1, **wish)
    ended, told = way(sandbox.serve(), sandbox.world)
    assert (ended, says in told) == (code, True), told
    sent = [entry for entry in sandbox.requests if entry["verb"] == "PUT"]
    assert len(sent) == (2 if code == 0 else 1), "the next offer is for those that are gone"
    rows = sandbox.client.show_instances()
    assert len(rows) == (0 if wish.get("status") == 400 else 1)
    assert all(str(row["id"]) in told or "labelled job" in told for row in rows)
    sandbox.close()


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
