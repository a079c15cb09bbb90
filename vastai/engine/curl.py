"""Show a request without sending it: the line of `explain`, and a curl command that can be run as it is."""

from __future__ import annotations

import json
import shlex
from typing import Any

from ..settings import Settings
from .address import url_of
from .steps import Request

MASK = "****"


def explain_lines(request: Request, settings: Settings) -> list[str]:
    """``VERB URL``, and the body where there is one, secrets masked.

    >>> explain_lines(Request("GET", "/api/v0/bundles/", {"q": "{}"}), Settings(environ={}))
    ['GET https://console.vast.ai/api/v0/bundles/?q=%7B%7D']
    """
    request = masked(request)
    lines = [f"{request.verb} {url_of(request, settings)}"]
    return lines if request.body is None else [*lines, json.dumps(request.body, ensure_ascii=False)]


def curl_line(request: Request, settings: Settings) -> str:
    """A curl command with ``$VAST_API_KEY`` in place of the key, ready for a POSIX shell."""
    request = masked(request)
    words = ["curl", "-X", request.verb, shlex.quote(url_of(request, settings))]
    words += ["-H", '"Authorization: Bearer $VAST_API_KEY"']
    if request.body is not None:
        words += ["-H", "'Content-Type: application/json'", "-d", shlex.quote(json.dumps(request.body))]
    return " ".join(words)


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
