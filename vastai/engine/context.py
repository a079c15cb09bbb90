"""Context: what hooks and flows cannot know by themselves, passed in from the edge."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import Any

from ..table.model import Table


class Context:
    """What hooks and flows cannot know by themselves, passed in from the edge.

    Attributes:
        table: the table of commands.
        now: gives the present, in unix seconds.
        dice: gives a random number from 0 to 1.
        read_file: gives the text of a local file.
        notes: remarks for the user; whoever drives the flow says them, and notes in `said` what was said.
        strict: how strictly replies are checked: "", ``warn`` or ``raise``.
        sandboxed: does the server imitate the service?
        surface: who calls: ``library`` or ``terminal``.
        folder: gives the path of a folder by what it is: ``home``, ``here`` or ``state``.
        watched: does somebody look at what programs print as they run?
        ahead: seconds by which the service's clock is ahead of ours, as its last answer showed.
    """

    def __init__(
        self,
        table: Table,
        *,
        now: Callable[[], float],
        dice: Callable[[], float] = lambda: 0.5,
        read_file: Callable[[str], str],
        strict: str = "",
        sandboxed: bool = False,
        surface: str = "library",
        folder: Callable[[str], str] = str,
        watched: bool = False,
    ) -> None:
        self.table = table
        self.now = now
        self.dice = dice
        self.read_file = read_file
        self.notes: list[str] = []
        self.said: set[str] = set()
        self.strict = strict
        self.sandboxed = sandboxed
        self.surface = surface
        self.folder = folder
        self.watched = watched
        self.ahead = 0.0

    def service_now(self) -> float:
        """The present by the clock of the service, as far as its last answer has shown it, in unix seconds."""
        return self.now() + self.ahead

    def checking(self, differs: list[str]) -> Context:
        """A context in which every answer is checked against its schema, and what differs comes into a list."""
        other = copy(self)
        other.strict, other.notes = "warn", differs
        return other

    def passed_in(self, now: float | None = None) -> dict[str, Any]:
        """The arguments that a hook may name."""
        return {
            "now": self.service_now() if now is None else now,
            "clock": self.service_now,
            "dice": self.dice(),
            "read_file": self.read_file,
            "notes": self.notes,
            "table": self.table,
            "surface": self.surface,
            "sandboxed": self.sandboxed,
            "folder": self.folder,
            "watched": self.watched,
        }
