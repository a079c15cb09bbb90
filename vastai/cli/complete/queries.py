"""Candidates inside a query or an order: fields, signs, and the values that a field is known to have."""

from __future__ import annotations

import re

from ...hooks import query_fields
from ...hooks.known_values import VALUES
from ...hooks.regions import CODES
from .candidates import Candidates

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Iterable, Sequence

    Row = tuple[str, str]

NUMBERS = ("int", "float", "date")
# The comparison at the end of a query: a field, a sign or a word for one, and as much of its value as is typed.
COMPARISON = re.compile(
    r"(?:^|[\s,])(?P<field>[A-Za-z_]\w*)"
    r"(?:\s*(?:[=!<>]=|[=<>])\s*|\s+(?:not\s+)?(?:eq|n?eq|noteq|[lg]te?|in|nin|notin)\s+)"
    r"(?P<value>\[[^\]]*|[^\s\[\]]*)$",
    re.IGNORECASE,
)


def query(text: str, earlier: Sequence[str], kind: str) -> Candidates:
    """What may go on a query: the values of a field behind its sign, else fields.

    Where only one field is possible, its signs or its values are given with it, so that there are always several: a
    shell closes an open quote behind the only candidate.

    Arguments:
        text: the word at the cursor, as far as it is typed; all of the query, or its last word.
        earlier: the words of the query before it.
        kind: kind of search.

    >>> [row for row, _ in query("num_gpus>=4 gpu_na", [], "offers").rows][:2]
    ['num_gpus>=4 gpu_name=A10', 'num_gpus>=4 gpu_name=A100_PCIE']
    >>> [row for row, _ in query("num_g", [], "offers").rows]
    ['num_gpus=', 'num_gpus>=', 'num_gpus<=', 'num_gpus>', 'num_gpus<', 'num_gpus!=']
    >>> ("SE", "") in query("S", ["geolocation", "in"], "offers").rows
    True
    """
    whole = " ".join([*earlier, text])
    data = query_fields.kind_named(kind)
    comparison = COMPARISON.search(whole)
    if comparison:
        field = data.aliases.get(comparison["field"], comparison["field"])
        value = comparison["value"]
        begun = max(value.rfind(sign) for sign in "[,") + 1  # of the item, where it is a list
        begun += len(value[begun:]) - len(value[begun:].lstrip())
        head = text[: len(text) - len(value) + begun]
        found = _values(field, data, value[begun:], whole)
        if not value.startswith("["):
            return Candidates((head + item, "") for item in found)
        found = [item for item in found if item.startswith(value[begun:])]
        ends = (",", "]") if len(found) == 1 else ("",)
        return Candidates(((head + item + end, "") for item in found for end in ends), "open")
    piece = re.split(r"[\s,]", text)[-1]
    head = text[: len(text) - len(piece)]
    return Candidates(((head + row, why) for row, why in _fields(piece, data, whole)), "open")


def order(text: str, kind: str) -> Candidates:
    """What may go on an order: fields, and a hyphen behind one to sort downwards.

    >>> [row for row, _ in order("num_gpus-,dph_t", "offers").rows]
    ['num_gpus-,dph_total', 'num_gpus-,dph_total-']
    """
    data = query_fields.kind_named(kind)
    piece = text.rpartition(",")[2]
    head = text[: len(text) - len(piece)]
    names = [name for name in sorted({*data.fields, *data.order_aliases}) if name.startswith(piece)]
    if len(names) == 1 or piece in names:
        names = [name + end for name in (piece if piece in names else names[0],) for end in ("", "-")]
    return Candidates((head + name, "") for name in names)


def _fields(piece: str, data: query_fields.Kind, whole: str) -> Iterable[Row]:
    """The fields that begin so; where it can be one only, with its signs or its values."""
    meanings = {
        name: ", ".join(part for part in data.fields[data.aliases.get(name, name)] if part)
        for name in (*data.fields, *data.aliases)
        if data.aliases.get(name, name) in data.fields
    }
    names = sorted(name for name in meanings if name.startswith(piece))
    if len(names) != 1:
        return [(name, meanings[name]) for name in names]
    (name,) = names
    field = data.aliases.get(name, name)
    found = _values(field, data, "", whole)
    if found:
        return [(f"{name}={value}", "") for value in found]
    signs = ("=", ">=", "<=", ">", "<", "!=") if data.fields[field][0] in NUMBERS else ("=", "!=")
    return [(name + sign, meanings[name]) for sign in signs]


def _values(field: str, data: query_fields.Kind, begun: str, whole: str) -> list[str]:
    """The values that a field is known to have. Countries are many: they wait for their first letter."""
    if field in data.fields and data.fields[field][0] == "bool":
        return ["true", "false", "any"]
    if field == "geolocation":
        regions = list(CODES) if "georegion=true" in whole else []
        return [*regions, *(VALUES[field] if begun else ())]
    return list(VALUES.get(field, ()))
