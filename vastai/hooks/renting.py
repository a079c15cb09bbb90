"""Hooks of renting that stand alone: defaults by surface, what a launch searches for, the files of a backup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from . import query_doubts
from .query import launch_region
from .query_conditions import Condition
from .registry import prepare, value, view

Values = dict[str, Any]


@prepare
def by_surface(values: Values, surface: str = "library", **defaults: Values) -> Values:
    """Defaults that differ between library and terminal, as those of the official client do.

    Arguments:
        defaults: surface to parameter to value.

    >>> by_surface({"disk": None}, surface="terminal", library={"disk": 10}, terminal={"disk": 16})
    {'disk': 16}
    """
    missing = {name: item for name, item in defaults.get(surface, {}).items() if values.get(name) is None}
    return {**values, **missing}


@value
def mapping(value: Any, values: Values) -> Any:
    """A JSON object, and nothing else.

    Raises:
        ValueError: it is something else.

    >>> mapping({"TZ": "UTC"}, {})
    {'TZ': 'UTC'}
    """
    if not isinstance(value, Mapping):
        raise ValueError('must be a mapping, in the terminal as JSON such as \'{"TZ": "UTC"}\'')
    return value


@value
def region(value: str, values: Values, notes: list[str]) -> dict[str, object]:
    """The comparison for the place of a machine: a part of the world, a country code, or a list of them.

    >>> region("[US,CA]", {}, [])
    {'in': ['US', 'CA']}
    """
    found = launch_region(value)
    notes.extend(query_doubts.of_values([Condition("geolocation", "in", found["in"])]))
    return found


@view
def backup_files(result: Values) -> str:
    """The files of a backup, one on a line: name, size, and the URL with the token that it needs.

    >>> backup_files({"files": [{"name": "a", "size": 2500000, "url": "https://x/a"}], "authorization_token": "t+"})
    'a  2.50 MB  https://x/a?Authorization=t%2B'
    """
    token = quote(str(result.get("authorization_token") or ""), safe="*")
    lines = []
    for file in result.get("files") or []:
        size, url = file.get("size"), str(file.get("url") or "")
        shown = f"{size / 1e6:.2f} MB" if isinstance(size, int | float) else "-"
        if url and token:
            url += f"{'&' if '?' in url else '?'}Authorization={token}"
        lines.append(f"{file.get('name')}  {shown}  {url}".rstrip())
    if result.get("truncated"):
        lines.append("There are more files than the service lists.")
    if lines and result.get("expires_in_sec") is not None:
        lines.append(f"The token is good for {result['expires_in_sec']} seconds.")
    return "\n".join(lines) or "No files."
