"""The server's side of a search: operators, columns, defaults, prices, order, limit and pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vastai.sandbox import filters, market, prices
from vastai.sandbox.comparisons import OPERATORS
from vastai.sandbox.filters import BadFilter, BadToken, matches, page, search, search_offers, search_volume_offers

NOW = market.EPOCH
OFFERS = market.offers(now=NOW)
VOLUMES = market.volume_offers(OFFERS)
EVERYTHING = {"verified": {"eq": "any"}, "rentable": {"eq": "any"}, "rented": {"eq": "any"}}

ROW = {
    "id": 5,
    "num_gpus": 4,
    "dph_total": 1.25,
    "gpu_name": "RTX 4090",
    "geolocation": "Oslo, NO",
    "verification": "verified",
    "hosting_type": 1,
    "has_avx": 1,
    "rentable": True,
    "rented": False,
    "external": None,
    "private": None,
    "cluster_id": None,
    "cuda_max_good": 12.8,
    "driver_version": "570.124.06",
    "driver_vers": 570124006,
    "os_version": "22.04",
    "name": "PyTorch (CUDA)",
}

# (filters, whether they match ROW)
CASES: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    # numbers and text of numbers are one thing
    ({"num_gpus": {"eq": "4"}}, True),
    ({"num_gpus": {"eq": 4.0}}, True),
    ({"num_gpus": {"gte": " 4 "}}, True),
    ({"num_gpus": {"gt": "10"}}, False),
    ({"num_gpus": {"lt": "10"}}, True),
    ({"num_gpus": {"in": ["1", "4"]}}, True),
    ({"num_gpus": {"notin": [1, "4"]}}, False),
    ({"num_gpus": {"neq": "4.0"}}, False),
    ({"dph_total": {"gt": 1, "lte": "1.25"}}, True),
    ({"dph_total": {"gt": 1, "lt": "1.25"}}, False),
    # what is no number equals none
    ({"num_gpus": {"eq": "four"}}, False),
    ({"num_gpus": {"neq": "four"}}, True),
    ({"num_gpus": {"gt": "four"}}, False),
    ({"num_gpus": {"lt": "nan"}}, False),
    # text
    ({"gpu_name": {"eq": "RTX 4090"}}, True),
    ({"gpu_name": {"eq": "RTX_4090"}}, True),
    ({"gpu_name": {"in": ["H100", "RTX_4090"]}}, True),
    ({"gpu_name": {"notin": ["RTX_4090"]}}, False),
    ({"gpu_name": {"eq": "rtx 4090"}}, False),
    ({"gpu_name": {"neq": "RTX 3090"}}, True),
    ({"ubuntu_version": {"eq": 22.04}}, True),
    ({"ubuntu_version": {"gte": "24.04"}}, False),
    # the columns a query names otherwise than the row
    ({"geolocation": {"eq": "NO"}}, True),
    ({"geolocation": {"in": ["SE", "NO"]}}, True),
    ({"geolocation": {"notin": ["NO"]}}, False),
    ({"verified": {"eq": True}}, True),
    ({"verified": {"eq": "false"}}, False),
    ({"verification": {"eq": "verified"}}, True),
    ({"datacenter": {"eq": True}}, True),
    ({"datacenter": {"neq": True}}, False),
    ({"has_avx": {"eq": True}}, True),
    ({"has_avx": {"eq": 0}}, False),
    ({"rentable": {"eq": 1}}, True),
    ({"rented": {"eq": "false"}}, True),
    ({"external": {"eq": False}}, True),
    ({"external": {"eq": True}}, False),
    ({"external": {"eq": None}}, True),
    ({"private": {"eq": False}}, True),
    ({"cuda_vers": {"gte": "12.4"}}, True),
    ({"driver_version": {"gte": 535086005}}, True),
    ({"driver_version": {"eq": "570.124.06"}}, True),
    ({"driver_version": {"lt": "570.124"}}, False),
    # null and unknown columns
    ({"cluster_id": {"eq": None}}, True),
    ({"cluster_id": {"neq": None}}, False),
    ({"cluster_id": {"neq": 3}}, False),
    ({"cluster_id": {"notin": [3]}}, False),
    ({"cluster_id": {"in": [3, None]}}, True),
    ({"cluster_id": {"lt": 3}}, False),
    ({"num_gpus": {"neq": None}}, True),
    ({"no_such_column": {"eq": 1}}, False),
    ({"no_such_column": {"eq": None}}, True),
    # wildcard
    ({"num_gpus": {"eq": "any"}}, True),
    ({"no_such_column": {"eq": "ANY"}}, True),
    ({"num_gpus": {"eq": "any", "gt": 8}}, False),
    # bare values, as template searches send them
    ({"name": "pytorch"}, True),
    ({"name": "tensorflow"}, False),
    ({"num_gpus": 4}, True),
    ({"rented": True}, False),
]


@pytest.mark.parametrize(("wanted", "expected"), CASES, ids=[json.dumps(case) for case, _ in CASES])
def test_a_row_matches(wanted: dict[str, Any], expected: bool) -> None:
    assert matches(ROW, wanted) is expected


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ([], "must be an object"),
        ("num_gpus>=4", "must be an object"),
        ({"num_gpus": {"like": 4}}, "num_gpus.like: unknown operator"),
        ({"num_gpus": {"in": 4}}, "num_gpus.in: needs a list"),
        ({"num_gpus": {"in": [[1]]}}, "num_gpus.in: needs text, a number"),
        ({"num_gpus": {"eq": [4]}}, "num_gpus.eq: needs text, a number"),
        ({"num_gpus": {"eq": {"a": 1}}}, "num_gpus.eq"),
        ({"num_gpus": {"gt": None}}, "num_gpus.gt: null can be compared with eq and neq only"),
        ({"num_gpus": {"gt": float("nan")}}, "num_gpus.gt"),
        ({"num_gpus": [4]}, "num_gpus.eq"),
    ],
)
def test_filters_that_cannot_be_understood_are_refused(wanted: Any, words: str) -> None:
    with pytest.raises(BadFilter, match=words) as caught:
        search([ROW], wanted)
    assert isinstance(caught.value, ValueError) and caught.value.code == "invalid_args"
    assert "\n" not in str(caught.value)


# --- Against an oracle that is slow and plain -------------------------------------------------------------------------

COLUMNS = (
    "num_gpus",
    "dph_total",
    "gpu_ram",
    "cuda_max_good",
    "cluster_id",
    "cpu_name",
    "rented",
    "has_avx",
    "nowhere",
)
SAMPLE = OFFERS[::29]
NUMERIC = {
    "eq": lambda a, b: a == b,
    "neq": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


def oracle(row: Mapping[str, Any], wanted: Mapping[str, Mapping[str, Any]]) -> bool:
    for field, comparisons in wanted.items():
        have = row.get(field)
        for name, value in comparisons.items():
            if name in ("in", "notin"):
                values = [str(item) if isinstance(have, str) else item for item in value]
                good = have is not None and (have in values) is (name == "in")
            elif value is None:
                good = (have is None) is (name == "eq")
            elif have is None:
                good = False
            else:
                good = NUMERIC[name](have, str(value) if isinstance(have, str) else value)
            if not good:
                return False
    return True


numbers = st.one_of(st.integers(0, 9), st.sampled_from([0.5, 12.4, 24564, 81559]), st.booleans())
names = st.sampled_from(sorted({row["cpu_name"] for row in SAMPLE}))


def comparisons(column: str) -> st.SearchStrategy[dict[str, Any]]:
    value = names if column == "cpu_name" else numbers
    return st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(("gt", "gte", "lt", "lte"), value),
            **{name: st.none() | value for name in ("eq", "neq")},
            **{name: st.lists(value, max_size=3) for name in ("in", "notin")},
        },
    )


wanted_filters = st.fixed_dictionaries({}, optional={column: comparisons(column) for column in COLUMNS})


def as_sent(value: Any) -> Any:
    """Numbers as the text that clients send them as."""
    if isinstance(value, list):
        return [as_sent(item) for item in value]
    return value if value is None else str(value)


@given(wanted_filters)
def test_a_search_finds_what_a_plain_reading_finds(wanted: dict[str, dict[str, Any]]) -> None:
    expected = [row["id"] for row in SAMPLE if oracle(row, wanted)]
    found = sorted(row["id"] for row in search(SAMPLE, wanted))
    assert found == sorted(expected)
    text = {field: {name: as_sent(value) for name, value in each.items()} for field, each in wanted.items()}
    assert sorted(row["id"] for row in search(SAMPLE, text)) == found


@given(st.lists(st.tuples(st.sampled_from(COLUMNS), st.sampled_from(["asc", "desc"])), max_size=3))
def test_rows_come_in_order_with_nulls_last_and_ties_by_id(order: list[tuple[str, str]]) -> None:
    rows = filters.sort(reversed(SAMPLE), [list(pair) for pair in order])
    assert sorted(row["id"] for row in rows) == sorted(row["id"] for row in SAMPLE)
    for one, other in pairwise(rows):
        for column, direction in order:
            a, b = one.get(column), other.get(column)
            if a == b:
                continue
            assert a is not None, "a null before a value"
            assert b is None or (a < b if direction == "asc" else a > b)
            break
        else:
            assert one["id"] < other["id"]


words = st.sampled_from(
    ["", "any", "4", "-1", "nan", "1e999", "bid", "asc", "desc", "dph_total", "570.1", "9" * 400, "ä"]
)
scalars = st.none() | st.booleans() | st.integers() | st.floats() | words | st.just(10**400)
json_values = scalars | st.lists(scalars | st.lists(words, max_size=2), max_size=2) | st.dictionaries(words, scalars)


@given(
    st.dictionaries(
        st.sampled_from(("order", "limit", "type", "allocated_storage", "num_gpus", "geolocation", "driver_version")),
        json_values | st.dictionaries(st.sampled_from(OPERATORS), json_values, max_size=2),
    )
)
def test_any_body_is_answered_or_refused_in_words(body: dict[str, Any]) -> None:
    for find, rows in ((search_offers, SAMPLE), (search_volume_offers, VOLUMES[:9])):
        try:
            assert isinstance(find(rows, body, NOW), list)
        except BadFilter as error:
            assert str(error)


# --- The offer search -------------------------------------------------------------------------------------------------


def test_the_search_of_the_readme_has_a_full_page() -> None:
    body = {
        "num_gpus": {"gte": "4"},
        "gpu_ram": {"gte": 24000.0},
        "dph_total": {"lt": "2.0"},
        "order": [["dph_total", "asc"]],
        "limit": 10,
        "type": "on-demand",
        "allocated_storage": 5.0,
    }
    found = search_offers(OFFERS, body, NOW)
    assert len(found) == 10
    totals = [row["dph_total"] for row in found]
    assert totals == sorted(totals) and totals[-1] < 2.0
    assert all(row["num_gpus"] >= 4 and row["gpu_ram"] >= 24000 and row["verification"] == "verified" for row in found)


def test_the_server_adds_its_defaults_to_fields_that_are_not_named() -> None:
    found = search_offers(OFFERS, {}, NOW)
    assert {(row["verification"], row["rentable"], row["rented"]) for row in found} == {("verified", True, False)}
    assert len(search_offers(OFFERS, EVERYTHING, NOW)) == len(OFFERS)
    assert any(row["rented"] for row in search_offers(OFFERS, EVERYTHING | {"rented": {"eq": True}}, NOW))
    assert all(row["verification"] != "verified" for row in search_offers(OFFERS, {"verified": {"neq": True}}, NOW))
    own = {row["id"] for row in search_offers(OFFERS, EVERYTHING | {"external": {"eq": False}}, NOW)}
    assert own == {row["id"] for row in OFFERS if not row["external"]}


def test_the_best_score_comes_first_unless_an_order_is_given() -> None:
    scores = [row["score"] for row in search_offers(OFFERS, {}, NOW)]
    assert scores == sorted(scores, reverse=True)
    ids = [row["id"] for row in search_offers(OFFERS, {"order": []}, NOW)]
    assert ids == sorted(ids)


@pytest.mark.parametrize("kind", sorted(prices.KINDS))
def test_rows_are_priced_for_the_kind_of_rent_and_the_storage(kind: str) -> None:
    stored = {row["id"]: row for row in OFFERS}
    for row in search_offers(OFFERS, {"type": kind, "allocated_storage": 100, "limit": 25}, NOW):
        expected = prices.price(stored[row["id"]], 100.0, prices.KINDS[kind])
        assert {field: row[field] for field in prices.FIELDS} == expected


def test_bids_are_cheaper_and_reserved_rents_discounted() -> None:
    only = {"id": {"eq": 12345}}
    (on_demand,) = search_offers(OFFERS, only, NOW)
    (bid,) = search_offers(OFFERS, {**only, "type": "bid"}, NOW)
    (reserved,) = search_offers(OFFERS, {**only, "type": "reserved"}, NOW)
    assert bid["is_bid"] and bid["dph_total"] < on_demand["dph_total"]
    assert reserved["discounted_dph_total"] < on_demand["discounted_dph_total"] == on_demand["dph_total"]


def test_filters_and_order_see_the_prices_of_the_request() -> None:
    body = {"type": "bid", "allocated_storage": 300, "dph_total": {"lt": 0.5}, "order": [["dph_total", "desc"]]}
    found = search_offers(OFFERS, body, NOW)
    totals = [row["dph_total"] for row in found]
    assert totals and totals == sorted(totals, reverse=True) and max(totals) < 0.5
    everything = search_offers(OFFERS, {"type": "bid", "allocated_storage": 300}, NOW)
    assert len(found) == sum(row["dph_total"] < 0.5 for row in everything)


def test_durations_are_those_of_the_moment_and_hosts_renew_their_listings() -> None:
    before = {row["id"]: row for row in search_offers(OFFERS, {}, NOW)}
    for later in (NOW + 86400.0, NOW + 3 * 365 * 86400.0):
        rows = search_offers(OFFERS, {}, later)
        assert len(rows) == len(before)
        for row in rows:
            assert row["duration"] == pytest.approx(row["end_date"] - later) and row["duration"] > 0
            assert row["start_date"] <= later
    day = [row for row in search_offers(OFFERS, {}, NOW + 86400.0) if before[row["id"]]["duration"] > 86400.0]
    assert day and all(row["duration"] == pytest.approx(before[row["id"]]["duration"] - 86400.0) for row in day)


def test_a_search_changes_neither_the_market_nor_the_body() -> None:
    body: dict[str, Any] = {"type": "bid", "limit": 3, "num_gpus": {"gte": "1"}}
    before = json.dumps([OFFERS[:50], body])
    search_offers(OFFERS, body, NOW + 1e6)[0].clear()
    assert json.dumps([OFFERS[:50], body]) == before


@pytest.mark.parametrize(("limit", "count"), [(None, None), (0, None), (1, 1), ("7", 7), (10**9, None)], ids=str)
def test_a_limit_counts_rows_and_none_means_all(limit: Any, count: int | None) -> None:
    everything = len(search_offers(OFFERS, {}, NOW))
    assert len(search_offers(OFFERS, {"limit": limit}, NOW)) == (count or everything)


@pytest.mark.parametrize(
    "body",
    [
        {"limit": -1},
        {"limit": "ten"},
        {"limit": 2.5},
        {"limit": True},
        {"type": "spot"},
        {"type": ["bid"]},
        {"allocated_storage": -1},
        {"allocated_storage": "much"},
        {"order": "score-"},
        {"order": ["score", "desc"]},
        {"order": [["score", "down"]]},
        {"order": [[1, "asc"]]},
        {"num_gpus": 4},
        {"num_gpus": "4"},
    ],
    ids=json.dumps,
)
def test_bad_control_values_are_refused(body: dict[str, Any]) -> None:
    with pytest.raises(BadFilter, match=next(iter(body))):
        search_offers(OFFERS, body, NOW)


def test_orders_may_be_pairs_or_columns_with_directions() -> None:
    pairs = search(SAMPLE, {}, [["geolocation", "asc"], ["dph_total", "desc"]])
    assert pairs == search(SAMPLE, {}, [{"col": "geolocation"}, {"col": "dph_total", "dir": "desc"}])


# --- Volumes and pages ------------------------------------------------------------------------------------------------


def test_the_volume_search_prices_its_storage_and_has_a_limit_of_its_own() -> None:
    assert len(search_volume_offers(VOLUMES, {}, NOW)) == filters.VOLUME_LIMIT < len(VOLUMES)
    assert len(search_volume_offers(VOLUMES, {"limit": 10_000}, NOW)) == len(VOLUMES)
    body = {"verified": {"eq": True}, "disk_space": {"gt": "50", "gte": 1}, "order": [["storage_cost", "asc"]]}
    found = search_volume_offers(VOLUMES, {**body, "allocated_storage": 72.0}, NOW)
    costs = [row["storage_cost"] for row in found]
    assert costs == sorted(costs)
    assert all(row["storage_total_cost"] == pytest.approx(row["storage_cost"] / 10) for row in found)
    with pytest.raises(BadFilter, match="type"):
        search_volume_offers(VOLUMES, {"type": "bid"}, NOW)


@given(count=st.integers(0, 60), limit=st.integers(1, 40))
def test_pages_join_to_the_whole(count: int, limit: int) -> None:
    rows = OFFERS[:count]
    joined: list[dict[str, Any]] = []
    token: str | None = None
    for _ in range(count + 1):
        part, token = page(rows, limit, token, cap=25, default=10)
        assert len(part) <= min(limit, 25)
        joined += part
        if token is None:
            break
    assert token is None and joined == rows


@pytest.mark.parametrize(
    ("limit", "size"), [(None, 10), ("", 10), (3, 3), ("3", 3), (0, 5), (-4, 5), (25, 25), (10**30, 25)], ids=str
)
def test_a_page_has_its_size(limit: Any, size: int) -> None:
    assert len(page(OFFERS, limit, None, cap=25, default=10)[0]) == size


def test_a_page_goes_on_where_it_was_when_rows_vanish() -> None:
    rows = OFFERS[:20]
    first, token = page(rows, 5, None, cap=25, default=25)
    without_earlier = rows[2:]
    assert page(without_earlier, 5, token, cap=25, default=25)[0] == rows[5:10]
    without_last = [row for row in rows if row is not first[-1]]
    assert page(without_last, 5, token, cap=25, default=25)[0] == rows[5:10]


@given(st.text(min_size=1) | st.integers())
def test_only_tokens_of_this_server_are_taken(token: Any) -> None:
    if token == 0:
        return
    with pytest.raises(BadToken) as caught:
        page(OFFERS, 5, token, cap=25, default=25)
    assert caught.value.code == "invalid_token"


def test_a_changed_token_is_refused() -> None:
    token = page(OFFERS, 5, None, cap=25, default=25)[1]
    assert token is not None and str(OFFERS[4]["id"]) not in token
    for index in range(len(token)):
        changed = token[:index] + ("A" if token[index] != "A" else "B") + token[index + 1 :]
        with pytest.raises(BadToken):
            page(OFFERS, 5, changed, cap=25, default=25)
