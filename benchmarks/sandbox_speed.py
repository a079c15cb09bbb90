"""How fast the sandbox answers: over HTTP against a bare server of the standard library, and in the process.

All servers run in processes of their own and are asked in turn, over one connection that stays open, in the same run;
so a machine that slows down slows all of them. What is printed are medians of rounds. Exit code 1 when a simple request
takes more than three times as long as the bare server's.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
LIMIT = 3.0
SIMPLE = "/api/v0/users/current/"
SEARCH = "/api/v0/bundles/?q=" + quote(json.dumps({"limit": 64, "gpu_ram": {"gte": 16000}}))
SIZES = (1_500, 15_000)
BARE = """
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        body = b'{"id": 1, "username": "you", "credit": 1000.0, "padding": "' + b"x" * 500 + b'"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(f"http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
"""


class Served:
    """A server process and one connection to it."""

    def __init__(self, command: list[str]) -> None:
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environ)
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        self._connection = HTTPConnection("127.0.0.1", int(self.url.rpartition(":")[2]), timeout=60)

    def seconds(self, path: str, count: int) -> float:
        """Seconds for one request, on average over so many."""
        began = time.perf_counter()
        for _ in range(count):
            self._connection.request("GET", path, headers={"Authorization": "Bearer any-key"})
            answer = self._connection.getresponse()
            body = answer.read()
            if answer.status != 200:
                raise SystemExit(f"{path}: {answer.status} {body[:200]!r}")
        return (time.perf_counter() - began) / count

    def end(self) -> None:
        self._connection.close()
        self.process.terminate()
        self.process.communicate(timeout=30)


def world(path: str, offers: int) -> str:
    """A world with so many offers, in a file."""
    from vastai.client import table
    from vastai.sandbox import seeds
    from vastai.sandbox.app import App
    from vastai.sandbox.world import World

    made = World(path)
    seeds.seed(App(made, table()), f"market: {{offers: {offers}}}", "benchmark")
    made.close()
    return path


def in_process(path: str) -> Callable[[str, int], float]:
    """Seconds for one request of the in-process sandbox, asked as the client asks it."""
    from vastai.sandbox.transport import SandboxTransport

    transport = SandboxTransport(f"sandbox:{path}")

    def seconds(target: str, count: int) -> float:
        began = time.perf_counter()
        for _ in range(count):
            transport.send("GET", f"http://sandbox{target}", {}, None, deadline=60.0, fresh=False)
        return (time.perf_counter() - began) / count

    return seconds


def measured(rounds: int, simple: int, searches: int) -> dict[str, float]:
    """Median seconds of one request, by what was asked of whom."""
    with tempfile.TemporaryDirectory() as folder:
        paths = {size: world(f"{folder}/{size}.db", size) for size in SIZES}
        serve = [sys.executable, "-m", "vastai", "sandbox", "serve", "--port", "0", "--state"]
        served = {f"served, {size} offers": Served([*serve, path]) for size, path in paths.items()}
        bare = Served([sys.executable, "-c", BARE])
        direct = {f"in process, {size} offers": in_process(path) for size, path in paths.items()}
        askers = {**{name: each.seconds for name, each in served.items()}, **direct}
        found: dict[str, list[float]] = {}
        for turn in range(rounds + 1):
            times = {"bare server": bare.seconds("/", simple)}
            for name, ask in askers.items():
                times[f"{name}: simple"] = ask(SIMPLE, simple)
                times[f"{name}: search"] = ask(SEARCH, searches)
            for name, seconds in times.items() if turn else ():  # the first turn only warms up
                found.setdefault(name, []).append(seconds)
        for each in (*served.values(), bare):
            each.end()
    return {name: statistics.median(values) for name, values in found.items()}


def main() -> int:
    """Measure, and print the table. Exit code 1 when simple requests are slower than allowed."""
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--simple", type=int, default=300, help="simple requests in each round")
    parser.add_argument("--searches", type=int, default=10, help="searches in each round")
    asked = parser.parse_args()
    medians = measured(asked.rounds, asked.simple, asked.searches)
    base = medians["bare server"]
    print(f"{'asked':40} {'ms':>8} {'per s':>8} {'x bare':>8}")
    for name, seconds in medians.items():
        print(f"{name:40} {seconds * 1000:8.2f} {1 / seconds:8.0f} {seconds / base:8.2f}")
    return int(medians[f"served, {SIZES[0]} offers: simple"] > LIMIT * base)


if __name__ == "__main__":
    raise SystemExit(main())
