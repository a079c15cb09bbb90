"""The sandbox's limits on values: how long, how large and of which characters (limits.json), for every route."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from vastai.sandbox.behaviour.registry import Refusal
from vastai.sandbox.permissions import plain

Row = dict[str, Any]


@cache
def table() -> list[Row]:
    """The limits from the documents of the service, as entries of `routes` and their `fields`.

    Of a text: `longest` in characters, `made_of` as a set of a regular expression, with `words` for it. Of a number:
    `lowest`, `highest`, and their `unit`. Of a mapping: `longest_value`, and `longest_in_all` of names and values.
    `error` is the code of the refusal, invalid_args unless said.
    """
    with open(os.path.join(os.path.dirname(__file__), "limits.json"), encoding="utf-8") as file:
        entries: list[Row] = json.load(file)
    return entries


@cache
def limits() -> dict[str, Row]:
    """Route, as `permissions.plain` writes it -> field -> its limits."""
    return {plain(route): entry["fields"] for entry in table() for route in entry["routes"]}


def check(route: str, values: Mapping[str, Any]) -> None:
    """Refuse values beyond the limits of a route. What is missing, null or of another type is not looked at here.

    Raises:
        Refusal: 400, naming the first such field.
    """
    for field, limit in limits().get(plain(route), {}).items():
        fault = _fault(field, _at(values, field), limit)
        if fault:
            raise Refusal(400, limit.get("error", "invalid_args"), fault)


def _at(values: Any, field: str) -> Any:
    """The value at a dotted name."""
    for name in field.split("."):
        values = values.get(name) if isinstance(values, Mapping) else None
    return values


def _fault(field: str, value: Any, limit: Row) -> str:
    """What is wrong with a value, or "".

    >>> _fault("label", "abc", {"longest": 2}), _fault("disk", "7.9", {"lowest": 8, "unit": "GB"})
    ('label is longer than 2 characters', 'disk must be at least 8 GB')
    """
    if isinstance(value, Mapping):
        return _mapping_fault(field, value, limit)
    if isinstance(value, str) and len(value) > limit.get("longest", len(value)):
        return f"{field} is longer than {limit['longest']} characters"
    if isinstance(value, str) and "made_of" in limit and not re.fullmatch(f"[{limit['made_of']}]*", value):
        return f"{field} has {limit['words']} only"
    if "lowest" not in limit and "highest" not in limit:
        return ""
    number, unit = _number(value), limit.get("unit", "")
    if number is not None and number < limit.get("lowest", number):
        return f"{field} must be at least {limit['lowest']:g} {unit}".rstrip()
    if number is not None and number > limit.get("highest", number):
        return f"{field} must be at most {limit['highest']:g} {unit}".rstrip()
    return ""


def _mapping_fault(field: str, value: Mapping[str, Any], limit: Row) -> str:
    texts = {str(name): str(each) for name, each in value.items()}
    if any(len(text) > limit.get("longest_value", len(text)) for text in texts.values()):
        return f"a value of {field} is longer than {limit['longest_value']} characters"
    total = sum(len(name) + len(text) for name, text in texts.items())
    if total > limit.get("longest_in_all", total):
        return f"{field} is longer than {limit['longest_in_all']} characters in all"
    return ""


def _number(value: Any) -> float | None:
    """A number that may come as text, or None."""
    try:
        return float(value) if not isinstance(value, bool) else None
    except (TypeError, ValueError):
        return None
