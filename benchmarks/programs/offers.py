"""Fetch a long list of offers, and print the CPU seconds of one search, or the bytes of memory it takes at most.

    offers.py ours|socket cpu|memory URL

``socket`` is the least there is: bytes from a socket, and `json.loads`.
"""

from __future__ import annotations

import json
import socket
import statistics
import sys
import time
import tracemalloc
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

SEARCHES = 5


def searcher(who: str, url: str) -> Callable[[], Sequence[object]]:
    """What searches once."""
    if who == "socket":
        return lambda: fetched(url)
    from vastai import VastAI

    client = VastAI(server_url=url)
    return lambda: client.search_offers()


def fetched(url: str) -> list[object]:
    """The offers, by hand."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 80)) as connection:
        connection.sendall(f"GET {parts.path}/api/v0/bundles/ HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
        head, _, begun = head.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split()[0])
        body = bytearray(length)
        view, filled = memoryview(body), len(begun)
        view[:filled] = begun
        while filled < length:
            filled += connection.recv_into(view[filled:])
    found: list[object] = json.loads(body)["offers"]
    return found


def main() -> None:
    """Measure; the first search, which imports and connects, does not count."""
    who, figure, url = sys.argv[1:]
    search = searcher(who, url)
    search()
    if figure == "memory":
        tracemalloc.start()
        kept = search()
        print(len(kept), tracemalloc.get_traced_memory()[1], sep="\n")
        return
    taken = []
    for _ in range(SEARCHES):
        began = time.process_time()
        kept = search()
        taken.append(time.process_time() - began)
        del kept
    print(statistics.median(taken))


if __name__ == "__main__":
    main()
