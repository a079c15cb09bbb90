"""One attempt to send a request: over the network with `requests`, or to the sandbox inside this process."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from .retry import TransportError
from .steps import Reply

if TYPE_CHECKING:
    from requests import Response

    from .session import Connections

LARGEST = 256 * 1024 * 1024  # bytes of one body, after decompression
IDLE = 5.0  # seconds; a connection idle for longer is not trusted with what must not be sent twice
PIECE = 1024 * 1024  # bytes read at a time
PACKED_PIECE = 64 * 1024  # the same of a compressed body, which may grow a thousandfold


class Transport(Protocol):
    """How requests travel. Replace it to test without a network, to record, or to answer from this process."""

    def send(
        self, verb: str, url: str, headers: dict[str, str], body: bytes | None, *, deadline: float, fresh: bool
    ) -> Reply:
        """Make one attempt: no repeats, no redirects followed.

        Args:
            verb: HTTP verb.
            url: complete URL.
            headers: headers of the request; the key is here or nowhere.
            body: body, or None.
            deadline: seconds the whole attempt may take.
            fresh: not on a connection that has been idle for long, because the request must not be sent twice.

        Raises:
            TransportError: there is no reply; its `sent` tells whether the service may have seen the request.
        """

    def close(self) -> None:
        """Close all connections."""


@runtime_checkable
class Imitation(Protocol):
    """A transport that answers in this process, and so knows the machines that its answers name."""

    def probe(self, host: str, port: int, really: Callable[[str, int], bytes | None]) -> bytes | None:
        """The first line that something listening there says, or None.

        Args:
            really: asks the network, for an address that is a real one.
        """


def open_transport(server_url: str, sleep: Callable[[float], None] = time.sleep) -> Transport:
    """The transport for a server: its address, or ``sandbox``, ``sandbox:PATH``, ``sandbox::memory:``,
    or ``replay:FILE``.

    Args:
        sleep: waits for an answer that the sandbox was asked to make slow.
    """
    if server_url.startswith("replay:"):
        from ..recording.transport import ReplayTransport

        return ReplayTransport(server_url)
    if server_url == "sandbox" or server_url.startswith("sandbox:"):
        from ..sandbox.transport import SandboxTransport

        transport: Transport = SandboxTransport(server_url, sleep)
        return transport
    return HttpTransport()


class HttpTransport:
    """HTTP with `requests`, which is imported at the first send: pooled connections of each process.

    May be used from several threads, and on both sides of a fork. Proxies and CA bundles come from the environment,
    nothing else does: no ``.netrc``, no cookies.

    Args:
        largest: bytes a body may have after decompression.
        idle: seconds after which an unused connection is not fresh any more.
    """

    def __init__(self, *, largest: int = LARGEST, idle: float = IDLE) -> None:
        self._largest = largest
        self._idle = idle
        # By process id: after a fork the child must not write into the connections of its parent. No lock, since
        # another thread of the parent could have held it at the fork; those made in vain are none yet.
        self._connections: dict[int, Connections] = {}

    def send(
        self, verb: str, url: str, headers: dict[str, str], body: bytes | None, *, deadline: float, fresh: bool
    ) -> Reply:
        """Make one attempt, see `Transport.send`."""
        import urllib3
        from requests import RequestException

        from .deadline import CONNECT, Attempt
        from .session import explain

        outside = sys.exc_info()[1]  # what a caller is handling just now is no part of what may happen here
        with Attempt(deadline, idle=self._idle if fresh else float("inf")) as attempt:
            try:
                with self._open().send(
                    verb,
                    url,
                    {"User-Agent": user_agent(), "Accept-Encoding": "gzip, deflate", **headers},
                    body,
                    # Only a first limit: the connections set the time that is left before each step.
                    timeout=(min(CONNECT, deadline), deadline),
                ) as response:
                    received = {name.lower(): value for name, value in response.headers.items()}
                    return Reply(response.status_code, received, self._body(response), url, verb)
            except (RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
                raise explain(error, outside, attempt.sent, deadline) from None

    def close(self) -> None:
        """Close all connections of this process; a later send opens new ones."""
        connections = self._connections.pop(os.getpid(), None)
        if connections is not None:
            connections.close()

    def _open(self) -> Connections:
        process = os.getpid()
        connections = self._connections.get(process)
        if connections is None:
            from .session import Connections

            connections = self._connections.setdefault(process, Connections())
        return connections

    def _body(self, response: Response) -> bytes:
        """The body, decompressed, never more than the limit in memory; a body that was cut is an error."""
        pieces: list[bytes] = []
        size = 0
        for piece in response.iter_content(PACKED_PIECE if "Content-Encoding" in response.headers else PIECE):
            size += len(piece)
            if size > self._largest:
                raise TransportError(f"the answer is larger than {self._largest >> 20} MB", sent=True, final=True)
            pieces.append(piece)
        # urllib3 before 2.0 does not notice this by itself; in a chunked answer the length means nothing.
        promised = "" if "Transfer-Encoding" in response.headers else response.headers.get("Content-Length", "")
        if promised.isdigit() and response.status_code not in (204, 304) and response.raw.tell() < int(promised):
            raise TransportError("the answer broke off in the middle", sent=True)
        return b"".join(pieces)


def user_agent() -> str:
    """What we call ourselves to the service."""
    import vastai

    return f"vastai/{vastai.__version__}"
