"""Ask before what cannot be taken back, and take the answer from a person or a pipe."""

from __future__ import annotations

from ..errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from .terminal import Terminal


def ask(text: str, terminal: Terminal) -> None:
    """Ask, and come back only with a yes.

    Raises:
        UsageError: any other answer, or none because the input is at its end.
    """
    terminal.show(f"{text} [y/N] ", end="")
    answer = terminal.read_line()
    if not answer:
        terminal.show("")
        raise UsageError("Nobody answered, so nothing was done.", code="not_confirmed", hint="the option --yes")
    if answer.strip().lower() not in ("y", "yes"):
        raise UsageError("Not confirmed, so nothing was done.", code="not_confirmed")
