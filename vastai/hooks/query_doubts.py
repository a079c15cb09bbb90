"""Remarks on values and fields that nothing is known to have: most likely misspelt, sent all the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from vastai.hooks.known_values import VALUES
from vastai.hooks.query_conditions import Condition
from vastai.hooks.query_fields import kind_named
from vastai.hooks.query_grammar import shown
from vastai.hooks.regions import CODES, countries_named
from vastai.nearest import nearest, suggestion


def of_values(conditions: Iterable[Condition]) -> list[str]:
    """One line for each value that its field is not known to have.

    >>> of_values([Condition("gpu_name", "eq", "RTX4090"), Condition("geolocation", "in", ["DE", "EU"])])
    ['gpu_name: no model "RTX4090" is known here. Did you mean "RTX_4090"?', 'geolocation: "EU" is a region, which \
counts with georegion=true in the query only']
    """
    conditions = list(conditions)
    regions_count = any(each.field == "georegion" and each.value is True for each in conditions)
    lines = []
    for each in conditions:
        for value in each.value if isinstance(each.value, list) else [each.value]:
            if isinstance(value, str) and each.field == "gpu_name":
                lines.append(_of_model(value))
            elif isinstance(value, str) and each.field == "geolocation":
                lines.append(_of_place(value, regions_count))
    return [line for line in lines if line]


def of_order(columns: Iterable[tuple[str, str]], kind: str) -> list[str]:
    """One line for each field to sort by that is not known, but much like one that is.

    >>> of_order([("dph_totl", "asc"), ("score", "desc")], "offers")
    ['order: no field "dph_totl" is known here. Did you mean "dph_total"?']
    """
    data = kind_named(kind)
    known = [*data.fields, *data.order_aliases]
    doubtful = [name for name, _ in columns if name not in known and nearest(name, known)]
    return [f"order: no field {_quoted(name)} is known here.{suggestion(name, known)}" for name in doubtful]


def _of_model(value: str) -> str:
    known: Mapping[str, str] = {model.replace("_", " "): model for model in VALUES["gpu_name"]}
    if value in known:
        return ""
    return f"gpu_name: no model {_quoted(value)} is known here.{suggestion(value.replace(' ', '_'), known.values())}"


def _of_place(value: str, regions_count: bool) -> str:
    known = VALUES["geolocation"]
    if value in known or (regions_count and value.upper() in CODES):
        return ""
    if value in CODES:
        return f"geolocation: {_quoted(value)} is a region, which counts with georegion=true in the query only"
    if value.upper() in known:
        return f'geolocation: countries are written in capitals. Did you mean "{value.upper()}"?'
    if countries_named(value):
        return f"geolocation: {_quoted(value)} is no country; see vastai help regions for the codes of regions"
    return f"geolocation: {_quoted(value)} is no country; write its code of two letters, such as DE"


def _quoted(value: str) -> str:
    return f'"{shown(value)[1:-1]}"'
