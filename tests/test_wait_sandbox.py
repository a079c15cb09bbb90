"""Waiting in the sandbox, whose clock goes on when somebody pauses: the whole way of a wait, as method and typed."""

from __future__ import annotations

import io
import json
import logging
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from edges import over
from test_wait import served

from vastai import VastAI, VastError
from vastai.cli.main import guarded
from vastai.cli.terminal import Terminal
from vastai.engine.edge import Edge
from vastai.sandbox import machine_behind
from vastai.sandbox.testing import Sandbox, SandboxEdge

OFFER = 12345
IMAGE = "pytorch/pytorch"


class Ended(NamedTuple):
    """How a command line ended."""

    code: int
    out: str
    err: str


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Place:
    """A sandbox, with a command line whose pauses let its time pass. `meanwhile` is called in each pause."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.client = sandbox, sandbox.client
        sandbox.world.set_speed(0.0)
        self.meanwhile: list[Any] = []

    def other_offer(self) -> int:
        """An offer of another machine."""
        return int(self.client.search_offers("num_gpus=1", limit=1)[0]["id"])

    def rent(self, **wish: Any) -> int:
        """Rent and let it boot; the id."""
        answer = self.client.create_instance(**{"id": OFFER, "image": IMAGE, "ssh": True, "wait": True, **wish})
        return int(answer["new_contract"])

    def type(self, *argv: str, screen: bool = False) -> Ended:
        """Type a command."""
        streams: Any = Screen if screen else io.StringIO
        out, err, place = io.StringIO(), streams(), self

        class Passing(Edge):
            def now(self) -> float:
                return place.sandbox.now

            def clock(self) -> float:
                return place.sandbox.now

            def sleep(self, seconds: float) -> None:
                place.sandbox.advance(seconds)
                if place.meanwhile:
                    place.meanwhile.pop(0)()

        def open_client(edge: Edge, **settings: Any) -> VastAI:
            return VastAI(edge=over(edge, Passing), **settings)

        terminal = Terminal(io.StringIO(), out, err, {"TERM": "xterm", "COLUMNS": "100"})
        code = guarded([*argv, "--url", self.sandbox.url], terminal, open_client=open_client)
        return Ended(code, out.getvalue(), err.getvalue())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    sandbox = Sandbox(str(tmp_path / "world.db"))
    yield Place(sandbox)
    sandbox.close()


# ---------------------------------------------------------------- as methods


def test_the_life_of_an_instance(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="vastai")
    client = place.client
    made = client.create_instance(OFFER, IMAGE, ssh=True, direct=True, wait="ssh")
    id = made["new_contract"]
    instance = made["instance"]
    port = instance["ports"]["22/tcp"][0]["HostPort"]
    assert instance["ssh_address"] == f"ssh://root@{instance['public_ipaddr']}:{port}"
    assert made["msg"] == f"Instance {id} answers at {instance['ssh_address']}."
    assert [record.getMessage() for record in caplog.records] == [
        f"instance {id}: being provisioned",
        f"instance {id}: loading: pulling {IMAGE}",
    ]
    assert client.stop_instance(id, wait=True)["instance"]["actual_status"] == "exited"
    assert client.wait_instance(id, until="stopped")["cur_state"] == "stopped"
    assert client.start_instance(id, wait=True)["instance"]["actual_status"] == "running"
    assert client.reboot_instance(id, wait="ssh")["instance"]["actual_status"] == "running"
    assert client.recycle_instance(id, wait=True)["instance"]["actual_status"] == "running"
    assert client.update_instance(id, image="ubuntu", wait=True)["instance"]["image_uuid"] == "ubuntu"
    assert client.destroy_instance(id, wait=True) == {"success": True, "msg": f"Instance {id} is gone."}


def test_by_the_proxy_where_there_is_no_direct_port(place: Place) -> None:
    id = place.rent()
    waited = place.client.wait_instance(id, until="ssh")
    assert waited["ssh_address"] == f"ssh://root@{waited['ssh_host']}:{waited['ssh_port']}"


def test_an_image_that_cannot_be_pulled_ends_it_at_once(place: Place) -> None:
    before = place.sandbox.now
    with pytest.raises(VastError) as caught:
        place.client.create_instance(OFFER, "No Such Image", ssh=True, wait=True)
    assert caught.value.code == "never_ready"
    assert "cannot pull No Such Image: not an image name" in str(caught.value)
    assert caught.value.details["new_contract"] == place.client.show_instances()[0]["id"]
    assert place.sandbox.now - before < 15


def test_a_boot_that_fails_and_one_that_never_comes(place: Place) -> None:
    place.sandbox.fault("PUT /asks/*", "boot-exit", times=1)
    with pytest.raises(VastError, match=r"exited: Error: .*exit code 1\. Instance \d+ was rented: it goes on"):
        place.client.create_instance(OFFER, IMAGE, ssh=True, wait=True)
    place.sandbox.fault("PUT /asks/*", "no-boot", times=1)
    before = place.sandbox.now
    with pytest.raises(VastError, match="is not running after 100 s: being provisioned") as caught:
        place.client.create_instance(place.other_offer(), IMAGE, ssh=True, wait=True, wait_timeout=100)
    assert caught.value.code == "timed_out"
    assert 99 < place.sandbox.now - before < 102


def test_a_service_that_fails_for_a_while_is_borne(place: Place) -> None:
    place.sandbox.fault("GET /instances/*", status=503, times=9)
    assert place.client.create_instance(OFFER, IMAGE, ssh=True, wait=True)["instance"]["actual_status"] == "running"


def test_the_looks_are_as_few_as_the_service_allows(place: Place) -> None:
    place.sandbox.fault("GET /instances/*", "rate-limits")
    id = place.rent()
    assert not [entry for entry in place.sandbox.requests if entry["status"] == 429]
    assert place.client.wait_instance(id, poll=2)["id"] == id


def test_several_at_once_need_one_list_at_a_time(place: Place) -> None:
    ids = [place.rent(), place.rent(id=place.other_offer())]
    place.client.stop_instances(ids, wait=True)
    asked = len(place.sandbox.requests)
    report = place.client.start_instances(ids, wait="running")
    assert [(row["id"], row["success"]) for row in report["results"]] == [(id, True) for id in ids]
    routes = {entry["path"] for entry in place.sandbox.requests[asked:]}
    assert routes == {"/api/v0/instances/", "/api/v1/instances/"}
    gone = place.client.destroy_instances(ids, wait=True)
    assert [row["msg"] for row in gone["results"]] == [f"Instance {id} is gone." for id in ids]


def test_the_sandbox_answers_only_where_an_instance_runs_with_ssh(place: Place) -> None:
    id = place.rent(direct=True)
    row = place.client.show_instance(id)
    address = row["ssh_host"], row["ssh_port"]
    never = lambda host, port: pytest.fail("the network is not asked")  # noqa: E731
    transport: Any = place.client._driver()._open_sender().transport
    assert transport.probe(*address, never).startswith(b"SSH-")
    assert transport.probe(address[0], address[1] + 1, never) is None
    place.client.stop_instance(id, wait=True)
    assert transport.probe(*address, never) is None


@pytest.mark.parametrize("banner, error", [(b"SSH-2.0-real\r\n", ""), (b"HTTP/1.0 400\r\n", "SSH does not answer yet")])
def test_a_real_machine_behind_the_sandbox_is_really_asked(place: Place, banner: bytes, error: str) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(banner)

    id = place.rent()
    for port in served(talk):
        machine_behind.put_behind(place.sandbox.world, f"127.0.0.1:{port}")
        if not error:
            assert place.client.wait_instance(id, until="ssh")["ssh_address"] == f"ssh://root@127.0.0.1:{port}"
            continue
        with pytest.raises(VastError, match=error):
            place.client.wait_instance(id, until="ssh", timeout=4)


# ---------------------------------------------------------------- typed

RENT = ("create", "instance", str(OFFER), "--image", IMAGE, "--ssh", "--direct")


def test_typed_in_a_pipe_the_states_are_plain_lines(place: Place) -> None:
    ended = place.type(*RENT, "--wait=ssh")
    id = place.client.show_instances()[0]["id"]
    first, second = ended.out.splitlines()
    assert (ended.code, first[:17]) == (0, "Started. {'succes")
    assert second.startswith(f"Instance {id} answers at ssh://root@")
    assert ended.err == f"[sandbox]\ninstance {id}: being provisioned\ninstance {id}: loading: pulling {IMAGE}\n"


def test_typed_on_a_terminal_one_line_is_rewritten_and_taken_away(place: Place) -> None:
    err = place.type(*RENT, "--wait", screen=True).err
    parts = err.removeprefix("[sandbox]\n").split("\r\x1b[K")
    id = place.client.show_instances()[0]["id"]
    assert parts[:2] == [f"[{at} s] instance {id}: being provisioned" for at in (0, 1)]
    assert parts[-1] == ""


def test_raw_is_one_document_with_the_instance(place: Place) -> None:
    ended = place.type(*RENT, "--wait", "--raw")
    shown = json.loads(ended.out)
    assert (shown["instance"]["id"], ended.err) == (shown["new_contract"], "[sandbox]\n")
    assert shown["instance"]["jupyter_token"] == "****"
    assert len(place.client.show_instance(shown["new_contract"])["jupyter_token"]) > 4
    place.sandbox.fault("PUT /asks/*", "boot-exit")
    failed = place.type("create", "instance", str(place.other_offer()), "--image", IMAGE, "--wait", "--raw")
    refusal = json.loads(failed.err)
    assert (failed.code, failed.out, refusal["error"]) == (1, "", "never_ready")
    assert refusal["instance"]["id"] == refusal["new_contract"]
    assert refusal["instance"]["jupyter_token"] == "****"
    several = place.type("wait", "instances", str(refusal["new_contract"]), "--raw")
    assert json.loads(several.err)["results"][0]["instance"]["jupyter_token"] == "****"


def test_ids_alone_are_printed_when_it_runs(place: Place) -> None:
    id = str(place.client.create_instance(OFFER, IMAGE, ssh=True)["new_contract"])
    assert place.type("wait", "instance", id, "-q") == (0, f"{id}\n", "")
    assert place.type("stop", "instance", id, "--wait", "-q") == (0, "", "")
    assert place.type("start", "instance", id, "--wait=ssh", "-q") == (0, "", "")
    assert place.type("destroy", "instance", id, "--yes", "--wait", "-q") == (0, "", "")
    assert place.type(*RENT, "--wait", "-q") == (0, f"{place.client.show_instances()[0]['id']}\n", "")


def test_the_address_that_answers_is_said_beside_the_table(place: Place) -> None:
    id = place.rent()
    ended = place.type("wait", "instance", str(id), "--until", "ssh")
    assert ended.out.startswith("ID ")
    assert ended.err.endswith(
        f"Instance {id} answers at ssh://root@ssh{id % 9 + 1}.sandbox.example:{10_000 + id % 50_000}.\n"
    )


def test_a_recording_of_a_wait_is_played_back(place: Place, tmp_path: Path) -> None:
    file = str(tmp_path / "record.jsonl")
    with place.sandbox.new_client(record=file) as client:
        made = client.create_instance(OFFER, IMAGE, ssh=True, wait="ssh")
    with VastAI(server_url=f"replay:{file}", edge=SandboxEdge(place.sandbox.world)) as client:
        again = client.create_instance(OFFER, IMAGE, ssh=True, wait="ssh")
    assert again["new_contract"] == made["new_contract"]
    assert again["instance"]["actual_status"] == "running"


@pytest.mark.parametrize("raw", [[], ["--raw"]])
def test_who_is_interrupted_is_told_what_was_rented(place: Place, raw: list[str]) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    place.meanwhile = [lambda: None, interrupt]
    ended = place.type(*RENT, "--wait", *raw)
    id = place.client.show_instances()[0]["id"]
    assert (ended.code, ended.out) == (130, "")
    assert f"Instance {id} was rented: it goes on, and costs." in ended.err
    if raw:
        assert json.loads(ended.err)["new_contract"] == id
    else:
        assert ended.err.endswith(f"vastai destroy instance {id} ends its costs.\n")


def test_what_was_rented_is_named_even_when_a_wait_breaks(place: Place) -> None:
    def break_down() -> None:
        raise RuntimeError("out of paper")

    place.meanwhile = [break_down]
    ended = place.type(*RENT, "--wait")
    id = place.client.show_instances()[0]["id"]
    assert ended.code == 1
    assert f"Instance {id} was rented: it goes on, and costs.\n" in ended.err
    assert "unexpected RuntimeError: out of paper" in ended.err


def test_who_is_interrupted_after_a_change_is_told_that_it_was_done(place: Place) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    id = place.rent()
    place.meanwhile = [interrupt]
    ended = place.type("stop", "instance", str(id), "--wait")
    assert (ended.code, ended.out) == (130, "")
    assert ended.err.endswith("vastai: interrupted while waiting: stop instance was done.\n")


def test_a_timeout_of_the_wait_is_the_commands_own_flag(place: Place) -> None:
    id = place.rent()
    ended = place.type("wait", "instance", str(id), "--until=stopped", "--timeout", "3")
    assert ended.code == 6
    assert f"vastai: Instance {id} is not stopped after 3 s: running.\n" in ended.err
    assert f"It goes on as it is; vastai show instance {id} shows it." in ended.err


def test_one_of_several_fails(place: Place) -> None:
    id = place.rent()
    ended = place.type("wait", "instance", str(id), "999")
    assert ended.code == 4
    assert "  999: Instance 999 will not be running: it is not there.\n" in ended.err
    assert f"vastai: done: {id}; failed: 999 (not_found)\n" in ended.err


# ---------------------------------------------------------------- logs that are followed


def test_a_log_is_followed_until_the_instance_stops(place: Place) -> None:
    id = place.rent()
    start = place.sandbox.now

    def pass_a_minute() -> None:
        place.sandbox.advance(60)

    place.meanwhile = [pass_a_minute] * 3 + [lambda: place.client.stop_instance(id), lambda: None]
    ended = place.type("logs", str(id), "--follow", "--tail", "1")
    lines = ended.out.splitlines()
    assert (ended.code, lines[0][21:]) == (0, "sshd listens on port 22")
    minutes = [line[21:] for line in lines[1:]]
    assert minutes == [f"alive for {minute} min" for minute in range(1, len(minutes) + 1)]
    assert len(minutes) >= 3 and place.sandbox.now - start < 300
    assert ended.err == f"[sandbox]\nInstance {id} has ended, and its log: exited: stopped on request.\n"
    assert place.type("logs", str(id)).out.splitlines()[1:] == lines


def test_the_library_gets_the_whole_at_the_end(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    id = place.rent()
    place.sandbox.advance(150)
    place.client.stop_instance(id, wait=True)
    assert place.client.logs(id, follow=True) == place.client.logs(id)
    assert place.client.logs(id, tail=1, follow=True)[21:] == "alive for 2 min\n"
    assert f"Instance {id} has ended, and its log" in caplog.text


def test_a_log_of_what_is_not_there(place: Place) -> None:
    assert place.type("logs", "999", "--follow").code == 4


def test_a_log_ends_when_its_instance_is_destroyed(place: Place) -> None:
    id = place.rent()
    place.meanwhile = [lambda: None] * 4 + [lambda: place.client.destroy_instance(id)]
    ended = place.type("logs", str(id), "--follow", "--raw")
    assert [json.loads(line)[21:] for line in ended.out.splitlines()][-1] == "sshd listens on port 22"
    assert (ended.code, ended.err) == (0, f"[sandbox]\nInstance {id} has ended, and its log: gone.\n")


def test_a_log_goes_on_after_failures_that_pass(place: Place) -> None:
    id = place.rent()

    def fail() -> None:
        place.sandbox.fault("PUT /instances/request_logs/*", status=502, times=4)

    place.meanwhile = [fail, *[lambda: None] * 40, lambda: place.client.stop_instance(id)]
    ended = place.type("logs", str(id), "--follow")
    assert ended.code == 0
    assert ended.out.count("container of") == 1
    assert "No answer, and going on: " in ended.err


def test_who_has_seen_enough_stops_it(place: Place) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    id = place.rent()
    place.meanwhile = [lambda: None] * 3 + [interrupt]
    ended = place.type("logs", str(id), "--follow")
    assert (ended.code, len(ended.out.splitlines())) == (130, 2)


def test_the_edge_of_the_sandbox_is_one_of_the_library() -> None:
    assert SandboxEdge.surface == "library"
