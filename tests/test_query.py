"""The search language: cases in files, and what holds for every text."""

from __future__ import annotations

import contextlib
import copy
import io
import json
import pickle
import shlex
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from query_compare import Case, Outcome, check, load_cases, same
from replay import ReplayServer

from vastai import VastAI
from vastai.cli.main import main
from vastai.client import table
from vastai.errors import APIError
from vastai.hooks.query import DEFAULTS, QueryError, launch_region, parse
from vastai.hooks.query_fields import KINDS, describe, value_type
from vastai.hooks.query_grammar import OPERATORS, SYMBOLS, WORDS
from vastai.hooks.query_order import order as read_order
from vastai.hooks.query_rows import postprocess
from vastai.hooks.query_text import unparse
from vastai.hooks.query_values import TYPES
from vastai.hooks.regions import CODES, NAMES, countries, region_of

# --- Cases ----------------------------------------------------------------------------------------------------------


def run_parse(case: Case) -> Outcome:
    defaults = DEFAULTS[case["kind"]] if case.get("defaults") else None
    parsed = parse(case["source"], case["kind"], defaults)
    return {"query": parsed.filters, "warn": parsed.warnings, "directives": list(parsed.directives)}


def run_order(case: Case) -> Outcome:
    return {"order": read_order(case["source"], case.get("kind", "offers"))}


def run_unparse(case: Case) -> Outcome:
    kind = case.get("kind", "offers")
    text = unparse(case["query"], kind)
    return {"text": text, "query": case["query"], "read_back": parse(text, kind).filters}


def run_postprocess(case: Case) -> Outcome:
    return {"rows": postprocess([dict(row) for row in case["rows"]], case["georegion"], case["chunked"])}


# Whole calls go through the library and the command line; the request that arrives holds the search. Searches that the
# table has no command for yet are checked against the language itself, put together as the official client does it.


def searched(call: Callable[[str], None]) -> Outcome:
    """The search in the one request that a call makes of a server, or the error that kept it from being sent."""
    with ReplayServer([{"verb": "*", "path": "*", "responses": [{"json": EMPTY}]}]) as server:
        try:
            call(server.url)
        except APIError:
            pass  # the answer fits another search; the request is what counts
        except ValueError:
            assert server.requests == []
            raise
    (request,) = server.requests
    query = {name: json.loads(values[0]) for name, values in request["query"].items()}
    search = query or request["json"]
    return {"search": search.get("q", search)}


EMPTY = {"offers": [], "templates": [], "benchmarks": [], "success": True}


SEARCHES = {
    "search_offers": ("offers", 5.0),
    "search_offers_new": ("offers", 5.0),
    "search_volumes": ("volumes", 1.0),
    "search_network_volumes": ("network_volumes", 1.0),
    "search_templates": ("templates", None),
    "search_invoices": ("invoices", None),
    "search_benchmarks": ("benchmarks", None),
}
PRICING = {"on-demand": "on-demand", "reserved": "reserved", "bid": "bid", "interruptible": "bid"}


def run_sdk(case: Case) -> Outcome:
    options = dict(case["kwargs"])
    if case["method"] in table():

        def call(url: str) -> None:
            with VastAI("k", url, quiet=True) as client:
                getattr(client, case["method"])(**options)

        return searched(call)
    if case["method"] == "launch_instance":
        return {"search": launch_search(**options)}
    kind, storage = SEARCHES[case["method"]]
    return {"search": search(kind, storage, **options)}


def search(
    kind: str,
    usual_storage: float | None,
    query: Any = None,
    order: str = "score-",
    limit: int | None = None,
    no_default: bool = False,
    type: str = "on-demand",
    storage: float | None = None,
) -> dict[str, Any]:
    filters = parse(query, kind, None if no_default else DEFAULTS[kind]).filters
    if usual_storage is None:
        return {"select_cols": ["*"], "select_filters": filters}
    controls: dict[str, Any] = {
        "order": read_order(order, kind),
        "allocated_storage": usual_storage if storage is None else storage,
    }
    if kind == "offers":
        if type not in PRICING:
            raise ValueError(f"{type!r} is no pricing type")
        controls["type"] = PRICING[type]
    if limit is not None and limit < 0:
        raise ValueError("the limit is negative")
    return {**filters, **controls, **({"limit": limit} if limit else {})}


def launch_search(
    gpu_name: str, num_gpus: str, image: str, region: str | None = None, disk: int = 10, **options: Any
) -> dict[str, Any]:
    defaults = {**DEFAULTS["offers"], "rented": {"eq": False}}
    filters = parse(f"num_gpus={num_gpus} gpu_name={gpu_name} disk_space>={disk}", "offers", defaults).filters
    if region:
        filters["geolocation"] = launch_region(region)
    return search("offers", disk, filters, no_default=True, **options)


def run_cli(case: Case) -> Outcome:
    def call(url: str) -> None:
        said = io.StringIO()
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
            code = main(["--url", url, "--api-key", "k", *case["argv"]])
        assert code in (0, 2)
        if code:
            raise ValueError(said.getvalue().partition("\n")[0])  # below it stands where to read more

    return searched(call)


RUN: dict[str, Callable[[Case], Outcome]] = {
    "parse": run_parse,
    "order": run_order,
    "unparse": run_unparse,
    "postprocess": run_postprocess,
    "sdk": run_sdk,
    "cli": run_cli,
}


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in load_cases()])
def test_case(case: Case) -> None:
    before = copy.deepcopy(case)
    try:
        outcome = RUN[case["op"]](case)
    except ValueError as error:
        outcome = {"error": error}
    check(case, outcome)
    assert repr(case) == repr(before), "what was given has been changed"


def test_case_ids_are_unique() -> None:
    ids = [case["id"] for case in load_cases()]
    assert len(ids) == len(set(ids))


# --- For every text -------------------------------------------------------------------------------------------------

kinds = st.sampled_from(sorted(KINDS))
known = {name for kind in KINDS.values() for name in (*kind.fields, *kind.aliases, *kind.controls, *kind.directives)}
fields = st.sampled_from(sorted(known)) | st.sampled_from(["foo", "image", "_x1"])
symbols = st.sampled_from([*SYMBOLS, "=>", "~"])
spoken = st.sampled_from([*WORDS, "not in", "not eq", "NOT  IN", "Gte", "is"]).map(lambda word: f" {word} ")
operators = (st.sampled_from(["", " "]), symbols, st.sampled_from(["", "  "]))
operators = st.tuples(*operators).map("".join) | spoken
plain = st.text(max_size=8) | st.text("ab_ '\"[],=.\t1", max_size=8)
numbers = st.integers(-(10**20), 10**20).map(str) | st.floats(allow_nan=False, allow_infinity=False).map(repr)
small = st.integers(0, 1200)
versions = st.lists(small, min_size=1, max_size=4).map(lambda groups: ".".join(map(str, groups)))
dates = st.tuples(st.integers(1, 9999), st.integers(0, 13), st.integers(0, 32)).flatmap(
    lambda day: st.sampled_from(["{0:04}-{1:02}-{2:02}", "{1}/{2}/{0:04}"]).map(lambda form: form.format(*day))
)
places = st.sampled_from([*CODES, *NAMES, "US", "se", "XX", "North America"])
literals = st.sampled_from(["any", "*", "?", "true", "False", "NONE", "null", "0", "1", "RTX_4090", "a'b\"c"])
words = literals | places | versions | dates | plain
quoted = plain.map(lambda text: f'"{text}"') | plain.map(lambda text: f"'{text}'")
items = numbers | words | quoted
values = items | st.lists(items, max_size=3).map(lambda several: f"[{','.join(several)}]")
free = st.tuples(fields, operators, values).map("".join)
directives = st.sampled_from(["georegion=true", "chunked=true", "georegion=false", "chunked = 1", "georegion!=true"])
regional = st.tuples(
    st.sampled_from(["", "georegion=true "]), st.sampled_from(["=", "!=", " in ", " notin "]), places
).map(lambda parts: f"{parts[0]}geolocation{parts[1]}{parts[2]}")
# Of each type of value, what a person who knows it would write.
FITTING = {
    "driver": versions,
    "date": dates | small.map(str),
    "bool": literals,
    "int": small.map(str),
    "float": numbers,
    "gigabytes": numbers,
    "days": numbers,
}
BY_TYPE: dict[str, list[str]] = {}
for data in KINDS.values():
    for name in data.fields:
        BY_TYPE.setdefault(value_type(name, data), []).append(name)
fitting = st.sampled_from(sorted(BY_TYPE)).flatmap(
    lambda of: st.tuples(st.sampled_from(BY_TYPE[of]), operators, FITTING.get(of, quoted | words)).map("".join)
)
comparisons = free | fitting | directives | regional
texts = st.lists(comparisons | plain, max_size=4).map(" ".join) | st.lists(fields | operators | values, max_size=9).map(
    "".join
)


@settings(max_examples=1500, derandomize=True, database=None)
@given(st.data())
def _explore(data: st.DataObject) -> None:
    """One comparison that is understood, noted by what it is: see the test below."""
    text, kind = data.draw(comparisons), data.draw(kinds)
    try:
        parsed = parse(text, kind)
    except QueryError:
        return
    REACHED.update(("directive", name) for name, on in parsed.directives._asdict().items() if on)
    for field, given_ in parsed.filters.items():
        REACHED.add(("type", value_type(field, KINDS[kind])))
        for operator, value in given_.items():
            REACHED.add(("operator", operator))
            REACHED.update(("value", type(item).__name__) for item in (value if isinstance(value, list) else [value]))
            if isinstance(value, list) and len(value) > 30:
                REACHED.add(("region", ""))
            if not str(value).isascii():
                REACHED.add(("unicode", ""))


REACHED: set[tuple[str, str]] = set()


def test_the_strategies_reach_the_whole_language() -> None:
    """Else the properties below would hold for want of anything that could break them."""
    _explore()
    wanted = {("directive", "georegion"), ("directive", "chunked"), ("region", ""), ("unicode", "")}
    wanted |= {("operator", operator) for operator in OPERATORS} | {("type", name) for name in TYPES}
    wanted |= {("value", name) for name in ("str", "int", "float", "bool", "NoneType")}
    assert wanted - REACHED == set()


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | st.binary(max_size=4) | comparisons,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(fields | st.text(max_size=4) | st.integers(), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(anything, kinds)
def test_anything_else_is_understood_or_refused_by_the_same_error(thing: Any, kind: str) -> None:
    before = repr(thing)
    try:
        parse(thing, kind, DEFAULTS[kind])
    except QueryError as error:
        assert str(error).isprintable()
    assert repr(thing) == before


@given(plain | places | st.lists(items, max_size=3).map(lambda several: f"[{','.join(several)}]"))
def test_any_launch_region_is_understood_or_refused(text: str) -> None:
    try:
        found = launch_region(text)
    except QueryError as error:
        assert str(error).isprintable()
    else:
        assert list(found) == ["in"]


@given(texts, kinds)
def test_any_text_is_understood_or_refused_in_one_line(text: str, kind: str) -> None:
    try:
        parsed = parse(text, kind, DEFAULTS[kind])
    except QueryError as error:
        assert error.text == text
        assert error.position is None or 1 <= error.position <= len(text) + 1
        assert str(error).isprintable()
    else:
        assert all(line.isprintable() for line in parsed.warnings)


def understood(text: str, kind: str) -> bool:
    try:
        parse(text, kind)
    except QueryError:
        return False
    return True


@given(st.lists(comparisons, max_size=6), kinds)
def test_text_survives_filters(written: list[str], kind: str) -> None:
    joined = " ".join(one for one in written if understood(one, kind))
    assume(understood(joined, kind))  # two regions may leave no country
    filters = parse(joined, kind).filters
    text = unparse(filters, kind)
    again = parse(text, kind).filters
    assert same(again, filters)
    assert unparse(again, kind) == text


scalars = st.none() | st.booleans() | st.integers() | st.floats() | plain
several = st.lists(scalars, max_size=3)
names = st.sampled_from(["eq", "neq", "gt", "gte", "lt", "lte", "in", "notin", "like"])
mappings = st.dictionaries(
    fields | plain, scalars | several | st.dictionaries(names, scalars | several, max_size=3), max_size=4
)


@given(mappings, kinds)
def test_ready_filters_are_not_changed_and_not_shared(mapping: dict[str, Any], kind: str) -> None:
    before, defaults_before = repr(mapping), repr(DEFAULTS[kind])
    try:
        parsed = parse(mapping, kind, DEFAULTS[kind])
    except QueryError as error:
        assert str(error).isprintable()
    else:
        for comparison in parsed.filters.values():
            for value in comparison.values():
                if isinstance(value, list):
                    value.append("changed")
            comparison.clear()
    assert repr(mapping) == before
    assert repr(DEFAULTS[kind]) == defaults_before


@given(mappings, kinds)
def test_filters_that_can_be_written_read_back_the_same(mapping: dict[str, Any], kind: str) -> None:
    try:
        text = unparse(mapping, kind)
    except QueryError:
        return
    given_ = parse(mapping, kind)
    read = parse(text, kind)
    assert same(read.filters, given_.filters)
    assert read.directives == given_.directives


@given(st.text() | st.lists(st.sampled_from(["dph", "+", "-", " ", ",", "desc", "asc", "é"])).map("".join), kinds)
def test_any_order_is_understood_or_refused(text: str, kind: str) -> None:
    try:
        found = read_order(text, kind)
    except QueryError as error:
        assert error.position is not None
        assert text[error.position - 1 :].strip()
    else:
        assert all(direction in ("asc", "desc") for _, direction in found)
        assert read_order(found, kind) == found


sizes = st.none() | st.integers(0, 10**7) | st.floats()
sized = dict.fromkeys(("cpu_ram", "cpu_cores", "gpu_ram", "min_bid"), sizes)
offers = st.lists(st.fixed_dictionaries({}, optional=sized))


@given(offers, st.booleans(), st.booleans())
def test_no_row_and_no_field_is_dropped(rows: list[dict[str, Any]], georegion: bool, chunked: bool) -> None:
    done = postprocess([dict(row) for row in rows], georegion, chunked)
    assert [[*row, "datacenter"] for row in rows] == [list(row) for row in done]
    assert [repr(row.get("min_bid")) for row in rows] == [repr(row.get("min_bid")) for row in done]


# --- Data -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_defaults_are_a_query_of_their_own(kind: str) -> None:
    assert parse(DEFAULTS[kind], kind).filters == DEFAULTS[kind]
    assert parse(unparse(DEFAULTS[kind], kind), kind, DEFAULTS[kind]).filters.keys() == DEFAULTS[kind].keys()


@pytest.mark.parametrize("kind", KINDS)
def test_every_described_field_is_known(kind: str) -> None:
    described = describe(kind)
    assert [field.name for field in described] == sorted(KINDS[kind].fields)
    for field in described:
        for name in (field.name, field.alias or field.name):
            assert parse(f"{name}=None", kind).warnings == []


def test_every_alias_names_a_field() -> None:
    for kind in KINDS.values():
        assert set(kind.aliases.values()) <= kind.fields.keys()


def test_ready_filters_replace_a_default_by_its_alias_too() -> None:
    assert parse({"dph": {"gt": 1}}, "offers", {"dph_total": {"lt": 2}}).filters == {"dph_total": {"gt": 1}}


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(ValueError, match=r"'houses'.*offers"):
        parse("num_gpus=1", "houses")


def test_regions_share_no_country() -> None:
    members = [country for group in CODES.values() for country in group]
    assert len(members) == len(set(members))
    assert all(len(country) == 2 and country.isupper() for country in members)
    assert all(region_of(country) == code for code, group in CODES.items() for country in group)


@pytest.mark.parametrize("name", NAMES)
def test_a_region_name_may_be_written_in_any_case_and_with_blanks(name: str) -> None:
    for spelling in (name.title(), name.upper(), name.replace("_", " "), f" {name} "):
        assert countries(spelling) == NAMES[name]
        assert launch_region(spelling) == {"in": list(NAMES[name])}


@pytest.mark.parametrize(
    ("region", "codes"),
    [("US", ["US"]), ("NA", ["NA"]), ("[US, Oceania]", ["US", *CODES["OC"]]), ("US,CA", ["US", "CA"])],
)
def test_a_launch_region_may_be_a_country_or_a_list(region: str, codes: list[str]) -> None:
    assert launch_region(region) == {"in": codes}


@pytest.mark.parametrize("region", ["", "US CA", "US num_gpus=1", "[US"])
def test_a_launch_region_that_is_none_is_refused(region: str) -> None:
    with pytest.raises(QueryError):
        launch_region(region)


def test_an_error_can_be_pickled() -> None:
    with pytest.raises(QueryError) as caught:
        parse("num_gpus=four", "offers")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.position, again.text) == (str(caught.value), 10, "num_gpus=four")


def test_words_of_a_shell_make_the_same_query() -> None:
    line = "num_gpus=1 'gpu_name=\"RTX 4090\"'"
    assert parse(shlex.split(line), "offers").filters == parse('num_gpus=1 gpu_name="RTX 4090"', "offers").filters
