"""1,000 calls of one ID each, 16 at a time, and print the seconds they take: those of the clock on the wall.

    bulk.py ours|sockets URL

``sockets`` are 16 raw connections, each with a thread of its own: the least there is.
"""

from __future__ import annotations

import os
import socket
import ssl
import sys
import threading
import time
from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

CALLS, AT_ONCE = 1000, 16


def ours(url: str) -> Callable[[], None]:
    """One call of our library with all IDs. A first call loads what is needed; its connections are closed."""
    from vastai import VastAI

    client = VastAI(server_url=url, parallel=AT_ONCE)
    client.unlist_machine([1, 2])
    client.close()

    def perform() -> None:
        report = client.unlist_machine(list(range(CALLS)))
        assert report["success"], report["msg"]
        assert len(report["results"]) == CALLS

    return perform


def sockets(url: str) -> None:
    """The same requests over as many connections."""
    threads = [threading.Thread(target=share, args=(url, range(first, CALLS, AT_ONCE))) for first in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def share(url: str, numbers: range) -> None:
    """The requests of one connection, one after the other."""
    parts = urlsplit(url)
    context = ssl.create_default_context(cafile=os.environ["REQUESTS_CA_BUNDLE"])
    plain = socket.create_connection((parts.hostname, parts.port))
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with context.wrap_socket(plain, server_hostname=parts.hostname) as connection:
        for number in numbers:
            head = f"DELETE {parts.path}/api/v0/machines/{number}/asks/ HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            connection.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}".encode())
            received = b""
            while not received.endswith(b"}"):
                piece = connection.recv(65536)
                assert piece, "the server has closed the connection"
                received += piece


def main() -> None:
    """Measure, the connecting included."""
    who, url = sys.argv[1:]
    perform = ours(url) if who == "ours" else partial(sockets, url)
    began = time.perf_counter()
    perform()
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
