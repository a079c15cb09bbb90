"""Rules about what entries name outside themselves: other commands, words, hooks, schemas, columns."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Iterator
from typing import Any

from ..nearest import suggestion
from .facts import RESERVED, VIEWS, Entry, Facts, Found, field_names, has_field, hook_names, place, words_of_entry
from .index import WIDEST_EXAMPLE, short_examples
from .model import words_of
from .read import Path
from .sentences import shown


def names_are_free(facts: Facts) -> Found:
    """No two commands share a name, none replaces one of the base or hides what the client itself has."""
    taken = dict.fromkeys(facts.entries, "the command of that name")
    for name, entry in facts.entries.items():
        for spelling, at in _spellings(name, entry):
            if keyword.iskeyword(spelling):
                yield at, f'"{spelling}" is a word of Python; choose another name'
            elif spelling in RESERVED:
                yield at, f'"{spelling}" is an attribute of the client itself; choose another name'
            elif spelling in facts.base:
                yield at, f'"{spelling}" is a command of the package; a table may add commands, not replace them'
            elif at[-1] != name and spelling in taken:
                yield at, f'"{spelling}" is taken by {taken[spelling]}'
            taken.setdefault(spelling, f'"{name}"')


def words_are_free(facts: Facts) -> Found:
    """No two commands share their words, and no command's words begin those of another."""
    taken = {words: each.name for each in facts.commands.values() if each.name in facts.base for words in each.words}
    placed = [found for name, entry in facts.entries.items() for found in _words(facts, name, entry)]
    for words, name, at in placed:
        other = taken.setdefault(words, name)
        if other != name:
            yield at, f'its words "{" ".join(words)}" are taken by "{other}"'
    for words, name, at in placed:
        for length in range(1, len(words)):
            other = taken.get(words[:length], name)
            if other != name:
                yield at, f'its words "{" ".join(words)}" begin with those of "{other}"'


def columns_are_used(facts: Facts) -> Found:
    """Each list of columns is used by a command, for an unused one is not checked against any schema."""
    used = {output.get("table") for entry in facts.entries.values() for _, output in outputs(entry)}
    for name in facts.columns:
        if name not in used:
            yield ("tables", name), "no command uses these columns"


def start_has_examples(facts: Facts) -> Found:
    """The start page names commands of this table that have an example which fits there."""
    for number, name in enumerate(facts.start):
        if name not in facts.entries:
            yield ("start", number), _no_command(facts, name)
        elif not short_examples(facts.entries[name]):
            yield ("start", number), f'"{name}" has no example of at most {WIDEST_EXAMPLE} columns for the terminal'


def other_words_are_free(facts: Facts) -> Found:
    """What other tools say (`also`) leads to one command, and is no command of ours."""
    words = {" ".join(words) for command in facts.commands.values() for words in command.words}
    led: dict[str, str] = {}
    for name, entry in facts.entries.items():
        for number, other in enumerate(entry.get("also", ())):
            at: Path = ("commands", name, "also", number)
            if other in words:
                yield at, f'"{other}" is the words of a command'
            elif led.setdefault(other, name) != name:
                yield at, f'"{other}" leads to "{led[other]}" already'


def hooks_exist(facts: Facts, name: str, entry: Entry) -> Found:
    """Each hook that is named exists, of the kind that its place needs."""
    if facts.hooks is None:
        return
    for kind, at, hook in hooks_of_entry(entry):
        known = set(facts.hooks(kind)) | (VIEWS if kind == "view" else frozenset())
        if hook not in known:
            yield at, f'there is no {kind} hook "{hook}".{suggestion(hook, known)}'


def hooks_of_entry(entry: Entry) -> Iterator[tuple[str, Path, str]]:
    """Each hook that an entry names: its kind, its place in the entry, its name."""
    if "flow" in entry:
        yield "flow", ("flow",), entry["flow"]
    for number, hook in hook_names(entry.get("prepare", ())):
        yield "prepare", ("prepare", number), hook
    for key, parameter in entry.get("params", {}).items():
        for number, hook in hook_names(parameter.get("then", ())):
            yield "value", ("params", key, "then", number), hook
    for number, hook in hook_names(entry.get("returns", {}).get("then", ())):
        yield "value", ("returns", "then", number), hook
    if "view" in entry.get("output", {}):
        yield "view", ("output", "view"), entry["output"]["view"]


def commands_exist(facts: Facts, name: str, entry: Entry) -> Found:
    """What an entry names as commands, in `calls`, `steps`, `wait` and so on, are commands, and others than itself."""
    named: list[tuple[Path, str]] = [(("calls", at), called) for at, called in enumerate(entry.get("calls", ()))]
    named += [(("steps", at, "run"), step["run"]) for at, step in enumerate(entry.get("steps", ())) if "run" in step]
    schedule = entry.get("schedule", {})
    named += [(("schedule", key), schedule[key]) for key in ("create", "replace") if key in schedule]
    named += [(("wait", key), entry["wait"][key]) for key in ("look", "list", "end") if key in entry.get("wait", {})]
    if "look" in entry.get("poll", {}).get("follow", {}):
        named.append((("poll", "follow", "look"), entry["poll"]["follow"]["look"]))
    params = entry.get("params", {})
    several = {key: each["several"] for key, each in params.items() if "several" in each}
    named += [(("params", key, "several"), other) for key, other in several.items() if other is not True]
    if "use" in entry.get("deprecated", {}):
        named.append((("deprecated", "use"), entry["deprecated"]["use"]))
    for at, other in named:
        if other not in facts.commands:
            yield at, _no_command(facts, other)
        elif other in (name, *entry.get("aliases", ())):
            yield at, "names the command itself"


def look_at_shows_it(facts: Facts, name: str, entry: Entry) -> Found:
    """`look_at` names a command that only reads, fields of its rows, and fields that the entry sends."""
    if "look_at" not in entry:
        return
    at: Path = ("look_at",)
    look = entry["look_at"]
    if isinstance(look, str):
        look = {"command": look}
    else:
        at = ("look_at", "command")
    other = look.get("command")
    if other is None:
        return
    if other not in facts.commands:
        yield at, _no_command(facts, other)
        return
    command = facts.commands[other]
    if command.effect not in ("read", ""):
        yield at, f'"{other}" does more than read'
    for field, sent in look.get("match", {}).items():
        yield from _field(facts, command.schema, field, ("look_at", "match", field))
        known = _sent_fields(entry)
        if sent not in known:
            yield ("look_at", "match", field), f'"{sent}" is no field that is sent.{suggestion(sent, known)}'
    if "since" in look:
        yield from _field(facts, command.schema, look["since"], ("look_at", "since"))


def completions_exist(facts: Facts, name: str, entry: Entry) -> Found:
    """Each `complete` names a command that only reads and needs no arguments, and a field of its rows."""
    for key, parameter in entry.get("params", {}).items():
        if parameter.get("complete", "files") == "files":
            continue
        at: Path = ("params", key, "complete")
        other, _, field = parameter["complete"].partition(".")
        if other not in facts.commands:
            yield at, _no_command(facts, other)
            continue
        command = facts.commands[other]
        if command.effect not in ("read", ""):
            yield at, f'"{other}" does more than read'
        if command.needs:
            yield at, f'"{other}" cannot be asked without {", ".join(command.needs)}'
        yield from _field(facts, command.schema, field, at)


def schemas_and_columns_exist(facts: Facts, name: str, entry: Entry) -> Found:
    """The response schema exists, and it describes the fields of the columns and of whatever else is shown."""
    returns = entry.get("returns", {})
    schema = returns.get("schema")
    if schema is not None and facts.schemas(schema) is None:
        yield ("returns", "schema"), f"there is no schemas/{schema}.json.{suggestion(schema, facts.schema_names)}"
        schema = None
    rows = entry.get("output", {}).get("rows")
    if rows is not None and schema is not None:
        yield from _field(facts, schema, rows, ("output", "rows"))
    for at, output in outputs(entry):
        yield from _shown(facts, schema, output, f"{rows}." if rows else "", at)
    if "made" in entry.get("wait", {}) and schema is not None:
        yield from _field(facts, schema, entry["wait"]["made"], ("wait", "made"))
    yield from _described(facts, schema, returns)


def outputs(entry: Entry) -> Iterator[tuple[Path, Entry]]:
    """The ways in which an entry shows its result, each with its place."""
    output = entry.get("output", {})
    yield ("output",), output
    for parameter, other in output.get("given", {}).items():
        yield ("output", "given", parameter), other


def _shown(facts: Facts, schema: str | None, output: Entry, within: str, at: Path) -> Found:
    """What one way to show a result names: columns, and fields of the schema."""
    table: Any = output.get("table")
    columns = facts.columns.get(table, facts.base_columns.get(table))
    if table is not None and columns is None:
        known = [*facts.columns, *facts.base_columns]
        yield (*at, "table"), f'there is no "{table}" in tables.{suggestion(table, known)}'
    if schema is None:
        return
    for column in columns or ():
        if "field" in column and not has_field(facts, schema, within + column["field"]):
            where = _unknown(facts, schema, within + column["field"])
            yield (*at, "table"), f'"{table}" has the column "{column["field"]}", {where}'
    for key in ("quiet", "text"):
        if key in output:
            yield from _field(facts, schema, within + output[key], (*at, key))
    if "histogram" in output:
        yield from _field(facts, schema, within + output["histogram"]["field"], (*at, "histogram", "field"))


# Called once for the whole table; places begin at its top.
TABLE_RULES: tuple[Callable[[Facts], Found], ...] = (
    names_are_free,
    words_are_free,
    columns_are_used,
    start_has_examples,
    other_words_are_free,
)

# Called for each entry; places begin in the entry.
ENTRY_RULES: tuple[Callable[[Facts, str, Entry], Found], ...] = (
    hooks_exist,
    commands_exist,
    look_at_shows_it,
    completions_exist,
    schemas_and_columns_exist,
)


def _spellings(name: str, entry: Entry) -> Iterator[tuple[str, Path]]:
    yield name, ("commands", name)
    for number, alias in enumerate(entry.get("aliases", ())):
        yield alias, ("commands", name, "aliases", number)


def _words(facts: Facts, name: str, entry: Entry) -> Iterator[tuple[tuple[str, ...], str, Path]]:
    """The words of each spelling of a command that is its own, with the command and the place they come from."""
    for spelling, at in _spellings(name, entry):
        if spelling == name:
            yield words_of_entry(name, entry), name, ((*at, "words") if "words" in entry else at)
        elif facts.commands[spelling].name == name:
            yield words_of(spelling), name, at


def _sent_fields(entry: Entry) -> list[str]:
    """The fields that an entry sends: fixed ones and parameters, by their wire names."""
    fields = [*entry.get("body", {}), *entry.get("query", {})]
    for key, parameter in entry.get("params", {}).items():
        if place(key, parameter, entry) in ("body", "query"):
            fields.append(parameter.get("as", key))
    return fields


def _field(facts: Facts, schema: str | None, field: str, at: Path) -> Found:
    if schema is None:
        yield at, f"{shown(field)} cannot be a field: the result is text"
    elif schema and facts.schemas(schema) is not None and not has_field(facts, schema, field):
        yield at, f"{shown(field)} is a field {_unknown(facts, schema, field)}"


def _unknown(facts: Facts, schema: str, field: str) -> str:
    return f"which schemas/{schema}.json does not describe.{suggestion(field, field_names(facts, schema))}"


def _described(facts: Facts, schema: str | None, returns: Entry) -> Found:
    """The fields that `pick`, `reshape` and `age` name are fields of the rows."""
    if schema is None:
        return
    for key in ("pick", "age"):
        for name, field in returns.get(key, {}).items():
            yield from _field(facts, schema, field, ("returns", key, name))
    for key in ("reshape", "age"):
        for name in returns.get(key, ()):
            if name != ".":
                yield from _field(facts, schema, name, ("returns", key, name))


def _no_command(facts: Facts, name: Any) -> str:
    return f"there is no command {shown(name)}.{suggestion(str(name), facts.commands)}"
