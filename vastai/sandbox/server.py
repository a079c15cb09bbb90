"""The sandbox as a server: its App over HTTP, on the loopback interface only, one thread for each connection."""

from __future__ import annotations

import socket
import socketserver
import sys
import threading
import time
import traceback
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from vastai.errors import UsageError, VastError
from vastai.sandbox import pages, wire
from vastai.sandbox.app import App
from vastai.sandbox.faulty import Outcome

HOST = "127.0.0.1"
LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")
IDLE_SECONDS = 120.0  # a connection that asks nothing for so long is closed
LAST_SECONDS = 10.0  # what is under way may take so long when the server stops


class Server:
    """Serves an App until it is stopped.

    Arguments: app answers; port to listen at, 0 for a free one. It listens from the start, and answers after `start`.

    Raises:
        UsageError: the port cannot be used.
    """

    def __init__(self, app: App, port: int = 0) -> None:
        try:
            self._listener = _Listener(app, port)
        except (OSError, OverflowError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no port"
            raise UsageError(f"port {port} cannot be used: {reason}") from None
        self.port: int = self._listener.server_address[1]
        self.url = f"http://{HOST}:{self.port}"
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True)

    def start(self) -> Server:
        """Begin to answer, in threads of its own."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Take no more requests, let those under way end, and close everything."""
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.hang_up()
        self._listener.server_close()

    def __enter__(self) -> Server:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, app: App, port: int) -> None:
        self.app = app
        self.stopping = threading.Event()
        self._open: dict[socket.socket, threading.Thread] = {}
        self._lock = threading.Lock()
        super().__init__((HOST, port), _Connection)

    def begins(self, connection: socket.socket) -> None:
        with self._lock:
            self._open[connection] = threading.current_thread()

    def ended(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.pop(connection, None)

    def hang_up(self) -> None:
        """Read nothing more from any client; who waits for an answer still gets it."""
        self.stopping.set()
        with self._lock:
            still_open = dict(self._open)
        for connection in still_open:
            try:
                connection.shutdown(socket.SHUT_RD)
            except OSError:
                pass  # it has gone already
        until = time.monotonic() + LAST_SECONDS
        for thread in still_open.values():
            thread.join(max(0.0, until - time.monotonic()))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no reason to say anything."""
        if not isinstance(sys.exc_info()[1], OSError):
            traceback.print_exc()


class _Connection(socketserver.BaseRequestHandler):
    """One client: its requests, one after the other."""

    server: _Listener

    def handle(self) -> None:
        """Answer until one side has enough."""
        self.server.begins(self.request)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        self.request.settimeout(IDLE_SECONDS)
        try:
            with self.request.makefile("rb") as stream:
                while self._next(stream):
                    pass
        except TimeoutError:
            pass
        finally:
            self.server.ended(self.request)

    def _next(self, stream: BinaryIO) -> bool:
        """Read and answer one request. Returns whether there may be another one."""
        try:
            head = wire.read_head(stream)
            if head is None:
                return False
            if head.waits:
                self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
            asked = wire.read_body(stream, head)
        except wire.Unreadable as error:
            self._send(Outcome(None), pages.refused(error.status, "json", "bad_request", str(error)), keep=False)
            return False
        foreign = _foreign(asked.headers)
        if foreign:
            self._send(Outcome(None), pages.refused(403, "json", "forbidden", foreign), keep=False)
            return False
        if asked.verb == "OPTIONS":
            allowed = pages.Page(204, b"", headers={"allow": ", ".join(self.server.app.verbs(asked.path))})
            return self._send(Outcome(None), allowed, keep=asked.keep)
        return self._answer(asked)

    def _answer(self, asked: wire.Asked) -> bool:
        verb = "GET" if asked.verb == "HEAD" else asked.verb
        try:
            outcome = self.server.app.outcome(verb, asked.path, asked.query, asked.headers, asked.body or None)
        except VastError as error:  # such as a file that was taken away
            return self._send(Outcome(None), pages.refused(500, "json", error.code, str(error)), keep=False)
        except Exception as error:
            traceback.print_exc()
            page = pages.refused(500, "json", "sandbox_fault", f"The sandbox has a fault: {type(error).__name__}")
            return self._send(Outcome(None), page, keep=False)
        if outcome.delay:
            self.server.stopping.wait(outcome.delay)
        if outcome.reply is None:
            return False
        page = pages.Page(outcome.reply.status, outcome.reply.body, headers=outcome.reply.headers)
        return self._send(outcome, page, keep=asked.keep, head=asked.verb == "HEAD")

    def _send(self, outcome: Outcome, page: pages.Page, *, keep: bool, head: bool = False) -> bool:
        """Write an answer, or half of it. Returns whether the connection stays."""
        keep = keep and not outcome.cut and not self.server.stopping.is_set()
        headers = page.headers if outcome.reply else {"content-type": page.kind, **page.headers}
        if page.status != 204:
            headers = {**headers, "content-length": str(len(page.body))}
        body = b"" if head else page.body[: len(page.body) // 2] if outcome.cut else page.body
        self.request.sendall(wire.written(page.status, headers, body, keep=keep))
        return keep


def _foreign(headers: dict[str, str]) -> str:
    """Why a request comes from a web page elsewhere, which must not use what listens on this machine, or ""."""
    if urlsplit(f"//{headers.get('host', HOST)}").hostname not in LOOPBACK:
        return "The sandbox answers to addresses of this machine only."
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).hostname not in LOOPBACK:
        return "The sandbox answers no web pages from elsewhere."
    return ""
