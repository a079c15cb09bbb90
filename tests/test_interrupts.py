"""Processes that are interrupted in each phase of a command, lose their output, or cannot keep a key."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import IO

import pytest
from faults.server import FaultServer
from replay import ReplayServer

from vastai.client import table

ROOT = Path(__file__).parent.parent
VASTAI = [sys.executable, "-m", "vastai"]
KEY = "a-key-of-a-process"
RENT = ["create", "instance", "7", "--image", "i"]


def environment(**more: str) -> dict[str, str]:
    table()  # compiled before, so that no process compiles it
    return {**os.environ, "PYTHONPATH": str(ROOT), "VAST_URL": "sandbox::memory:", "VAST_API_KEY": KEY, **more}


def started(argv: list[str], **more: str) -> subprocess.Popen[bytes]:
    pipe = subprocess.PIPE
    return subprocess.Popen([*VASTAI, *argv], stdin=pipe, stdout=pipe, stderr=pipe, env=environment(**more))


def interrupted(process: subprocess.Popen[bytes]) -> str:
    """What a process says that is interrupted now; it ends at once, with 130 and without a traceback."""
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, b"")
    assert b"Traceback" not in err
    return err.decode()


def until(stream: IO[bytes] | None, end: bytes) -> None:
    """Read until these bytes have come."""
    assert stream is not None
    seen = b""
    while not seen.endswith(end):
        byte = stream.read(1)
        assert byte, seen
        seen += byte


def test_while_it_asks() -> None:
    with ReplayServer() as server:
        process = started(["destroy", "instance", "7"], VAST_URL=server.url)
        until(process.stderr, b"[y/N] ")
        assert interrupted(process) == "vastai: interrupted\n"
        assert server.requests == []


def test_while_it_connects() -> None:
    with FaultServer("hang") as server:
        process = started(RENT, VAST_URL=server.url.replace("http", "https"))
        server.wait_for(lambda: server.connections > 0)  # the handshake never comes
        assert interrupted(process).startswith("vastai: interrupted")


@pytest.mark.parametrize("behaviour", ["hang", "slow_headers", "slow_body"])
@pytest.mark.parametrize("options", [[], ["--quiet"], ["--raw"]])
def test_while_it_waits_for_the_answer_to_a_rental(behaviour: str, options: list[str]) -> None:
    with FaultServer(behaviour) as server:
        process = started([*RENT, *options], VAST_URL=server.url)
        server.wait_for(lambda: len(server.requests) == 1)
        said = interrupted(process)
        assert len(server.requests) == 1
    said = json.loads(said)["msg"] if "--raw" in options else said
    assert "may have been done. Look with show" in said


def test_while_it_looks_for_what_a_rental_made() -> None:
    looking = {"verb": "GET", "path": "*", "responses": [{"hang": 60}]}
    with ReplayServer([{"verb": "PUT", "path": "*", "responses": [{"drop": True}]}, looking]) as server:
        process = started(RENT, VAST_URL=server.url)
        server.wait_for(lambda: len(server.requests) == 2)
        said = interrupted(process)
        server.release.set()
    assert said.startswith("vastai: interrupted: The outcome of")
    assert "Look with show instances before" in said


def test_while_it_pauses_between_two_tries() -> None:
    with FaultServer({"answer": {"status": 429, "headers": {"Retry-After": "50"}}}) as server:
        process = started(RENT, VAST_URL=server.url)
        server.wait_for(lambda: len(server.requests) == 1)
        assert "interrupted" in interrupted(process)
        assert len(server.requests) == 1


def test_while_it_waits_for_what_it_has_rented() -> None:
    process = started(["create", "instance", "12345", "--image", "i", "--ssh", "--wait"])
    until(process.stderr, b": being provisioned\n")
    said = interrupted(process)
    assert re.fullmatch(
        r"vastai: interrupted: Instance (\d+) was rented: it goes on, and costs\. "
        r"Look with vastai show instance \1; vastai destroy instance \1 ends its costs\.\n",
        said,
    )


def test_while_nobody_reads_what_it_prints() -> None:
    rows = [{"id": number, "gpu_name": "x" * 1000} for number in range(1000)]
    with ReplayServer([{"verb": "*", "path": "*", "responses": [{"json": {"offers": rows}}]}]) as server:
        process = started(["search", "offers", "--raw"], VAST_URL=server.url)
        until(process.stdout, b"[")
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 130
        process.communicate()


def test_while_it_starts() -> None:
    """The interrupt comes when the command line itself is loaded."""
    code = (
        "import sys; from vastai.cli import start\n"
        "class Finder:\n"
        "    def find_spec(self, name, *rest):\n"
        "        if name == 'vastai.cli.main': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Finder()); sys.exit(start.main())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment(), check=False)
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


@pytest.mark.parametrize("options", [[], ["--raw"]])
def test_a_rental_whose_result_cannot_be_printed_was_done_and_says_so(options: list[str]) -> None:
    rented = {"json": {"success": True, "new_contract": 5}}
    with ReplayServer([{"verb": "PUT", "path": "*", "responses": [rented]}]) as server, open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*VASTAI, *RENT, *options],
            stdout=full, stderr=subprocess.PIPE, env=environment(VAST_URL=server.url), timeout=60, check=False,
        )  # fmt: skip
        assert len(server.requests) == 1
    assert done.returncode == 1
    said = done.stderr.decode()
    assert "was done. The result could not be written to standard output: No space left on device." in said
    assert re.search(r"Look with show.instances for 5\.", said), "what was made is named"


def no_file_grows() -> None:
    """Each write to a file fails, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))


@pytest.mark.parametrize("old", ["old-key", None])
def test_a_full_disk_leaves_the_old_key(old: str | None, own_home: Path) -> None:
    folder = own_home / ".config" / "vastai"
    folder.mkdir(parents=True)
    if old:
        (folder / "vast_api_key").write_text(old)
    done = subprocess.run(
        [*VASTAI, "set", "api-key", "new-key"],
        capture_output=True, env=environment(VAST_API_KEY=""), preexec_fn=no_file_grows, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"was not kept: cannot write" in done.stderr
    assert b"new-key" not in done.stderr
    assert {path.name: path.read_text() for path in folder.iterdir()} == ({"vast_api_key": old} if old else {})


@pytest.mark.parametrize(("streams", "code"), [("<&-", 0), (">&-", 1), ("2>&-", 0), ("<&- >&- 2>&-", 1)])
def test_streams_that_are_closed_do_no_harm(streams: str, code: int) -> None:
    with ReplayServer([{"verb": "*", "path": "*", "responses": [{"json": {"id": 1}}]}]) as server:
        for words, expected in ((["show", "user", "--raw"], code), (["destroy", "instance", "7"], 2)):
            done = subprocess.run(
                ["sh", "-c", f'exec "$@" {streams}', "sh", *VASTAI, *words],
                stdin=subprocess.DEVNULL, capture_output=True, env=environment(VAST_URL=server.url),
                timeout=60, check=False,
            )  # fmt: skip
            assert done.returncode == expected
            assert b"Traceback" not in done.stderr
            assert done.stdout == b"" if expected else json.loads(done.stdout) == {"id": 1}
        assert [each["verb"] for each in server.requests] == ["GET"]
