"""A sandbox for tests: a small market, a clock that tests turn, and requests in one line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from vastai.sandbox import market
from vastai.sandbox.app import App
from vastai.sandbox.world import World
from vastai.table import compiled
from vastai.table.model import Table

Row = dict[str, Any]

START = 1_788_000_000.0
OFFERS = 150
OFFER = 12345
# Paths that are not below /api/v0: other versions, results, and the serverless host, which the sandbox answers too.
ROOTS = ("/api/", "/__sandbox__/results/", "/__sandbox__/messages/", "/get_", "/route/", "/update_workers/")


class Clock:
    """Real time for a world under test: it stands still until it is told to move."""

    def __init__(self, now: float = START) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class Answer:
    """Status, decoded body and headers of one answer."""

    def __init__(self, status: int, body: Any, headers: dict[str, str]) -> None:
        self.status, self.body, self.headers = status, body, headers

    def __getitem__(self, name: str) -> Any:
        return self.body[name]

    def __repr__(self) -> str:
        return f"<{self.status} {str(self.body)[:300]}>"


class Kit:
    """One sandbox; `get`, `put`, `post` and `delete` send a request to a path below /api/v0."""

    def __init__(self, path: str = ":memory:", *, keys: str = "shared", clock: Clock | None = None) -> None:
        self.clock = clock or Clock()
        self.world = World(path, clock=self.clock, market=small_market)
        self.app = App(self.world, table(), strict=True, keys=keys)

    def send(
        self,
        verb: str,
        path: str,
        body: Any = None,
        *,
        query: Row | None = None,
        key: str = "",
        raw: bytes | None = None,
    ) -> Answer:
        """Send a request. Query values that are not text go as JSON; `raw` replaces the encoded body."""
        path = whole(path)
        texts = {k: v if isinstance(v, str) else json.dumps(v) for k, v in (query or {}).items()}
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        data = raw if raw is not None else None if body is None else json.dumps(body).encode()
        reply = self.app.handle(verb, path, texts, headers, data)
        decoded = json.loads(reply.body) if "json" in reply.headers["content-type"] else reply.body.decode()
        return Answer(reply.status, decoded, reply.headers)

    def get(self, path: str, **query: Any) -> Answer:
        return self.send("GET", path, query=query)

    def put(self, path: str, **body: Any) -> Answer:
        return self.send("PUT", path, body)

    def post(self, path: str, **body: Any) -> Answer:
        return self.send("POST", path, body)

    def delete(self, path: str, **body: Any) -> Answer:
        return self.send("DELETE", path, body)

    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    def rent(self, offer: int = OFFER, wait: float = 10.0, **body: Any) -> int:
        """Rent an offer and let it boot. Returns the instance's id."""
        answer = self.put(f"/asks/{offer}/", **{"image": "pytorch/pytorch", **body})
        assert answer.status == 200, answer
        self.wait(wait)
        return int(answer["new_contract"])

    def instance(self, id: int) -> Row:
        row = self.get(f"/instances/{id}/")["instances"]
        assert isinstance(row, dict), f"there is no instance {id}"
        return row

    def text(self, answer: Answer) -> str:
        """The text behind the URL that an answer names; the first try finds nothing yet."""
        path = urlsplit(answer["result_url"]).path
        assert self.send("GET", path).status == 404
        found = self.send("GET", path)
        assert found.status == 200
        return str(found.body)

    def credit(self) -> float:
        return float(self.get("/users/current/")["credit"])


def whole(path: str) -> str:
    """A path with the prefix that stories leave out."""
    return path if path.startswith(ROOTS) else f"/api/v0{path}"


@cache
def table() -> Table:
    """The table of commands, read once."""
    return compiled.load()


@cache
def _rows(now: float) -> list[tuple[str, Row]]:
    offers = market.offers(count=OFFERS, now=now)
    kinds = {
        "offer": offers,
        "volume_offer": market.volume_offers(offers),
        "network_volume_offer": market.network_volume_offers(offers),
        "template": market.templates(now),
    }
    return [(kind, row) for kind, rows in kinds.items() for row in rows]


def small_market(seed: int, now: float) -> Iterator[tuple[str, Row]]:
    """The first offers of the market: enough for most tests, and quick to make."""
    return iter(_rows(now))


def offers(kit: Kit, **filters: Any) -> list[Row]:
    """Offers that may be rented, the cheapest first."""
    found: list[Row] = kit.get("/bundles/", q={"order": [["dph_total", "asc"]], **filters})["offers"]
    return found
