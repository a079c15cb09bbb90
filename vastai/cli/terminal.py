"""The streams of the process: data goes to stdout, talk to stderr, and a lost stdout is noticed."""

from __future__ import annotations

import os
import sys

from ..errors import VastError
from .speech import in_words

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Iterable, Mapping
    from typing import TextIO

    from .progress import Progress
    from .speech import Vocabulary

NARROWEST, WIDEST = 80, 100  # columns that help is written for
LINES = 24  # of a terminal that does not tell


class ClosedPipe(Exception):
    """Nobody reads stdout any more, as after ``| head``; no reason to say anything."""


class Terminal:
    """What a command writes to and reads from.

    Attributes:
        raw: stdout is one JSON document; remarks wait in `held` until it is known whether there is an error to say.
        quiet: no remarks.
        vocabulary: method name to command words, once the table is known.
        spelled: parameter to flag, or to the word in the usage line, once the command is known.
    """

    def __init__(
        self, stdin: TextIO | None, stdout: TextIO | None, stderr: TextIO | None, environ: Mapping[str, str]
    ) -> None:
        self.stdin = stdin
        self.stdout = stdout
        self.stderr = stderr
        self.environ = environ
        self.raw = False
        self.quiet = False
        self.held: list[str] = []
        self.vocabulary: Vocabulary = {}
        self.spelled: dict[str, str] = {}
        self._progress: Progress | None = None

    @classmethod
    def of_process(cls) -> Terminal:
        """The streams of this process as they are now."""
        return cls(sys.stdin, sys.stdout, sys.stderr, os.environ)

    def out(self, text: str) -> None:
        """Write lines of data, see `write`."""
        self.write([text])

    def write(self, pieces: Iterable[str]) -> None:
        """Write data in pieces, and end the line. What the stream's encoding lacks becomes a question mark.

        Raises:
            ClosedPipe: the reader has gone.
            VastError: it cannot be written, as on a full disk.
        """
        self._clear()
        if self.stdout is None:
            raise VastError("The result could not be written: standard output is closed.", code="output_lost")
        try:
            for piece in pieces:
                self.stdout.write(_encodable(piece, self.stdout))
            self.stdout.write("\n")
            self.stdout.flush()
        except (OSError, ValueError) as error:
            _discard(self.stdout)
            if isinstance(error, BrokenPipeError):
                raise ClosedPipe from None
            reason = error.strerror if isinstance(error, OSError) else "it is closed"
            message = f"The result could not be written to standard output: {reason}."
            raise VastError(message, code="output_lost") from None

    def say(self, line: str) -> None:
        """A remark for people."""
        if self.raw:
            self.held.append(line)
        elif not self.quiet:
            self.show(in_words(line, self.vocabulary))

    def show(self, line: str, end: str = "\n") -> None:
        """A line on stderr, whatever the options; lost when nobody can read it."""
        self._clear()
        self._show(line + end)

    def tell(self, about: str, text: str, more: str, *, new: bool) -> None:
        """A remark that changes, see `Progress`. Under ``--raw`` only where it leaves nothing behind."""
        if self._progress is None:
            from .progress import Progress

            self._progress = Progress(self._show, self._error_columns())
        if not self.quiet and (self._error_columns() or not self.raw):
            self._progress.tell(about, in_words(text, self.vocabulary), more, new=new)

    def say_held(self) -> None:
        """Say the remarks that waited for a good end."""
        held, self.held = self.held, []
        for line in [] if self.quiet else held:
            self.show(in_words(line, self.vocabulary))

    def read_line(self) -> str:
        """One line of stdin, "" when there is none to come.

        Raises:
            UsageError: stdin is not text.
        """
        from ..errors import UsageError

        if self.stdin is None:
            return ""
        try:
            return self.stdin.readline()
        except (OSError, ValueError):
            raise UsageError("Standard input cannot be read.") from None

    def enter(self, question: str, *, hidden: bool = False) -> str:
        """The line that answers a question, without the blanks around it; "" at the end of the input.

        Arguments:
            hidden: it is not seen while it is typed, and nothing is asked of a pipe or a file.

        Raises:
            UsageError: stdin is not text.
        """
        if hidden and not self._asks_a_person():
            return self.read_line().strip()
        if hidden:
            from getpass import getpass

            try:
                return getpass(f"{question} ", self.stderr).strip()
            except EOFError:
                return ""
        self.show(f"{question} ", end="")
        line = self.read_line()
        if not line:
            self.show("")
        return line.strip()

    def _asks_a_person(self) -> bool:
        """Is stdin the terminal of this process?"""
        try:
            return self.stdin is not None and os.isatty(self.stdin.fileno())
        except (OSError, ValueError):
            return False

    def width(self) -> int | None:
        """Columns of the terminal that stdout is, or None when it is none: a pipe or a file gets full lines."""
        try:
            if self.stdout is None or not self.stdout.isatty():
                return None
            return self._columns() or os.get_terminal_size(self.stdout.fileno()).columns or NARROWEST
        except (OSError, ValueError):
            return NARROWEST

    def height(self) -> int:
        """Lines of the terminal that stdout is."""
        lines = self.environ.get("LINES", "")
        try:
            fixed = int(lines) if lines.isascii() and lines.isdigit() else 0
            return fixed or os.get_terminal_size(self.stdout.fileno() if self.stdout else 1).lines or LINES
        except (OSError, ValueError):
            return LINES

    def redraws(self) -> bool:
        """Can what stands on stdout be drawn over?"""
        return not self.raw and self.width() is not None and self.environ.get("TERM") != "dumb"

    def help_width(self) -> int:
        """Columns to write help in."""
        return max(NARROWEST, min(WIDEST, self.width() or NARROWEST))

    def encodes(self, text: str) -> bool:
        """Can stdout write this text as it is?"""
        return _encodable(text, self.stdout) == text

    def _clear(self) -> None:
        """Take away the remark that may stand in the line."""
        if self._progress is not None:
            self._progress.clear()

    def _show(self, text: str) -> None:
        try:
            if self.stderr is not None:
                self.stderr.write(_encodable(text, self.stderr))
                self.stderr.flush()
        except (OSError, ValueError):
            _discard(self.stderr)

    def _error_columns(self) -> int:
        """Columns of the terminal that stderr is; 0 when it is none, or a dumb one."""
        try:
            if self.stderr is None or not self.stderr.isatty() or self.environ.get("TERM", "dumb") == "dumb":
                return 0
            return self._columns() or os.get_terminal_size(self.stderr.fileno()).columns or NARROWEST
        except (OSError, ValueError):
            return 0

    def _columns(self) -> int:
        columns = self.environ.get("COLUMNS", "")
        return int(columns) if columns.isascii() and columns.isdigit() else 0


def _encodable(text: str, stream: TextIO | None) -> str:
    if text.isascii():
        return text
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def _discard(stream: TextIO | None) -> None:
    """Send what a stream still holds to nowhere, so that the interpreter does not fail over it at its end."""
    if stream is None:
        return
    try:
        number = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)
    except (OSError, ValueError):
        pass
