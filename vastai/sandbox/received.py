"""JSON as it comes from outside: what can be kept and computed with, and nothing else."""

from __future__ import annotations

import json
from typing import Any

LARGEST = 2**53  # up to here a float holds every whole number
LONGEST_ID = 30  # digits; a whole number may be an id, of which there is no such
DEEPEST = 100


def loads(text: str | bytes) -> Any:
    """The value of a JSON text.

    Raises:
        ValueError: it is not JSON, or holds what cannot be kept: a fraction beyond 2**53, a whole number of more than
            30 digits, half a character (a lone surrogate), or values too deep inside others. The text says which.

    >>> loads('{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    >>> loads("1e400")
    Traceback (most recent call last):
    ValueError: the number 1e400 is too large
    """
    try:
        value = json.loads(text, parse_int=_int, parse_float=_float, parse_constant=_constant)
    except RecursionError:
        raise ValueError("it is too deep") from None
    _check(value, 0)
    return value


def _int(digits: str) -> int:
    if len(digits) > LONGEST_ID:
        raise ValueError(f"the number {digits[:20]}... is too large")
    return int(digits)


def _float(digits: str) -> float:
    if not abs(float(digits)) <= LARGEST:
        raise ValueError(f"the number {digits[:20]} is too large")
    return float(digits)


def _constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _check(value: Any, depth: int) -> None:
    """Look for half characters and depth.

    Raises:
        ValueError: there are some, or it is too deep.
    """
    if depth > DEEPEST:
        raise ValueError("it is too deep")
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:
            raise ValueError("a text holds half a character") from None
    elif isinstance(value, dict):
        for name, item in value.items():
            _check(name, depth)
            _check(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _check(item, depth + 1)
