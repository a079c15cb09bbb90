"""Check a table like code: the grammar, then the rules, and every fault with its line, all at once."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from ..errors import TableError
from .facts import VIEWS, Entry, Facts, HookNames, base_commands, own_commands
from .find import data_path
from .model import Table
from .read import Document, Path
from .references import ENTRY_RULES, TABLE_RULES, hooks_of_entry
from .rules import RULES
from .sentences import Finding, findings

Schemas = Mapping[str, Mapping[str, Any]] | Sequence[str] | str


class Fault(NamedTuple):
    """One fault of a table: its line, from 1, the path of the key or item, and one sentence."""

    line: int
    path: Path
    message: str


def check(
    document: Document,
    *,
    schemas: Schemas,
    hooks: HookNames | Mapping[str, Iterable[str]] | None = None,
    base: Iterable[str] | None = None,
    base_table: Table | None = None,
    grammar: Mapping[str, Any] | None = None,
) -> list[Fault]:
    """All faults of a table, sorted by line.

    Args:
        document: the table as read.
        schemas: the response schemas by name, or the folder, or the folders, that hold them.
        hooks: the names of the hooks of a kind (``value``, ``prepare``, ``flow``, ``view``): a function or a mapping.
            Without it hooks are not looked for, and all else is checked.
        base: for a user's own table, the names of the commands that it must not replace, aliases included.
        base_table: those commands in full, so that what the table names in them can be checked too.
        grammar: the schema of the table; default: schemas/commands.json.

    Returns:
        The faults; none for a good table. What disobeys the grammar is left out before the rules are applied.

    Raises:
        TableError: a response schema is not JSON.
    """
    from jsonschema import Draft202012Validator  # late: it is slow to load, and only a changed table is checked

    validator = Draft202012Validator(grammar if grammar is not None else _grammar())
    breaches = list(findings(validator.iter_errors(document.data)))
    data = _without(document.data, [breach for breach in breaches if not breach.absent])
    names = base_table.names() if base is None and base_table is not None else base or ()
    facts = _facts(data, schemas, hooks, names, base_table)
    found = [(breach.path, breach.sentence) for breach in breaches]
    for table_rule in TABLE_RULES:
        found += table_rule(facts)
    for name, entry in facts.entries.items():
        for rule in RULES:
            found += _below(name, rule(name, entry))
        for entry_rule in ENTRY_RULES:
            found += _below(name, entry_rule(facts, name, entry))
    return _faults(document, found)


def report(faults: Iterable[Fault], name: str) -> str:
    """The faults as text, one line each: ``commands.yaml:212: logs.params.tail.type: "integr" is not a type.``"""
    return "\n".join(
        f"{name}:{fault.line}: {_path_text(fault.path)}{': ' if fault.path else ''}{fault.message}" for fault in faults
    )


def hook_share(document: Document, names: Collection[str] | None = None) -> tuple[int, int]:
    """How many commands need no hook, and how many there are.

    Args:
        document: a table without faults.
        names: count only the methods of these names, aliases included; each counts once.
    """
    entries = {}
    for name, entry in document.data["commands"].items():
        entries.update(dict.fromkeys((name, *entry.get("aliases", ())) if names is not None else (name,), entry))
    counted = [entry for name, entry in entries.items() if names is None or name in names]
    return sum(not _needs_hook(entry) for entry in counted), len(counted)


def schema_names(folders: Sequence[str]) -> list[str]:
    """The names of the response schemas in some folders, sorted."""
    files = {file for folder in folders if os.path.isdir(folder) for file in os.listdir(folder)}
    return sorted(file[:-5] for file in files if file.endswith(".json") and file != "commands.json")


def _needs_hook(entry: Entry) -> bool:
    return any(not (kind == "view" and hook in VIEWS) for kind, _, hook in hooks_of_entry(entry))


def _grammar() -> Mapping[str, Any]:
    with open(os.path.join(data_path("schemas"), "commands.json"), encoding="utf-8") as file:
        grammar: Mapping[str, Any] = json.load(file)
    return grammar


def _facts(
    data: Any,
    schemas: Schemas,
    hooks: HookNames | Mapping[str, Iterable[str]] | None,
    base: Iterable[str],
    base_table: Table | None,
) -> Facts:
    """The facts that the rules look things up in; `data` obeys the grammar, but keys may be missing."""
    entries = data.get("commands", {})
    base_facts = base_commands(base, base_table)
    load, names = _schema_source(schemas)
    base_columns: Mapping[str, list[Any]] = base_table.columns if base_table is not None else {}
    return Facts(
        entries=entries,
        columns=data.get("tables", {}),
        start=data.get("start", ()),
        commands={**base_facts, **own_commands(entries)},
        base=frozenset(base_facts),
        base_columns=base_columns,
        schemas=load,
        schema_names=tuple(names),
        hooks=hooks if hooks is None or callable(hooks) else lambda kind: hooks.get(kind, ()),
    )


def _schema_source(schemas: Schemas) -> tuple[Callable[[str], Mapping[str, Any] | None], Iterable[str]]:
    """A function from name to schema (None when there is none), and all names."""
    if isinstance(schemas, Mapping):
        return schemas.get, schemas
    folders = [schemas] if isinstance(schemas, str) else list(schemas)
    known = schema_names(folders)

    @cache
    def load(name: str) -> Mapping[str, Any] | None:
        if name not in known:
            return None
        path = next(path for folder in folders if os.path.exists(path := os.path.join(folder, f"{name}.json")))
        with open(path, encoding="utf-8") as file:
            try:
                schema: Mapping[str, Any] = json.load(file)
            except ValueError as error:
                raise TableError(f"{path}: is not JSON: {error}") from None
        return schema

    return load, known


def _without(data: Any, breaches: Iterable[Finding]) -> Any:
    """A copy of a table without what disobeys its grammar, so that the rules meet no surprise.

    An entry, parameter or list of columns that is no such thing stays as an empty one: others may name it.
    """
    data = _copied(data) if isinstance(data, dict) else {}
    for breach in breaches:
        path = list(breach.path)
        while path and isinstance(path[-1], int):
            path.pop()  # one bad item spoils its list
        holder = data
        for key in path[:-1]:
            inside = (isinstance(holder, dict) and key in holder) or (
                isinstance(holder, list) and isinstance(key, int) and key < len(holder)
            )
            holder = holder[key] if inside else None
        if not path or not isinstance(holder, dict) or path[-1] not in holder:
            continue
        if _is_named_thing(path) and not isinstance(holder[path[-1]], dict | list):
            holder[path[-1]] = [] if path[0] == "tables" else {}
        else:
            del holder[path[-1]]
    return data


def _is_named_thing(path: Sequence[str | int]) -> bool:
    return (len(path) == 2 and path[0] in ("commands", "tables")) or (len(path) == 4 and path[2] == "params")


def _copied(data: Any) -> Any:
    """A deep copy in which nothing is shared, unlike in a table with aliases."""
    if isinstance(data, dict):
        return {key: _copied(value) for key, value in data.items()}
    return [_copied(value) for value in data] if isinstance(data, list) else data


def _below(name: str, found: Iterable[tuple[Path, str]]) -> Iterator[tuple[Path, str]]:
    return ((("commands", name, *path), message) for path, message in found)


def _faults(document: Document, found: Iterable[tuple[Path, str]]) -> list[Fault]:
    """Sorted faults; what is written once, in the shared section, is told once."""
    unique: dict[tuple[int, int, str], Fault] = {}
    for path, message in found:
        line, column = document.where(path)
        unique.setdefault((line, column, message), Fault(line, path, message))
    return [unique[key] for key in sorted(unique, key=lambda key: key[:2])]


def _path_text(path: Path) -> str:
    keys = path[1:] if len(path) > 1 and path[0] == "commands" else path
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys).lstrip(".")
