"""``sandbox serve``: the sandbox over HTTP, until it is interrupted or terminated."""

from __future__ import annotations

import json
import os
import signal
from types import FrameType
from typing import Any

from ...errors import UsageError
from ...settings import Settings
from . import Context


def run(values: dict[str, Any], context: Context) -> None:
    """Serve, and print the address on stdout, so that scripts can wait for it and read it.

    Returns at SIGTERM. SIGINT ends it as it ends every command.

    Raises:
        UsageError: the port, the file or the seed cannot be used.
    """
    from ...client import table
    from ...sandbox import faults
    from ...sandbox.app import App
    from ...sandbox.server import Server

    world = open_world(values, context)
    limits = [faults.made({"route": "*", "kind": "rate-limits", "form": values["form"]})]
    app = App(
        world,
        table(),
        keys="strict" if values["strict_keys"] else "open",
        standing=limits if values["rate_limits"] else (),
    )
    with Server(app, values["port"]) as server:
        end, ending = os.pipe()  # a signal handler must not wait for a lock, which an Event has

        def terminate(number: int, frame: FrameType | None) -> None:
            os.write(ending, b"!")

        before = signal.signal(signal.SIGTERM, terminate)
        try:
            context.terminal.out(json.dumps({"url": server.url}) if context.terminal.raw else server.url)
            if values["strict_keys"]:
                context.terminal.show(f"The first key: vastai sandbox key --url {server.url}")
            os.read(end, 1)
        finally:
            signal.signal(signal.SIGTERM, before)
            server.stop()
            world.close()
            os.close(end)
            os.close(ending)


def open_world(values: dict[str, Any], context: Context) -> Any:
    """The world to serve: the file of ``--state``, else that of ``--url`` or VAST_URL, else the default one.

    Raises:
        UsageError: it cannot be opened, or was made with another seed, or the machine behind it is no address.
    """
    from ...sandbox import machine_behind
    from ...sandbox.world import World
    from .sandbox import server_of
    from .sandbox_reset import state_file

    if values.get("state"):
        settings = Settings(server_url=f"sandbox:{values['state']}")
    else:
        server = server_of(context)
        served = server.startswith("http") and not context.server_url  # VAST_URL names what is about to be served
        settings = Settings(server_url="sandbox" if served else server)
    seed = values.get("seed")
    path = state_file(settings, "sandbox serve", memory=True)
    world = World(path) if seed is None else World(path, seed=seed)
    found = world.meta("seed")
    if seed is not None and found != str(seed):
        world.close()
        raise UsageError(f"sandbox serve: the sandbox in {path} was made with the seed {found}, not {seed}")
    if values.get("speed") is not None:
        world.set_speed(values["speed"])
    if values.get("ssh") is not None:
        machine_behind.put_behind(world, values["ssh"])
    return world
