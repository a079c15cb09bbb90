"""Find the command that an argument list names: its longest matching words, with options anywhere around them."""

from __future__ import annotations

from ..errors import UsageError
from .options import by_spelling

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Iterable, Mapping, Sequence

    Words = tuple[str, ...]


class Found:
    """What stands in an argument list before a command's own arguments.

    Attributes:
        name: the command, or "" when the words name none.
        words: the words that were read, as they were written.
        options: options before and between the words: flag to value, or True for a switch.
        rest: the arguments after the words.
        stray: an option before the words that is none of those every command takes, or "".
        help: the words were asked about: ``vastai help WORDS``.
    """

    __slots__ = ("help", "name", "options", "rest", "stray", "words")

    def __init__(self) -> None:
        self.name = ""
        self.words: list[str] = []
        self.options: dict[str, str | bool] = {}
        self.rest: list[str] = []
        self.stray = ""
        self.help = False


def find(argv: Sequence[str], known: Mapping[Words, str]) -> Found:
    """The command in an argument list.

    Arguments:
        argv: the arguments, without the program's name.
        known: command words to command name.

    Raises:
        UsageError: an option before the words lacks its value, or has one that it does not take.
    """
    found = Found()
    spelled = by_spelling()
    matched = 0  # how many of the words name the command
    position = end = 0
    while position < len(argv) and argv[position] != "--":
        token = argv[position]
        position += 1
        flag, equals, value = token.partition("=")
        if flag in spelled and spelled[flag].takes == "one" and not equals:
            if position == len(argv):
                raise UsageError(f"{flag}: needs a value, such as {flag} {spelled[flag].metavar}")
            value = argv[position]
            position += 1
        if flag in spelled:
            if equals and not spelled[flag].metavar:
                raise UsageError(f"{flag} takes no value")
            found.options[spelled[flag].flags[0]] = (value or spelled[flag].alone) if spelled[flag].metavar else True
        elif token.startswith("-") and token != "-":
            found.stray = "" if matched else token
            break
        elif token == "help" and not found.words:
            found.help = True
        else:
            found.words.append(token)
            words = tuple(normal(word) for word in found.words)
            if words in known:
                found.name, matched, end = known[words], len(words), position
            longer = [each for each in known if len(each) > len(words)]
            if (matched and not beginning(words, longer)) or not longer:
                break
    if matched:
        found.rest = list(argv[end:])
        found.words = found.words[:matched]
    return found


def normal(word: str) -> str:
    """A word as the table writes it.

    >>> normal("team_roles")
    'team-roles'
    """
    return word.replace("_", "-")


def beginning(words: Iterable[str], known: Iterable[Words]) -> list[Words]:
    """The commands that begin with these words.

    >>> beginning(["show"], [("show", "user"), ("logs",)])
    [('show', 'user')]
    """
    start = tuple(normal(word) for word in words)
    return [each for each in known if each[: len(start)] == start]


def advice(words: Sequence[str], known: Iterable[Words], also: Mapping[str, Words] | None = None) -> str:
    """What to try instead of words that name no command: those that are meant or nearest, or the way to the list.

    Arguments:
        also: what other tools say, and the words of the command that does it here.

    >>> advice(["shw", "user"], [("show", "user"), ("logs",)])
    'vastai show user'
    >>> advice(["user", "show"], [("show", "user"), ("logs",)])
    'vastai show user'
    >>> advice(["rm", "7"], [("burn", "box")], {"rm": ("burn", "box")})
    'vastai burn box'
    """
    from ..nearest import nearest

    known = list(known)
    typed = [normal(word).lower() for word in words]
    meant = elsewhere(typed, also or {}) or in_another_order(typed, known)
    meant = meant or [each for each in known if "-".join(each) == "-".join(typed)]
    sentences = [" ".join(each) for each in known]
    for count in (len(words), 2, 1):
        meant = meant or [tuple(near.split()) for near in nearest(" ".join(typed[:count]), sentences, 3)]
    meant = meant or [each for each in known if len(each) > 1 and _stem(each[-1]) == _stem(typed[0])][:3]
    if meant:
        return ", or ".join(f"vastai {' '.join(each)}" for each in meant)
    firsts = nearest(words[0], sorted({sentence.split()[0] for sentence in sentences}))
    return f"vastai {firsts[0]} --help" if firsts else "vastai --help"


def elsewhere(words: Sequence[str], also: Mapping[str, Words]) -> list[Words]:
    """The command that other tools call so, by as many of the words as fit.

    >>> elsewhere(["rm", "box", "7"], {"rm": ("burn", "all"), "rm box": ("burn", "box")})
    [('burn', 'box')]
    """
    starts = (" ".join(words[:count]) for count in range(len(words), 0, -1))
    return next(([also[start]] for start in starts if start in also), [])


def in_another_order(words: Sequence[str], known: Iterable[Words]) -> list[Words]:
    """The commands that have the same words in another order, first as they stand, else in the singular or plural.

    >>> in_another_order(["boxes", "show", "7"], [("show", "box"), ("show", "boxes")])
    [('show', 'boxes')]
    """
    known = list(known)
    for same in (str, _stem):
        for count in range(len(words), 1, -1):
            typed = sorted(map(same, words[:count]))
            found = [each for each in known if sorted(map(same, each)) == typed]
            if found:
                return found[:3]
    return []


def _stem(word: str) -> str:
    """A word without the sign of its plural.

    >>> _stem("instances"), _stem("boxes"), _stem("access")
    ('instance', 'box', 'access')
    """
    if word.endswith(("xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and not word.endswith("ss") else word
