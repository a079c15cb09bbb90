"""Every recorded call of the official client, none left out: the same requests, the same results.

Each request that we send is as our OpenAPI document describes it, without exception.

What differs stands in cases/wire_differences.yaml, case by case, with the reason and with what we do instead; a case
that stands there and does not differ fails as well. Beside its `reason` an entry has what is other, in the recorded
form: `requests`, `returned`, `raised`, `exit_code`, `stdout` (`other`: not compared) and its `stdout_kind`; also
`mentions`, words that we print, and `server`, the answers to requests that were not recorded.
"""

from __future__ import annotations

import ast
import io
import json
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from openapi_kit import request_faults
from replay import ReplayServer
from wire_compare import KEY, contains, same_requests

import vastai
import vastai_sdk
from vastai.cli.main import guarded
from vastai.cli.terminal import Terminal
from vastai.client import table
from vastai.engine.edge import Edge

CASES = Path(__file__).parent / "cases"
WIRE = json.loads((CASES / "wire.json").read_text(encoding="utf-8"))
STORED = ("/s3/", "/dl/")  # what answers name URLs of; it is not part of the API
DIFFERENCES: dict[str, dict[str, Any]] = yaml.safe_load((CASES / "wire_differences.yaml").read_text("utf-8")) or {}


SDK = [case for case in WIRE["cases"] if case["kind"] == "sdk"]
CLI = [case for case in WIRE["cases"] if case["kind"] == "cli"]


class RecordedEdge(Edge):
    """The clock of the recording; waiting takes no time."""

    def now(self) -> float:
        return float(WIRE["clock"]["epoch"])

    def sleep(self, seconds: float) -> None:
        pass

    def run(self, argv: list[str]) -> int:
        return 0


def script(case: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers of a case, as the replay server takes them; an offer search may come with GET or POST."""
    given: dict[tuple[str, str], list[Any]] = {}
    for request, key in zip(case["requests"], case["response_given"], strict=False):
        if key in WIRE["responses"]:
            given.setdefault((request["verb"], request["path"]), []).append(WIRE["responses"][key])
    scripted = list(case.get("server", ()))  # for what it leaves open, the answers that were given in the end
    scripted += [{"verb": verb, "path": path, "responses": answers} for (verb, path), answers in given.items()]
    return [
        {
            "verb": "*" if row["path"] == "/api/v0/bundles/" else row["verb"],
            "path": row["path"],
            "responses": [typed(answer) for answer in row["responses"]],
        }
        for row in scripted
    ]


def typed(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer with the content type that was recorded."""
    if "ctype" not in answer:
        return answer
    return {**answer, "headers": {"Content-Type": answer["ctype"], **answer.get("headers", {})}}


def check_requests(case: dict[str, Any], server: ReplayServer) -> None:
    recorded, mine = same_requests(case["requests"], server.requests, set(case.get("volatile", ())))
    assert mine == recorded
    assert as_text(mine) == as_text(recorded)
    api = [asked for asked in server.requests if not asked["path"].startswith(STORED)]
    assert [line for a in api for line in request_faults(a["verb"], a["path"], a["query"], a["json"])] == []


def as_text(requests: list[Any]) -> str:
    """Requests as JSON, in which true is not 1."""
    return json.dumps(requests, sort_keys=True)


def replay(case: dict[str, Any], run: Callable[[dict[str, Any]], None]) -> None:
    """Run a case as it was recorded, or, where an entry says what differs: that it differs, and that it does so."""
    recorded = {**case, "script": script(case)}
    difference = DIFFERENCES.get(case["id"])
    if difference is None:
        run(recorded)
        return
    with pytest.raises(AssertionError):
        run(recorded)
    answers = script({**case, "server": difference["server"]}) if "server" in difference else recorded["script"]
    run({**case, **difference, "script": answers})


@pytest.mark.parametrize("case", SDK, ids=lambda case: case["id"])
def test_sdk(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    replay(case, lambda expected: replay_sdk(expected, monkeypatch, tmp_path))


def replay_sdk(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    with ReplayServer(case["script"], now=WIRE["clock"]["epoch"]) as server:
        prepare(case, home, server.url, monkeypatch)
        args, kwargs = json.loads(json.dumps([case["args"], case["kwargs"]]))
        init = {"api_key": KEY, "server_url": server.url, "quiet": True, **case.get("init", {})}
        init["server_url"] = init["server_url"].replace("{SERVER}", server.url)
        raised, result = None, None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            client = vastai_sdk.VastAI(edge=RecordedEdge(), **init)
            try:
                result = getattr(client, case["method"])(*args, **kwargs)
            except Exception as error:  # compared with what was recorded
                raised = error
            finally:
                client.close()
        check_requests(case, server)
        assert (raised is None) == (case["raised"] is None), raised
        if raised is not None:
            assert case["raised"] in {kind.__name__ for kind in type(raised).__mro__}, raised
        elif "returned" in case:
            recorded = json.loads(json.dumps(case["returned"]).replace("{SERVER}", server.url))
            assert contains(result, recorded), result


@pytest.mark.parametrize("case", CLI, ids=lambda case: case["id"])
def test_cli(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    replay(case, lambda expected: replay_cli(expected, monkeypatch, tmp_path, capsys))


def replay_cli(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    with ReplayServer(case["script"], now=WIRE["clock"]["epoch"]) as server:
        changes = {"VAST_API_KEY": KEY, "VAST_URL": server.url, **case["env"]}
        prepare({**case, "env": changes}, home, server.url, monkeypatch)
        monkeypatch.setattr("sys.stdin", piped(case))
        argv = [word.replace("{SERVER}", server.url).replace("{HOME}", str(home)) for word in case["argv"]]
        code = guarded(argv, Terminal.of_process(), open_client=open_client)
        shown = capsys.readouterr()
        check_requests(case, server)
        assert code == case["exit_code"], shown.err
        if code == 0:
            check_output(case, shown.out, server)
        elif "--raw" in argv:
            assert shown.out == ""
        for word in case.get("mentions", ()):
            text = shown.out + shown.err
            assert word in text or f"--{word.replace('_', '-')}" in text, "it names what is typed"
        assert "Traceback" not in shown.err


def check_output(case: dict[str, Any], out: str, server: ReplayServer) -> None:
    """Data is what was recorded, as JSON or as Python writes it, and so are bare words; the rest is ours to word."""
    recorded = str(case["stdout"]).replace("{SERVER}", server.url)
    if case["stdout"] == "other":
        return
    if "--raw" in case["argv"] or case.get("stdout_kind") == "json":
        shown = json.loads(out)
        if case.get("stdout_kind") == "json":
            assert contains(shown, json.loads(recorded)), out
    elif case.get("stdout_kind") == "tokens":
        assert out.split() == recorded.split()
    elif "--explain" not in case["argv"]:  # its lines are data too, and go to stderr here
        for data in literals(recorded):
            assert any(contains(mine, data) for mine in literals(out)), out


def literals(text: str) -> list[Any]:
    """The lists and mappings that stand at the end of lines as Python writes them, alone or behind a sentence."""
    found = []
    for line in text.splitlines():
        starts = [place for place in (line.find("{"), line.find("[")) if place >= 0]
        try:
            found.append(ast.literal_eval(line[min(starts) :]))
        except (ValueError, SyntaxError):  # nothing there, or a sentence with brackets
            continue
    return found


def open_client(edge: Edge, **settings: Any) -> vastai.VastAI:
    """The terminal's client, on the clock of the recording."""
    recorded = RecordedEdge()
    edge.now, edge.sleep, edge.run = recorded.now, recorded.sleep, recorded.run  # type: ignore[method-assign]
    return vastai.VastAI(edge=edge, **settings)


def piped(case: dict[str, Any]) -> io.TextIOWrapper:
    """What the person typed, as a pipe brings it."""
    return io.TextIOWrapper(io.BytesIO((case["stdin"] or "").encode()), encoding="utf-8")


def prepare(case: dict[str, Any], home: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recording's environment: a home of its own, the variables and the files of the case."""
    for name in list(os.environ):
        if name.startswith(("VAST", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("VASTAI_PARALLEL", "1")  # in the order that was recorded
    monkeypatch.chdir(home)
    for name, value in case["env"].items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value.replace("{SERVER}", url).replace("{HOME}", str(home)))
    for name, text in case.get("files", {}).items():
        place, _, path = name.partition(":")
        assert place in ("home", "cwd")
        if text is not None:  # else the file was taken away before; ours was never there
            (home / path).parent.mkdir(parents=True, exist_ok=True)
            (home / path).write_text(text, encoding="utf-8")


KEYS = {"reason", "requests", "returned", "raised", "exit_code", "stdout", "stdout_kind", "mentions", "server"}


def test_all_recorded_calls_are_replayed() -> None:
    assert len(SDK) + len(CLI) == len(WIRE["cases"]) == 671


METHODS = sorted({case["method"] for case in SDK})
KEYWORDS = {(case["method"], word) for case in SDK for word in case["kwargs"] if case["raised"] != "TypeError"}


def test_every_method_of_the_official_library_is_here_and_takes_its_keywords() -> None:
    assert len(METHODS) == 153
    assert [name for name in METHODS if not callable(getattr(vastai_sdk.VastAI, name, None))] == []
    assert [(name, word) for name, word in sorted(KEYWORDS) if table().command(name).parameter(word) is None] == []


def test_every_listed_difference_belongs_to_a_case_and_has_a_reason() -> None:
    assert set(DIFFERENCES) <= {case["id"] for case in SDK + CLI}
    for entry in DIFFERENCES.values():
        assert entry.get("reason") and set(entry) > {"reason"} and set(entry) <= KEYS


BASE = {"verb": "PUT", "path": "/api/v0/asks/5/", "query": {"a": ["1"]}, "json": {"disk": 10, "force": False}}


@pytest.mark.parametrize(
    ("change", "equal"),
    [
        ({"json": {"disk": "10", "force": False, "label": None, "client_id": "me", "api_key": "k"}}, True),
        ({"query": {"a": ["1.0"], "b": ["null"]}}, True),
        ({"headers": {"Authorization": f"Bearer {KEY}", "User-Agent": "other"}}, True),
        ({"verb": "POST"}, False),
        ({"path": "/api/v0/asks/5"}, False),
        ({"query": {}}, False),
        ({"json": {"disk": 10}}, False),
        ({"json": {"disk": 10, "force": 0}}, False),
        ({"json": {"disk": 10, "force": False, "client_id": "you"}}, False),
        ({"headers": {}}, False),
        ({"headers": {"Authorization": "Bearer other"}}, False),
    ],
)
def test_which_requests_are_equal(change: dict[str, Any], equal: bool) -> None:
    recorded, mine = same_requests([BASE], [{**BASE, **change}], set())
    assert (as_text(recorded) == as_text(mine)) == equal
