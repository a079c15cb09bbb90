"""The edge: the clock, the dice, files, programs and the person, as a driver meets them. Tests and the terminal bring
their own."""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..settings import Settings

PROBE = 5.0  # seconds to connect, and to hear a first line
FIRST = 256  # bytes of that line at most


class Edge:
    """The effects of the library: it prints only what it was asked for, asks nobody, and logs its remarks."""

    surface = "library"

    def watched(self) -> bool:
        """Does somebody look at what programs print as they run?"""
        return False

    def now(self) -> float:
        """The present in unix seconds."""
        return time.time()

    def clock(self) -> float:
        """Seconds of a clock that only goes forward."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def dice(self) -> float:
        """A random number from 0 to 1."""
        return random.random()

    def ask(self, question: str) -> None:
        """Ask the person for consent. In the library the call itself is the consent.

        Raises:
            UsageError: refused.
        """

    def brief(self, details: str) -> None:
        """Lines that a person should read before a question. In the library the result tells the same."""

    def enter(self, question: str, *, hidden: bool = False) -> str:
        """A text from the person, which is not seen while it is typed if it is to be hidden.

        It is "" in the library, which asks nobody.
        """
        return ""

    def say(self, line: str) -> None:
        """A remark for people: a warning of the logger ``vastai``, on stderr unless configured otherwise."""
        import logging

        logging.getLogger("vastai").warning("%s", line)

    def tell(self, about: str, text: str, more: str, *, new: bool) -> None:
        """A remark that changes, see `steps.Tell`: one more line of the logger ``vastai`` at INFO when it has.

        Arguments:
            text: "" when there is nothing more to tell.
            new: is the text another one than the last about the same?
        """
        if new and text:
            import logging

            logging.getLogger("vastai").info("%s: %s", about, text)

    def show_lines(self, lines: Sequence[str]) -> None:
        """Lines of a result that comes bit by bit. The library does nothing: it gives the whole back at the end."""

    def show(self, line: str) -> None:
        """A line of `explain`."""
        print(line)

    def out(self, line: str) -> None:
        """The command that `curl` asks for."""
        print(line)

    def read_file(self, path: str) -> str:
        """The text of a local file.

        Raises:
            ValueError: it cannot be read, or is not text.
        """
        try:
            with open(path, encoding="utf-8") as file:
                return file.read()
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise ValueError(f"cannot read {path}: {reason}") from None

    def run(self, argv: list[str]) -> int:
        """Run a program, never through a shell; what it prints goes to stderr.

        Returns:
            its exit code; minus the signal's number when a signal ended it.

        Raises:
            OSError: it cannot be run; FileNotFoundError when it is not installed.
        """
        import subprocess

        try:
            target: int | None = sys.stderr.fileno()
        except (OSError, ValueError, AttributeError):
            target = subprocess.DEVNULL
        return subprocess.run(argv, stdout=target, check=False).returncode

    def capture(self, argv: list[str]) -> tuple[int, str]:
        """Run a program, never through a shell, and take in what it prints. It reads nothing of what we may read.

        Returns:
            its exit code, see `run`, and the text.

        Raises:
            OSError: it cannot be run; FileNotFoundError when it is not installed.
        """
        import subprocess

        done = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=False)
        return done.returncode, done.stdout.decode("utf-8", "replace")

    def read(self, path: str) -> bytes | None:
        """The bytes of a local file, or None when there is none.

        Raises:
            OSError: it is there and cannot be read.
        """
        try:
            with open(path, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None

    def write(self, path: str, data: bytes, mode: int) -> None:
        """Write a file, all or nothing. A symbolic link is followed; a folder that is not there is made, as private.

        Raises:
            OSError: it cannot be written; an older file is left as it was.
        """
        path = os.path.realpath(path)
        os.makedirs(os.path.dirname(path), mode=mode | (mode & 0o444) >> 2, exist_ok=True)
        scratch = f"{path}.{os.getpid()}"
        handle = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(scratch, path)
        except BaseException:
            os.unlink(scratch)
            raise

    def keep(self, path: str, data: bytes) -> None:
        """Write a file that only its owner can read, in a folder that only its owner can open.

        Raises:
            OSError: it cannot be written; an older file is left as it was.
        """
        folder = os.path.dirname(path)
        os.makedirs(folder, mode=0o700, exist_ok=True)
        os.chmod(folder, 0o700)
        self.write(path, data, 0o600)

    def browse(self, url: str) -> bool:
        """Show a page in the person's browser, where there is a display. Returns whether one was opened."""
        displays = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
        if sys.platform not in ("darwin", "win32") and not any(os.environ.get(name) for name in displays):
            return False  # Python would take one for text, in the terminal that is in use
        import webbrowser

        try:
            return webbrowser.open(url)
        except (webbrowser.Error, OSError):
            return False

    def look(self, settings: Settings) -> dict[str, Any]:
        """What a client with these settings finds on this machine, see `machine.facts`."""
        from .machine import facts

        return facts(settings)

    def probe(self, host: str, port: int) -> bytes | None:
        """The first line that something listening there says, or what has come of it after `PROBE` seconds.

        Returns:
            at most 256 bytes, or None when nothing listens or nothing is said.
        """
        import socket

        said = b""
        ends = time.monotonic() + PROBE
        try:
            with socket.create_connection((host, port), timeout=PROBE) as connection:
                while len(said) < FIRST and b"\n" not in said and (left := ends - time.monotonic()) > 0:
                    connection.settimeout(left)
                    piece = connection.recv(FIRST - len(said))
                    if not piece:
                        break
                    said += piece
        except (OSError, ValueError):  # a ValueError: the name cannot be one of a host
            pass
        return said or None
