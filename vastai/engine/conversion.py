"""Conversion: one value as its parameter wants it, or what it should be."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from typing import Any

from ..nearest import suggestion
from ..table.model import Parameter, choice_key

ID_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:-")


def convert(parameter: Parameter, value: Any) -> Any:
    """One value as its parameter wants it.

    Raises:
        ValueError: it cannot be that; the text says what it should be.
    """
    if parameter.many:
        items = list(value) if isinstance(value, list | tuple | set) else _split(value)
        if parameter.type in ("id", "int"):  # several may stand in one word, with commas between
            items = [part for item in items for part in _split(item)]
        return [_one(parameter, item) for item in items]
    return _one(parameter, value)


def _one(parameter: Parameter, value: Any) -> Any:
    if isinstance(value, bool) and parameter.has_bare:
        if not value:
            return None
        value = parameter.bare
    value = TYPES[parameter.type](value)
    if parameter.choices is not None:
        key = choice_key(value)
        if key not in parameter.choices:
            known = ", ".join(parameter.choices)
            raise ValueError(f"{value!r} is not one of {known}.{suggestion(key, parameter.choices)}".rstrip("."))
        value = parameter.choices[key]
    if parameter.blanks:
        value = value.replace("_", " ")
    if parameter.clamp:
        value = _clamped(parameter, value)
    if parameter.minimum is not None and value < parameter.minimum:
        raise ValueError(f"{value} is less than {parameter.minimum}")
    if parameter.maximum is not None and value > parameter.maximum:
        raise ValueError(f"{value} is more than {parameter.maximum}")
    if parameter.place == "path" and value in ("", ".", ".."):
        raise ValueError(f"{value!r} cannot stand in a path")
    return value


def _clamped(parameter: Parameter, value: Any) -> Any:
    """The nearest number within the limits."""
    if parameter.minimum is not None and value < parameter.minimum:
        return parameter.minimum
    return parameter.maximum if parameter.maximum is not None and value > parameter.maximum else value


def _split(value: Any) -> list[Any]:
    """A single value, or the comma-separated ones in a text, as a list."""
    return [item.strip() for item in value.split(",") if item.strip()] if isinstance(value, str) else [value]


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    raise ValueError(f"{_shown(value)} is not a text")


def _int(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str):
        digits = value.strip()
        if digits.lstrip("+-").isascii() and digits.lstrip("+-").isdigit() and len(digits) < 20:
            return int(digits)
    raise ValueError(f"{_shown(value)} is not a whole number")


def _float(value: Any) -> float:
    try:
        if isinstance(value, bool) or (isinstance(value, str) and (not value.isascii() or "_" in value)):
            raise ValueError
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"{_shown(value)} is not a number") from None
    if not math.isfinite(number):
        raise ValueError(f"{_shown(value)} is not a finite number")
    return value if isinstance(value, int) else number


def _bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if isinstance(value, str | int) and str(value).lower() in words:
        return words[str(value).lower()]
    raise ValueError(f"{_shown(value)} is not true or false")


def _json(value: Any) -> Any:
    import json

    if isinstance(value, str) and value.lstrip()[:1] in ("{", "[", '"'):
        try:
            return json.loads(value)
        except RecursionError:
            raise ValueError("is not JSON that can be read: it is nested too deeply") from None
        except ValueError as error:
            raise ValueError(f"is not JSON: {error}") from None
    if not isinstance(value, str):
        try:
            return json.loads(json.dumps(value, allow_nan=False))  # a copy: the caller's own is never changed
        except (TypeError, ValueError) as error:
            raise ValueError(f"cannot be sent as JSON: {error}") from None
    return value


def _path(value: Any) -> str:
    try:
        path = os.fspath(value)
    except TypeError:
        path = None
    if not isinstance(path, str) or not path or "\0" in path:
        raise ValueError(f"{_shown(value)} is not a path")
    return os.path.expanduser(path)


def _date(value: Any) -> float:
    """Unix seconds from a number, YYYY-MM-DD (a time may follow) or MM/DD/YYYY; UTC."""
    if isinstance(value, str) and ("-" in value[1:] or "/" in value):
        from datetime import datetime, timezone

        for form in ("%Y-%m-%d", "%m/%d/%Y", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %I:%M:%S %p"):
            try:
                return datetime.strptime(value.strip(), form).replace(tzinfo=timezone.utc).timestamp()
            except ValueError:
                continue
    try:
        return float(_float(value))
    except ValueError:
        raise ValueError(f"{_shown(value)} is not a date: write YYYY-MM-DD, MM/DD/YYYY or unix seconds") from None


def _id(value: Any) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str):
        text = value.strip()
        if text and text not in (".", "..") and len(text) <= 256 and not set(text) - ID_CHARACTERS:
            return int(text) if text.isdigit() and len(text) < 19 and str(int(text)) == text else text
    raise ValueError(f"{_shown(value)} is not an id: letters, digits and _ . : - only")


def _shown(value: Any) -> str:
    """A value in an error text: short, and on one line."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


TYPES: dict[str, Callable[[Any], Any]] = {
    "str": _text,
    "int": _int,
    "float": _float,
    "bool": _bool,
    "json": _json,
    "path": _path,
    "date": _date,
    "id": _id,
    "query": _json,
    "order": _json,
    "columns": _json,
    "env": _json,
    "scopes": _json,
}
