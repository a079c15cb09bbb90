"""Bulk commands against real servers: a few at a time, slowed down together, each reported once, stopped cleanly."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replay import ReplayServer

import vastai
from vastai import VastAI
from vastai.engine.edge import Edge

KEY = "sesame-open-1234567890"
GOOD = {"json": {"success": True}}


class Quick(Edge):
    """Waiting takes no time but is counted: the clock is what was slept."""

    def __init__(self) -> None:
        self.slept = 0.0
        self.lines: list[str] = []
        self._lock = threading.Lock()

    def clock(self) -> float:
        return self.slept

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.slept += seconds

    def dice(self) -> float:
        return 0.5

    def show(self, line: str) -> None:
        self.lines.append(line)

    out = say = show


class Crowd(ReplayServer):
    """Gives each request the answer that a function finds for its ID, and knows how many were there at once."""

    def __init__(self, answers: Callable[[str], dict[str, Any]] = lambda one: GOOD, meet: int = 1) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.most = 0
        self._answers = answers
        self._meeting = threading.Barrier(meet)
        self._inside = 0

    def answer(self, verb: str, path: str) -> dict[str, Any]:
        one = path.strip("/").rpartition("/")[2]
        with self._lock:
            self.ids.append(one)
            self._inside += 1
            self.most = max(self.most, self._inside)
        try:
            self._meeting.wait(5)
        except threading.BrokenBarrierError:
            pass
        answer = self._answers(one)
        with self._lock:
            self._inside -= 1
        return answer


def client_of(server: ReplayServer, edge: Edge | None = None, **more: Any) -> VastAI:
    return VastAI(KEY, server.url, quiet=True, edge=edge or Quick(), **more)


@pytest.mark.parametrize(("given_there", "at_once"), [({}, 4), ({"parallel": 2}, 2), ({"parallel": 1}, 1)])
def test_so_many_are_under_way_at_once_and_the_rows_are_in_the_order_asked(given_there: Any, at_once: int) -> None:
    with Crowd(meet=at_once) as server, client_of(server, **given_there) as client:
        threads = threading.active_count()
        report = client.reboot_instance(range(12))
        assert threading.active_count() <= threads + server_threads(server)
    assert server.most == at_once
    assert [row["id"] for row in report["results"]] == list(range(12))
    assert Counter(server.ids) == Counter(map(str, range(12)))


def server_threads(server: ReplayServer) -> int:
    """Threads that the server has for the connections that are still open: one for each of them at most."""
    return server.most


def test_the_environment_says_how_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VASTAI_PARALLEL", "3")
    with Crowd(meet=3) as server, client_of(server) as client:
        assert client.reboot_instance(list(range(6)))["success"]
    assert server.most == 3


@pytest.mark.parametrize("wrong", [0, 65, True, "many", -1, 2.5])
def test_a_number_that_cannot_be_is_said(wrong: Any) -> None:
    with pytest.raises(vastai.UsageError, match="requests at once"):
        VastAI(KEY, parallel=wrong)


def test_what_is_too_much_for_one_slows_all_of_them_down() -> None:
    """The first is refused, the others get their answers when it comes again: whoever is sent then has waited, too."""
    edge, times = Quick(), list[tuple[str, float]]()
    four, refused, again = threading.Event(), threading.Event(), threading.Event()

    def answer(one: str) -> dict[str, Any]:
        times.append((one, edge.slept))
        if len(times) >= 4:
            four.set()
        if one == "0" and not refused.is_set():
            four.wait(10)
            refused.set()
            return {"status": 429, "json": {"success": False}, "headers": {"Retry-After": "2"}}
        if one == "0":
            again.set()
        again.wait(10)
        return GOOD

    with Crowd(answer) as server, client_of(server, edge) as client:
        assert client.label_instance(list(range(8)), "x", keep_lease=False)["success"]
    assert {one for one, when in times if when == 0.0} == {"0", "1", "2", "3"}
    assert sorted(one for one, when in times if when >= 2.0) == ["0", "4", "5", "6", "7"]
    assert len(times) == 9


def test_a_dead_service_is_left_alone_soon_and_what_was_not_sent_is_named() -> None:
    with Crowd(lambda one: {"drop": True}) as server, client_of(server, retry=3) as client:
        report = client.label_instance(list(range(200)), "x", keep_lease=False)
    assert len(server.ids) <= 4 * 4, "four at a time, four attempts each"
    states = Counter(row["error"] for row in report["results"])
    assert states["connection_failed"] == len(set(server.ids))
    assert states["connection_failed"] + states["not_sent"] == 200
    assert report["error"] == "connection_failed"


def test_an_unforeseen_failure_is_not_hidden() -> None:
    class Broken(Quick):
        def show(self, line: str) -> None:
            raise RuntimeError("no paper")

    with (
        Crowd() as server,
        client_of(server, Broken(), explain=True) as client,
        pytest.raises(RuntimeError, match="no paper"),
    ):
        client.reboot_instance([1, 2, 3])
    assert server.ids == []


def test_the_lines_of_one_request_stay_together() -> None:
    edge = Quick()
    with Crowd(meet=4) as server, client_of(server, edge, explain=True) as client:
        client.label_instance(list(range(8)), "x", keep_lease=False)
    starts = [number for number, line in enumerate(edge.lines) if line.startswith("PUT ")]
    size = len(edge.lines) // 8
    assert starts == list(range(0, 8 * size, size))


def test_curl_shows_all_of_them_and_sends_none() -> None:
    edge = Quick()
    with Crowd() as server, client_of(server, edge, curl=True) as client:
        assert client.reboot_instance([7, 8]) is None
    assert [re.findall(r"reboot/(\d)", line) for line in edge.lines] == [["7"], ["8"]]
    assert server.ids == []


@pytest.mark.parametrize("lost", [{"drop": True}, {"status": 502, "text": "bad gateway"}, {"text": "<html>"}])
def test_rents_counted_are_rents_asked(lost: dict[str, Any]) -> None:
    """200 offers in four requests, of which the second is carried out and its answer lost."""
    seen = iter(range(1_000_000))
    asks = [{"verb": "POST", "path": "/api/v0/asks/bulk/", "responses": [GOOD, lost, GOOD]}]
    with ReplayServer(asks) as server, client_of(server, parallel=2) as client:
        report = client.create_instances([next(seen) for _ in range(200)], "ubuntu")
        sent = Counter(each for asked in server.requests if asked["verb"] == "POST" for each in asked["json"]["ids"])
    assert set(sent.values()) == {1}, "nothing is rented twice"
    assert [row["id"] for row in report["results"]] == list(range(200))
    assert {row["id"] for row in report["results"] if row.get("error") != "not_sent"} == set(sent)
    assert Counter(row.get("error") for row in report["results"])["outcome_unknown"] == 64
    assert report["error"] == "outcome_unknown"


def test_an_interrupt_says_what_was_done_what_not_and_what_is_unknown() -> None:
    """Two at a time: 1 is answered, 2 and 3 hang, the rest waits. What hangs is cut off, so it ends at once."""
    hanging = threading.Semaphore(0)

    def answer(one: str) -> dict[str, Any]:
        if one == "1":
            return GOOD
        hanging.release()
        return {"hang": 60}

    with Crowd(answer) as server:
        argv = ["--url", server.url, "--parallel", "2", "reboot", "instance", *"123456"]
        with subprocess.Popen(
            [sys.executable, "-X", "dev", "-m", "vastai", *argv],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "VAST_API_KEY": KEY},
        ) as process:
            assert hanging.acquire(timeout=60)
            assert hanging.acquire(timeout=60)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
        server.release.set()
    assert (process.returncode, out) == (130, "")
    assert err == "vastai: interrupted: done: 1; unknown: 2, 3; not sent: 4, 5, 6\n"
    assert sorted(server.ids) == ["1", "2", "3"]


ANSWERS: dict[str, dict[str, Any]] = {
    "good": GOOD,
    "no": {"json": {"success": False, "error": "busy", "msg": "Not now."}},
    "gone": {"status": 404, "json": {"success": False, "error": "no_such_instance", "msg": "Gone."}},
    "broken": {"status": 500, "json": {"success": False, "error": "oops", "msg": "Oops."}},
    "away": {"status": 503, "text": "away"},
    "busy": {"status": 429, "json": {"success": False, "error": "too_many", "msg": "Slowly."}},
    "lost": {"drop": True},
    "page": {"text": "<html></html>"},
}


@settings(max_examples=60, deadline=None)  # each starts a server
@given(
    mix=st.lists(st.sampled_from(sorted(ANSWERS)), min_size=1, max_size=9),
    once=st.booleans(),
    parallel=st.integers(1, 4),
    retry=st.integers(0, 1),
)
def test_whatever_is_answered_each_id_is_reported_once_and_truly(
    mix: list[str], once: bool, parallel: int, retry: int
) -> None:
    ids = list(range(len(mix)))
    with (
        Crowd(lambda one: ANSWERS[mix[int(one)]]) as server,
        client_of(server, parallel=parallel, retry=retry, strict=False) as client,
    ):
        report = client.reboot_instance(ids) if once else client.label_instance(ids, "x", keep_lease=False)
    assert [row["id"] for row in report["results"]] == ids
    assert report["success"] == all(row["success"] for row in report["results"])
    sent = Counter(server.ids)
    for row, kind in zip(report["results"], mix, strict=True):
        assert row["success"] == (kind == "good" and str(row["id"]) in sent)
        assert (row.get("error") == "not_sent") == (str(row["id"]) not in sent)
        may_be_repeated = kind == "busy" or (not once and kind in ("broken", "away", "lost", "page"))
        assert sent[str(row["id"])] <= 1 + retry * may_be_repeated
        if once and kind in ("away", "lost", "page") and str(row["id"]) in sent:
            assert row["error"] == "outcome_unknown"
