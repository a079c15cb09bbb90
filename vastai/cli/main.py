"""``vastai``: from the argument list to an exit code. Only this module catches errors and shows them."""

from __future__ import annotations

import sys

from ..errors import UsageError, VastError, exit_code
from .terminal import ClosedPipe, Terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Callable, Sequence
    from typing import Any

    from ..client import VastAI
    from ..table.model import Command, Table
    from .parser import Arguments
    from .words import Found


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Arguments:
        argv: the arguments after the program's name; those of the process by default.

    Returns:
        the exit code; the table of them stands in vastai.errors.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    return guarded(arguments, Terminal.of_process())


def guarded(argv: list[str], terminal: Terminal, open_client: Callable[..., VastAI] | None = None) -> int:
    """Run one command, and turn every failure into a line for people and an exit code.

    Arguments:
        open_client: makes the client in place of `VastAI`.
    """
    terminal.raw = "--raw" in argv  # until the options are read, so that an error in them has the right shape
    try:
        code = run(argv, terminal, open_client)
        terminal.say_held()
        return code
    except ClosedPipe:
        return 0
    except KeyboardInterrupt:
        show_error(VastError("interrupted", code="interrupted"), terminal)
        return exit_code(KeyboardInterrupt())
    except VastError as error:
        show_error(error, terminal)
        return exit_code(error)
    except Exception as error:
        _trace(terminal)
        text = f"unexpected {type(error).__name__}: {error}"
        show_error(VastError(text, code="unexpected", hint="VASTAI_DEBUG=1 shows where; please report it"), terminal)
        return 1


def run(argv: list[str], terminal: Terminal, open_client: Callable[..., VastAI] | None = None) -> int:
    """Find the command and carry it out, or show help.

    Raises:
        VastError: whatever went wrong.
    """
    if argv[:1] == ["--version"]:
        return _version(terminal)
    from ..client import table as whole_table
    from . import local, words

    commands, own = whole_table(), local.table()
    known = {**commands.words(), **own.words()}
    found = words.find(argv, known)
    terminal.raw = bool(found.options.get("--raw")) or terminal.raw
    if "--version" in found.options and not found.words:
        return _version(terminal)
    if not found.name:
        return _help_on_words(found, commands, own, known, terminal)
    is_local = found.name in own
    command = (own if is_local else commands).command(found.name)
    if found.help or "--help" in found.options:
        return _show_page(command, terminal)
    return _run_command(command, found, commands, is_local, terminal, open_client)


def _run_command(
    command: Command,
    found: Found,
    table: Table,
    is_local: bool,
    terminal: Terminal,
    open_client: Callable[..., VastAI] | None,
) -> int:
    from .flags import asks
    from .parser import read

    arguments = read(command, found.rest)
    options = arguments.options = {**found.options, **arguments.options}
    if arguments.help:
        return _show_page(command, terminal)
    if "--version" in options:
        return _version(terminal)
    terminal.raw, terminal.quiet = bool(options.get("--raw")), bool(options.get("--quiet"))
    if "--yes" in options and not asks(command):
        raise UsageError(f"{' '.join(command.words)}: asks nothing, so there is no option --yes")
    if command.deprecated:
        terminal.say(f"{' '.join(command.words)} is deprecated: use {_spoken(command.deprecated)}")
    if is_local:
        result: Any = _perform_local(command, arguments, terminal)
    else:
        result = _perform(command, arguments, terminal, open_client)
        if result is None and options.get("--curl"):
            return 0
    return _show_result(command, result, arguments, table, terminal)


def _perform(
    command: Command, arguments: Arguments, terminal: Terminal, open_client: Callable[..., VastAI] | None
) -> Any:
    """Carry out a command of the table, after consent where it needs one."""
    from .edge import CliEdge
    from .options import client_settings

    if open_client is None:
        from ..client import VastAI as open_client
    consent = "--yes" in arguments.options
    client = open_client(edge=CliEdge(terminal, consent=consent), **client_settings(arguments.options))
    if client.settings.sandboxed:
        terminal.say("[sandbox]")
    _ask(command, arguments, terminal)
    try:
        return client.perform(command.name, arguments.given)
    finally:
        client.close()


def _perform_local(command: Command, arguments: Arguments, terminal: Terminal) -> Any:
    from ..engine import bind
    from . import local

    server = arguments.options.get("--url") or terminal.environ.get("VAST_URL")
    values = bind.check(command, arguments.given, bind.with_defaults(command, arguments.given))
    _ask(command, arguments, terminal)
    return local.perform(command.name, values, local.Context(terminal, server if isinstance(server, str) else None))


def _ask(command: Command, arguments: Arguments, terminal: Terminal) -> None:
    """Ask what the entry says, unless the person has agreed beforehand or nothing will be sent."""
    if command.confirm and not {"--yes", "--curl"} & set(arguments.options):
        from . import confirm

        confirm.ask(confirm.question(command, arguments.given), terminal)


def _show_result(command: Command, result: Any, arguments: Arguments, table: Table, terminal: Terminal) -> int:
    if isinstance(result, dict) and result.get("success") is False:
        from ..errors import APIError

        message = str(result.get("msg") or result.get("error") or "The service refused.")
        raise APIError(message, code=str(result.get("error") or ""), body=result)
    from .output import write

    full = bool(arguments.options.get("--full"))
    return write(command, result, arguments.given, table.columns, terminal, full=full)


def _help_on_words(
    found: Found, table: Table, own: Table, known: dict[tuple[str, ...], str], terminal: Terminal
) -> int:
    """The front page, the commands that begin with the words, or an error when there are none."""
    from . import help
    from .words import advice, beginning

    if found.stray:
        raise UsageError(f"{found.stray} stands before the command's words", hint="vastai COMMAND OPTIONS")
    rows = [*table.index.values(), *own.index.values()]
    width = terminal.help_width()
    if not found.words:
        terminal.out(help.front_page(rows, width))
        return 0
    matching = set(beginning(found.words, known))
    shown = [row for row in rows if row.words in matching]
    if not shown:
        raise UsageError(f"There is no command {' '.join(found.words)!r}", hint=advice(found.words, known))
    terminal.out(help.beginning_page(found.words, shown, width))
    return 0


def _show_page(command: Command, terminal: Terminal) -> int:
    from .help import command_page

    terminal.out(command_page(command, terminal.help_width()))
    return 0


def _version(terminal: Terminal) -> int:
    from .. import __version__

    terminal.out(f"vastai {__version__}")
    return 0


def show_error(error: VastError, terminal: Terminal) -> None:
    """Show a failure: under ``--raw`` one JSON object on stderr, else a line, and what to try."""
    if terminal.raw:
        from json import dumps

        refusal = error.as_refusal()
        if terminal.held:
            refusal["notes"] = terminal.held
        terminal.show(dumps(refusal, default=str))
        return
    from ..render import neutral

    terminal.show(f"vastai: {neutral(str(error), keep=chr(10))}")
    if error.hint and error.hint not in str(error):
        terminal.show(f"  Try: {neutral(error.hint)}")
    look_at = getattr(error, "look_at", "")
    if look_at:
        terminal.show(f"  Try: vastai {_spoken(look_at)}")
    for row in getattr(error, "candidates", ()):
        shown = ", ".join(f"{name} {neutral(str(row[name]))}" for name in ("id", "label") if row.get(name) is not None)
        terminal.show(f"  It may have made: {shown}")


def _spoken(name: str) -> str:
    from ..table.model import words_of

    return " ".join(words_of(name))


def _trace(terminal: Terminal) -> None:
    if terminal.environ.get("VASTAI_DEBUG") == "1":
        import traceback

        terminal.show(traceback.format_exc(), end="")
