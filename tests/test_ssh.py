"""vastai ssh in the sandbox: a boot is waited for, and only a real machine is logged in to (test_transfer has one)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from edges import over

from vastai import NotFound, ProgramFailed, VastAI, VastError
from vastai.engine.edge import Edge
from vastai.engine.local import run
from vastai.engine.steps import Run
from vastai.errors import NotOffered, exit_code
from vastai.sandbox import machine_behind
from vastai.sandbox.testing import Sandbox, SandboxEdge

OFFER, IMAGE = 12345, "pytorch/pytorch"


class Noting(Edge):
    """Notes the programs that would have been run; the machine behind answers."""

    ran: list[list[str]]

    def capture(self, argv: list[str]) -> tuple[int, str]:
        self.ran.append(argv)
        return 0, "there\n"

    def probe(self, host: str, port: int) -> bytes | None:
        return b"SSH-2.0-real\r\n"


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    opened = Sandbox(str(tmp_path / "world.db"))
    yield opened
    opened.close()


@pytest.fixture
def edge(sandbox: Sandbox) -> Noting:
    edge = over(SandboxEdge(sandbox.world), Noting)
    edge.ran = []
    return edge


@pytest.fixture
def client(sandbox: Sandbox, edge: Noting) -> Iterator[VastAI]:
    with VastAI(server_url=sandbox.url, edge=edge, quiet=True) as opened:
        yield opened


def test_imagined_machines_are_not_logged_in_to(client: VastAI, edge: Noting) -> None:
    """The boot is waited for all the same; what is wrong with the instance itself is said first."""
    id = client.create_instance(OFFER, IMAGE, ssh=True)["new_contract"]
    with pytest.raises(NotOffered, match="imagined"):
        client.ssh(id, "true")
    assert client.show_instance(id)["actual_status"] == "running"
    with pytest.raises(NotFound):
        client.ssh(1, "true")
    client.stop_instance(id)
    edge.sleep(5)
    with pytest.raises(VastError, match="exited"):
        client.ssh(id, "true")
    assert edge.ran == []


def test_a_real_machine_behind_the_sandbox_is(sandbox: Sandbox, client: VastAI, edge: Noting) -> None:
    machine_behind.put_behind(sandbox.world, "127.0.0.1:2222")
    id = client.create_instance(OFFER, IMAGE, ssh=True)["new_contract"]
    answer = client.ssh(id, "id -un")
    assert (answer["host"], answer["port"], answer["output"]) == ("127.0.0.1", 2222, "there\n")
    assert edge.ran[0][-4:] == ["2222", "--", "root@127.0.0.1", "id -un"]


# ---------------------------------------------------------------- programs


class Real(Edge):
    """Programs are run; what they print is of no interest."""


@pytest.mark.parametrize("capture", [False, True])
@pytest.mark.parametrize(
    ("argv", "code", "said"),
    [
        (["no-such-program"], 127, "no-such-program is not installed on this machine."),
        (["/"], 126, "/ cannot be run: "),
        (["true", "a\0b"], 126, "true cannot be run: "),
        (["sh", "-c", "exit 127"], 127, "sh ended with exit code 127."),
        (["sh", "-c", "kill -9 $$"], 137, "sh ended with exit code 137."),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_program_that_fails_says_how(capture: bool, argv: list[str], code: int, said: str) -> None:
    with pytest.raises(ProgramFailed) as caught:
        run(Run(argv, capture), Real())
    assert exit_code(caught.value) == code
    assert str(caught.value).startswith(said) and "\n" not in str(caught.value)


def test_what_was_captured_is_not_lost_with_a_failure() -> None:
    assert run(Run(["printf", "größe \\377"], capture=True), Real()) == "größe \ufffd"
    with pytest.raises(ProgramFailed) as caught:
        run(Run(["sh", "-c", "echo half; exit 5"], capture=True), Real())
    assert caught.value.as_refusal()["output"] == "half\n"


def test_ctrl_c_is_for_the_program(tmp_path: Path) -> None:
    """A program that handles it ends as it likes, and its exit code is passed on, as that of rsync."""
    program = tmp_path / "bin" / "ssh"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\ntrap 'echo tidied up; exit 20' INT\necho begun\nwhile :; do sleep 0.1; done\n")
    program.chmod(0o755)
    environ = {**os.environ, "PATH": f"{program.parent}:{os.environ['PATH']}"}
    sandbox = Sandbox(str(tmp_path / "world.db"))
    machine_behind.put_behind(sandbox.world, "127.0.0.1:1")
    id = sandbox.client.create_instance(OFFER, IMAGE, ssh=True)["new_contract"]
    sandbox.advance(60)
    command = [sys.executable, "-m", "vastai", "--url", sandbox.url, "ssh", str(id), "--proxy", "x"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        os.killpg(process.pid, signal.SIGINT)
        assert process.stdout.read() == "tidied up\n"
    assert process.returncode == 20
    sandbox.close()
