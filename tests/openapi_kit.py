"""Our OpenAPI document, and whether requests and answers are as it describes them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from vastai import openapi
from vastai.client import table

DOCUMENT = openapi.document(table())
BASE = "urn:openapi"
REGISTRY: Any = Registry().with_resource(BASE, Resource.from_contents(DOCUMENT, DRAFT202012))


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Verb, path and description of each operation."""
    for path, item in DOCUMENT["paths"].items():
        for verb in item.keys() & {"get", "put", "post", "delete", "patch"}:
            yield verb.upper(), path, item[verb]


@cache
def operation(verb: str, path: str) -> dict[str, Any] | None:
    """The operation of a request, or None; of two that fit, the one with fewer parameters in its path."""
    fitting = [
        (template.count("{"), found)
        for known, template, found in operations()
        if known == verb and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template.rstrip("/")), path.rstrip("/"))
    ]
    return min(fitting, key=lambda pair: pair[0])[1] if fitting else None


def request_faults(verb: str, path: str, query: Mapping[str, list[str]], body: Any) -> list[str]:
    """What of a request is not as described, one line each."""
    found = operation(verb, path)
    if found is None:
        return [f"{verb} {path} is no operation"]
    described = {each["name"]: each for each in found.get("parameters", []) if each["in"] == "query"}
    merges = any(each.get("explode") for each in described.values())
    lines = [f"query {name} is not described" for name in query if name not in described and not merges]
    for name, parameter in described.items():
        if name in query:
            lines += [f"query {name}: {line}" for line in faults(*_decoded(parameter, query[name][0]))]
        elif parameter.get("required"):
            lines.append(f"query {name} is required")
    if "requestBody" in found:
        schema = found["requestBody"]["content"]["application/json"]["schema"]
        return lines + [f"body: {line}" for line in faults(schema, {} if body is None else body)]
    return [*lines, f"body: {body} is not described"] if body else lines


def _decoded(parameter: dict[str, Any], text: str) -> tuple[dict[str, Any], Any]:
    """The schema of a query parameter, and the value that the text stands for."""
    if "content" in parameter:
        return parameter["content"]["application/json"]["schema"], json.loads(text)
    schema = parameter["schema"]
    plain = "string" in schema.get("type", ()) or isinstance(schema.get("const"), str)
    return schema, text if plain else json.loads(text)


def answer_faults(verb: str, path: str, answer: Any) -> list[str]:
    """What of a good answer in JSON is not as described, one line each."""
    found = operation(verb, path)
    assert found is not None, f"{verb} {path}"
    return faults(found["responses"]["200"]["content"]["application/json"]["schema"], answer)


def faults(schema: dict[str, Any], value: Any) -> list[str]:
    """What of a value is not as a schema of the document wants it, one line each."""
    checked = json.loads(json.dumps(schema).replace('"#/components', f'"{BASE}#/components'))
    errors = Draft202012Validator(checked, registry=REGISTRY).iter_errors(value)
    return [f"{error.json_path}: {error.message[:200]}" for error in errors]
