"""The JSON Schema of one value as it is sent: of a parameter's type, choices and limits, and of several together."""

from __future__ import annotations

from typing import Any

from ..table.model import UNSET, Parameter

Schema = dict[str, Any]

_PAIR = {"type": "array", "items": {"type": "string"}, "minItems": 2, "maxItems": 2}
_COLUMN = {
    "type": "object",
    "properties": {"col": {"type": "string"}, "dir": {"enum": ["asc", "desc"]}},
    "required": ["col", "dir"],
}
# What is sent for a value of each type.
TYPES: dict[str, Schema] = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "date": {"type": "number"},
    "path": {"type": "string"},
    "id": {"type": ["integer", "string"], "pattern": "^[A-Za-z0-9_.:-]+$"},
    "json": {},
    "query": {"type": ["object", "string"]},
    "order": {"type": "array", "items": _PAIR},
    "columns": {"type": "array", "items": _COLUMN},
    "env": {"type": "object", "additionalProperties": {"type": "string"}},
    "scopes": {"type": "object"},
}
NAMES = {str: "string", bool: "boolean", int: "integer", float: "number"}
LISTED = frozenset(("order", "columns"))  # a list of them is sent as one


def schema_of(parameter: Parameter) -> Schema:
    """What is sent for a parameter; nothing is said of what value hooks make of it."""
    schema: Schema = {} if parameter.then else _one(parameter)
    if parameter.many and schema and parameter.type not in LISTED:
        schema = {"type": "array", "items": schema}
        if parameter.batch:
            schema["maxItems"] = parameter.batch
    if parameter.null == "send" and "type" in schema:
        schema = {**schema, "type": [*sorted(named(schema)), "null"]}
    if parameter.secret and "type" in schema:
        schema = {**schema, "format": "password"}
    if parameter.secret:
        schema["writeOnly"] = True
    default = _default(parameter)
    if default is not None:
        schema = {**schema, "default": default}
    return {**schema, "description": parameter.help}


def _one(parameter: Parameter) -> Schema:
    """One value: of its choices what is sent, not what is typed."""
    if parameter.choices is not None:
        return listed(list(parameter.choices.values()))
    schema = dict(TYPES[parameter.type])
    if parameter.options.get("read") == "json":
        schema = {}
    if parameter.minimum is not None:
        schema["minimum"] = parameter.minimum
    if parameter.maximum is not None:
        schema["maximum"] = parameter.maximum
    return schema


def _default(parameter: Parameter) -> Any:
    """What is sent when nothing is given, where that is plain to see; else None."""
    default = parameter.default
    if default is UNSET or parameter.transforms or not isinstance(default, str | int | float | bool):
        return None
    return (parameter.choices or {}).get(str(default), default)


def either(forms: list[Schema]) -> Schema:
    """One schema for the values of several; equal ones become one, and single values a list."""
    about = "; ".join(dict.fromkeys(form["description"] for form in forms if form.get("description")))
    bare = [{key: value for key, value in form.items() if key != "description"} for form in forms]
    kept = [form for number, form in enumerate(bare) if form not in bare[:number]]
    constants = [form["const"] for form in kept if "const" in form]
    if len(constants) > 1:
        kept = [form for form in kept if "const" not in form] + [listed(constants)]
    silent = [form for form in kept if not set(form) - {"writeOnly", "default"}]
    kept = silent[:1] or kept  # one that says nothing allows all
    found = dict(kept[0]) if len(kept) == 1 else {"anyOf": kept}
    return {**found, "description": about} if about else found


def listed(values: list[Any]) -> Schema:
    """The schema of one of these values, with their type where they have one.

    >>> listed(["bid", "bid", "on-demand"])
    {'type': 'string', 'enum': ['bid', 'on-demand']}
    """
    kinds = {type(value) for value in values}
    unique = list({(type(value), value): value for value in values}.values())
    return {"type": NAMES[kinds.pop()], "enum": unique} if len(kinds) == 1 else {"enum": unique}


def named(schema: Schema) -> set[str]:
    """The types that a schema names."""
    found = schema.get("type", [])
    return {found} if isinstance(found, str) else set(found)
