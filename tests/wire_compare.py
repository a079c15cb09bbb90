"""When are two requests the same, and when two results? The rule of the recorded cases, in functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

KEY = "k-test"  # the key of the recording, where a request does not say otherwise
# Look-ups that the recorded client makes on the side, for help texts, caches and filters.
SIDE_LOOKUPS = {
    ("GET", "/api/v0/users/current"),
    ("GET", "/api/v0/gpu_names/unique/"),
    ("GET", "/api/v0/instances/filters/"),
}


def canonical(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request in the one form in which equal requests are equal.

    Fillers that the recorded client adds to bodies, `client_id: me` and `api_key`, are left out.
    """
    query = {
        name: _plain(_value(values[0] if len(values) == 1 else values))
        for name, values in request.get("query", {}).items()
    }
    body = _plain(request.get("json"))
    path = request["path"]
    verb = request["verb"]
    if path == "/api/v0/bundles/":  # GET with q, or POST: the same search
        body = _without_wildcards(query.pop("q", None) or body or {})
        verb = "SEARCH"
    if isinstance(body, dict):
        body = {n: value for n, value in body.items() if n != "api_key" and (n, value) != ("client_id", "me")}
    if not body and verb in ("GET", "SEARCH"):
        body = None
    return {
        "verb": verb,
        "path": path,
        "query": {name: value for name, value in query.items() if value is not None},
        "body": body,
        "key": request.get("headers", {"Authorization": f"Bearer {KEY}"}).get("Authorization"),
    }


def same_requests(
    recorded: list[dict[str, Any]], ours: list[dict[str, Any]], volatile: set[str]
) -> tuple[list[Any], list[Any]]:
    """Both lists in comparable form; equal lists mean equal requests. Volatile query values count as equal."""
    left = [canonical(request) for request in _without_side_lookups(recorded, ours)]
    right = [canonical(request) for request in ours]
    for number in range(min(len(left), len(right))):
        for name in list(left[number]["query"]):
            if f"/requests/{number}/query/{name}/0" in volatile and name in right[number]["query"]:
                left[number]["query"][name] = right[number]["query"][name] = "<clock>"
    return left, right


def contains(result: Any, recorded: Any) -> bool:
    """Is the recorded result in ours, added fields allowed?"""
    if isinstance(recorded, dict):
        return isinstance(result, dict) and all(
            name in result and contains(result[name], value) for name, value in recorded.items()
        )
    if isinstance(recorded, list):
        return (
            isinstance(result, list)
            and len(result) == len(recorded)
            and all(contains(mine, theirs) for mine, theirs in zip(result, recorded, strict=True))
        )
    return bool(result == recorded) and isinstance(result, bool) == isinstance(recorded, bool)


def _without_side_lookups(recorded: list[dict[str, Any]], ours: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The recorded requests without the look-ups on the side that we do not make; they come before the real ones."""
    kept = list(recorded)
    for side in SIDE_LOOKUPS:
        places = [number for number, request in enumerate(kept[:-1]) if (request["verb"], request["path"]) == side]
        mine = sum((request["verb"], request["path"]) == side for request in ours[:-1])
        for number in reversed(places[: max(0, len(places) - mine)]):
            del kept[number]
    return kept


def _value(text: Any) -> Any:
    """A query value, read as JSON where it is."""
    try:
        return json.loads(text)
    except (ValueError, TypeError):
        return text


def _plain(value: Any) -> Any:
    """Without nulls; a number and the same number as text are one."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _without_wildcards(filters: Any) -> Any:
    if not isinstance(filters, dict):
        return filters
    return {name: value for name, value in filters.items() if value != {"eq": "any"}}
