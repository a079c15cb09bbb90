"""The registry of behaviours: which function answers a verb and path, and what such a function is given."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple, TypeVar

from vastai.sandbox import received
from vastai.sandbox.world import World
from vastai.table import schemas

Row = dict[str, Any]
Behaviour = Callable[["Call"], Any]
F = TypeVar("F", bound=Behaviour)

MODULES = (
    "search",
    "rent",
    "mounts",
    "instances",
    "results",
    "volumes",
    "copies",
    "account",
    "subaccounts",
    "audit",
    "notifications",
    "webhooks",
    "two_factor",
    "billing",
    "api_keys",
    "ssh_keys",
    "instance_ssh",
    "jobs",
    "cloud_copies",
    "env_vars",
    "teams",
    "roles",
    "templates",
    "serverless",
    "workers",
    "deployments",
    "launch",
    "contracts",
    "prepayments",
    "price_increases",
    "backups",
    "hosts",
    "upkeep",
    "earnings",
    "volume_listings",
    "clusters",
    "overlays",
    "metrics",
)

_behaviours: dict[str, Behaviour] = {}
_beside: set[Behaviour] = set()
_keyless: set[Behaviour] = set()


class Refusal(Exception):
    """The sandbox says no: a status, the service's code, a sentence, and other fields of the answer."""

    def __init__(self, status: int, error: str, msg: str, **fields: Any) -> None:
        super().__init__(msg)
        self.status = status
        self.body = {"success": False, "error": error, "msg": msg, **fields}


class Caller(NamedTuple):
    """Who asks: the person's account, the account that is meant (a team's, or the same), and the key.

    `key` is None for a caller who may do everything.
    """

    user: Row
    account: Row
    key: Row | None


class Call(NamedTuple):
    """One request, checked against the table: what it asks, who asks, and when.

    Attributes:
        path: values of the path's parameters, ids as numbers.
        query: query values as texts.
        body: fields of the JSON body.
        base: address of the sandbox, for URLs in answers.
    """

    world: World
    caller: Caller
    now: float
    path: Row
    query: dict[str, str]
    body: Row
    base: str

    @property
    def account(self) -> int:
        """Id of the account that is meant."""
        return int(self.caller.account["id"])

    def json(self, name: str, default: Any) -> Any:
        """A query value that is JSON text.

        Raises:
            Refusal: it is not JSON.
        """
        text = self.query.get(name)
        if not text:
            return default
        try:
            value = received.loads(text)
        except ValueError as error:
            raise invalid(f"{name} is not JSON that can be used: {error}") from None
        return default if value is None else value

    def given(self, name: str) -> Any:
        """A field wherever it stands, body first; None when it is missing."""
        value = self.body.get(name)
        return self.query.get(name) if value is None else value


def behaviour(*routes: str, beside: bool = False, keyless: bool = False) -> Callable[[F], F]:
    """Register a function as what happens for these requests, written as ``VERB /path/{parameter}/``.

    The routes exist when a command of the table uses one of them; with `beside` also when none does, for requests that
    the service answers and other clients send. With `keyless` they are answered without a key.
    """

    def register(function: F) -> F:
        if beside:
            _beside.add(function)
        if keyless:
            _keyless.add(function)
        for route in routes:
            if route in _behaviours and _behaviours[route].__module__ != function.__module__:
                raise ValueError(f"two behaviours for {route}")
            _behaviours[route] = function
        return function

    return register


def behaviours() -> dict[str, Behaviour]:
    """All behaviours by route."""
    for name in MODULES:
        import_module(f"vastai.sandbox.behaviour.{name}")
    return _behaviours


def stands_beside(function: Behaviour) -> bool:
    """Do a behaviour's routes exist although no command of the table uses them?"""
    return function in _beside


def needs_no_key(function: Behaviour | None) -> bool:
    """Are a behaviour's routes answered without a key?"""
    return function in _keyless


def invalid(msg: str) -> Refusal:
    """The refusal of an argument."""
    return Refusal(400, "invalid_args", msg)


def missing(code: str, what: str, id: Any, **fields: Any) -> Refusal:
    """The refusal of an id that is not there, or not the caller's: both look the same, as with the service."""
    return Refusal(404, code, f"There is no {what} {id} in this account.", **fields)


def own(call: Call, kind: str, id: Any, code: str = "", what: str = "") -> Row:
    """The caller's object of a kind and id.

    Raises:
        Refusal: there is none.
    """
    number = number_of(id)
    found = None if number is None else call.world.get(kind, number, call.account)
    if found is None:
        name = what or kind
        raise missing(code or f"no_such_{name.replace(' ', '_')}", name, id)
    return found


def check_user(call: Call) -> None:
    """Refuse a path that names another user; ``me`` is the caller.

    Raises:
        Refusal: 403.
    """
    asked = call.path["user_id"]
    if asked != "me" and number_of(asked) not in (call.account, call.caller.user["id"]):
        raise Refusal(403, "forbidden", f"User {asked} is somebody else.")


def check_kept(schema: str, fields: Row) -> None:
    """Refuse fields of a request that no answer could give back: those of another kind than a response schema says.

    Raises:
        Refusal: 400, naming the first of them.
    """
    for path, what in schemas.faults(schema, {"id": 0, **fields}):
        raise invalid(f"{path.lstrip('.')}: {what}")


def number_of(value: Any) -> int | None:
    """An id as a number, or None when it cannot be one.

    >>> number_of("12"), number_of(7), number_of("x"), number_of(True)
    (12, 7, None, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    return int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else None


def amount_of(value: Any, name: str) -> float:
    """A finite number that may come as text.

    Raises:
        Refusal: it is none.
    """
    try:
        number = float(value) if not isinstance(value, bool) else float("nan")
    except (TypeError, ValueError):
        number = float("nan")
    if not abs(number) < float("inf"):
        raise invalid(f"{name} must be a number")
    return number
