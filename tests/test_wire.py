"""Every recorded call of the official client that belongs to our table: the same requests, the same results.

What differs stands in cases/wire_differences.yaml, case by case, with the reason and with what we do instead; a case
that stands there and does not differ fails as well.
"""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
import yaml
from replay import ReplayServer
from wire_compare import contains, same_requests

import vastai
import vastai_sdk
from vastai.cli.main import guarded
from vastai.cli.terminal import Terminal
from vastai.client import table
from vastai.engine.edge import Edge
from vastai.table.model import words_of

CASES = Path(__file__).parent / "cases"
WIRE = json.loads((CASES / "wire.json").read_text(encoding="utf-8"))
DIFFERENCES: dict[str, dict[str, Any]] = yaml.safe_load((CASES / "wire_differences.yaml").read_text("utf-8")) or {}


def ours(case: dict[str, Any]) -> bool:
    """Does the case call a command of our table?"""
    if case["kind"] == "sdk":
        return case["method"] in table()
    words = tuple((case["command"] or "").split())
    return words in table().words() or words_of("_".join(words).replace("-", "_")) in table().words()


SDK = [case for case in WIRE["cases"] if case["kind"] == "sdk" and ours(case)]
CLI = [case for case in WIRE["cases"] if case["kind"] == "cli" and ours(case)]


class RecordedEdge(Edge):
    """The clock of the recording; waiting takes no time."""

    def now(self) -> float:
        return float(WIRE["clock"]["epoch"])

    def sleep(self, seconds: float) -> None:
        pass

    def run(self, argv: list[str]) -> int:
        return 0


def script(case: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers of a case, as the replay server takes them."""
    if "server" in case:
        return list(case["server"])
    rows: dict[tuple[str, str], list[Any]] = {}
    for request, key in zip(case["requests"], case["response_given"], strict=False):
        rows.setdefault((request["verb"], request["path"]), []).append(WIRE["responses"][key])
        if request["path"] == "/api/v0/bundles/":  # we search with GET
            rows.setdefault(("GET", request["path"]), []).append(WIRE["responses"][key])
    return [{"verb": verb, "path": path, "responses": responses} for (verb, path), responses in rows.items()]


def check_requests(case: dict[str, Any], expected: dict[str, Any], server: ReplayServer) -> None:
    recorded, mine = same_requests(
        expected.get("requests", case["requests"]), server.requests, set(case.get("volatile", ()))
    )
    assert mine == recorded
    for request in server.requests:
        key = request["headers"].get("Authorization")
        is_fetch = not request["path"].startswith("/api/")
        assert key == (None if is_fetch else f"Bearer {case.get('client_api_key', 'k-test')}")


@pytest.mark.parametrize("case", SDK, ids=lambda case: case["id"])
def test_sdk(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    difference = DIFFERENCES.get(case["id"])
    if difference is None:
        replay_sdk(case, {}, monkeypatch, tmp_path)
        return
    with pytest.raises(AssertionError):
        replay_sdk(case, {}, monkeypatch, tmp_path)
    replay_sdk(case, difference, monkeypatch, tmp_path)


def replay_sdk(case: dict[str, Any], difference: dict[str, Any], monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    prepare_files(case, home, monkeypatch)
    arguments = json.loads(json.dumps([case["args"], case["kwargs"]]))
    with ReplayServer(script(case), now=WIRE["clock"]["epoch"]) as server:
        client = vastai_sdk.VastAI(
            api_key="k-test", server_url=server.url, edge=RecordedEdge(), quiet=True, **case.get("init", {})
        )
        raised, result = None, None
        try:
            result = getattr(client, case["method"])(*arguments[0], **arguments[1])
        except Exception as error:  # compared with what was recorded
            raised = error
        finally:
            client.close()
        check_requests(case, difference, server)
        expected = difference.get("raised", case["raised"])
        assert (raised is None) == (expected is None), raised
        if raised is not None:
            names = {kind.__name__ for kind in type(raised).__mro__}
            assert expected in names, raised
            return
        if "returned" in difference or "returned" in case:
            recorded = difference.get("returned", case.get("returned"))
            text = json.dumps(recorded).replace("{SERVER}", server.url)
            assert contains(result, json.loads(text)), result


@pytest.mark.parametrize("case", CLI, ids=lambda case: case["id"])
def test_cli(
    case: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    difference = DIFFERENCES.get(case["id"])
    if difference is None:
        replay_cli(case, {}, monkeypatch, tmp_path, capsys)
        return
    with pytest.raises(AssertionError):
        replay_cli(case, {}, monkeypatch, tmp_path, capsys)
    replay_cli(case, difference, monkeypatch, tmp_path, capsys)


def replay_cli(
    case: dict[str, Any],
    difference: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    home: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    prepare_files(case, home, monkeypatch)
    monkeypatch.setattr("sys.stdin", typed(case))
    capsys.readouterr()
    with ReplayServer(script(case), now=WIRE["clock"]["epoch"]) as server:
        monkeypatch.setenv("VAST_URL", server.url)
        for name, value in case["env"].items():
            if value is None:
                monkeypatch.delenv(name, raising=False)
            else:
                monkeypatch.setenv(name, value.replace("{SERVER}", server.url))
        argv = [word.replace("{SERVER}", server.url).replace("{HOME}", str(home)) for word in case["argv"]]
        code = guarded(argv, Terminal.of_process(), open_client=open_client)
        shown = capsys.readouterr()
        check_requests(case, difference, server)
        assert code == difference.get("exit_code", case["exit_code"]), shown.err
        if "--raw" in argv and code == 0 and case["stdout_kind"] == "json" and "stdout" not in difference:
            recorded = json.loads(case["stdout"].replace("{SERVER}", server.url))
            assert contains(json.loads(shown.out), recorded), shown.out
        if "--raw" in argv and code != 0:
            assert shown.out == ""
        for word in difference.get("mentions", ()):
            assert word in shown.out + shown.err
        assert "Traceback" not in shown.err


def open_client(edge: Edge, **settings: Any) -> vastai.VastAI:
    """The terminal's client, on the clock of the recording."""
    recorded = RecordedEdge()
    edge.now, edge.sleep, edge.run = recorded.now, recorded.sleep, recorded.run  # type: ignore[method-assign]
    return vastai.VastAI(edge=edge, **settings)


def typed(case: dict[str, Any]) -> io.TextIOWrapper:
    """What the person typed, as a pipe brings it."""
    return io.TextIOWrapper(io.BytesIO((case["stdin"] or "").encode()), encoding="utf-8")


def prepare_files(case: dict[str, Any], home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recording's environment: a home of its own, the key, and the files of the case."""
    for name in list(os.environ):
        if name.startswith(("VAST", "XDG_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("VAST_API_KEY", "k-test")
    monkeypatch.chdir(home)
    for name, text in case.get("files", {}).items():
        place, _, path = name.partition(":")
        target = home / path
        target.parent.mkdir(parents=True, exist_ok=True)
        assert place in ("home", "cwd")
        target.write_text(text, encoding="utf-8")


def test_every_listed_difference_belongs_to_a_case() -> None:
    assert set(DIFFERENCES) <= {case["id"] for case in SDK + CLI}
    assert all(entry.get("reason") for entry in DIFFERENCES.values())
