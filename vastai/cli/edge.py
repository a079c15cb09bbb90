"""The edge of the command line: remarks go to stderr, questions to the person, programs get the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from ..engine.edge import Edge
from ..signs import neutral
from . import confirm
from .speech import in_words
from .terminal import Terminal


class CliEdge(Edge):
    """What a driver meets in a terminal.

    Arguments:
        consent: the person has said yes beforehand, to this command as a whole.
    """

    surface = "terminal"

    def __init__(self, terminal: Terminal, *, consent: bool) -> None:
        self._terminal = terminal
        self._consent = consent

    def watched(self) -> bool:
        """Does somebody look at what programs print as they run? Not in a pipe, and not under ``--raw``."""
        return not self._terminal.raw and self._terminal.width() is not None

    def ask(self, question: str) -> None:
        """Ask the person, unless there is consent already.

        Raises:
            UsageError: refused.
        """
        if not self._consent:
            confirm.ask(question, self._terminal)

    def brief(self, details: str) -> None:
        """Lines to read before a question, on stderr; not beside JSON or ids when the person has agreed beforehand."""
        if not (self._consent and (self._terminal.raw or self._terminal.quiet)):
            self._terminal.show(neutral(in_words(details, self._terminal.vocabulary), keep="\n"))

    def enter(self, question: str, *, hidden: bool = False) -> str:
        """A line that the person types, or "" at the end of the input."""
        return self._terminal.enter(question, hidden=hidden)

    def say(self, line: str) -> None:
        """A remark for people, on stderr."""
        self._terminal.say(line)

    def tell(self, about: str, text: str, more: str, *, new: bool) -> None:
        """A remark that changes, on stderr."""
        self._terminal.tell(about, text, more, new=new)

    def show_lines(self, lines: Sequence[str]) -> None:
        """Lines of a result that comes bit by bit, on stdout; under ``--raw`` each is a JSON text."""
        if self._terminal.raw:
            from json import dumps

            lines = [dumps(line) for line in lines]
        elif self._terminal.width() is not None:
            from ..signs import neutral

            lines = [neutral(line, keep="\t") for line in lines]
        if lines:
            self._terminal.out("\n".join(lines))

    def show(self, line: str) -> None:
        """A line of `explain`, on stderr."""
        self._terminal.show(line)

    def out(self, line: str) -> None:
        """The command that `curl` asks for, on stdout."""
        self._terminal.out(line)

    def run(self, argv: list[str]) -> int:
        """Run a program in this terminal, which is its own until it ends: Ctrl-C is for the program alone.

        Under ``--raw`` what it prints goes to stderr.
        """
        if self._terminal.raw:
            return super().run(argv)
        import subprocess
        from signal import SIGINT, default_int_handler, getsignal, signal
        from threading import current_thread, main_thread

        ours = getsignal(SIGINT) is default_int_handler and current_thread() is main_thread()
        if ours:  # a handler: that a signal is ignored, the program would inherit
            signal(SIGINT, lambda number, frame: None)
        try:
            return subprocess.run(argv, check=False).returncode
        finally:
            if ours:
                signal(SIGINT, default_int_handler)
