"""The options that every command takes, and what they mean for the client."""

from __future__ import annotations

import itertools

from ..errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Mapping, Sequence
    from typing import Any

    from ..table.model import Command


class Option:
    """One option of every command.

    Attributes:
        flags: how it is written; the first one names it.
        metavar: what its value is called in help, "" for a switch.
        help: one line.
        old: spellings of other clients, accepted behind the words of a command and not shown.
        alone: what it stands for when it is alone, where it need not have a value; a value stands behind ``=`` then.
    """

    __slots__ = ("alone", "flags", "help", "metavar", "old")

    def __init__(
        self, flags: tuple[str, ...], metavar: str, help: str, old: tuple[str, ...] = (), alone: str = ""
    ) -> None:
        self.flags = flags
        self.old = old
        self.metavar = metavar
        self.help = help
        self.alone = alone

    @property
    def takes(self) -> str:
        """Whether it takes a value, in the words of `Flag`."""
        return "optional" if self.alone else "one" if self.metavar else "none"


OUTPUT = (
    Option(("--format",), "FORM", "How to print the result: table (default), json, jsonl, csv or yaml"),
    Option(("--raw",), "", "The same as --format json"),
    Option(("--columns",), "NAMES", "Fields or headings to show, in this order: id,status,ports", old=("--cols",)),
    Option(("--sort",), "NAMES", "Sort the rows by these fields; a trailing - sorts down: gpu_name,dph_total-"),
    Option(("--query",), "JMESPATH", "Print what this expression finds in the result"),
    Option(("--quiet", "-q"), "", "Print ids only, where the rows have one; no remarks"),
    Option(("--full",), "", "Cut nothing to the width of the terminal, and use no pager"),
    Option(("--no-color",), "", "No colours"),
)
GENERAL = (
    Option(("--url",), "SERVER", 'Address of the API; "sandbox" is an imitation in this program, without real money'),
    Option(("--api-key",), "KEY", "API key to use, instead of VAST_API_KEY or the key file"),
    Option(("--profile",), "NAME", "Profile whose key and settings are used, instead of VASTAI_PROFILE"),
    Option(("--retry",), "N", "Repeats after the first attempt (default: 3)"),
    Option(("--timeout",), "SECONDS", "Limit for one attempt (default: 120)"),
    Option(("--parallel",), "N", "Requests of a bulk command under way at once (default: 4)"),
    Option(("--explain",), "", "Show every request on stderr before it is sent"),
    Option(("--curl",), "", "Print a curl command instead of sending"),
    Option(("--record",), "FILE", "Write requests and answers to a new file, without keys and personal data"),
    Option(("--strict",), "", "Fail when an answer is not what its schema says"),
    Option(("--help", "-h"), "", "Show help, for a command after its words"),
    Option(("--version",), "", "Show the version"),
)
OPTIONS = (*OUTPUT, *GENERAL)
CONSENT = Option(("--yes", "-y"), "", "Do it without asking", old=("--skip",))
WATCH = Option(("--watch",), "SECONDS", "Show it again and again, every so many seconds (default: 5)", alone="5")
FORMATS = ("table", "json", "jsonl", "csv", "yaml")


def of_command(command: Command) -> list[Option]:
    """The options that a command takes besides its own flags, which go before them."""
    own = {flag for parameter in command.params.values() if not parameter.positional for flag in parameter.flags}
    general = [option for option in OPTIONS if not own & set(option.flags)]
    return [*general, *([CONSENT] if command.asks else []), *([WATCH] if command.watchable else [])]


def spellings(flag: str) -> tuple[str, ...]:
    """A flag as it may be written: with hyphens, and with underscores.

    >>> spellings("--api-key"), spellings("-q")
    (('--api-key', '--api_key'), ('-q',))
    """
    if not flag.startswith("--"):
        return (flag,)
    hyphens = "--" + flag[2:].replace("_", "-")
    return tuple(dict.fromkeys((flag, hyphens, "--" + flag[2:].replace("-", "_"))))


def by_spelling() -> dict[str, Option]:
    """Every option, the consent included, by each way to write it."""
    options = (*OPTIONS, CONSENT, WATCH)
    return {spelling: option for option in options for flag in option.flags for spelling in spellings(flag)}


def document_wanted(argv: Sequence[str]) -> bool:
    """Is a document asked for, as far as can be told before the options are read? Errors in them are JSON then.

    >>> document_wanted(["show", "user", "--format", "csv"]), document_wanted(["show", "user", "--format=table"])
    (True, False)
    """
    if "--raw" in argv:
        return True
    forms = [token.partition("=")[2] for token in argv if token.startswith("--format=")]
    forms += [following for token, following in itertools.pairwise(argv) if token == "--format"]
    return any(form in FORMATS[1:] for form in forms)


def client_settings(options: Mapping[str, str | bool]) -> dict[str, Any]:
    """The arguments of `VastAI` that the options stand for.

    Arguments:
        options: flag to value, as far as they were given.

    Raises:
        UsageError: a number is none.
    """
    repeats = _number("--retry", options.get("--retry"), int, "a number of repeats, such as 0 or 3")
    return {
        **({} if repeats is None else {"retry": repeats}),
        "api_key": options.get("--api-key"),
        "server_url": options.get("--url"),
        "profile": options.get("--profile"),
        "timeout": _number("--timeout", options.get("--timeout"), float, "a number of seconds"),
        "parallel": options.get("--parallel"),
        "explain": bool(options.get("--explain")),
        "curl": bool(options.get("--curl")),
        "quiet": bool(options.get("--quiet")),
        "strict": True if options.get("--strict") else None,
        "raise_errors": True,
        "session_key": True,
        "record": options.get("--record"),
    }


def _number(flag: str, text: str | bool | None, kind: type[int] | type[float], what: str) -> float | None:
    if text is None:
        return None
    try:
        return kind(text)
    except ValueError:
        raise UsageError(f"{flag}: {str(text)[:60]!r} is not {what}") from None
