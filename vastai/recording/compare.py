"""Is a request the recorded one? What stands in for a removed value fits every value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from .entries import Entry, Sent
from .rules import STAND_IN


def difference(recorded: Mapping[str, Any], sent: Sent) -> str:
    """What tells a request from a recorded one, in a few words; "" when they are the same.

    >>> sent = Sent("PUT", "http://replay/api/v0/asks/7/", b'{"image": "a", "env": {"TOKEN": "abc"}}')
    >>> body = {"image": "a", "env": {"TOKEN": "removed-env-1"}}
    >>> difference({"verb": "PUT", "path": "/api/v0/asks/7/", "body": body}, sent)
    ''
    >>> difference({"verb": "PUT", "path": "/api/v0/asks/7/", "body": {**body, "disk": 10}}, sent)
    'body.disk is missing, recorded is 10'
    """
    if recorded.get("verb") != sent.verb:
        return f"it is a {sent.verb}, recorded is {recorded.get('verb')}"
    if "url" in recorded:
        return "" if sent.url and _fits(recorded["url"], sent.url) else "it is not the URL that was fetched"
    if sent.url or not _fits(unquote(str(recorded.get("path", ""))), unquote(sent.path)):
        return f"the path is {sent.path}, recorded is {recorded.get('path')}"
    parts = {"query": (recorded.get("query", {}), sent.query), "body": (recorded.get("body"), sent.body)}
    return next((found for name, pair in parts.items() for found in _differences(name, *pair)), "")


def nearest(exchanges: list[Entry], sent: Sent) -> tuple[Entry | None, str]:
    """The recorded exchange that is most like a request, and what tells them apart; None where nothing is recorded."""
    if not exchanges:
        return None, ""

    def likeness(entry: Entry) -> tuple[bool, float, bool, int]:
        from difflib import SequenceMatcher

        request = entry["request"]
        path = str(request.get("path", ""))
        body = len(list(_differences("body", request.get("body"), sent.body)))
        ratio = SequenceMatcher(None, path, sent.path).ratio()
        return path == sent.path, ratio, request.get("verb") == sent.verb, -body

    best = max(exchanges, key=likeness)
    return best, difference(best["request"], sent)


def _differences(where: str, recorded: Any, sent: Any) -> Iterator[str]:
    """What differs between two values, the recorded one first, each with its place."""
    if isinstance(recorded, dict) and isinstance(sent, dict):
        for name in [*recorded, *(name for name in sent if name not in recorded)]:
            if name not in sent:
                yield f"{where}.{name} is missing, recorded is {_short(recorded[name])}"
            elif name not in recorded:
                yield f"{where}.{name} is {_short(sent[name])}, recorded is none"
            else:
                yield from _differences(f"{where}.{name}", recorded[name], sent[name])
    elif isinstance(recorded, list) and isinstance(sent, list) and len(recorded) == len(sent):
        for number, (one, other) in enumerate(zip(recorded, sent, strict=True)):
            yield from _differences(f"{where}[{number}]", one, other)
    elif not _fits(recorded, sent):
        yield f"{where} is {_short(sent)}, recorded is {_short(recorded)}"


def _fits(recorded: Any, sent: Any) -> bool:
    if recorded == sent and isinstance(recorded, bool) == isinstance(sent, bool):
        return True
    if not isinstance(recorded, str) or not STAND_IN.search(recorded) or isinstance(sent, dict | list | None):
        return False
    pieces = [re.escape(piece) for piece in re.split(STAND_IN, recorded)]
    return re.fullmatch(".+".join(pieces), str(sent), re.DOTALL) is not None


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
