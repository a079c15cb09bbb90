"""Show a result again and again, for --watch. The clock and the waiting come from the edge."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .. import cells
from ..engine.edge import Edge
from ..engine.wait import is_passing
from ..errors import VastError, exit_code
from ..signs import neutral
from .formats import document, line
from .output import Printer

FIRST, HOME, LINE_END, END = "\x1b[2J", "\x1b[H", "\x1b[K", "\x1b[J"  # clear; go to the top; clear the rest


def watch(look: Callable[[], Any], printer: Printer, edge: Edge) -> int:
    """Look and show until somebody interrupts.

    A terminal is drawn over; nothing of it needs to be restored at the end. Elsewhere a result is printed when it is
    another than before: a text after an empty line, one line of JSON, or one document of YAML.

    Arguments:
        look: gives the result.
        edge: tells the time, and waits.

    Returns:
        the exit code of an interrupt.

    Raises:
        VastError: the first look failed, or a later one in a way that does not pass by itself.
    """
    every = printer.wanted.every or 0
    screen: _Screen | _Stream = _Screen(printer, edge) if printer.terminal.redraws() else _Stream(printer)
    answered = False
    try:
        while True:
            try:
                screen.show(printer.ready(look()))
                answered = True
            except VastError as error:
                if not (answered and is_passing(error)):
                    raise
                screen.show_trouble(neutral(str(error)))
            edge.sleep(every)
    except KeyboardInterrupt as interrupt:
        if isinstance(screen, _Screen):
            printer.terminal.show("")  # the prompt comes below what the terminal shows for Ctrl-C
        return exit_code(interrupt)


def title(printer: Printer) -> str:
    """The command that is watched, without flags, among which a key may be."""
    words = [*printer.command.words]
    for name, value in printer.given.items():
        parameter = printer.command.params.get(name)
        if parameter is not None and parameter.positional and not parameter.secret:
            words.append(cells.cell(value))
    return f"Every {printer.wanted.every or 0:g} s: vastai {' '.join(words)}"


class _Screen:
    """A terminal, on which each look is drawn over the one before."""

    def __init__(self, printer: Printer, edge: Edge) -> None:
        self._printer = printer
        self._edge = edge
        self._result: Any = None
        self._answered_at = 0.0
        self._begun = False

    def show(self, result: Any) -> None:
        self._result, self._answered_at = result, self._edge.now()
        self._draw("")

    def show_trouble(self, what: str) -> None:
        self._draw(f"This is of {_clock(self._answered_at)}. {what}")

    def _draw(self, trouble: str) -> None:
        terminal = self._printer.terminal
        width, height = terminal.width() or 80, terminal.height()
        text = self._printer.text(self._result, width) or self._printer.nothing()
        text = "\n".join(filter(None, (text, self._printer.costs(self._result))))
        now = _clock(self._edge.now())
        head = cut(cells.pad(title(self._printer), max(0, width - len(now) - 1)) + " " + now, width)
        lines = [cut(each, width) for each in text.split("\n")]
        room = max(1, height - 3)  # above are two lines, below stands the cursor
        if len(lines) > room:
            lines[room - 1 :] = [cut(f"({len(lines) - room + 1} more lines)", width)]
        dressed = self._printer.dressed(self._result, "\n".join(lines))
        lines = [head, cut(trouble, width), *dressed.split("\n")]
        frame = HOME + (LINE_END + "\n").join(lines) + LINE_END + END
        terminal.out(frame if self._begun else FIRST + frame)
        self._begun = True


class _Stream:
    """A pipe or a file, to which each result is written that differs from the one before."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer
        self._last: str | None = None
        self._trouble = ""

    def show(self, result: Any) -> None:
        text = self._text(result)
        self._trouble = ""
        if text == self._last:
            return
        start = "" if self._last is None or self._printer.wanted.form != "table" else "\n"
        self._last = text
        if text:
            self._printer.terminal.out(start + text)
        else:
            self._printer.terminal.say(self._printer.nothing())

    def show_trouble(self, what: str) -> None:
        if what != self._trouble:
            self._printer.terminal.show(f"vastai: {what} Trying again.")
        self._trouble = what

    def _text(self, result: Any) -> str:
        printer, encodes = self._printer, self._printer.terminal.encodes
        form = printer.wanted.form
        if form == "table":
            return printer.text(result, None)
        result = printer.wanted.narrowed(result)
        if form == "yaml":
            return "---\n" + "".join(document(form, result, [], [], encodes))
        return line(result, encodes)


def cut(text: str, width: int) -> str:
    """A text in at most so many columns.

    >>> cut("Sweden, SE", 8), cut("SE", 8)
    ('Sweden..', 'SE')
    """
    return text if cells.columns_of(text) <= width else cells.pad(text, width)


def _clock(now: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(now))
