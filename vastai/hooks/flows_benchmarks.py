"""The flow that measures templates: on a serverless endpoint with one worker of each GPU model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..engine.steps import Ask, Pause
from ..errors import APIError, NotFound, UsageError, VastError
from .flows import Call, Flow, Values, say
from .flows_hosts import cleaned, given_back, refused
from .registry import flow

__all__ = ["say"]

Row = dict[str, Any]

LOOK_EVERY = 15  # seconds between two looks for results
CHEAPEST = 3  # how many models are measured when none is named
PAGE = 200  # benchmarks per page, at most


@flow
def run_benchmarks(call: Call, values: Values, notes: list[str], now: float) -> Flow:
    """Known results first; then workers for the models that have none, until their results are listed.

    >>> asked = {"template_hash": "abc", "template_id": None, "gpus": ["L4"], "autoscaler_url": None}
    >>> next(run_benchmarks(say, asked, [], now=0.0))
    ('search_templates', {'query': {'hash_id': {'eq': 'abc'}}})
    """
    if values["autoscaler_url"]:
        notes.append("The address of the autoscaler is not used: results are read from the list of benchmarks.")
    template = yield from _template(call, values)
    models = values["gpus"] or (yield from _cheapest(call, values["num_gpus"]))
    known = yield from _listed(call, template, models)
    rows = {}
    if not values["no_cache"]:
        rows = {model: row for model in models if (row := _newest(known, model, values["num_gpus"]))}
    rows = {model: _result(row, "cached") for model, row in rows.items()}
    missing = [model for model in models if model not in rows]
    if missing:
        yield Ask(f"Rent a worker with {', '.join(missing)} for up to {values['wait']} seconds each?")
        seen = {row.get("id") for row in known}
        rows |= yield from _measured(call, values, template, missing, seen, notes, now)
    return [{"gpu_name": model, "num_gpus": values["num_gpus"], **rows[model]} for model in models]


def _template(call: Call, values: Values) -> Flow:
    """The hash of the template that is meant.

    Raises (when run):
        UsageError: none is named. NotFound: there is none such.
    """
    name, wanted = ("hash_id", values["template_hash"]) if values["template_hash"] else ("id", values["template_id"])
    if wanted is None:
        raise UsageError("run benchmarks: template_hash: is required, or template_id")
    found = yield from call("search_templates", query={name: {"eq": wanted}})
    if not found or not found[0].get("hash_id"):
        raise NotFound(f"There is no template {wanted}.", code="not_found", status_code=404)
    return found[0]["hash_id"]


def _cheapest(call: Call, gpus: int) -> Flow:
    """The GPU models that are cheapest at the moment."""
    offers = yield from call("search_offers", query={"num_gpus": {"eq": gpus}}, order="dph_total")
    models = list(dict.fromkeys(row["gpu_name"] for row in offers if row.get("gpu_name")))
    if not models:
        raise NotFound(f"Nothing with {gpus} GPUs is offered at the moment.", code="no_offer")
    return models[:CHEAPEST]


def _listed(call: Call, template: str, models: Sequence[str]) -> Flow:
    """The results that are listed for a template on these models, newest first."""
    page = yield from call(
        "search_benchmarks_v1",
        params={
            "select_cols": ["*"],
            "select_filters": {"template_hash": {"eq": template}, "gpu_name": {"in": list(models)}},
            "order_by": [{"col": "last_update", "dir": "desc"}],
            "limit": PAGE,
        },
    )
    found = page.get("benchmarks") if isinstance(page, dict) else page
    return [row for row in found or [] if isinstance(row, dict)]


def _newest(rows: Sequence[Row], model: str, gpus: int) -> Row | None:
    """The first of the rows, which is the newest, with a value for so many GPUs of the model."""
    fitting = (row for row in rows if row.get("gpu_name") == model and row.get("num_gpus") in (gpus, None))
    return next((row for row in fitting if row.get("value") is not None), None)


def _result(row: Row, status: str) -> Row:
    """A listed benchmark as a result.

    >>> _result({"id": 5, "value": 100.0, "dph_base": 0.5}, "cached")["value_per_dph"]
    200.0
    """
    value, price = row.get("value"), row.get("dph_base")
    both_known = isinstance(value, int | float) and isinstance(price, int | float)
    return {
        "success": True,
        "status": status,
        "value": value,
        "dph_base": price,
        "value_per_dph": value / price if both_known and price else None,
        "benchmark_id": row.get("id"),
        "contract_id": row.get("contract_id"),
        "machine_id": row.get("machine_id"),
    }


def _measured(
    call: Call, values: Values, template: str, models: Sequence[str], seen: set[Any], notes: list[str], now: float
) -> Flow:
    """Results by model, from an endpoint that is there for as long as it takes."""
    extra = {"auto_instance": values["auto_instance"]} if values["auto_instance"] else {}
    answer = yield from call(
        "create_endpoint",
        endpoint_name=f"benchmark-{template[:8]}-{now:.0f}",
        cold_workers=len(models),
        max_workers=len(models),
        **extra,
    )
    endpoint = answer.get("result") or answer.get("id")
    if endpoint is None:
        raise APIError("The service named no endpoint.", code="unusable_answer", hint="Look with show_endpoints.")

    def use() -> Flow:
        rows: dict[str, Row] = {}
        for model in models:
            search = f"gpu_name={model.replace(' ', '_')} num_gpus={values['num_gpus']}"
            try:
                yield from call(
                    "create_workergroup",
                    endpoint_id=endpoint,
                    template_hash=template,
                    search_params=search,
                    test_workers=1,
                    max_workers=1,
                    **extra,
                )
            except APIError as error:
                if not refused(error):
                    raise
                rows[model] = {"success": False, "status": "failed", "msg": error.msg}
        waiting = [model for model in models if model not in rows]
        rows |= yield from _awaited(call, values, template, waiting, seen)
        return {model: {**row, "endpoint_id": endpoint} for model, row in rows.items()}

    return (yield from cleaned(use(), lambda: _removed(call, endpoint, notes)))


def _awaited(call: Call, values: Values, template: str, models: Sequence[str], seen: set[Any]) -> Flow:
    """Look for new results until each model has one, or the time is over."""
    rows: dict[str, Row] = {}
    waited = 0
    while len(rows) < len(models) and waited < values["wait"]:
        yield Pause(LOOK_EVERY)
        waited += LOOK_EVERY
        new = [row for row in (yield from _listed(call, template, models)) if row.get("id") not in seen]
        for model in models:
            found = _newest(new, model, values["num_gpus"])
            if model not in rows and found:
                rows[model] = {**_result(found, "measured"), "elapsed": waited}
    late = {"success": False, "status": "timed_out", "msg": f"No result within {waited} seconds.", "elapsed": waited}
    return {model: rows.get(model, late) for model in models}


def _removed(call: Call, endpoint: Any, notes: list[str]) -> Flow:
    """Delete the endpoint, and destroy the workers that the service could not."""
    try:
        answer = yield from call("delete_endpoint", id=endpoint)
    except NotFound:
        return
    except VastError as error:
        notes.append(f"Endpoint {endpoint} and its workers still cost money, for it could not be deleted: {error}")
        return
    for worker in answer.get("failed_workers") or []:
        instance = worker.get("id") if isinstance(worker, dict) else worker
        if instance is not None:
            yield from given_back(call, instance, notes)
