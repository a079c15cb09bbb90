"""What faults do: to the answer of a request, to its connection, and to the instances that it rents."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from vastai.engine.steps import Reply
from vastai.sandbox import faults, ledger, pages, rates
from vastai.sandbox.faults import Fault
from vastai.sandbox.pages import Page
from vastai.sandbox.world import World

Row = dict[str, Any]

RETIRED = "This endpoint is no longer available."
SESSION_ENDED = "Session expired. Please log in again."
BOOT_FAILED = "Error: the container ended with exit code 1"
DONE_FIRST = ("lost", "cut")


class Outcome(NamedTuple):
    """What comes of a request.

    Attributes:
        reply: the answer; None when the connection closes without one.
        delay: seconds until it arrives.
        cut: does it break off in the middle?
    """

    reply: Reply | None
    delay: float = 0.0
    cut: bool = False


# -- the faults of a world


def known(world: World) -> list[Fault]:
    """All faults, the oldest first."""
    rows = world.sql("SELECT id, data FROM faults ORDER BY id")
    return [faults.from_row({**json.loads(data), "id": id}) for id, data in rows]


def add(world: World, fault: Fault) -> Fault:
    """Keep a new fault. Returns it with its number."""
    number = world.sql("INSERT INTO faults (data) VALUES (?)", (json.dumps(fault.as_row()),)).lastrowid
    return fault._replace(id=number or 0)


def clear(world: World, id: int | None = None) -> int:
    """Forget one fault, or all. Returns how many were there."""
    if id is None:
        return world.sql("DELETE FROM faults").rowcount
    return world.sql("DELETE FROM faults WHERE id = ?", (id,)).rowcount


def acting(
    world: World, standing: Iterable[Fault], verb: str, path: str, caller: str, now: float
) -> tuple[list[Fault], tuple[float, float] | None]:
    """The faults that act on a request, their counts kept; and the rate limit that it has run into, if it has.

    Arguments: standing: faults beside those of the world, which are never used up; caller: who asks, for limits.
    """
    everything = [*known(world), *standing]
    limit: list[tuple[float, float]] = []
    if not everything:
        return [], None

    def holds(fault: Fault) -> bool:
        if fault.kind == "search-quota":
            return rates.over_quota(world, caller, fault.route, fault.options.get("limit", 0), now)
        found = rates.too_soon(world, caller, verb, path, now)
        limit.extend([found] if found else [])
        return found is not None

    found, changed = faults.meet(everything, verb, path, holds)
    for fault in changed:
        if fault.id:
            world.sql("UPDATE faults SET data = ? WHERE id = ?", (json.dumps(fault.as_row()), fault.id))
    return found, limit[-1] if limit else None


# -- what they do


def page_of(fault: Fault, limit: tuple[float, float] | None, now: float) -> Page:
    """The answer that a fault puts in place of the good one."""
    option = fault.options.get
    if fault.kind == "html":
        return pages.web_page(option("status", 200), "Just a moment...")
    if fault.kind == "retired":
        return pages.refused(410, "json", "gone", option("msg", RETIRED))
    if fault.kind == "session-expired":
        return pages.refused(404, "json", "auth_error", SESSION_ENDED)
    if fault.kind == "search-quota":
        return pages.quota_used_up(now)
    if fault.kind == "rate-limits":
        return pages.too_often(option("form", "recorded"), *(limit or (1.0, 1.0)), now)
    status, wait = int(option("status", 500)), option("wait")
    if status == 429 and not {"error", "msg"} & set(fault.options):
        return pages.too_often(option("form", "recorded"), wait or 1.0, wait or 1.0, now)
    error, msg = option("error", f"http_{status}"), option("msg", f"The sandbox was asked to answer {status}.")
    page = pages.refused(status, option("form", "json"), error, msg)
    return page._replace(headers={"retry-after": f"{wait:g}"}) if wait is not None else page


def stands_before(found: Iterable[Fault]) -> Fault | None:
    """The fault that keeps a request from being done at all, or None."""
    for fault in found:
        if faults.KINDS[fault.kind].replaces and fault.kind not in DONE_FIRST and not fault.options.get("done"):
            return fault
    return None


def drifted(found: Iterable[Fault], answer: Any) -> Any:
    """An answer in which fields have other names, or are null, wherever they stand."""
    for fault in found:
        if fault.kind == "rename":
            answer = _each(answer, fault.options["field"], lambda row, name, to=fault.options["to"]: {to: row[name]})
        elif fault.kind == "null":
            answer = _each(answer, fault.options["field"], lambda row, name: {name: None})
    return answer


def _each(value: Any, field: str, change: Any) -> Any:
    if isinstance(value, list):
        return [_each(item, field, change) for item in value]
    if not isinstance(value, dict):
        return value
    changed: Row = {}
    for name, item in value.items():
        changed.update(change(value, name) if name == field else {name: _each(item, field, change)})
    return changed


def finished(found: Iterable[Fault], page: Page, limit: tuple[float, float] | None, now: float) -> Page:
    """The page as it leaves: replaced after the work was done, or called something else than it is."""
    for fault in found:
        if fault.options.get("done"):
            page = page_of(fault, limit, now)
        elif fault.kind == "content-type":
            page = page._replace(kind=fault.options.get("type", "text/html; charset=utf-8"))
    return page


def outcome(found: Iterable[Fault], reply: Reply) -> Outcome:
    """What comes of a reply on its way: it is late, lost, or broken off."""
    kinds = {fault.kind for fault in found}
    delay = float(sum(fault.options.get("seconds", 0.0) for fault in found))
    return Outcome(None if kinds & {"dropped", "lost"} else reply, delay, "cut" in kinds)


def spoil_boots(world: World, found: Iterable[Fault], answer: Any, path: str, now: float) -> None:
    """Let the instances that a request has rented or started never boot, or exit; their GPUs cost nothing then."""
    for fault in found:
        if fault.kind in ("no-boot", "boot-exit"):
            for id in _concerned(answer, path):
                instance = world.get("instance", id)
                if instance and instance["intended_status"] == "running":
                    _spoil(world, instance, fault, now)


def _concerned(answer: Any, path: str) -> list[int]:
    """The instances that a request is about: those that its answer names as new, else the one of its path."""
    fields = answer if isinstance(answer, dict) else {}
    contracts = fields.get("new_contracts") or [fields.get("new_contract")]
    last = path.rstrip("/").rpartition("/")[2]
    named = [each for each in contracts if isinstance(each, int)]
    return named or ([int(last)] if last.isascii() and last.isdigit() and len(last) < 19 else [])


def _spoil(world: World, instance: Row, fault: Fault, now: float) -> None:
    begin, end = instance["timeline"][0], instance["timeline"][-1]
    if fault.kind == "no-boot":
        instance["timeline"] = [[begin[0], None, "unloaded", ""]]
    else:
        message = fault.options.get("msg", BOOT_FAILED)
        instance["timeline"] = [*instance["timeline"][:-1], [end[0], "exited", "stopped", message]]
    world.save("instance", instance)
    ledger.end(world, ledger.source(instance), now, "gpu")
