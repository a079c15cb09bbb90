"""Polling: ask, then fetch the URL that the answer names until the result is there."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

from ..errors import ConnectionFailed
from ..table.model import Command
from . import reply
from .context import Context
from .plan import plan
from .steps import Fetch, Pause, Reply, Request

Flow = Generator[Any, Any, Any]


def fetched(
    command: Command,
    values: Mapping[str, Any],
    context: Context,
    ask: Callable[[Command, Request, Context], Flow],
) -> Generator[Any, Any, tuple[Any, Reply]]:
    """The result of a command with `poll`, before its transforms, and the first answer.

    Arguments:
        ask: gives the flow of one request.

    Raises (when run):
        ConnectionFailed: the result was not there in time (code ``timed_out``).
        APIError: the service refused, or named no URL.
    """
    poll = command.poll or {}
    answer = yield from ask(command, plan(command, values), context)
    first = reply.read_record(command, answer, context.strict, context.notes)
    url = first.get(poll["url"])
    if not isinstance(url, str):
        raise reply.unusable(answer, f'names no "{poll["url"]}"')
    waited = 0.0
    while True:
        got = yield Fetch(url)
        if got.status == 200:
            break
        if waited >= poll["within"]:
            raise ConnectionFailed(
                f"{command.name}: the result was not there after {poll['within']} seconds.",
                code="timed_out",
                hint="The instance may be loading, or busy: try again.",
            )
        yield Pause(poll["every"])
        waited += poll["every"]
    text = got.body.decode("utf-8", "replace") if poll.get("as", "text") == "text" else reply.decode(got)
    path = first.get(poll.get("without", ""))
    if isinstance(text, str) and isinstance(path, str) and path:
        text = text.replace(path, "")
    return (text if command.returns.type == "str" else {**first, "output": text}), answer
