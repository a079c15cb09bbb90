"""Show a request without sending it: the line of `explain`, and a curl command that can be run as it is."""

from __future__ import annotations

import json
import shlex
from typing import Any
from urllib.parse import urlencode

from .steps import Request

MASK = "****"


def explain_lines(request: Request, base: str) -> list[str]:
    """``VERB URL``, and the body where there is one, secrets masked.

    >>> explain_lines(Request("GET", "/api/v0/bundles/", {"q": "{}"}), "https://console.vast.ai")
    ['GET https://console.vast.ai/api/v0/bundles/?q=%7B%7D']
    """
    request = masked(request)
    lines = [f"{request.verb} {url(request, base)}"]
    return lines if request.body is None else [*lines, json.dumps(request.body, ensure_ascii=False)]


def curl_line(request: Request, base: str) -> str:
    """A curl command with ``$VAST_API_KEY`` in place of the key, ready for a POSIX shell."""
    request = masked(request)
    words = ["curl", "-X", request.verb, shlex.quote(url(request, base))]
    words += ["-H", '"Authorization: Bearer $VAST_API_KEY"']
    if request.body is not None:
        words += ["-H", "'Content-Type: application/json'", "-d", shlex.quote(json.dumps(request.body))]
    return " ".join(words)


def url(request: Request, base: str) -> str:
    """The complete URL of a request below a server's base address."""
    query = f"?{urlencode(request.query)}" if request.query else ""
    return f"{base}{request.path}{query}"


def masked(request: Request) -> Request:
    """The same request with its secret fields masked."""
    if not request.secrets:
        return request
    query = {name: MASK if name in request.secrets else value for name, value in request.query.items()}
    return request._replace(query=query, body=_masked(request.body, request.secrets))


def _masked(body: Any, secrets: tuple[str, ...]) -> Any:
    if not isinstance(body, dict):
        return body
    shown = dict(body)
    for wire in secrets:
        first, _, rest = wire.partition(".")
        if shown.get(first) is not None:
            shown[first] = _masked(shown[first], (rest,)) if rest else MASK
    return shown
