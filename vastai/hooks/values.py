"""Value hooks: each turns one argument, or one result, into another, where the grammar has no word for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .query_rows import postprocess
from .registry import value

Values = Mapping[str, Any]
Row = dict[str, Any]

ONSTART_CHARACTERS = 4048  # the smallest of the limits that the vendor's documents name


# ---------------------------------------------------------------- arguments


@value
def unless(value: bool, values: Values, given: str) -> bool:
    """False when another switch is on, else the value.

    >>> unless(True, {"only_credits": True}, given="only_credits")
    False
    """
    return False if values.get(given) else value


@value
def empty_is_null(value: list[str], values: Values) -> list[str | None]:
    """The list with null in place of each empty text: how the service is asked for rows without a label.

    >>> empty_is_null(["", "train"], {})
    [None, 'train']
    """
    return [item or None for item in value]


@value
def complete_order(value: list[dict[str, str]], values: Values, last: str) -> list[dict[str, str]]:
    """Columns to sort by with a last one that no two rows share, so that pages neither repeat nor skip a row.

    >>> complete_order([{"col": "label", "dir": "desc"}], {}, last="id")
    [{'col': 'label', 'dir': 'desc'}, {'col': 'id', 'dir': 'asc'}]
    """
    return value if last in {column["col"] for column in value} else [*value, {"col": last, "dir": "asc"}]


@value
def start_script(value: str, values: Values, notes: list[str]) -> str:
    """The start script, with a remark when it may be too long: the documents name 4048, 4096 and 16384 characters.

    >>> notes = []
    >>> start_script("echo hi", {}, notes), notes
    ('echo hi', [])
    """
    if len(value) > ONSTART_CHARACTERS:
        notes.append(
            f"The start script has {len(value)} characters; the service may refuse more than {ONSTART_CHARACTERS}. "
            "Pack it with gzip and base64, or fetch it from the script."
        )
    return value


# ---------------------------------------------------------------- results


@value
def offer_rows(result: list[Row], values: Values) -> list[Row]:
    """Offers with ``datacenter`` added, and the region or rounded sizes that the query asked for.

    >>> offer_rows([{"id": 1, "hosting_type": 1}], {})
    [{'id': 1, 'hosting_type': 1, 'datacenter': True}]
    """
    return postprocess(result, bool(values.get("georegion")), bool(values.get("chunked")))


@value
def strip_texts(result: list[Row], values: Values) -> list[Row]:
    """Rows whose texts have no blanks and line breaks around them, which the service sometimes leaves in addresses.

    >>> strip_texts([{"public_ipaddr": "203.0.113.7\\n"}], {})
    [{'public_ipaddr': '203.0.113.7'}]
    """
    return [{name: item.strip() if isinstance(item, str) else item for name, item in row.items()} for row in result]


@value
def only_kind(result: list[Row], values: Values) -> list[Row]:
    """The rows of the old invoice listing that were asked for: charges, payments, or both.

    >>> only_kind([{"type": "charge"}, {"type": "payment"}], {"only_charges": True})
    [{'type': 'charge'}]
    """
    wanted = "charge" if values.get("only_charges") else "payment" if values.get("only_credits") else None
    return [row for row in result if wanted is None or row.get("type") == wanted]
