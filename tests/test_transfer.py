"""A real transfer: rsync, ssh and scp to a real sshd, which stands behind the instances of a served sandbox.

It speaks as the service's machines do: user vastai_kaalia gets an rsync daemon, whose module is the instance's number.
Run by `.ci/run` with `-m transfer`, after `tests/transfer_setup`; as root, for sshd lets in only whom it runs as.
"""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sandbox_kit import OFFER

from vastai import VastAI, VastError

pytestmark = pytest.mark.transfer

SSHD = """
ListenAddress 127.0.0.1:{port}
HostKey {work}/host_key
AuthorizedKeysFile {work}/authorized_keys
PermitRootLogin prohibit-password
PasswordAuthentication no
KbdInteractiveAuthentication no
StrictModes no
UsePAM no
PidFile none
Subsystem sftp internal-sftp
Match User vastai_kaalia
    ForceCommand rsync --server --daemon --config={work}/rsyncd.conf .
"""
SSH = "UserKnownHostsFile {work}/known_hosts\nGlobalKnownHostsFile /dev/null\nIdentitiesOnly yes\nBatchMode yes\n"
RSYNCD = "use chroot = no\nmunge symlinks = no\nread only = no\npath = {work}/disk\n[{id}]\n[C.{id}]\n"


class Machine:
    """A machine with a disk and an sshd, and an instance of a served sandbox that is reached there."""

    def __init__(self, work: Path) -> None:
        self.work, self.disk = work, work / "disk"
        self.key = work / "my keys" / "id"
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._files()
        self._started: list[subprocess.Popen[str]] = []
        self._start("stderr", "Server listening", "/usr/sbin/sshd", "-D", "-e", "-f", str(work / "sshd_config"))
        serve = ("sandbox", "serve", "--port", "0", "--state", ":memory:", "--ssh", f"127.0.0.1:{self.port}")
        self.url = self._start("stdout", "http://", sys.executable, "-m", "vastai", *serve)
        with VastAI(api_key="k", server_url=self.url) as client:
            self.id = client.create_instance(id=OFFER, image="pytorch/pytorch", ssh=True)["new_contract"]
        (work / "rsyncd.conf").write_text(RSYNCD.format(id=self.id, work=work))
        self.run("sandbox", "advance", "60")

    def _files(self) -> None:
        for folder in (self.disk / "workspace", self.key.parent, self.work / "bin"):
            folder.mkdir(parents=True)
        for each in (self.disk, self.disk / "workspace"):
            shutil.chown(each, "vastai_kaalia")
        for key in (self.work / "host_key", self.key):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
        shutil.copy(f"{self.key}.pub", self.work / "authorized_keys")
        (self.work / "sshd_config").write_text(SSHD.format(port=self.port, work=self.work))
        (self.work / "ssh_config").write_text(SSH.format(work=self.work))
        # ssh reads the home of the account, whatever HOME says; this keeps its known hosts as they are.
        ssh = self.work / "bin" / "ssh"
        ssh.write_text(f'#!/bin/sh\nexec {shutil.which("ssh")} -F {self.work}/ssh_config "$@"\n')
        ssh.chmod(0o755)

    def _start(self, stream: str, word: str, *argv: str) -> str:
        """Start a program that ends with this machine. Returns the line that says that it is ready."""
        pipes: Any = {stream: subprocess.PIPE}
        process = subprocess.Popen(argv, text=True, **pipes)
        self._started.append(process)
        lines = getattr(process, stream)
        for line in lines:
            if word in line:
                return str(line).strip()
        raise AssertionError(f"{argv[0]} did not start")

    def run(self, *argv: str, code: int = 0) -> str:
        """What a command line of ours prints, which has to end with this code."""
        command = [sys.executable, "-m", "vastai", "--url", self.url, "--api-key", "k", *argv]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == code, f"{argv}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def stop(self) -> None:
        """End its programs."""
        for process in self._started:
            process.terminate()
            process.communicate()


@pytest.fixture(scope="module")
def shared() -> Iterator[Machine]:
    with tempfile.TemporaryDirectory() as work:
        Path(work).chmod(0o755)  # both users come here
        machine = Machine(Path(work))
        yield machine
        machine.stop()


@pytest.fixture
def machine(shared: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Machine:
    monkeypatch.setenv("PATH", f"{shared.work}/bin:{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)
    return shared


def make_folder(folder: Path) -> None:
    """A folder with what is easily lost: names, empty things, size, permissions, times, a link."""
    (folder / "empty folder").mkdir(parents=True)
    (folder / "größe 模型 😀").mkdir()
    texts = {"a b.txt": "blanks", "größe 模型 😀/naïve.py": "print()\n", "empty": "", "-n": "dash", "a:b": "colon"}
    texts |= {'it\'s $HOME `id`; "x" *': "shell"}
    for name, text in texts.items():
        (folder / name).write_text(text)
    (folder / "weights.bin").write_bytes(Random(7).randbytes(20_000_000))
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "secret").write_text("x")
    (folder / "secret").chmod(0o600)
    (folder / "link").symlink_to("a b.txt")
    os.utime(folder / "empty", (1_700_000_000, 1_700_000_000))


def contents(folder: Path) -> dict[str, tuple[str, int, bytes]]:
    """All that is in a folder: kind and permissions, time of change in seconds, bytes."""
    found = {}
    for path in sorted(folder.rglob("*")):
        seen = path.lstat()
        data = os.readlink(path).encode() if path.is_symlink() else path.read_bytes() if path.is_file() else b""
        found[str(path.relative_to(folder))] = (stat.filemode(seen.st_mode), int(seen.st_mtime), data)
    return found


def test_a_folder_goes_there_and_back_by_command_lines(machine: Machine) -> None:
    make_folder(Path("my data"))
    machine.run("copy", "my data/", f"{machine.id}:/workspace/data/", "-i", str(machine.key))
    assert contents(machine.disk / "workspace/data") == contents(Path("my data"))
    machine.run("copy", f"C.{machine.id}:/workspace/data/", "local:back", "-i", str(machine.key))
    assert contents(Path("back")) == contents(Path("my data"))


def test_a_folder_goes_there_and_back_by_methods(machine: Machine) -> None:
    make_folder(Path("data"))
    with VastAI(api_key="k", server_url=machine.url) as client:
        client.copy("data", f"{machine.id}:/workspace/", identity=str(machine.key))
        client.copy(f"{machine.id}:/workspace/data", "back", identity=str(machine.key))
    assert contents(machine.disk / "workspace/data") == contents(Path("data")) == contents(Path("back/data"))


@pytest.mark.parametrize("name", ["-n", "a:b", "größe 模型 😀", 'it\'s $(id) `id`; "x"'])
def test_a_name_is_never_an_option_or_a_command(machine: Machine, name: str) -> None:
    Path(name).write_text(name)
    with VastAI(api_key="k", server_url=machine.url) as client:
        client.copy(f"./{name}", f"{machine.id}:/workspace/names/", identity=str(machine.key))
        client.copy(f"{machine.id}:/workspace/names/{name}", "back", identity=str(machine.key))
    assert Path("back").read_text() == name == (machine.disk / "workspace/names" / name).read_text()


def test_the_exit_code_of_rsync_is_not_lost(machine: Machine) -> None:
    there = f"{machine.id}:/workspace/nothing/"
    machine.run("copy", "no-such-file", there, "-i", str(machine.key), code=23)
    machine.run("copy", "no-such-file", there, "-i", str(machine.work / "host_key"), code=5)  # ssh is not let in
    with VastAI(api_key="k", server_url=machine.url) as client, pytest.raises(VastError, match="exit code 23"):
        client.copy("no-such-file", there, identity=str(machine.key))


def test_the_key_of_the_machine_is_kept_at_the_first_time_and_a_new_one_refused(machine: Machine) -> None:
    Path("file").write_text("x")
    known = machine.work / "known_hosts"
    copy = ("copy", "file", f"{machine.id}:/workspace/", "-i", str(machine.key))
    known.unlink(missing_ok=True)
    machine.run(*copy)
    kept = known.read_text()
    assert (machine.work / "host_key.pub").read_text().split()[1] in kept
    other = (machine.work / "authorized_keys").read_text().split()[1]
    known.write_text(f"[127.0.0.1]:{machine.port} ssh-ed25519 {other}\n")
    machine.run(*copy, code=5)
    known.write_text(kept)


def test_ssh_and_scp_connect_to_the_urls(machine: Machine) -> None:
    options = ["-F", f"{machine.work}/ssh_config", "-i", str(machine.key), "-o", "StrictHostKeyChecking=accept-new"]
    ssh_url = machine.run("ssh-url", str(machine.id)).strip()
    assert ssh_url == f"ssh://root@127.0.0.1:{machine.port}"
    done = subprocess.run(["ssh", *options, ssh_url, "id -un; exit 7"], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("root\n", 7), done.stderr
    Path("file").write_text("by scp")
    scp_url = machine.run("scp-url", str(machine.id)).strip()
    target = f"{scp_url}/{machine.disk}/workspace/by%20scp"
    subprocess.run(["scp", "-q", *options, "file", target], check=True)
    assert (machine.disk / "workspace/by scp").read_text() == "by scp"
