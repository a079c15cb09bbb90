"""Conditions: comparisons with their meaning, that is with a field of the search and values of its type.

They come from a query text or from ready filters, and are checked the same way.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final, NamedTuple

from vastai.hooks.query_fields import Kind, value_type
from vastai.hooks.query_grammar import (
    LIST_OPERATORS,
    OPERATORS,
    ORDERED_OPERATORS,
    Item,
    QueryError,
    comparisons,
    shown,
)
from vastai.hooks.query_values import LITERALS, TYPES, WILDCARDS

ANY: Final = object()
"""The value of a condition that lifts every filter on its field."""


class Condition(NamedTuple):
    """One condition on one field."""

    field: str
    operator: str
    value: object
    """What is sent; a list for in and notin; ``ANY`` for a wildcard."""


def from_text(text: str, kind: Kind) -> list[Condition]:
    """Read the conditions of a query text, in its order.

    Raises:
        QueryError: the text does not follow the grammar, or a value does not fit its field.

    >>> from vastai.hooks.query_fields import KINDS
    >>> [tuple(condition) for condition in from_text("dph<2 gpu_ram>=24", KINDS["offers"])]
    [('dph_total', 'lt', '2'), ('gpu_ram', 'gte', 24000.0)]
    """
    conditions: list[Condition] = []
    for comparison in comparisons(text):
        try:
            field = _field(comparison.field, comparison.operator, kind)
        except ValueError as error:
            raise QueryError(str(error), text, comparison.column) from None
        read: list[object] = []
        for item in comparison.items:
            try:
                read.append(_value(item, field, comparison.operator, kind))
            except ValueError as error:
                raise QueryError(str(error), text, item.column) from None
        several = comparison.operator in LIST_OPERATORS
        conditions.append(Condition(field, comparison.operator, read if several else read[0]))
    return conditions


def from_mapping(mapping: Mapping[str, object], kind: Kind) -> list[Condition]:
    """Read the conditions of ready filters ``{field: {operator: value}}``; a bare value means "eq".

    Values are in the service's units and are sent as they are; the mapping is not changed.

    Raises:
        QueryError: a field, an operator or a value cannot be sent.

    >>> from vastai.hooks.query_fields import KINDS
    >>> [tuple(condition) for condition in from_mapping({"num_gpus": 4, "dph": {"lt": 2}}, KINDS["offers"])]
    [('num_gpus', 'eq', 4), ('dph_total', 'lt', 2)]
    """
    conditions: list[Condition] = []
    for name, given in mapping.items():
        if not isinstance(name, str) or not (name.isascii() and name.isidentifier()):
            raise QueryError(f"{shown(name)} is no field name")
        operators = given if isinstance(given, Mapping) else {"eq": given}
        for operator, value in operators.items():
            if operator not in OPERATORS:
                raise QueryError(f"{name}: {shown(operator)} is no operator; use {' '.join(sorted(OPERATORS))}")
            try:
                field = _field(name, operator, kind)
                conditions.append(Condition(field, operator, _ready(value, field, operator, kind)))
            except ValueError as error:
                raise QueryError(str(error)) from None
    return conditions


def _field(name: str, operator: str, kind: Kind) -> str:
    """Return the field that a name or alias means. Raises ValueError when it is none that can be compared so."""
    field = kind.aliases.get(name, name)
    if field in kind.controls:
        raise ValueError(f"{field} is no field of {kind.name}; {kind.controls[field]}")
    if field in kind.directives and operator != "eq":
        raise ValueError(f"{field} works with = only; write {field}=true")
    return field


def _value(item: Item, field: str, operator: str, kind: Kind) -> object:
    """Return the value that an item of a text means for a field. Raises ValueError when it means none."""
    type_ = TYPES[value_type(field, kind)]
    word = "" if item.quoted else item.text.lower()
    if word in WILDCARDS:
        if operator != "eq":
            raise ValueError(f"{shown(item.text)} works with = only; quote it where text is meant")
        return ANY
    if word in LITERALS:
        _check_order(word, operator)
        if LITERALS[word] in type_.literals:
            return LITERALS[word]
    else:
        try:
            return type_.read(item.text, item.quoted)
        except ValueError:
            pass  # said below, in words for the user
    raise ValueError(f"{field} expects {type_.expects}, got {shown(item.text)}")


def _ready(value: object, field: str, operator: str, kind: Kind) -> object:
    """Return a copy of a ready value. Raises ValueError when it cannot be sent."""
    if operator not in LIST_OPERATORS:
        return _ready_item(value, field, operator, kind)
    if not isinstance(value, (list, tuple)) or not value:
        raise ValueError(f"{field}: {operator} needs a list with at least one value, got {shown(value)}")
    return [_ready_item(item, field, operator, kind) for item in value]


def _ready_item(value: object, field: str, operator: str, kind: Kind) -> object:
    if isinstance(value, (list, tuple)):
        raise ValueError(f"{field}: {operator} takes one value, got {shown(value)}; a list needs in or notin")
    if not isinstance(value, (str, int, float, type(None))) or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError(f"{field} cannot be compared with {shown(value)}; use text, a number, true, false or null")
    if value is None or isinstance(value, bool):
        _check_order(str(value).lower(), operator)
    type_ = TYPES[value_type(field, kind)]
    if type_.check(value):
        return value
    if operator == "eq" and isinstance(value, str) and value.lower() in WILDCARDS:
        return ANY
    raise ValueError(f"{field} expects {type_.expects}, got {shown(value)}")


def _check_order(literal: str, operator: str) -> None:
    if operator in ORDERED_OPERATORS:
        raise ValueError(f"{literal} is neither larger nor smaller than a value; compare it with = or !=")
