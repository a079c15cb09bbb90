"""The file that a world is kept in: made once, complete or not at all, and opened."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Any

from vastai.errors import UsageError

Row = dict[str, Any]
Market = Callable[[int, float], Iterable[tuple[str, Row]]]

VERSION = 2
MEMORY = ":memory:"
SEED = 7
FIRST_ID = 31_400_001
BUSY_SECONDS = 30.0

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE listings (kind TEXT, id INTEGER, data TEXT NOT NULL, PRIMARY KEY (kind, id));
CREATE TABLE objects (
    kind TEXT NOT NULL, id INTEGER PRIMARY KEY, account INTEGER NOT NULL, lookup TEXT, data TEXT NOT NULL
);
CREATE INDEX objects_by_account ON objects (kind, account);
CREATE INDEX objects_by_lookup ON objects (kind, lookup);
CREATE TABLE faults (id INTEGER PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE log (id INTEGER PRIMARY KEY, data TEXT NOT NULL);
CREATE TABLE calls (
    caller TEXT, endpoint TEXT, at REAL NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (caller, endpoint)
) WITHOUT ROWID;
"""


def default_path() -> str:
    """Where the state is kept when nobody names a file: $XDG_STATE_HOME/vastai/sandbox.db, else ~/.local/state/..."""
    base = os.environ.get("XDG_STATE_HOME") or os.path.join(os.path.expanduser("~"), ".local", "state")
    return os.path.join(base, "vastai", "sandbox.db")


def market_listings(seed: int, now: float, count: int | None = None) -> Iterator[tuple[str, Row]]:
    """The listings of a new world: GPU offers (so many), volume offers, network volume offers, public templates."""
    from vastai.sandbox import market

    offers = market.offers(seed, market.COUNT if count is None else count, now)
    for kind, rows in (
        ("offer", offers),
        ("volume_offer", market.volume_offers(offers)),
        ("network_volume_offer", market.network_volume_offers(offers, seed)),
        ("template", market.templates(now)),
    ):
        for row in rows:
            yield kind, row


def connect(path: str) -> sqlite3.Connection:
    """A connection that waits for other processes, and leaves transactions to its user."""
    db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA synchronous = NORMAL")
    return db


def open_file(path: str) -> sqlite3.Connection:
    """Open a world's file.

    Raises:
        UsageError: it is none, or one of another version.
    """
    try:
        db = connect(path)
        found = db.execute("PRAGMA user_version").fetchone()[0]
    except sqlite3.Error as error:
        raise UsageError(f"{path} is not a sandbox: {error}. Name another file, or remove it.") from None
    if found == VERSION and is_world(path):
        return db
    db.close()
    if not is_world(path):
        raise UsageError(f"{path} is not a sandbox: it is the database of something else. Name another file.")
    raise UsageError(f"The sandbox in {path} has version {found}, not {VERSION}. {begin_anew(path)}")


def is_world(path: str) -> bool:
    """Has a database the tables of a sandbox, of whatever version? One that cannot be read counts as one.

    What nobody can read may be removed; the database of another program must not be, nor filled with ours.
    """
    try:
        with closing(connect(path)) as db:
            tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error:
        return True
    return not tables or {"meta", "objects", "listings"} <= tables


def begin_anew(path: str) -> str:
    """What to do about a sandbox that cannot be used any more."""
    return "Begin anew: vastai sandbox reset" + ("" if path == default_path() else f" --url sandbox:{path}")


@contextmanager
def explained(path: str) -> Iterator[None]:
    """Say in one line what is wrong with a world's file, and what to do about it.

    Raises:
        UsageError: the file is damaged, locked by another process, or cannot be written.
    """
    try:
        yield
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError):
        raise  # a fault of the sandbox, not of its file
    except sqlite3.DatabaseError as error:
        text = str(error)
        if "locked" in text:
            raise UsageError(f"The sandbox in {path} is in use by another process. Try again.") from None
        if "readonly" in text or "full" in text:
            raise UsageError(
                f"The sandbox in {path} cannot be written: {text}. Name another file with VAST_URL=sandbox:PATH."
            ) from None
        raise UsageError(f"The sandbox in {path} is damaged: {text}. {begin_anew(path)}") from None


def create(db: sqlite3.Connection, seed: int, now: float, fill: Market) -> None:
    """Make the tables of a new world, set its clock to `now`, and fill its market."""
    db.executescript(_TABLES)
    db.execute("BEGIN")
    populate(db, seed, now, fill)
    db.execute(f"PRAGMA user_version = {VERSION}")
    db.execute("COMMIT")


def empty(db: sqlite3.Connection) -> None:
    """Forget everything, inside the transaction that is open."""
    for table in ("meta", "listings", "objects", "faults", "log", "calls"):
        db.execute(f"DELETE FROM {table}")


def populate(db: sqlite3.Connection, seed: int, now: float, fill: Market, made: float | None = None) -> None:
    """Put the settings and the market of a new world into empty tables, inside the transaction that is open.

    `generation` tells the processes that have the file open, and parts of it in memory, that it was made anew; `made`
    is when its market was made, if not now.
    """
    made = now if made is None else made
    settings = {
        "generation": os.urandom(8).hex(),
        "seed": str(seed),
        "created": repr(made),
        "anchor_real": repr(now),
        "anchor_world": repr(now),
        "speed": "1.0",
        "next_id": str(FIRST_ID),
    }
    db.executemany("INSERT INTO listings VALUES (?, ?, ?)", _listed(fill(seed, made), settings))
    db.executemany("INSERT INTO meta VALUES (?, ?)", settings.items())


def _listed(rows: Iterable[tuple[str, Row]], settings: dict[str, str]) -> Iterator[tuple[str, int, str]]:
    """Listings as they are stored: only their values, for all rows of a kind have the same columns.

    The columns go into the settings. Thousands of rows are read for a search, and this takes half the time.
    """
    columns: dict[str, list[str]] = {}
    for kind, row in rows:
        names = columns.setdefault(kind, list(row))
        yield kind, row["id"], json.dumps([row[name] for name in names])
    settings.update((f"columns of {kind}", json.dumps(names)) for kind, names in columns.items())


def create_file(path: str, seed: int, now: float, fill: Market) -> None:
    """Make the file when it is missing: built under another name, then put in place in one step.

    Two processes may do this at once; the first link wins, and nobody ever sees a half-made world.
    """
    if os.path.exists(path) and os.path.getsize(path) > 0:
        return
    draft = f"{path}.{os.getpid()}.{time.monotonic_ns()}"
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), mode=0o700, exist_ok=True)
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        db = connect(draft)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            create(db, seed, now, fill)
        finally:
            db.close()
        _put_in_place(draft, path)
    except (OSError, sqlite3.Error) as error:
        raise UsageError(f"Cannot make a sandbox at {path}: {error}. Name a file with VAST_URL=sandbox:PATH.") from None
    finally:
        for name in (draft, f"{draft}-wal", f"{draft}-shm"):
            if os.path.exists(name):
                os.unlink(name)


def _put_in_place(draft: str, path: str) -> None:
    """Give a finished file its name, unless another process was quicker; an empty file is no rival."""
    if os.path.exists(path) and os.path.getsize(path) == 0:
        os.replace(draft, path)
        return
    try:
        os.link(draft, path)
    except FileExistsError:
        return
