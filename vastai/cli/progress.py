"""Progress: remarks that change, on stderr. A terminal gets one line that is rewritten, all else a line per change."""

from __future__ import annotations

from ..cells import pad
from ..signs import neutral

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Callable

CLEAR = "\r\x1b[K"  # to the start of the line, which is emptied to its end
BETWEEN = "  |  "


class Progress:
    """What is told of things under way.

    Arguments:
        write: writes a text to stderr, without a line end of its own.
        columns: those of the terminal that stderr is, or 0 when it is none, or none that can rewrite a line.
    """

    def __init__(self, write: Callable[[str], None], columns: int) -> None:
        self._write = write
        self._columns = columns
        self._lines: dict[str, str] = {}
        self._shown = False

    def tell(self, about: str, text: str, more: str, *, new: bool) -> None:
        """Show a remark in place of the last one about the same; an empty text takes it away.

        Arguments:
            more: what changes all the time, for a line that can be rewritten.
            new: has the text changed?
        """
        line = neutral(f"{about}: {text}" if about else text)
        if not self._columns:
            if new and text:
                self._write(f"{line}\n")
            return
        self._lines.pop(about, None)
        if text:
            self._lines[about] = f"[{more}] {line}" if more else line
        self.clear()
        if self._lines:
            whole = BETWEEN.join(self._lines.values())
            self._write(pad(whole, self._columns - 1).rstrip())
            self._shown = True

    def clear(self) -> None:
        """Make room for another line."""
        if self._shown:
            self._write(CLEAR)
            self._shown = False
