"""What costs money is done once: a service that works and then falls silent, under many threads, as method and command.

`Accountant` books every request that a command with the effect `once` stands behind, and then loses the answer.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from replay import ReplayServer
from table_kit import FIRST, NOW, Quick, quick_client

import vastai
from vastai import VastAI
from vastai.cli.main import guarded
from vastai.cli.terminal import Terminal
from vastai.client import table

KEY = "a-key-that-pays"
LOST: dict[str, dict[str, Any]] = {
    "drops": {"drop": True},
    "hangs": {"hang": 60},
    "answers 502": {"status": 502, "text": "<html>Bad gateway</html>"},
    "answers 503": {"status": 503, "json": {"msg": "maintenance"}},
    "answers with a page": {"text": "<html>ok</html>"},
    "answers with nothing": {"text": ""},
}
HANG_LIMIT = 1.0  # seconds for one attempt; enough for what is answered at once, also on a busy machine


class Accountant(ReplayServer):
    """A service that does what it is asked, books it, and gives a bad answer or none.

    Arguments:
        loses: how the answer to what must not be done twice is lost.
        answers: what it says to all other requests, in order; the last one is repeated.
        now: the time on its clock.
    """

    def __init__(self, loses: dict[str, Any], answers: list[dict[str, Any]] | None = None, now: float = NOW) -> None:
        super().__init__(now=now)
        self._loses, self._answers = loses, list(answers or [{"json": {"success": True}}])

    @property
    def done(self) -> list[dict[str, Any]]:
        """The requests that must not be sent twice, as they came."""
        return [asked for asked in list(self.requests) if is_once(asked["verb"], asked["path"])]

    def answer(self, verb: str, path: str) -> dict[str, Any]:
        """Lose the answer, or give it; the instances are those that were rented."""
        if is_once(verb, path):
            return self._loses
        if path == "/api/v1/instances/":
            return {"json": {"instances": self.rented(), "next_token": None}}
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def rented(self) -> list[dict[str, Any]]:
        """One instance for each rental, as the service lists it, and one like the first from a minute before."""
        rows = [
            {
                "id": number,
                "image_uuid": asked["json"]["image"],
                "label": asked["json"]["label"],
                "start_date": self.now,
            }
            for number, asked in enumerate(self.done)
        ]
        return [*rows, {**rows[0], "id": -1, "start_date": (self.now or 0) - 60}]

    def __exit__(self, *exception: object) -> None:
        self.release.set()
        super().__exit__(*exception)


ONCE = [command for command in table() if command.effect == "once" and not command.sandbox_only]
ROUTES = [(command.verb, re.compile(re.sub(r"\{\w+\}", "[^/]+", command.path))) for command in ONCE if command.path]


def is_once(verb: str, path: str) -> bool:
    """Does a command with the effect `once` stand behind a request?"""
    return any(verb == its and pattern.fullmatch(path) for its, pattern in ROUTES)


def settled(calls: list[Callable[[], Any]], threads: int) -> list[BaseException]:
    """How calls ended that were made at once; each must raise."""
    with ThreadPoolExecutor(threads) as pool:
        errors = [future.exception() for future in [pool.submit(call) for call in calls]]
    assert None not in errors
    return [error for error in errors if error is not None]


@pytest.mark.parametrize("threads", [1, 8, 32])
@pytest.mark.parametrize("how", LOST)
def test_rents_counted_are_rents_asked(how: str, threads: int) -> None:
    """As methods of one client in threads: each outcome is said, and the instance is named that came of it."""
    with Accountant(LOST[how]) as service:
        limit = HANG_LIMIT if how == "hangs" else 30
        with VastAI(KEY, service.url, retry=3, timeout=limit, quiet=True, edge=Quick()) as client:
            calls = [
                lambda number=number: client.create_instance(100 + number, "an/image", label=f"job {number}")
                for number in range(threads)
            ]
            errors = settled(calls, threads)
        assert sorted(asked["path"] for asked in service.done) == sorted(
            f"/api/v0/asks/{100 + number}/" for number in range(threads)
        )
        made = {row["label"]: row["id"] for row in service.rented() if row["id"] >= 0}
    for number, error in enumerate(errors):
        assert isinstance(error, vastai.OutcomeUnknown)
        assert (error.look_at, "show_instances" in str(error)) == ("show_instances", True)
        assert [row["id"] for row in error.candidates] == [made[f"job {number}"]]


@pytest.mark.parametrize("ahead", [-3600, 3600])
def test_a_clock_that_is_wrong_does_not_hide_what_was_rented(ahead: float) -> None:
    """The service's clock counts: it stands in the answers, and instances have their times from it."""
    with (
        Accountant(LOST["drops"], now=NOW + ahead) as service,
        VastAI(KEY, service.url, quiet=True, edge=Quick()) as client,
        pytest.raises(vastai.OutcomeUnknown) as caught,
    ):
        client.create_instance(100, "an/image", label="job")
    assert [row["id"] for row in caught.value.candidates] == [0]


@pytest.mark.parametrize("how", LOST)
def test_credit_is_transferred_once(how: str) -> None:
    with Accountant(LOST[how]) as service:
        limit = HANG_LIMIT if how == "hangs" else 30
        with VastAI(KEY, service.url, retry=3, timeout=limit, quiet=True, edge=Quick()) as client:
            calls = [lambda n=n: client.transfer_credit(f"{n}@example.com", 5) for n in range(8)]
            errors = settled(calls, 8)
        got = sorted(service.requests, key=lambda asked: str(asked["json"]["recipient"]))
        assert [asked["json"] for asked in got] == [
            {"sender": "me", "recipient": f"{n}@example.com", "amount": 5.0} for n in range(8)
        ]
    assert {type(error) for error in errors} == {vastai.OutcomeUnknown}
    assert all("show_user" in str(error) for error in errors)


@pytest.mark.parametrize("how", ["drops", "answers 502"])
def test_the_command_line_rents_once_in_many_processes_at_once(how: str) -> None:
    with Accountant(LOST[how]) as service:

        def rent(number: int) -> tuple[int, str]:
            streams = io.StringIO(), io.StringIO(), io.StringIO()
            argv = ["--url", service.url, "--api-key", KEY, "create", "instance", str(100 + number), "--image", "i"]
            terminal = Terminal(*streams, dict(os.environ))
            code = guarded([*argv, "--label", f"job {number}"], terminal, open_client=quick_client)
            assert streams[1].getvalue() == ""
            return code, streams[2].getvalue()

        with ThreadPoolExecutor(8) as pool:
            ends = list(pool.map(rent, range(8)))
        made = {row["label"]: row["id"] for row in service.rented() if row["id"] >= 0}
        assert len(service.done) == 8
    for number, (code, said) in enumerate(ends):
        assert code == 7
        assert "Look with show instances before you try again" in said
        assert f"It may have made: id {made[f'job {number}']}, label job {number}\n" in said


@pytest.mark.parametrize("name", [command.name for command in ONCE])
def test_whatever_must_not_be_done_twice_is_sent_once_and_said(name: str) -> None:
    """Every such command, as its first case calls it, when the answer to what it does is lost.

    The request is that of the case, to the last field: no fault adds a mark or a label of ours.
    """
    case = FIRST[name]
    with Accountant(LOST["drops"], case.get("answers")) as service:
        with VastAI(KEY, service.url, retry=3, parallel=1, quiet=True, edge=Quick()) as client:
            try:
                outcome = getattr(client, name)(*case.get("args", ()), **case.get("call", {}))
            except vastai.OutcomeUnknown as unknown:
                assert unknown.look_at in table().names()
            else:  # several in one call: each is reported
                assert outcome["results"][0]["error"] == "outcome_unknown"
        sent = [(f"{asked['verb']} {asked['path']}", asked["json"]) for asked in service.done]
    planned = [next(iter(item.items())) for item in case["requests"] if isinstance(item, dict)]
    assert (
        sent == [(line.partition("?")[0], body) for line, body in planned if is_once(*line.split("?")[0].split())][:1]
    )


LOOKING = [command for command in ONCE if "match" in command.look_at]


@pytest.mark.parametrize("command", LOOKING, ids=lambda command: command.name)
def test_what_a_lost_answer_made_is_looked_for(command: Any) -> None:
    """Whatever its entry says how to look: the row that fits is named, neither an older one nor somebody else's."""
    other, match, since = table().command(command.look_at["command"]), *map(command.look_at.get, ("match", "since"))
    given: dict[str, Any] = {each.name: 20 for each in command.params.values() if each.required}
    row = {"id": 2, since: NOW, **dict.fromkeys(match, "data")}
    rows = [{**row, "id": 1, since: NOW - 60}, row, {**row, "id": 3, next(iter(match)): "other"}]
    envelope = {"success": True, other.returns.unwrap or (other.pages or {}).get("items"): rows}
    script = [
        {"verb": command.verb, "path": re.sub(r"{\w+}", "20", command.path), "responses": [{"drop": True}]},
        {"verb": "GET", "path": "*", "responses": [{"json": envelope}]},
    ]
    given |= {each.name: "data" for each in command.params.values() if each.wire in match.values()}
    with (
        ReplayServer(script, now=NOW) as service,
        VastAI(KEY, service.url, quiet=True, strict=False, edge=Quick()) as client,
        pytest.raises(vastai.OutcomeUnknown) as caught,
    ):
        getattr(client, command.name)(**given)
    assert [each["id"] for each in caught.value.candidates] == [2]
