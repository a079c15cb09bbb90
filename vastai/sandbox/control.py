"""The sandbox's own requests, below ``/__sandbox__/``: its faults, its log, its clock, and beginning anew."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from vastai.errors import UsageError, VastError
from vastai.sandbox import callers, faults, faulty, ledger, lifecycle, logbook, messages, money, pages
from vastai.sandbox.pages import Page
from vastai.sandbox.world import World

if TYPE_CHECKING:
    from vastai.sandbox.app import App

Row = dict[str, Any]
Action = Callable[["App", dict[str, str], Row], Any]

PREFIX = "/__sandbox__/"
LISTED = 100  # accounts that a status names


def handle(app: App, verb: str, path: str, query: dict[str, str], body: bytes | None) -> Page:
    """Answer one request to the sandbox itself; `path` begins with `PREFIX`."""
    name, _, rest = path.removeprefix(PREFIX).strip("/").partition("/")
    if rest and (verb, name) == ("DELETE", "faults"):
        query = {**query, "id": rest}
    elif rest or name not in {known for _, known in ACTIONS}:
        return pages.refused(404, "json", "not_found", f"The sandbox has nothing at {path}.")
    action = ACTIONS.get((verb, name))
    if action is None:
        verbs = ", ".join(known for known, other in ACTIONS if other == name)
        return pages.refused(405, "json", "method_not_allowed", f"{path} answers {verbs}, not {verb}.")
    try:
        fields = json.loads(body) if body else {}
        if not isinstance(fields, dict):
            raise ValueError("no object")
    except (ValueError, RecursionError):
        return pages.refused(400, "json", "invalid_args", "The body must be a JSON object.")
    try:
        with app.world.transaction():
            return pages.document(200, action(app, query, fields))
    except VastError as error:
        return pages.refused(400, "json", "invalid_args", str(error))


def status(app: App, query: dict[str, str], body: Row) -> Row:
    """What the world holds: its clock, its market, its accounts with their money, and how much was asked."""
    now = app.world.now()
    accounts = [_account(app.world, account, now) for account in app.world.all("account")[:LISTED]]
    last = app.world.sql("SELECT max(id) FROM log").fetchone()[0]
    return {
        "location": app.world.path,
        "now": now,
        "speed": app.world.speed,
        "seed": int(app.world.meta("seed")),
        "created": float(app.world.meta("created")),
        "offers": app.world.sql("SELECT count(*) FROM listings WHERE kind = 'offer'").fetchone()[0],
        "requests": last or 0,
        "faults": len(faulty.known(app.world)),
        "accounts": accounts,
    }


def _account(world: World, account: Row, now: float) -> Row:
    instances = world.all("instance", account["id"])
    return {
        "id": account["id"],
        "email": account["email"],
        "credit": money.dollars(ledger.credit(world, account["id"], now)),
        "hourly": money.dollars(ledger.hourly(world, account["id"])),
        "instances": len(instances),
        "running": sum(lifecycle.runs(instance, now) for instance in instances),
        "volumes": len(world.all("volume", account["id"])),
    }


def list_faults(app: App, query: dict[str, str], body: Row) -> Row:
    """All faults, the oldest first."""
    return {"faults": [fault.as_row() for fault in faulty.known(app.world)]}


def add_fault(app: App, query: dict[str, str], body: Row) -> Row:
    """Keep a fault; the body says which. UsageError: it cannot be understood."""
    return {"success": True, **faulty.add(app.world, faults.made(body)).as_row()}


def clear_faults(app: App, query: dict[str, str], body: Row) -> Row:
    """Forget the fault of an id, or all of them.

    Raises:
        UsageError: there is no such fault.
    """
    id = query.get("id", body.get("id"))
    if id is None:
        return {"success": True, "cleared": faulty.clear(app.world)}
    if not str(id).isascii() or not str(id).isdigit() or not faulty.clear(app.world, int(id)):
        raise UsageError(f"there is no fault {str(id)[:40]}")
    return {"success": True, "cleared": 1}


def advance(app: App, query: dict[str, str], body: Row) -> Row:
    """Let `seconds` pass at once, and set `speed` (world seconds per real second), whichever is given."""
    if not {"seconds", "speed"} & set(body):
        raise UsageError("advance: seconds or speed is needed")
    seconds = _number(body, "seconds", 0.0, 0.0)
    speed = _number(body, "speed", app.world.speed, 1e-6)
    app.world.set_speed(speed)
    return {"success": True, "now": app.world.advance(seconds), "speed": speed}


def _number(body: Row, name: str, default: float, least: float) -> float:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= 1e9:
        raise UsageError(f"{name}: {str(value)[:40]!r} is not a number from {least:g} to 1000000000")
    return float(value)


def read_log(app: App, query: dict[str, str], body: Row) -> Row:
    """The last requests, the oldest first; `limit` of them."""
    return {"log": logbook.read(app.world, _limit(query))}


def read_messages(app: App, query: dict[str, str], body: Row) -> Row:
    """What would have left the sandbox, the newest first; `limit` of them. Codes and new keys of members are in it."""
    return {"messages": messages.newest_first(app.world)[: _limit(query)]}


def _limit(query: dict[str, str]) -> int:
    limit = query.get("limit", str(logbook.LAST))
    if not limit.isascii() or not limit.isdigit():
        raise UsageError(f"limit: {limit[:40]!r} is not a whole number")
    return int(limit[:9])


def reset(app: App, query: dict[str, str], body: Row) -> Row:
    """Begin anew, with the market of the same seed."""
    app.world.begin_anew()
    return {"success": True, "msg": f"The sandbox in {app.world.path} begins anew"}


def issue_key(app: App, query: dict[str, str], body: Row) -> Row:
    """A new key of an account, the default one unless `email` names another: the first key for ``--strict-keys``."""
    email = body.get("email", callers.DEFAULT_EMAIL)
    if not isinstance(email, str) or "@" not in email:
        raise UsageError("email: an address is needed")
    return {"success": True, "email": email, "key": callers.issue(app.world, email, "issued by hand", app.world.now())}


def seed(app: App, query: dict[str, str], body: Row) -> Row:
    """Make the world as the text in `yaml` says; `name` is what messages call it. See `seeds`."""
    from vastai.sandbox import seeds

    text, name = body.get("yaml"), body.get("name", "seed")
    if not isinstance(text, str) or not isinstance(name, str):
        raise UsageError("yaml: the text of a world is needed")
    seeds.seed(app, text, name)
    return {"success": True, "msg": f"The sandbox in {app.world.path} is as {name} says"}


def save(app: App, query: dict[str, str], body: Row) -> Row:
    """The world as YAML text. See `saves`."""
    from vastai.sandbox import saves

    return {"success": True, "yaml": saves.save(app.world)}


ACTIONS: dict[tuple[str, str], Action] = {
    ("GET", "status"): status,
    ("GET", "faults"): list_faults,
    ("POST", "faults"): add_fault,
    ("DELETE", "faults"): clear_faults,
    ("POST", "advance"): advance,
    ("GET", "log"): read_log,
    ("GET", "messages"): read_messages,
    ("POST", "reset"): reset,
    ("POST", "keys"): issue_key,
    ("POST", "seed"): seed,
    ("GET", "save"): save,
}
