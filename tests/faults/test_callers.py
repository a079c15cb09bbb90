"""The same faults on the wire, met by the callers: as a method, and as a command with and without --raw.

The cases are those of test_send.py. What a caller sees must follow from the effect of the command alone: as many
requests, the same pauses, and the exit code of the error that the method raises.
"""

from __future__ import annotations

import gzip
import io
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from edges import over

from faults.server import TLS_FILE, FaultServer
from vastai import VastAI, VastError, errors
from vastai.cli.main import guarded
from vastai.cli.terminal import Terminal
from vastai.client import table
from vastai.engine.edge import Edge

CASES = yaml.safe_load(Path(__file__).parents[1].joinpath("cases", "faults.yaml").read_text(encoding="utf-8"))
CASES = [case for case in CASES if not {"accept", "largest"} & case.keys()]  # what only the sender can be told
KEY = "a-key-of-callers"
SLOW = ("hang", "slow_headers", "slow_body")
COMMANDS = {  # one for each effect; none of them looks further by itself
    "read": ("show_user", {}, "show user"),
    "update": ("start_instance", {"id": 7}, "start instance 7"),
    "destroy": ("destroy_instance", {"id": 7}, "destroy instance 7 --yes"),
    "once": ("reboot_instance", {"id": 7}, "reboot instance 7"),
}


class Calm(Edge):
    """Dice that show 0.5, pauses that take no time and are noted, remarks that are kept."""

    sleeps: list[float]
    said: list[str]

    def dice(self) -> float:
        return 0.5

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)

    def say(self, line: str) -> None:
        self.said.append(line)
        super().say(line)


def calm(inner: Edge) -> Calm:
    edge = over(inner, Calm)
    edge.sleeps, edge.said = [], []
    return edge


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", TLS_FILE)
    monkeypatch.setenv("VASTAI_STRICT", "0")


class Ended(NamedTuple):
    """How one run ended: what it exits with, the status of the answer, what it says, and what it cost."""

    code: int
    status: int | None
    said: str
    requests: int
    sleeps: list[float]


def limits(case: dict[str, Any]) -> tuple[float, int]:
    """Seconds for one attempt, short where it is waited for, and the number of repeats."""
    slow = any(name in SLOW for item in case["script"] for name in ([item] if isinstance(item, str) else item))
    return case.get("timeout", 0.3) if slow else 20, case.get("retry", 2)


def called(case: dict[str, Any]) -> Ended:
    name, given, _ = COMMANDS[case["effect"]]
    timeout, retry = limits(case)
    edge = calm(Edge())
    with (
        FaultServer(*case["script"], tls=case.get("tls", False)) as server,
        VastAI(KEY, server.url, retry, timeout=timeout, edge=edge, raise_errors=True) as client,
    ):
        try:
            answer = getattr(client, name)(**given)
        except VastError as error:
            kind = case.get("error", "APIError")
            assert isinstance(error, getattr(errors, kind)), error
            assert "\n" not in str(error)
            assert KEY not in repr(error)
            status = getattr(error, "status_code", None)
            hint = f"{error} {error.hint}"
            return Ended(errors.exit_code(error), status, hint, len(server.requests), edge.sleeps)
    assert isinstance(answer, dict)
    return Ended(0, 204 if "success" not in answer else None, " ".join(edge.said), len(server.requests), edge.sleeps)


def typed(case: dict[str, Any], *flags: str) -> Ended:
    timeout, retry = limits(case)
    edges: list[Calm] = []

    def open_client(edge: Edge, **settings: Any) -> VastAI:
        edges.append(calm(edge))
        return VastAI(edge=edges[0], **settings)

    with FaultServer(*case["script"], tls=case.get("tls", False)) as server:
        argv = ["--url", server.url, "--api-key", KEY, "--retry", str(retry), "--timeout", str(timeout), *flags]
        out, err = io.StringIO(), io.StringIO()
        terminal = Terminal(io.StringIO(), out, err, dict(os.environ))
        code = guarded([*argv, *COMMANDS[case["effect"]][2].split()], terminal, open_client=open_client)
        said, raw = err.getvalue(), "--raw" in flags
        assert KEY not in out.getvalue() + said
        assert "Traceback" not in said
        assert "<html" not in said
        assert (out.getvalue() == "") == (code != 0)
        if raw:
            json.loads(out.getvalue() or said)
        return Ended(code, None, said, len(server.requests), edges[0].sleeps)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_fault_as_callers_meet_it(case: dict[str, Any]) -> None:
    method, command, raw = called(case), typed(case), typed(case, "--raw")
    assert (command.code, command.requests, command.sleeps) == (method.code, method.requests, method.sleeps)
    assert (raw.code, raw.requests, raw.sleeps) == (method.code, method.requests, method.sleeps)
    assert method.requests == case["requests"]
    assert method.sleeps == case.get("sleeps", method.sleeps)
    if "error" in case:
        kind = getattr(errors, case["error"])
        assert method.code == errors.exit_code(kind("x"))
        for words in case.get("says", ()):
            assert words in method.said
            assert words.replace("show_instances", "show instances") in command.said
    elif case["status"] >= 300:
        assert (method.status, method.code != 0) == (case["status"], True)
    if "note" in case:
        assert case["note"] in method.said
        assert case["note"] in command.said


def test_every_effect_has_its_command() -> None:
    for effect, (name, _, words) in COMMANDS.items():
        command = table().command(name)
        assert (command.effect, words.startswith(" ".join(command.words))) == (effect, True)


@pytest.mark.parametrize("effect", COMMANDS)
def test_no_answer_takes_more_than_256_megabytes(effect: str) -> None:
    """A quarter of a megabyte that grows to 257."""
    body = gzip.compress(b" " * (1 << 20)) * 257
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(body)}\r\n\r\n"
    case = {"effect": effect, "script": [{"raw": {"text": head + body.decode("latin-1")}}], "retry": 2}
    case["error"] = "OutcomeUnknown" if effect == "once" else "ConnectionFailed"
    ended = called(case)
    assert (ended.requests, "the answer is larger than 256 MB" in ended.said) == (1, True)
