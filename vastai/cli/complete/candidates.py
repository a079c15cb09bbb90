"""Which words may stand at the cursor: command words, flags, and the values of what a command takes."""

from __future__ import annotations

from ...errors import UsageError
from ..flags import flags_of, free_words
from ..options import FORMATS, OPTIONS, by_spelling, of_command
from ..tokens import looks_like_flag, parts
from ..words import Found, beginning, find

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Iterable, Mapping, Sequence

    from ...table.index import Summary, Table
    from ...table.model import Command, Parameter
    from ..flags import Flag

    Row = tuple[str, str]

SERVERS = [("sandbox", "An imitation in this program, without real money"), ("sandbox::memory:", "One that forgets")]


class Candidates:
    """What may stand at the cursor.

    Attributes:
        rows: whole words, each with its meaning or "".
        then: ``words`` when a blank follows, ``open`` when none does, ``files`` when the shell is to name files.
    """

    __slots__ = ("rows", "then")

    def __init__(self, rows: Iterable[Row] = (), then: str = "words") -> None:
        self.rows = list(rows)
        self.then = then

    def within(self, current: str, head: str = "") -> Candidates:
        """Those that go on what is typed, with a text in front of each; if there are none, those in another case."""
        rows = [(head + text, why) for text, why in self.rows]
        same = [row for row in rows if row[0].startswith(current)]
        return Candidates(same or [row for row in rows if row[0].lower().startswith(current.lower())], self.then)


class Place:
    """Where in the arguments of a command the cursor stands.

    Attributes:
        words: the plain words before it.
        used: names of the flags before it.
        waiting: the flag whose value it is to be, or None.
        plain: nothing is a flag any more: it stands behind ``--``.
    """

    __slots__ = ("plain", "used", "waiting", "words")

    def __init__(self) -> None:
        self.words: list[str] = []
        self.used: set[str] = set()
        self.waiting: Flag | None = None
        self.plain = False


def candidates(before: Sequence[str], current: str, environ: Mapping[str, str]) -> Candidates:
    """What may stand at the cursor.

    Arguments:
        before: the words before it, without the program's name.
        current: the word at the cursor, as far as it is typed.

    Raises:
        UsageError: the words before it are wrong.
    """
    from ...table.compiled import table
    from .. import local

    commands, own = table(), local.table()
    known = {**commands.words(), **own.words()}
    option = by_spelling().get(before[-1]) if before else None
    try:
        found = find(before, known)
    except UsageError:  # an option before the words has no value yet
        return _of_option(before[-1], current, environ).within(current) if option else Candidates()
    if not found.name or (not found.rest and _longer(found, known)):
        return _command_words(found, current)
    place_of = own if found.name in own else commands
    return _arguments(place_of.command(found.name), found, current, place_of, environ)


def _longer(found: Found, known: Mapping[tuple[str, ...], str]) -> bool:
    return any(len(words) > len(found.words) for words in beginning(found.words, known))


def _commands() -> list[Summary]:
    """All commands, those of this machine too."""
    from ...table.compiled import table
    from .. import local

    return [*table().index.values(), *local.table().index.values()]


def _next_words(words: Sequence[str], rows: Sequence[Summary]) -> list[Row]:
    """The words that may follow these, each with what its command does."""
    count = len(words)
    typed = tuple(word.replace("_", "-") for word in words)
    following: dict[str, list[Summary]] = {}
    for row in rows:
        if row.words[:count] == typed and len(row.words) > count and not row.deprecated:
            following.setdefault(row.words[count], []).append(row)
    return [
        (word, group[0].summary if len(group) == 1 else f"{len(group)} commands") for word, group in following.items()
    ]


def _command_words(found: Found, current: str) -> Candidates:
    """The words that go on those before, or options when a hyphen is typed."""
    if current.startswith("-"):
        return Candidates((option.flags[0], option.help) for option in OPTIONS).within(current)
    if found.stray:
        return Candidates()
    listed = _next_words(found.words, _commands())
    if not found.words and found.help:
        from ..topics import TOPICS

        listed += TOPICS.items()
    elif not found.words:
        listed.append(("help", "Topics, and the help of commands"))
    return Candidates(listed).within(current)


def _arguments(command: Command, found: Found, current: str, table: Table, environ: Mapping[str, str]) -> Candidates:
    """The flags and the values of a command."""
    from .values import values

    flags = flags_of(command)
    place = _place(found.rest, flags)
    options = {**found.options, **_options(found.rest, flags)}
    flag, head, text = place.waiting, "", current
    hyphen = flag is None and current.startswith("-") and not place.plain
    if hyphen and current.startswith("--") and "=" in current:
        spelling, _, text = current.partition("=")
        flag, head = flags.get(spelling), f"{spelling}="
        if flag is None or flag.takes == "none":
            return Candidates()
    if flag is not None and flag.parameter is None:
        return _of_option(flag.name, text, environ, command, table).within(current, head)
    if hyphen and flag is None:
        return _flags(command, flags, place.used).within(current)
    parameter = flag.parameter if flag else _word(command, len(place.words))
    if parameter is None:
        return Candidates() if current or place.plain else _flags(command, flags, place.used)
    earlier = place.words if parameter.positional else []
    if parameter.complete == "words":  # of commands
        return Candidates(_next_words(earlier, _commands())).within(current)
    offered = values(parameter, text, earlier, options, environ).within(current, head)
    enough = flag is None and not place.plain and len(place.words) >= len(_words(command))
    if enough and not current and not offered.rows and offered.then == "words":
        return _flags(command, flags, place.used)
    return offered


def _place(rest: Sequence[str], flags: Mapping[str, Flag]) -> Place:
    """Where the cursor stands behind these arguments."""
    place = Place()
    for number, token in enumerate(rest):
        if token == "--":
            place.words += rest[number + 1 :]
            place.waiting, place.plain = None, True
            break
        if looks_like_flag(token) and not (place.waiting and place.waiting.takes == "rest"):
            spelling, equals, _ = parts(token, flags)
            flag = flags.get(spelling)
            place.used.add(flag.name if flag else spelling)
            place.waiting = flag if flag and not equals and flag.takes in ("one", "each", "many", "rest") else None
        elif place.waiting is None:
            place.words.append(token)
        elif place.waiting.takes in ("one", "each"):
            place.waiting = None
    return place


def _options(rest: Sequence[str], flags: Mapping[str, Flag]) -> dict[str, str | bool]:
    """The options of every command among the arguments, as far as they have values."""
    found: dict[str, str | bool] = {}
    for number, token in enumerate(rest):
        spelling, equals, value = parts(token, flags)
        flag = flags.get(spelling)
        if flag is not None and flag.parameter is None and flag.takes == "one":
            following = rest[number + 1] if number + 1 < len(rest) else ""
            found[flag.name] = value if equals else following
    return found


def _words(command: Command) -> list[Parameter]:
    """The parameters that plain words are for."""
    return [parameter for parameter in command.params.values() if parameter.positional]


def _word(command: Command, count: int) -> Parameter | None:
    """The parameter that the next plain word is for."""
    words = _words(command)
    if count < len(words):
        return words[count]
    last = words[-1] if words else None
    if last is not None and (last.many or last is free_words(command) or command.several_words(last)):
        return last
    return None


def _flags(command: Command, flags: Mapping[str, Flag], used: set[str]) -> Candidates:
    """The flags that may follow: those shown in help, without those that are there and stand once."""
    rows: dict[str, str] = {}
    general = {option.flags[0]: option.help for option in of_command(command)}
    for flag in flags.values():
        parameter = flag.parameter
        if (flag.name in used and flag.takes not in ("many", "each")) or (parameter is not None and parameter.hidden):
            continue
        rows[flag.spellings[0]] = parameter.help if parameter else general.get(flag.name, "")
    return Candidates(rows.items())


def _of_option(
    flag: str, text: str, environ: Mapping[str, str], command: Command | None = None, table: Table | None = None
) -> Candidates:
    """The values of an option that every command takes, as far as they are typed."""
    option = by_spelling()[flag]
    if option.metavar == "FILE":
        return Candidates(then="files")
    if option.metavar == "SERVER":
        return Candidates(SERVERS)
    if option.metavar == "FORM":
        return Candidates((form, "") for form in FORMATS)
    if option.metavar == "NAME":
        from ... import profiles
        from ...settings import config_folder

        return Candidates((name, "") for name in profiles.names(config_folder(environ)))
    if option.metavar == "NAMES" and command is not None and table is not None and command.output.table:
        head = text[: text.rfind(",") + 1]
        columns = table.columns[command.output.table]
        return Candidates((head + str(column["field"]), str(column["title"])) for column in columns)
    return Candidates()
