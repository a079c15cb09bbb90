"""Searches of the market: offers, templates, benchmarks, names of GPU models, cloud connections."""

from __future__ import annotations

from typing import Any

from vastai.sandbox import filters, fleet, market, offers
from vastai.sandbox.behaviour.instances import select
from vastai.sandbox.behaviour.registry import Call, Refusal, behaviour
from vastai.sandbox.behaviour.templates import visible as visible_templates

Row = dict[str, Any]

BENCHMARK_PAGE = 200


@behaviour("GET /api/v0/bundles/")
def offers_by_query(call: Call) -> Row:
    """Offers that match the JSON object in `q`."""
    return _offers(call, call.json("q", {}))


@behaviour("POST /api/v0/bundles/", beside=True)
def offers_by_body(call: Call) -> Row:
    """Offers that match the body."""
    return _offers(call, call.body)


@behaviour("PUT /api/v0/search/asks/", beside=True)
def offers_by_asks(call: Call) -> Row:
    """Offers that match the body's `q`."""
    return _offers(call, call.body.get("q", {}))


def _offers(call: Call, wanted: Any) -> Row:
    if not isinstance(wanted, dict):
        raise Refusal(400, "invalid_args", "q must be a JSON object")
    return {"offers": filters.search_offers(on_offer(call), wanted, call.now)}


def on_offer(call: Call) -> list[Row]:
    """All offers, with what is rented marked."""
    return fleet.as_listed(offers.on_offer(call.world, "offer", call.now), fleet.holders(call.world))


@behaviour("GET /api/v0/gpu_names/unique/", beside=True, keyless=True)
def gpu_names(call: Call) -> Row:
    """The names of all GPU models on the market. The official client asks for them without its key."""
    return {"gpu_names": sorted({offer["gpu_name"] for offer in offers.on_offer(call.world, "offer", call.now)})}


@behaviour("GET /api/v0/template/")
def templates(call: Call) -> Row:
    """Public templates and the caller's own."""
    found = filters.search(
        visible_templates(call),
        call.json("select_filters", {}),
        call.json("order_by", [["id", "asc"]]),
        call.json("limit", None),
    )
    columns = call.json("select_cols", ["*"])
    rows = [select(each, columns) for each in found]
    return {"success": True, "templates_found": len(rows), "templates": rows}


@behaviour("GET /api/v0/benchmarks/")
def benchmarks(call: Call) -> Row:
    """Measured results, in pages of at most 200."""
    seed, created = int(call.world.meta("seed")), float(call.world.meta("created"))
    everything = market.benchmarks(call.world.listings("offer"), seed, created)
    order = call.json("order_by", [["id", "asc"]])
    found = filters.search(everything, call.json("select_filters", {}), order, None)
    limit, token = call.query.get("limit"), call.query.get("after_token")
    part, following = filters.page(found, limit, token, BENCHMARK_PAGE, BENCHMARK_PAGE)
    columns = call.json("select_cols", ["*"])
    rows = [_select_benchmark(each, columns) for each in part]
    return {"success": True, "benchmarks": rows, "benchmarks_found": len(rows), "next_token": following}


def _select_benchmark(found: Row, columns: Any) -> Row:
    """As `select`, but unknown columns come as one null column `anon_1`, as recorded of the service."""
    chosen = select(found, columns)
    unknown = [name for name in chosen if name not in found]
    return chosen if not unknown else {name: chosen[name] for name in chosen if name in found} | {"anon_1": None}


@behaviour("GET /api/v0/users/cloud_integrations/")
def connections(call: Call) -> list[Row]:
    """The account's links to cloud storage: two examples, the same in every account."""
    return [
        {"id": 101, "name": "example bucket", "cloud_type": "s3"},
        {"id": 102, "name": "example drive", "cloud_type": "drive"},
    ]
