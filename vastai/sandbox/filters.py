"""The server's side of a search: which rows match the filters of a request, in which order, how many."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from vastai.sandbox import market, prices
from vastai.sandbox.comparisons import COLUMNS, BadFilter, Read, as_number, as_text, compile_filters, matches

__all__ = [
    "BadFilter",
    "BadToken",
    "matches",
    "page",
    "search",
    "search_offers",
    "search_volume_offers",
    "sort",
]

Row = dict[str, Any]

VOLUME_LIMIT = 64
"""Rows of a volume search without a limit, as the vendor describes it; for GPU offers it describes none: all come."""

SMALL_PAGE = 5
"""The page that a limit of 0 or less asks for (API facts, instances)."""

OFFER_DEFAULTS: Mapping[str, Mapping[str, object]] = {
    "verified": {"eq": True},
    "rentable": {"eq": True},
    "rented": {"eq": False},
}
"""What the server adds when a request has no such key. `external` is not among them: the vendor names these three, and
a client has no way to switch off a fourth."""

_TIMED = frozenset(("start_date", "end_date", "duration"))


class BadToken(BadFilter):
    """A page token that this server did not issue."""

    code = "invalid_token"


# --- Order, limit, pages ----------------------------------------------------------------------------------------------


def _order_pairs(order: object) -> list[tuple[str, bool]]:
    """An order as (field, descending), from a list of [field, direction] or of {"col", "dir"}."""
    if not isinstance(order, (list, tuple)):
        raise BadFilter(f"order: needs a list of [field, direction], got {order!r}")
    return [_order_pair(part) for part in order]


def _order_pair(part: object) -> tuple[str, bool]:
    if isinstance(part, Mapping):
        part = (part.get("col"), part.get("dir", "asc"))
    if isinstance(part, (list, tuple)) and len(part) == 2:
        column, direction = part
        if isinstance(column, str) and direction in ("asc", "desc"):
            return column, direction == "desc"
    raise BadFilter(f'order: needs [field, "asc" or "desc"], got {part!r}')


def sort(rows: Iterable[Row], order: object) -> list[Row]:
    """Rows in the order of a request: nulls last either way, rows that tie by ascending id. Errors: BadFilter."""
    pairs = _order_pairs(order)
    ordered = sorted(rows, key=lambda row: row.get("id") or 0)
    for field, descending in reversed(pairs):
        read = (lambda row: row.get("geolocation")) if field == "geolocation" else COLUMNS.get(field)
        ordered.sort(key=_sort_key(field, read, descending), reverse=descending)
    return ordered


def _sort_key(field: str, read: Read | None, descending: bool) -> Callable[[Row], tuple[bool, bool, Any]]:
    """A key under which numbers and texts of one column never meet, and null comes last."""

    def key(row: Row) -> tuple[bool, bool, Any]:
        value = read(row) if read else row.get(field)
        if value is None:
            return (not descending, False, 0)
        number = isinstance(value, (int, float))
        return (descending, not number, value if number else as_text(value))

    return key


def _whole_number(value: object, name: str) -> int | None:
    """A whole number of a request, which may come as text; None when it is not given."""
    if value is None or value == "":
        return None
    number = None if isinstance(value, bool) else as_number(value)
    if isinstance(number, bool) or number is None or number != int(number):
        raise BadFilter(f"{name}: needs a whole number, got {value!r}")
    return int(number)


def search(
    rows: Iterable[Row], filters: object = None, order: object = (), limit: int | None = None, bare: bool = True
) -> list[Row]:
    """The rows that match, in order, at most `limit` (None: all). The rows themselves are returned, not copies.

    Arguments: filters and order as `compile_filters` and `sort` take them. Errors: BadFilter.
    """
    tests = compile_filters({} if filters is None else filters, bare)
    found = sort((row for row in rows if all(test(row) for test in tests)), order)
    return found if limit is None else found[:limit]


def page(
    rows: Sequence[Row], limit: object, after_token: str | None, cap: int, default: int
) -> tuple[list[Row], str | None]:
    """One page of rows that are already filtered and ordered, and the token of the next page (None at the end).

    The token names the last row of the page, so rows that appear or vanish before it move nothing; when that row itself
    has vanished, the page goes on at the place where it was.

    Arguments: limit as requested (None: `default`; more than `cap`: `cap`; 0 or less: 5, as the service has it);
    after_token as handed out. Errors: BadFilter for a limit that is no number, BadToken for a token not issued here.
    """
    wanted = _whole_number(limit, "limit")
    size = min(cap, default if wanted is None else wanted if wanted > 0 else SMALL_PAGE)
    start = _after(rows, after_token) if after_token else 0
    part = list(rows[start : start + size])
    end = start + len(part)
    return part, _token(part[-1]["id"], end) if part and end < len(rows) else None


def _token(row_id: object, place: int) -> str:
    text = f"{row_id}|{place}"
    return base64.urlsafe_b64encode(f"{text}|{zlib.crc32(text.encode()):08x}".encode()).decode().rstrip("=")


def _after(rows: Sequence[Row], token: object) -> int:
    """Where the page after a token begins."""
    try:
        if not isinstance(token, str):
            raise ValueError
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode()
        row_id, place, _ = raw.rsplit("|", 2)
        if token != _token(row_id, int(place)):
            raise ValueError
    except (ValueError, binascii.Error):
        raise BadToken(f"after_token: {token!r} is not a token of this server") from None
    return next((index + 1 for index, row in enumerate(rows) if str(row["id"]) == row_id), int(place) - 1)


# --- The two searches of the market -----------------------------------------------------------------------------------


def search_offers(offers: Iterable[Row], body: Mapping[str, Any], now: float) -> list[Row]:
    """What the offer search answers: filtered, priced for the request, ordered, limited. New rows are returned.

    Arguments: offers as `market.offers` made them; body of the request: filters beside the control keys `order`
    (default score, descending), `limit` (default and 0: all), `type` (on-demand, ondemand, bid, interruptible,
    reserved), `allocated_storage` (GiB, default 8) and `disable_bundling` (accepted, without effect); now in unix
    seconds.
    The server's own defaults apply to fields that the body does not name; `{"eq": "any"}` switches one off.
    Errors: BadFilter.
    """
    filters = _filters(body, ("order", "limit", "type", "allocated_storage", "disable_bundling"))
    kind = _kind(body)
    storage = _storage(body, prices.DEFAULT_STORAGE_GIB)
    return _search_priced(
        offers,
        {**OFFER_DEFAULTS, **filters},
        prices.FIELDS | _TIMED,
        lambda row: {**row, **prices.price(row, storage, kind), **market.listed(row, now)},
        _order(body),
        _limit(body, None),
    )


def search_volume_offers(offers: Iterable[Row], body: Mapping[str, Any], now: float) -> list[Row]:
    """What the searches of volumes and network volumes answer; no filter is added to those of the request.

    Arguments: offers as `market.volume_offers` or `network_volume_offers` made them; body: filters beside `order`
    (default score, descending), `limit` (default 64), `allocated_storage` (GB, default 1); now in unix seconds.
    Errors: BadFilter.
    """
    filters = _filters(body, ("order", "limit", "allocated_storage"))
    storage = _storage(body, 1.0)
    return _search_priced(
        offers,
        filters,
        _TIMED | {"storage_total_cost", "score"},
        lambda row: {**row, **market.volume_price(row, storage), **market.listed(row, now)},
        _order(body),
        _limit(body, VOLUME_LIMIT),
    )


def _search_priced(
    rows: Iterable[Row],
    filters: Mapping[str, Any],
    computed: Collection[str],
    complete: Callable[[Row], Row],
    order: object,
    limit: int | None,
) -> list[Row]:
    """Search rows some columns of which are `computed` for the request: the others go first, they are cheap."""
    stored = compile_filters({field: test for field, test in filters.items() if field not in computed}, bare=False)
    priced = {field: test for field, test in filters.items() if field in computed}
    found = [complete(row) for row in rows if all(test(row) for test in stored)]
    return search(found, priced, order, limit, bare=False)


def _filters(body: object, controls: Collection[str]) -> dict[str, Any]:
    if not isinstance(body, Mapping):
        raise BadFilter(f"the search must be an object, got {type(body).__name__}")
    return {field: value for field, value in body.items() if field not in controls}


def _kind(body: Mapping[str, Any]) -> str:
    kind = body.get("type")
    if kind is None:
        return "on-demand"
    if not isinstance(kind, str) or kind not in prices.KINDS:
        raise BadFilter(f"type: {kind!r} is not one of {', '.join(prices.KINDS)}")
    return prices.KINDS[kind]


def _order(body: Mapping[str, Any]) -> object:
    order = body.get("order")
    return [["score", "desc"]] if order is None else order


def _limit(body: Mapping[str, Any], default: int | None) -> int | None:
    limit = _whole_number(body.get("limit"), "limit")
    if limit is not None and limit < 0:
        raise BadFilter(f"limit: must not be negative, got {limit}")
    return limit or default


def _storage(body: Mapping[str, Any], default: float) -> float:
    value = body.get("allocated_storage")
    if value is None:
        return default
    number = None if isinstance(value, bool) else as_number(value)
    if number is None or not 0 <= number <= 1e9:
        raise BadFilter(f"allocated_storage: needs a number of GiB, got {value!r}")
    return float(number)
