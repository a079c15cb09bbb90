"""The table as an OpenAPI 3.1 document: a reader of the table that knows no command by name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from .. import __version__
from ..table import schemas
from ..table.model import Command
from . import answers, fields

Schema = dict[str, Any]

SERVER = "https://console.vast.ai"
SERVERS = {"api": SERVER, "serverless": "https://run.vast.ai"}
# From the most to the least careful: what is said of an operation that several commands use.
EFFECTS = ("once", "destroy", "update", "read")
ABOUT = (
    "What this project knows of the API of Vast.ai, made from its table of commands. An operation stands for all "
    "commands that send it; its schema says what they send, and an answer's schema what they can use. Fields that are "
    "not named are allowed everywhere."
)


def document(commands: Iterable[Command]) -> Schema:
    """The document, ready to be written as JSON; the same table always gives the same.

    Arguments:
        commands: those of a table. What has no path is no operation, and what only the sandbox answers is left out.
    """
    operations = _operations(commands)
    used = [command for found in operations.values() for command in found]
    paths = _paths(operations)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Vast.ai",
            "version": __version__,
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": SERVER}],
        "security": [{"key": []}],
        "tags": [{"name": name} for name in dict.fromkeys(command.group for command in used)],
        "paths": paths,
        "components": {
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "description": "A key of the account"}},
            "schemas": _components(paths),
            "responses": answers.REFUSALS,
        },
    }


def _operations(commands: Iterable[Command]) -> dict[tuple[str, str], list[Command]]:
    """The commands by the path and the verb that they send.

    Two paths that differ in the names of their parameters alone are one, written as it comes first.
    """
    found: dict[tuple[str, str], list[Command]] = {}
    written: dict[str, str] = {}
    for command in commands:
        if command.path and not command.sandbox_only:
            path = written.setdefault(re.sub(r"\{[^{}]*\}", "{}", command.path), command.path)
            found.setdefault((path, command.verb), []).append(command)
    return found


def _paths(operations: dict[tuple[str, str], list[Command]]) -> Schema:
    """The operations by path; a path of the second host names that as its server."""
    paths: Schema = {}
    for (path, verb), commands in operations.items():
        item = paths.setdefault(path, {})
        if commands[0].service != "api":
            item["servers"] = [{"url": SERVERS[commands[0].service]}]
        item[verb.lower()] = _operation(path, commands)
    return paths


def _operation(path: str, commands: list[Command]) -> Schema:
    first = commands[0]
    found: Schema = {
        "operationId": first.name,
        "tags": [first.group],
        "summary": first.summary,
        "description": _description(commands),
        "parameters": [*fields.in_path(path, commands), *fields.in_query(commands)],
        "requestBody": fields.body(commands),
        "responses": answers.responses(commands),
        "deprecated": all(command.deprecated for command in commands),
        "security": [{}, {"key": []}] if any(command.key == "optional" for command in commands) else None,
        "x-vastai-commands": [{"name": c.name, "cli": " ".join(("vastai", *c.words))} for c in commands],
        "x-effect": min((command.effect for command in commands), key=EFFECTS.index),
        "x-look-at": next((c.look_at["command"] for c in commands if c.look_at), None),
        "x-source": " ".join(sorted({letter for command in commands for letter in command.source.split()})),
    }
    return {key: value for key, value in found.items() if value not in (None, False, "", [])}


def _description(commands: list[Command]) -> str:
    """What else there is to know: of the first command, and of the others that send the same."""
    parts = [commands[0].description.strip()]
    parts += [f"At least one of: {', '.join(commands[0].any_of)}."] if commands[0].any_of else []
    parts += [f"`{command.name}`: {command.summary}." for command in commands[1:]]
    return "\n\n".join(filter(None, parts))


def _components(paths: Schema) -> Schema:
    """The response schemas that the paths refer to, those they refer to included, and the schema of a refusal."""
    waiting = re.findall(r"'#/components/schemas/(\w+)'", repr(paths))
    found: Schema = {}
    while waiting:
        name = waiting.pop()
        if name not in found:
            loaded = schemas.load(name)
            found[name] = _rewritten(name, {key: value for key, value in loaded.items() if key != "$schema"})
            waiting += re.findall(r"'\$ref': '(\w+)\.json", repr(loaded))
    return {**{name: found[name] for name in sorted(found)}, "Refusal": answers.REFUSAL}


def _rewritten(name: str, part: Any) -> Any:
    """A part of a response schema with references that lead into the document, and units as an extension."""
    if isinstance(part, list):
        return [_rewritten(name, item) for item in part]
    if not isinstance(part, dict):
        return part
    if isinstance(part.get("unit"), str):
        part = {("x-unit" if key == "unit" else key): value for key, value in part.items()}
    reference = part.get("$ref")
    if isinstance(reference, str):
        file, _, inside = reference.partition("#")
        return {**part, "$ref": answers.component(file.removesuffix(".json") or name) + inside}
    return {key: _rewritten(name, value) for key, value in part.items()}
