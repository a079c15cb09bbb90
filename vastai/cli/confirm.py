"""Ask before what cannot be taken back, and take the answer from a person or a pipe."""

from __future__ import annotations

from ..errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Mapping
    from typing import Any

    from ..table.model import Command
    from .terminal import Terminal


def question(command: Command, given: Mapping[str, Any]) -> str:
    """The question of a command, its placeholders filled with the arguments, or with their defaults.

    Arguments:
        given: parameter name to what was typed.
    """
    text = command.confirm or ""
    for name, parameter in command.params.items():
        value = given.get(name, parameter.initial)
        shown = ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
        text = text.replace("{" + name + "}", shown)
    return text


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
