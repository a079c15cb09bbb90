"""The sandbox as a service: one request in, one answer out, over routes that come from the table."""

from __future__ import annotations

import json
import time
from typing import Any

from vastai.engine.steps import Reply
from vastai.sandbox import answers, arguments, blank, callers, fleet, permissions, routes
from vastai.sandbox.behaviour.registry import Call, Refusal, behaviours, invalid
from vastai.sandbox.behaviour.results import fetch
from vastai.sandbox.filters import BadFilter
from vastai.sandbox.world import World
from vastai.table.model import Table

RESULTS = "/__sandbox__/results/"
LOOKED_AT = 10  # rows of an answer that are checked against the schema when nobody asked for more
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class App:
    """Answers requests as the service would, from a world and the table of commands.

    Arguments:
        world: the state.
        table: the commands; their verbs and paths are the routes, their parameters what is accepted there.
        strict: check every row of an answer against its schema before it leaves (else its first rows).
        keys: what an unknown key is: ``shared`` the default account, ``open`` a new account, ``strict`` refused.
    """

    def __init__(self, world: World, table: Table, *, strict: bool = False, keys: str = "shared") -> None:
        if keys not in callers.KEY_MODES:
            raise ValueError(f"keys: {keys!r} is not one of {', '.join(callers.KEY_MODES)}")
        self.world = world
        self.strict = strict
        self.keys = keys
        self.routes = routes.build(table, behaviours())

    def handle(self, verb: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes | None) -> Reply:
        """Answer one request.

        Arguments: path as in the URL, still percent-encoded; query decoded; headers under any case.

        Raises:
            BadAnswer: the sandbox itself is at fault (see `answers.check`).
        """
        headers = {name.lower(): value for name, value in headers.items()}
        if path.startswith(RESULTS):
            with self.world.transaction() as world:
                status, text = fetch(world, path.removeprefix(RESULTS).strip("/"))
            return _reply(verb, path, status, text.encode(), "text/plain; charset=utf-8", self.world.now())
        try:
            answer, commands, status = *self._act(verb, path, query, headers, body), 200
        except Refusal as refusal:
            answer, commands, status = refusal.body, (), refusal.status
        whole = "*" in query.get("select_cols", "*")  # rows of which only some columns were asked for fit no schema
        answers.check(commands, status, answer, (None if self.strict else LOOKED_AT) if whole else 0)
        return _reply(verb, path, status, json.dumps(answer).encode(), "application/json", self.world.now())

    def _act(
        self, verb: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes | None
    ) -> tuple[Any, Any]:
        """Do what a request asks, all or nothing: the answer, and the commands whose answer it is.

        Raises:
            Refusal: the request is refused; nothing was changed.
        """
        route, found = routes.find(self.routes, verb, path)
        with self.world.transaction() as world:
            now = world.now()
            fleet.settle(world, now)
            optional = any(command.key == "optional" for command in route.commands)
            caller = callers.identify(world, headers, self.keys, optional, now)
            fields = _object(route, body)
            permissions.authorize(caller, route.text, {**query, **fields, **found})
            self._check_arguments(route, path, query, fields)
            if route.behaviour is None:
                return blank.answer(route.commands[0]), route.commands
            base = f"http://{headers.get('host') or 'sandbox'}"
            call = Call(world, caller, now, _numbered(found), query, fields, base)
            try:
                return route.behaviour(call), route.commands
            except BadFilter as error:
                raise Refusal(400, getattr(error, "code", "invalid_args"), f"{error}") from None

    def _check_arguments(self, route: routes.Route, path: str, query: dict[str, str], body: dict[str, Any]) -> None:
        """Refuse what no command of the table would send to this route."""
        asked = routes.pieces(path)
        values = {
            name: value
            for command in route.commands
            for name, value in routes.parameters(routes.pieces(command.path), asked).items()
        }
        lines = arguments.faults(route.commands, values, query, body)
        if lines:
            raise invalid("; ".join(lines))


def _object(route: routes.Route, body: bytes | None) -> dict[str, Any]:
    """The JSON object in a request's body; without a body an empty one.

    Raises:
        Refusal: it is not JSON (483 for a command on an instance, as the service has it), or no object.
    """
    if not body:
        return {}
    try:
        value = json.loads(body)
    except ValueError:
        status = 483 if "/instances/command/" in route.text else 400
        raise Refusal(status, "invalid_args", "The body is not JSON.") from None
    if not isinstance(value, dict):
        raise invalid("The body must be a JSON object.")
    return value


def _numbered(values: dict[str, str]) -> dict[str, Any]:
    """Path values, those that are whole numbers as such; more than 18 digits are no number of an id."""
    return {
        name: int(value) if value.isascii() and value.isdigit() and len(value) <= 18 else value
        for name, value in values.items()
    }


def _reply(verb: str, path: str, status: int, body: bytes, kind: str, now: float) -> Reply:
    headers = {"date": http_date(now), "content-type": kind, "content-length": str(len(body))}
    return Reply(status, headers, body, f"http://sandbox{path}", verb)


def http_date(now: float) -> str:
    """A time as an HTTP Date header; the email package would take longer to load than the request takes.

    >>> http_date(0)
    'Thu, 01 Jan 1970 00:00:00 GMT'
    """
    at = time.gmtime(now)
    return (
        f"{_DAYS[at.tm_wday]}, {at.tm_mday:02} {_MONTHS[at.tm_mon - 1]} {at.tm_year:04} "
        f"{at.tm_hour:02}:{at.tm_min:02}:{at.tm_sec:02} GMT"
    )
