"""The command line as a process of its own: closed pipes, full disks, interrupts, encodings, and what a start loads."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from vastai.client import table

ROOT = Path(__file__).parent.parent
VASTAI = [sys.executable, "-m", "vastai"]


def environment(**more: str) -> dict[str, str]:
    table()  # compiled before, so that no process compiles it
    return {**os.environ, "PYTHONPATH": str(ROOT), "VAST_URL": "sandbox::memory:", **more}


def vastai(*argv: str, **more: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*VASTAI, *argv], capture_output=True, env=environment(**more), timeout=60, check=False)


def test_module_and_exit_code() -> None:
    done = vastai("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"1.10.0\n", b"")
    done = vastai("shwo")
    assert (done.returncode, done.stdout) == (2, b"")


@pytest.mark.parametrize("argv", [["--help"], ["search", "offers", "--raw"], ["search", "offers", "--help"]])
def test_a_closed_pipe_is_silent(argv: list[str]) -> None:
    process = subprocess.Popen([*VASTAI, *argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) == 0
    assert b"Broken" not in err
    assert b"Error" not in err


@pytest.mark.parametrize("argv", [["--version"], ["--help"], ["search", "offers", "--raw"]])
def test_a_full_stdout_is_an_error(argv: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [*VASTAI, *argv], stdout=full, stderr=subprocess.PIPE, env=environment(), timeout=60, check=False
        )
    assert done.returncode == 1
    assert b"No space left" in done.stderr
    assert b"Traceback" not in done.stderr


def test_no_stdout_at_all_is_an_error() -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", *VASTAI, "--version"], capture_output=True, env=environment(), check=False
    )
    assert done.returncode == 1
    assert b"standard output is closed" in done.stderr


def test_an_interrupt_ends_at_once_without_a_traceback() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        process = subprocess.Popen(
            [*VASTAI, "show", "instances"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(VAST_URL=url, VAST_API_KEY="k"),
        )
        connection, _ = server.accept()  # now it waits for an answer
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        connection.close()
    assert process.returncode == 130
    assert (out, err) == (b"", b"vastai: interrupted\n")


def test_an_ascii_terminal_does_not_crash() -> None:
    plain = {"PYTHONIOENCODING": "ascii:strict", "LC_ALL": "C", "PYTHONUTF8": "0"}
    done = vastai("nonsense-日本", **plain)
    assert done.returncode == 2
    assert done.stderr.isascii()
    done = vastai("search", "offers", "--limit", "2", "--raw", **plain)
    assert (done.returncode, len(json.loads(done.stdout))) == (0, 2)


def test_without_a_key_nothing_is_sent_and_the_way_is_shown() -> None:
    done = vastai("show", "instances", VAST_URL="http://127.0.0.1:9")
    assert (done.returncode, done.stdout) == (3, b"")
    assert b"set api-key" in done.stderr


HEAVY = ["requests", "urllib3", "yaml", "jsonschema", "json", "inspect", "dataclasses", "hashlib", "rich", "argparse"]
HEAVY += ["typing", "logging", "pathlib", "re"]


@pytest.mark.parametrize("argv", [["--version"], ["--help"], [], ["show"], ["search", "offers", "--help"]])
def test_help_and_version_load_little_and_write_nothing(argv: list[str], tmp_path: Path) -> None:
    """`-S` and `-I` keep out what the installation itself loads at start."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from vastai.cli.main import main; code = main({argv!r});"
        f"print('LOADED', code, [name for name in {HEAVY!r} if name in sys.modules])"
    )
    home = tmp_path / "home"
    home.mkdir(mode=0o500)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", code],
        capture_output=True,
        env={**environment(), "HOME": str(home)},
        timeout=60,
        check=False,
    )
    assert done.stdout.decode().splitlines()[-1:] == ["LOADED 0 []"], done.stderr
    assert list(home.iterdir()) == []
