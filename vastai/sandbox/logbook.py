"""The sandbox's log: the last requests, what was answered and what it cost. No key and no secret is ever in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from vastai.sandbox.world import World
from vastai.table.model import Command

Row = dict[str, Any]

LAST = 1000
"""Requests that are kept."""
MASK = "****"
LONGEST = 2000  # characters of a body or a query that are kept
_SWEEP = 64  # requests between two removals of what is too old

# Secret whatever command they belong to, or belong to none.
SECRETS = frozenset(("api_key", "password", "code", "secret", "backup_code", "session_key", "image_login", "token"))


def write(world: World, entry: Row) -> None:
    """Keep one entry, and forget the oldest."""
    number = world.sql("INSERT INTO log (data) VALUES (?)", (json.dumps(entry),)).lastrowid or 0
    if number % _SWEEP == 0:
        world.sql("DELETE FROM log WHERE id <= ?", (number - LAST,))


def read(world: World, limit: int = LAST) -> list[Row]:
    """The last requests, the oldest first, each with its number as `id`."""
    rows = world.sql("SELECT id, data FROM log ORDER BY id DESC LIMIT ?", (max(0, min(limit, LAST)),)).fetchall()
    return [{"id": id, **json.loads(data)} for id, data in reversed(rows)]


def entry(
    verb: str, path: str, query: Mapping[str, str], body: Row, commands: Iterable[Command], status: int, answer: Any
) -> Row:
    """What was asked and, in short, what was answered: every secret value is masked, also where a refusal repeats it.

    Arguments:
        body: the fields of the body.
        commands: those that send such requests; their entries say which fields are secret.
        answer: as it was before it became JSON; a refusal's words and the ids of what was made are kept of it.
    """
    mask = _Mask(_secret(tuple(commands)))
    row: Row = {"verb": verb, "path": path}
    if query:
        row["query"] = mask.over({name: _short(_opened(value), len(value)) for name, value in query.items()})
    if body:
        row["body"] = _short(mask.over(body), len(json.dumps(body)))
    row["status"] = status
    if isinstance(answer, dict):
        refusal = ("error", "msg") if answer.get("success") is False or status >= 300 else ()
        row.update({name: answer[name] for name in (*refusal, "new_contract", "new_contracts") if name in answer})
    if "msg" in row:
        row["msg"] = mask.out_of(str(row["msg"]))
    return row


def masked(value: Any, commands: Iterable[Command]) -> Any:
    """Fields of a request in which secret values are masked; `commands` are those that send such requests."""
    return _Mask(_secret(tuple(commands))).over(value)


class _Mask:
    """Hides the values of secret fields, and remembers them."""

    def __init__(self, names: frozenset[str]) -> None:
        self._names = names
        self._hidden: list[str] = []

    def over(self, value: Any) -> Any:
        """A value in which those of secret fields are masked, wherever they stand."""
        if isinstance(value, Mapping):
            return {name: self._hide(item) if name in self._names else self.over(item) for name, item in value.items()}
        return [self.over(item) for item in value] if isinstance(value, list) else value

    def out_of(self, text: str) -> str:
        """A text without what was masked before."""
        for hidden in self._hidden:
            text = text.replace(hidden, MASK)
        return text

    def _hide(self, value: Any) -> str:
        if isinstance(value, str) and value:
            self._hidden.append(value)
        return MASK


@cache
def _secret(commands: tuple[Command, ...]) -> frozenset[str]:
    """The names of fields, as they travel, whose values are secret."""
    found = {p.wire.rpartition(".")[2] for command in commands for p in command.params.values() if p.secret}
    return SECRETS | found


def _opened(text: str) -> Any:
    """A query value; one that is JSON text as what it says, for secrets may be in there."""
    if text[:1] not in ("{", "["):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return "(no JSON)"


def _short(value: Any, size: int) -> Any:
    """A value, or only its size when it is long."""
    return value if size <= LONGEST else f"({size} characters)"
