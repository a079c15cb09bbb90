"""Load: many threads and processes rent, look and destroy on one served sandbox. Nothing may get lost or break.

Every client process asks over connections that stay open, with a key and so an account of its own for each thread. All
want the same few offers: each of them may be rented by one at a time, so that of what is rented, what is destroyed and
what is there in the end the sums must agree. Exit code 1 when they do not, or when the server ever answered 5xx.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
WANTED = 40  # offers that everybody wants
SEARCH = "/api/v0/bundles/?q=" + quote(json.dumps({"limit": 3, "num_gpus": {"eq": 1}}))


class Client:
    """One thread's connection and account."""

    def __init__(self, port: int, key: str) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self.statuses: Counter[int] = Counter()

    def ask(self, verb: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Status and decoded answer of one request."""
        self._connection.request(verb, path, None if body is None else json.dumps(body), self._headers)
        answer = self._connection.getresponse()
        decoded = json.loads(answer.read())
        self.statuses[answer.status] += 1
        return answer.status, decoded

    def close(self) -> None:
        self._connection.close()


def live(client: Client, offers: list[int], until: float, seed: str) -> tuple[list[int], list[int]]:
    """Rent, look, count and destroy by chance until the time is over. Returns what was rented, and what destroyed."""
    dice = random.Random(seed)
    rented: list[int] = []
    destroyed: list[int] = []
    while time.monotonic() < until:
        mine = [id for id in rented if id not in destroyed]
        what = dice.random()
        if what < 0.4:
            status, answer = client.ask("PUT", f"/api/v0/asks/{dice.choice(offers)}/", {"image": "ubuntu"})
            if status == 200:
                rented.append(answer["new_contract"])
        elif what < 0.6 and mine:
            id = dice.choice(mine)
            if client.ask("DELETE", f"/api/v0/instances/{id}/", {})[0] == 200:
                destroyed.append(id)
        elif what < 0.95:
            client.ask("GET", "/api/v0/users/current/")
        else:
            client.ask("GET", SEARCH)
    return rented, destroyed


def thread(port: int, offers: list[int], until: float, key: str, found: list[dict[str, Any]]) -> None:
    """One thread: its life, then what its account really has."""
    client = Client(port, key)
    fault = ""
    try:
        rented, destroyed = live(client, offers, until, key)
        there: list[dict[str, Any]] = []
        token = None
        while True:
            query = "?" + "after_token=" + quote(token) if token else ""
            _, page = client.ask("GET", f"/api/v1/instances/{query}")
            there += page["instances"]
            token = page["next_token"]
            if not token:
                break
        if sorted(row["id"] for row in there) != sorted(set(rented) - set(destroyed)):
            fault = f"{key}: {len(rented)} rented and {len(destroyed)} destroyed, but {len(there)} are there"
    except Exception as error:
        fault = f"{key}: {type(error).__name__}: {error}"
        rented, there = [], []
    client.close()
    machines = [row["machine_id"] for row in there]
    found.append({"fault": fault, "rented": len(rented), "machines": machines, "statuses": dict(client.statuses)})


def process(number: int, port: int, offers: list[int], seconds: float, threads: int, results: Any) -> None:
    """One client process with its threads."""
    found: list[dict[str, Any]] = []
    until = time.monotonic() + seconds
    each = [
        threading.Thread(target=thread, args=(port, offers, until, f"key-{number}-{place}", found))
        for place in range(threads)
    ]
    for one in each:
        one.start()
    for one in each:
        one.join()
    results.put(found)


def check(port: int) -> list[str]:
    """What is wrong with the money of the accounts in the end."""
    client = Client(port, "the-checker")
    _, status = client.ask("GET", "/__sandbox__/status")
    client.close()
    odd = [account for account in status["accounts"] if not 0 < account["credit"] <= 1000]
    return [f"account {account['id']} has {account['credit']} $" for account in odd]


def wanted_offers(port: int) -> list[int]:
    """Offers of one GPU, each on a machine of its own, so that who holds what can be told by the machine."""
    client = Client(port, "the-checker")
    query = quote(json.dumps({"limit": 20 * WANTED, "num_gpus": {"eq": 1}, "order": [["id", "asc"]]}))
    offers = {row["machine_id"]: row["id"] for row in client.ask("GET", f"/api/v0/bundles/?q={query}")[1]["offers"]}
    client.close()
    return list(offers.values())[:WANTED]


def run(seconds: float, threads: int, processes: int) -> int:
    """Serve a sandbox, let the clients live on it, and compare. Returns the number of faults."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "vastai", "sandbox", "serve", "--port", "0", "--state", f"{folder}/world.db"]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ)
        assert server.stdout is not None
        port = int(server.stdout.readline().rpartition(":")[2])
        try:
            faults, statuses = live_all(port, wanted_offers(port), seconds, threads, processes)
            faults += check(port)
        finally:
            server.terminate()
            errors = server.communicate(timeout=30)[1]
    faults += [f"the server said: {errors.strip().splitlines()[-1]}"] if errors.strip() else []
    faults += [f"the server ended with exit code {server.returncode}"] if server.returncode else []
    total = sum(statuses.values())
    print(f"{total} requests in {seconds:g} s ({total / seconds:.0f} per second): {dict(sorted(statuses.items()))}")
    faults += [f"status {status}, {count} times" for status, count in statuses.items() if status >= 500]
    for line in faults:
        print(f"FAULT: {line}")
    return len(faults)


def live_all(
    port: int, offers: list[int], seconds: float, threads: int, processes: int
) -> tuple[list[str], Counter[int]]:
    """Let all processes live at the same time. Returns their faults, and how often each status came."""
    context = multiprocessing.get_context("spawn")
    results: Any = context.Queue()
    each = [
        context.Process(target=process, args=(number, port, offers, seconds, threads, results))
        for number in range(processes)
    ]
    for one in each:
        one.start()
    found = [row for _ in each for row in results.get(timeout=seconds + 120)]
    for one in each:
        one.join(60)
    statuses: Counter[int] = Counter()
    for row in found:
        statuses.update(row["statuses"])
    faults = [row["fault"] for row in found if row["fault"]]
    held = Counter(machine for row in found for machine in row["machines"])
    faults += [f"machine {machine} is rented {count} times" for machine, count in held.items() if count > 1]
    return faults + ([] if any(row["rented"] for row in found) else ["nothing was rented"]), statuses


def main() -> int:
    """Exit code 1 when anything was lost or broke."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--threads", type=int, default=16, help="in each process")
    parser.add_argument("--processes", type=int, default=4)
    asked = parser.parse_args()
    return int(run(asked.seconds, asked.threads, asked.processes) > 0)


if __name__ == "__main__":
    raise SystemExit(main())
