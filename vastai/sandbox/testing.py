"""A sandbox at hand, for tests of programs that use Vast.ai: what the pytest fixture `vastai_sandbox` gives."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from vastai.client import VastAI, table
from vastai.engine.edge import Edge
from vastai.sandbox import faults, faulty, logbook, messages, seeds
from vastai.sandbox.app import App
from vastai.sandbox.server import Server
from vastai.sandbox.world import World

Row = dict[str, Any]


class Sandbox:
    """One world, a client in it, and the means to let time pass and things go wrong.

    Attributes:
        client: a client whose pauses take no time: the sandbox's clock goes on instead.
        url: where other clients find it: ``VastAI(server_url=url)``, or VAST_URL.
        world: the state itself.

    Arguments: path of the file that holds the world, made when it is not there.
    """

    def __init__(self, path: str) -> None:
        self.url = f"sandbox:{path}"
        self.world = World(path)
        self.client = self.new_client()
        self._servers: list[tuple[Server, World]] = []

    def new_client(self, **settings: Any) -> VastAI:
        """Another client like `client`, with settings of its own: ``raise_errors=True``, ``retry=0``, and so on."""
        return VastAI(server_url=self.url, edge=SandboxEdge(self.world), **settings)

    @property
    def now(self) -> float:
        """The sandbox's time in unix seconds."""
        return self.world.now()

    def advance(self, seconds: float) -> None:
        """Let so many seconds pass at once. It can stand wherever a program takes a ``sleep``."""
        self.world.advance(seconds)

    def fault(self, route: str, kind: str | None = None, **fields: Any) -> int:
        """Let something go wrong from now on, such as ``fault("PUT /asks/*", status=503, times=2)``.

        Arguments:
            route: the requests it is for: verb and path, ``*`` for a part of one segment, ``**`` for several.
            kind: what happens (see the guide on the sandbox), unless a field tells it.
            fields: `times`, `skip`, `seconds`, and those of the kind.

        Returns:
            the fault's number.

        Raises:
            UsageError: it cannot be understood.
        """
        with self.world.transaction() as world:
            return faulty.add(world, faults.made({"route": route, "kind": kind, **fields})).id

    def clear_faults(self, id: int | None = None) -> None:
        """Let everything go right again, or end the fault of this number."""
        with self.world.transaction() as world:
            faulty.clear(world, id)

    def seed(self, world: str | os.PathLike[str] | Mapping[str, Any]) -> None:
        """Make the world as a YAML file says, given by its path, or as a mapping of the same form.

        Raises:
            UsageError: something in it is wrong; with its line.
            OSError: the file cannot be read.
        """
        if isinstance(world, Mapping):
            text, name = json.dumps(world), "seed"
        else:
            with open(world, encoding="utf-8") as file:
                text, name = file.read(), os.fspath(world)
        seeds.seed(App(self.world, table()), text, name)

    @property
    def requests(self) -> list[Row]:
        """What was asked so far, the oldest first: `verb`, `path`, `query`, `body`, `status` and more; no secrets."""
        with self.world.transaction() as world:
            return logbook.read(world)

    @property
    def messages(self) -> list[Row]:
        """The e-mails, text messages and webhooks that would have left, the newest first, with their codes and keys."""
        with self.world.transaction() as world:
            return messages.newest_first(world)

    def serve(self, keys: str = "shared") -> str:
        """Serve it over HTTP as well, until the test ends, for programs in other processes or languages.

        Arguments:
            keys: what a key is that the sandbox does not know: ``shared`` the account of `client`, ``open`` a new
                account, ``strict`` refused.

        Returns:
            the address, on 127.0.0.1.
        """
        world = World(self.world.path)
        server = Server(App(world, table(), keys=keys)).start()
        self._servers.append((server, world))
        return server.url

    def close(self) -> None:
        """Stop serving, and close everything."""
        for server, world in self._servers:
            server.stop()
            world.close()
        self._servers.clear()
        self.client.close()
        self.world.close()


class SandboxEdge(Edge):
    """The effects of a client in a sandbox: the time is the sandbox's, and a pause lets it pass there."""

    def __init__(self, world: World) -> None:
        self._world = world

    def now(self) -> float:
        """The sandbox's time in unix seconds."""
        return self._world.now()

    def clock(self) -> float:
        """Seconds of the sandbox's clock."""
        return self._world.now()

    def sleep(self, seconds: float) -> None:
        """Let time pass in the sandbox."""
        self._world.advance(seconds)
