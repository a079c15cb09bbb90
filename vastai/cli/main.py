"""``vastai``: from the argument list to an exit code. Only this module catches errors and shows them."""

from __future__ import annotations

import sys

from ..errors import UsageError, VastError, exit_code
from .terminal import ClosedPipe, Terminal

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from ..client import VastAI
    from ..table.model import Command, Table
    from .output import Printer
    from .parser import Arguments
    from .words import Found

    Options = Mapping[str, str | bool]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Arguments:
        argv: the arguments after the program's name; those of the process by default.

    Returns:
        the exit code; the table of them stands in vastai.errors.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    return guarded(arguments, Terminal.of_process())


def guarded(
    argv: list[str],
    terminal: Terminal,
    commands: Table | None = None,
    open_client: Callable[..., VastAI] | None = None,
) -> int:
    """Run one command, and turn every failure into a line for people and an exit code.

    Arguments:
        commands: the table in place of the package's and the user's.
        open_client: makes the client in place of `VastAI`.
    """
    from .options import document_wanted

    terminal.raw = document_wanted(argv)  # until the options are read, so that an error in them has the right shape
    try:
        code = run(argv, terminal, commands, open_client)
        terminal.say_held()
        return code
    except ClosedPipe:
        return 0
    except KeyboardInterrupt as interrupt:  # its text says what was under way, where that matters
        stopped = VastError(str(interrupt) or "interrupted", code="interrupted")
        stopped.details = getattr(interrupt, "details", {})
        return _failed(stopped, terminal, exit_code(interrupt))
    except Exception as error:
        return _failed(error, terminal, exit_code(error))


def _failed(error: Exception, terminal: Terminal, code: int) -> int:
    from .failure import show_error, show_unexpected

    if isinstance(error, VastError):
        show_error(error, terminal)
    else:
        show_unexpected(error, terminal)
    return code


def run(
    argv: list[str],
    terminal: Terminal,
    commands: Table | None = None,
    open_client: Callable[..., VastAI] | None = None,
) -> int:
    """Find the command and carry it out, or show help.

    Raises:
        VastError: whatever went wrong.
    """
    if argv[:1] == ["--version"]:
        return _version(terminal)
    from ..table.compiled import table as whole_table
    from . import local, words

    commands, own = commands or whole_table(), local.table()
    known = {**commands.words(), **own.words()}
    terminal.vocabulary = {row.name: row.words for row in (*commands.index.values(), *own.index.values())}
    found = words.find(argv, known)
    terminal.raw = bool(found.options.get("--raw")) or terminal.raw
    if "--version" in found.options and not found.words:
        return _version(terminal)
    if not found.name:
        show = _help if found.help and not found.stray else _help_on_words
        return show(found, commands, own, known, terminal)
    is_local = found.name in own
    command = (own if is_local else commands).command(found.name)
    if found.help or "--help" in found.options:
        if len(words.beginning(found.words, known)) > 1:
            return _help_on_words(found, commands, own, known, terminal)
        return _show_page(command, terminal)
    if command.left_out and found.rest[:1] and not found.rest[0].startswith("-"):
        found.words.append(found.rest[0])  # nothing is left out that took words: another command was meant
        return _help_on_words(found, commands, own, known, terminal)
    return _run_command(command, found, commands, is_local, terminal, open_client)


def _run_command(
    command: Command,
    found: Found,
    table: Table,
    is_local: bool,
    terminal: Terminal,
    open_client: Callable[..., VastAI] | None,
) -> int:
    from . import local

    arguments = _read(command, found)
    if arguments is None:
        return _show_page(command, terminal)
    from .output import Printer
    from .presentation import Presentation  # not needed for help, as the other

    options = arguments.options
    if "--version" in options:
        return _version(terminal)
    command, arguments.given = _in_list_form(command, arguments.given, table)
    command = command.shown_for(arguments.given)
    terminal.spelled = spelled(command)
    if "--yes" in options and not command.asks:
        raise UsageError(f"{command.name}: asks nothing, so there is no option --yes")
    columns = (local.table() if is_local else table).columns
    wanted = Presentation(command, options, columns)
    terminal.raw, terminal.quiet = wanted.form != "table", wanted.quiet
    if command.deprecated:
        terminal.say(f"{command.name} is deprecated: use {command.deprecated}")
    printer = Printer(command, arguments.given, columns, terminal, wanted)
    if is_local:
        return _perform_local(printer, options, table.joined(local.table()))
    return _perform(printer, options, open_client)


def spelled(command: Command) -> dict[str, str]:
    """How each parameter is typed: its flag, or its word in the usage line."""
    from .parser import metavar

    return {each.name: metavar(each) if each.positional else each.flags[0] for each in command.params.values()}


def _in_list_form(command: Command, given: dict[str, Any], table: Table) -> tuple[Command, dict[str, Any]]:
    """The command for several items in place of the one for one, when several are given."""
    if not any(isinstance(value, list) for value in given.values()):
        return command, given
    from ..engine import bind

    return bind.in_list_form(command, given, table)


def _read(command: Command, found: Found) -> Arguments | None:
    """The arguments of a command, or None when they ask for help.

    Raises:
        UsageError: one is missing, unknown or one too many.
    """
    from .flags import flags_of, words_before_rest
    from .tokens import HELP, settle

    name = " ".join(command.words)
    try:
        settled = settle(found.rest, flags_of(command), words_before_rest(command))
        if HELP in settled:
            return None
        from .parser import read  # argparse is not needed for help

        arguments = read(command, settled)
    except UsageError as error:
        raise UsageError(f"{name}: {error.message}", hint=_advice(command, error.message)) from None
    arguments.options = {**found.options, **arguments.options}
    return arguments


def _advice(command: Command, message: str) -> str:
    """What to try after wrong arguments: the help, and where the IDs stand if one is missing."""
    page = f"vastai {' '.join(command.words)} --help"
    if message.startswith("missing "):
        from .parser import metavar

        missing = message.removeprefix("missing ").split(", ")
        for parameter in command.params.values():
            lists, dot, _ = (parameter.complete or "").partition(".")
            if dot and metavar(parameter) in missing:
                return f"{page}; {lists}() lists what there is"
    return page


def _perform(printer: Printer, options: Options, open_client: Callable[..., VastAI] | None) -> int:
    """Carry out a command of the table, after consent where it needs one, and show what it came to."""
    from ..client import VastAI
    from .edge import CliEdge
    from .options import client_settings

    command, terminal = printer.command, printer.terminal
    edge = CliEdge(terminal, consent="--yes" in options)
    client = (open_client or VastAI)(edge=edge, **client_settings(options))
    if client.settings.imitation:
        terminal.say(f"[{client.settings.imitation}]")
    _ask(printer, options)
    try:
        if printer.wanted.every is not None and "--curl" not in options:
            from .watch import watch

            return watch(lambda: client.perform(command.name, printer.given), printer, edge)
        result = client.perform(command.name, printer.given)
    finally:
        client.close()
    return 0 if result is None else printer.conclude(result)  # None: it was shown already


def _perform_local(printer: Printer, options: Options, commands: Table) -> int:
    from ..engine import bind, flow
    from . import local

    command = printer.command
    flow.must_be_offered(command, sandboxed=False)
    values = bind.check(command, printer.given, bind.with_defaults(command, printer.given))
    context = local.Context(printer.terminal, options, commands)
    local.check(command.name, values, context)
    _ask(printer, options)
    result = local.perform(command.name, values, context)
    return 0 if result is None else printer.conclude(result)  # None: it has said all that there is to say


def _ask(printer: Printer, options: Options) -> None:
    """Ask what the entry says, unless the person has agreed beforehand or nothing will be sent."""
    command, given = printer.command, printer.given
    if command.confirm and not {"--yes", "--curl"} & set(options):
        from ..engine import bind
        from . import confirm

        if not command.prepare:  # nobody is asked about a call that is wrong; `prepare` may still add values
            for one in bind.one_by_one(command, given):
                bind.check(command, one, bind.with_defaults(command, one))
        confirm.ask(command.question(given), printer.terminal)


def _help(found: Found, table: Table, own: Table, known: dict[tuple[str, ...], str], terminal: Terminal) -> int:
    """``vastai help`` and what stands behind it: a topic, or the words of commands."""
    from . import topics

    topic = topics.topic_named(found.words)
    if topic or not found.words:
        width = terminal.help_width()
        terminal.out(topics.page(topic, width) if topic else topics.list_page(width))
        return 0
    return _help_on_words(found, table, own, known, terminal)


def _help_on_words(
    found: Found, table: Table, own: Table, known: dict[tuple[str, ...], str], terminal: Terminal
) -> int:
    """The front page, the commands that begin with the words, or an error when there are none."""
    from . import help
    from .words import advice, beginning, elsewhere

    if found.stray and (not found.words or beginning(found.words, known)):
        raise UsageError(f"{found.stray} stands before the command's words", hint="vastai COMMAND OPTIONS")
    rows = [*table.index.values(), *own.index.values()]
    width = terminal.help_width()
    if not found.words:
        asked = "--help" in found.options or not table.start
        summaries = {row.name: row.summary for row in rows}
        terminal.out(help.front_page(rows, width) if asked else help.start_page(table.start, summaries))
        return 0
    active = [row.words for row in rows if not row.deprecated]
    matching = set(beginning(found.words, known))
    shown = [row for row in rows if row.words in matching]
    also = {other: row.words for row in rows for other in row.also}
    if not shown:
        raise UsageError(f"There is no command {' '.join(found.words)!r}", hint=advice(found.words, active, also))
    terminal.out(help.beginning_page(found.words, shown, width, elsewhere(found.words, also)))
    return 0


def _show_page(command: Command, terminal: Terminal) -> int:
    from .help import command_page

    terminal.out(command_page(command, terminal.help_width(), terminal.vocabulary))
    return 0


def _version(terminal: Terminal) -> int:
    from .. import __version__

    terminal.out(__version__)  # alone, as scripts for the official client read it
    return 0
