"""``describe``: what the table says of a command, for people, or as data."""

from __future__ import annotations

from inspect import Signature
from json import dumps
from typing import Any

from ... import factory
from ...errors import EXIT_CODES, OutcomeUnknown, UsageError
from ...nearest import nearest
from ...table import schemas
from ...table.model import Command, Parameter, Table, choice_key
from ..help import listed, wrapped
from ..words import advice, normal
from . import Context

EFFECTS = {
    "read": "it changes nothing and may be repeated",
    "update": "sent again, it does no more: it is repeated after a failure",
    "destroy": "it cannot be undone; sent again, it does no more, so it is repeated after a failure",
    "once": "it is never sent again when it may have arrived",
}
PLACES = {"path": "in the path", "query": "in the query", "body": "in the body"}


def run(values: dict[str, Any], context: Context) -> Any:
    """The entry with its response schema; for people the same in words.

    Raises:
        UsageError: there is no such command.
    """
    name = named(values["command"], context.commands)
    command, entry = context.commands.command(name), context.commands.entry(name)
    schema = schemas.load(command.returns.schema) if command.returns.schema else None
    if context.terminal.raw or {"--query", "--columns"} & set(context.options):
        return {"name": command.name, "words": " ".join(command.words), "entry": entry, "schema": schema}
    return described(command, context.terminal.help_width())


def named(words: list[str], table: Table) -> str:
    """The command of these words or of this method name.

    Raises:
        UsageError: there is none; it names the nearest.
    """
    text = " ".join(words).removeprefix("vastai ")
    known = table.words()
    name = known.get(tuple(normal(word) for word in text.split()))
    if name is None and text in table:
        name = table.command(text).name
    if name is None:
        near = nearest(text, table.names()) if "_" in text else []
        hint = f"vastai {near[0]}" if near else advice(text.split(), known)
        raise UsageError(f"There is no command {text!r}", hint=hint.replace("vastai ", "vastai describe "))
    return name


def described(command: Command, width: int) -> str:
    """An entry in words: what it sends, what that does, what it takes and what comes back.

    Arguments:
        width: columns to write in.
    """
    pairs = [(name, text) for name, text in (*_request(command), *_behaviour(command)) if text]
    sends = bool(command.verb or command.composed)
    takes = [_parameter(parameter, sends) for parameter in command.params.values()]
    sections = [("request", pairs), ("takes", takes), (_heading(command), _fields(command))]
    title = "\n".join(wrapped(f"{' '.join(command.words)}: {command.summary}.", width))
    parts = [f"{title}\n", *(listed(heading, about, width) for heading, about in sections if about)]
    return "\n".join(parts).rstrip("\n")


def _request(command: Command) -> list[tuple[str, str]]:
    if not (command.verb or command.composed):
        return [("sends", "nothing to the service")]
    names = [each.replace(annotation=Signature.empty) for each in factory.signature(command).parameters.values()]
    always = [("query", command.query), ("body", command.body)]
    fixed = [f"{name} {dumps(value)} {PLACES[place]}" for place, part in always for name, value in part.items()]
    request = f"{command.verb} {command.path}" if command.verb else f"what these send: {', '.join(command.calls)}"
    return [
        ("method", f"VastAI.{command.name}({', '.join(map(str, names[1:]))})"),
        ("other names", ", ".join(command.aliases)),
        ("sends", request),
        ("always with", ", ".join(fixed)),
        ("needs", "no key" if command.key == "optional" else "a key"),
    ]


def _behaviour(command: Command) -> list[tuple[str, str]]:
    reads = command.effect == "read"
    codes = {code: what for kind, code, what in EXIT_CODES if not (reads and kind is OutcomeUnknown)}
    ends = [f"{code} {codes[code]}" for code in sorted(codes)]
    return [
        ("effect", f"{command.effect}: {EFFECTS[command.effect]}"),
        ("look at", f"{command.look_at['command']}, when the outcome is unknown" if command.look_at else ""),
        ("asks", command.confirm or ""),
        ("instead", command.instead),
        ("gives", _gives(command)),
        ("ends with", f"0 done; {'; '.join(ends)}"),
    ]


def _parameter(parameter: Parameter, sends: bool) -> tuple[str, str]:
    facts = [f"list of {parameter.type}" if parameter.many else parameter.type]
    if parameter.choices:
        facts.append(f"one of {', '.join(map(str, parameter.choices))}")
    if parameter.required:
        facts.append("required")
    elif parameter.initial is not None:
        facts.append(f"default {choice_key(parameter.initial)}")
    if sends and parameter.place in PLACES:
        wire = "its fields" if parameter.wire == "." else parameter.wire
        facts.append(f"{PLACES[parameter.place]} as {wire}")
    return parameter.name, f"{parameter.help} ({'; '.join(facts)})"


def _gives(command: Command) -> str:
    kind = {"list": "rows", "str": "a text", "dict": "an object"}[command.returns.type]
    rows = f" with rows under {command.output.rows}" if command.output.rows else ""
    return f"{kind}{rows}" + (f", see schemas/{command.returns.schema}.json" if command.returns.schema else "")


def _heading(command: Command) -> str:
    return "fields of a row" if command.returns.many or command.output.rows else "fields of the answer"


def _fields(command: Command) -> list[tuple[str, str]]:
    """The fields of an answer, or of its rows."""
    if not command.returns.schema or command.returns.type == "str":
        return []
    return [_field(*each) for each in schemas.row_properties(command.returns.schema, command.output.rows).items()]


def _field(name: str, described: dict[str, Any]) -> tuple[str, str]:
    types = described.get("type", "any")
    facts = [types if isinstance(types, str) else " or ".join(types)]
    facts += [described["unit"]] if "unit" in described else []
    facts += ["masked in the terminal"] if described.get("x-secret") else []
    return name, f"{described.get('description', '')} ({'; '.join(facts)})".strip()
