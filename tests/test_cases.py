"""Every command of the table, from a case in cases/commands/: the call, the request, the answer, the result, the text.

Each case runs three times against a real local server: as a method, as a command with --raw, as a command for people.
"""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import yaml
from replay import ReplayServer

from vastai import VastAI, VastError
from vastai.cli.main import main
from vastai.client import table

FOLDER = Path(__file__).parent / "cases" / "commands"
CASES: list[dict[str, Any]] = [
    {"file": path.stem, **case} for path in sorted(FOLDER.glob("*.yaml")) for case in yaml.safe_load(path.read_text())
]
NOW = 1768478400.0


def script(case: dict[str, Any]) -> list[dict[str, Any]]:
    """The case's answers, in order, whatever is asked."""
    return [{"verb": "*", "path": "*", "responses": case.get("answers", [{"json": {"success": True}}])}]


def asked(server: ReplayServer) -> list[dict[str, Any]]:
    """What the server was asked, in the form of the cases."""
    return [
        {
            "verb": request["verb"],
            "path": request["path"],
            "query": {name: values[-1] for name, values in request["query"].items()},
            "body": request["json"],
        }
        for request in server.requests
    ]


def expected(case: dict[str, Any]) -> list[dict[str, Any]]:
    """The case's requests: ``VERB PATH?QUERY`` and a body, or a mapping of them."""
    requests = []
    for item in case.get("requests", ()):
        line, body = (item, None) if isinstance(item, str) else next(iter(item.items()))
        verb, _, address = line.partition(" ")
        path, _, query = address.partition("?")
        requests.append({"verb": verb, "path": path, "query": dict(parse_qsl(query)), "body": body})
    return requests


def readable(request: dict[str, Any]) -> dict[str, Any]:
    """Query values that are JSON, read."""
    query = {}
    for name, value in request["query"].items():
        try:
            query[name] = json.loads(value)
        except ValueError:
            query[name] = value
    return {**request, "query": query}


def check(case: dict[str, Any], server: ReplayServer) -> None:
    assert [readable(r) for r in asked(server)] == [readable(r) for r in expected(case)]


def filled(value: Any, server: ReplayServer) -> Any:
    return json.loads(json.dumps(value).replace("{SERVER}", server.url))


name_of = lambda case: f"{case['file']}-{case['command']}-{case.get('what', '')}"  # noqa: E731


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_as_a_method(case: dict[str, Any]) -> None:
    with ReplayServer(script(case), now=NOW) as server, VastAI("k", server.url, retry=0, quiet=True) as client:
        method = getattr(client, case["command"])
        args, kwargs = case.get("args", []), case.get("call", {})
        if "raises" in case:
            with pytest.raises((VastError, TypeError)) as caught:
                method(*args, **kwargs)
            assert case["raises"] in [kind.__name__ for kind in type(caught.value).__mro__]
            assert case.get("says", "") in str(caught.value)
        else:
            result = method(*args, **kwargs)
            if "result" in case:
                assert result == filled(case["result"], server)
        check(case, server)


@pytest.mark.parametrize("case", [case for case in CASES if "words" in case], ids=name_of)
@pytest.mark.parametrize("form", ["raw", "text"])
def test_as_a_command(
    case: dict[str, Any], form: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with ReplayServer(script(case), now=NOW) as server:
        monkeypatch.setenv("VAST_API_KEY", "k")
        monkeypatch.setenv("COLUMNS", "200")
        words = shlex.split(case["words"]) + (["--yes"] if table().command(case["command"]).confirm else [])
        code = main(["--url", server.url, "--retry", "0", *(["--raw"] if form == "raw" else []), *words])
        shown = capsys.readouterr()
        check(case, server)
        assert code == case.get("exit", 0), shown.err
        if form == "raw" and code == 0 and "result" in case:
            assert json.loads(shown.out) == filled(case.get("raw", case["result"]), server)
        elif form == "raw" and code != 0:
            assert shown.out == ""
            assert json.loads(shown.err.strip().splitlines()[-1])["success"] is False
        if form == "text" and "text" in case:
            assert shown.out.rstrip() == case["text"].rstrip().replace("{SERVER}", server.url)
        if form == "text" and "says" in case:
            assert case["says"] in shown.err


def test_every_command_has_a_case() -> None:
    assert {command.name for command in table()} - {table().command(case["command"]).name for case in CASES} == set()
