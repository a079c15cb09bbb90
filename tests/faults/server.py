"""A server on 127.0.0.1 that misbehaves as told: it speaks raw bytes, because HTTP libraries are too polite.

    with FaultServer("reset", {"answer": {"body": {"success": True}}}) as server:
        ...  # the first request is reset, every later one answered
    assert len(server.requests) == 2

A script is a list of behaviours, one for each request; the last one serves all further requests. A behaviour is a name
of `BEHAVIOURS`, or a mapping of one name to its options, so that a script can stand in a YAML file.
"""

from __future__ import annotations

import gzip
import json
import select
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

TLS_FILE = str(Path(__file__).with_name("tls.pem"))  # for tests only: key and self-signed certificate of 127.0.0.1


class Seen(NamedTuple):
    """One request as it arrived; `connection` counts the connections from 0."""

    verb: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int


class FaultServer:
    """Serves a script until it is closed.

    Attributes:
        url: its address.
        requests: every request read so far.
        connections: how many connections were accepted.
    """

    def __init__(self, *script: str | dict[str, Any], tls: bool = False) -> None:
        self.script = [_behaviour(item) for item in script] or [answer()]
        self.requests: list[Seen] = []
        self.connections = 0
        self.stopped = threading.Event()
        self._turn = 0
        self._lock = threading.Lock()
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if tls else None
        if self._tls:
            self._tls.load_cert_chain(TLS_FILE)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(0.05)
        self.port = self._listener.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> FaultServer:
        self._start(self._accept)
        return self

    def __exit__(self, *error: object) -> None:
        self.stopped.set()
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until something has come true here, such as that a request has arrived.

        Raises:
            TimeoutError: it has not within half a minute.
        """
        with self._changed:
            if not self._changed.wait_for(condition, 30):
                raise TimeoutError

    def changed(self) -> None:
        """Let those look again who wait for something here."""
        with self._changed:
            self._changed.notify_all()

    def next_behaviour(self) -> Behaviour:
        with self._lock:
            self._turn += 1
            return self.script[min(self._turn, len(self.script)) - 1]

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.stopped.is_set():
            try:
                sock, _ = self._listener.accept()
            except TimeoutError:
                continue
            self.connections += 1
            self.changed()
            self._start(self._serve, sock, self.connections - 1)

    def _serve(self, sock: socket.socket, number: int) -> None:
        sock.settimeout(5)
        try:
            if self._tls:
                sock = self._tls.wrap_socket(sock, server_side=True)
            caller = Caller(sock, self, number)
            while caller.waits() and self.next_behaviour()(caller) is not CLOSE:
                pass
        except OSError:
            pass  # the client went away, as it often should here
        finally:
            sock.close()


class Caller:
    """The client at the other end of one connection."""

    def __init__(self, sock: socket.socket, server: FaultServer, number: int) -> None:
        self.sock = sock
        self.server = server
        self.number = number

    def waits(self) -> bool:
        """Wait until a request comes. Returns False when the connection or the server ends first."""
        while not self.server.stopped.is_set():
            if select.select([self.sock], [], [], 0.02)[0]:
                return isinstance(self.sock, ssl.SSLSocket) or bool(self.sock.recv(1, socket.MSG_PEEK))
        return False

    def read(self) -> Seen:
        """Read one request."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.sock.recv(1)
            if not byte:
                raise ConnectionError("the client has gone")
            head += byte
        first, *lines = head.decode("latin-1").strip().split("\r\n")
        verb, target, _ = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body, due = b"", int(headers.get("content-length", 0))
        while len(body) < due:
            body += self.sock.recv(due - len(body))
        seen = Seen(verb, target, headers, body, self.number)
        self.server.requests.append(seen)
        self.server.changed()
        return seen

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def drip(self, data: bytes, every: float) -> None:
        """Send byte by byte."""
        for byte in data:
            if self.server.stopped.wait(every):
                return
            self.sock.sendall(bytes([byte]))

    def reset(self) -> None:
        """End the connection with a TCP reset."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


CLOSE = object()  # what a behaviour returns when the connection is to be closed
Behaviour = Callable[[Caller], object]


def message(
    status: int = 200,
    body: Any = None,
    text: str | None = None,
    headers: dict[str, str] | None = None,
    type: str = "application/json",
) -> bytes:
    """The bytes of a good answer, with a JSON body or a text."""
    data = json.dumps({"success": True} if body is None else body).encode() if text is None else text.encode()
    given = {"Content-Type": type, "Content-Length": str(len(data)), **(headers or {})}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status} Status\r\n{lines}\r\n".encode() + (b"" if status == 204 else data)


def answer(**options: Any) -> Behaviour:
    """A good answer; the connection stays open."""

    def behave(caller: Caller) -> object:
        caller.read()
        caller.send(message(**options))
        return None

    return behave


def reset(after_reading: bool = True) -> Behaviour:
    """A TCP reset, after or before the request was read."""

    def behave(caller: Caller) -> object:
        if after_reading:
            caller.read()
        caller.reset()
        return CLOSE

    return behave


def hang_up() -> Behaviour:
    """The connection is closed without an answer."""

    def behave(caller: Caller) -> object:
        caller.read()
        return CLOSE

    return behave


def hang() -> Behaviour:
    """No answer, ever."""

    def behave(caller: Caller) -> object:
        caller.read()
        caller.server.stopped.wait(10)
        return CLOSE

    return behave


def cut(keep: int = 20, of: int = 200, chunked: bool = False) -> Behaviour:
    """An answer that ends in the middle of its body."""

    def behave(caller: Caller) -> object:
        caller.read()
        if chunked:
            caller.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n" + b" " * keep)
        else:
            caller.send(f"HTTP/1.1 200 OK\r\nContent-Length: {of}\r\n\r\n".encode() + b" " * keep)
        return CLOSE

    return behave


def slow_headers(every: float = 0.05) -> Behaviour:
    """A good answer whose headers never come to an end, byte by byte."""

    def behave(caller: Caller) -> object:
        caller.read()
        caller.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 90, every)
        return CLOSE

    return behave


def slow_body(every: float = 0.05, chunked: bool = False) -> Behaviour:
    """A good answer whose body drips byte by byte."""

    def behave(caller: Caller) -> object:
        caller.read()
        length = "Transfer-Encoding: chunked" if chunked else "Content-Length: 1000"
        caller.send(f"HTTP/1.1 200 OK\r\n{length}\r\n\r\n".encode())
        caller.drip(b"1\r\n \r\n" * 100 if chunked else b" " * 1000, every)
        return CLOSE

    return behave


def raw(text: str = "SSH-2.0-OpenSSH_9.6\r\n") -> Behaviour:
    """Exactly these bytes, written as latin-1; if none are given, some that are not HTTP."""

    def behave(caller: Caller) -> object:
        caller.read()
        caller.send(text.encode("latin-1"))
        return CLOSE

    return behave


def bomb(megabytes: int = 8) -> Behaviour:
    """A small compressed body that grows large."""

    def behave(caller: Caller) -> object:
        caller.read()
        data = gzip.compress(b" " * (megabytes << 20), 9)
        caller.send(f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)
        return None

    return behave


def redirect(to: str, status: int = 302) -> Behaviour:
    """A redirect; `{url}` and `{port}` in its target mean this server."""

    def behave(caller: Caller) -> object:
        caller.read()
        target = to.replace("{url}", caller.server.url).replace("{port}", str(caller.server.port))
        caller.send(message(status, text="", headers={"Location": target}))
        return None

    return behave


BEHAVIOURS: dict[str, Callable[..., Behaviour]] = {
    function.__name__: function
    for function in (answer, reset, hang_up, hang, cut, slow_headers, slow_body, raw, bomb, redirect)
}


def _behaviour(item: str | dict[str, Any]) -> Behaviour:
    [(name, options)] = [(item, {})] if isinstance(item, str) else item.items()
    return BEHAVIOURS[name](**options)


def refusing_url() -> str:
    """An address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"http://127.0.0.1:{listener.getsockname()[1]}"
