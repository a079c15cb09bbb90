"""Rules about the values that an entry writes down: what goes with a type, choices, limits and defaults."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ..nearest import suggestion
from .facts import NUMBERS, Entry, Found, is_positional, params_of
from .model import choice_key
from .read import Path
from .sentences import shown

SEARCHING = ("query", "order", "columns")

# Keys of a parameter that go with some types only.
OPTIONS: dict[str, tuple[str, ...]] = {
    "of": SEARCHING,
    "unless": ("query",),
    "read": ("path",),
    "clamp": NUMBERS,
    "blanks": ("str",),
}

# What a value written in the table must be, by the parameter's type.
FITS: dict[str, Callable[[Any], bool]] = {
    "str": lambda value: isinstance(value, str),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "bool": lambda value: isinstance(value, bool),
    "json": lambda value: True,
    "path": lambda value: isinstance(value, str) and value != "",
    "date": lambda value: isinstance(value, str | int | float) and not isinstance(value, bool),
    "query": lambda value: isinstance(value, str | dict),
    "order": lambda value: isinstance(value, str | list),
    "columns": lambda value: isinstance(value, str | list),
    "env": lambda value: isinstance(value, str | dict),
    "scopes": lambda value: isinstance(value, str | list | dict),
    "id": lambda value: isinstance(value, int | str) and bool(re.fullmatch(r"[A-Za-z0-9_.:-]+", str(value))),
}
_MEANING = {"str": "text; write it in quotes", "int": "a whole number", "float": "a number", "bool": "true or false"}


def types_have_what_they_need(name: str, entry: Entry) -> Found:
    """The types of searches say of which; what goes with one type stands with no other; ends of a window are dates."""
    for key, parameter in params_of(entry).items():
        kind = parameter.get("type")
        one = kind[0] if isinstance(kind, list) else kind
        if one in SEARCHING and "of" not in parameter:
            yield ("params", key), f"the type {one} needs of: the kind of search, such as offers"
        for option, types in OPTIONS.items():
            if option in parameter and one not in types:
                yield ("params", key, option), f"goes with the type {' or '.join(types)}, and the type is {one}"
        if parameter.get("clamp") and not {"minimum", "maximum"} & set(parameter):
            yield ("params", key, "clamp"), "needs a minimum or a maximum"
    for end in ("from", "to"):
        other = params_of(entry).get(entry.get("window", {}).get(end), {"type": "date"})
        if other.get("type") != "date":
            yield ("window", end), "its type must be date"


def values_fit(name: str, entry: Entry) -> Found:
    """Choices fit the type, limits belong to numbers, and a default is a value that would be accepted."""
    for key, parameter in params_of(entry).items():
        kind = parameter.get("type")
        one = kind[0] if isinstance(kind, list) else kind
        if one not in FITS:
            continue
        at: Path = ("params", key)
        for limit in ("minimum", "maximum"):
            if limit in parameter and one not in NUMBERS:
                yield (*at, limit), f"only numbers have a {limit}, and the type is {one}"
        if parameter.get("minimum", -float("inf")) > parameter.get("maximum", float("inf")):
            yield (*at, "minimum"), "is greater than the maximum"
        choices = parameter.get("choices", ())
        for number, choice in enumerate(choices):
            if not FITS[one](choice) and not (isinstance(choices, Mapping) and _is_text_of(one, choice)):
                yield (*at, "choices", choice if isinstance(choices, Mapping) else number), _misfit(choice, one)
        if "repeated" in parameter and not isinstance(kind, list):
            yield (*at, "repeated"), f"only a list is given one by one; write type: [{one}]"
        if "batch" in parameter and not isinstance(kind, list):
            yield (*at, "batch"), f"only a list is sent in batches; write type: [{one}]"
        if "bare" in parameter:
            if isinstance(kind, list) or one == "bool" or is_positional(key, parameter, entry):
                yield (*at, "bare"), "only for a flag that takes one value"
            else:
                meant = {**parameter, "default": parameter["bare"]}
                yield from (((*at, "bare"), fault) for fault in _default_faults(meant, kind, one))
        if parameter.get("default") is not None:
            yield from (((*at, "default"), fault) for fault in _default_faults(parameter, kind, one))
    batched = [key for key, parameter in params_of(entry).items() if "batch" in parameter]
    if len(batched) > 1:
        yield ("params", batched[1], "batch"), f'"{batched[0]}" is sent in batches already; one list can be'


def _default_faults(parameter: Entry, kind: Any, one: str) -> Iterator[str]:
    default = parameter["default"]
    if isinstance(kind, list) and not isinstance(default, list):
        yield f"{shown(default)} is not a list, and the type is [{one}]"
        return
    for value in default if isinstance(kind, list) else [default]:
        if not FITS[one](value):
            yield _misfit(value, one)
            continue
        known = parameter.get("choices")
        if known is not None and choice_key(value) not in map(choice_key, known):
            yield f"{shown(value)} is not one of the choices.{suggestion(str(value), map(str, known))}"
        if one in NUMBERS and value < parameter.get("minimum", value):
            yield f"{shown(value)} is less than the minimum"
        if one in NUMBERS and value > parameter.get("maximum", value):
            yield f"{shown(value)} is more than the maximum"


def _misfit(value: Any, one: str) -> str:
    meaning = f", which is {_MEANING[one]}" if one in _MEANING else ""
    return f"{shown(value)} does not fit the type {one}{meaning}"


def _is_text_of(one: str, text: Any) -> bool:
    """Is this key of a mapping, which is always text, how a value of the type is written?"""
    if one == "bool":
        return text in ("true", "false")
    return one in NUMBERS and bool(re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", str(text)))
