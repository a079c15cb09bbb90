"""Connections that obey the deadline of the attempt under way, down to each read of the socket.

The time-outs of HTTP libraries count per received byte, so a service that drips one byte a second is waited for
without end. Here the time that is left is set on the socket before each connect, send and read. What the connections
must know about the attempt, and what they report back, is an `Attempt` in a context variable: the layers between
(requests, urllib3, http.client) have no place for it.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPResponse
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection
    from urllib3.connectionpool import HTTPConnectionPool
else:
    HTTPConnection = HTTPConnectionPool = object  # the classes below are mixed into whatever urllib3 brings

CONNECT = 10.0  # seconds for one address of a host
PIECE = 16384  # bytes sent at a time, so that a slow reader is noticed between two pieces


class Attempt:
    """One attempt of a request; inside its `with` block it is the `current` one.

    Attributes:
        sent: may any byte of the request have reached the service? Set by the connection.
        idle: seconds after which an unused connection is not trusted with it.
    """

    def __init__(self, seconds: float, *, idle: float = float("inf")) -> None:
        self.ends = monotonic() + seconds
        self.idle = idle
        self.sent = False
        self.answers: list[_Timed] = []
        self.sock: socket.socket | None = None  # that it is being sent on
        self._among = _watched.get()

    def __enter__(self) -> Attempt:
        self._token = current.set(self)
        if self._among is not None:
            self._among.add(self)
        return self

    def __exit__(self, *error: object) -> None:
        if self._among is not None:
            self._among.remove(self)
        current.reset(self._token)
        for answer in self.answers:  # the library drops an answer with broken headers without closing it
            answer.close()

    def left(self, most: float = float("inf")) -> float:
        """Seconds that are left, at most so many.

        Raises:
            TimeoutError: there are none.
        """
        left = self.ends - monotonic()
        if left <= 0:
            raise TimeoutError("the deadline has passed")
        return min(left, most)

    def end(self) -> None:
        """Let its time be over now. May be called from another thread, which wakes the one that waits for an answer."""
        self.ends = 0.0
        if self.sock is not None:
            try:
                socket.socket.shutdown(self.sock, socket.SHUT_RDWR)  # that of TLS would take the reader's state away
            except OSError:
                pass  # it was closed just now


class Attempts:
    """The attempts of several threads that are under way, to be ended all at once."""

    def __init__(self) -> None:
        self._under_way: set[Attempt] = set()
        self._ended = False
        self._lock = Lock()

    def add(self, attempt: Attempt) -> None:
        """An attempt begins; after the end of all it has no time."""
        with self._lock:
            self._under_way.add(attempt)
            if self._ended:
                attempt.end()

    def remove(self, attempt: Attempt) -> None:
        """An attempt is over."""
        with self._lock:
            self._under_way.discard(attempt)

    def end(self) -> None:
        """End those under way, and all that begin later."""
        with self._lock:
            self._ended = True
            for attempt in self._under_way:
                attempt.end()


@contextmanager
def watching(attempts: Attempts) -> Iterator[None]:
    """Inside it the attempts of this thread are among these."""
    token = _watched.set(attempts)
    try:
        yield
    finally:
        _watched.reset(token)


_watched: ContextVar[Attempts | None] = ContextVar("watched", default=None)
current: ContextVar[Attempt] = ContextVar("current")


class _Timed(io.RawIOBase):
    """The bytes of one answer, each read limited to the time its attempt has left."""

    def __init__(self, sock: socket.socket, attempt: Attempt) -> None:
        self._sock = sock
        self._attempt = attempt
        self._raw = sock.makefile("rb", buffering=0)  # keeps the socket open as long as the answer is read

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._attempt.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()

    def makefile(self, mode: str) -> io.BufferedReader:
        """What http.client asks a socket for."""
        return io.BufferedReader(self, PIECE)


class _Connection(HTTPConnection):
    """Mixed into a connection class of urllib3: deadlines, and whether anything of the request was sent."""

    _connecting = False
    last_used = 0.0

    def connect(self) -> None:
        """Connect; what a proxy is told to open a tunnel is no part of the request."""
        self._connecting = True
        try:
            super().connect()
        finally:
            self._connecting = False

    def _new_conn(self) -> socket.socket:
        self.timeout = current.get().left(CONNECT)
        sock = super()._new_conn()
        sock.settimeout(current.get().left(CONNECT))  # for the TLS handshake, and for a proxy's answer
        return sock

    def send(self, data: Any) -> None:
        """Send bytes in pieces, each within the time that is left."""
        if self.sock is None:
            self.connect()
        attempt = current.get()
        attempt.sock = self.sock
        view = memoryview(data)
        for start in range(0, len(view), PIECE):
            self.sock.settimeout(attempt.left())
            attempt.sent = attempt.sent or not self._connecting
            super().send(view[start : start + PIECE])

    def response_class(self, sock: socket.socket, *args: Any, **kwargs: Any) -> HTTPResponse:  # type: ignore[override]
        """The answer of http.client, reading from a socket that knows the deadline."""
        self.last_used = monotonic()
        attempt = current.get()
        attempt.answers.append(_Timed(sock, attempt))
        return HTTPResponse(attempt.answers[-1], *args, **kwargs)  # type: ignore[arg-type]


class _Pool(HTTPConnectionPool):
    """Mixed into a connection pool of urllib3: no connection that has been idle for too long."""

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection: Any = super()._get_conn(timeout)
        if connection.sock is not None and monotonic() - connection.last_used > current.get().idle:
            connection.close()  # as the pool itself does with a connection that was dropped: it opens again
        return connection


def with_deadline(pools: Mapping[str, Any]) -> dict[str, Any]:
    """The pool classes of a urllib3 manager (scheme to class), made to obey `current`; also those of SOCKS proxies."""
    return {scheme: _pool_class(pool) for scheme, pool in pools.items()}


def _pool_class(pool: Any) -> Any:
    if issubclass(pool, _Pool):
        return pool
    connection = type(pool.ConnectionCls.__name__, (_Connection, pool.ConnectionCls), {})
    return type(pool.__name__, (_Pool, pool), {"ConnectionCls": connection})
