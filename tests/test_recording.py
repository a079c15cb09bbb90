"""Recording and playing back, through the library and the command line."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
import yaml
from replay import ReplayServer

from vastai import VastAI
from vastai.cli.main import guarded
from vastai.cli.terminal import Terminal
from vastai.client import table
from vastai.engine.retry import TransportError
from vastai.engine.steps import Reply
from vastai.errors import ConnectionFailed, OutcomeUnknown, RateLimited, UsageError, VastError
from vastai.recording import document
from vastai.recording.transport import RecordingTransport, ReplayTransport
from vastai.replay import calls, replay
from vastai.settings import Settings

KEY = "f00dfacef00dfacef00dfacef00dface"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "recording.yaml"


def story(client: VastAI) -> list[Any]:
    """A session of several kinds of calls: a search, a rental, rows, text behind a URL, a refusal."""
    offer = client.search_offers("num_gpus=1", order="dph_total", limit=2)[0]["id"]
    rented = client.create_instance(id=offer, image="pytorch/pytorch", env={"TOKEN": "swordfish"}, label="mine")
    id = rented["new_contract"]
    refused = client.create_instance(id=1, image="pytorch/pytorch")
    return [rented, client.show_instance(id), client.show_user(), client.logs(id), refused, client.destroy_instance(id)]


def run(*words: str) -> tuple[int, str, str]:
    import io

    out, err = io.StringIO(), io.StringIO()
    code = guarded(list(words), Terminal(io.StringIO(), out, err, os.environ))
    return code, out.getvalue(), err.getvalue()


def test_what_is_recorded_is_played_back_without_secrets(file: Path) -> None:
    with VastAI(server_url="sandbox::memory:", record=str(file), api_key=KEY, quiet=True, edge=Quick()) as client:
        real = story(client)
    text = file.read_text()
    user = real[2]
    for secret in (KEY, "swordfish", user["email"], real[1]["public_ipaddr"], "__sandbox__"):
        assert secret not in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    played = story(replay(str(file), quiet=True))
    assert played[0]["new_contract"] == real[0]["new_contract"], "ids are kept"
    assert played[1]["public_ipaddr"].startswith("240.")
    assert played[2]["credit"] == user["credit"]
    assert [row.get("success") for row in (played[4], played[5])] == [False, True]
    assert [name for name, _, _ in calls(str(file))][:2] == ["search_offers", "create_instance"]


class Quick:
    """Nothing of an edge but that it does not wait."""

    def __new__(cls) -> Any:
        from vastai.engine.edge import Edge

        edge = Edge()
        edge.sleep = lambda seconds: None  # type: ignore[method-assign]
        return edge


def test_the_calls_of_a_recording_can_be_made_again(file: Path) -> None:
    with VastAI(server_url="sandbox::memory:", record=str(file)) as client:
        client.show_user()
        client.search_offers("gpu_name=RTX_4090", limit=1)
    client = replay(str(file), strict=True)
    results = [call(client) for _, _, call in calls(str(file))]
    assert [len(result) > 0 for result in results] == [True, True]


def test_the_answers_come_in_order_and_the_last_one_stays(file: Path) -> None:
    rows = [{"instances": [{"id": 7, "actual_status": status}]} for status in ("loading", "running")]
    script = [{"verb": "GET", "path": "/api/v1/instances/", "responses": [{"json": row} for row in rows]}]
    with (
        ReplayServer(script) as server,
        VastAI(KEY, server.url, record=str(file)) as client,
    ):
        real = [client.show_instances()[0]["actual_status"] for _ in range(2)]
    again = replay(str(file))
    assert [again.show_instances()[0]["actual_status"] for _ in range(3)] == [*real, real[-1]]
    assert "127.0.0.1" not in file.read_text()
    assert document.read(str(file)).head["server"] == "another"


def test_a_lost_answer_is_lost_again(file: Path) -> None:
    script = [{"verb": "PUT", "path": "*", "responses": [{"drop": True}]}]
    with ReplayServer(script) as server, VastAI(KEY, server.url, retry=0, record=str(file)) as client:
        with pytest.raises(OutcomeUnknown):
            client.reboot_instance(7)
        with pytest.raises(ConnectionFailed):
            client.start_instance(7)
    again = replay(str(file), retry=0)
    with pytest.raises(OutcomeUnknown):
        again.reboot_instance(7)
    with pytest.raises(ConnectionFailed):
        again.start_instance(7)


def test_the_headers_that_matter_are_kept(file: Path) -> None:
    headers = {"Retry-After": "90", "X-RateLimit-Remaining": "0", "Set-Cookie": "sid=abc", "X-Request-Id": "r-1"}
    script = [{"verb": "*", "path": "*", "responses": [{"status": 429, "json": {"msg": "busy"}, "headers": headers}]}]
    with (
        ReplayServer(script) as server,
        VastAI(KEY, server.url, record=str(file)) as client,
        pytest.raises(RateLimited),
    ):
        client.show_user()
    kept = document.read(str(file)).exchanges[0]["answer"]["headers"]
    assert {"retry-after", "x-ratelimit-remaining", "date", "content-type"} == set(kept)
    with pytest.raises(RateLimited):
        replay(str(file)).show_user()


def test_nothing_is_overwritten_and_nothing_is_sent_then(file: Path) -> None:
    file.write_text("precious")
    with ReplayServer() as server, VastAI(KEY, server.url, record=str(file)) as client:
        with pytest.raises(UsageError, match="replaces nothing"):
            client.create_instance(id=7, image="a")
        assert server.requests == []
    assert file.read_text() == "precious"


def test_a_call_that_sends_nothing_leaves_no_file(file: Path) -> None:
    with VastAI(server_url="https://console.vast.ai", record=str(file)) as client:
        with pytest.raises(VastError, match="no API key"):
            client.show_user()
        client.settings.curl = True
        assert client.search_offers(limit=1) is None
    assert not file.exists()


def test_a_client_that_was_closed_goes_on_in_its_file(file: Path) -> None:
    client = VastAI(server_url="sandbox::memory:", record=str(file))
    client.show_user()
    client.close()
    client.show_user()
    client.close()
    users = [entry["answer"]["json"]["email"] for entry in document.read(str(file)).exchanges]
    assert users == ["removed-email-1@example.invalid"] * 2


def test_a_full_disk_costs_the_recording_and_not_the_answer() -> None:
    said: list[str] = []
    settings = Settings(server_url="sandbox::memory:", record="/dev/full")
    recorder = RecordingTransport(Answering(), "/dev/full", settings, table(), say=said.append)
    recorder._file._begun = True  # /dev/full is there already
    for _ in range(2):
        assert recorder.send("GET", "http://sandbox/x/", {}, None, deadline=1, fresh=False).status == 200
    recorder.close()
    assert said == ["The recording /dev/full ends here: No space left on device"]


def test_an_answer_that_cannot_be_recorded_is_given_all_the_same(file: Path) -> None:
    said: list[str] = []
    inner = Answering()
    recorder = RecordingTransport(inner, str(file), Settings(server_url="sandbox"), table(), say=said.append)
    inner.body = b'{"a":' * 900 + b"1" + b"}" * 900
    assert recorder.send("GET", "http://sandbox/x/", {}, None, deadline=1, fresh=False).body == inner.body
    inner.body = b"{}"
    recorder.send("GET", "http://sandbox/y/", {}, None, deadline=1, fresh=False)
    recorder.close()
    assert said in ([], [f"The recording {file} lacks one exchange: RecursionError"]), "as deep as this Python allows"
    assert document.read(str(file)).exchanges[-1]["request"]["path"] == "/y/"


class Answering:
    """A transport that says yes, or is interrupted."""

    def __init__(self, failure: BaseException | None = None) -> None:
        self.failure = failure
        self.body = b'{"success": true}'

    def send(self, verb: str, url: str, *rest: Any, **more: Any) -> Reply:
        if self.failure:
            raise self.failure
        return Reply(200, {}, self.body, url, verb)

    def close(self) -> None:
        pass


def test_an_interrupted_session_leaves_a_whole_file(file: Path) -> None:
    inner = Answering()
    recorder = RecordingTransport(inner, str(file), Settings(server_url="sandbox"), table())
    recorder.send("GET", "http://sandbox/x/", {}, None, deadline=1, fresh=False)
    inner.failure = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        recorder.send("PUT", "http://sandbox/y/", {}, b"{}", deadline=1, fresh=False)
    found = document.read(str(file)).exchanges  # although nobody has closed it
    assert [entry.get("failure") for entry in found] == [
        None,
        {"reason": "KeyboardInterrupt on this side", "sent": True},
    ]


def test_an_entry_that_was_cut_is_left_out(file: Path) -> None:
    with VastAI(server_url="sandbox::memory:", record=str(file)) as client:
        client.show_user()
        client.show_user()
    whole = file.read_text()
    file.write_text(whole[:-40])
    assert len(document.read(str(file)).exchanges) in (1, 2)
    file.write_text(whole[: whole.rindex("answer:") + 3])
    assert len(document.read(str(file)).exchanges) == 1


def test_threads_write_whole_entries(file: Path) -> None:
    with VastAI(server_url="sandbox::memory:", record=str(file)) as client:
        threads = [threading.Thread(target=client.show_user) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(document.read(str(file)).exchanges) == 8


BAD = {
    "precious": "is no recording of this version",
    "recording: 2\nexchanges: []\n": "is no recording of this version",
    "recording: 1\nexchanges: [7]\n": "each entry below exchanges",
    "recording: 1\nexchanges: [{at: 0}]\n": "each entry below exchanges",
    "recording: [\n": "recording.yaml:2",
}


@pytest.mark.parametrize("text", BAD)
def test_a_file_that_is_no_recording_is_named(text: str, file: Path) -> None:
    file.write_text(text)
    with pytest.raises(UsageError, match=BAD[text]):
        replay(str(file))


def test_a_request_that_was_not_recorded_names_the_nearest(file: Path) -> None:
    file.write_text(
        "recording: 1\nexchanges:\n"
        "- request: {verb: PUT, path: /api/v0/instances/7/, body: {state: running}}\n"
        "  answer: {status: 200, json: {success: true}}\n"
        "- request: {verb: GET, path: /api/v0/users/current}\n  answer: {status: 200, json: {id: 1}}\n"
    )
    client = replay(str(file))
    assert client.start_instance(7)["success"] is True
    with pytest.raises(
        VastError, match=r"nearest is PUT /api/v0/instances/7/: body.state is 'stopped', recorded is 'run"
    ):
        client.stop_instance(7)
    with pytest.raises(VastError, match=r"no such DELETE /api/v0/instances/7/. The nearest is PUT"):
        client.destroy_instance(7)
    file.write_text("recording: 1\nexchanges:\n")
    with pytest.raises(VastError, match="holds no request"):
        replay(str(file)).show_user()


def test_a_replay_may_be_edited(file: Path) -> None:
    file.write_text(
        "recording: 1\nexchanges:\n"
        "- request: {verb: GET, path: /x/}\n  failure: {reason: the connection was reset, sent: true}\n"
        "- request: {verb: GET, path: /x/}\n  answer: {status: 502, text: <html>}\n"
    )
    transport = ReplayTransport(f"replay:{file}")
    with pytest.raises(TransportError, match="reset"):
        transport.send("GET", "http://replay/x/", {}, None, deadline=1, fresh=False)
    assert transport.send("GET", "http://replay/x/", {}, None, deadline=1, fresh=False).status == 502


def test_the_command_line_records_and_plays_back(file: Path) -> None:
    code, shown, said = run("--url", "sandbox::memory:", "--record", str(file), "show", "user", "--raw")
    assert (code, said) == (0, "[sandbox]\n") or "[sandbox]" in said
    code, again, said = run("--url", f"replay:{file}", "show", "user", "--raw")
    assert code == 0
    assert "removed-email-1@example.invalid" in again
    assert "[replay]" in said or "[replay]" in again
    assert yaml.safe_load(shown)["id"] == yaml.safe_load(again)["id"]
    code, _, said = run("show", "instances", "--url", f"replay:{file}")
    assert (code, "The nearest is GET /api/v0/users/current" in said) == (1, True)
    code, _, said = run("show", "user", "--url", "sandbox::memory:", "--record", str(file))
    assert (code, "replaces nothing" in said) == (2, True)
