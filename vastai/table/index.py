"""The table: an index of all commands at hand, and their entries, which are read when the first one is asked for."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from .model import Command

    Entry = dict[str, Any]
    Row = tuple[str, tuple[str, ...], str, str, tuple[str, ...], bool, tuple[str, ...]]
    Start = Sequence[tuple[str, str]]
    Contents = tuple[Mapping[str, Entry | str], Entry | str]

WIDEST_EXAMPLE = 78  # columns of an example on the start page


def words_of(name: str) -> tuple[str, ...]:
    """The command words that belong to a method name.

    >>> words_of("show_team_roles"), words_of("logs")
    (('show', 'team-roles'), ('logs',))
    """
    verb, _, rest = name.partition("_")
    return (verb, rest.replace("_", "-")) if rest else (verb,)


class Summary:
    """What the front page of help, the class and the advice on wrong words need to know of a command."""

    __slots__ = ("aliases", "also", "deprecated", "group", "name", "summary", "words")

    def __init__(
        self,
        name: str,
        words: tuple[str, ...],
        group: str,
        summary: str,
        aliases: tuple[str, ...],
        deprecated: bool,
        also: tuple[str, ...],
    ) -> None:
        self.name = name
        self.words = words
        self.group = group
        self.summary = summary
        self.aliases = aliases
        self.deprecated = deprecated
        self.also = also


def summary_of(name: str, entry: Entry) -> Row:
    """The row of the index for one entry: the arguments of `Summary`."""
    words = tuple(entry["words"].split()) if "words" in entry else words_of(name)
    aliases, also = tuple(entry.get("aliases", ())), tuple(entry.get("also", ()))
    return name, words, entry["group"], entry["summary"], aliases, "deprecated" in entry, also


def start_of(data: Mapping[str, Any]) -> Start:
    """The commands of the start page, each with its first example that is short enough for it."""
    return [(name, short_examples(data["commands"][name])[0]) for name in data.get("start", ())]


def short_examples(entry: Mapping[str, Any]) -> list[str]:
    """The examples of an entry that fit on the start page.

    >>> short_examples({"examples": [{"python": "client.logs(7)"}, {"cli": "vastai logs 7"}]})
    ['vastai logs 7']
    """
    lines = [example["cli"] for example in entry.get("examples", ()) if "cli" in example]
    return [line for line in lines if len(line) <= WIDEST_EXAMPLE]


def line_of(row: Row) -> str:
    """A row of the index as a line of text.

    >>> line_of(("show_user", ("show", "user"), "account", "Show your account", ("me",), False, ("who am i",)))
    'show_user\\tshow user\\taccount\\tShow your account\\tme\\t\\twho am i'
    """
    name, words, group, summary, aliases, deprecated, also = row
    summary = summary.replace("\t", " ")
    marks = ("deprecated" if deprecated else "", ",".join(also))
    return "\t".join((name, " ".join(words), group, summary, " ".join(aliases), *marks))


def rows_of(text: str) -> list[Row]:
    """The rows in the lines of an index: Python loads one text faster than a thousand small objects.

    >>> rows_of("logs\\tlogs\\tinstances\\tPrint the logs\\t\\tdeprecated\\ttail,log")
    [('logs', ('logs',), 'instances', 'Print the logs', (), True, ('tail', 'log'))]
    """
    rows: list[Row] = []
    for line in text.split("\n") if text else ():
        name, words, group, summary, aliases, deprecated, also = line.split("\t")
        others = tuple(also.split(",")) if also else ()
        rows.append((name, tuple(words.split()), group, summary, tuple(aliases.split()), bool(deprecated), others))
    return rows


class Table:
    """All commands. The entries are loaded when a command is first asked for, and each is read when it is.

    Arguments:
        rows: one tuple per command, as `summary_of` makes them.
        load: gives command name to its entry, and the column lists of the `tables:` section; entries and lists may be
            the texts of literals, as the compiled table holds them.
        start: the commands of the start page, each with an example.
    """

    def __init__(self, rows: Sequence[Row], load: Callable[[], Contents], start: Start = ()) -> None:
        self._rows = rows
        self.start = start
        self._load = load
        self._contents: list[Contents] = []
        self._index: dict[str, Summary] = {}
        self._columns: dict[str, list[Entry]] | None = None
        self._commands: dict[str, Command] = {}
        self.aliases: dict[str, str] = {alias: row[0] for row in rows if row[4] for alias in row[4]}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Table:
        """A table from the content of a checked commands.yaml."""
        commands = data.get("commands", {})
        rows = [summary_of(name, entry) for name, entry in commands.items()]
        return cls(rows, lambda: (commands, data.get("tables", {})), start_of(data))

    def joined(self, other: Table) -> Table:
        """This table and the commands of another one, whose names are new here."""

        def load() -> Contents:
            return {**self._content()[0], **other._content()[0]}, {**self.columns, **other.columns}

        return Table([*self._rows, *other._rows], load, other.start or self.start)

    @property
    def index(self) -> dict[str, Summary]:
        """What is known of each command without its entry."""
        if not self._index:
            self._index = {row[0]: Summary(*row) for row in self._rows}
        return self._index

    @property
    def columns(self) -> dict[str, list[Entry]]:
        """The column lists by name."""
        if self._columns is None:
            columns = self._content()[1]
            self._columns = dict(_literal(columns) if isinstance(columns, str) else columns)
        return self._columns

    def command(self, name: str) -> Command:
        """The command of this method name, aliases included.

        Raises:
            KeyError: there is none.
        """
        name = self.aliases.get(name, name)
        if name not in self._commands:
            from .model import Command

            self._commands[name] = Command(name, self.entry(name))
        return self._commands[name]

    def entry(self, name: str) -> Entry:
        """The entry of the command of this name, as the table has it.

        Raises:
            KeyError: there is none.
        """
        entry = self._content()[0][name]
        return dict(_literal(entry) if isinstance(entry, str) else entry)

    def __contains__(self, name: str) -> bool:
        return name in self.index or name in self.aliases

    def __iter__(self) -> Iterator[Command]:
        return (self.command(row[0]) for row in self._rows)

    def names(self) -> list[str]:
        """All method names, aliases included."""
        return [*(row[0] for row in self._rows), *self.aliases]

    def words(self) -> dict[tuple[str, ...], str]:
        """Command words to command name, the words of aliases included."""
        found = {words_of(alias): name for alias, name in self.aliases.items()}
        found.update({row[1]: row[0] for row in self._rows})
        return found

    def _content(self) -> Contents:
        if not self._contents:
            self._contents.append(self._load())
        return self._contents[0]


def _literal(text: str) -> Any:
    """The value of a literal that the compiled table holds; ast.literal_eval would load the ast module at start-up."""
    return eval(text, {"__builtins__": {}})
