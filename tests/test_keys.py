"""No key is shown: every command of the table with a known key, and every text, file and object searched for it."""

from __future__ import annotations

import http.client
import logging
import os
import pickle
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path
from shlex import split
from typing import Any

import pytest
from replay import ReplayServer
from table_kit import FIRST, TYPED, Quick, call, quick_client

import vastai
from vastai import VastAI
from vastai.cli.main import guarded
from vastai.cli.terminal import Terminal
from vastai.client import table
from vastai.settings import Settings

KEY = "sesame-open-1234567890"
REFUSED = {"status": 400, "json": {"success": False, "error": "invalid_args", "msg": "no"}}
ANSWERS: list[list[dict[str, Any]]] = [
    [REFUSED],
    [{"status": 401, "json": {"msg": "Invalid user key"}}],
    [{"status": 500, "text": "<html>broken</html>"}],
    [{"text": "<html>ok</html>"}],
    [{"drop": True}],
]


class Service(ReplayServer):
    """Gives the answers of a case in order, whatever is asked; the last one is repeated."""

    answers: list[dict[str, Any]] = [REFUSED]

    def answer(self, verb: str, path: str) -> dict[str, Any]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    with Service() as started:
        yield started


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """All that can be logged: every logger down to DEBUG, and what http.client prints of each connection."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(http.client.HTTPConnection, "debuglevel", 1)
    monkeypatch.setenv("VASTAI_DEBUG", "1")
    monkeypatch.setenv("VASTAI_STRICT", "0")
    return caplog


def seen_of(error: BaseException) -> str:
    """Everything that an error shows of itself."""
    return "".join([str(error), repr(error), *traceback.format_exception(error), pickle.dumps(error).decode("latin-1")])


def shown_by(client: VastAI, case: dict[str, Any]) -> str:
    """What a call gives, or what its error shows."""
    try:
        return repr(call(client, case))
    except vastai.VastError as error:
        return seen_of(error)


def leaks(texts: list[str], secret: str = KEY) -> list[str]:
    """Where a secret stands in some texts, with a little of what is around it."""
    return [text[max(0, text.find(secret) - 80) :][:120] for text in texts if secret in text]


def in_files(folder: Path) -> str:
    return "".join(path.read_text("latin-1") for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "mode", [{}, {"explain": True}, {"curl": True}, {"record": "record.yaml"}, {"raw": False}], ids=str
)
def test_no_method_shows_the_key(
    mode: dict[str, Any],
    service: Service,
    heard: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    own_home: Path,
) -> None:
    """Each command of the table as its case has it: with good answers, and with each kind of bad one in turn."""
    shown = []
    with VastAI(KEY, service.url, retry=1, edge=Quick(), **mode) as client, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        for number, case in enumerate(FIRST.values()):
            for answers in (case.get("answers", ANSWERS[0]), ANSWERS[number % len(ANSWERS)]):
                service.answers = list(answers)
                shown.append(shown_by(client, case))
        shown += [repr(client), str(client), repr(client.settings), repr(vars(client))]
    texts = [*shown, *capfd.readouterr(), heard.text, in_files(own_home)]
    assert leaks(texts) == []
    assert sum(map(len, texts)) > 10_000


@pytest.mark.parametrize("name", ["show_instances", "create_instance", "destroy_instance", "logs", "show_user"])
@pytest.mark.parametrize("number", range(len(ANSWERS)))
def test_no_local_variable_shows_the_key(name: str, number: int, service: Service) -> None:
    """Some reports of errors print the local variables of every frame."""
    service.answers = list(ANSWERS[number])
    with VastAI(KEY, service.url, retry=0, raise_errors=True, quiet=True, edge=Quick()) as client:
        try:
            call(client, FIRST[name])
        except vastai.VastError as error:
            whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    assert leaks(list(whole.format())) == []


@pytest.mark.parametrize("flags", ["", "--raw", "--explain", "--curl", "--record record.yaml"])
def test_no_command_shows_the_key(
    flags: str,
    service: Service,
    heard: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    own_home: Path,
) -> None:
    for number, case in enumerate(TYPED.values()):
        for path in own_home.glob("record.yaml"):
            path.unlink()
        service.answers = list(ANSWERS[number % len(ANSWERS)] if number % 2 else case.get("answers", ANSWERS[0]))
        argv = ["--url", service.url, "--api-key", KEY, "--retry", "0", *split(flags), *split(case["words"])]
        guarded(argv, Terminal.of_process(), open_client=quick_client)
        assert KEY not in in_files(own_home)
    texts = [*capfd.readouterr(), heard.text]
    assert leaks(texts) == []
    assert sum(map(len, texts)) > 10_000


SECRETS = [(command, each) for command in table() for each in command.params.values() if each.secret]


@pytest.mark.parametrize(("command", "parameter"), SECRETS, ids=lambda each: each.name)
def test_no_secret_argument_is_shown(
    command: Any,
    parameter: Any,
    service: Service,
    heard: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    own_home: Path,
) -> None:
    """What `secret: true` stands at, in every way to call it; only what is sent to the service holds it."""
    value: Any = "hidden-4711" if parameter.type != "json" else {"limit": "hidden-4711"}
    value = f"-u me -p {value} docker.io" if parameter.name == "login" else value
    given = {**(FIRST.get(command.name, {}).get("call", {})), parameter.name: value}
    for mode in ({"explain": True}, {"curl": True}, {"record": "record.yaml"}):
        for answers in ANSWERS:
            service.answers = list(answers)
            with VastAI(KEY, service.url, retry=0, edge=Quick(), **mode) as client:
                try:
                    getattr(client, command.name)(**given)
                except (vastai.VastError, TypeError) as error:
                    assert "hidden-4711" not in str(error) + repr(error)
            for path in own_home.glob("record.yaml"):
                assert "hidden-4711" not in path.read_text()
                path.unlink()
    assert leaks([*capfd.readouterr(), heard.text], "hidden-4711") == []


WRONG = [
    ["--api-key", KEY, "shwo"],
    ["--api-key", KEY],
    [f"--api-key={KEY}", "show", "instances", "--limit", "many"],
    ["show", "instances", "--api-key", KEY, "--nonsense"],
    ["--api-key", KEY + "\x1b[2J", "show", "instances"],
    ["--api-key", KEY + "\u202e", "show", "instances"],
    ["--api-key", KEY, "--url", "nonsense", "show", "instances"],
    ["--api-key", KEY, "--url", "http://192.0.2.1", "show", "instances"],
    ["set", "api-key", KEY + "\n" + KEY],
    ["set", "api-key", KEY, KEY],
]


@pytest.mark.parametrize("argv", WRONG)
def test_no_mistake_shows_the_key(
    argv: list[str], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VASTAI_DEBUG", "1")
    assert guarded(argv, Terminal.of_process()) != 0 or len(argv) == 2
    assert KEY not in "".join(capfd.readouterr())


def test_a_pickled_client_holds_only_a_key_that_it_was_given(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    """A worker process finds the key of the environment or of the file by itself."""
    monkeypatch.setenv("VAST_API_KEY", KEY)
    client = VastAI()
    assert client.api_key == KEY
    assert KEY.encode() not in pickle.dumps(client)
    assert pickle.loads(pickle.dumps(VastAI(KEY))).api_key == KEY
    monkeypatch.delenv("VAST_API_KEY")
    folder = own_home / ".config" / "vastai"
    folder.mkdir(parents=True)
    (folder / "vast_api_key").write_text(KEY)
    assert client.api_key == KEY
    assert KEY.encode() not in pickle.dumps(client)
    assert KEY not in repr(Settings()) + repr(os.environ.get("VAST_API_KEY"))
