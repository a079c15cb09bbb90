"""The proof against the live service, proved on the sandbox: what it says, and that it leaves nothing running."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import live
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from proof import budget, doubts, plan
from proof.session import NOT_CALLED, VERIFIED, Session
from proof.story import Spent, Story
from sandbox_kit import Kit

from vastai.client import table
from vastai.engine.edge import Edge
from vastai.engine.retry import TransportError
from vastai.engine.steps import Reply
from vastai.replay import replay
from vastai.settings import Settings

KEY = os.environ.get("VAST_API_KEY", "")  # before the tests get a home of their own
STORY = yaml.safe_load((Path(live.__file__).parent / "proof" / "story.yaml").read_text(encoding="utf-8"))
DOUBTS = yaml.safe_load((Path(live.__file__).parent / "proof" / "doubts.yaml").read_text(encoding="utf-8"))["doubts"]
CAP = 0.50


class KitEdge(Edge):
    """The time of a kit: a pause turns its clock."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def now(self) -> float:
        return self._kit.clock.now

    def clock(self) -> float:
        return self._kit.clock.now

    def sleep(self, seconds: float) -> None:
        self._kit.wait(seconds)

    def dice(self) -> float:
        return 0.5


Trouble = Callable[[int, Callable[[], Reply]], Reply]


class KitTransport:
    """Sends to a kit; `trouble` decides what becomes of each request, counted from 0."""

    def __init__(self, kit: Kit, trouble: Trouble | None = None) -> None:
        self.kit = kit
        self.sent: list[str] = []
        self._trouble: Trouble = trouble or (lambda number, send: send())

    def send(self, verb: str, url: str, headers: dict[str, str], body: bytes | None, **more: Any) -> Reply:
        from urllib.parse import parse_qsl, urlsplit

        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.sent.append(f"{verb} {parts.path}")
        self.kit.wait(0.2)
        return self._trouble(len(self.sent) - 1, lambda: self.kit.app.handle(verb, parts.path, query, headers, body))

    def close(self) -> None:
        pass


def rental(kit: Kit, trouble: Trouble | None = None, cap: float = CAP) -> tuple[Spent, KitTransport]:
    """One rental on a kit."""
    transport = KitTransport(kit, trouble)
    where = Settings(server_url="sandbox::memory:", retry=1)
    session = Session(where, table(), KitEdge(kit), transport)
    return Story(STORY, session, cap, "vastai-proof-0", lambda line: None).run(), transport


def there(kit: Kit) -> list[int]:
    """Ids of the instances in a kit."""
    return [row["id"] for row in kit.get("/instances/")["instances"]]


# -- the rental


def test_a_rental_does_its_story_and_leaves_nothing() -> None:
    kit = Kit()
    before = kit.credit()
    spent, _ = rental(kit)
    assert [outcome.status for outcome in spent.outcomes] == [VERIFIED] * len(spent.outcomes), spent.outcomes
    assert (there(kit), spent.left, spent.interrupted) == ([], (), False)
    assert spent.ceiling is not None
    assert 0 < before - kit.credit() <= spent.ceiling.cost <= CAP
    assert spent.charged == pytest.approx(before - kit.credit())


def test_nothing_is_rented_when_no_offer_is_below_the_cap() -> None:
    kit = Kit()
    spent, transport = rental(kit, cap=0.001)
    assert (spent.ceiling, spent.outcomes[-1].status) == (None, NOT_CALLED)
    assert not [line for line in transport.sent if line.startswith("PUT")]


def lost(send: Callable[[], Reply], before: bool) -> Reply:
    if not before:
        send()
    raise TransportError("lost", sent=not before)


def interrupted(send: Callable[[], Reply], before: bool) -> Reply:
    if not before:
        send()
    raise KeyboardInterrupt


TROUBLES: dict[str, Callable[[Callable[[], Reply]], Reply]] = {
    "refused": lambda send: Reply(400, {"content-type": "application/json"}, b'{"success": false, "msg": "no"}'),
    "forbidden": lambda send: Reply(401, {}, b'{"success": false, "msg": "Invalid user key"}'),
    "broken": lambda send: Reply(500, {}, b"<html>"),
    "unavailable": lambda send: Reply(503, {}, b"<html>"),
    "busy": lambda send: Reply(429, {"retry-after": "2"}, b"API requests too frequent"),
    "page": lambda send: (send(), Reply(200, {}, b"<html>"))[1],
    "strange": lambda send: (send(), Reply(200, {"content-type": "application/json"}, b'{"success": true}'))[1],
    "lost before": lambda send: lost(send, True),
    "lost after": lambda send: lost(send, False),
    "interrupted before": lambda send: interrupted(send, True),
    "interrupted after": lambda send: interrupted(send, False),
}


@settings(max_examples=120, deadline=None)
@given(
    number=st.integers(0, 40),
    length=st.integers(1, 6),
    kind=st.sampled_from(sorted(TROUBLES)),
)
def test_whatever_step_fails_no_instance_remains(number: int, length: int, kind: str) -> None:
    def trouble(now: int, send: Callable[[], Reply]) -> Reply:
        return TROUBLES[kind](send) if number <= now < number + length else send()

    kit = Kit()
    before = kit.credit()
    spent, _ = rental(kit, trouble)
    assert there(kit) == []
    assert spent.left == ()
    assert before - kit.credit() <= (spent.ceiling.cost if spent.ceiling else 0.0)


def test_an_interruption_during_the_boot_gives_back() -> None:
    def trouble(number: int, send: Callable[[], Reply]) -> Reply:
        return interrupted(send, True) if number == 4 else send()

    kit = Kit()
    spent, transport = rental(kit, trouble)
    assert (spent.interrupted, there(kit), spent.left) == (True, [], ())
    assert any(line.startswith("DELETE") for line in transport.sent)


def test_a_destroy_that_fails_first_is_tried_again() -> None:
    kit = Kit()
    failed = []

    def trouble(number: int, send: Callable[[], Reply]) -> Reply:
        if transport_sent()[-1].startswith("DELETE") and len(failed) < 5:
            failed.append(number)
            return Reply(500, {}, b"")
        return send()

    transport = KitTransport(kit, trouble)

    def transport_sent() -> list[str]:
        return transport.sent

    session = Session(Settings(server_url="sandbox", retry=0), table(), KitEdge(kit), transport)
    spent = Story(STORY, session, CAP, "vastai-proof-0", lambda line: None).run()
    assert (len(failed), there(kit), spent.left) == (5, [], ())


def test_what_cannot_be_given_back_is_said() -> None:
    kit = Kit()
    transport = KitTransport(kit, lambda number, send: send())
    transport._trouble = lambda number, send: Reply(500, {}, b"") if transport.sent[-1].startswith("DELETE") else send()
    session = Session(Settings(server_url="sandbox", retry=0), table(), KitEdge(kit), transport)
    spent = Story(STORY, session, CAP, "vastai-proof-0", lambda line: None).run()
    assert list(spent.left) == there(kit) != []
    found = live.report.Report([], [], spent)
    assert found.exit_code == 7
    assert f"AN INSTANCE {spent.left[0]} MAY STILL RUN" in live.report.as_text(found, {}, live.Remover())


def test_what_nobody_can_see_is_not_called_gone() -> None:
    """The answer to the rental is lost, and the list cannot be read from then on."""
    kit = Kit()
    rented: list[int] = []

    def trouble(number: int, send: Callable[[], Reply]) -> Reply:
        if rented:
            return Reply(500, {}, b"")
        answer = send()
        if b'"new_contract"' in answer.body:
            rented.append(number)
            raise TransportError("lost", sent=True)
        return answer

    spent, _ = rental(kit, trouble)
    assert (spent.sure, len(there(kit))) == (False, 1)
    found = live.report.Report([], [], spent)
    assert found.exit_code == 7
    assert "labelled vastai-proof-0 MAY STILL RUN" in live.report.as_text(found, {}, live.Remover())


def test_an_instance_that_never_boots_costs_no_more_than_the_cap() -> None:
    kit = Kit()

    def trouble(number: int, send: Callable[[], Reply]) -> Reply:
        reply = send()
        return reply._replace(body=reply.body.replace(b'"actual_status": "running"', b'"actual_status": "loading"'))

    before = kit.credit()
    spent, _ = rental(kit, trouble)
    assert spent.ceiling is not None
    assert there(kit) == []
    assert before - kit.credit() <= spent.ceiling.cost
    assert "its time is over" in [outcome.detail for outcome in spent.outcomes]


def test_the_ceiling_knows_rows_without_prices() -> None:
    rows: list[dict[str, Any]] = [
        {"id": 1},
        {"id": 2, "dph_total": None},
        {"id": 3, "dph_total": "0.1"},
        {"dph_total": 0.1},
    ]
    assert budget.cheapest(rows, 1, seconds=60, traffic=1) is None
    rows.append({"id": 4, "dph_total": 0.6, "inet_down_cost": None, "inet_up_cost": None})
    assert budget.cheapest(rows, 1, seconds=60, traffic=1) is None, "traffic of an unknown price is not free"


# -- reading


def test_the_plan_calls_what_gives_ids_before_what_needs_them() -> None:
    order = [command.name for command in plan.reading(table())]
    for command in plan.reading(table()):
        assert all(order.index(name) < order.index(command.name) for name in plan.sources(command) if name in order)
    assert {table().command(name).effect for name in order} == {"read"}


def test_arguments_come_from_answers_and_examples() -> None:
    commands = {command.name: command for command in table()}
    several = [command for command in commands.values() if any(p.many and p.complete for p in command.params.values())]
    answers = {name: [{"id": 7, "name": "member"}] for name in commands}
    for command in plan.reading(table()):
        call = plan.call(command, answers)
        assert not call.missing, call
        assert plan._FILLED not in str(call.given)
        missing = plan.call(command, {})
        assert bool(missing.missing) == bool(plan.sources(command))
    assert several


# -- doubts


def reply(status: int = 200, data: Any = None, **headers: str) -> Reply:
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, json.dumps(data).encode())


ANSWERED = {"topic": "t", "one": "A", "other": "B", "ours": "one", "decide": "answered"}
SAID = yaml.safe_load((Path(__file__).parent / "cases" / "doubts.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", SAID, ids=lambda case: f"{case['more'].get('decide', '')} {case['verdict']}")
def test_what_answers_say_about_a_doubt(case: dict[str, Any]) -> None:
    seen = [reply(x_ratelimit_limit="5")]
    replies = {side: reply(*answer) for side, answer in case["replies"].items()}
    found = doubts.verdict({**ANSWERED, **case["more"]}, replies, seen, {"env": [["X", "1"]]})
    assert found.verdict == case["verdict"]


def test_headers_are_missed_only_where_they_were_due() -> None:
    doubt = {**ANSWERED, "decide": "headers", "starts": {"other": ["x-rate"]}, "limited": "one"}
    assert doubts.verdict(doubt, {}, [reply()]).verdict == "not decided"
    assert doubts.verdict(doubt, {}, [reply(429)]).verdict == "confirmed"
    assert doubts.verdict({**doubt, "decide": "rented", "at": "a"}, {}).detail == "nothing was rented"


@pytest.mark.parametrize("doubt", DOUBTS, ids=lambda doubt: doubt["topic"])
def test_every_doubt_has_a_probe_or_says_why_not(doubt: dict[str, Any]) -> None:
    assert ("decide" in doubt) != ("why" in doubt)
    assert doubt["ours"] in doubts.SIDES
    names = {name: [dict.fromkeys(("id", "name", "endpoint_name"), 7)] for name in table().names()}
    asked = doubts.requests(doubt, names)
    assert isinstance(asked, dict)
    for request in asked.values():
        assert request.verb == "GET" or request.service == "serverless", "a probe reads only"


# -- the whole of it


def run(*words: str, kit: Kit | None = None, trouble: Trouble | None = None) -> tuple[int, KitTransport]:
    kit = kit or Kit()
    transport = KitTransport(kit, trouble)
    arguments = ["--url", "sandbox::memory:", "--pause", "0", "--record", "r.yaml", *words]
    return live.main(arguments, KitEdge(kit), transport), transport


def test_everything_is_called_reported_and_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    kit = Kit()
    code, _ = run("--yes", "--spend", str(CAP), "--json", "report.json", kit=kit)
    found = json.loads(Path("report.json").read_text())
    assert code == 1, "two commands are refused without a team"
    rows = {row["command"]: row for row in found["commands"]}
    assert {row["status"] for row in rows.values()} == {"verified", "empty", "refused", "not called"}
    calls = [command.name for command in plan.reading(table()) if "logs" in str(command.poll or "") or command.poll]
    assert [rows[name]["status"] for name in calls] == ["verified"] * len(calls), "called again while rented"
    assert all(row["believed_because_of"] for row in rows.values())
    verdicts = {row["verdict"] for row in found["doubts"]}
    assert {"confirmed", "both sides", "not decided"} <= verdicts
    assert next(row for row in found["doubts"] if "variables" in row["topic"])["verdict"] == "confirmed"
    assert found["rental"]["left"] == there(kit) == []
    assert found["rental"]["charged"] <= found["rental"]["ceiling"] <= CAP
    shown = capsys.readouterr().out
    assert "Recorded in r.yaml" in shown
    first = plan.call(plan.reading(table())[0], {})
    assert replay("r.yaml").perform(first.command, first.given), "the recording is a test case"


def test_what_differs_is_named_with_path_and_value(capsys: pytest.CaptureFixture[str]) -> None:
    def trouble(number: int, send: Callable[[], Reply]) -> Reply:
        answer = send()
        return answer._replace(body=answer.body.replace(b'"credit": 1000.0', b'"credit": "a lot"'))

    code, _ = run("--yes", trouble=trouble)
    shown = capsys.readouterr().out
    line = next(line for line in shown.splitlines() if "differs" in line.split())
    assert (code, "credit" in line, "a lot" in line) == (1, True, True)


def test_an_interruption_reports_what_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    code, transport = run("--yes", trouble=lambda number, send: interrupted(send, True) if number == 5 else send())
    assert (code, len(transport.sent)) == (130, 6)
    assert "verified" in capsys.readouterr().out


def test_a_signal_during_the_boot_gives_back_and_reports(capsys: pytest.CaptureFixture[str]) -> None:
    import signal

    kit = Kit()
    rented: list[int] = []

    def trouble(number: int, send: Callable[[], Reply]) -> Reply:
        answer = send()
        if b'"new_contract"' in answer.body:
            rented.append(number)
        if rented and number == rented[0] + 2:
            os.kill(os.getpid(), signal.SIGTERM)
        return answer

    code, _ = run("--yes", "--spend", str(CAP), kit=kit, trouble=trouble)
    assert (code, there(kit), len(rented)) == (130, [], 1)
    assert "nothing is left" in capsys.readouterr().out


def test_without_an_explicit_key_nothing_is_done(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = own_home / ".config" / "vastai"
    folder.mkdir(parents=True)
    (folder / "vast_api_key").write_text("a-key-in-a-file")
    assert live.main(["--yes"], transport=KitTransport(Kit())) == 2
    assert "there is no key" in capsys.readouterr().err


@pytest.mark.parametrize("typed", ["n\n", "\n", ""])
def test_it_says_what_it_will_do_and_asks(
    typed: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO(typed))
    code, transport = run("--spend", "0.10")
    shown = capsys.readouterr()
    assert (code, transport.sent) == (2, [])
    assert "at most 0.10 $" in shown.out
    assert "nothing was sent" in shown.err


def test_a_recording_that_is_there_is_kept() -> None:
    Path("r.yaml").write_text("precious")
    code, transport = run("--yes")
    assert (code, transport.sent, Path("r.yaml").read_text()) == (2, [], "precious")


@pytest.mark.parametrize("amount", ["0", "-1", "11", "nan", "much"])
def test_an_amount_that_is_none_is_refused(amount: str) -> None:
    with pytest.raises(SystemExit):
        run("--yes", f"--spend={amount}")


def test_the_lines_of_the_guide_run(capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(live.__file__).parent.parent / "docs" / "guides" / "live.md").read_text(encoding="utf-8")
    lines = re.findall(r"^python3 tools/live.py *(.*?) *(?:#.*)?$", page, re.MULTILINE)
    assert len(lines) == 3
    for number, line in enumerate(lines):
        kit = Kit()
        words = [*line.split(), "--api-key", "k", "--pause", "0", "--yes", "--record", f"{number}.yaml"]
        assert live.main(words, KitEdge(kit), KitTransport(kit)) in (0, 1), line


# -- and now for real: pytest -m live


@pytest.mark.live
def test_the_live_service_is_what_the_table_says(capsys: pytest.CaptureFixture[str]) -> None:
    code = live.main(["--api-key", KEY, "--yes"])
    shown = capsys.readouterr().out
    assert code == 0, shown
