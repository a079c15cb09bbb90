"""Drive a flow: perform the steps that it yields with blocking calls, or show them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Mapping
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Any

from ..errors import VastError
from ..settings import Settings
from ..table import compiled
from ..table.model import Command, Table
from . import curl, flow, local
from .context import Context
from .edge import Edge
from .send import Sender
from .steps import (
    Ask,
    Browse,
    Enter,
    Fetch,
    KeepKey,
    KeepSession,
    Look,
    Now,
    Outcome,
    Pause,
    Probe,
    Reach,
    Reached,
    Read,
    Reply,
    Request,
    Run,
    Show,
    Step,
    Tell,
    Together,
    UseKey,
    Write,
)  # fmt: skip
from .transport import Imitation, Transport, open_transport

if TYPE_CHECKING:
    from ..recording.transport import RecordingTransport
    from .together import Group


class Shown(Exception):
    """The request was shown instead of sent; there is no result."""


class Driver:
    """Runs commands for one client. Safe to use from several threads.

    Arguments:
        sender: sends requests; made from the settings when the first one is sent.
    """

    def __init__(self, table: Table, settings: Settings, edge: Edge, sender: Sender | None = None) -> None:
        self._table = table
        self._settings = settings
        self._edge = edge
        self._sender = sender
        self._opening: dict[int, RLock] = {}  # by process id: one that is held at a fork is never released in the child
        self._talking: dict[int, RLock] = {}  # likewise; keeps the lines of one request together
        self._told: dict[str, str] = {}
        self._recording: list[RecordingTransport] = []
        self._performers: dict[type[Any], Callable[[Any, Command], Any]] = {
            Request: self._request,
            Fetch: self._fetch,
            Pause: lambda step, command: edge.sleep(step.seconds),
            Now: lambda step, command: edge.clock(),
            Tell: self._tell,
            Show: lambda step, command: edge.show_lines(step.lines),
            Run: self._run,
            Read: lambda step, command: local.read(step, edge, command.name),
            Write: lambda step, command: local.write(step, edge, command.name),
            Probe: self._probe,
            Browse: self._browse,
            Look: lambda step, command: edge.look(settings),
            Reach: self._reach,
            Ask: self._ask,
            Enter: lambda step, command: edge.enter(step.question, hidden=step.hidden),
            KeepKey: self._keep_key,
            KeepSession: self._keep_session,
            UseKey: lambda step, command: settings.use_key(step.key),
        }

    def run(self, command: Command, given: Mapping[str, Any]) -> Any:
        """Carry a command out.

        Arguments:
            given: the caller's values by parameter name.

        Returns:
            the result, or None when the request was only shown.

        Raises:
            VastError: whatever went wrong; see vastai.errors.
        """
        compiled.save()
        if self._settings.record and not self._settings.curl:
            self._recorder().called(command, given)
        context = Context(
            self._table,
            now=self._edge.now,
            dice=self._edge.dice,
            read_file=self._edge.read_file,
            strict=self._settings.strict,
            sandboxed=self._settings.sandboxed,
            surface=self._edge.surface,
            folder=self._settings.folder,
            watched=self._edge.watched(),
        )
        try:
            return self._drive(flow.start(command, given, context), command, context)
        except Shown:
            self._say_what_was_shown(command)
            return None
        finally:
            self._say(context)

    def close(self) -> None:
        """Close all connections."""
        if self._sender is not None:
            self._sender.close()
            self._sender = None  # what records goes on in the same file with the next request

    def _drive(self, steps: flow.Flow, command: Command, context: Context, group: Group | None = None) -> Any:
        try:
            step = next(steps)
            while True:
                self._say(context)
                try:
                    outcome = self._perform(step, command, context, group)
                except BaseException as error:  # whatever it is: a flow that rented something must give it back
                    step = steps.throw(error)
                else:
                    step = steps.send(outcome)
        except StopIteration as done:
            return done.value

    def _perform(self, step: Step, command: Command, context: Context, group: Group | None) -> Any:
        if isinstance(step, Together):
            return self._together(step, command, context)
        if group is not None and isinstance(step, Request):
            return self._request(step, command, group)
        if group is not None and isinstance(step, Pause):
            return group.pause(step.seconds)
        return self._performers[type(step)](step, command)

    def _together(self, step: Together, command: Command, context: Context) -> list[Outcome]:
        """Several flows at once; one after the other where they are shown, or answered inside this process."""
        if self._settings.curl:
            for steps in step.flows:
                try:
                    self._drive(steps, command, context)
                except Shown:
                    continue
            raise Shown
        from . import together

        group = together.Group(clock=self._edge.clock, sleep=self._edge.sleep)
        jobs = [partial(self._drive, steps, command, context, group) for steps in step.flows]
        return together.run(jobs, 1 if self._settings.sandboxed else self._settings.parallel, step.goes_on, group)

    def _request(self, request: Request, command: Command, group: Group | None = None) -> Reply:
        if self._settings.curl:
            self._edge.out(curl.curl_line(request, self._settings))
            raise Shown
        if self._settings.explain:
            with self._talking.setdefault(os.getpid(), RLock()):
                for line in curl.explain_lines(request, self._settings):
                    self._edge.show(line)
        reply = self._send(request, group)
        if self._session_ended(reply) and self._settings.forget_session():
            self._edge.say("The two-factor session has ended; using the API key. Log in again for more.")
            reply = self._send(request, group)
        return reply

    def _say_what_was_shown(self, command: Command) -> None:
        """What a curl command cannot tell about itself."""
        if command.composed or command.pages or command.poll:
            self._edge.say(f"{command.name}: more requests follow this one, made from its answer")
        if self._settings.sandboxed:
            nowhere = f"http://{self._settings.imitation}"
            self._edge.say(f"Nothing answers at {nowhere} outside this program: it shows what would be sent.")

    def _send(self, request: Request, group: Group | None) -> Reply:
        try:
            return self._open_sender().send(request, group)
        except KeyboardInterrupt:
            if request.effect == "once" and group is None:  # a group reports on each of its members
                look = f" Look with {request.look_at} before you try again." if request.look_at else ""
                what = f"interrupted: {request.command} was under way and may have been done.{look}"
                raise KeyboardInterrupt(what) from None
            raise

    def _fetch(self, step: Fetch, command: Command) -> Reply:
        if self._settings.explain:
            self._edge.show(f"GET {step.url.split('?')[0]}")
        return self._open_sender().fetch(step.url)

    def _tell(self, step: Tell, command: Command) -> None:
        if self._settings.quiet:
            return
        with self._talking.setdefault(os.getpid(), RLock()):
            new = self._told.get(step.about, "") != step.text
            self._told[step.about] = step.text
            if not step.text:
                del self._told[step.about]
            self._edge.tell(*step, new=new)

    def _probe(self, step: Probe, command: Command) -> bytes | None:
        """What something that listens says; machines that are only imitated in this process are asked there."""
        transport = self._open_sender().transport if self._settings.sandboxed else None
        if isinstance(transport, Imitation):
            return transport.probe(step.host, step.port, self._edge.probe)
        return self._edge.probe(*step)

    def _reach(self, step: Reach, command: Command) -> Reached:
        if self._settings.curl:
            return Reached()  # nothing is sent: the first request that needs the key is what is shown
        from .reach import address, reach

        if self._settings.explain:
            self._edge.show(f"GET {address(step.path, self._settings)}")
        return reach(step.path, self._open_sender(), clock=self._edge.clock, now=self._edge.now)

    def _ask(self, step: Ask, command: Command) -> None:
        if step.details:
            self._edge.brief(step.details)
        self._edge.ask(step.question)

    def _run(self, step: Run, command: Command) -> int | str:
        if self._settings.explain:
            self._edge.show(f"RUN {shlex.join(step.argv)}")
        return local.run(step, self._edge)

    def _browse(self, step: Browse, command: Command) -> bool:
        """What an imitation names is no page that a browser could show."""
        return not self._settings.sandboxed and self._edge.browse(step.url)

    def _keep_key(self, step: KeepKey, command: Command) -> str:
        path = self._settings.key_file()
        self._keep(path, step.key, "The key")
        try:
            if not self._settings.profile:
                os.unlink(self._settings.old_key_file())  # or it would come back when this one is removed
        except OSError:
            pass
        source = self._settings.key_and_source()[1]
        if source.startswith("VAST"):
            self._edge.say(f"The variable {source} is set and is used instead of the key file.")
        return path

    def _keep_session(self, step: KeepSession, command: Command) -> str:
        path = self._settings.session_file()
        if path:
            self._keep(path, step.key, "The key of the session")
        return path

    def _keep(self, path: str, key: str, what: str) -> None:
        try:
            self._edge.keep(path, f"{key}\n".encode())
        except OSError as error:
            message = f"{what} was not kept: cannot write {path}: {error.strerror}."
            raise VastError(message, code="not_written") from None

    def _session_ended(self, reply: Reply) -> bool:
        ended = reply.status in (401, 404) and (b"Session expired" in reply.body or b"Invalid user key" in reply.body)
        return ended and self._settings.session_key

    def _open_sender(self) -> Sender:
        with self._opening.setdefault(os.getpid(), RLock()):
            if self._sender is None:
                self._sender = Sender(
                    self._settings,
                    self._transport(),
                    clock=self._edge.now,
                    sleep=self._edge.sleep,
                    dice=self._edge.dice,
                )
            return self._sender

    def _transport(self) -> Transport:
        if self._settings.record:
            return self._recorder()
        return open_transport(self._settings.server_url, self._edge.sleep)

    def _recorder(self) -> RecordingTransport:
        """The transport that writes down what it passes on; one for the life of this driver."""
        if not self._recording:
            from ..recording.transport import RecordingTransport

            inner = open_transport(self._settings.server_url, self._edge.sleep)
            self._recording.append(
                RecordingTransport(
                    inner,
                    self._settings.record,
                    self._settings,
                    self._table,
                    clock=self._edge.now,
                    say=self._edge.say,
                )
            )
        return self._recording[0]

    def _say(self, context: Context) -> None:
        """Say the remarks so far, each once."""
        if not context.notes:
            return
        with self._talking.setdefault(os.getpid(), RLock()):
            while context.notes:
                note = context.notes.pop(0)
                if note not in context.said and not self._settings.quiet:
                    self._edge.say(note)
                context.said.add(note)
