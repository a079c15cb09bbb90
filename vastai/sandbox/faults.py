"""Faults on request: what can go wrong, which requests a fault is meant for, and how often. Nothing here acts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

from vastai.errors import UsageError
from vastai.nearest import suggestion
from vastai.sandbox.pages import FORMS

Row = dict[str, Any]


class Kind(NamedTuple):
    """One way in which things go wrong.

    Attributes:
        help: what happens, in a line.
        needs: fields that it cannot do without.
        takes: fields that it may have.
        replaces: does another answer, or none, come in place of the good one? Of such faults only one can act.
    """

    help: str
    needs: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()
    replaces: bool = True


KINDS: dict[str, Kind] = {
    "status": Kind("an error status in place of the answer", ("status",), ("form", "error", "msg", "wait", "done")),
    "dropped": Kind("the connection closes before anything is done"),
    "lost": Kind("the work is done, then the connection closes without an answer"),
    "cut": Kind("the work is done, and the answer breaks off in the middle"),
    "html": Kind("a web page in place of the answer", (), ("status", "done")),
    "retired": Kind("the endpoint is no more: 410", (), ("msg",)),
    "session-expired": Kind("the two-factor session has ended: 404"),
    "rate-limits": Kind("429 when the same key asks an endpoint again too soon", (), ("form",)),
    "search-quota": Kind("429 after so many requests of a key on one day (UTC)", (), ("limit",)),
    "slow": Kind("the answer takes so many seconds", ("seconds",), (), False),
    "content-type": Kind("the answer is called text/html, or as given", (), ("type",), False),
    "rename": Kind("a field of the answer has another name", ("field", "to"), (), False),
    "null": Kind("a field of the answer is null", ("field",), (), False),
    "no-boot": Kind("the instance that is rented or started never boots", (), (), False),
    "boot-exit": Kind("its boot ends with a message, and it exits", (), ("msg",), False),
}
COMMON = ("times", "skip", "seconds")
"""Fields that every kind takes: act so often (else until it is cleared), let so many requests pass first, and take so
many seconds."""

_ROUTE = re.compile(r"(?:(\*|[A-Za-z]+) +)?(\*|/\S*)")


def _number(least: float, most: float, *, whole: bool) -> Callable[[Any], bool]:
    kinds = int if whole else (int, float)
    return lambda value: isinstance(value, kinds) and not isinstance(value, bool) and least <= value <= most


# What a field may hold, and that in words.
_FIELDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "status": (_number(200, 599, whole=True), "a status from 200 to 599"),
    "times": (_number(1, 1e9, whole=True), "a whole number above 0"),
    "skip": (_number(0, 1e9, whole=True), "a whole number"),
    "limit": (_number(0, 1e9, whole=True), "a whole number"),
    "seconds": (_number(0, 86_400, whole=False), "a number of seconds"),
    "wait": (_number(0, 86_400, whole=False), "a number of seconds"),
    "done": (lambda value: isinstance(value, bool), "true or false"),
    "form": (lambda value: value in FORMS, f"one of {', '.join(FORMS)}"),
    **dict.fromkeys(("error", "msg", "type", "field", "to"), (lambda value: isinstance(value, str), "a text")),
}


class Fault(NamedTuple):
    """One fault: the requests it is for, what happens to them, and how often it was met.

    Attributes:
        id: its number, 0 while it is not kept.
        times: how many requests it acts on, None for all until it is cleared.
        skip: how many requests it lets pass first.
        met: how many it has let pass.
        hits: on how many it has acted.
        options: the other fields of its kind.
    """

    id: int
    route: str
    kind: str
    times: int | None
    skip: int
    met: int
    hits: int
    options: Row

    @property
    def used_up(self) -> bool:
        """Has it acted as often as it should?"""
        return self.times is not None and self.hits >= self.times

    def as_row(self) -> Row:
        """The fault as it is shown, listed and kept."""
        row: Row = {"id": self.id, "route": self.route, "kind": self.kind, "times": self.times, "skip": self.skip}
        return {**row, "met": self.met, "hits": self.hits, **self.options}


def from_row(row: Mapping[str, Any]) -> Fault:
    """A fault that was kept."""
    known = {name: row[name] for name in Fault._fields if name != "options"}
    return Fault(**known, options={name: value for name, value in row.items() if name not in known})


def made(wish: Mapping[str, Any]) -> Fault:
    """A fault as it is asked for: a `route` such as ``PUT /asks/*``, a `kind` unless a field tells it, and its fields.

    >>> made({"route": "PUT /asks/*", "status": 503, "times": 2}).kind
    'status'

    Raises:
        UsageError: it cannot be understood; all that is wrong, in one line.
    """
    wish = {name: value for name, value in wish.items() if value is not None}
    route, kind = wish.pop("route", None), wish.pop("kind", None)
    kind = kind or next((name for name, field in _TOLD if field in wish), None)
    lines = []
    if not isinstance(route, str) or not _ROUTE.fullmatch(route.strip()):
        lines.append(f'route: {str(route)[:60]!r} is not written like "PUT /asks/*" or "/bundles/"')
    if kind is None:
        lines.append(f"kind: say what happens: {', '.join(KINDS)}")
    elif kind not in KINDS:
        advice = suggestion(str(kind), KINDS) or f" One of {', '.join(KINDS)}"
        lines.append(f"kind: {str(kind)[:60]!r} is none.{advice}")
    else:
        lines += _faults_of(kind, wish)
    if lines:
        raise UsageError("fault: " + "; ".join(lines))
    times, skip = wish.pop("times", None), wish.pop("skip", 0)
    return Fault(0, str(route).strip(), str(kind), times, skip, 0, 0, wish)


_TOLD = (("status", "status"), ("rename", "to"), ("null", "field"), ("slow", "seconds"))
"""The kind that a field alone tells."""


def _faults_of(kind: str, wish: Row) -> list[str]:
    takes = (*KINDS[kind].needs, *KINDS[kind].takes, *COMMON)
    lines = [f"{name}: {kind} needs it" for name in KINDS[kind].needs if name not in wish]
    for name, value in wish.items():
        if name not in takes:
            lines.append(f"{name}: {kind} has no such field; it takes {', '.join(takes)}")
        elif not _FIELDS[name][0](value):
            lines.append(f"{name}: {str(value)[:60]!r} is not {_FIELDS[name][1]}")
    return lines


def matches(route: str, verb: str, path: str) -> bool:
    """Is a request meant by a fault's route?

    A ``*`` stands for a part of one segment of the path, ``**`` for any, a name in braces for one segment; ``/api/v0``
    need not be written, and a trailing slash makes no difference.

    >>> matches("PUT /asks/*", "PUT", "/api/v0/asks/7/"), matches("/bundles/", "GET", "/api/v0/bundles")
    (True, True)
    >>> matches("PUT /asks/*", "GET", "/api/v0/asks/7/"), matches("PUT /asks/*", "PUT", "/api/v0/asks/7/more/")
    (False, False)
    """
    wanted, pattern = _compiled(route)
    if wanted not in ("*", verb):
        return False
    path = path.rstrip("/")
    return bool(pattern.fullmatch(path) or pattern.fullmatch(path.removeprefix("/api/v0")))


@cache
def _compiled(route: str) -> tuple[str, re.Pattern[str]]:
    found = _ROUTE.fullmatch(route.strip())
    verb, path = found.groups() if found else ("*", "")
    pieces = re.split(r"(\*\*|\*|\{\w+\})", "**" if path == "*" else path.rstrip("/"))
    parts = {"**": ".*", "*": "[^/]*"}
    text = "".join("[^/]+" if piece[:1] == "{" else parts.get(piece) or re.escape(piece) for piece in pieces)
    return (verb or "*").upper(), re.compile(text)


def meet(
    known: Iterable[Fault], verb: str, path: str, holds: Callable[[Fault], bool]
) -> tuple[list[Fault], list[Fault]]:
    """The faults that act on a request, and those whose counts it has changed.

    Whatever alters an answer acts together; of the faults that replace it the oldest acts, and the others wait.

    Arguments:
        known: all faults, the oldest first.
        holds: is it so, for a fault that depends on what was asked before (`rate-limits`, `search-quota`)?

    >>> first, then = made({"route": "*", "status": 503, "times": 1}), made({"route": "*", "kind": "lost"})
    >>> acting, changed = meet([first, then], "GET", "/", lambda fault: True)
    >>> [fault.kind for fault in acting], changed == acting, acting[0].used_up
    (['status'], True, True)
    """
    acting: list[Fault] = []
    changed: list[Fault] = []
    replaced = False
    for fault in known:
        replaces = KINDS[fault.kind].replaces
        if fault.used_up or (replaces and replaced) or not matches(fault.route, verb, path):
            continue
        if fault.met < fault.skip:
            changed.append(fault._replace(met=fault.met + 1))
        elif fault.kind not in ("rate-limits", "search-quota") or holds(fault):
            acting.append(fault._replace(hits=fault.hits + 1))
            changed.append(acting[-1])
            replaced = replaced or replaces
    return acting, changed
