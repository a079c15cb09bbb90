"""A local server that answers like the service, with lists of as many rows or as late as its address says; http and
https.

It prints both addresses, and serves until it is ended. The rows are those of the sandbox, repeated under ids of their
own: about 2.5 kB each, as they are at the service.
"""

from __future__ import annotations

import json
import ssl
import sys
import threading
import time
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from vastai import VastAI


def samples() -> dict[str, list[dict[str, Any]]]:
    """Some rows of each kind."""
    with VastAI(server_url="sandbox::memory:", api_key="any") as client:
        offers = client.search_offers(limit=20)
        for offer in {offer["machine_id"]: offer for offer in offers}.values():
            client.create_instance(id=offer["id"], image="pytorch/pytorch:latest", disk=20)
        return {"offers": offers, "instances": client.show_instances()}


SAMPLES = samples()


VARIED = ("dph_total", "discounted_dph_total", "dlperf_per_dphtotal", "score", "disk_space", "duration")


def varied(row: dict[str, Any], number: int) -> dict[str, Any]:
    """A row of its own: prices and what follows from them differ from offer to offer, as they do in the market, while
    the offers of a machine have the rest in common.
    """
    factor = 1 + number % 9973 / 10_000
    own = {name: round(row[name] * factor, 6) for name in VARIED if isinstance(row.get(name), float)}
    return {**row, **own, "id": 1000 + number, "machine_id": 1000 + number // 3}


@cache
def answer(path: str, rows: int) -> bytes:
    """The body for a path."""
    for kind, part in (("instances", "/instances"), ("offers", "/bundles")):
        if path.rstrip("/").endswith(part):
            some = SAMPLES[kind]
            listed = [varied(some[number % len(some)], number) for number in range(rows)]
            return json.dumps({"success": True, kind: listed, f"{kind}_found": rows, "next_token": None}).encode()
    if path.rstrip("/").endswith("/users/current"):
        return b'{"id": 1, "username": "somebody", "email": "somebody@example.com", "credit": 1.0, "is_host": false}'
    if "gpu_names" in path:
        return json.dumps({"gpu_names": sorted({row["gpu_name"] for row in SAMPLES["offers"]})}).encode()
    return b'{"success": true}'


class Handler(BaseHTTPRequestHandler):
    """Answers every request, after reading all of it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        _, what, number, path = self.path.partition("?")[0].split("/", 3)
        if what == "after":
            time.sleep(int(number) / 1000)
        body = answer(path if path.startswith("/") else f"/{path}", int(number) if what == "rows" else 1)
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_PUT = do_POST = do_DELETE = do_GET

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """Many connections at once; those that break off are no news."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


def main() -> None:
    """Serve until the process is ended."""
    plain, encrypted = Server(("127.0.0.1", 0), Handler), Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[1])
    encrypted.socket = context.wrap_socket(encrypted.socket, server_side=True)
    print(f"http://127.0.0.1:{plain.server_port} https://127.0.0.1:{encrypted.server_port}", flush=True)
    threading.Thread(target=encrypted.serve_forever, daemon=True).start()
    plain.serve_forever()


if __name__ == "__main__":
    main()
