"""Show a text that is longer than the screen in the person's pager. Only for a terminal."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from .. import cells
from .terminal import Terminal

USUAL = "less"
LESS = "FRX"  # its options where the person has none: end at once what fits, keep colours, leave the text on the screen


def page(text: str, terminal: Terminal) -> bool:
    """Show a text in a pager, if it is longer than the screen and there is a pager.

    The end of the pager, by q or by Ctrl-C, is no failure.

    Returns:
        whether it was shown.
    """
    width = terminal.width()
    if width is None or terminal.environ.get("TERM") == "dumb" or lines_of(text, width) < terminal.height():
        return False
    argv = program(terminal.environ)
    if not argv or terminal.stdout is None:
        return False
    encoding = getattr(terminal.stdout, "encoding", None) or "utf-8"
    environ = {"LESS": LESS, **terminal.environ}
    with _interrupts_left_to_the_pager():
        try:
            target = terminal.stdout.fileno()
            process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=target, env=environ)
        except (OSError, ValueError):  # there is no such program, or no real terminal
            return False
        process.communicate(f"{text}\n".encode(encoding, "replace"))
    return True


def program(environ: Mapping[str, str]) -> list[str]:
    """The pager and its arguments; none where the person wants none, or where nothing is said and there is no less.

    >>> program({"PAGER": "less -S"}), program({"PAGER": "cat"}), program({"PAGER": ""})
    (['less', '-S'], [], [])
    """
    said = environ.get("PAGER")
    if said is None:
        found = shutil.which(USUAL, path=environ.get("PATH"))
        return [found] if found else []
    try:
        argv = shlex.split(said)
    except ValueError:  # a quotation mark without its twin
        return []
    return argv if argv and os.path.basename(argv[0]) != "cat" else []


def lines_of(text: str, width: int) -> int:
    """How many lines of a terminal a text takes, the long ones wrapped.

    >>> lines_of("a\\nbcdef", 3)
    3
    """
    return sum(max(1, -(-cells.columns_of(line) // max(1, width))) for line in text.split("\n"))


@contextmanager
def _interrupts_left_to_the_pager() -> Iterator[None]:
    """Ctrl-C reaches both processes of a terminal, and means the one that is looked at.

    The handler does nothing, and is not inherited as it would be if the signal were ignored.
    """
    try:
        before = signal.signal(signal.SIGINT, lambda *_: None)
    except ValueError:  # not the main thread, which alone is interrupted
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
