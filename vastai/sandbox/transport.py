"""The sandbox as a transport: requests of this process are answered by a world on its disk, without a network."""

from __future__ import annotations

import os
from threading import Lock
from urllib.parse import parse_qsl, urlsplit

from vastai.engine.steps import Reply
from vastai.sandbox.app import App
from vastai.sandbox.world import World


class SandboxTransport:
    """Sends requests to the sandbox in this process.

    Arguments: location is ``sandbox`` for the default file, ``sandbox:PATH``, or ``sandbox::memory:`` for a world that
    ends with this transport. The world is opened at the first request.
    """

    def __init__(self, location: str = "sandbox") -> None:
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
                from vastai.table import compiled

                strict = os.environ.get("VASTAI_STRICT", "") not in ("", "0", "warn")
                self._app = App(World(self._path), compiled.load(), strict=strict)
            return self._app

    def send(
        self, verb: str, url: str, headers: dict[str, str], body: bytes | None, *, deadline: float, fresh: bool
    ) -> Reply:
        """Answer one request at once; deadline and fresh mean nothing here."""
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        reply = self.app.handle(verb, parts.path, query, headers, body)
        return reply._replace(url=url)

    def close(self) -> None:
        """Close the world. A later request opens it again."""
        with self._lock:
            if self._app is not None:
                self._app.world.close()
                self._app = None
