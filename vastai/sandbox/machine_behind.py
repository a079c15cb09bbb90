"""A real machine behind the sandbox's instances: the address where SSH really answers, for all of them."""

from __future__ import annotations

import re

from vastai.errors import UsageError
from vastai.sandbox.world import World

_ADDRESS = re.compile(
    r"(?:\[(?P<six>[0-9A-Fa-f:]+)\]|(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*)):(?P<port>[0-9]{1,5})", re.ASCII
)


def put_behind(world: World, address: str) -> None:
    """Let all instances be reached at an address, ``HOST:PORT``; an empty one means nowhere, as at first.

    Raises:
        UsageError: it is no address.
    """
    if address:
        parsed(address)
    with world.transaction():
        world.set_meta("ssh", address)


def address_of(world: World) -> tuple[str, int] | None:
    """Where SSH really answers, or None."""
    address = world.meta("ssh")
    return parsed(address) if address else None


def parsed(address: str) -> tuple[str, int]:
    """Host and port of an address.

    Raises:
        UsageError: it is none.

    >>> parsed("127.0.0.1:2222"), parsed("[::1]:22")
    (('127.0.0.1', 2222), ('::1', 22))
    """
    found = _ADDRESS.fullmatch(address)
    if found is None or not 1 <= int(found["port"]) <= 65535:
        raise UsageError(f"ssh: {address[:60]!r} is no address; write HOST:PORT")
    return found["host"] or found["six"], int(found["port"])
