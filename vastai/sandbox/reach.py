"""Reach: what answers at the SSH addresses of the instances, which lead nowhere outside the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vastai.hooks.places import ssh_addresses
from vastai.sandbox import fleet, lifecycle, machine_behind
from vastai.sandbox.instance_row import has_ssh
from vastai.sandbox.world import World

Row = dict[str, Any]

BANNER = b"SSH-2.0-sandbox\r\n"


def banner(world: World, host: str, port: int, really: Callable[[str, int], bytes | None]) -> bytes | None:
    """The first line of the SSH server at an address: of an instance that runs and was launched with SSH.

    Arguments:
        really: asks the network; a real machine that stands behind the instances is asked there.

    Returns:
        None where nothing listens: the address is nobody's, or its instance does not run.
    """
    with world.transaction():
        if machine_behind.address_of(world) != (host, port):
            return BANNER if any(_listens(world, each, (host, port)) for each in world.all("instance")) else None
    return really(host, port)


def _listens(world: World, instance: Row, address: tuple[str, int]) -> bool:
    now = world.now()
    up = lifecycle.runs(instance, now) and has_ssh(instance)
    return up and address in ssh_addresses(fleet.shown(world, instance, now))
