"""Waiting: the verdict on each state, the wait on the sandbox whose time flies, and SSH servers that behave badly."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vastai.engine import wait
from vastai.engine.edge import Edge
from vastai.engine.steps import Now, Outcome, Pause, Probe, Tell
from vastai.errors import APIError, AuthError, ConnectionFailed, NotFound, RateLimited, VastError, exit_code
from vastai.hooks import instance_state

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "judge.yaml").read_text(encoding="utf-8"))["cases"]


# ---------------------------------------------------------------- the verdict


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["row"])[:90])
def test_a_state_is_judged(case: dict[str, Any]) -> None:
    aims = [aim for aim in instance_state.AIMS if aim in case]
    assert aims, "say for what"
    judged = {aim: instance_state.judge(case["row"], aim) for aim in aims}
    assert {aim: found.verdict for aim, found in judged.items()} == {aim: case[aim] for aim in aims}
    first = judged[aims[0]]
    assert case.get("says", "") in first.state
    hints = [found.hint for found in judged.values() if found.verdict == instance_state.HOPELESS]
    assert all(case.get("hint", "") in hint for hint in hints)
    assert all(hint[:1].isupper() or "(" in hint for hint in hints), "advice is a sentence"


FIELDS = ("id", "actual_status", "intended_status", "cur_state", "status_msg", "image_runtype", "ports")
rows = st.dictionaries(st.sampled_from(FIELDS), st.none() | st.text() | st.integers() | st.lists(st.text()))


@given(rows, st.sampled_from(instance_state.AIMS))
def test_any_row_is_judged(row: dict[str, Any], aim: str) -> None:
    judged = instance_state.judge(row, aim)
    assert judged.verdict in ("ready", "waiting", "doubtful", "hopeless")
    assert "\n" not in judged.state and "\x1b" not in judged.state


# ---------------------------------------------------------------- the wait, step by step

RUNNING = {"id": 7, "actual_status": "running", "intended_status": "running", "ssh_host": "h.example", "ssh_port": 22}
LOADING = {"id": 7, "actual_status": "loading", "intended_status": "running"}
OFFLINE = {"id": 7, "actual_status": "offline", "intended_status": "running"}
GONE = NotFound("gone")


class Walk:
    """A wait for instance 7 that is shown these rows, one after the other, the last one again and again.

    Attributes:
        result: what it returned, or raised.
        pauses: seconds between two looks.
        told: the states that were told of, each once in a row.
        probes: the addresses that were tried.
    """

    def __init__(self, shown: Sequence[Any], aim: wait.Aim, banners: Sequence[bytes | None] = ()) -> None:
        self.pauses: list[float] = [0.0]
        self.told: list[str] = []
        self.probes: list[Probe] = []
        self._clock = 1000.0
        self._banners = list(banners)
        waiting = list(shown)

        def look(id: Any) -> Any:
            row = waiting.pop(0) if len(waiting) > 1 else waiting[0]
            yield "look"
            if isinstance(row, Exception):
                raise row
            return row

        self.result = self._run(wait.until(look, 7, aim))

    def _run(self, flow: Any) -> Any:
        answer: Any = None
        try:
            while True:
                answer = self._answer(flow.send(answer))
        except StopIteration as done:
            return done.value
        except VastError as error:
            return error

    def _answer(self, step: Any) -> Any:
        if step == "look":
            self.pauses.append(0.0)
        elif isinstance(step, Pause):
            self._clock += step.seconds
            self.pauses[-1] += step.seconds
        elif isinstance(step, Tell):
            self.told += [step.text] if step.text != (self.told or [""])[-1] else []
        elif isinstance(step, Probe):
            self.probes.append(step)
            return self._banners.pop(0) if self._banners else None
        return self._clock if isinstance(step, Now) else None


def test_it_ends_when_it_runs_and_looks_less_and_less_often() -> None:
    walk = Walk([LOADING] * 8 + [RUNNING], wait.Aim())
    assert walk.result == RUNNING
    assert walk.pauses[1:-1] == [2.0, 3.0, 4.5, 6.75, 10.0, 10.0, 10.0, 10.0]
    assert walk.told == ["loading", ""]


def test_a_change_brings_the_next_look_forward() -> None:
    created = {**LOADING, "actual_status": "created"}
    assert Walk([created] * 4 + [LOADING] * 2 + [RUNNING], wait.Aim()).pauses[1:-1] == [2, 3, 4.5, 6.75, 2, 3]


def test_the_caller_sets_the_pause() -> None:
    assert Walk([LOADING] * 4 + [RUNNING], wait.Aim(poll=30.0)).pauses[1:-1] == [30.0] * 4


def test_a_wait_runs_out_at_its_limit_after_a_last_look() -> None:
    walk = Walk([LOADING], wait.Aim(timeout=12.0))
    assert isinstance(walk.result, ConnectionFailed) and exit_code(walk.result) == 6
    assert walk.result.code == "timed_out"
    assert walk.result.message == "Instance 7 is not running after 12 s: loading."
    assert walk.result.as_refusal()["instance"]["actual_status"] == "loading"
    assert sum(walk.pauses) == 12.0 and walk.pauses[-1] == 0.0


def test_no_time_at_all_is_one_look() -> None:
    assert Walk([LOADING], wait.Aim(timeout=0.0)).pauses == [0.0, 0.0]
    assert Walk([RUNNING], wait.Aim(timeout=0.0)).result == RUNNING


def test_the_time_of_slow_answers_counts() -> None:
    """The clock goes on while looks and probes take their time; one that stands still is no reason to wait for ever."""
    flow = wait.until(lambda id: iter_row(LOADING), 7, wait.Aim(timeout=100.0))
    clock, looks = iter(range(0, 10_000, 60)), 0
    answer: Any = None
    with pytest.raises(ConnectionFailed):
        while True:
            step = flow.send(answer)
            looks += step == "look"
            answer = float(next(clock)) if isinstance(step, Now) else None
    assert looks == 2


def iter_row(row: Any) -> Any:
    yield "look"
    return row


def test_doubt_is_borne_for_a_minute_and_ends_when_it_passes() -> None:
    assert Walk([OFFLINE] * 5 + [RUNNING], wait.Aim()).result == RUNNING
    walk = Walk([LOADING, OFFLINE], wait.Aim())
    assert isinstance(walk.result, VastError) and walk.result.code == "never_ready"
    assert walk.result.message == "Instance 7 will not be running: offline."
    assert 60 <= sum(walk.pauses) < 75
    again = Walk([OFFLINE] * 6 + [LOADING] + [OFFLINE] * 6 + [RUNNING], wait.Aim())
    assert again.result == RUNNING


def test_an_id_that_nobody_knows_is_believed_after_a_second_look() -> None:
    walk = Walk([GONE], wait.Aim())
    assert isinstance(walk.result, NotFound) and exit_code(walk.result) == 4
    assert sum(walk.pauses) <= 5
    assert Walk([GONE, RUNNING], wait.Aim()).result == RUNNING


def test_one_that_was_just_made_may_be_listed_late_but_what_was_seen_may_not_vanish() -> None:
    assert Walk([GONE] * 5 + [RUNNING], wait.Aim(after="made")).result == RUNNING
    assert isinstance(Walk([LOADING, GONE, RUNNING], wait.Aim(after="made")).result, NotFound)


def test_gone_is_none() -> None:
    assert Walk([RUNNING, GONE], wait.Aim("gone")).result is None
    assert Walk([GONE], wait.Aim("gone")).result is None


def test_an_instance_that_restarts_may_still_be_shown_as_it_was() -> None:
    booting = {**RUNNING, "actual_status": "rebooting"}
    walk = Walk([RUNNING, RUNNING, booting, {**RUNNING, "label": "new"}], wait.Aim(after="restarted"))
    assert walk.result["label"] == "new"
    assert walk.told == ["about to restart", "rebooting", ""]
    assert Walk([RUNNING], wait.Aim(after="restarted")).result == RUNNING  # so fast that nobody saw it


def test_an_instance_that_starts_may_still_be_shown_as_it_was() -> None:
    stopped = {**RUNNING, "actual_status": "exited", "intended_status": "stopped", "cur_state": "stopped"}
    failed = {**LOADING, "actual_status": "exited", "status_msg": "Error: 1"}
    walk = Walk([stopped, stopped, LOADING, RUNNING], wait.Aim(after="changed"))
    assert (walk.result, walk.told) == (RUNNING, ["about to start", "loading", ""])
    assert Walk([stopped], wait.Aim(after="changed")).result.code == "never_ready"
    assert sum(Walk([stopped], wait.Aim(after="changed")).pauses) >= 10
    assert sum(Walk([stopped, LOADING, failed], wait.Aim(after="changed")).pauses) == 4  # what was seen to start counts
    assert sum(Walk([stopped], wait.Aim()).pauses) == 0


BUSY = RateLimited("too often", status_code=429)
DEAD = ConnectionFailed("no connection")


def test_failures_that_pass_do_not_end_a_wait() -> None:
    walk = Walk([LOADING, DEAD, BUSY, APIError("broken", status_code=502), RUNNING], wait.Aim())
    assert walk.result == RUNNING
    assert walk.told == ["loading", "no answer: no connection", "no answer: too often", "no answer: broken", ""]


def test_the_last_failure_is_told_when_the_time_is_over() -> None:
    result = Walk([LOADING, DEAD], wait.Aim(timeout=9.0)).result
    assert str(result) == "Instance 7 is not running after 9 s: no answer: no connection."


@pytest.mark.parametrize("error", [DEAD, AuthError("no key", status_code=401), APIError("no", status_code=400)])
def test_a_first_look_that_fails_ends_it(error: VastError) -> None:
    assert Walk([error, RUNNING], wait.Aim()).result is error


def test_what_follows_a_command_bears_a_first_failure_too() -> None:
    assert Walk([DEAD, RUNNING], wait.Aim(after="made")).result == RUNNING


@pytest.mark.parametrize("error", [AuthError("no key", status_code=401), APIError("no", status_code=400)])
def test_a_refusal_ends_it_at_any_time(error: VastError) -> None:
    assert Walk([LOADING, error, RUNNING], wait.Aim()).result is error


DIRECT = {**RUNNING, "public_ipaddr": "203.0.113.7", "ports": {"22/tcp": [{"HostPort": "40022"}]}}


@pytest.mark.parametrize(
    "banners, url",
    [
        ([b"SSH-2.0-x\r\n"], "ssh://root@203.0.113.7:40022"),
        ([None, b"SSH-2.0-x\r\n"], "ssh://root@h.example:22"),
        ([b"HTTP/1.1 400\r\n", b"SSH-1.99-x"], "ssh://root@h.example:22"),
        ([b"", None, b"SSH", None, b"SSH-2.0-late\r\n"], "ssh://root@203.0.113.7:40022"),
    ],
)
def test_ssh_is_tried_at_the_direct_port_and_then_at_the_proxy(banners: list[bytes | None], url: str) -> None:
    walk = Walk([DIRECT], wait.Aim("ssh"), banners)
    assert walk.result == {**DIRECT, "ssh_address": url}
    assert walk.probes[:2] == [Probe("203.0.113.7", 40022), Probe("h.example", 22)][: len(walk.probes)]


def test_an_instance_that_ends_while_ssh_is_tried_is_seen() -> None:
    ended = {**RUNNING, "actual_status": "exited", "status_msg": "Error: no sshd"}
    walk = Walk([RUNNING, RUNNING, ended], wait.Aim("ssh"))
    assert str(walk.result) == "Instance 7 will not be reachable by SSH: exited: Error: no sshd."


def test_an_address_that_is_none_is_not_tried() -> None:
    walk = Walk([{**RUNNING, "ssh_host": "-oProxyCommand=x"}], wait.Aim("ssh"))
    assert isinstance(walk.result, VastError) and walk.result.code == "bad_address"
    assert walk.probes == []


def test_several_are_looked_at_together() -> None:
    shown = [[LOADING, {**LOADING, "id": 8}], [RUNNING, {**LOADING, "id": 8}], [{**RUNNING, "id": 8}]]
    looks = [0]

    def listed() -> Any:
        looks[0] += 1
        yield "look"
        return shown[min(looks[0], len(shown)) - 1]

    walk = Walk.__new__(Walk)
    walk.pauses, walk.told, walk.probes, walk._clock, walk._banners = [0.0], [], [], 0.0, []
    outcomes: list[Outcome] = walk._run(wait.until_all(listed, [7, 8, 9], wait.Aim()))
    assert [outcome.result and outcome.result["id"] for outcome in outcomes] == [7, 8, None]
    assert isinstance(outcomes[2].error, NotFound)
    assert walk.told == ["0 of 3 done; 7, 8 loading; 9 not listed yet", "2 of 3 done; 8 loading", ""]


# ---------------------------------------------------------------- SSH servers


def served(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server on this machine that does so with each connection; its port."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    try:
                        talk(connection)
                    except OSError:
                        pass

        Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]


def byte_by_byte(connection: socket.socket) -> None:
    for byte in b"SSH-2.0-slow\r\n":
        connection.sendall(bytes([byte]))


def silent(connection: socket.socket) -> None:
    connection.recv(1)  # until the other side has enough


TALKS: list[tuple[Callable[[socket.socket], None], bytes | None]] = [
    (lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n"), b"SSH-2.0-OpenSSH_9.6\r\n"),
    (byte_by_byte, b"SSH-2.0-slow\r\n"),
    (lambda connection: connection.sendall(b"\x00" * 10_000), b"\x00" * 256),
    (lambda connection: connection.sendall(b"SSH-"), b"SSH-"),
    (lambda connection: None, None),
    (silent, None),
]


@pytest.mark.parametrize("talk, said", TALKS)
def test_a_probe_hears_the_first_line(
    talk: Callable[[socket.socket], None], said: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vastai.engine.edge.PROBE", 0.2)
    for port in served(talk):
        assert Edge().probe("127.0.0.1", port) == said


def test_a_probe_where_nothing_listens_is_none() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert Edge().probe("127.0.0.1", port) is None
    assert Edge().probe("a" * 70 + ".example", 22) is None  # no name of a host
    assert list(wait.answering([])) == []
