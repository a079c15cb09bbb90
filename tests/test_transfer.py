"""A real machine: rsync, ssh and scp to a real sshd, which stands behind the instances of a served sandbox.

It speaks as the service's machines do: user vastai_kaalia gets an rsync daemon, whose module is the instance's number.
Run by `.ci/run` with `-m transfer`, after `tests/transfer_setup`; as root, for sshd lets in only whom it runs as.
"""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import signal
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
from replay import ReplayServer
from sandbox_kit import OFFER

from vastai import ProgramFailed, VastAI, VastError

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

    def command(self, *argv: str) -> list[str]:
        """A command line of ours to this machine's sandbox."""
        return [sys.executable, "-m", "vastai", "--url", self.url, "--api-key", "k", *argv]

    def run(self, *argv: str, code: int = 0) -> str:
        """What a command line of ours prints, which has to end with this code."""
        return self.told(*argv, code=code)[0]

    def told(self, *argv: str, code: int = 0, typed: str = "") -> tuple[str, str]:
        """What a command line of ours prints and says, which has to end with this code."""
        done = subprocess.run(self.command(*argv), input=typed, capture_output=True, text=True)
        assert done.returncode == code, f"{argv}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done.stdout, done.stderr

    def ssh(self, *argv: str, code: int = 0, typed: str = "") -> tuple[str, str]:
        """The same for `vastai ssh` to the instance, with the key."""
        return self.told("ssh", str(self.id), "-i", str(self.key), *argv, code=code, typed=typed)

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


# ---------------------------------------------------------------- vastai ssh


def known_hosts() -> Path:
    return Path(os.environ["HOME"], ".local/state/vastai/known_hosts")


def test_a_command_runs_there_and_its_exit_code_and_streams_are_its_own(machine: Machine) -> None:
    assert "Permanently added" in machine.ssh("true")[1]  # as ssh says at a first connection
    assert machine.ssh("--", "id -un; echo oops >&2; exit 7", code=7) == ("root\n", "oops\n")
    assert machine.ssh("cat", typed="through\n") == ("through\n", "")
    assert machine.ssh("--", "kill -9 $$", code=255)[0] == ""


def test_words_are_joined_and_read_by_the_shell_there_as_with_ssh(machine: Machine) -> None:
    assert machine.ssh("--", "printf", "%s,", "a  b", "'a  b'", "$((1+1))")[0] == "a,b,a  b,2,"
    assert machine.ssh("--", "echo", "-n", "--raw")[0] == machine.ssh("echo", "-n", "--raw")[0] == "--raw"


def test_a_command_that_is_not_there_is_not_ssh_that_is_not_here(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "not installed" not in machine.ssh("no-such-command", code=127)[1]
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable))
    assert machine.ssh("true", code=127) == ("", "vastai: ssh is not installed on this machine.\n")


def test_under_raw_stdout_is_json_and_the_rest_is_on_stderr(machine: Machine) -> None:
    machine.ssh("true")
    out, err = machine.told("--raw", "ssh", str(machine.id), "-i", str(machine.key), "echo there")
    assert (json.loads(out)["ran"], err) == (True, "there\n")
    out, err = machine.told("--raw", "ssh", str(machine.id), "-i", str(machine.key), "exit 4", code=4)
    assert (out, json.loads(err)["success"]) == ("", False)


def test_the_library_gives_what_is_printed_and_raises_with_the_exit_code(machine: Machine) -> None:
    with VastAI(api_key="k", server_url=machine.url) as client:
        assert client.ssh(machine.id, "echo 'größe'; echo oops >&2", identity=str(machine.key))["output"] == "größe\n"
        with pytest.raises(ProgramFailed, match="exit code 5") as caught:
            client.ssh(machine.id, "echo half; exit 5", identity=str(machine.key))
    assert (caught.value.returncode, caught.value.details) == (5, {"output": "half\n"})


def test_keys_are_kept_by_instance_and_a_new_one_is_refused(machine: Machine) -> None:
    machine.ssh("true")
    machine.ssh("--proxy", "true")
    own = (machine.work / "host_key.pub").read_text().split()[1]
    names = [line.split()[0] for line in known_hosts().read_text().splitlines() if own in line]
    assert names == [f"vast-{machine.id}", f"vast-{machine.id}-proxy"]
    other = (machine.work / "authorized_keys").read_text().split()[1]
    known_hosts().write_text(f"vast-{machine.id} ssh-ed25519 {other}\n")
    out, err = machine.ssh("true", code=255)
    assert out == "" and "IDENTIFICATION HAS CHANGED" in err and "vastai: ssh ended with exit code 255." in err
    machine.ssh("--proxy", "true")
    known_hosts().write_text(f"[127.0.0.1]:{machine.port} ssh-ed25519 {other}\nvast-1 ssh-ed25519 {other}\n")
    machine.ssh("true")  # what another instance had at this address is no hindrance


def test_a_silent_port_of_the_machine_is_gone_around(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    rows = {
        "id": 7,
        "actual_status": "running",
        "public_ipaddr": "127.0.0.1",
        "ports": {"22/tcp": [{"HostPort": str(port)}]},
    }
    rows |= {"ssh_host": "127.0.0.1", "ssh_port": machine.port}
    with ReplayServer([{"verb": "*", "path": "*", "responses": [{"json": {"instances": rows}}]}]) as server:
        command = [sys.executable, "-m", "vastai", "--url", server.url, "--api-key", "k", "ssh", "7", "-i"]
        done = subprocess.run([*command, str(machine.key), "id -un"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "root\n") and "going through the proxy" in done.stderr


LIMIT = 30.0  # seconds to wait for what must come


class OnTerminal:
    """A command line of ours in a terminal of its own, which is read until it ends."""

    def __init__(self, argv: list[str]) -> None:
        self.child, self.screen = pty.fork()
        if self.child == 0:
            os.execvp(argv[0], argv)
        self.shown = b""

    def read_until(self, word: bytes, times: int = 1) -> None:
        """Read until a word stands there so many times."""
        while self.shown.count(word) < times:
            self.shown += self._read()

    def type(self, text: bytes) -> None:
        os.write(self.screen, text)

    def end(self) -> int:
        """Read the rest; returns the exit code."""
        try:
            while piece := self._read():
                self.shown += piece
        except OSError:  # the terminal is gone
            pass
        os.close(self.screen)
        return os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])

    def _read(self) -> bytes:
        if not select.select([self.screen], [], [], LIMIT)[0]:
            os.kill(self.child, signal.SIGKILL)
            raise AssertionError(f"nothing more came: {self.shown!r}")
        return os.read(self.screen, 1024)


def test_a_terminal_is_passed_through(machine: Machine) -> None:
    """A shell is typed to; its exit code is ours, and we say nothing about it."""
    screen = OnTerminal(machine.command("ssh", str(machine.id), "-i", str(machine.key), "-o", "SetEnv=PS1=ready"))
    screen.type(b"tty; stty size; exit 3\n")
    assert screen.end() == 3
    assert b"/dev/pts/" in screen.shown and b"vastai:" not in screen.shown


def test_ctrl_c_is_for_the_command(machine: Machine) -> None:
    """In a shell there it interrupts what runs there; a command without a terminal ends with ssh."""
    screen = OnTerminal(machine.command("ssh", str(machine.id), "-i", str(machine.key)))
    screen.type(b"PS1='wait''ing> '\n")
    screen.read_until(b"waiting> ")
    screen.type(b"sh -c \"echo be''gun; sleep 600\"\n")  # it says so itself: the terminal is its own by then
    screen.read_until(b"begun")
    screen.type(b"\x03")
    screen.read_until(b"waiting> ", times=2)  # what is typed before the shell is back, the terminal there throws away
    screen.type(b"echo sti''ll here; exit 4\n")
    assert (screen.end(), b"still here" in screen.shown) == (4, True)
    screen = OnTerminal(machine.command("ssh", str(machine.id), "-i", str(machine.key), "echo begun; sleep 600"))
    screen.read_until(b"begun")
    screen.type(b"\x03")
    assert screen.end() in (130, 255)
    assert b"Traceback" not in screen.shown


def test_a_real_ssh_reads_the_configuration(machine: Machine, tmp_path: Path) -> None:
    """It logs in by either name; the key of the machine is that of `vastai ssh`; what stands below is nobody's."""
    machine.run("label", "instance", str(machine.id), "train")
    path = tmp_path / "a b" / "config"
    path.parent.mkdir()
    path.write_text("Host other\n    Port 5\n")
    machine.run("ssh-config", "--file", str(path), "-i", str(machine.key), "-o", "ServerAliveInterval=30")
    with path.open("a") as file:
        file.write("Compression yes\n")
    ssh = ["/usr/bin/ssh", "-F", str(path)]
    for name in (f"vast-{machine.id}", "vast-train"):
        done = subprocess.run([*ssh, "-o", "BatchMode=yes", name, "id -un"], capture_output=True, text=True)
        assert (done.stdout, done.returncode) == ("root\n", 0), done.stderr
    assert known_hosts().read_text().split()[0] == f"vast-{machine.id}"
    for name, wanted in (("vast-train", ["serveraliveinterval 30"]), ("other", ["port 5", "serveraliveinterval 0"])):
        seen = subprocess.run([*ssh, "-G", name], capture_output=True, text=True, check=True).stdout.splitlines()
        assert [line for line in [*wanted, "compression yes"] if line not in seen] == []


# ---------------------------------------------------------------- the options of copies


def test_a_copy_leaves_out_and_only_tries(machine: Machine) -> None:
    make_folder(Path("tree"))
    there = machine.disk / "workspace/tried"
    shown = machine.run("copy", "tree/", f"{machine.id}:/workspace/tried/", "-i", str(machine.key), "--dry-run")
    assert "weights.bin" in shown and not there.exists()
    leaving = ("--exclude", "*.bin", "--exclude", "größe*")
    machine.run("copy", "tree/", f"{machine.id}:/workspace/tried/", "-i", str(machine.key), *leaving)
    wanted = {name: seen for name, seen in contents(Path("tree")).items() if not name.startswith(("weights", "größe"))}
    assert contents(there) == wanted


def test_a_copy_shows_how_far_it_is_on_a_terminal_alone(machine: Machine) -> None:
    Path("big").write_bytes(Random(1).randbytes(3_000_000))
    copy = ("copy", "big", f"{machine.id}:/workspace/shown/", "-i", str(machine.key))
    screen = OnTerminal(machine.command(*copy))
    assert (screen.end(), b"100%" in screen.shown) == (0, True)
    assert "100%" not in machine.run(*copy[:2], f"{machine.id}:/workspace/unseen/", *copy[3:])
