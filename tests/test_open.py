"""Where a page is opened: in the browser of a person who has a display, and the token goes nowhere else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from replay import ReplayServer

from vastai import VastAI
from vastai.engine.edge import Edge

TOKEN = "token-of-jupyter"
ROW = {
    "id": 7,
    "actual_status": "running",
    "image_runtype": "jupyter_direc ssh_proxy",
    "jupyter_token": TOKEN,
    "public_ipaddr": "203.0.113.7",
    "ports": {"8080/tcp": [{"HostPort": "40023"}]},
}
URL = f"https://203.0.113.7:40023/?token={TOKEN}"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> ReplayServer:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "TERM"):
        monkeypatch.delenv(name, raising=False)
    with ReplayServer([{"verb": "*", "path": "*", "responses": [{"json": {"instances": ROW}}]}]) as started:
        yield started


def browser(folder: Path, code: int = 0) -> str:
    """A browser that notes what it was to show; with a place for the address, Python waits for its end."""
    program = folder / "browser"
    program.write_text(f'#!/bin/sh\necho "$1" >> {folder}/shown\nexit {code}\n')
    program.chmod(0o755)
    return f"{program} %s"


def typed(server: ReplayServer, *argv: str) -> tuple[int, str, str]:
    """What a process of its own makes of it: Python finds out once which browsers there are."""
    command = [sys.executable, "-m", "vastai", "--url", server.url, "--api-key", "k", *argv]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def test_the_browser_gets_the_address_and_nobody_else_the_token(
    server: ReplayServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER", browser(tmp_path))
    assert typed(server, "open", "7", "--explain") == (
        *(0, "https://203.0.113.7:40023/\n"),
        f"GET {server.url}/api/v0/instances/7/?owner=me\n",
    )
    assert (tmp_path / "shown").read_text() == f"{URL}\n"
    assert TOKEN not in "".join(typed(server, "--raw", "open", "7")[1:])


def test_without_a_display_the_address_is_printed(server: ReplayServer) -> None:
    with VastAI("k", server.url, quiet=True) as client:
        assert client.open_instance(7) == URL
    assert Edge().browse(URL) is False
    code, out, err = typed(server, "open", "7")
    assert (code, out, err) == (0, f"{URL}\n", "No browser was opened; this is the address.\n")
    assert typed(server, "open", "7", "--no-browser") == (0, f"{URL}\n", "")


def test_a_browser_that_fails_is_none(server: ReplayServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER", browser(tmp_path, code=1))
    assert typed(server, "open", "7")[1] == f"{URL}\n"
    monkeypatch.setenv("BROWSER", f"{tmp_path / 'not there'} %s")
    assert typed(server, "open", "7")[1] == f"{URL}\n"


def test_the_sandbox_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROWSER", browser(tmp_path))
    with VastAI(server_url="sandbox::memory:", quiet=True) as client:
        id = client.create_instance(12345, "pytorch/pytorch", jupyter=True)["new_contract"]
        assert client.open_instance(id).startswith("https://")
    assert not (tmp_path / "shown").exists()


def test_a_recording_does_not_hold_the_token(server: ReplayServer, tmp_path: Path) -> None:
    typed(server, "--record", str(tmp_path / "recording.yaml"), "open", "7", "--no-browser")
    assert TOKEN not in (tmp_path / "recording.yaml").read_text()
