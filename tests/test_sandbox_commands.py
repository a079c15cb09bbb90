"""The commands of the sandbox: faults, log, clock, status and keys, in a file and where it is served; the server."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from test_cli_local import run

from vastai import VastAI
from vastai.client import table

ROOT = Path(__file__).parent.parent


def result(argv: list[str]) -> Any:
    """What a command prints under --raw."""
    code, out, err = run([*argv, "--raw"])
    assert code == 0, err
    return json.loads(out)


@contextmanager
def serving(*argv: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A process that serves a sandbox: its address and itself. It is terminated at the end."""
    table()  # compiled before, so that the process does not do it
    process = subprocess.Popen(
        [sys.executable, "-m", "vastai", "sandbox", "serve", "--port", "0", *argv],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        yield line.strip(), process
    finally:
        process.terminate()
        process.communicate(timeout=30)


@pytest.fixture
def place(tmp_path: Path) -> str:
    return f"sandbox:{tmp_path / 'world.db'}"


def test_faults_by_the_command_line(place: str) -> None:
    at = ["--url", place]
    added = run(["sandbox", "fault", "add", "PUT /asks/*", "--status", "503", "--times", "2", *at])
    assert added == (0, "Fault 1: status for PUT /asks/*, 2 times\n", "")
    assert run(["create", "instance", "12345", "--image", "ubuntu", *at])[0] == 7
    rows = result(["sandbox", "fault", "list", *at])
    assert [(row["route"], row["times"], row["hits"]) for row in rows] == [("PUT /asks/*", 2, 1)]
    assert "status=503" in run(["sandbox", "fault", "list", *at])[1].replace(" ", "=")
    assert run(["sandbox", "fault", "clear", "1", *at])[0] == 0
    assert run(["sandbox", "fault", "clear", "1", *at])[0] == 2
    assert run(["create", "instance", "12345", "--image", "ubuntu", *at])[0] == 0
    code, _, err = run(["sandbox", "fault", "add", "asks", "--kind", "lsot", *at])
    assert (code, "is not written like" in err, 'Did you mean "lost"' in err) == (2, True, True)


def test_status_log_clock_and_keys(place: str) -> None:
    at = ["--url", place]
    run(["create", "instance", "12345", "--image", "ubuntu", *at])
    before = result(["sandbox", "status", *at])
    assert (before["requests"], before["accounts"][0]["instances"]) == (1, 1)
    assert "1 instances (0 running)" in run(["sandbox", "status", *at])[1]
    assert "In the sandbox it is 20" in run(["sandbox", "advance", "3600", *at])[1]
    after = result(["sandbox", "status", *at])
    assert after["now"] - before["now"] > 3599
    assert after["accounts"][0]["running"] == 1
    assert after["accounts"][0]["credit"] < 999.9
    entry = result(["sandbox", "log", *at])[0]
    assert (entry["verb"], entry["status"], entry["cost"]["hourly"] > 0) == ("PUT", 200, True)
    assert "/api/v0/asks/12345/" in run(["sandbox", "log", *at])[1]
    key = run(["sandbox", "key", "--quiet", *at])[1].strip()
    assert (len(key), key in json.dumps(result(["sandbox", "log", *at]))) == (64, False)


def test_messages_hold_the_codes_that_were_sent(place: str) -> None:
    at = ["--url", place]
    assert run(["sandbox", "messages", *at])[2].strip().endswith("No messages.")
    run(["tfa", "send-email", *at])
    (message,) = result(["sandbox", "messages", *at])
    assert (message["channel"], message["to"], len(message["code"])) == ("email", "you@example.com", 6)
    assert message["code"] in run(["sandbox", "messages", *at])[1]


def test_a_file_and_the_process_that_serves_it_agree(tmp_path: Path, place: str) -> None:
    with serving("--state", str(tmp_path / "world.db")) as (url, _), VastAI(api_key="k", server_url=url) as client:
        assert client.search_offers(limit=1)
        run(["sandbox", "fault", "add", "GET /users/current/", "--status", "403", "--times", "1", "--url", place])
        assert run(["show", "user", "--url", url, "--api-key", "k"])[0] == 1
        assert client.show_user()["credit"] == 1000.0
        assert result(["sandbox", "fault", "list", "--url", url])[0]["hits"] == 1
        assert len(result(["sandbox", "status", "--url", url])["accounts"]) == 1
        assert run(["sandbox", "reset", "--yes", "--url", place])[0] == 0
        assert result(["sandbox", "status", "--url", url])["accounts"] == []
        client.create_instance(id=12345, image="ubuntu")
        assert run(["sandbox", "reset", "--yes", "--url", url])[0] == 0
        assert result(["sandbox", "status", "--url", place])["accounts"] == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_the_server(tmp_path: Path, number: int, code: int) -> None:
    with serving("--state", str(tmp_path / "world.db")) as (url, process):
        assert url.startswith("http://127.0.0.1:")
        process.send_signal(number)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (code, "")
    assert "Traceback" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["world.db"], "closed as it should be"


def test_what_a_server_is_told() -> None:
    with serving(
        "--state", ":memory:", "--strict-keys", "--rate-limits", "--form", "text", "--speed", "0.5", "--raw"
    ) as (
        line,
        process,
    ):
        url = json.loads(line)["url"]
        status = result(["sandbox", "status", "--url", url])
        assert (status["location"], status["speed"]) == (":memory:", 0.5)
        assert run(["show", "user", "--url", url, "--api-key", "made-up"])[0] == 3
        key = run(["sandbox", "key", "--quiet", "--url", url])[1].strip()
        assert run(["show", "env-vars", "--url", url, "--api-key", key])[0] == 0
        code, _, err = run(["show", "env-vars", "--url", url, "--api-key", key, "--retry", "0"])
        assert (code, "endpoint threshold=5.0" in err) == (5, True)
        process.terminate()
        assert process.stderr is not None
        assert process.stderr.readline() == f"The first key: vastai sandbox key --url {url}\n"


def test_what_the_environment_names_is_served(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAST_URL", place)
    with serving() as (url, _):
        assert result(["sandbox", "status", "--url", url])["location"] == place.removeprefix("sandbox:")
    monkeypatch.setenv("VAST_URL", "http://127.0.0.1:1")
    with serving() as (url, _):
        assert result(["sandbox", "status", "--url", url])["location"].endswith("/vastai/sandbox.db")


def test_what_cannot_be_served(tmp_path: Path) -> None:
    state = str(tmp_path / "world.db")
    assert run(["sandbox", "status", "--url", f"sandbox:{state}"])[0] == 0
    code, _, err = run(["sandbox", "serve", "--state", state, "--seed", "8"])
    assert (code, "was made with the seed 7, not 8" in err) == (2, True)
    assert run(["sandbox", "serve", "--port", "70000"])[0] == 2
    assert run(["sandbox", "serve", "--url", "https://console.vast.ai"])[0] == 2


@pytest.mark.parametrize(
    ("url", "code", "says"),
    [
        ("https://console.vast.ai", 2, "is no sandbox"),
        ("http://192.0.2.1", 2, "is no sandbox"),
        ("http://127.0.0.1:1", 6, "No sandbox answers at"),
    ],
)
def test_only_a_sandbox_is_asked(url: str, code: int, says: str) -> None:
    found, out, err = run(["sandbox", "status", "--url", url])
    assert (found, out, says in err) == (code, "", True)


def test_the_address_in_the_environment_is_used_only_if_it_is_a_sandbox(
    place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VAST_URL", place)
    assert result(["sandbox", "status"])["location"] == place.removeprefix("sandbox:")
    monkeypatch.setenv("VAST_URL", "https://console.vast.ai")
    assert result(["sandbox", "status"])["location"].endswith("/vastai/sandbox.db")
