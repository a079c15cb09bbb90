"""Hooks of price increases: answer those that wait for some instances, and show one in words."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from ..engine.steps import Ask
from ..errors import NotFound, OutcomeUnknown
from .flows import Call, Flow, Values
from .registry import flow, view

Row = dict[str, Any]

MONTH = 30 * 86400  # seconds


@flow
def accept_price_increase(call: Call, values: Values) -> Flow:
    """Accept the price increases that wait for these instances.

    >>> from vastai.hooks.flows import say
    >>> flow = accept_price_increase(say, {"ids": [77]})
    >>> next(flow)
    ('show_pending_price_increases', {})
    >>> flow.send({"pending_price_increases": [{"contract_id": 77, "pending_price_increase_id": 5}]}).question
    'Accept this? Instance 77 (increase 5)'
    >>> flow.send(True)
    ('accept_pending_price_increase', {'id': 5})
    """
    return (yield from _answer(call, values["ids"], "accept_pending_price_increase", "accepted"))


@flow
def reject_price_increase(call: Call, values: Values) -> Flow:
    """Reject the price increases that wait for these instances: they end when their contracts do.

    >>> from vastai.hooks.flows import say
    >>> flow = reject_price_increase(say, {"ids": [77]})
    >>> next(flow)
    ('show_pending_price_increases', {})
    """
    return (yield from _answer(call, values["ids"], "reject_pending_price_increase", "rejected"))


NOT_SENT = "not_sent"
NONE_PENDING = "no_pending_price_increase"  # the service's own code for an increase that is gone


def _answer(call: Call, ids: list[Any], command: str, status: str) -> Flow:
    """Answer the increases of some instances. One alone succeeds or raises; of several, each is reported.

    Raises (when run):
        NotFound: one instance was named, and no increase waits for it.
        VastError: one instance was named, and the service refused.
    """
    listed = yield from call("show_pending_price_increases")
    pending = {row.get("contract_id"): row for row in listed.get("pending_price_increases") or []}
    wanted = list(dict.fromkeys(ids))
    asked = [pending[each] for each in wanted if each in pending]
    if asked:
        yield Ask(f"{status.removesuffix('ed').capitalize()} this? {'; '.join(map(_in_words, asked))}")
    if len(wanted) == 1:
        answer = yield from _answer_one(call, command, wanted[0], pending)
        return {**answer, **_report([_result(wanted[0], pending, {**answer, "success": True}, status)], status)}
    increases = [_increase(each, pending) for each in wanted if each in pending]
    report = (yield from call(command, id=increases)) if increases else {"results": []}
    answers = {row.pop("id"): row for row in report["results"]}
    found = [(each, answers.get(_increase(each, pending))) for each in wanted]
    return _report([_result(each, pending, answer, status) for each, answer in found], status)


def _result(instance: Any, pending: dict[Any, Row], answer: Row | None, status: str) -> Row:
    """What came of the increase of one instance; without an answer there was none to answer."""
    result: Row = {"instance_id": instance, "pending_price_increase_id": _increase(instance, pending)}
    if answer is None:
        missing = _none_pending(instance)
        return {**result, "status": "stale", "error": missing.code, "msg": str(missing), "success": False}
    if answer["success"]:
        result |= {"contract_id": answer.get("contract_id"), "status": status, "response": answer}
    elif answer["error"] == NOT_SENT:
        result |= {"status": NOT_SENT}
    else:
        ended = {NONE_PENDING: "stale", OutcomeUnknown.code: "unknown"}.get(answer["error"], "failed")
        result |= {"status": ended, "error": answer["error"], "msg": answer["msg"]}
    return {**result, "success": answer["success"]}


def _increase(instance: Any, pending: dict[Any, Row]) -> Any:
    return pending.get(instance, {}).get("pending_price_increase_id")


def _none_pending(instance: Any) -> NotFound:
    return NotFound(f"No price increase waits for instance {instance}.", code=NONE_PENDING, status_code=404)


def _answer_one(call: Call, command: str, instance: Any, pending: dict[Any, Row]) -> Flow:
    if instance not in pending:
        raise _none_pending(instance)
    return (yield from call(command, id=_increase(instance, pending)))


def _report(results: list[Row], status: str) -> Row:
    """How many were answered, and each of them."""
    states = [result["status"] for result in results]
    acted, stale = states.count(status), states.count("stale")
    report: Row = {"success": acted == len(results), "requested": len(results), "acted": acted, "stale": stale}
    report["failed"] = len(results) - acted - stale
    if not report["success"]:
        report["error"] = next(result.get("error", "not_sent") for result in results if not result["success"])
        report["msg"] = "; ".join(f"{result['instance_id']}: {result['status']}" for result in results)
    return {**report, "results": results}


# What an increase may change: the fields behind old_ and new_, a factor to people's units, and the words around it.
_PRICES = (
    ("gpu_costpersec", 3600, "GPU", "$/GPU/hour"),
    ("disk_ram_costpersec", MONTH, "storage", "$/GB per 30 days"),
    ("bwu_cost", 1, "upload", "$/GB"),
    ("bwd_cost", 1, "download", "$/GB"),
    ("platform_fee", 100, "platform fee", "%"),
)


def _in_words(row: Row) -> str:
    """One price increase: whose it is, what becomes dearer, and until when.

    >>> _in_words({"contract_id": 77, "pending_price_increase_id": 5, "old_bwu_cost": 0.005, "new_bwu_cost": 0.01})
    'Instance 77 (increase 5): upload 0.005 -> 0.01 $/GB'
    """
    changes = [
        f"{name} {_number(row.get('old_' + field), factor)} -> {_number(row.get('new_' + field), factor)} {unit}"
        for field, factor, name, unit in _PRICES
        if row.get("new_" + field) is not None
    ]
    ends = [row.get("contract_end_date"), row.get("ask_end_date")]
    if ends[1] is not None:
        changes.append(f"end {_day(ends[0])} -> {_day(ends[1])}")
    host = f" on host {row['host_id']}" if row.get("host_id") is not None else ""
    whose = f"Instance {row.get('contract_id')}{host} (increase {row.get('pending_price_increase_id')})"
    return f"{whose}: {', '.join(changes)}" if changes else whose


def _number(value: Any, factor: float) -> str:
    return f"{value * factor:.4g}" if isinstance(value, int | float) else "-"


def _day(value: Any) -> str:
    """Unix seconds as a time in UTC."""
    try:
        return datetime.fromtimestamp(value, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    except (TypeError, ValueError, OverflowError, OSError):
        return "-"


@view
def price_increases(result: Row) -> str:
    """The price increases that wait for an answer, one on a line.

    >>> price_increases({"pending_price_increases": []})
    'No price increase waits for an answer.'
    """
    rows = result.get("pending_price_increases") or []
    lines = [_in_words(row) for row in rows if isinstance(row, dict)]
    if result.get("truncated"):
        lines.append("There are more than the service lists.")
    return "\n".join(lines) or "No price increase waits for an answer."
