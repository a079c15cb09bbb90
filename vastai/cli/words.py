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
        if flag in spelled and spelled[flag].metavar and not equals:
            if position == len(argv):
                raise UsageError(f"{flag}: needs a value, such as {flag} {spelled[flag].metavar}")
            value = argv[position]
            position += 1
        if flag in spelled:
            if equals and not spelled[flag].metavar:
                raise UsageError(f"{flag} takes no value")
            found.options[spelled[flag].flags[0]] = value if spelled[flag].metavar else True
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


def advice(words: Sequence[str], known: Iterable[Words]) -> str:
    """What to try instead of words that name no command: the nearest that do, or the way to the list.

    >>> advice(["shw", "user"], [("show", "user"), ("logs",)])
    'vastai show user'
    """
    from ..nearest import nearest

    sentences = [" ".join(each) for each in known]
    for count in (len(words), 2, 1):
        near = nearest(" ".join(words[:count]), sentences, 3)
        if near:
            return ", or ".join(f"vastai {sentence}" for sentence in near)
    firsts = nearest(words[0], sorted({sentence.split()[0] for sentence in sentences}))
    return f"vastai {firsts[0]} --help" if firsts else "vastai --help"
