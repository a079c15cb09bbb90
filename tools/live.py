"""Prove the table against the live service: python tools/live.py [--spend 0.10] [--json FILE] [--yes].

First every command that only reads, its answer checked against its schema; then the doubts about the service; then,
only with --spend, a rental that never costs more than that and is given back whatever happens. Needs a key in
VAST_API_KEY or --api-key: no key file is looked at. See docs/guides/live.md.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT.parent)]  # so that it runs from any folder, and before anything is installed

from proof import doubts, plan, report  # noqa: E402
from proof.session import NOT_CALLED, Outcome, Session  # noqa: E402
from proof.story import Spent, Story  # noqa: E402

from vastai.client import table  # noqa: E402
from vastai.engine.edge import Edge  # noqa: E402
from vastai.engine.transport import Transport  # noqa: E402
from vastai.errors import UsageError, VastError  # noqa: E402
from vastai.recording.remover import Remover  # noqa: E402
from vastai.settings import DEFAULT_SERVER, Settings  # noqa: E402

PAUSE = 2.0  # seconds between two calls: about five requests in ten seconds are allowed


def main(argv: list[str] | None = None, edge: Edge | None = None, transport: Transport | None = None) -> int:
    """Prove, and report.

    Args:
        argv: the arguments; those of the process by default.
        edge: clock, dice and pauses, for tests.
        transport: what sends, for tests.

    Returns:
        0 when nothing differs, 1 when something does, 2 for a wrong call, 7 when an instance may still run, 130 when
        interrupted.
    """
    options = _options(argv)
    try:
        settings = settings_of(options)
        _consent(options, settings)
        session = Session(settings, table(), edge or Edge(), transport, options.pause)
    except VastError as error:
        print(f"live: {error}", file=sys.stderr)
        return 2
    with _interruptible():
        found = prove(session, options)
    session.close()
    remover = Remover(filter(None, [settings.api_key()]))
    every = {command.name: command for command in table()}
    print(report.as_text(found, every, remover, _width()))
    if options.json:
        text = json.dumps(report.as_json(found, every, remover), indent=2)
        Path(options.json).write_text(text + "\n", encoding="utf-8")
    return found.exit_code


def prove(session: Session, options: argparse.Namespace) -> report.Report:
    """Call, probe and, if allowed, rent. An interruption ends it with what is known so far."""
    reads: list[Outcome] = []
    verdicts: list[doubts.Verdict] = []
    spent: Spent | None = None
    interrupted = False
    try:
        for command in plan.reading(table()):
            reads.append(_read(session, plan.call(command, session.answers)))
        if options.spend is not None:
            label = f"vastai-proof-{secrets.token_hex(4)}"
            again = partial(_read_again, session, reads)
            spent = Story(_data("story"), session, options.spend, label, _say, again, _shielded).run()
        if spent is None or not spent.interrupted:
            verdicts = [_decide(session, doubt, spent) for doubt in _data("doubts")["doubts"]]
    except KeyboardInterrupt:
        interrupted = True
    return report.Report(reads, verdicts, spent, options.record, interrupted)


def settings_of(options: argparse.Namespace, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of the session.

    Raises:
        UsageError: there is no explicit key for a real server, or the recording is there already.
    """
    key = options.api_key or environ.get("VAST_API_KEY", "").strip()
    server = options.url or DEFAULT_SERVER
    settings = Settings(api_key=key, server_url=server, record=options.record, environ={})
    if not key and not settings.imitation:
        raise UsageError("there is no key. Give one in VAST_API_KEY; the key file is not used for this.")
    if os.path.exists(options.record):
        raise UsageError(f"{options.record} is there already; name another file with --record.")
    return settings


def _read(session: Session, call: plan.Call) -> Outcome:
    if call.missing:
        return Outcome(call.command, NOT_CALLED, call.missing)
    outcome = session.call(call.command, call.given)
    _say(f"{call.command}: {outcome.status}")
    return outcome


def _read_again(session: Session, reads: list[Outcome]) -> None:
    """Call those that had no id before and have one now; their outcomes take the place of the old ones."""
    for number, outcome in enumerate(reads):
        call = plan.call(table().command(outcome.command), session.answers)
        if outcome.status == NOT_CALLED and not call.missing:
            reads[number] = _read(session, call)


def _decide(session: Session, doubt: Mapping[str, Any], spent: Spent | None) -> doubts.Verdict:
    asked = doubts.requests(doubt, session.answers)
    if isinstance(asked, str):
        return doubts.undecided(doubt, asked)
    replies = {side: session.probe(request) for side, request in asked.items()}
    return doubts.verdict(doubt, replies, session.seen, spent.rented if spent is not None else None)


def _consent(options: argparse.Namespace, settings: Settings) -> None:
    """Say what will be done, and ask.

    Raises:
        UsageError: the answer is no, or nobody can answer.
    """
    count = len(plan.reading(table()))
    print(f"This calls {count} commands that only read, and some probes, at {settings.server_url}.")
    if options.spend is None:
        print("It rents nothing.")
    else:
        print(f"Then it rents one instance for at most {options.spend:.2f} $, and destroys it.")
    print(f"Requests and answers are written to {options.record}, without keys and personal data.")
    if options.yes:
        return
    try:
        answer = input("Go on? [y/N] ")
    except EOFError:
        answer = ""
    if answer.strip().lower() not in ("y", "yes"):
        raise UsageError("nothing was sent. --yes answers the question beforehand.")


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Prove the table against the live service.")
    parser.add_argument("--api-key", metavar="KEY", help="the key, instead of VAST_API_KEY")
    parser.add_argument("--url", metavar="SERVER", help="the server; sandbox::memory: for a rehearsal")
    parser.add_argument("--spend", metavar="DOLLARS", type=_dollars, help="rent something for at most so much")
    parser.add_argument("--pause", metavar="SECONDS", type=float, default=PAUSE, help="between two calls (default 2)")
    parser.add_argument("--json", metavar="FILE", help="write the report to this file, too")
    parser.add_argument("--record", metavar="FILE", default=time.strftime("vastai-live-%Y%m%d-%H%M%S.yaml"))
    parser.add_argument("--yes", "-y", action="store_true", help="do it without asking")
    return parser.parse_args(argv)


def _dollars(text: str) -> float:
    value = float(text)
    if not 0 < value <= 10:
        raise argparse.ArgumentTypeError("not between 0 and 10 dollars")
    return value


def _data(name: str) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load((ROOT / "proof" / f"{name}.yaml").read_text(encoding="utf-8"))
    return data


def _width() -> int:
    """Columns to write tables in; no limit where nobody reads along."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 10_000


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM ends the session as Ctrl-C does: in order."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handled({signal.SIGTERM: interrupt}):
        yield


@contextmanager
def _shielded() -> Iterator[None]:
    """Ctrl-C and SIGTERM are answered, and end nothing: an instance is being given back."""

    def answer(number: int, frame: FrameType | None) -> None:
        _say("Still giving back; please wait.")

    with _handled({signal.SIGTERM: answer, signal.SIGINT: answer}):
        yield


@contextmanager
def _handled(handlers: dict[signal.Signals, Any]) -> Iterator[None]:
    try:
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    except ValueError:  # not in the main thread, which alone gets signals
        before = {}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
