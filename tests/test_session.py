"""The key of a two-factor session: the terminal keeps it for the commands that follow, the library does not."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path

import pytest
from replay import ReplayServer

from vastai import VastAI
from vastai.cli.main import guarded
from vastai.cli.terminal import Terminal
from vastai.sandbox import totp

SESSION = {"json": {"success": True, "session_key": "SESSION-KEY", "backup_codes_remaining": 2}}
SCRIPT = [{"verb": "POST", "path": "/api/v0/tfa/", "responses": [SESSION]}]


def file(home: Path) -> Path:
    return home / ".config" / "vastai" / "vast_tfa_key"


def run(server: ReplayServer, *words: str) -> int:
    return guarded(["--url", server.url, "--retry", "0", *words], Terminal.of_process())


@pytest.fixture
def keyed(own_home: Path) -> Path:
    """A home with a key file."""
    folder = own_home / ".config" / "vastai"
    folder.mkdir(parents=True, mode=0o755)
    (folder / "vast_api_key").write_text("key-of-the-file\n")
    return own_home


def keys_used(server: ReplayServer) -> list[str]:
    return [request["headers"]["Authorization"].removeprefix("Bearer ") for request in server.requests]


def test_the_terminal_keeps_it_and_uses_it(keyed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with ReplayServer([*SCRIPT, {"verb": "GET", "path": "*", "responses": [{"json": {"id": 1}}]}]) as server:
        assert run(server, "--raw", "tfa", "login", "--code", "123456") == 0
        shown = capsys.readouterr()
        assert json.loads(shown.out)["session_key"] == "****"
        assert "SESSION-KEY" not in shown.out + shown.err
        assert str(file(keyed)) in shown.err
        assert run(server, "show", "user") == 0
    assert keys_used(server) == ["key-of-the-file", "SESSION-KEY"]
    assert stat.S_IMODE(file(keyed).stat().st_mode) == 0o600
    assert stat.S_IMODE(file(keyed).parent.stat().st_mode) == 0o700


def test_a_session_that_has_ended_gives_way_to_the_key(keyed: Path) -> None:
    ended = {"status": 404, "json": {"success": False, "msg": "Session expired. Please log in again."}}
    with ReplayServer([*SCRIPT, {"verb": "GET", "path": "*", "responses": [ended, {"json": {"id": 1}}]}]) as server:
        assert run(server, "tfa", "login", "--code", "123456") == 0
        assert run(server, "show", "user") == 0
    assert keys_used(server) == ["key-of-the-file", "SESSION-KEY", "key-of-the-file"]
    assert not file(keyed).exists()


def test_a_refused_code_keeps_the_session_there_was(keyed: Path) -> None:
    file(keyed).write_text("older")
    refused = {"status": 400, "json": {"success": False, "error": "invalid_code", "msg": "Wrong code"}}
    with ReplayServer([{"verb": "POST", "path": "*", "responses": [refused]}]) as server:
        assert run(server, "tfa", "login", "--code", "1") == 1
    assert file(keyed).read_text() == "older"


def test_a_folder_that_cannot_be_written_is_said(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (own_home / ".config").write_text("a file where the folder should be")
    monkeypatch.setenv("VAST_API_KEY", "k")
    with ReplayServer(SCRIPT) as server:
        assert run(server, "tfa", "login", "--code", "1") == 1
    shown = capsys.readouterr()
    assert "not kept" in shown.err
    assert "SESSION-KEY" not in shown.out + shown.err


def second_factor(home: Path) -> str:
    """Add an authenticator app to the account of the sandbox; the code that it shows next."""
    now = time.time()
    with VastAI(server_url=f"sandbox:{home}/world.db") as client:
        secret = client.tfa_totp_setup()["secret"]
        client.tfa_activate(totp.code(secret, now), secret)
    return totp.code(secret, now + 30)


@pytest.mark.parametrize("sandboxed", [True, False])
def test_the_library_and_the_sandbox_keep_none(own_home: Path, sandboxed: bool) -> None:
    with ReplayServer(SCRIPT) as server:
        if sandboxed:
            words = ["--url", f"sandbox:{own_home}/world.db", "tfa", "login", "--code", second_factor(own_home)]
            assert guarded(words, Terminal.of_process()) == 0
        else:
            with VastAI("k", server.url) as client:
                assert client.tfa_login("123456")["session_key"] == "SESSION-KEY"
    assert not file(own_home).exists()
