"""What the checks of a table need to know: the entries, what lies outside them, and how to look things up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .model import Table, words_of
from .read import Path

Entry = Mapping[str, Any]
Found = Iterator[tuple[Path, str]]  # places in an entry, and what is wrong there
HookNames = Callable[[str], Iterable[str]]

# Public names of the client itself: a command of such a name would hide it.
RESERVED = frozenset(
    (
        *("api_key", "api_key_access", "client", "close", "creds_source", "curl", "explain", "last_output", "profile"),
        *("quiet", "raise_errors", "raw", "record", "retry", "server_url", "settings", "strict", "table", "timeout"),
    )
)

# Flags that every command has. The last two are taken only where a command asks for consent.
GLOBAL_FLAGS = frozenset(
    (
        *("--api-key", "--cols", "--curl", "--explain", "--full", "--help", "-h", "--no-color", "--profile"),
        *("--quiet", "-q", "--raw", "--record", "--retry", "--strict", "--timeout", "--url", "--version"),
    )
)
OWN_FLAGS = frozenset(("--timeout",))  # of those, what an entry may give a meaning of its own, as a time limit it has
CONSENT_FLAGS = frozenset(("--yes", "-y", "--skip"))

VIEWS = frozenset(("text",))  # views that need no hook
NUMBERS = ("int", "float")
SCHEDULE_PARAMETERS = ("schedule", "start_date", "end_date", "day", "hour")  # when something is done again and again

WAIT_PARAMETERS = {"until": "wait", "timeout": "wait_timeout"}  # until what, and how long, unless they have other names


class Command(NamedTuple):
    """What other entries may want to know of a command, whichever table it stands in.

    Attributes:
        name: its method name.
        words: its words in the terminal, those of its aliases too.
        schema: name of its response schema; None for text, "" when unknown.
        effect: ``read``, ``update``, ``destroy`` or ``once``; "" when unknown.
        needs: names of its required parameters.
    """

    name: str
    words: frozenset[tuple[str, ...]]
    schema: str | None = ""
    effect: str = ""
    needs: tuple[str, ...] = ()


class Facts(NamedTuple):
    """All that the checks look things up in.

    Attributes:
        entries: command name to entry, as far as the entries obey the grammar.
        columns: column lists of this table, by name.
        start: the commands of the start page.
        commands: every name of a command to the command: aliases, and the commands of the base, included.
        base: names of the commands that must not be replaced, aliases included.
        base_columns: names of the column lists that the base has.
        schemas: gives a response schema by name, or None.
        schema_names: names of the response schemas.
        hooks: gives the names of the hooks of one kind, or None when hooks are not to be checked.
    """

    entries: Mapping[str, Entry]
    columns: Mapping[str, list[Entry]]
    start: Sequence[str]
    commands: Mapping[str, Command]
    base: frozenset[str]
    base_columns: Mapping[str, list[Entry]]
    schemas: Callable[[str], Mapping[str, Any] | None]
    schema_names: tuple[str, ...]
    hooks: HookNames | None


def own_commands(entries: Mapping[str, Entry]) -> dict[str, Command]:
    """The commands of a table by each of their names; the first of two with one name."""
    found: dict[str, Command] = {}
    for name, entry in entries.items():
        found.setdefault(name, _command(name, entry))
    for name, entry in entries.items():
        for alias in entry.get("aliases", ()):
            found.setdefault(alias, found[name])
    return found


def base_commands(names: Iterable[str], table: Table | None) -> dict[str, Command]:
    """The commands of the base by each of their names: in full with its table, else by name alone."""
    if table is None:
        return {name: Command(name, frozenset((words_of(name),))) for name in names}
    found = {}
    for command in table:
        words = frozenset((command.words, *map(words_of, command.aliases)))
        needs = tuple(name for name, parameter in command.params.items() if parameter.required)
        fact = Command(command.name, words, command.returns.schema, command.effect, needs)
        found.update(dict.fromkeys(command.names, fact))
    return found


def words_of_entry(name: str, entry: Entry) -> tuple[str, ...]:
    """The command words of an entry."""
    return tuple(entry["words"].split()) if "words" in entry else words_of(name)


def verb_and_path(entry: Entry) -> tuple[str, str]:
    """The two halves of `http`; empty for a flow."""
    verb, _, path = entry.get("http", "").partition(" ")
    return verb, path


def params_of(entry: Entry) -> Mapping[str, Entry]:
    """The parameters of an entry by name."""
    params: Mapping[str, Entry] = entry.get("params", {})
    return params


def path_names(entry: Entry) -> list[str]:
    """The parameters that the path names, in its order.

    >>> path_names({"http": "PUT /a/{id}/b/{name}/"})
    ['id', 'name']
    """
    return re.findall(r"\{([^{}]*)\}", verb_and_path(entry)[1])


def place(name: str, parameter: Entry, entry: Entry) -> str:
    """Where a parameter travels: ``path``, ``query``, ``body`` or ``local``."""
    if "in" in parameter:
        return str(parameter["in"])
    if name in path_names(entry):
        return "path"
    if "http" not in entry and {"flow", "steps", "wait"} & set(entry):
        return "local"
    return "query" if verb_and_path(entry)[0] == "GET" else "body"


def is_required(name: str, parameter: Entry, entry: Entry) -> bool:
    """Must a value be given? A parameter of the path must, unless it has a default."""
    wanted = parameter.get("required", place(name, parameter, entry) == "path")
    return bool(wanted) and "default" not in parameter


def is_positional(name: str, parameter: Entry, entry: Entry) -> bool:
    """Does the terminal take it as a plain word?"""
    return bool(parameter.get("positional", is_required(name, parameter, entry) and "flag" not in parameter))


def flags(name: str, parameter: Entry, entry: Entry) -> list[str]:
    """The flags that the terminal accepts for a parameter, with hyphens: none for a plain word without `short`."""
    found = []
    if not is_positional(name, parameter, entry):
        switched_off = parameter.get("type") == "bool" and parameter.get("default") is True
        shown = "--" + ("no_" if switched_off else "") + name
        found = [parameter.get("flag", shown), *("--" + alias for alias in parameter.get("alias", ()))]
    found = [flag.replace("_", "-") for flag in found]
    return [*dict.fromkeys(found), parameter["short"]] if "short" in parameter else list(dict.fromkeys(found))


def hook_names(items: Iterable[Any]) -> Iterator[tuple[int, str]]:
    """The names in a `then` or `prepare` list, with their positions."""
    for number, item in enumerate(items):
        yield from ((number, name) for name in ([item] if isinstance(item, str) else item))


def has_field(facts: Facts, schema: str, field: str) -> bool:
    """Does a response schema describe this field? Dots go deeper, into the items of a list too.

    References and combinations of schemas are followed.
    """
    parts = [(facts.schemas(schema) or {}, schema)]
    for name in field.split("."):
        described = [(_properties(part)[name], at) for part, at in _parts(facts, parts) if name in _properties(part)]
        if not described:
            return False
        parts = described
    return True


def field_names(facts: Facts, schema: str) -> list[str]:
    """The top-level fields that a response schema describes."""
    start = [(facts.schemas(schema) or {}, schema)]
    return [name for part, _ in _parts(facts, start) for name in _properties(part)]


def _properties(part: Any) -> Mapping[str, Any]:
    properties = part.get("properties")
    return properties if isinstance(properties, dict) else {}


def _parts(facts: Facts, start: list[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """Schemas together with all they are combined from, each with the name of the file it stands in."""
    found: list[tuple[Any, str]] = []
    waiting = list(start)
    while waiting:
        part, file = waiting.pop(0)
        if not isinstance(part, dict) or any(part is known for known, _ in found):
            continue
        found.append((part, file))
        for keyword in ("allOf", "anyOf", "oneOf"):
            waiting += [(inner, file) for inner in part.get(keyword, ())]
        if isinstance(part.get("items"), dict):
            waiting.append((part["items"], file))
        if "$ref" in part:
            waiting.append(_referred(facts, str(part["$ref"]), file))
    return found


def _referred(facts: Facts, reference: str, file: str) -> tuple[Any, str]:
    """What a `$ref` such as ``ack.json`` or ``#/$defs/price`` points at."""
    target, _, pointer = reference.partition("#")
    file = target.removesuffix(".json") or file
    part: Any = facts.schemas(file)
    for key in pointer.split("/")[1:]:
        part = part.get(key) if isinstance(part, dict) else None
    return part, file


def _command(name: str, entry: Entry) -> Command:
    every = frozenset((words_of_entry(name, entry), *map(words_of, entry.get("aliases", ()))))
    verb = verb_and_path(entry)[0]
    effect = entry.get("effect") or {"GET": "read", "DELETE": "destroy"}.get(verb, "")
    needs = tuple(key for key, value in entry.get("params", {}).items() if is_required(key, value, entry))
    returns = entry.get("returns", {})
    return Command(name, every, None if returns.get("type") == "str" else returns.get("schema", ""), effect, needs)
