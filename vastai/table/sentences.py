"""Turn what jsonschema finds wrong with a table into sentences for people, each at its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from ..nearest import suggestion
from .read import Path

Breach = Any  # a jsonschema.ValidationError: typed, each of its fields might be unset, which never is so here

KINDS = {
    "string": "text",
    "object": "a mapping",
    "array": "a list",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


class Finding(NamedTuple):
    """One sentence about one place.

    Attributes:
        path: the place.
        sentence: what is wrong there.
        absent: whether something is missing there, rather than wrong: then what is there can still be judged.
    """

    path: Path
    sentence: str
    absent: bool = False


def findings(errors: Iterable[Breach]) -> Iterator[Finding]:
    """The sentences for errors of jsonschema; of alternatives, only the one that was meant."""
    for error in errors:
        path = tuple(error.absolute_path)
        if "propertyNames" in error.relative_schema_path:
            path = (*path, str(error.instance))
        if error.validator in ("anyOf", "oneOf") and error.context:
            yield from _alternatives(error, path)
        else:
            yield from SENTENCES.get(str(error.validator), _other)(error, path)


def shown(value: Any) -> str:
    """A value as a message quotes it: short, on one line, texts in double quotes.

    >>> shown("integr"), shown(True), shown(["a", 1])
    ('"integr"', 'true', '["a", 1]')
    """
    import json

    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 60 else text[:57] + "..."


def _alternatives(error: Breach, path: Path) -> Iterator[Finding]:
    """The alternative whose kind of value is there; or that none is."""
    branches: dict[Any, list[Breach]] = {}
    for cause in error.context or ():
        branches.setdefault(cause.relative_schema_path[0], []).append(cause)
    if all(cause.validator == "required" for causes in branches.values() for cause in causes):
        names = " or ".join(f'"{cause.validator_value[0]}"' for causes in branches.values() for cause in causes)
        yield Finding(path, f"needs {names}", absent=True)
        return
    kinds = []
    for causes in branches.values():
        wrong_kind = next((c for c in causes if c.validator == "type" and not c.relative_path), None)
        if wrong_kind is None:
            yield from findings(causes)
            return
        kinds.append(_kinds(wrong_kind.validator_value))
    yield Finding(path, f"must be {' or '.join(kinds)}, not {_kind(error.instance)}")


def _wrong_kind(error: Breach, path: Path) -> Iterator[Finding]:
    yield Finding(path, f"must be {_kinds(error.validator_value)}, not {_kind(error.instance)}")


def _not_one_of(error: Breach, path: Path) -> Iterator[Finding]:
    known = [str(word) for word in error.validator_value]
    hint = suggestion(str(error.instance), known) or f" Write {', '.join(known[:-1])} or {known[-1]}."
    yield Finding(path, f"{shown(error.instance)} is not {error.schema.get('title', 'known here')}.{hint}")


def _not_the_one(error: Breach, path: Path) -> Iterator[Finding]:
    yield Finding(path, f"must be {shown(error.validator_value)}, not {shown(error.instance)}")


def _unlike(error: Breach, path: Path) -> Iterator[Finding]:
    yield Finding(path, f"{shown(error.instance)} is not {error.schema.get('title', 'written as it should be')}")


def _missing(error: Breach, path: Path) -> Iterator[Finding]:
    for name in error.validator_value:
        if name not in error.instance:
            yield Finding(path, f'needs "{name}"', absent=True)


def _missing_beside(error: Breach, path: Path) -> Iterator[Finding]:
    for name, others in error.validator_value.items():
        for other in others:
            if name in error.instance and other not in error.instance:
                yield Finding((*path, name), f'goes only with "{other}"', absent=True)


def _unknown_key(error: Breach, path: Path) -> Iterator[Finding]:
    known = error.schema.get("properties", {})
    for key in error.instance:
        if key not in known:
            yield Finding((*path, key), f'"{key}" is not a key here.{suggestion(key, known)}')


def _both(error: Breach, path: Path) -> Iterator[Finding]:
    if not isinstance(error.instance, dict):
        return  # it is no entry at all, which is said already
    present = [branch["required"][0] for branch in error.validator_value if branch["required"][0] in error.instance]
    names = " and ".join(f'"{name}"' for name in present)
    yield Finding(path, f"has both {names}; keep one", absent=True)


def _empty(error: Breach, path: Path) -> Iterator[Finding]:
    yield Finding(path, "must not be empty")


def _too_many(error: Breach, path: Path) -> Iterator[Finding]:
    yield Finding(path, f"must hold {error.validator_value}, not {len(error.instance)}")


def _too_small(error: Breach, path: Path) -> Iterator[Finding]:
    yield Finding(path, f"{shown(error.instance)} is too small")


def _twice(error: Breach, path: Path) -> Iterator[Finding]:
    yield Finding(path, "names something twice")


def _other(error: Breach, path: Path) -> Iterator[Finding]:
    yield Finding(path, error.message[:200])


# The keywords of JSON Schema that schemas/commands.json uses, each with the sentence about its breach.
SENTENCES: dict[str, Callable[[Breach, Path], Iterator[Finding]]] = {
    "type": _wrong_kind,
    "enum": _not_one_of,
    "const": _not_the_one,
    "pattern": _unlike,
    "required": _missing,
    "dependentRequired": _missing_beside,
    "additionalProperties": _unknown_key,
    "oneOf": _both,
    "minItems": _empty,
    "minLength": _empty,
    "minProperties": _empty,
    "maxItems": _too_many,
    "maxProperties": _too_many,
    "minimum": _too_small,
    "exclusiveMinimum": _too_small,
    "uniqueItems": _twice,
}


def _kinds(names: str | list[str]) -> str:
    return " or ".join(KINDS[name] for name in ([names] if isinstance(names, str) else names))


def _kind(value: Any) -> str:
    """The kind of a value in words; a word or number is quoted as well, for it is short."""
    if value is None:
        return "empty"
    if isinstance(value, dict | list):
        return KINDS["object" if isinstance(value, dict) else "array"]
    return shown(value)
