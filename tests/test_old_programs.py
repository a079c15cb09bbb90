"""Programs written for the official library and command line run unchanged: the cases of cases/old_programs.yaml."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from functools import reduce
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import yaml
from replay import ReplayServer
from sandbox_kit import small_market

import vastai
import vastai_sdk
from vastai.cli.main import guarded
from vastai.cli.terminal import Terminal
from vastai.client import table
from vastai.sandbox.world import World

ROOT = Path(__file__).parent.parent
CASES: dict[str, list[dict[str, Any]]] = yaml.safe_load((ROOT / "tests/cases/old_programs.yaml").read_text("utf-8"))
KEY = "key-of-old"
Case = dict[str, Any]


def name_of(case: Case) -> str:
    return f"{case['program']}: {case.get('what', '')}"


def place(thing: Any, path: str) -> Any:
    """What stands at a dotted place: attributes, fields, and items of lists."""

    def step(found: Any, name: str) -> Any:
        if isinstance(found, dict):
            return found[name]
        return found[int(name)] if isinstance(found, list) else getattr(found, name)

    return reduce(step, path.split("."), thing)


def contains(whole: Any, part: Any) -> bool:
    """Mappings hold at least the fields of the part; everything else is equal."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(name in whole and contains(whole[name], value) for name, value in part.items())
    return bool(whole == part)


def check_requests(server: ReplayServer, expected: list[Any]) -> None:
    """The right requests in the right order, each with the key but those to a URL that an answer named."""
    lines = [item if isinstance(item, str) else next(iter(item)) for item in expected]
    assert [f"{request['verb']} {request['path']}" for request in server.requests] == lines
    for request, item in zip(server.requests, expected, strict=True):
        line, body = (item, None) if isinstance(item, str) else next(iter(item.items()))
        assert contains(request["json"], body) or body is None, request["json"]
        for name, value in (item.get("query", {}) if isinstance(item, dict) else {}).items():
            sent = json.loads(request["query"][name][0])
            assert contains(sent, value), sent
        assert ("Authorization" in request["headers"]) == ("/api/" in line)


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key where most programs have it; answers need not be complete."""
    monkeypatch.setenv("VAST_API_KEY", KEY)
    monkeypatch.setenv("VASTAI_STRICT", "0")


# ---------------------------------------------------------------- the library


@pytest.mark.parametrize("case", CASES["library"], ids=name_of)
def test_the_library(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    script = [{"verb": "*", "path": "*", "responses": case.get("answers", [{"json": {"success": True}}])}]
    with ReplayServer(script) as server:
        monkeypatch.setenv("VAST_URL", server.url)
        with vastai_sdk.VastAI(**case.get("open", {})) as client:
            for call in case["calls"]:
                perform(client, call, server)
            for path, value in case.get("attributes", {}).items():
                assert place(client, path) == value
    check_requests(server, case["requests"])


def perform(client: Any, call: Case, server: ReplayServer) -> None:
    """One call of a program, and what it does with the result."""
    method, args, kwargs = getattr(client, call["do"]), call.get("args", ()), call.get("call", {})
    if "raises" in call:
        with pytest.raises(Exception) as caught:
            method(*args, **kwargs)
        assert set(call["raises"]) <= {kind.__name__ for kind in type(caught.value).__mro__}
        assert all(piece in str(caught.value) for piece in call.get("says", ())), str(caught.value)
        if "response" in call:
            response = caught.value.response  # type: ignore[attr-defined]  # that of requests.HTTPError
            assert {"status": response.status_code, "msg": response.json()["msg"]} == call["response"]
        return
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        result = method(*args, **kwargs)
    assert [str(each.message).startswith(call.get("warns", "")) for each in warned] == [True] * ("warns" in call)
    if "returns" in call:
        assert result == call["returns"]
    for path, value in call.get("reads", {}).items():
        assert place(result, path) == value
    assert not set(call.get("absent", ())) & set(server.requests[-1]["json"] or {})


def test_a_launcher_in_the_sandbox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From search to destruction as SkyPilot goes, with the fields that programs read."""
    world = World(str(tmp_path / "world.db"), market=small_market)
    monkeypatch.setenv("VAST_URL", f"sandbox:{tmp_path / 'world.db'}")
    with vastai_sdk.VastAI() as client:
        offer = client.search_offers(query="georegion=true geolocation=EU num_gpus=1 direct_port_count>=1", type="bid")[
            0
        ]
        for field in CASES["fields"]["offer"]:
            place(offer, field)
        bid = {"bid_price": offer["min_bid"] * 1.1, "image": "pytorch/pytorch", "label": "c-head"}
        rented = client.create_instance(id=offer["id"], direct=True, ssh=True, env="-e __SOURCE=old", **bid)
        world.advance(30)
        instance = client.show_instance(id=rented["new_contract"])
        for field in CASES["fields"]["instance"]:
            place(instance, field)
        assert (instance["actual_status"], instance["label"]) == ("running", "c-head")
        with pytest.raises(vastai_sdk.APIError):
            client.create_instance(id=1, image="there is no such offer")
        client.stop_instance(id=str(instance["id"]))
        world.advance(30)
        assert [row["actual_status"] for row in client.show_instances()] == ["exited"]
        assert client.destroy_instance(id=str(instance["id"]))["success"]
        assert client.show_instance(id=instance["id"]) is None
    world.close()


@pytest.mark.parametrize(
    "line", ["import vastai_sdk as m", "import vastai.sdk as m", "from vastai_sdk import VastAI", "import vastai as m"]
)
def test_where_the_class_is_imported_from(line: str) -> None:
    space: dict[str, Any] = {}
    exec(line, space)
    found = space.get("VastAI") or space["m"].VastAI
    assert found is (vastai.VastAI if line == "import vastai as m" else vastai_sdk.VastAI)
    assert issubclass(vastai_sdk.VastAI, vastai.VastAI)


@pytest.mark.parametrize(
    "line", ["from vastai import Serverless", "from vastai_sdk import Worker", "import vastai.vast"]
)
def test_what_is_not_offered_fails_at_the_import(line: str) -> None:
    with pytest.raises(ImportError):
        exec(line)


# ---------------------------------------------------------------- the command line


@pytest.mark.parametrize("case", CASES["typed"], ids=lambda case: case["program"])
def test_a_command_line(case: Case) -> None:
    answer = {"status": case.get("status", 200), "json": case["answer"]}
    with ReplayServer([{"verb": "*", "path": "*", "responses": [answer]}]) as server:
        out, err = StringIO(), StringIO()
        terminal = Terminal(StringIO(), out, err, {**os.environ, "VAST_URL": server.url})
        code = guarded(["--url", server.url, *case["argv"]], terminal)
    assert code == case.get("exit", 0), err.getvalue()
    check_requests(server, case["requests"])
    assert case["err_has"] in err.getvalue() if "err_has" in case else err.getvalue() == ""
    printed = out.getvalue()
    lines = printed.splitlines()
    if "json" in case:
        assert json.loads(printed) == case["json"]
    if "out" in case:
        assert printed == case["out"]
    if "rows" in case:
        rows = [dict(zip(lines[0].split(), line.split(), strict=True)) for line in lines[1:]]
        assert contains(dict(enumerate(rows)), dict(enumerate(case["rows"])))
    for number, word in case.get("columns", {}).items():
        assert lines[1].split()[number - 1] == word


@pytest.fixture
def shell(tmp_path: Path) -> dict[str, str]:
    """An environment with `vastai`, `rsync` that says how it was called, and `sleep` that turns the sandbox's clock."""
    path = str(tmp_path / "world.db")
    World(path, market=small_market).close()
    table()  # compiled before, so that no process compiles it
    turn = "import sys; from vastai.sandbox.world import World; World(sys.argv[1]).advance(float(sys.argv[2]))"
    programs = {
        "vastai": f'exec "{sys.executable}" -m vastai "$@"',
        "python3": f'exec "{sys.executable}" "$@"',
        "sleep": f"exec \"{sys.executable}\" -c '{turn}' '{path}' \"$1\"",
        "rsync": 'echo "rsync $*"',
    }
    (tmp_path / "bin").mkdir()
    for name, line in programs.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        (tmp_path / "bin" / name).chmod(0o755)
    environ = {name: value for name, value in os.environ.items() if not name.startswith("VAST")}
    return {
        **environ,
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "VAST_URL": f"sandbox:{path}",
    }


@pytest.mark.parametrize("case", CASES["scripts"], ids=name_of)
def test_a_script(case: Case, shell: dict[str, str], tmp_path: Path) -> None:
    environ = {**shell, **({"VAST_URL": case["url"]} if "url" in case else {})}
    done = subprocess.run(
        ["bash", "-c", case["run"]], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120
    )
    assert done.stdout == case.get("out", done.stdout), done.stderr
    for piece in case.get("out_has", ()):
        assert piece in done.stdout, done.stdout + done.stderr
