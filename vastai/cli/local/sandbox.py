"""How the commands of the sandbox reach it: its file in this process, or the address where it is served."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from ...engine.address import is_loopback
from ...engine.retry import TransportError
from ...engine.transport import open_transport
from ...errors import ConnectionFailed, UsageError, VastError
from . import Context

SECONDS = 120.0


def server_of(context: Context) -> str:
    """The sandbox that is meant: that of ``--url``, that of VAST_URL if it is one, else the default file.

    Raises:
        UsageError: ``--url`` names something else.
    """
    settings = context.settings()
    parts = urlsplit(settings.server_url)
    if settings.imitation == "sandbox" or (parts.scheme == "http" and is_loopback(parts.hostname)):
        return settings.server_url
    if context.server_url:
        raise UsageError(f"{settings.server_url} is no sandbox; it is a file, or served on this machine")
    return "sandbox"


class Answer(dict[str, Any]):
    """What the sandbox answers; a field that is missing shows that it is something else that answers."""

    def __missing__(self, name: str) -> Any:
        raise VastError(f'What answers there is no sandbox: the answer has no "{name}".')


def ask(context: Context, verb: str, name: str, body: Any = None, **query: Any) -> dict[str, Any]:
    """The answer of the sandbox to a request below ``/__sandbox__/``.

    Raises:
        UsageError: it says what is wrong with the request.
        ConnectionFailed: nothing answers there.
        VastError: what answers is no sandbox.
    """
    server = server_of(context)
    base = server if server.startswith("http") else "http://sandbox"
    url = f"{base}/__sandbox__/{name}" + (f"?{urlencode(query)}" if query else "")
    data = None if body is None else json.dumps(body).encode()
    transport = open_transport(server)
    try:
        reply = transport.send(verb, url, {"Content-Type": "application/json"}, data, deadline=SECONDS, fresh=False)
        answer = json.loads(reply.body)
    except TransportError as failure:
        raise ConnectionFailed(f"No sandbox answers at {server}: {failure.reason}.") from None
    except (ValueError, RecursionError):
        answer = None
    finally:
        transport.close()
    if isinstance(answer, dict) and answer.get("success") is False and reply.status == 400:
        raise UsageError(str(answer.get("msg")))
    if not isinstance(answer, dict) or reply.status != 200:
        raise VastError(f"What answers at {server} is no sandbox (HTTP {reply.status}).")
    return Answer(answer)
