"""Show a failure: a line for people and what to try, or one JSON object under --raw."""

from __future__ import annotations

from ..errors import UsageError, VastError
from ..signs import neutral
from .speech import in_words, with_flags
from .terminal import Terminal


def show_error(error: VastError, terminal: Terminal) -> None:
    """Show a failure: under ``--raw`` one JSON object on stderr, else a line, and what to try.

    Nothing else is said of a program that has said all itself.
    """
    if terminal.raw:
        from json import dumps

        from ..render import masked_inside

        refusal = masked_inside(error.as_refusal())
        if terminal.held:
            refusal["notes"] = terminal.held
        terminal.show(dumps(refusal, default=str))
        return
    if getattr(error, "silent", False):
        return
    message = in_words(str(error), terminal.vocabulary)
    if isinstance(error, UsageError):
        message = with_flags(message, terminal.spelled)
        if ", column " in message:  # only queries and orders are so long that the place of a fault is told
            error.hint = error.hint or "vastai help queries"
    terminal.show(f"vastai: {neutral(message, keep=chr(10))}")
    if error.hint and error.hint not in str(error):
        start = "" if error.hint[0].isupper() else "Try: "  # some hints are sentences, some what to type
        terminal.show(f"  {start}{neutral(in_words(error.hint, terminal.vocabulary))}")
    look_at = getattr(error, "look_at", "")
    if look_at:
        terminal.show(f"  Try: vastai {in_words(look_at, terminal.vocabulary)}")
    for row in getattr(error, "candidates", ()):
        shown = ", ".join(f"{name} {neutral(str(row[name]))}" for name in ("id", "label") if row.get(name) is not None)
        terminal.show(f"  It may have made: {shown}")


def show_unexpected(error: Exception, terminal: Terminal) -> None:
    """Show a failure that nobody foresaw: one line that names its kind; where it happened only for VASTAI_DEBUG=1."""
    if terminal.environ.get("VASTAI_DEBUG") == "1":
        import traceback

        terminal.show(traceback.format_exc(), end="")
    text = f"unexpected {type(error).__name__}: {error}"
    show_error(VastError(text, code="unexpected", hint="VASTAI_DEBUG=1 shows where; please report it"), terminal)
