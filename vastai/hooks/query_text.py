"""From filters back to query text, such that reading the text gives the same filters.

Instead of knowing when a value needs quotes, each spelling is read back with the reader of queries itself, and the
first one that gives the value again is taken. So this module cannot disagree with the grammar.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vastai.hooks.query import read_filters
from vastai.hooks.query_fields import KINDS, value_type
from vastai.hooks.query_grammar import QueryError, shown
from vastai.hooks.query_values import FACTORS, is_number

_SIGNS = {"eq": "=", "neq": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "in": " in ", "notin": " notin "}
_LITERALS = {None: "None", True: "true", False: "false"}


def unparse(filters: Mapping[str, object], kind: str) -> str:
    """Write filters as query text.

    Args:
        filters: ready filters, in the service's units; they are checked and not changed.
        kind: offers, volumes, network_volumes, benchmarks, templates or invoices.

    Returns:
        The text; reading it gives the same filters, numbers compared by value.

    Raises:
        QueryError: the filters hold what is no filter, or a text that the language cannot express.
        ValueError: there is no such kind of search.

    >>> unparse({"gpu_ram": {"gte": 24500.0}, "gpu_name": {"in": ["RTX 4090", "L40S"]}}, "offers")
    'gpu_ram>=24.5 gpu_name in RTX_4090,L40S'
    >>> unparse({"mobo_name": {"eq": "a_b"}, "rented": {"eq": None}}, "offers")
    'mobo_name="a_b" rented=None'
    """
    checked, _ = read_filters(filters, kind)
    return " ".join(
        _comparison(field, operator, value, kind)
        for field, operators in checked.items()
        for operator, value in operators.items()
    )


def _comparison(field: str, operator: str, value: object, kind: str) -> str:
    """Return the text of one comparison, the first that reads back the same."""
    type_ = value_type(field, KINDS[kind])
    for spelling in _lists(field, value, kind) if isinstance(value, list) else _spellings(value, type_):
        text = f"{field}{_SIGNS[operator]}{spelling}"
        if _reads_as(text, field, operator, value, kind):
            return text
    raise QueryError(f"{field}: {shown(value)} cannot be written as query text; pass the filters as they are")


def _lists(field: str, values: list[object], kind: str) -> Iterator[str]:
    """Spell a list, without brackets where that is enough; nothing if one of its values cannot be spelled."""
    items: list[str] = []
    for value in values:
        for spelling in (*_spellings(value, value_type(field, KINDS[kind])), str(value)):
            if _reads_as(f"{field} in [{spelling}]", field, "in", [value], kind):
                items.append(spelling)
                break
        else:
            return
    joined = ",".join(items)
    yield joined
    yield f"[{joined}]"


def _spellings(value: object, type_: str) -> Iterator[str]:
    """Spell one value, the nicest way first."""
    if value is None or isinstance(value, bool):
        yield _LITERALS[value]
    elif type_ in FACTORS:
        yield from _divided(str(value), FACTORS[type_])
    elif isinstance(value, str):
        yield from (value.replace(" ", "_"), f'"{value}"', f"'{value}'")
    else:
        yield str(value).removesuffix(".0")
        yield f"0.0.{value}"  # a driver number below 1000 would read as a major version


def _divided(number: str, factor: int) -> Iterator[str]:
    """Divide a number so that multiplying gives it back; more digits are tried only when fewer do not."""
    from decimal import Context, Decimal

    for digits in (15, 17, 30):
        quotient = Context(prec=digits).divide(Decimal(float(number)), factor)
        yield f"{quotient.normalize():f}"


def _reads_as(text: str, field: str, operator: str, value: object, kind: str) -> bool:
    """Tell whether a text reads as this one comparison and no other."""
    try:
        filters, _ = read_filters(text, kind)
    except QueryError:
        return False
    if list(filters) != [field] or list(filters[field]) != [operator]:
        return False
    return same(filters[field][operator], value)


def same(one: object, other: object) -> bool:
    """Tell whether two values compare alike for the service: numbers by value, also when one is text.

    >>> same("4", 4.0), same(["a"], ["a"]), same(True, 1), same("4", "4.0")
    (True, True, False, False)
    """
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, str) and isinstance(other, str):
        return one == other
    numbers = [_as_number(value) for value in (one, other)]
    if None in numbers:
        return type(one) is type(other) and one == other
    return numbers[0] == numbers[1]


def _as_number(value: object) -> object:
    from decimal import Decimal

    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Decimal(value) if isinstance(value, int) else Decimal(repr(value))
    return Decimal(value) if isinstance(value, str) and is_number(value) else None
