"""The commands of this machine: the key file and the sandbox's file."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest
from terminals import Person
from test_cli import Stream

from vastai.cli import local, main
from vastai.cli.terminal import Terminal
from vastai.settings import Settings


def run(argv: list[str], stdin: str = "") -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one command."""
    stdout, stderr = Stream(), Stream()
    code = main.guarded(argv, Terminal(Stream(stdin), stdout, stderr, os.environ))
    return code, stdout.getvalue(), stderr.getvalue()


@pytest.fixture
def key_file(own_home: Path) -> Path:
    return own_home / ".config" / "vastai" / "vast_api_key"


def test_every_entry_has_its_module() -> None:
    from importlib import import_module

    for name, entry in local.ENTRIES.items():
        assert "instead" in entry or callable(import_module(f"vastai.cli.local.{name}").run)


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["repl"], "type the commands there"),
        (["update"], "pip install --upgrade vastai"),
        (["update", "--check"], "pip install --upgrade vastai"),
        (["uninstall", "-y"], "pip uninstall vastai"),
    ],
)
def test_what_is_left_out_says_why_and_what_to_do(argv: list[str], says: str) -> None:
    code, out, err = run(argv)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"vastai: {argv[0]}: is left out. ")
    assert says in err


def test_a_role_hides_nothing() -> None:
    assert run(["set", "role", "host"]) == (0, "Commands for a host are shown already, as all others are\n", "")
    assert run(["set", "role", "admin"])[0] == 2


def test_words_that_begin_other_commands_do_not_hide_them() -> None:
    code, out, _ = run(["update", "--help"])
    assert (code, "update instance" in out) == (0, True)
    code, _, err = run(["update", "instanec", "7"])
    assert (code, "vastai update instance" in err) == (2, True)


@pytest.mark.parametrize(
    ("argv", "stdin"),
    [
        (["set", "api-key", "  abc123 "], ""),
        (["set", "api-key", "-"], "abc123\n"),
        (["set", "api-key"], " abc123 \r\n\n"),
    ],
)
def test_a_key_is_kept(argv: list[str], stdin: str, key_file: Path, own_home: Path) -> None:
    (own_home / ".vast_api_key").write_text("old")
    os.umask(0)
    code, out, err = run(argv, stdin)
    assert (code, err) == (0, "")
    assert "abc123" not in out
    assert key_file.read_text() == "abc123\n"
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(key_file.parent.stat().st_mode) == 0o700
    assert not (own_home / ".vast_api_key").exists()
    assert list(key_file.parent.iterdir()) == [key_file]
    assert Settings().api_key() == "abc123"


@pytest.mark.parametrize(
    "key", ["", "  ", "abc\x1b[2J", "a\nb", "schlüssel", "two words", "abc\x7f", "abc...9f", "abc***", "'abc'", "<KEY>"]
)
def test_what_is_no_key_is_refused_and_not_repeated(key: str, key_file: Path, own_home: Path) -> None:
    (own_home / ".vast_api_key").write_text("old")
    code, out, err = run(["set", "api-key", key])
    assert (code, out) == (2, "")
    assert not key.strip() or key not in err
    assert "\x1b" not in err
    assert not key_file.exists()
    assert (own_home / ".vast_api_key").read_text() == "old"


def test_a_key_that_cannot_be_written_leaves_the_old_one(key_file: Path, own_home: Path) -> None:
    (own_home / ".vast_api_key").write_text("old")
    key_file.parent.parent.mkdir()
    key_file.parent.write_text("a file where the folder should be")
    code, out, err = run(["set", "api-key", "abc123"])
    assert (code, out) == (1, "")
    assert "cannot write" in err
    assert "abc123" not in err
    assert Settings().api_key() == "old"


def test_a_variable_that_hides_the_key_file_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAST_API_KEY", "other")
    assert "VAST_API_KEY is set" in run(["set", "api-key", "abc123"])[2]


def test_the_sandbox_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "box.db"
    server = f"sandbox:{path}"
    first = run(["create", "env-var", "A", "1", "--url", server])
    assert first[0] == 0, first[2]
    assert path.exists()
    assert run(["sandbox", "reset", "--url", server], "n\n")[0] == 2
    assert path.exists()
    code, out, _ = run(["sandbox", "reset", "--url", server], "y\n")
    assert (code, out) == (0, f"The sandbox in {path} begins anew\n")
    assert run(["show", "env-vars", "--raw", "--url", server])[1] == "[]\n"
    path.write_bytes(b"SQLite format 3\0 and then nothing that could be read")
    assert run(["sandbox", "reset", "--yes", "--url", server])[1] == f"The sandbox in {path} is removed\n"
    assert list(tmp_path.iterdir()) == []
    assert run(["sandbox", "reset", "--yes", "--url", server])[1] == f"There was no sandbox in {path}\n"


def test_only_a_sandbox_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "letter").write_text("a letter that somebody needs")
    code, _, err = run(["sandbox", "reset", "--yes", "--url", f"sandbox:{tmp_path}/letter"])
    assert (code, "is no sandbox" in err) == (2, True)
    assert (tmp_path / "letter").exists()
    with closing(sqlite3.connect(tmp_path / "music.db")) as db:
        db.execute("CREATE TABLE songs (title)")
    assert run(["sandbox", "reset", "--yes", "--url", f"sandbox:{tmp_path}/music.db"])[0] == 2
    assert (tmp_path / "music.db").exists()
    assert run(["sandbox", "reset", "--yes", "--url", "https://console.vast.ai"])[0] == 2
    assert run(["sandbox", "reset", "--yes", "--url", "sandbox::memory:"])[0] == 2
    monkeypatch.setenv("VAST_URL", "https://console.vast.ai")
    assert run(["sandbox", "reset", "--yes"])[0] == 0


def test_a_key_is_typed_unseen(key_file: Path) -> None:
    person = Person("set", "api-key")
    person.wait_for("API key: ")
    person.type("sesame-open-4711\n")
    assert (person.end(), key_file.read_text()) == (0, "sesame-open-4711\n")
    assert "The key is kept in" in person.seen
    assert "sesame" not in person.seen


@pytest.mark.parametrize(("keys", "code"), [("\x04", 2), ("\n", 2), ("\x03", 130)])
def test_who_types_no_key_changes_nothing(keys: str, code: int, key_file: Path) -> None:
    person = Person("set", "api-key")
    person.wait_for("API key: ")
    person.type(keys)
    assert (person.end(), key_file.exists()) == (code, False)
    assert "Traceback" not in person.seen


def test_without_a_terminal_and_without_input_there_is_no_key(key_file: Path) -> None:
    for stdin in ("", "\n"):
        code, out, err = run(["set", "api-key"], stdin)
        assert (code, out, err.count("\n"), key_file.exists()) == (2, "", 1, False)
        assert "Type or pipe it in" in err
