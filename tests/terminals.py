"""A person at a real terminal: a program in a pseudo-terminal of its own, what it shows, and what is typed."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys

LIMIT = 20.0  # seconds to wait for what must come


class Person:
    """Runs ``python -m vastai`` with these arguments, as somebody who sits before it.

    Attributes:
        seen: all that stood on the screen so far, what was typed and echoed included.
    """

    def __init__(self, *argv: str) -> None:
        self._screen, terminal = pty.openpty()
        self._program = subprocess.Popen(
            [sys.executable, "-c", STARTED, *argv], stdin=terminal, stdout=terminal, stderr=terminal,
            start_new_session=True,
        )  # fmt: skip
        os.close(terminal)
        self.seen = ""

    def wait_for(self, text: str) -> None:
        """Read what is shown until this stands there.

        Raises:
            AssertionError: it does not come.
        """
        while text not in self.seen:
            assert self._read(), f"{text!r} did not come: {self.seen!r}"

    def type(self, text: str) -> None:
        """Press these keys."""
        os.write(self._screen, text.encode())

    def end(self) -> int:
        """Read what is still shown, and return the exit code of the program."""
        while self._read():
            pass
        os.close(self._screen)
        return self._program.wait(LIMIT)

    def _read(self) -> bool:
        if not select.select([self._screen], [], [], LIMIT)[0]:
            return False
        try:
            piece = os.read(self._screen, 65536)
        except OSError:  # nobody writes to it any more
            return False
        self.seen += piece.decode("utf-8", "replace")
        return bool(piece)


# In a session of its own the program takes the terminal for its controlling one, as a shell would have it.
STARTED = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from vastai.cli.start import main
sys.exit(main())
"""
