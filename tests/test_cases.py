"""Every command of the table, from a case in cases/commands/: the call, the request, the answer, the result, the text.

Each case runs against a real local server: as a method, as a command with --raw, as a command for people. A case holds

    command, what     which command, and what is special about this case
    args, call        positional and named arguments of the method
    words             the same as typed after `vastai`; without it the case is about the method alone
    requests          what must be asked: `VERB /path/`, or a mapping of that to the body, with `query` beside it
    requests_typed    what must be asked when it is typed, where that is something else
    answers           what the server says, in order; the last one is repeated
    result            what the method returns and --raw prints
    raw               what --raw prints, where that is something else
    text              what people see on stdout
    quiet             what --quiet prints
    narrow            columns and text, on a terminal of so many columns
    refused           the refusal, all but its hint: returned by the method, or carried by the error that `raises` names
    raises, says      class of the error, and a piece of its text
    says_typed        the piece that is shown where it is typed, if that is something else
    exit              the exit code; 0 unless said
    remarks           pieces of what is said beside the result, on stderr
    typed, asks       what the person types when asked, and the question; without `typed` there is consent
    waits, runs       pauses in seconds and programs that were asked for; `program_exit` is how a program ends
                      (`missing`: it is not installed), `prints` what one prints whose output is captured
    answering         addresses, as host:port, where something listens; nothing does elsewhere
    pages             what the browser was to show; `browser: true` says that there is one
    written           files that are there afterwards: name below the home, and text; {HOME} stands for the home
    files             files that are there: name to text
    lax               true: replies are not checked against their schemas, as is usual outside of tests
    without_key       so many requests come first that are sent without the key
    key               the key that must be sent to the service, where it is not that of the client
"""

from __future__ import annotations

import ast
import io
import json
import os
import re
import shlex
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import yaml
from edges import over
from replay import ReplayServer

from vastai import VastAI, VastError
from vastai.cli import main
from vastai.cli.main import guarded
from vastai.cli.terminal import Terminal
from vastai.client import table
from vastai.engine import bind
from vastai.engine.edge import Edge
from vastai.table.model import words_of

FOLDER = Path(__file__).parent / "cases" / "commands"
CASES: list[dict[str, Any]] = [
    {"file": path.stem, **case}
    for path in sorted(FOLDER.glob("*.yaml"))
    for case in yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
]
NOW = 1768478400.0  # 2026-01-15T12:00:00Z
KEY = "key-of-the-tests"


class Watched(Edge):
    """Effects of the tests: a clock that stands still; pauses, programs and remarks are noted."""

    waits: list[float]
    runs: list[list[str]]
    remarks: list[str]
    pages: list[str]
    case: dict[str, Any]

    def now(self) -> float:
        return NOW

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def dice(self) -> float:
        return 0.5

    def run(self, argv: list[str]) -> int:
        self.runs.append(argv)
        if self.case.get("program_exit") == "missing":
            raise FileNotFoundError
        return int(self.case.get("program_exit", 0))

    def capture(self, argv: list[str]) -> tuple[int, str]:
        return self.run(argv), self.case.get("prints", "")

    def probe(self, host: str, port: int) -> bytes | None:
        return b"SSH-2.0-case\r\n" if f"{host}:{port}" in self.case.get("answering", ()) else None

    def browse(self, url: str) -> bool:
        self.pages.append(url)
        return bool(self.case.get("browser"))

    def say(self, line: str) -> None:
        self.remarks.append(line)
        super().say(line)


def watched(inner: Edge, case: dict[str, Any]) -> Watched:
    """An edge with the effects of the tests; programs, machines and the browser do what the case says."""
    edge = over(inner, Watched)
    edge.waits, edge.runs, edge.remarks, edge.pages, edge.case = [], [], [], [], case
    return edge


class Tty(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Shown:
    """What one run of the command line showed, and how it ended."""

    def __init__(self, case: dict[str, Any], server: ReplayServer, words: str, columns: int | None = None) -> None:
        argv = ["--url", server.url, "--retry", "0", *shlex.split(words)]
        command = table().command(case["command"])
        may_ask = bool(command.confirm) or "asks" in case
        if may_ask and "typed" not in case:
            argv.append("--yes")
        out = io.StringIO() if columns is None else Tty()
        err = io.StringIO()
        environ = {**os.environ, "COLUMNS": str(columns or 80)}
        terminal = Terminal(io.StringIO(case.get("typed", "")), out, err, environ)
        self.edge: Watched | None = None

        def open_client(edge: Edge, **settings: Any) -> VastAI:
            self.edge = watched(edge, case)
            return VastAI(edge=self.edge, **settings)

        self.code = guarded(argv, terminal, open_client=open_client)
        self.out, self.err = out.getvalue(), err.getvalue()


def seen(case: dict[str, Any], server: ReplayServer, words: str) -> Shown:
    """What people see: what a pipe gets too, but for commands whose results are data there (test_in_a_pipe)."""
    if table().command(case["command"]).output.piped:
        return Shown(case, server, f"--full {words}", columns=200)
    return Shown(case, server, words)


class CaseServer(ReplayServer):
    """One server for all cases: it gives the answers of the present case in order, whatever is asked."""

    answers: list[dict[str, Any]] = []

    def begin(self, case: dict[str, Any]) -> None:
        """Forget what was before, and take up the answers of a case."""
        self.requests.clear()
        self.answers = list(case.get("answers", [{"json": {"success": True}}]))

    def answer(self, verb: str, path: str) -> dict[str, Any]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture(scope="module")
def started() -> Iterator[CaseServer]:
    server = CaseServer(now=NOW)
    with server:
        yield server


@pytest.fixture(autouse=True)
def strictness(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The strictness that the case asks for; tests are strict unless it says otherwise."""
    callspec = getattr(request.node, "callspec", None)
    case = callspec.params.get("case") if callspec else None
    if isinstance(case, dict) and case.get("lax"):
        monkeypatch.setenv("VASTAI_STRICT", "0")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own, and a key in the environment."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VAST_API_KEY", KEY)
    monkeypatch.setenv("VASTAI_PARALLEL", "1")  # the answers of a case are given in order
    return tmp_path


def scripted(server: CaseServer, case: dict[str, Any], folder: Path) -> CaseServer:
    """The server with the answers of a case, and the case's files."""
    server.begin(case)
    for name, text in case.get("files", {}).items():
        (folder / name).write_text(text, encoding="utf-8")
    return server


def asked(server: ReplayServer) -> list[dict[str, Any]]:
    """What the server was asked, in the form of the cases; a query parameter given twice stays a list."""
    return [
        {
            "request": f"{request['verb']} {request['path']}",
            "query": {name: _read(values) for name, values in request["query"].items()},
            "body": request["json"],
        }
        for request in server.requests
    ]


def expected(case: dict[str, Any], *, typed: bool = False) -> list[dict[str, Any]]:
    """The requests of a case, called or typed."""
    requests = []
    lines = case.get("requests", ())
    for item in case.get("requests_typed", lines) if typed else lines:
        line, body = (item, None) if isinstance(item, str) else next(iter(item.items()))
        address, _, text = line.partition("?")
        query = {name: _read([value]) for name, value in parse_qsl(text, keep_blank_values=True)}
        given = item.get("query", {}) if isinstance(item, dict) else {}
        requests.append({"request": address, "query": {**query, **given}, "body": body})
    return requests


def _read(values: list[str]) -> Any:
    """A query value that is JSON, read; any other as its text."""
    if len(values) > 1:
        return values
    try:
        return json.loads(values[0])
    except ValueError:
        return values[0]


SERVERLESS = {command.path for command in table() if command.service == "serverless"}


def check_requests(case: dict[str, Any], server: ReplayServer, edge: Watched | None, *, typed: bool = False) -> None:
    """The right requests, the key with those to the service alone, and the right effects beside them."""
    assert asked(server) == expected(case, typed=typed)
    for number, request in enumerate(server.requests):
        key = case.get("key", KEY)
        to_service = number >= case.get("without_key", 0) and (
            request["path"].startswith("/api/") or request["path"] in SERVERLESS
        )
        assert request["headers"].get("Authorization") == (f"Bearer {key}" if to_service else None)
    assert (edge.waits if edge else []) == case.get("waits", [])
    assert (edge.runs if edge else []) == filled(case.get("runs", []), server)
    assert (edge.pages if edge else []) == case.get("pages", [])
    for name, text in filled(case.get("written", {}), server).items():
        assert Path(os.environ["HOME"], name).read_text(encoding="utf-8") == text


def check_refusal(case: dict[str, Any], refusal: dict[str, Any]) -> None:
    """The one shape of a refusal; how its hint is worded is not a case's business."""
    assert refusal["success"] is False
    assert {"error", "msg", "status_code", "hint"} <= set(refusal)
    if "refused" in case:
        rest = {name: value for name, value in refusal.items() if name not in ("success", "hint")}
        assert rest == case["refused"]


def filled(value: Any, server: ReplayServer) -> Any:
    return json.loads(json.dumps(value).replace("{SERVER}", server.url).replace("{HOME}", os.environ["HOME"]))


def not_json(word: str) -> None:
    raise AssertionError(f"{word} is no JSON")


def call(client: VastAI, name: str, case: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return getattr(client, name)(*case.get("args", ()), **case.get("call", {}))


def name_of(case: dict[str, Any]) -> str:
    return f"{case['file']}-{case['command']}-{case.get('what', '')}"


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_as_a_method(case: dict[str, Any], started: CaseServer, place: Path) -> None:
    server = scripted(started, case, place)
    edge = watched(Edge(), case)
    with VastAI(KEY, server.url, retry=0, edge=edge) as client:
        if "raises" in case:
            with pytest.raises((VastError, TypeError)) as caught:
                call(client, case["command"], case)
            assert case["raises"] in [kind.__name__ for kind in type(caught.value).__mro__]
            assert case.get("says", "") in str(caught.value)
            if isinstance(caught.value, VastError):
                check_refusal(case, caught.value.as_refusal())
        elif "refused" in case:
            check_refusal(case, call(client, case["command"], case))
        else:
            result = call(client, case["command"], case)
            if "result" in case:
                assert result == filled(case["result"], server)
    check_requests(case, server, edge)
    for piece in case.get("remarks", ()):
        assert any(piece in line for line in edge.remarks), edge.remarks


TYPED = [case for case in CASES if "words" in case]


@pytest.mark.parametrize("case", TYPED, ids=name_of)
def test_as_a_command_with_raw(case: dict[str, Any], started: CaseServer, place: Path) -> None:
    server = scripted(started, case, place)
    shown = Shown(case, server, f"--raw {case['words']}")
    check_requests(case, server, shown.edge, typed=True)
    assert shown.code == case.get("exit", 0), shown.err
    if shown.code:
        assert shown.out == ""
        question = f"{case['asks']} [y/N] " if "typed" in case else ""
        check_refusal(case, json.loads(shown.err.removeprefix(question).splitlines()[-1]))
    else:
        printed = json.loads(shown.out, parse_constant=not_json)
        if "result" in case:
            assert printed == filled(case.get("raw", case["result"]), server)


def as_typed(case: dict[str, Any], said: str) -> str:
    """What is said of a parameter, said of its flag, or of its word in the usage line."""
    spelled = main.spelled(table().command(case["command"]))
    return re.sub(r"^\w+(?=$|: )", lambda name: spelled.get(name[0], name[0]), said)


@pytest.mark.parametrize("case", TYPED, ids=name_of)
def test_as_a_command_for_people(case: dict[str, Any], started: CaseServer, place: Path) -> None:
    server = scripted(started, case, place)
    shown = seen(case, server, case["words"])
    check_requests(case, server, shown.edge, typed=True)
    assert shown.code == case.get("exit", 0), shown.err
    if shown.code:
        assert shown.out == ""
        assert "Traceback" not in shown.err
        said = case.get("says", case.get("refused", {}).get("msg", ""))
        said = case.get("says_typed", said)
        assert said in shown.err or as_typed(case, said) in shown.err
    if "text" in case:
        assert shown.out.rstrip() == filled(case["text"], server).rstrip()
    for piece in [*case.get("remarks", ()), *([case["asks"]] if "asks" in case and "typed" in case else ())]:
        assert piece in shown.err


PIPED = [case for case in TYPED if "result" in case and table().command(case["command"]).output.piped]


@pytest.mark.parametrize("case", PIPED, ids=name_of)
def test_in_a_pipe(case: dict[str, Any], started: CaseServer, place: Path) -> None:
    server = scripted(started, case, place)
    out = Shown(case, server, case["words"]).out
    is_json = table().command(case["command"]).output.piped == "json"
    assert (json.loads(out) if is_json else ast.literal_eval(out)) == filled(case.get("raw", case["result"]), server)


@pytest.mark.parametrize("case", [case for case in TYPED if "quiet" in case], ids=name_of)
def test_quietly(case: dict[str, Any], started: CaseServer, place: Path) -> None:
    shown = Shown(case, scripted(started, case, place), f"--quiet {case['words']}")
    assert (shown.code, shown.out.rstrip(), shown.err) == (0, case["quiet"].rstrip(), "")


@pytest.mark.parametrize("case", [case for case in TYPED if "narrow" in case], ids=name_of)
def test_on_a_narrow_terminal(case: dict[str, Any], started: CaseServer, place: Path) -> None:
    shown = Shown(case, scripted(started, case, place), case["words"], case["narrow"]["columns"])
    assert shown.out.rstrip() == case["narrow"]["text"].rstrip()


@pytest.mark.parametrize("case", [case for case in CASES if "text" in case and "raw" not in case], ids=name_of)
def test_the_method_prints_the_same_text(
    case: dict[str, Any], started: CaseServer, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With raw=False a method prints what the command line would print."""
    server = scripted(started, case, place)
    with VastAI(KEY, server.url, retry=0, raw=False, quiet=True, edge=watched(Edge(), case)) as client:
        assert call(client, case["command"], case) is None
    assert capsys.readouterr().out.rstrip() == filled(case["text"], server).rstrip()


@pytest.mark.parametrize("alias", sorted(table().aliases))
def test_an_alias_is_the_command(alias: str, started: CaseServer, place: Path) -> None:
    """The first case of a command, under another name of it: the same requests, result and text."""
    name = table().aliases[alias]
    case = next(case for case in TYPED if case["command"] == name and "raises" not in case)
    server = scripted(started, case, place)
    with VastAI(KEY, server.url, retry=0, edge=watched(Edge(), case)) as client:
        assert call(client, alias, case) == filled(case["result"], server)
    assert asked(server) == expected(case)
    own = " ".join(table().command(name).words)
    assert case["words"].startswith(own)
    shown = seen(case, scripted(server, case, place), " ".join(words_of(alias)) + case["words"].removeprefix(own))
    assert asked(server) == expected(case, typed=True)
    assert shown.code == 0
    assert "text" not in case or shown.out.rstrip() == case["text"].rstrip()


@pytest.mark.parametrize("command", list(table()), ids=lambda command: command.name)
def test_every_command_is_called_and_typed(command: Any) -> None:
    cases = [case for case in CASES if case["command"] == command.name]
    assert command.instead or any("raises" not in case and "refused" not in case for case in cases)
    assert any("words" in case for case in cases)


@pytest.mark.parametrize(
    "command", [command for command in table() if command.output.table], ids=lambda command: command.name
)
def test_every_table_is_looked_at(command: Any) -> None:
    assert any("text" in case for case in CASES if case["command"] == command.name)


def test_every_positional_order_is_used() -> None:
    """A command that takes several positional orders has a case for each of them."""
    used = set()
    for case in CASES:
        if case.get("args") and "raises" not in case:
            used.add((case["command"], tuple(bind.positional(table().command(case["command"]), case["args"]))))
    for command in table():
        for order in command.orders if len(command.orders) > 1 else ():
            starts = [tuple(order[:length]) for length in range(min(2, len(order)), len(order) + 1)]
            assert any((command.name, start) in used for start in starts), f"{command.name}{tuple(order)}"


def test_cases_are_named_apart() -> None:
    names = [name_of(case) for case in CASES]
    assert sorted(set(names)) == sorted(names)
