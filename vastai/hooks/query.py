"""The search language: from ``num_gpus>=4 dph<2`` to the filters that the service understands.

``query_grammar`` finds the comparisons in a text, ``query_conditions`` gives them their meaning, and this module joins
them with each other and with the default filters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from vastai.hooks import query_doubts, regions
from vastai.hooks.query_conditions import ANY, Condition, from_mapping, from_text
from vastai.hooks.query_fields import DEFAULTS, Filters, Kind, kind_named
from vastai.hooks.query_grammar import QueryError, shown, values

__all__ = [
    "DEFAULTS",
    "Directives",
    "Parsed",
    "Query",
    "QueryError",
    "launch_region",
    "parse",
    "read_filters",
    "text_for_service",
]

Query = str | Sequence[str] | Mapping[str, object] | None
"""A query text, its words, or ready filters; None for no query."""

Given = Mapping[str, Mapping[str, object]]
"""Filters that are only read."""


class Directives(NamedTuple):
    """What a query asks of the client and not of the service."""

    georegion: bool
    """Read region codes in geolocation, and name the region in each row."""
    chunked: bool
    """Round sizes down in each row."""


class Parsed(NamedTuple):
    """A query, understood."""

    filters: Filters
    warnings: list[str]
    """Remarks for the user, one line each."""
    directives: Directives


def parse(text: Query, kind: str, defaults: Given | None = None) -> Parsed:
    """Read a query.

    Args:
        text: the query text, its words, or ready filters in the service's units; nothing here is changed. Ready filters
            replace the defaults field by field. Comparisons of a text are joined with them, but a default that demands
            one value gives way to any comparison with its field.
        kind: offers, volumes, network_volumes, benchmarks, templates or invoices.
        defaults: the filters to start from, usually ``DEFAULTS[kind]``; none by default.

    Returns:
        The filters, remarks for the user, and the directives.

    Raises:
        QueryError: the query cannot be understood; nothing should be sent.
        ValueError: there is no such kind of search.

    >>> parse("num_gpus>=4 dph<2 gpu_name=RTX_4090", "offers").filters
    {'num_gpus': {'gte': '4'}, 'dph_total': {'lt': '2'}, 'gpu_name': {'eq': 'RTX 4090'}}
    >>> parse("verified=any", "offers", DEFAULTS["offers"]).filters
    {'external': {'eq': False}, 'rentable': {'eq': True}, 'verified': {'eq': 'any'}}
    """
    filters, warnings = read_filters(text, kind, defaults)
    asked = {name: filters.pop(name, {}).get("eq") for name in kind_named(kind).directives}
    directives = Directives(asked.get("georegion") is True, asked.get("chunked") is True)
    for name, value in asked.items():
        if value is not None and not isinstance(value, bool):
            warnings.append(f"{name}={value} has no effect; write {name}=true")
    if directives.georegion and "geolocation" in filters:
        try:
            filters["geolocation"] = regions.expand(filters["geolocation"])
        except ValueError as error:
            raise QueryError(str(error), text if isinstance(text, str) else "") from None
    return Parsed(filters, warnings, directives)


def text_for_service(query: Query, kind: str, defaults: bool) -> str | None:
    """The text of a query that the service reads itself, with the usual conditions behind it; None for other searches.

    Later comparisons of such a text join the earlier ones.

    Raises:
        ValueError: the query is no text.

    >>> text_for_service("gpu_ram>=23", "workers", True)
    'gpu_ram>=23 verified=True rentable=True rented=False'
    """
    joined = kind_named(kind).joined
    if joined is None:
        return None
    if isinstance(query, Mapping):
        raise ValueError("must be text, which the service reads itself")
    return f"{_one_text(query)} {joined if defaults else ''}".strip()


def read_filters(text: Query, kind: str, defaults: Given | None = None) -> tuple[Filters, list[str]]:
    """Read a query as ``parse`` does, but leave the directives among the filters.

    >>> read_filters("georegion=true", "offers")
    ({'georegion': {'eq': True}}, [])
    """
    data = kind_named(kind)
    start = {field: dict(operators) for field, operators in (defaults or {}).items()}
    if isinstance(text, Mapping):
        conditions = from_mapping(text, data)
        for name in text:
            start.pop(data.aliases.get(name, name), None)
    else:
        conditions = from_text(_one_text(text), data)
    filters, twice = _join(start, conditions, data)
    return filters, _unknown(conditions, data) + query_doubts.of_values(conditions) + twice


def launch_region(text: str) -> dict[str, object]:
    """Read the region of ``launch instance``: a region name, a country code, or a list of them in brackets.

    A two-letter code means the country here: NA is Namibia, ``North_America`` the region.

    Returns:
        The comparison for geolocation.

    Raises:
        QueryError: the text is none of these.

    >>> launch_region("[US,CA]"), len(launch_region("north america")["in"])
    ({'in': ['US', 'CA']}, 41)
    """
    places = [text] if regions.countries_named(text) else [item.text for item in values(text)]
    return {"in": list(dict.fromkeys(code for place in places for code in regions.countries_named(place) or (place,)))}


def _one_text(query: str | Sequence[str] | None) -> str:
    """Return a query as one text; words are joined with a blank."""
    if query is None or isinstance(query, str):
        return query or ""
    if isinstance(query, (list, tuple)) and all(isinstance(word, str) for word in query):
        return " ".join(query)
    raise QueryError(f"expected text, a list of words or a mapping of filters, got {shown(query)}")


def _join(start: Filters, conditions: list[Condition], kind: Kind) -> tuple[Filters, list[str]]:
    """Join conditions to the filters to start from, which are changed; return them and remarks about repetitions."""
    filters = start
    repeated: list[str] = []
    # An "eq" that is no wish of the caller (a default, a wildcard) gives way to any condition on its field.
    yielding = {field for field, operators in filters.items() if "eq" in operators}
    given: dict[str, dict[str, object]] = {}
    for field, operator, value in conditions:
        if value is ANY:
            given.pop(field, None)
            filters.pop(field, None)
            yielding.discard(field)
            if field in kind.sent_wildcards:
                filters[field] = {"eq": "any"}
                yielding.add(field)
            continue
        if given.setdefault(field, {}).setdefault(operator, value) != value:
            repeated.append(f"{field} is compared twice by {operator}; the last one counts")
        given[field][operator] = value
        operators = filters.setdefault(field, {})
        if field in yielding:
            del operators["eq"]
            yielding.discard(field)
        operators[operator] = value
    return filters, repeated


def _unknown(conditions: list[Condition], kind: Kind) -> list[str]:
    """Return a remark for each field that the kind of search does not list."""
    from difflib import get_close_matches

    known = [*kind.fields, *kind.aliases]
    remarks: list[str] = []
    for field in dict.fromkeys(condition.field for condition in conditions):
        if field not in kind.fields:
            near = get_close_matches(field.lower(), known, n=1, cutoff=0.7)
            advice = f"; did you mean {near[0]}?" if near else ""
            remarks.append(f"unknown field {field} in a search for {kind.name}, sent as it is{advice}")
    return remarks
