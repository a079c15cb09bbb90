"""A world from a YAML file: its market, its accounts, and what they have, rented by the requests that anybody sends."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime, timezone
from functools import partial
from typing import Any

from vastai.errors import TableError, UsageError
from vastai.nearest import suggestion
from vastai.sandbox import callers, faults, faulty, ledger, market, money, prices, world_file
from vastai.sandbox.app import App, Request
from vastai.sandbox.behaviour.registry import Caller, Refusal
from vastai.table.read import Document, Path, read

Row = dict[str, Any]

AGE = 3600.0
"""Seconds since an instance was rented, unless its entry says otherwise."""
STOPPED_BEFORE = 60.0
"""Seconds since a stopped instance was stopped, if it is old enough."""

# Sections whose entries are bodies of one request each.
BODIES = {
    "templates": "POST /api/v0/template/",
    "machines": "PUT /api/v0/machines/create_asks/",
    "volumes": "PUT /api/v0/volumes/",
    "endpoints": "POST /api/v0/endptjobs/",
    "workergroups": "POST /api/v0/workergroups/",
}


class Seeder:
    """Makes the world of an App as a document says."""

    def __init__(self, app: App, document: Document) -> None:
        self._app = app
        self._world = app.world
        self._document = document

    def run(self) -> None:
        """Forget what the world holds, and make it anew: all that the document says, or nothing.

        Raises:
            UsageError: the document is wrong, or the sandbox refuses a part of it; with its line.
        """
        data = self._checked()
        with self._world.transaction() as world:
            made = data.get("market", {})
            count = made.get("offers", market.COUNT)
            now = self._time(data)
            fill = partial(world_file.market_listings, count=count)
            world.begin_anew(seed=made.get("seed", market.SEED), market=fill, made=made.get("made", now), now=now)
            world.set_meta("offers", str(count))
            for row, path in _entries(data, ("offers",)):
                world.put_listing("offer", self._offer(row, path))
            self._restore(data)
            self._account(data, (), now)
            for account, path in _entries(data, ("accounts",)):
                self._account(account, path, now)
            for wish, path in _entries(data, ("faults",)):
                self._try(path, lambda wish=wish: faulty.add(world, faults.made(wish)))
            world.set_clock(now, data.get("speed", 1.0))

    # -- checks

    def _checked(self) -> Row:
        from jsonschema import Draft202012Validator

        with open(os.path.join(os.path.dirname(__file__), "seed_schema.json"), encoding="utf-8") as file:
            schema = json.load(file)
        data = {} if self._document.data is None else self._document.data
        account = {**schema, "properties": _of_account(schema), "required": ["email"]}
        schema["properties"]["accounts"]["items"] = account
        errors = sorted(Draft202012Validator(schema).iter_errors(data), key=lambda error: list(map(str, error.path)))
        if errors:
            raise UsageError("\n".join(self._line(*fault) for error in errors[:20] for fault in _faults(error)))
        checked: Row = data
        return checked

    def _line(self, path: Path, what: str) -> str:
        """What is wrong, with its place: ``world.yaml:12: instances[0].offer: ...``."""
        place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")
        return (
            f"{self._document.name}:{self._document.line(path)}: {place}: {what}"
            if place
            else f"{self._document.name}: {what}"
        )

    def _try(self, path: Path, action: Any) -> Any:
        """Do one thing that the document asks for; what refuses it is named with its line."""
        try:
            return action()
        except (Refusal, UsageError) as error:
            raise UsageError(self._line(path, str(error))) from None

    def _time(self, data: Row) -> float:
        wanted = data.get("now")
        if not isinstance(wanted, str):
            return self._world.real_time() if wanted is None else float(wanted)
        try:
            at = datetime.fromisoformat(wanted.replace("Z", "+00:00"))
        except ValueError:
            raise UsageError(self._line(("now",), f"{wanted[:40]!r} is no time such as 2026-09-01T12:00:00Z")) from None
        return (at if at.tzinfo else at.replace(tzinfo=timezone.utc)).timestamp()

    # -- the market

    def _offer(self, given: Row, path: Path) -> Row:
        """A whole row of the market from the fields that are given: one machine of its own, all of it offered."""
        base = market.offers(count=1, now=self._world.now())[0]
        for name, value in given.items():
            if name not in base:
                raise UsageError(self._line((*path, name), f"no offer has this field.{suggestion(name, base)}"))
            if _is_number(base[name]) and not _is_number(value):
                raise UsageError(self._line((*path, name), f"{str(value)[:40]!r} is no number"))
        size = int(given.get("num_gpus", 1))
        row = {**base, "machine_id": 900_000 + given["id"], "avail_vol_ask_id": None, "cluster_id": None}
        row.update(ask_contract_id=given["id"], bundle_id=given["id"], num_gpus=size, gpu_frac=1.0)
        row.update(gpu_ids=list(range(size)), bundled_results=1, rentable=True, rented=False)
        row.update(given)
        row["gpu_total_ram"] = given.get("gpu_total_ram", row["gpu_ram"] * size)
        row["min_bid"] = given.get("min_bid", round(row["dph_base"] * 0.5, 4))
        return {**row, **prices.price(row, prices.DEFAULT_STORAGE_GIB), **given}

    def _restore(self, data: Row) -> None:
        """What `saves` wrote: rows of the market, objects, the next id."""
        for kind, rows in data.get("listings", {}).items():
            for row in rows:
                self._world.put_listing(kind, row)
        for kind, ids in data.get("removed", {}).items():
            for id in ids:
                self._world.remove_listing(kind, id)
        for each in data.get("objects", ()):
            self._world.restore(each["kind"], each["id"], each["account"], each.get("lookup"), each["data"])
        if "next_id" in data:
            self._world.set_meta("next_id", str(data["next_id"]))

    # -- accounts

    def _account(self, data: Row, path: Path, now: float) -> None:
        """One account, with all that it has."""
        if not set(data) & set(_ACCOUNT):
            return
        world, email = self._world, data.get("email", callers.DEFAULT_EMAIL)
        began = now - max([AGE, *(each.get("age", AGE) for each in data.get("instances", ()))])
        world.set_clock(began)
        account = callers.member(world, email, began)
        if "key" in data:
            callers.add_key(world, account["id"], data["key"], "key of the seed", began)
        caller = Caller(account, account, None)
        for name, value in data.get("env_vars", {}).items():
            self._ask(caller, "POST /api/v0/secrets/", {"key": name, "value": str(value)}, (*path, "env_vars", name))
        for key, place in _entries(data, (*path, "ssh_keys")):
            self._ask(caller, "POST /api/v0/ssh/", {"ssh_key": key}, place)
        for section, route in BODIES.items():
            for body, place in _entries(data, (*path, section)):
                self._ask(caller, route, body, place)
        self._instances(caller, data, path, now)
        for wish, place in _entries(data, (*path, "requests")):
            verb, _, route = wish["do"].partition(" ")
            route = route if route.startswith("/api/") else f"/api/v0{route}"
            self._ask(caller, f"{verb} {route}", wish.get("body", {}), place, wish.get("query", {}))
        if "credit" in data:
            self._leave(account["id"], data["credit"], now)

    def _instances(self, caller: Caller, data: Row, path: Path, now: float) -> None:
        """Rent each at its time, the oldest first, and stop those that are stopped."""
        wishes = sorted(_entries(data, (*path, "instances")), key=lambda pair: -pair[0].get("age", AGE))
        stopped: list[tuple[int, Path]] = []
        for wish, place in wishes:
            self._world.set_clock(now - wish.get("age", AGE))
            body = {name: value for name, value in wish.items() if name not in ("offer", "age", "state")}
            answer = self._ask(caller, f"PUT /api/v0/asks/{wish['offer']}/", {"image": "ubuntu", **body}, place)
            if wish.get("state") == "stopped":
                stopped.append((answer["new_contract"], place))
        youngest = min((wish.get("age", AGE) for wish, _ in wishes), default=0.0)
        self._world.set_clock(now - min(STOPPED_BEFORE, youngest / 2))
        for id, place in stopped:
            self._ask(caller, f"PUT /api/v0/instances/{id}/", {"state": "stopped"}, place)
        self._world.set_clock(now)

    def _ask(self, caller: Caller, route: str, body: Row, path: Path, query: Row | None = None) -> Any:
        """The answer to one request of an account.

        Raises:
            UsageError: it is refused.
        """
        verb, _, place = route.partition(" ")
        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in (query or {}).items()}
        request = Request(verb, place, texts, {}, json.dumps(body).encode() if verb != "GET" else None)
        request.caller = caller
        status, answer = self._app.answer(request, self._world.now())
        if status != 200:
            raise UsageError(self._line(path, str(answer["msg"])))
        return answer

    def _leave(self, account: int, dollars: float, now: float) -> None:
        """Let the account have had as much money at first as leaves it with so many dollars now."""
        first = self._world.all("payment", account)[0]
        first["amount"] += money.micro(dollars) - ledger.credit(self._world, account, now)
        self._world.save("payment", first)
        ledger.changed(self._world)


_ACCOUNT = ("email", "key", "credit", "env_vars", "ssh_keys", *BODIES, "instances", "requests")


def _of_account(schema: Row) -> Row:
    return {name: schema["properties"][name] for name in _ACCOUNT}


def _entries(data: Row, path: Path) -> Iterator[tuple[Any, Path]]:
    """The entries of a section, each with its place."""
    for number, entry in enumerate(data.get(str(path[-1]), ())):
        yield entry, (*path, number)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _faults(error: Any) -> Iterator[tuple[Path, str]]:
    """What jsonschema complains about, in few words, with its place; a misspelt key with the nearest right one."""
    path = tuple(error.absolute_path)
    if error.validator == "additionalProperties" and error.validator_value is False:
        known = error.schema["properties"]
        for name in error.instance:
            if name not in known:
                yield (*path, name), f"this is not known here.{suggestion(name, known)}"
    else:
        yield path, error.message if len(error.message) < 200 else f"{error.validator} is not met"


def seed(app: App, text: str, name: str) -> None:
    """Make the world of an App as YAML text says; `name` is what messages call it.

    Raises:
        UsageError: it is wrong; one line for each fault, with its place. The world is as it was.
    """
    try:
        document = read(text, name)
    except TableError as error:
        raise UsageError(str(error)) from None
    Seeder(app, document).run()
