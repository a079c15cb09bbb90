"""Make the argparse parser of a command from its entry, and read an argument list with it."""

from __future__ import annotations

from argparse import SUPPRESS, ArgumentParser
from typing import Any, NoReturn

from ..engine import bind
from ..errors import UsageError
from ..table.model import Command, Parameter
from .flags import Flag, flags_of, free_words, has_orders
from .tokens import text

WORD = "word "  # before the name of a parameter that was given as a word; no flag's name begins so


class Arguments:
    """What an argument list gives.

    Attributes:
        given: parameter name to what was typed: a text, a list of texts, or True and False for a switch.
        options: the options that every command takes: flag to value, or True for a switch.
    """

    __slots__ = ("given", "options")

    def __init__(self, given: dict[str, Any], options: dict[str, str | bool]) -> None:
        self.given = given
        self.options = options


class CommandParser(ArgumentParser):
    """An argparse parser whose errors are one line, and which leaves the checking of values to the engine."""

    def __init__(self, command: Command) -> None:
        super().__init__(prog=f"vastai {' '.join(command.words)}", add_help=False, allow_abbrev=False)

    def error(self, message: str) -> NoReturn:
        """Turn argparse's complaint into an error for `main`.

        Raises:
            UsageError: always.
        """
        missing = message.partition("arguments are required: ")[2]
        raise UsageError(f"missing {missing}" if missing else message)


def build(command: Command) -> CommandParser:
    """The parser of one command: its words, its flags in all their spellings, and the options every command takes.

    Choices, numbers and dates are not checked here: the engine does that for library and terminal alike.
    """
    parser = CommandParser(command)
    for parameter in command.params.values():
        if parameter.positional:
            must = parameter.required and len(parameter.flags) == 1 and not has_orders(command)
            several = parameter is free_words(command) or command.several_words(parameter)
            _add_word(parser, parameter, must=must, several=several)
    for flag, spelled in _by_flag(flags_of(command)):
        _add_flag(parser, flag, spelled)
    return parser


def read(command: Command, settled: list[str]) -> Arguments:
    """Read the arguments that follow the words of a command.

    Arguments:
        settled: the arguments as `tokens.settle` gives them.

    Raises:
        UsageError: a word is missing, or one too many.
    """
    namespace, extra = build(command).parse_known_intermixed_args(settled)
    if extra:
        has_words = any(parameter.positional for parameter in command.params.values())
        advice = "; a text with blanks is written in quotes" if has_words else ""
        before = settled[max(0, settled.index(extra[0]) - 1)].partition("=")[0]
        if before in (flags := flags_of(command)) and flags[before].takes == "optional":
            advice = f"; a value of {before} is written {before}={extra[0]}"
        secret = any(parameter.secret for parameter in command.params.values())  # then it may be a part of the secret
        raise UsageError(f"{'there' if secret else repr(text(extra[0]))} is one word too many{advice}")
    values = {key: _typed(value) for key, value in vars(namespace).items()}
    values |= _words(command, values)
    options = {key: values.pop(key) for key in list(values) if key.startswith("--")}
    return Arguments(values, options)


def metavar(parameter: Parameter) -> str:
    """What a value is called in help and messages.

    >>> metavar(Parameter("gpu_name", {"type": "str"}, "query"))
    'GPU-NAME'
    """
    return parameter.name.upper().replace("_", "-")


def _words(command: Command, values: dict[str, Any]) -> dict[str, Any]:
    """The words by parameter name; where a command has several orders, in the one that they fit, as in the library."""
    words = {key.removeprefix(WORD): values.pop(key) for key in list(values) if key.startswith(WORD)}
    joined = free_words(command)
    if joined is not None and isinstance(words.get(joined.name), list):
        words[joined.name] = " ".join(words[joined.name])
    words |= {name: _one_or_several(words[name]) for name in words if command.params[name].several}
    if not has_orders(command):
        return words
    unnamed = [p.name for p in command.params.values() if p.positional and p.name not in values]
    if len(unnamed) < len(words):
        raise UsageError(f"{text(list(words.values())[-1])!r} is one word too many: its place is taken by a flag")
    if any(name in values for name in words) or len(words) < 2:
        return dict(zip(unnamed, words.values(), strict=False))
    return bind.positional(command, list(words.values()))


def _one_or_several(typed: str | list[str]) -> str | list[str]:
    """The items of a parameter that takes one or several: words of their own, or commas between them.

    >>> _one_or_several(["7"]), _one_or_several("7,8"), _one_or_several(["7", "8"])
    ('7', ['7', '8'], ['7', '8'])
    """
    words = [typed] if isinstance(typed, str) else typed
    items = [part.strip() for word in words for part in word.split(",") if part.strip()]
    return items if len(items) > 1 else words[0]


def _add_word(parser: ArgumentParser, parameter: Parameter, *, must: bool, several: bool) -> None:
    count = ("+" if must else "*") if parameter.many or several else (None if must else "?")
    parser.add_argument(
        WORD + parameter.name, nargs=count, default=SUPPRESS, metavar=metavar(parameter), help=_escaped(parameter.help)
    )


def _add_flag(parser: ArgumentParser, flag: Flag, spelled: list[str]) -> None:
    settings: dict[str, Any] = {"dest": flag.name, "default": SUPPRESS}
    if flag.parameter is not None:
        settings["help"] = _escaped(flag.parameter.help)
    if flag.takes == "none":
        settings.update(action="store_const", const=flag.constant)
    elif flag.takes in ("one", "optional", "each"):
        settings["action"] = "append" if flag.takes == "each" else "store"
        settings["metavar"] = metavar(flag.parameter) if flag.parameter else None
    else:
        settings.update(nargs="*" if flag.takes == "rest" else "+", action="extend", metavar=None)
    parser.add_argument(*spelled, **settings)


def _by_flag(flags: dict[str, Flag]) -> list[tuple[Flag, list[str]]]:
    """Each flag once, with the spellings that are its own."""
    each: dict[int, tuple[Flag, list[str]]] = {}
    for spelling, flag in flags.items():
        each.setdefault(id(flag), (flag, []))[1].append(spelling)
    return list(each.values())


def _escaped(help: str) -> str:
    return help.replace("%", "%%")  # argparse formats help texts


def _typed(value: Any) -> Any:
    if isinstance(value, list):
        return [text(item) for item in value]
    return text(value) if isinstance(value, str) else value
