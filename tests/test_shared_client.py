"""One client in many threads, on both sides of a fork, and at the end of its life."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from faults.server import FaultServer

from vastai import VastAI
from vastai.engine.edge import Edge

ROOT = Path(__file__).parent.parent
ANSWER = {"answer": {"body": {"id": 1}}}


def test_threads_use_the_same_connections() -> None:
    """200 calls by 8 threads that go in step: as many connections as there are calls at once, and no more."""
    together = threading.Barrier(8)

    def calls(client: VastAI) -> list[Any]:
        answers = []
        for _ in range(25):
            together.wait(30)
            answers.append(client.show_user()["id"])
        return answers

    with FaultServer(ANSWER) as server, VastAI("k", server.url) as client:
        with ThreadPoolExecutor(8) as pool:
            done = list(pool.map(calls, [client] * 8))
        assert done == [[1] * 25] * 8
        assert len(server.requests) == 200
        assert server.connections <= 8


def in_a_child(work: Callable[[], object]) -> int:
    """The exit status of a forked child that does this: 0 when it returns."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of forks beside threads
        child = os.fork()
    if not child:
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1]


def test_both_sides_of_a_fork_go_on() -> None:
    with FaultServer(ANSWER) as server, VastAI("k", server.url) as client:
        client.show_user()
        assert in_a_child(client.show_user) == 0
        client.show_user()
    assert [seen.connection for seen in server.requests] == [0, 1, 0]


class Held(Edge):
    """An edge that keeps the first thread that opens the connection waiting, so that a fork meets it there."""

    def __init__(self) -> None:
        self.entered, self.goes_on = threading.Event(), threading.Event()

    @property
    def dice(self) -> Any:
        if not self.entered.is_set():
            self.entered.set()
            self.goes_on.wait(30)
        return lambda: 0.5


def test_a_fork_while_another_thread_opens_the_connection_does_not_hang_the_child() -> None:
    edge = Held()
    with FaultServer(ANSWER) as server, VastAI("k", server.url, edge=edge) as client:
        thread = threading.Thread(target=client.show_user)
        thread.start()
        assert edge.entered.wait(30)
        assert in_a_child(client.show_user) == 0
        edge.goes_on.set()
        thread.join(30)
    assert len(server.requests) == 2


def test_a_client_that_was_left_may_be_used_again() -> None:
    with FaultServer(ANSWER) as server:
        with VastAI("k", server.url) as client:
            client.show_user()
        client.show_user()
        client.close()
        client.close()
    assert server.connections == 2


LIVES = {
    "closed": "with VastAI('k', URL) as c: c.show_user()",
    "never closed": "c = VastAI('k', URL); c.show_user()",
    "forgotten": "VastAI('k', URL).show_user()",
    "refused": "c = VastAI('k', URL, retry=0)\ntry: c.show_instance(7)\nexcept VastError: pass",
    "unreachable": "c = VastAI('k', 'http://127.0.0.1:9', retry=0)\ntry: c.show_user()\nexcept VastError: pass",
    "in the sandbox": "with VastAI(server_url='sandbox::memory:') as c: c.show_user()",
    "recorded": "with VastAI('k', URL, record='r.yaml') as c: c.show_user()",
    "in the terminal": "from vastai.cli.main import main; assert main(['--url', URL, 'show', 'user']) == 0",
}


@pytest.mark.parametrize("life", LIVES)
def test_nothing_is_left_open(life: str) -> None:
    """In Python's development mode, which names every socket and file that nobody closed."""
    with FaultServer(ANSWER) as server:
        code = f"from vastai import VastAI, VastError\nURL = {server.url!r}\n{LIVES[life]}"
        environ = {**os.environ, "PYTHONPATH": str(ROOT), "VAST_API_KEY": "k"}
        command = [sys.executable, "-X", "dev", "-c", code]
        done = subprocess.run(command, capture_output=True, env=environ, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
