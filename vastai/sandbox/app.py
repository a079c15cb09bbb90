"""The sandbox as a service: one request in, one answer out, over routes that come from the table."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from typing import Any

from vastai.engine.steps import Reply
from vastai.sandbox import (
    answers,
    arguments,
    blank,
    callers,
    control,
    faulty,
    journal,
    limits,
    logbook,
    money,
    pages,
    permissions,
    received,
    repeats,
)
from vastai.sandbox import routes as routing
from vastai.sandbox.behaviour.registry import Call, Caller, Refusal, behaviours, invalid, needs_no_key
from vastai.sandbox.behaviour.results import fetch
from vastai.sandbox.faults import Fault
from vastai.sandbox.faulty import Outcome
from vastai.sandbox.filters import BadFilter
from vastai.sandbox.pages import Page
from vastai.sandbox.routes import Route
from vastai.sandbox.world import World
from vastai.table.model import Command, Table

Row = dict[str, Any]

RESULTS = "/__sandbox__/results/"
LOOKED_AT = 10  # rows of an answer that are checked against the schema when nobody asked for more
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Request:
    """One request on its way through the sandbox, and what has become known of it.

    Attributes:
        headers: with lower-case names.
        fields: fields of the JSON body.
        route: what it asks for, once that is found.
        caller: who asks, once that is known, or from the start where that needs no key.
    """

    __slots__ = ("body", "caller", "fields", "headers", "path", "query", "route", "verb")

    def __init__(
        self, verb: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes | None
    ) -> None:
        self.verb, self.path, self.query, self.body = verb, path, query, body
        self.headers = {name.lower(): value for name, value in headers.items()}
        self.fields: Row = {}
        self.route: Route | None = None
        self.caller: Caller | None = None

    @property
    def commands(self) -> tuple[Command, ...]:
        """The commands of the table that send such requests."""
        return self.route.commands if self.route else ()


class App:
    """Answers requests as the service would, from a world and the table of commands.

    Arguments:
        world: the state.
        table: the commands; their verbs and paths are the routes, their parameters what is accepted there.
        strict: check every row of an answer against its schema before it leaves (else its first rows).
        keys: what an unknown key is: ``shared`` the default account, ``open`` a new account, ``strict`` refused.
        standing: faults that act here beside those of the world, such as rate limits; they are never used up.
    """

    def __init__(
        self,
        world: World,
        table: Table,
        *,
        strict: bool = False,
        keys: str = "shared",
        standing: Iterable[Fault] = (),
    ) -> None:
        if keys not in callers.KEY_MODES:
            raise ValueError(f"keys: {keys!r} is not one of {', '.join(callers.KEY_MODES)}")
        self.world = world
        self.strict = strict
        self.keys = keys
        self.standing = tuple(standing)
        self.routes = routing.build(table, behaviours())

    def handle(self, verb: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes | None) -> Reply:
        """Answer one request, as `outcome` does, on a connection that nothing happens to."""
        reply = self.outcome(verb, path, query, headers, body).reply
        return reply if reply is not None else _reply(verb, path, Page(502, b""), self.world.now())

    def outcome(
        self, verb: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes | None
    ) -> Outcome:
        """Answer one request, with the faults that are asked for.

        Arguments: path as in the URL, still percent-encoded; query decoded; headers under any case.

        Raises:
            BadAnswer: the sandbox itself is at fault (see `answers.check`).
        """
        if path.startswith(control.PREFIX):
            return Outcome(_reply(verb, path, self._own(verb, path, query, body), self.world.now()))
        request = Request(verb, path, query, headers, body)
        began = time.perf_counter()
        with self.world.transaction() as world:
            now = world.now()
            repeats.settle(world, now, self._repeat)
            world.booked.clear()
            asking = callers.key_hash(request.headers.get("authorization", ""))
            found, limit = faulty.acting(world, self.standing, verb, path, asking, now)
            instead = faulty.stands_before(found)
            if instead is not None:
                page, answer = faulty.page_of(instead, limit, now), None
            else:
                status, answer = self.answer(request, now)
                faulty.spoil_boots(world, found, answer, path, now)
                page = pages.document(status, faulty.drifted(found, answer))
            page = faulty.finished(found, page, limit, now)
            self._log(request, page.status, answer, found, now, time.perf_counter() - began)
        return faulty.outcome(found, _reply(verb, path, page, now))

    def verbs(self, path: str) -> list[str]:
        """The verbs that a path answers; those of all paths for one that does not exist."""
        fitting = self.routes.fitting(routing.pieces(path)) or list(self.routes)
        return sorted({"HEAD", "OPTIONS", *(route.text.partition(" ")[0] for route in fitting)})

    def answer(self, request: Request, now: float) -> tuple[int, Any]:
        """Do what a request asks, all or nothing: the status, and the answer before it is written as JSON.

        Inside a transaction; without faults, and without a line in the log.
        """
        try:
            with self.world.attempt():
                answer, status = self._act(request, now), 200
            if isinstance(answer, Refusal):
                raise answer
            commands = request.commands
        except Refusal as refusal:
            answer, commands, status = refusal.body, (), refusal.status
        whole = "*" in request.query.get("select_cols", "*")  # rows with only some of their columns fit no schema
        answers.check(commands, status, answer, (None if self.strict else LOOKED_AT) if whole else 0)
        return status, answer

    def _act(self, request: Request, now: float) -> Any:
        """Do what a request asks.

        Raises:
            Refusal: the request is refused.
        """
        world = self.world
        request.route, found = routing.find(self.routes, request.verb, request.path)
        route = request.route
        optional = needs_no_key(route.behaviour) or any(command.key == "optional" for command in route.commands)
        unknown = permissions.unknown_key_status(route.text)
        if request.caller is None:
            request.caller = callers.identify(world, request.headers, self.keys, optional, now, unknown)
        world.booked.clear()  # what an account begins with is no cost of its first request
        request.fields = _object(route, request.body)
        query = _with_body(request.query, request.fields) if request.verb == "GET" else request.query
        base = f"http://{request.headers.get('host') or 'sandbox'}"
        call = Call(world, request.caller, now, _numbered(found), query, request.fields, base)
        return self._perform(route, request.path, call)

    def _repeat(self, job: Row, caller: Caller, at: float) -> Any:
        """Do the request of a scheduled job, at the time at which it fell due."""
        path = job["api_endpoint"]
        route, found = routing.find(self.routes, job["request_method"], path)
        call = Call(self.world, caller, at, _numbered(found), {}, dict(job["request_body"]), "http://sandbox")
        return self._perform(route, path, call)

    def _perform(self, route: Route, path: str, call: Call) -> Any:
        """Check a request and do it. A refusal that a behaviour returns instead of raising it keeps what it changed.

        Raises:
            Refusal: the request is refused.
        """
        given = {**call.query, **call.body, **call.path}
        permissions.authorize(call.caller, route.text, given)
        limits.check(route.text, given)
        self._check_arguments(route, path, call.query, call.body)
        journal.note(call, route.text, route.commands, given)
        if route.behaviour is None:
            return blank.answer(route.commands[0])
        try:
            return route.behaviour(call)
        except BadFilter as error:
            raise Refusal(400, getattr(error, "code", "invalid_args"), f"{error}") from None

    def _check_arguments(self, route: Route, path: str, query: dict[str, str], body: Row) -> None:
        """Refuse what no command of the table would send to this route."""
        asked = routing.pieces(path)
        values = {
            name: value
            for command in route.commands
            for name, value in routing.parameters(routing.pieces(command.path), asked).items()
        }
        lines = arguments.faults(route.commands, values, query, body)
        if lines:
            raise invalid("; ".join(lines))

    def _own(self, verb: str, path: str, query: dict[str, str], body: bytes | None) -> Page:
        """The answer to a request that is not one of the service: the text behind a `result_url`, or `control`."""
        if not path.startswith(RESULTS):
            return control.handle(self, verb, path, query, body)
        with self.world.transaction() as world:
            status, text = fetch(world, path.removeprefix(RESULTS).strip("/"))
        return Page(status, text.encode(), "text/plain; charset=utf-8")

    def _log(self, request: Request, status: int, answer: Any, found: list[Fault], now: float, seconds: float) -> None:
        account = request.caller.account["id"] if request.caller else None
        at_once, hourly = self.world.booked.get(account or 0, (0, 0))
        asked = (request.verb, request.path, request.query, request.fields, request.commands)
        entry: Row = {"at": now, "account": account, "ms": round(seconds * 1000, 2)}
        entry.update(logbook.entry(*asked, status, answer))
        if at_once or hourly:
            entry["cost"] = {"at_once": -money.dollars(at_once), "hourly": money.dollars(hourly)}
        if found:
            entry["faults"] = [fault.kind for fault in found]
        logbook.write(self.world, entry)


def _object(route: Route, body: bytes | None) -> dict[str, Any]:
    """The JSON object in a request's body; without a body an empty one.

    Raises:
        Refusal: it is not JSON (483 for a command on an instance, as the service has it), holds what cannot be kept, or
            is no object.
    """
    if not body:
        return {}
    try:
        value = received.loads(body)
    except ValueError as error:
        status = 483 if "/instances/command/" in route.text else 400
        raise Refusal(status, "invalid_args", f"The body is not JSON that can be used: {error}") from None
    if not isinstance(value, dict):
        raise invalid("The body must be a JSON object.")
    return value


def _numbered(values: dict[str, str]) -> dict[str, Any]:
    """Path values, those that are whole numbers as such; more than 18 digits are no number of an id."""
    return {
        name: int(value) if value.isascii() and value.isdigit() and len(value) <= 18 else value
        for name, value in values.items()
    }


def _with_body(query: dict[str, str], fields: Row) -> dict[str, str]:
    """The query of a GET with the fields of its body, where older clients put what belongs into the query.

    >>> _with_body({"a": "1"}, {"a": 2, "limit": 3})
    {'a': '1', 'limit': '3'}
    """
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}
    return {**texts, **query}


def _reply(verb: str, path: str, page: Page, now: float) -> Reply:
    own = {"date": http_date(now), "content-type": page.kind, "content-length": str(len(page.body))}
    return Reply(page.status, {**own, **page.headers}, page.body, f"http://sandbox{path}", verb)


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
