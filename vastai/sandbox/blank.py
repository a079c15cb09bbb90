"""The answer of a route that keeps no state: the plainest one that its schema describes."""

from __future__ import annotations

from typing import Any

from vastai.table import schemas
from vastai.table.model import Command

# One value of each type that JSON Schema knows.
PLAIN: dict[str, Any] = {
    "null": None,
    "boolean": True,
    "integer": 1,
    "number": 1.0,
    "string": "",
    "array": [],
    "object": {},
}


def answer(command: Command) -> Any:
    """An answer of a command, in its envelope: one row of a list, an acknowledgement that says yes.

    Arguments:
        command: its `returns` names the schema; without one the answer is an acknowledgement.
    """
    returns = command.returns
    thing = row(returns.schema) if returns.schema else {"success": True}
    payload = [thing] if returns.many else thing
    key = command.pages["items"] if command.pages else returns.unwrap
    return {"success": True, key: payload} if key else payload


def row(name: str) -> dict[str, Any]:
    """One object of a schema: done, null where that is allowed, else the plainest value of the type: one row of rows.

    >>> row("ack")
    {'success': True, 'msg': None, 'error': None}
    """
    found = {field: _value(described) for field, described in schemas.properties(name).items()}
    return {**found, "success": True} if "success" in found else found


def _value(described: dict[str, Any]) -> Any:
    kinds = described.get("type", "null")
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if "const" in described or described.get("enum"):
        return described.get("const", (described.get("enum") or [None])[0])
    if kinds[0] == "array" and "null" not in kinds:
        inside = described.get("items", {}).get("properties")
        return [{field: _value(each) for field, each in inside.items()}] if inside else []
    return None if "null" in kinds else PLAIN[kinds[0]]
