"""Settle what each argument is, so that argparse reads the same on every Python: a flag, its value, or a word."""

from __future__ import annotations

from ..errors import UsageError
from ..nearest import suggestion

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Mapping, Sequence

    from .flags import Flag

WORD = "\0"  # in front of a word that begins with a hyphen, which argparse would take for a flag
HELP = "--help"


def settle(argv: Sequence[str], flags: Mapping[str, Flag], words: int | None = None) -> list[str]:
    """The arguments with every flag in its first spelling, and every value marked as one.

    A flag and its value become ``--flag=value``; one that is alone, and may be, has what it stands for there; short
    flags that stand together are taken apart; words that begin with a hyphen (numbers, texts with blanks, whatever
    follows ``--``) get `WORD` in front.

    Arguments:
        words: how many words there are before one that takes the rest of the line, whatever it looks like; None when
            the command has no such word.

    Raises:
        UsageError: flags that the command does not have, or that lack their value; not when help is asked for.
    """
    waiting = list(argv)
    settled: list[str] = []
    faults: list[str] = []
    while waiting:
        token = waiting.pop(0)
        if token == "--" or (words == 0 and not looks_like_flag(token)):
            settled += map(_word, waiting if token == "--" else [token, *waiting])
            break
        if not looks_like_flag(token):
            settled.append(_word(token))
            words = None if words is None else words - 1
            continue
        spelling, equals, value = parts(token, flags)
        flag = flags.get(spelling)
        if flag is None:
            faults.append(f"there is no option {spelling}.{suggestion(spelling, _shown(flags))}")
        elif flag.takes == "none":
            if equals and not spelling.startswith("--"):
                waiting.insert(0, f"-{value}")
            elif equals:
                faults.append(f"{spelling} takes no value")
            settled.append(_first(flag))
        elif flag.takes == "optional":
            faults += _misplaced(flag, spelling, equals, waiting)
            settled.append(f"{_first(flag)}={value if equals else flag.constant}")
        else:
            faults += _take(flag, spelling, value if equals else None, waiting, settled)
    if faults and HELP not in settled:
        raise UsageError("; ".join(faults))
    return settled


def looks_like_flag(token: str) -> bool:
    """Would a reader take this for a flag? Not a lone hyphen, a number, or a text with blanks before any ``=``.

    >>> [looks_like_flag(token) for token in ("--raw", "-o", "-", "-5", "-0.5", "-e TZ=UTC", "word")]
    [True, True, False, False, False, False, False]
    """
    name = token.partition("=")[0]
    return token[:1] == "-" and token != "-" and " " not in name and not _is_number(token)


def text(value: str) -> str:
    """A settled word as it was typed."""
    return value.removeprefix(WORD)


def parts(token: str, flags: Mapping[str, Flag]) -> tuple[str, str, str]:
    """A flag, "=" if a value belongs to it, and that value. What follows a short flag directly is its value."""
    spelling, equals, value = token.partition("=")
    if spelling in flags or token.startswith("--") or token[:2] not in flags:
        return spelling, equals, value
    return token[:2], "=", token[2:]


def _misplaced(flag: Flag, spelling: str, equals: str, waiting: Sequence[str]) -> list[str]:
    """The fault of a flag whose optional value stands behind a blank."""
    choices = flag.parameter.choices if flag.parameter else None
    if equals or not waiting or waiting[0] not in (choices or ()):
        return []
    return [f"{spelling} takes its value behind an equals sign: {spelling}={waiting[0]}"]


def _take(flag: Flag, spelling: str, value: str | None, waiting: list[str], settled: list[str]) -> list[str]:
    """Settle a flag that takes values; returns its faults."""
    if value is not None:
        settled.append(f"{_first(flag)}={value}")
        return []
    if flag.takes == "rest":
        settled += [_first(flag), *map(_word, waiting[1:] if waiting[:1] == ["--"] else waiting)]
        waiting.clear()
        return []
    if not waiting or (looks_like_flag(waiting[0]) and waiting[0] != "--"):
        hint = f"; one that begins with a hyphen is written {spelling}={waiting[0]}" if waiting else ""
        return [f"{spelling} needs a value{hint}"]
    if flag.takes in ("one", "each") and waiting[0] != "--":
        settled.append(f"{_first(flag)}={waiting.pop(0)}")
    else:
        settled.append(_first(flag))
    return []


def _first(flag: Flag) -> str:
    return flag.spellings[0]


def _shown(flags: Mapping[str, Flag]) -> list[str]:
    """The flags to suggest: those that help shows."""
    first = {_first(flag): flag for flag in flags.values()}
    return [spelling for spelling, flag in first.items() if flag.parameter is None or not flag.parameter.hidden]


def _word(token: str) -> str:
    return WORD + token if token.startswith("-") and token != "-" else token


def _is_number(token: str) -> bool:
    try:
        float(token)
    except ValueError:
        return False
    return True
