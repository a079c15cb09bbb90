"""What a shell asks at TAB: ``vastai __complete SHELL ...``. It prints candidates, or nothing; it never fails aloud.

The first line of an answer says how to go on: ``words`` (a blank follows), ``open`` (none does) or ``files`` (the shell
completes names of files itself). Each further line is a candidate; for zsh and fish a tab and its meaning follow.
"""

from __future__ import annotations

import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Mapping, Sequence

    from .candidates import Candidates

NAME = "__complete"  # the word that shells send; no command of the table can be called so
STARTED = time.monotonic()


def main(argv: Sequence[str]) -> int:
    """Answer one TAB on stdout. Whatever goes wrong, there are no candidates, and the exit code is 0.

    Arguments:
        argv: for bash the characters that separate words and the line up to the cursor; for the other shells the words
            before the cursor, the last one as far as it is typed.
    """
    try:
        text = answer(argv[0], argv[1:], os.environ)
        sys.stdout.write(text)
        sys.stdout.flush()
    except BaseException:  # a remark in the middle of a line that is being typed helps nobody; nor does one at the end
        os._exit(0)
    return 0


def answer(shell: str, arguments: Sequence[str], environ: Mapping[str, str]) -> str:
    """The answer to one TAB.

    Raises:
        ValueError: the line cannot be completed, as where its quotes are wrong.
        VastError: the tables are not in order.
    """
    from . import line
    from .candidates import candidates

    if shell == "bash":
        breaks, typed = arguments
        words = line.split(typed)
        found = candidates(words.before, words.current, environ)
        return _lines(found, [words.inserted(text, breaks) for text, _ in found.rows])
    *before, current = arguments
    if shell == "fish":  # which hands out the last word as it is typed
        current = line.split(f"vastai {current}").current
    found = candidates(before, current, environ)
    return _lines(found, [f"{text}\t{_plain(meaning)}".rstrip("\t") for text, meaning in found.rows])


def _lines(found: Candidates, rows: Sequence[str | None]) -> str:
    shown = [row for row in rows if row is not None and "\n" not in row]
    return "".join(f"{row}\n" for row in [found.then, *dict.fromkeys(shown)])


def _plain(meaning: str) -> str:
    """A meaning in one line."""
    from ...signs import neutral

    return " ".join(neutral(meaning).split())
