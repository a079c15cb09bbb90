"""Read an OpenAPI description: its operations, and what a schema of it allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

VERBS = ("get", "head", "options", "trace", "put", "post", "patch", "delete")

Described = Mapping[str, Any]
Seen = tuple[int, ...]  # the schemas around one, by identity: a schema may hold itself


def operations(description: Described) -> Iterator[tuple[str, str, Described]]:
    """Each operation: its name, its plain address below the path of its server, and what is described of it.

    Its parameters are those of its path too, references followed, each once.
    """
    for path, item in description["paths"].items():
        shared = resolved(description, item)
        for verb in VERBS:
            if verb in shared:
                operation = dict(shared[verb])
                given = [*shared.get("parameters", []), *operation.get("parameters", [])]
                parameters = [resolved(description, parameter) for parameter in given]
                operation["parameters"] = list({(each["in"], each["name"]): each for each in parameters}.values())
                servers = operation.get("servers") or shared.get("servers") or description.get("servers") or [{}]
                base = urlsplit(servers[0].get("url", "")).path.rstrip("/")
                yield f"{verb.upper()} {base}{path}", plain(verb, base + path), operation


def plain(verb: str, path: str) -> str:
    """Verb and path without the names of parameters and the final slash.

    >>> plain("get", "/api/v0/instances/{id}/")
    'GET /api/v0/instances/{}'
    """
    parts = ["{}" if part.startswith("{") else part for part in path.rstrip("/").split("/")]
    return f"{verb.upper()} {'/'.join(parts)}"


def forms(description: Described, schema: Described, above: Seen = ()) -> Iterator[Described]:
    """A schema and all that it is made of or may be instead, references followed; one that holds itself once."""
    schema = resolved(description, schema)
    if id(schema) in above:
        return
    yield schema
    for key in ("allOf", "oneOf", "anyOf"):
        for part in schema.get(key, ()):
            yield from forms(description, part, (*above, id(schema)))


def fields(description: Described, schema: Described, above: Seen = ()) -> tuple[set[str], dict[str, Any]]:
    """The required names and the properties of a schema, those of the schemas it is made of included.

    What one of several forms requires, another may not have: only what all forms require is required.
    """
    schema = resolved(description, schema)
    if id(schema) in above:
        return set(), {}
    required, properties = set(schema.get("required", ())), dict(schema.get("properties", {}))
    around = (*above, id(schema))
    for key in ("allOf", "oneOf", "anyOf"):
        parts = [fields(description, part, around) for part in schema.get(key, ())]
        for _, more in parts:
            properties |= more
        names = [needed for needed, _ in parts] or [set()]
        required |= set.union(*names) if key == "allOf" else set.intersection(*names)
    return required, properties


def types(description: Described, schema: Described) -> set[str]:
    """The JSON types that a schema allows; none when it does not say."""
    kinds: set[str] = set()
    for form in forms(description, schema):
        found = form.get("type", [])
        kinds |= {found} if isinstance(found, str) else set(found)
    return kinds - {"null"}


def choices(description: Described, schema: Described) -> list[Any]:
    """The values that a schema lists, or those of the items of its list; null is none of them."""
    found: list[Any] = []
    for form in forms(description, schema):
        for part in (form, *forms(description, form.get("items", {}))):
            found += part.get("enum", [part["const"]] if "const" in part else [])
    return [value for value in found if value is not None]


def resolved(description: Described, part: Described) -> Described:
    """A part of the description, references followed."""
    while "$ref" in part:
        target: Any = description
        for key in part["$ref"].removeprefix("#/").split("/"):
            target = target[key.replace("~1", "/").replace("~0", "~")]
        part = target
    return part
