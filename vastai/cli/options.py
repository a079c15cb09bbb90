"""The options that every command takes, and what they mean for the client."""

from __future__ import annotations

from ..errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Mapping
    from typing import Any


class Option:
    """One option of every command.

    Attributes:
        flags: how it is written; the first one names it.
        metavar: what its value is called in help, "" for a switch.
        help: one line.
        old: spellings of other clients, accepted behind the words of a command and not shown.
    """

    __slots__ = ("flags", "help", "metavar", "old")

    def __init__(self, flags: tuple[str, ...], metavar: str, help: str, old: tuple[str, ...] = ()) -> None:
        self.flags = flags
        self.old = old
        self.metavar = metavar
        self.help = help


OPTIONS = (
    Option(("--url",), "SERVER", 'Address of the API; "sandbox" is an imitation in this program, without real money'),
    Option(("--api-key",), "KEY", "API key to use, instead of VAST_API_KEY or the key file"),
    Option(("--profile",), "NAME", "Profile whose key and settings are used, instead of VASTAI_PROFILE"),
    Option(("--retry",), "N", "Repeats after the first attempt (default: 3)"),
    Option(("--timeout",), "SECONDS", "Limit for one attempt (default: 120)"),
    Option(("--parallel",), "N", "Requests of a bulk command under way at once (default: 4)"),
    Option(("--raw",), "", "Print the result as JSON"),
    Option(("--explain",), "", "Show every request on stderr before it is sent"),
    Option(("--curl",), "", "Print a curl command instead of sending"),
    Option(("--quiet", "-q"), "", "Print ids only, where the rows have one; no remarks"),
    Option(("--record",), "FILE", "Write requests and answers to a new file, without keys and personal data"),
    Option(("--full",), "", "Print tables in full width"),
    Option(("--cols",), "COLUMNS", "Columns of a table: headings or fields of its rows, such as id,status"),
    Option(("--strict",), "", "Fail when an answer is not what its schema says"),
    Option(("--no-color",), "", "No colours"),
    Option(("--help", "-h"), "", "Show help, for a command after its words"),
    Option(("--version",), "", "Show the version"),
)
CONSENT = Option(("--yes", "-y"), "", "Do it without asking", old=("--skip",))


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
    return {spelling: option for option in (*OPTIONS, CONSENT) for flag in option.flags for spelling in spellings(flag)}


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
