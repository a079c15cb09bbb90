"""The session with the service: commands and probes, each answered with an outcome, none with an exception."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from vastai.engine.drive import Driver
from vastai.engine.edge import Edge
from vastai.engine.send import Sender
from vastai.engine.steps import Reply, Request
from vastai.engine.transport import Transport, open_transport
from vastai.errors import SchemaError, UsageError, VastError
from vastai.recording.transport import RecordingTransport
from vastai.settings import Settings
from vastai.table.model import Table

VERIFIED, EMPTY, DIFFERS = "verified", "empty", "differs"
REFUSED, FAILED, NOT_CALLED = "refused", "failed", "not called"

NOT_DONE = "not_done_here"  # the code of an effect that is refused


class Outcome(NamedTuple):
    """What came of one call.

    Attributes:
        command: name of the command.
        status: `VERIFIED` (the answer fits its schema), `EMPTY` (it fits, without rows), `DIFFERS` (from the schema),
            `REFUSED` (with a status), `FAILED` (no usable answer), or `NOT_CALLED`.
        detail: what differs, or why.
        result: the result, as far as there is one.
        status_code: status of a refusal, or None.
    """

    command: str
    status: str
    detail: str = ""
    result: Any = None
    status_code: int | None = None

    @property
    def good(self) -> bool:
        """Did the service do what was asked?"""
        return self.status in (VERIFIED, EMPTY, DIFFERS)


class HarmlessEdge(Edge):
    """Effects of a session that only asks the service: no program is run, no file written."""

    def __init__(self, inner: Edge) -> None:
        self.now, self.clock, self.sleep, self.dice = inner.now, inner.clock, inner.sleep, inner.dice  # type: ignore[method-assign]
        self.notes: list[str] = []

    def say(self, line: str) -> None:
        """Keep a remark for the report."""
        self.notes.append(line)

    def run(self, argv: list[str]) -> int:
        """Run nothing."""
        raise UsageError(f"it would run {argv[0]}, which is not done here", code=NOT_DONE)

    def write(self, path: str, data: bytes, mode: int) -> None:
        """Write nothing."""
        raise UsageError("it would write a file, which is not done here", code=NOT_DONE)


class Watching:
    """A transport that remembers the answers that pass through another."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.seen: list[Reply] = []

    def send(
        self, verb: str, url: str, headers: dict[str, str], body: bytes | None, *, deadline: float, fresh: bool
    ) -> Reply:
        """Make one attempt, see `Transport.send`."""
        reply = self._inner.send(verb, url, headers, body, deadline=deadline, fresh=fresh)
        self.seen.append(reply._replace(body=b"", data=None))  # headers and status are enough
        return reply

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


class Session:
    """One client that calls commands strictly and keeps what they answer.

    Args:
        settings: server, key, time-out; `record` names the recording, or is "".
        commands: the table.
        edge: clock, dice and pauses.
        transport: what sends, in place of the one for the server.
        pause: seconds between two calls, so that the limits of the service are kept.

    Attributes:
        answers: the last good result of each command, by name.
    """

    def __init__(
        self, settings: Settings, commands: Table, edge: Edge, transport: Transport | None = None, pause: float = 0.0
    ) -> None:
        self._settings = settings
        self._commands = commands
        self._pause = pause
        self.edge = HarmlessEdge(edge)
        self.answers: dict[str, Any] = {}
        inner = transport or open_transport(settings.server_url, edge.sleep)
        self._recorder = None
        if settings.record:
            self._recorder = RecordingTransport(
                inner, settings.record, settings, commands, clock=edge.now, say=self.edge.say
            )
        self._watching = Watching(self._recorder or inner)
        self._sender = Sender(settings, self._watching, clock=edge.now, sleep=edge.sleep, dice=edge.dice)
        settings.record = ""  # it is recorded here, with the probes
        self._driver = Driver(commands, settings, self.edge, self._sender)

    @property
    def seen(self) -> list[Reply]:
        """Every answer so far, without its body."""
        return self._watching.seen

    def call(self, name: str, given: dict[str, Any]) -> Outcome:
        """Call a command, its answer checked against its schema. Only an interruption gets out of here."""
        command = self._commands.command(name)
        if self._recorder is not None:
            self._recorder.called(command, given)
        outcome = self._guarded(name, lambda: self._run(name, given, "raise"))
        if outcome.status == DIFFERS and command.effect == "read":  # once more, for the ids that others need
            again = self._guarded(name, lambda: self._run(name, given, ""))
            outcome = outcome._replace(result=again.result)
        if outcome.good and outcome.result is not None:
            self.answers[name] = outcome.result
        return outcome

    def probe(self, request: Request) -> Reply:
        """Send a request that no command makes. Status 0 stands for no answer."""
        self.edge.sleep(self._pause)
        try:
            return self._sender.send(request)
        except VastError as error:
            return Reply(0, {}, str(error).encode())

    def close(self) -> None:
        """Close the connections and the recording."""
        self._sender.close()

    def _run(self, name: str, given: dict[str, Any], strict: str) -> Any:
        self.edge.sleep(self._pause)
        self._settings.strict = strict
        return self._driver.run(self._commands.command(name), given)

    def _guarded(self, name: str, run: Callable[[], Any]) -> Outcome:
        try:
            result = run()
        except SchemaError as error:
            return Outcome(name, DIFFERS, str(error))
        except VastError as error:
            if error.code == NOT_DONE:
                return Outcome(name, NOT_CALLED, str(error))
            status = getattr(error, "status_code", None)
            return Outcome(name, FAILED if status is None else REFUSED, str(error), None, status)
        except Exception as error:
            return Outcome(name, FAILED, f"unexpected {type(error).__name__}: {error}")
        if isinstance(result, dict) and result.get("success") is False:
            return Outcome(name, REFUSED, str(result.get("msg") or ""), result)
        return Outcome(name, VERIFIED if result else EMPTY, "", result)
