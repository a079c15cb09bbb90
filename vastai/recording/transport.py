"""Record what passes through a transport, or answer from a recording instead of sending."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from vastai.engine.address import base_of
from vastai.engine.steps import Reply
from vastai.engine.transport import Imitation, Transport
from vastai.errors import VastError
from vastai.settings import DEFAULT_SERVER, SERVERLESS_SERVER, Settings
from vastai.table.model import Command, Table

from . import compare, document, entries
from .entries import Entry, SecretFields, Sent
from .remover import Remover


class RecordingTransport:
    """Passes requests on to another transport and writes them down. May be used from several threads.

    What is already known to be secret from the beginning: the key, and the server's address if it is not the public
    one, nor the sandbox. A failure to write never costs an answer: it is said once, and the recording ends there.

    Args:
        inner: the transport that sends.
        path: the file to write; nothing may be there.
        settings: server and key of the client.
        commands: the table, for the fields that are secret.
        clock: gives the time in unix seconds.
        say: takes a remark for people.
    """

    def __init__(
        self,
        inner: Transport,
        path: str,
        settings: Settings,
        commands: Table,
        *,
        clock: Callable[[], float] = time.time,
        say: Callable[[str], None] = print,
    ) -> None:
        self._inner = inner
        self._clock = clock
        self._say = say
        self._start = clock()
        self._secret = SecretFields(commands)
        self._lock = Lock()
        self._calls: list[Entry] = []  # not yet written: a call that sends nothing leaves no file
        self._broken = False
        server = _server_name(settings)
        self._servers = tuple(f"{base}/" for base in (base_of(settings), SERVERLESS_SERVER))
        self._remover = Remover(_known(settings, server))
        started = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._start))
        self._file = document.Writer(path, {"vastai": _version(), "server": server, "started": started})

    def called(self, command: Command, given: Mapping[str, Any]) -> None:
        """Note that a command was called; it is written with its first request."""
        with self._lock:
            entry = entries.call_entry(self._remover, command, given)
            self._calls.append({**entry, "at": self._offset()})

    def send(
        self, verb: str, url: str, headers: dict[str, str], body: bytes | None, *, deadline: float, fresh: bool
    ) -> Reply:
        """Make one attempt, see `Transport.send`, and write it down.

        Raises:
            UsageError: the recording cannot be begun. Nothing was sent.
        """
        with self._lock:
            if not self._broken:
                self._file.open()
            self._remover.learn(headers.get("Authorization", "").removeprefix("Bearer "), "key")
            at = self._offset()
        try:
            reply = self._inner.send(verb, url, headers, body, deadline=deadline, fresh=fresh)
        except BaseException as failure:
            self._note(verb, url, body, at, failure=failure)
            raise
        self._note(verb, url, body, at, reply=reply)
        return reply

    def probe(self, host: str, port: int, really: Callable[[str, int], bytes | None]) -> bytes | None:
        """What listens at an address says; nothing of it is written down."""
        return self._inner.probe(host, port, really) if isinstance(self._inner, Imitation) else really(host, port)

    def close(self) -> None:
        """Close the connections and the file; a later request opens both again."""
        self._inner.close()
        with self._lock:
            self._file.close()

    def _note(
        self,
        verb: str,
        url: str,
        body: bytes | None,
        at: float,
        *,
        reply: Reply | None = None,
        failure: BaseException | None = None,
    ) -> None:
        with self._lock:
            if self._broken:
                return
            try:
                self._file.add(*self._calls, self._exchange(verb, url, body, at, reply, failure))
            except OSError as error:
                self._broken = True
                self._say(f"The recording {self._file.path} ends here: {error.strerror}")
            except Exception as error:  # such as an answer that is nested too deeply: it is the caller's all the same
                self._say(f"The recording {self._file.path} lacks one exchange: {type(error).__name__}")
            self._calls.clear()

    def _exchange(
        self, verb: str, url: str, body: bytes | None, at: float, reply: Reply | None, failure: BaseException | None
    ) -> Entry:
        parts = urlsplit(url)
        known = self._remover.has(url) or not url.startswith(self._servers)  # a URL that the service named
        sent = Sent(verb, url, body, known=known)
        secret = self._secret.of(verb, parts.path)
        request = sent.entry(self._remover, secret)  # what it holds is known when the answer is cleaned
        entry: Entry = {"request": request, "at": at, "took": round(self._offset() - at, 3)}
        if reply is not None:
            return {**entry, "answer": entries.answer_entry(self._remover, reply, f"{parts.scheme}://{parts.netloc}")}
        lost = entries.failure_entry(failure or KeyboardInterrupt())
        return {**entry, "failure": {**lost, "reason": self._remover.text(lost["reason"])}}

    def _offset(self) -> float:
        return round(self._clock() - self._start, 3)


class ReplayTransport:
    """Answers from a recording: each request with the first recorded answer to the same one that was not yet given,
    and when all were given, with the last. The file is read at the first request.

    Args:
        location: ``replay:FILE``.
    """

    def __init__(self, location: str) -> None:
        self._path = os.path.expanduser(location.partition(":")[2])
        self._recording: document.Recording | None = None
        self._given: set[int] = set()
        self._lock = Lock()

    @property
    def recording(self) -> document.Recording:
        """The recording, read when it is first needed.

        Raises:
            UsageError: the file is none.
        """
        if self._recording is None:
            self._recording = document.read(self._path)
        return self._recording

    def send(
        self, verb: str, url: str, headers: dict[str, str], body: bytes | None, *, deadline: float, fresh: bool
    ) -> Reply:
        """Answer one request at once; headers, deadline and fresh mean nothing here.

        Raises:
            TransportError: so ended the recorded attempt.
            VastError: the recording has no such request; the message names the nearest one.
        """
        with self._lock:
            found = self._next(Sent(verb, url, body, known=not url.startswith("http://replay/")))
        if "failure" in found:
            raise entries.failure_of(found["failure"])
        return entries.reply_of(found.get("answer") or {}, verb, url)

    def probe(self, host: str, port: int, really: Callable[[str, int], bytes | None]) -> bytes | None:
        """As if SSH listened at every address: what the machines said is not recorded, and they are not asked now."""
        return b"SSH-2.0-replay\r\n"

    def close(self) -> None:
        """Forget what was given: the next request begins anew."""
        with self._lock:
            self._given.clear()
            self._recording = None

    def _next(self, sent: Sent) -> Entry:
        exchanges = self.recording.exchanges
        same = [number for number, entry in enumerate(exchanges) if not compare.difference(entry["request"], sent)]
        if not same:
            raise _not_recorded(self.recording, sent)
        number = next((number for number in same if number not in self._given), same[-1])
        self._given.add(number)
        return exchanges[number]


def _not_recorded(recording: document.Recording, sent: Sent) -> VastError:
    asked = f"{sent.verb} {sent.url or sent.path}"
    entry, what = compare.nearest(recording.exchanges, sent)
    if entry is None:
        return VastError(f"The recording {recording.name} holds no request, so not {asked}.", code="not_recorded")
    request = entry["request"]
    near = f"{request.get('verb')} {request.get('url') or request.get('path')}"
    return VastError(
        f"The recording {recording.name} holds no such {asked}. The nearest is {near}: {what}.", code="not_recorded"
    )


def _server_name(settings: Settings) -> str:
    if settings.sandboxed:
        return settings.server_url.partition(":")[0]
    return settings.server_url if settings.server_url == DEFAULT_SERVER else "another"


def _known(settings: Settings, server: str) -> list[str]:
    """Secrets that are known beforehand: the key, the home folder, a server that is nobody's business."""
    known = [settings.api_key() or "", os.path.expanduser("~")]
    if server == "another":
        known.append(urlsplit(settings.server_url).hostname or "")
    return [value for value in known if value]


def _version() -> str:
    from vastai import __version__

    return __version__
