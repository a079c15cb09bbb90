"""The doubts about the service: the requests that decide them, and what their answers mean. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from proof import plan
from vastai.engine.plan import query_text
from vastai.engine.steps import Reply, Request
from vastai.table.model import PREFIX

Doubt = Mapping[str, Any]

SIDES = ("one", "other")
CONFIRMED, OTHER, BOTH, OPEN = "confirmed", "other side", "both sides", "not decided"


class Verdict(NamedTuple):
    """What came out about one doubt.

    Attributes:
        topic: what it is about.
        verdict: `CONFIRMED` (the side that the table takes), `OTHER`, `BOTH` or `OPEN`.
        detail: the side that is true, or why it stays open.
    """

    topic: str
    verdict: str
    detail: str


def requests(doubt: Doubt, answers: Mapping[str, Any]) -> dict[str, Request] | str:
    """The requests that decide a doubt, by side, or why they cannot be made.

    Args:
        answers: results of earlier commands, by name.
    """
    names = {}
    for name, wanted in doubt.get("needs", {}).items():
        command, field = plan.source(wanted)
        names[name] = plan.first(answers.get(command), field)
        if names[name] is None:
            return f"{command} gave no {field}"
    return {side: _request(plan.filled(ask, names)) for side, ask in doubt.get("ask", {}).items()}


def verdict(
    doubt: Doubt, replies: Mapping[str, Reply], seen: Iterable[Reply] = (), rented: Mapping[str, Any] | None = None
) -> Verdict:
    """What the answers say.

    Args:
        replies: answers to `requests`, by side.
        seen: every answer of the session, for what any of them may show.
        rented: the row of the instance that was rented, or None.
    """
    true: set[str] = set()
    how = doubt.get("decide", "")
    if how == "answered":
        true = {side for side in SIDES if _accepted(replies[side])}
    elif how == "routed":
        true = {side for side in SIDES if replies[side].status != 404}
    elif how == "kind":
        value = _at(replies["plain"], doubt["at"])
        kind = "list" if isinstance(value, list) else "object" if isinstance(value, dict) else ""
        true = {side for side, wanted in doubt["kinds"].items() if wanted == kind}
    elif how == "equal":
        plain = _at(replies["plain"], doubt["at"])
        true = {side for side in SIDES if plain is not None and _at(replies[side], doubt["at"]) == plain}
        true = true if len(true) == 1 else set()  # both may cost the same
    elif how == "headers":
        true = _by_headers(doubt, list(seen))
    elif how == "rented" and rented is not None:
        held = json.dumps(rented.get(doubt["at"]))
        true = {side for side, word in doubt["holds"].items() if word in held}
    return _said(doubt, true, replies, rented)


def undecided(doubt: Doubt, why: str) -> Verdict:
    """A doubt that stays."""
    return Verdict(doubt["topic"], OPEN, why)


def _said(doubt: Doubt, true: set[str], replies: Mapping[str, Reply], rented: Any) -> Verdict:
    if len(true) == 2:
        return Verdict(doubt["topic"], BOTH, f"{doubt['one']}; {doubt['other']}")
    if true:
        side = true.pop()
        return Verdict(doubt["topic"], CONFIRMED if side == doubt["ours"] else OTHER, doubt[side])
    if "why" in doubt:
        return undecided(doubt, doubt["why"])
    if doubt["decide"] == "rented" and rented is None:
        return undecided(doubt, "nothing was rented")
    answers = ", ".join(f"{side}: {reply.status}" for side, reply in replies.items())
    return undecided(doubt, f"the answers do not tell ({answers})" if answers else "no answer showed it")


def _by_headers(doubt: Doubt, seen: list[Reply]) -> set[str]:
    for side, starts in doubt["starts"].items():
        if any(name.startswith(tuple(starts)) for reply in seen for name in reply.headers):
            return {side}
    return {doubt["limited"]} if any(reply.status == 429 for reply in seen) else set()


def _request(ask: Mapping[str, Any]) -> Request:
    verb, _, path = ask["http"].partition(" ")
    service = ask.get("service", "api")
    whole = path if service != "api" or path.startswith("/api/") else PREFIX + path
    query = {name: query_text(value) for name, value in ask.get("query", {}).items()}
    return Request(verb, whole, query, ask.get("body"), service=service, accept="text", command="a probe")


def _accepted(reply: Reply) -> bool:
    data = _data(reply)
    return 200 <= reply.status < 300 and not (isinstance(data, dict) and data.get("success") is False)


def _at(reply: Reply, path: str) -> Any:
    """The value at a dotted path of an answer, or None."""
    value = _data(reply)
    for name in filter(None, path.split(".")):
        if isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict):
            value = value.get(name)
        else:
            return None
    return value


def _data(reply: Reply) -> Any:
    try:
        return json.loads(reply.body)
    except ValueError:
        return None
