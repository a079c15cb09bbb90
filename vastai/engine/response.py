"""An answer beyond its body: as a real `requests.Response`, for callers that catch its errors, and its time."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from .steps import Reply

if TYPE_CHECKING:
    import requests


def requests_response(reply: Reply) -> requests.Response:
    """The same answer as `requests` would give it: status, headers, body, URL and the request that it answers."""
    import requests

    response = requests.Response()
    response.status_code = reply.status
    response.headers.update(reply.headers)
    response.url = reply.url
    response.encoding = "utf-8"
    response.raw = io.BytesIO(reply.body)
    response._content = reply.body  # the body is complete; there is no public way to say so
    response.request = requests.Request(reply.verb or "GET", reply.url or "http://sandbox/").prepare()
    return response


def date_of(answer: Reply | None) -> float | None:
    """The server's own time in unix seconds, where an answer carries it."""
    text = answer.headers.get("date") if answer else None
    if not text:
        return None
    from email.utils import parsedate_to_datetime

    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return None
