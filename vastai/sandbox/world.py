"""The sandbox's world: everything it remembers, in one SQLite file that several processes may use at once."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Any

from vastai.sandbox import world_file
from vastai.sandbox.world_file import MEMORY, Market, Row, default_path

__all__ = ["MEMORY", "World", "default_path"]


class World:
    """The state of a sandbox: market listings, objects of accounts, and a clock of its own.

    Objects are JSON documents with a kind, an id, the account they belong to and one optional text to look them up
    by. Reads and writes belong inside `transaction()`, which holds the file's write lock: what a request has checked
    still holds when it writes. Money and instance states are not stored as they change but derived from times, so
    nothing has to run in the background.

    Attributes:
        booked: what the request under way costs, by account: micro-dollars at once, and per hour (see `ledger`).

    Arguments: path is a file name, "" for the default one, or ":memory:" for a world that ends with the process;
    clock gives real unix seconds; market fills the listings of a new world (see `world_file.market_listings`).

    Raises:
        UsageError: the file cannot be opened, or is not a sandbox of this version.
    """

    def __init__(
        self,
        path: str = "",
        *,
        clock: Callable[[], float] = time.time,
        market: Market | None = None,
        seed: int = world_file.SEED,
    ) -> None:
        self.path = path or default_path()
        self._clock = clock
        self._lock = RLock()
        self._depth = 0
        self.booked: dict[int, tuple[int, int]] = {}
        self._cache: dict[str, list[Row]] = {}
        self._time = (0.0, 0.0, 1.0)
        self._generation = ""
        self._market = fill = market or world_file.market_listings
        if self.path == MEMORY:
            self._db = world_file.connect(MEMORY)
            world_file.create(self._db, seed, clock(), fill)
        else:
            world_file.create_file(self.path, seed, clock(), fill)
            self._db = world_file.open_file(self.path)
        with world_file.explained(self.path):
            self._read_clock()

    # -- life of the file

    def close(self) -> None:
        """Close the file. A second call does nothing."""
        self._db.close()

    def __del__(self) -> None:
        if hasattr(self, "_db"):
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[World]:
        """Everything inside happens, or nothing of it, and no other process writes meanwhile. May be nested.

        Raises:
            UsageError: the file cannot be used any more.
        """
        with self._lock, world_file.explained(self.path):
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
                self._read_clock()
            self._depth += 1
            try:
                yield self
            except BaseException:
                self._depth -= 1
                if self._depth == 0 and self._db.in_transaction:  # SQLite itself takes back what a full disk stopped
                    self._db.execute("ROLLBACK")
                raise
            self._depth -= 1
            if self._depth == 0:
                self._db.execute("COMMIT")

    @contextmanager
    def attempt(self) -> Iterator[World]:
        """Everything inside happens, or nothing of it, while the transaction around it goes on either way."""
        self._db.execute("SAVEPOINT attempt")
        try:
            yield self
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK TO attempt")
            raise
        finally:
            if self._db.in_transaction:
                self._db.execute("RELEASE attempt")

    def begin_anew(
        self,
        *,
        seed: int | None = None,
        market: Market | None = None,
        made: float | None = None,
        now: float | None = None,
    ) -> None:
        """Forget everything, and begin as a new world does. Other processes notice it at once.

        Arguments: seed of the market, as before without one; market in place of the usual one; made: when it was made;
        now: the time in unix seconds, the real one without it.
        """
        with self.transaction():
            number = int(self.meta("seed")) if seed is None else seed
            at = self._clock() if now is None else now
            world_file.empty(self._db)
            world_file.populate(self._db, number, at, market or self._market, made)
            self._read_clock()
            self.set_clock(at, 1.0)

    def sql(self, statement: str, values: Iterable[Any] = ()) -> sqlite3.Cursor:
        """Run one statement on the world's tables, for what is kept beside objects and listings."""
        return self._db.execute(statement, tuple(values))

    # -- clock

    def _read_clock(self) -> None:
        """The clock, and whether what is kept in memory is still what the file holds."""
        names = ("anchor_real", "anchor_world", "speed", "generation")
        found = dict(self._db.execute("SELECT key, value FROM meta WHERE key IN (?, ?, ?, ?)", names))
        self._time = (float(found["anchor_real"]), float(found["anchor_world"]), float(found["speed"]))
        if found["generation"] != self._generation:
            self._generation = found["generation"]
            self._cache.clear()

    @property
    def speed(self) -> float:
        """World seconds per real second."""
        return self._time[2]

    def now(self) -> float:
        """The world's time in unix seconds: real time plus what was skipped, at the world's speed."""
        real, world, speed = self._time
        return world + (self._clock() - real) * speed

    def real_time(self) -> float:
        """The time outside, in unix seconds."""
        return self._clock()

    def advance(self, seconds: float) -> float:
        """Let so many seconds pass at once. Returns the new time."""
        with self.transaction():
            return self.set_clock(self.now() + seconds)

    def set_speed(self, speed: float) -> float:
        """World seconds per real second from now on; 1 is real time. Returns the world's time."""
        with self.transaction():
            return self.set_clock(self.now(), speed)

    def set_clock(self, now: float, speed: float | None = None) -> float:
        """Set the time, and the speed if one is given, inside a transaction. Returns the time."""
        pace = self.speed if speed is None else speed
        for key, value in (("anchor_real", self._clock()), ("anchor_world", now), ("speed", pace)):
            self.set_meta(key, repr(float(value)))
        self._read_clock()
        return now

    # -- single values

    def meta(self, key: str, default: str = "") -> str:
        """One setting of the world, as text."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else default

    def set_meta(self, key: str, value: str) -> None:
        """Keep one setting of the world."""
        self._db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (key, value))

    def new_id(self) -> int:
        """An id that nothing in this world has had."""
        number = int(self.meta("next_id"))
        self.set_meta("next_id", str(number + 1))
        return number

    # -- objects

    def add(self, kind: str, account: int, data: Row, *, lookup: str | None = None, id: int | None = None) -> Row:
        """Keep a new object. Returns its data with the `id` in it."""
        data["id"] = self.new_id() if id is None else id
        self._db.execute(
            "INSERT INTO objects (kind, id, account, lookup, data) VALUES (?, ?, ?, ?, ?)",
            (kind, data["id"], account, lookup, json.dumps(data)),
        )
        return data

    def save(self, kind: str, data: Row) -> None:
        """Keep the changed data of an object that is there."""
        self._db.execute("UPDATE objects SET data = ? WHERE kind = ? AND id = ?", (json.dumps(data), kind, data["id"]))

    def remove(self, kind: str, id: int) -> None:
        """Forget an object."""
        self._db.execute("DELETE FROM objects WHERE kind = ? AND id = ?", (kind, id))

    def get(self, kind: str, id: int, account: int | None = None) -> Row | None:
        """The object of this kind and id, or None; with an account, only when it belongs to that one."""
        asked = (kind, _comparable(id))
        row = self._db.execute("SELECT data, account FROM objects WHERE kind = ? AND id = ?", asked).fetchone()
        return json.loads(row[0]) if row and account in (None, row[1]) else None

    def owner(self, kind: str, id: int) -> int:
        """The account that an object belongs to."""
        return int(self._db.execute("SELECT account FROM objects WHERE kind = ? AND id = ?", (kind, id)).fetchone()[0])

    def find(self, kind: str, lookup: str, account: int | None = None) -> Row | None:
        """The oldest object of this kind with this look-up text, or None."""
        found = self._select("kind = ? AND lookup = ?", (kind, lookup), account)
        return found[0] if found else None

    def all(self, kind: str, account: int | None = None, lookup: str | None = None) -> list[Row]:
        """All objects of a kind, by id: of one account, with one look-up text, or simply all."""
        where, values = ("kind = ?", (kind,)) if lookup is None else ("kind = ? AND lookup = ?", (kind, lookup))
        return self._select(where, values, account)

    def accounts_with(self, kind: str) -> list[int]:
        """The accounts that own an object of this kind."""
        rows = self._db.execute("SELECT DISTINCT account FROM objects WHERE kind = ? ORDER BY account", (kind,))
        return [row[0] for row in rows]

    def _select(self, where: str, values: tuple[Any, ...], account: int | None) -> list[Row]:
        if account is not None:
            where, values = where + " AND account = ?", (*values, account)
        return _documents(self._db.execute(f"SELECT data FROM objects WHERE {where} ORDER BY id", values))

    def everything(self) -> Iterator[Row]:
        """All objects as they are kept, by id: kind, id, account, lookup and data."""
        for kind, id, account, lookup, data in self._db.execute("SELECT * FROM objects ORDER BY id"):
            yield {"kind": kind, "id": id, "account": account, "lookup": lookup, "data": json.loads(data)}

    def restore(self, kind: str, id: int, account: int, lookup: str | None, data: Row) -> None:
        """Keep an object as `everything` gave it."""
        values = (kind, id, account, lookup, json.dumps(data))
        self._db.execute(
            "INSERT OR REPLACE INTO objects (kind, id, account, lookup, data) VALUES (?, ?, ?, ?, ?)", values
        )

    # -- listings: what hosts offer; they change only where a world is seeded, so that they may be kept in memory

    def listing(self, kind: str, id: int) -> Row | None:
        """One row of the market by kind (offer, volume_offer, network_volume_offer, template) and id, or None."""
        asked = (kind, _comparable(id))
        row = self._db.execute("SELECT data FROM listings WHERE kind = ? AND id = ?", asked).fetchone()
        return dict(zip(self._columns(kind), json.loads(row[0]), strict=True)) if row else None

    def listings(self, kind: str) -> list[Row]:
        """All rows of the market of one kind. They are kept in memory: do not change them in place."""
        if kind not in self._cache:
            columns = self._columns(kind)
            found = self._db.execute("SELECT data FROM listings WHERE kind = ? ORDER BY id", (kind,))
            self._cache[kind] = [dict(zip(columns, values, strict=True)) for values in _documents(found)]
        return self._cache[kind]

    def listed_kinds(self) -> list[str]:
        """The kinds of which the market has rows."""
        return [row[0] for row in self._db.execute("SELECT DISTINCT kind FROM listings ORDER BY kind")]

    def put_listing(self, kind: str, row: Row) -> None:
        """Add a row to the market, or replace the one of the same id. Fields that its kind does not have are lost."""
        columns = self._columns(kind) or list(row)
        self.set_meta(f"columns of {kind}", json.dumps(columns))
        values = (kind, row["id"], json.dumps([row.get(name) for name in columns]))
        self._db.execute("INSERT OR REPLACE INTO listings VALUES (?, ?, ?)", values)
        self._cache.pop(kind, None)

    def remove_listing(self, kind: str, id: int) -> None:
        """Take a row from the market."""
        self._db.execute("DELETE FROM listings WHERE kind = ? AND id = ?", (kind, id))
        self._cache.pop(kind, None)

    def _columns(self, kind: str) -> list[str]:
        columns: list[str] = json.loads(self.meta(f"columns of {kind}", "[]"))
        return columns


def _comparable(id: int) -> int | str:
    """An id as SQLite takes it: a number beyond its 64 bits as text, which no id equals."""
    return str(id) if isinstance(id, int) and abs(id) >= 2**63 else id


def _documents(rows: Iterable[tuple[str]]) -> list[Any]:
    """Many JSON texts decoded in one go, which is much faster than one by one."""
    documents: list[Any] = json.loads("[" + ",".join(row[0] for row in rows) + "]")
    return documents
