"""The sandbox as a transport: requests of this process are answered by a world on its disk, without a network."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from threading import Lock
from urllib.parse import parse_qsl, urlsplit

from vastai.engine.retry import TransportError
from vastai.engine.steps import Reply
from vastai.sandbox import reach
from vastai.sandbox.app import App
from vastai.sandbox.world import World


class SandboxTransport:
    """Sends requests to the sandbox in this process.

    The world is opened at the first request.

    Arguments: location is ``sandbox`` for the default file, ``sandbox:PATH``, or ``sandbox::memory:`` for a world that
    ends with this transport; sleep waits for an answer that a fault makes slow.
    """

    def __init__(self, location: str = "sandbox", sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._path = os.path.expanduser(location.partition(":")[2])
        self._app: App | None = None
        self._lock = Lock()

    @property
    def app(self) -> App:
        """The service behind it, opened when it is first needed.

        Raises:
            UsageError: the world's file cannot be used.
        """
        with self._lock:
            if self._app is None:
                from vastai.client import table

                strict = os.environ.get("VASTAI_STRICT", "") not in ("", "0", "warn")
                self._app = App(World(self._path), table(), strict=strict)
            return self._app

    def send(
        self, verb: str, url: str, headers: dict[str, str], body: bytes | None, *, deadline: float, fresh: bool
    ) -> Reply:
        """Answer one request; where a fault breaks the connection, what `HttpTransport` would see of it.

        Raises:
            TransportError: a fault leaves no answer, or the answer is slower than the deadline.
        """
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        reply, delay, cut = self.app.outcome(verb, parts.path, query, headers, body)
        if delay:
            self._sleep(min(delay, deadline))
        if delay > deadline:
            raise TransportError(f"no complete answer within {deadline:g} s", sent=True, timed_out=True)
        if reply is None:
            raise TransportError("the connection was closed without an answer", sent=True)
        if cut:
            raise TransportError("the answer broke off in the middle", sent=True)
        return reply._replace(url=url)

    def probe(self, host: str, port: int, really: Callable[[str, int], bytes | None]) -> bytes | None:
        """What SSH at an address of this world says: its instances answer once they run, see `reach.banner`."""
        return reach.banner(self.app.world, host, port, really)

    def close(self) -> None:
        """Close the world. A later request opens it again."""
        with self._lock:
            if self._app is not None:
                self._app.world.close()
                self._app = None
