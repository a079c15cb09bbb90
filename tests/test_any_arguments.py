"""Whatever is called or typed: no request beside the command's own path, no traceback, no shell, a documented end."""

from __future__ import annotations

import io
import json
import os
import random
import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from shlex import split
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from replay import ReplayServer
from table_kit import FIRST, TYPED, Quick, quick_client

import vastai
from vastai import VastAI
from vastai.cli import local
from vastai.cli.main import guarded
from vastai.cli.options import OPTIONS
from vastai.cli.terminal import Terminal
from vastai.client import table
from vastai.errors import EXIT_CODES

KEY = "a-key"
CODES = {0, *(code for _, code, _ in EXIT_CODES)}
STRANGE = [
    "5/../../team", "..", ".", "", " ", "%2e%2e", "7?x=1", "7#x", "7\r\nX: y", "a b", "-rf", "--yes", "; reboot",
    "$(id)", "`id`", "7%2F..", "\x00", "\x1b[2J", "\u202e", "\ud800", "日本", "0x10", "1e999", "nan", "[" * 2000,
    '{"a": 1}', "7:/x", "-1", "01", "/", "\\", "http://192.0.2.1/", "null", "true", 0, -1, 2**70, 1.5, float("nan"),
    float("inf"), True, False, [], [[]], [1, "x"], ["../x"], {}, {"a": float("nan")}, {"..": "../"}, None, b"x", object,
]  # fmt: skip
TEXTS = [value for value in STRANGE if isinstance(value, str)]


class Server(ReplayServer):
    """One server for all tests here, which says the same to every request."""

    said: dict[str, Any] = {"json": {"success": True}}

    def answer(self, verb: str, path: str) -> dict[str, Any]:
        return self.said


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as started:
        yield started


@pytest.fixture(autouse=True)
def environment(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAST_URL", server.url)
    monkeypatch.setenv("VASTAI_STRICT", "0")
    server.said = {"json": {"success": True}}
    server.requests.clear()


class Watch(Quick):
    """Notes the programs that would have been run."""

    ran: list[list[str]] = []

    def run(self, argv: list[str]) -> int:
        self.ran.append(argv)
        return 0


def reached(command: Any) -> set[str]:
    """The names of all commands that one may run."""
    names, new = {command.name}, [command]
    for each in new:  # grows while it is walked
        others = {*each.calls, each.look_at.get("command")}
        others |= {p.several for p in each.params.values() if isinstance(p.several, str)}
        others |= {value for key, value in each.schedule.items() if key in ("create", "replace")}
        for name in others - names - {None, ""}:
            names.add(name)
            new.append(table().command(name))
    return names


def is_own(command: Any, verb: str, path: str) -> bool:
    """Is a request one of those that a command may make: each value one segment of the path, and none a step up?"""
    own = [table().command(name) for name in reached(command)]
    patterns = [re.sub(r"\\{\w+\\}", "[^/]+", re.escape(each.path)) for each in own if each.verb == verb]
    plain = not {".", "..", ""} & {unquote(segment) for segment in path.strip("/").split("/")}
    return plain and any(re.fullmatch(pattern, path) for pattern in patterns)


@pytest.mark.parametrize("command", list(table()), ids=lambda command: command.name)
@settings(max_examples=8, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_argument_leads_to_another_path(command: Any, data: st.DataObject, server: Server) -> None:
    """A good call with some values replaced by strange ones."""
    server.requests.clear()
    call = FIRST.get(command.name, {}).get("call", {})
    chosen = data.draw(st.lists(st.sampled_from(sorted(command.params) or ["x"]), max_size=3, unique=True))
    strange = {name: data.draw(st.sampled_from(STRANGE), label=name) for name in chosen}
    needed = {each.name: "7" for each in command.params.values() if each.required}
    with VastAI(KEY, server.url, retry=0, edge=Watch()) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            getattr(client, command.name)(**{**needed, **call, **strange})
        except (vastai.VastError, TypeError):
            pass
    assert [each for each in server.requests if not is_own(command, each["verb"], each["path"])] == []
    assert all(isinstance(word, str) and argv[0] not in ("sh", "bash") for argv in Watch.ran for word in argv)


WORDS = [" ".join(row.words) for row in (*table().index.values(), *local.table().index.values())]
FLAGS = sorted({flag for command in table() for each in command.params.values() for flag in each.flags})
LEFT_OUT = ("--url", "--record", "--timeout", "--retry")  # they stand before; a recording would fill the folder
VALUES = [
    "7",
    "7,8",
    "num_gpus>=4",
    "num_gpus>",
    "2026-01-01",
    "1.5",
    "{}",
    "[]",
    "x=1",
    "-e A=1",
    "me@example.com",
    *TEXTS,
]


def line(dice: random.Random) -> list[str]:
    """A command line: often a command and its flags, sometimes no more than words in a row."""
    named = dice.choice(WORDS)
    own = [named] if dice.random() < 0.9 else dice.sample(["show", "create", "instance", "x", "--", "-"], 2)
    command = next((each for each in table() if " ".join(each.words) == named), None)
    flags = [flag for each in command.params.values() for flag in each.flags] if command else []
    flags += dice.sample(FLAGS, 2) + [flag for option in OPTIONS for flag in option.flags if flag not in LEFT_OUT]
    rest = dice.choices([*VALUES, *flags, *flags], k=dice.randrange(6))
    return [word for words in own for word in words.split()] + rest


@pytest.mark.parametrize("seed", range(4))
def test_two_thousand_random_lines_leave_no_traceback(seed: int, server: Server) -> None:
    dice = random.Random(seed)
    for _ in range(500):
        argv = line(dice)
        if argv[:2] == ["sandbox", "serve"]:
            continue  # it would serve until it is stopped
        code, out, err = typed(["--url", server.url, "--api-key", KEY, "--retry", "0", *argv], io.StringIO())
        assert code in CODES, argv
        assert "Traceback" not in err and "unexpected" not in err, argv
        if code and "--raw" in argv and "--" not in argv:
            assert out == "", argv


def typed(argv: list[str], stdin: io.StringIO | None) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one command line."""
    out, err = io.StringIO(), io.StringIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        code = guarded(argv, Terminal(stdin, out, err, dict(os.environ)), open_client=quick_client)
    return code, out.getvalue(), err.getvalue()


# What the service says, and the exit codes that it may lead to: a `once` whose answer is lost is 7, and so on.
ENDS: dict[str, tuple[dict[str, Any], set[int]]] = {
    "no": ({"json": {"success": False, "error": "invalid_args", "msg": "no"}}, {1}),
    "auth_error": ({"status": 404, "json": {"success": False, "error": "auth_error", "msg": "?"}}, {3}),
    "a page": ({"text": "<html>ok</html>", "headers": {"Content-Type": "text/html"}}, {1, 7}),
    "a reset": ({"drop": True}, {6, 7}),
}
# They give a result all the same: what became of each machine, what could be collected, a key that is kept here, and
# what is wrong.
IN_PARTS = {"list_machines": {1}, "dump_logs": {0}, "set_api_key": {0}, "doctor": {0, 1, 3, 6}}


@pytest.mark.parametrize("said", ENDS)
def test_every_command_ends_as_documented(said: str, server: Server) -> None:
    """Under --raw, with stdin closed: stdout is empty, and stderr one JSON object in the shape of a refusal."""
    server.said, codes = ENDS[said]
    wrong = []
    for name, case in TYPED.items():
        command = table().command(name)
        consent = ["--yes"] if command.asks else []
        argv = ["--url", server.url, "--api-key", KEY, "--retry", "0", "--raw", *split(case["words"]), *consent]
        code, out, err = typed(argv, None)
        lost = command.effect == "once" and command.path and said in ("a reset", "a page")
        expected = {2} if command.instead else {7} if lost else codes
        if name in IN_PARTS and out:
            json.loads(out)
            assert code in IN_PARTS[name]
        elif code not in expected or out or json.loads(err)["success"] is not False:
            wrong.append((name, code, out[:80], err[:200]))
    assert wrong == []


def test_every_command_that_asks_refuses_without_an_answer(server: Server) -> None:
    for name, case in TYPED.items():
        if table().command(name).confirm:
            words = [word for word in split(case["words"]) if word not in ("--yes", "-y")]
            code, out, err = typed(["--url", server.url, "--api-key", KEY, "--raw", *words], None)
            assert (code, out, "Nobody answered" in err) == (2, "", True), name
    assert server.requests == []


def test_nothing_reaches_a_shell() -> None:
    """No call in the package takes a command as one text."""
    for path in Path(vastai.__file__).parent.rglob("*.py"):
        found = re.search(r"\bshell=|\bos\.(system|popen)\b|\bgetoutput\b", path.read_text(encoding="utf-8"))
        assert found is None, path
