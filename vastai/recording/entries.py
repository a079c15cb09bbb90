"""The entries of a recording: one exchange or call, as a mapping that a person can read, and back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from vastai.engine.retry import TransportError
from vastai.engine.steps import Reply
from vastai.table.model import Command

from .remover import Remover

Entry = dict[str, Any]

HEADERS = re.compile(r"content-type|date|location|retry-after|x-ratelimit-.*")  # the answer's headers that matter
TOO_DEEP = "removed: nested too deeply"


class SecretFields:
    """The fields that the table marks as secret, by the route they are sent to.

    Args:
        commands: those of the table.
    """

    def __init__(self, commands: Iterable[Command]) -> None:
        self._routes = [
            (command.verb, re.compile(re.sub(r"\{\w+\}", "[^/]+", command.path.rstrip("/"))), names)
            for command in commands
            if (names := {p.wire.split(".")[-1] for p in command.params.values() if p.secret}) and command.path
        ]

    def of(self, verb: str, path: str) -> frozenset[str]:
        """Names of the secret fields in a request."""
        plain = path.rstrip("/")
        fitting = [names for known, route, names in self._routes if known == verb and route.fullmatch(plain)]
        return frozenset().union(*fitting)


class Sent:
    """One request as it is sent: what the entry of it is made from.

    Args:
        verb: HTTP verb.
        url: complete URL.
        body: body, or None.
        known: has the service named this URL, so that it is fetched as it is?
    """

    def __init__(self, verb: str, url: str, body: bytes | None, *, known: bool = False) -> None:
        parts = urlsplit(url)
        self.verb = verb
        self.path = parts.path
        self.url = url if known else ""
        self.query = {name: as_json(value) for name, value in parse_qsl(parts.query, keep_blank_values=True)}
        self.body = None if body is None else _decoded(body)

    def entry(self, remover: Remover, secret: frozenset[str] = frozenset()) -> Entry:
        """The request without what is private."""
        if self.url:
            return {"verb": self.verb, "url": remover.text(self.url)}
        entry: Entry = {"verb": self.verb, "path": remover.path(self.path)}
        if self.query:
            entry["query"] = remover.clean(self.query, secret)
        if self.body is not None:
            entry["body"] = remover.clean(self.body, secret)
        return entry


def as_json(text: str) -> Any:
    """A value of a query: the object or list that it holds, or the text itself.

    >>> as_json('{"limit": 3}'), as_json("7")
    ({'limit': 3}, '7')
    """
    if text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
    return text


def answer_entry(remover: Remover, reply: Reply, origin: str) -> Entry:
    """An answer without what is private.

    Args:
        origin: scheme and host of the request; a redirect within it keeps its path.
    """
    headers = {}
    for name, value in reply.headers.items():
        if HEADERS.fullmatch(name):
            within = name == "location" and value.startswith(origin + "/")
            headers[name] = remover.path(value[len(origin) :]) if within else remover.text(value)
    entry: Entry = {"status": reply.status, "headers": headers}
    if reply.body:
        value = _decoded(reply.body)
        is_text = isinstance(value, str) and not reply.body.lstrip().startswith(b'"')
        entry["text" if is_text else "json"] = remover.clean(value)
    return entry


def failure_entry(failure: BaseException) -> Entry:
    """An attempt without an answer: why, and whether the service may have seen the request."""
    if isinstance(failure, TransportError):
        return {"reason": failure.reason, "sent": failure.sent}
    return {"reason": f"{type(failure).__name__} on this side", "sent": True}


def reply_of(answer: Mapping[str, Any], verb: str, url: str) -> Reply:
    """The answer that an entry stands for."""
    headers = {str(name).lower(): str(value) for name, value in (answer.get("headers") or {}).items()}
    if "json" in answer:
        body = json.dumps(answer["json"]).encode()
        headers.setdefault("content-type", "application/json")
    else:
        body = str(answer.get("text") or "").encode()
    return Reply(int(answer.get("status", 200)), headers, body, url, verb)


def failure_of(entry: Mapping[str, Any]) -> TransportError:
    """The failure that an entry stands for."""
    return TransportError(str(entry.get("reason", "no answer")), sent=bool(entry.get("sent", True)))


def call_entry(remover: Remover, command: Command, given: Mapping[str, Any]) -> Entry:
    """A call of a command, its arguments without what is private."""
    secret = {name for name, parameter in command.params.items() if parameter.secret}
    secret |= {other for name in secret for other in command.params[name].alias}
    plain = json.loads(json.dumps(dict(given), default=str))
    return {"call": command.name, "given": remover.clean(plain, secret)}


def _decoded(body: bytes) -> Any:
    """The JSON value of a body, else its text."""
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
    except RecursionError:
        return TOO_DEEP
