"""Colours for the headings and states of a text that is shown on a terminal, where the package rich is installed."""

from __future__ import annotations

import re

from .terminal import Terminal

STATES = {
    "green": ("running", "online", "active", "ready", "verified"),
    "yellow": ("created", "loading", "starting", "scheduling", "stopping", "rebooting", "pending"),
    "red": ("offline", "exited", "error", "failed", "dead", "deverified"),
    "bright_black": ("stopped", "inactive", "suspended", "unloaded"),
}


def coloured(text: str, terminal: Terminal, *, heading: bool) -> str:
    """The same text with colours; as it is where they are unwanted or nothing can make them.

    Arguments:
        heading: its first line is the heading of a table.
    """
    if not wanted(terminal):
        return text
    try:
        from rich.console import Console
        from rich.text import Text
    except ImportError:
        return text
    styled = Text(text, end="")
    if heading:
        styled.stylize("bold", 0, len(text.partition("\n")[0]))
    for style, words in STATES.items():
        styled.highlight_regex(_cell(words), style)
    console = Console(force_terminal=True, no_color=False, highlight=False, _environ={**terminal.environ})
    with console.capture() as capture:
        console.print(styled, soft_wrap=True, end="")
    return capture.get()


def wanted(terminal: Terminal) -> bool:
    """May a text for this terminal have colours? Not in a pipe, nor where NO_COLOR or a dumb terminal says no."""
    return terminal.redraws() and not terminal.environ.get("NO_COLOR")


def _cell(words: tuple[str, ...]) -> str:
    """A pattern for a whole cell of a table, or the whole value of a line ``name: value``."""
    return rf"(?m)(?:^ *|(?<=  )|(?<=: ))(?:{'|'.join(map(re.escape, words))})(?=  |$)"
