"""The forms in which a service says no: JSON of three kinds, plain text, a web page, nothing."""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple

FORMS = ("json", "detail", "text", "html", "empty", "recorded")
"""What a refusal may look like. `recorded` is that of a throttled search which a third party recorded in July 2026:
headers that say how long to wait, and the same in the body. The others are described by the vendor or common."""

TOO_OFTEN = "API requests too frequent"


class Page(NamedTuple):
    """An answer before it travels: status, body, content type, and headers of its own with lower-case names."""

    status: int
    body: bytes
    kind: str = "application/json"
    headers: dict[str, str] = {}


def document(status: int, value: Any, headers: dict[str, str] | None = None) -> Page:
    """A page that holds a JSON value."""
    return Page(status, json.dumps(value).encode(), headers=headers or {})


def refused(status: int, form: str, error: str, msg: str) -> Page:
    """A refusal in one of the `FORMS`.

    >>> refused(503, "detail", "", "later").body
    b'{"detail": "later"}'
    """
    if form == "detail":
        return document(status, {"detail": msg})
    if form == "text":
        return Page(status, msg.encode(), "text/plain; charset=utf-8")
    if form == "html":
        return web_page(status, msg)
    if form == "empty":
        return Page(status, b"", "text/plain; charset=utf-8")
    return document(status, {"success": False, "error": error, "msg": msg})


def web_page(status: int, text: str) -> Page:
    """What a proxy or a login page in front of the service answers."""
    head, body = f"<head><title>{status}</title></head>", f"<body><h1>{status}</h1><p>{text}</p></body>"
    return Page(status, f"<!DOCTYPE html>\n<html>{head}{body}</html>\n".encode(), "text/html; charset=utf-8")


def too_often(form: str, threshold: float, wait: float, now: float) -> Page:
    """The refusal of a request that comes too soon after the last one.

    Arguments: form of the refusal; threshold: least seconds between two requests; wait: seconds until the next one is
    taken; now in unix seconds.

    >>> too_often("text", 4.5, 2.0, 0.0).body
    b'API requests too frequent: endpoint threshold=4.5'
    """
    if form == "recorded":
        seconds = math.ceil(wait)
        limit = {"x-ratelimit-limit": f"{threshold:.1f}", "x-ratelimit-remaining": "0"}
        headers = {"retry-after": str(seconds), **limit, "x-ratelimit-reset": str(math.ceil(now + wait))}
        body = {"error": "HTTPTooManyRequests", "msg": TOO_OFTEN, "retry_after": seconds}
        return document(429, {**body, "limit": threshold, "remaining": 0}, headers)
    colon = ":" if form == "text" else ""
    return refused(429, form, "rate_limit_exceeded", f"{TOO_OFTEN}{colon} endpoint threshold={threshold:.1f}")


def quota_used_up(now: float) -> Page:
    """The refusal of a search when the searches of the day are used up; a new day begins at midnight UTC."""
    midnight = (now // 86_400 + 1) * 86_400
    body = {"success": False, "error": "search_quota_exceeded", "msg": "The daily search quota is used up."}
    return document(429, body, {"x-ratelimit-reset": str(int(midnight)), "x-ratelimit-remaining": "0"})
