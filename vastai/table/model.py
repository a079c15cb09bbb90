"""A command of the table as thin objects: Command, Parameter, Returns, Output. They read; they decide nothing."""

from __future__ import annotations

from .index import Summary, Table, summary_of, words_of

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Mapping
    from typing import Any

    from .index import Entry

__all__ = ["PREFIX", "UNSET", "Command", "Output", "Parameter", "Returns", "Summary", "Table", "choice_key", "hooks_of",
           "summary_of", "words_of"]  # fmt: skip
PREFIX = "/api/v0"


class Unset:
    """The default of a parameter that has none."""

    def __repr__(self) -> str:
        return "UNSET"


UNSET = Unset()


def hooks_of(items: Any) -> list[tuple[str, Entry]]:
    """The hook names and options in a `then` or `prepare` list.

    >>> hooks_of(["order", {"query": {"fields": "offers"}}])
    [('order', {}), ('query', {'fields': 'offers'})]
    """
    pairs: list[tuple[str, Entry]] = []
    for item in items or ():
        if isinstance(item, str):
            pairs.append((item, {}))
        else:
            pairs.extend((name, dict(options or {})) for name, options in item.items())
    return pairs


def choice_key(value: Any) -> str:
    """How a choice is written in the table.

    >>> choice_key("bid"), choice_key(True), choice_key(4)
    ('bid', 'true', '4')
    """
    return str(value).lower() if isinstance(value, bool) else str(value)


# Types whose values a hook of the same name turns into what is sent.
RICH_TYPES = frozenset(("query", "order", "columns", "env", "scopes"))
FREE_TYPES = frozenset(("str", "json", "query"))  # what the rest of a command line may be


class Parameter:
    """One parameter of a command.

    Attributes:
        type: a plain type (``str int float bool json path date id``) or a rich one; `many` says that it is a list of
            them.
        options: what a rich type, or a path that is read, is told besides: ``of``, ``unless``, ``read``.
        place: where it travels: ``path``, ``query``, ``body`` or ``local`` (not sent).
        wire: its name on the wire; dots go deeper, ``.`` merges a mapping.
        choices: what may be typed -> what is sent, or None.
        bare: what its flag, or True, stands for without a value.
        positional: a plain word in the terminal rather than a flag.
        flags: its flags in the terminal, the first one shown in help.
    """

    __slots__ = (
        "alias", "bare", "batch", "blanks", "choices", "clamp", "complete", "default", "excludes", "flags", "help",
        "hidden", "many", "maximum", "minimum", "name", "null", "options", "place", "positional", "repeated",
        "required", "rest", "secret", "several", "skip_empty", "then", "type", "wire",
    )  # fmt: skip

    def __init__(self, name: str, entry: Entry, place: str) -> None:
        kind = entry["type"]
        choices = entry.get("choices")
        self.name = name
        self.many: bool = isinstance(kind, list)
        self.type: str = kind[0] if isinstance(kind, list) else kind
        self.help: str = entry.get("help", "")
        self.default: Any = entry.get("default", UNSET)
        self.place: str = entry.get("in", place)
        self.required: bool = bool(entry.get("required", self.place == "path")) and self.default is UNSET
        # by their text: the keys of a mapping are always text
        self.choices: dict[str, Any] | None = (
            {choice_key(choice): choice for choice in choices} if isinstance(choices, list) else choices
        )
        self.minimum: float | None = entry.get("minimum")
        self.maximum: float | None = entry.get("maximum")
        self.clamp: bool = bool(entry.get("clamp"))
        self.blanks: bool = bool(entry.get("blanks"))
        self.options: Entry = {key: entry[key] for key in ("of", "unless", "read") if key in entry}
        self.wire: str = entry.get("as", name)
        self.then = hooks_of(entry.get("then"))
        self.null: str = entry.get("null", "omit")
        self.skip_empty: bool = bool(entry.get("skip_empty"))
        self.repeated: bool = bool(entry.get("repeated"))
        self.rest: bool = bool(entry.get("rest"))
        self.bare: Any = entry.get("bare", UNSET)
        self.alias: tuple[str, ...] = tuple(entry.get("alias", ()))
        self.excludes: tuple[str, ...] = tuple(entry.get("excludes", ()))
        self.batch: int | None = entry.get("batch")
        self.several: str | bool = entry.get("several", False)
        self.hidden: bool = bool(entry.get("hidden"))
        self.secret: bool = bool(entry.get("secret"))
        self.complete: str | None = entry.get("complete")
        self.positional: bool = entry.get("positional", self.required and "flag" not in entry)
        self.flags = self._flags(entry)

    def _flags(self, entry: Entry) -> tuple[str, ...]:
        shown = entry.get("flag", "--" + self.name.replace("_", "-"))
        if self.type == "bool" and self.default is True:
            shown = entry.get("flag", "--no-" + self.name.replace("_", "-"))
        short = entry.get("short")
        return (shown, short) if short else (shown,)

    @property
    def other_names(self) -> tuple[str, ...]:
        """The aliases that help and documentation name; those in capitals are known to older programs only."""
        return tuple(name for name in self.alias if name.islower())

    @property
    def transforms(self) -> list[tuple[str, str, Entry]]:
        """The hooks that turn its value into what is sent, in turn: kind, name and options."""
        own = [("type", self.type, self.options)] if self.type in RICH_TYPES or "read" in self.options else []
        return [*own, *(("value", name, options) for name, options in self.then)]

    @property
    def has_bare(self) -> bool:
        """May its flag stand alone, and True be its value?"""
        return self.bare is not UNSET

    @property
    def value_if_any(self) -> str:
        """How help writes the value of a flag that may stand alone: ``[=running|ssh]``."""
        return f"[={'|'.join(self.choices or [self.name.upper()])}]"

    @property
    def sent_as_checked(self) -> bool:
        """Is what is sent a value that this parameter would take?"""
        return not (self.transforms or self.clamp or self.blanks)

    @property
    def takes_the_rest(self) -> bool:
        """May all the remaining words of a command line be its one text, when it is the last word?"""
        return not (self.required or self.many or self.choices or self.secret) and self.type in FREE_TYPES

    @property
    def initial(self) -> Any:
        """The default as Python's signature shows it: None for none, and for what could be changed in place."""
        return None if self.default is UNSET or isinstance(self.default, dict | list) else self.default

    def __repr__(self) -> str:
        return f"<Parameter {self.name}: {self.type}>"


class Returns:
    """What a command gives: the schema of one object, and how to take it out of its envelope."""

    __slots__ = ("age", "default", "drop", "many", "pick", "reshape", "schema", "then", "type", "unwrap")

    def __init__(self, entry: Entry) -> None:
        self.schema: str | None = entry.get("schema")
        self.many: bool = bool(entry.get("many"))
        self.unwrap: str | None = entry.get("unwrap")
        self.default: Any = entry.get("default", UNSET)
        self.drop: tuple[str, ...] = tuple(entry.get("drop", ()))
        self.pick: tuple[str, str] | None = next(iter(entry.get("pick", {}).items()), None)
        self.reshape: dict[str, str] = entry.get("reshape", {})
        self.age: dict[str, str] = entry.get("age", {})
        self.then = hooks_of(entry.get("then"))
        self.type: str = entry.get("type") or ("list" if self.many else "dict")

    @property
    def annotation(self) -> str:
        """The result's type as the stub and the reference page write it."""
        return {"str": "str", "list": "list[dict[str, Any]]"}.get(self.type, "dict[str, Any]")


class Output:
    """How a result is shown in a terminal.

    Attributes:
        histogram: the field that is drawn, and its unit, or None.
        hourly: do the rows cost by the hour, so that a terminal says what they cost together?
        given: parameter -> the keys that are others when it is given.
    """

    __slots__ = ("empty", "given", "histogram", "hourly", "piped", "quiet", "rows", "table", "text", "view")

    def __init__(self, entry: Entry) -> None:
        self.table: str | None = entry.get("table")
        self.rows: str | None = entry.get("rows")
        self.quiet: str | None = entry.get("quiet")
        self.text: str | None = entry.get("text")
        self.view: str | None = entry.get("view")
        self.empty: str | None = entry.get("empty")
        self.piped: str | None = entry.get("piped")
        self.histogram: Entry | None = entry.get("histogram")
        self.hourly: bool = bool(entry.get("hourly"))
        self.given: dict[str, Entry] = entry.get("given", {})

    def when(self, values: Mapping[str, Any]) -> Output:
        """How a result is shown when these values were given."""
        others = [entry for name, entry in self.given.items() if values.get(name) not in (None, False)]
        if not others:
            return self
        return Output({name: getattr(self, name) for name in self.__slots__} | {"given": {}} | others[0])


class Command:
    """One command of the table; see schemas/commands.json for what each key says."""

    __slots__ = (
        "aliases", "any_of", "body", "calls", "confirm", "deprecated", "description", "effect", "examples", "flow",
        "group", "instead", "key", "look_at", "name", "orders", "output", "pages", "params", "path", "poll", "prepare",
        "query", "returns", "sandbox_only", "schedule", "service", "source", "steps", "summary", "verb", "wait",
        "window", "words",
    )  # fmt: skip

    def __init__(self, name: str, entry: Entry) -> None:
        verb, _, path = entry.get("http", "").partition(" ")
        self.name = name
        self.summary: str = entry["summary"]
        self.description: str = entry.get("description", "")
        self.group: str = entry["group"]
        self.words: tuple[str, ...] = tuple(entry["words"].split()) if "words" in entry else words_of(name)
        self.aliases: tuple[str, ...] = tuple(entry.get("aliases", ()))
        self.deprecated: str | None = entry.get("deprecated", {}).get("use")
        self.verb: str = verb
        self.service: str = entry.get("service", "api")
        self.path: str = PREFIX + path if path and self.service == "api" and not path.startswith("/api/") else path
        self.flow: str | None = entry.get("flow")
        self.steps: list[Entry] = entry.get("steps", [])
        self.wait: Entry = entry.get("wait", {})
        self.calls: tuple[str, ...] = tuple(entry.get("calls", ())) or tuple(step["run"] for step in self.steps)
        self.query: Entry = entry.get("query", {})
        self.body: Entry = entry.get("body", {})
        self.params = {key: Parameter(key, value, self._place(key)) for key, value in entry.get("params", {}).items()}
        if self.only_waits:
            self.calls = (self.wait["list" if self.params[self.wait["given"]].many else "look"],)
        self.orders: list[list[str]] = entry.get("orders") or [list(self.params)]
        self.any_of: list[str] = entry.get("any_of", [])
        self.window: Entry | None = entry.get("window")
        self.prepare = hooks_of(entry.get("prepare"))
        self.pages: Entry | None = entry.get("pages")
        self.poll: Entry | None = entry.get("poll")
        self.effect: str = entry.get("effect") or {"GET": "read", "DELETE": "destroy"}.get(verb, "read")
        self.look_at: Entry = self._look_at(entry.get("look_at"))
        self.key: str = entry.get("key", "required")
        self.confirm: str | None = entry.get("confirm")
        self.schedule: Entry = entry.get("schedule", {})
        self.sandbox_only: bool = bool(entry.get("sandbox_only"))
        self.instead: str = entry.get("instead", "")
        self.source: str = entry.get("source", "")
        self.returns = Returns(entry.get("returns", {}))
        self.output = Output(entry.get("output", {}))
        self.examples: list[Entry] = entry.get("examples", [])

    def _place(self, name: str) -> str:
        """Where a parameter travels unless its entry says otherwise: path if named there; query for GET; else body."""
        if "{" + name + "}" in self.path:
            return "path"
        return "local" if self.composed else "query" if self.verb == "GET" else "body"

    @staticmethod
    def _look_at(entry: Any) -> Entry:
        return {"command": entry} if isinstance(entry, str) else entry or {}

    @property
    def composed(self) -> bool:
        """Is it made of other commands, or of steps of its own?"""
        return bool(self.flow or self.steps or self.only_waits)

    @property
    def only_waits(self) -> bool:
        """Does it look at instances until they are as it is told, and nothing else?"""
        return bool(self.wait) and not (self.verb or self.flow or self.steps)

    @property
    def asks(self) -> bool:
        """May it ask first: by its entry, for a job that it replaces, or as it is made of what changes something?"""
        return bool(self.confirm or self.schedule) or (self.composed and self.effect != "read")

    def shown_for(self, values: Mapping[str, Any]) -> Command:
        """The same command, its result shown as a call with these values wants it."""
        output = self.output.when(values)
        if output is self.output:
            return self
        from copy import copy

        other = copy(self)
        other.output = output
        return other

    @property
    def watchable(self) -> bool:
        """Is it worth asking again and again: does it read rows or a record, and no more than that?

        What a flow may do besides, such as write a file, it does not do where the entry has a table for what it reads.
        """
        reads = self.effect == "read" and (self.output.table if self.composed else self.verb)
        return bool(reads) and self.returns.type != "str" and self.returns.schema != "ack"

    def question(self, values: Mapping[str, Any]) -> str:
        """The question of `confirm`, its placeholders filled with the values, or with the defaults."""
        text = self.confirm or ""
        for name, parameter in self.params.items():
            value = values.get(name, parameter.initial)
            shown = ", ".join(map(str, value)) if isinstance(value, list) else "any" if value is None else str(value)
            text = text.replace("{" + name + "}", shown)
        return text

    @property
    def names(self) -> tuple[str, ...]:
        """All its method names, its own first."""
        return (self.name, *self.aliases)

    @property
    def left_out(self) -> bool:
        """Does it do nothing but say what to do instead?"""
        return bool(self.instead) and not self.verb and not self.composed

    def parameter(self, spelling: str) -> Parameter | None:
        """The parameter of this name, alias included, or None."""
        if spelling in self.params:
            return self.params[spelling]
        return next((p for p in self.params.values() if spelling in p.alias), None)

    def several_words(self, parameter: Parameter) -> bool:
        """May a list in place of its one item be words of a command line? Where others follow, commas are between."""
        return bool(parameter.several) and [p for p in self.params.values() if p.positional] == [parameter]

    def __repr__(self) -> str:
        return f"<Command {self.name}>"
