"""The response schemas: find them, and check an object against one. Loads jsonschema, so it is imported late."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from typing import Any

from .find import data_path, user_tables


def folders() -> list[str]:
    """Where schemas lie: the package's, and a folder ``schemas`` beside each table of the user."""
    return [data_path("schemas"), *(os.path.join(os.path.dirname(path), "schemas") for path in user_tables())]


@cache
def load(name: str) -> dict[str, Any]:
    """A response schema by its plain name.

    Raises:
        FileNotFoundError: there is none of that name.
    """
    for folder in folders():
        path = os.path.join(folder, f"{name}.json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                schema: dict[str, Any] = json.load(file)
                return schema
    raise FileNotFoundError(f"there is no schema {name}.json")


@cache
def acknowledges(name: str | None) -> bool:
    """Is an answer of this schema an acknowledgement: ``ack`` itself, or one that extends it?"""
    if name is None or name == "ack":
        return name == "ack"
    extended = (part.get("$ref", "") for part in load(name).get("allOf", ()))
    return any(acknowledges(each.removesuffix(".json")) for each in extended if each)


def may_be_list(name: str) -> bool:
    """May an answer of this schema also be a list?"""
    return "array" in load(name).get("type", ())


def properties(name: str) -> dict[str, Any]:
    """The described properties of a schema, those of the schemas it extends included."""
    schema = load(name)
    found: dict[str, Any] = {}
    for part in schema.get("allOf", ()):
        if "$ref" in part:
            found.update(properties(part["$ref"].removesuffix(".json")))
    return {**found, **schema.get("properties", {})}


def row_properties(name: str, key: str | None) -> dict[str, Any]:
    """The described properties of a row: those of the schema itself, or of the items of this field of it.

    Arguments:
        key: the field that holds the rows, where the schema describes a page of them.
    """
    described = properties(name)
    if key is None:
        return described
    items: dict[str, Any] = described.get(key, {}).get("items", {})
    reference = items.get("$ref", "")
    if reference.startswith("#/$defs/"):
        items = load(name)["$defs"][reference.rpartition("/")[2]]
    elif reference:
        return properties(reference.removesuffix(".json"))
    found: dict[str, Any] = items.get("properties", {})
    return found


def faults(name: str, thing: Any) -> Iterator[tuple[str, str]]:
    """What is wrong with an object: its path, and the fault in words; nothing when it is as described."""
    for error in _validator(name).iter_errors(thing):
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.absolute_path)
        yield path, error.message[:200]


@cache
def _validator(name: str) -> Any:
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource
    from referencing.jsonschema import DRAFT202012

    def retrieve(uri: str) -> Any:
        return Resource.from_contents(load(uri.removesuffix(".json")), default_specification=DRAFT202012)

    registry: Any = Registry(retrieve=retrieve)  # type: ignore[call-arg]  # referencing's alias hides the argument
    return Draft202012Validator(load(name), registry=registry)
