"""When are two requests the same, and when two results? The rule of the recorded cases, in functions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# Fields that the recorded client adds to every body and that carry nothing.
FILLERS = {"client_id": "me", "api_key": None, "sender": "me"}
# Look-ups that the recorded client makes on the side, for help texts, caches and filters.
SIDE_LOOKUPS = {
    ("GET", "/api/v0/users/current"),
    ("GET", "/api/v0/gpu_names/unique/"),
    ("GET", "/api/v0/instances/filters/"),
}


def canonical(request: Mapping[str, Any]) -> dict[str, Any]:
    """A request in the one form in which equal requests are equal."""
    query = {name: _plain(_value(values[-1])) for name, values in request["query"].items()}
    body = _plain(request["json"])
    path = request["path"]
    verb = request["verb"]
    if path == "/api/v0/bundles/":  # GET with q, or POST: the same search
        body = _without_wildcards(query.pop("q", None) or body or {})
        verb = "SEARCH"
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in FILLERS}
    if not body and verb in ("GET", "SEARCH"):
        body = None
    return {"verb": verb, "path": path, "query": {k: v for k, v in query.items() if v is not None}, "body": body}


def same_requests(
    recorded: list[dict[str, Any]], ours: list[dict[str, Any]], volatile: set[str]
) -> tuple[list[Any], list[Any]]:
    """Both lists in comparable form; equal lists mean equal requests. Volatile query values count as equal."""
    left = [canonical(request) for request in recorded if not _side(request, ours)]
    right = [canonical(request) for request in ours]
    for number in range(min(len(left), len(right))):
        for name in list(left[number]["query"]):
            if f"/requests/{number}/query/{name}/0" in volatile and name in right[number]["query"]:
                left[number]["query"][name] = right[number]["query"][name] = "<clock>"
    return left, right


def contains(result: Any, recorded: Any) -> bool:
    """Is the recorded result in ours, added fields allowed? Numbers compare by value."""
    if isinstance(recorded, dict):
        return isinstance(result, dict) and all(
            contains(result.get(name), value) for name, value in recorded.items() if value is not None
        )
    if isinstance(recorded, list):
        return (
            isinstance(result, list)
            and len(result) == len(recorded)
            and all(contains(mine, theirs) for mine, theirs in zip(result, recorded, strict=True))
        )
    return bool(_plain(result) == _plain(recorded))


def _side(request: Mapping[str, Any], ours: list[dict[str, Any]]) -> bool:
    key = (request["verb"], request["path"])
    return key in SIDE_LOOKUPS and key not in {(mine["verb"], mine["path"]) for mine in ours}


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
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
