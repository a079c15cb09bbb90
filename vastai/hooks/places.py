"""Addresses and places: where an instance is reached by SSH, and what the ends of a copy mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from posixpath import normpath
from shlex import quote as shell_quote
from typing import Any, NamedTuple
from urllib.parse import quote

from ..errors import NotOffered, UsageError, VastError

_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:-]*", re.ASCII)
_ID = re.compile(r"(?:[CV]\.)?\d+|local|[a-z][a-z0-9_]*(?:\.\w+)?", re.ASCII)


class Address(NamedTuple):
    """A host and a port that are safe to hand to ssh."""

    host: str
    port: int

    def url(self, scheme: str, path: str = "") -> str:
        """The URL of the root user there.

        >>> Address("203.0.113.7", 40022).url("scp", "/workspace/a b")
        'scp://root@203.0.113.7:40022//workspace/a%20b'
        """
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{scheme}://root@{host}:{self.port}" + (f"/{quote(path, safe='/~')}" if path else "")


class Place(NamedTuple):
    """One end of a copy: an instance, a volume, a cloud connection, or this machine."""

    id: str | None
    path: str

    @property
    def is_local(self) -> bool:
        """Is it on this machine?"""
        return self.id in (None, "local")


def checked_address(host: Any, port: Any) -> Address:
    """A host and port that came from the service, checked before they reach a program.

    Raises:
        VastError: they are not what a host name or address and a port look like.

    >>> checked_address(" ssh5.vast.ai ", "12345")
    Address(host='ssh5.vast.ai', port=12345)
    """
    text = host.strip() if isinstance(host, str) else ""
    number = int(port) if isinstance(port, int | float | str) and re.fullmatch(r"[0-9]{1,5}", str(port)) else 0
    if not _HOST.fullmatch(text) or not 1 <= number <= 65535:
        raise VastError(
            f"The service named an address that is none: host {str(host)[:60]!r}, port {str(port)[:20]!r}.",
            code="bad_address",
            hint="Try again later; nothing was run.",
        )
    return Address(text, number)


def mapped_address(instance: Mapping[str, Any], port: str) -> Address | None:
    """Where the machine itself leads to a port of the container, or None when it does not.

    Raises:
        VastError: the address is unusable.

    >>> mapped_address({"public_ipaddr": "203.0.113.7", "ports": {"22/tcp": [{"HostPort": "40022"}]}}, "22/tcp")
    Address(host='203.0.113.7', port=40022)
    """
    ports = instance.get("ports")
    mapped = ports.get(port) if isinstance(ports, Mapping) else None
    own = mapped[0].get("HostPort") if isinstance(mapped, list) and mapped and isinstance(mapped[0], Mapping) else None
    return checked_address(instance["public_ipaddr"], own) if own and instance.get("public_ipaddr") else None


def proxy_address(instance: Mapping[str, Any]) -> Address | None:
    """Where the service's proxy leads to the SSH of an instance, or None when it does not.

    Raises:
        VastError: the address is unusable.

    >>> proxy_address({"ssh_host": "ssh5.vast.ai", "ssh_port": 12345, "image_runtype": "jupyter_proxy"}).port
    12346
    """
    if not instance.get("ssh_host") or not instance.get("ssh_port"):
        return None
    proxy = checked_address(instance["ssh_host"], instance["ssh_port"])
    # The proxy serves Jupyter on the port itself and SSH on the next one.
    jupyter = "jupyter" in str(instance.get("image_runtype") or "")
    return checked_address(proxy.host, proxy.port + jupyter)


def check_real(address: Address) -> None:
    """Refuse to log in to a machine that the sandbox has imagined, or that a recording has a stand-in for.

    Their names and addresses are those where nobody can be, see RFC 2606, 5737 and 1112.

    Raises:
        NotOffered: it is such an address.

    >>> check_real(Address("127.0.0.1", 2222))
    >>> check_real(Address("ssh2.sandbox.example", 10012))
    Traceback (most recent call last):
    vastai.errors.NotOffered: ssh: the machines of the sandbox are imagined; there is nothing to log in to.
    """
    if address.host.endswith(".example") or address.host.startswith(("192.0.2.", "198.51.100.", "203.0.113.", "240.")):
        raise NotOffered(
            "ssh: the machines of the sandbox are imagined; there is nothing to log in to.",
            hint="See the command with --no-run (run=False), or put a machine behind: vastai sandbox serve --ssh.",
        )


def ssh_address(instance: Mapping[str, Any]) -> Address:
    """Where an instance is reached by SSH: its own port when it has one, else the proxy.

    Raises:
        VastError: it has no address yet, or the address is unusable.

    >>> ssh_address({"ssh_host": "ssh5.vast.ai", "ssh_port": 12345}).port
    12345
    """
    address = mapped_address(instance, "22/tcp") or proxy_address(instance)
    if address is None:
        state = instance.get("actual_status") or "starting"
        raise VastError(
            f"Instance {instance.get('id', '')} has no SSH address; it is {state}.",
            code="no_ssh_address",
            hint="Wait until it is running, and launch it with SSH.",
        )
    return address


def ssh_addresses(instance: Mapping[str, Any]) -> list[Address]:
    """The addresses at which an instance may be reached by SSH: its own port first, then the proxy.

    Raises:
        VastError: one of them is unusable.

    >>> own = {"public_ipaddr": "203.0.113.7", "ports": {"22/tcp": [{"HostPort": "40022"}]}}
    >>> ssh_addresses({"ssh_host": "ssh5.vast.ai", "ssh_port": 12345, **own})
    [Address(host='203.0.113.7', port=40022), Address(host='ssh5.vast.ai', port=12345)]
    """
    return [each for each in (mapped_address(instance, "22/tcp"), proxy_address(instance)) if each is not None]


def place(text: str) -> Place:
    """One end of a copy: ``[ID:]PATH``, where ID is a number, ``C.NUMBER``, ``V.NUMBER``, a cloud or ``local``.

    A bare number means the whole disk of that instance. A path with a slash before its first colon is a local one.

    Raises:
        UsageError: the text is neither.

    >>> place("C.7:/workspace/"), place("data/test"), place("7")
    (Place(id='C.7', path='/workspace/'), Place(id=None, path='data/test'), Place(id='7', path='/'))
    >>> place("0\\n:0")
    Traceback (most recent call last):
    vastai.errors.UsageError: copy: '0\\n:0' names no path; write ID:/path, or a local path
    """
    text = text.strip()
    if text.isdecimal() and text.isascii():
        return Place(text, "/")
    before, colon, path = text.partition(":")
    if not colon or "/" in before:
        before, path = "", text
    if not path or any(ord(letter) < 32 for letter in text):
        raise UsageError(f"copy: {text!r} names no path; write ID:/path, or a local path")
    if before and not _ID.fullmatch(before):
        local = repr(f"./{text}")
        raise UsageError(f"copy: {before!r} is no place; write an instance ID, C.ID, V.ID, a cloud, or {local}")
    return Place(before or None, path)


def check_copy(source: Place, target: Place) -> None:
    """Refuse what cannot be copied, or must not be overwritten.

    Raises:
        UsageError: both ends are on this machine, or the target is the root folder or the home of root.

    >>> check_copy(place("1:/a"), place("2:/root/"))
    Traceback (most recent call last):
    vastai.errors.UsageError: copy: /root/ must not be overwritten: it holds what SSH needs; copy into a folder below it
    """
    if source.is_local and target.is_local:
        raise UsageError("copy: one of the two places must be remote: ID:/path")
    if not target.is_local and "/" + normpath("/" + target.path).lstrip("/") in ("/", "/root"):
        raise UsageError(
            f"copy: {target.path} must not be overwritten: it holds what SSH needs; copy into a folder below it"
        )


def rsync_arguments(
    source: Place, target: Place, address: Address, identity: str | None = None, options: Sequence[str] = ()
) -> list[str]:
    """The argument list of the rsync that moves local files to a place, or brings them from there.

    Arguments:
        options: more options of rsync.

    >>> rsync_arguments(place("data"), place("7:/workspace/"), Address("203.0.113.7", 40022))[-2:]
    ['data', 'vastai_kaalia@203.0.113.7::7//workspace/']
    """
    shell = f"ssh -p {address.port} -o StrictHostKeyChecking=accept-new"
    if identity:
        shell += f" -i {shell_quote(identity)}"
    host = f"[{address.host}]" if ":" in address.host else address.host
    ends = [
        _local(end.path) if end.is_local else f"vastai_kaalia@{host}::{end.id}/{end.path}" for end in (source, target)
    ]
    return ["rsync", "-arz", *options, "-e", shell, "--", *ends]


def _local(path: str) -> str:
    """A local path that rsync cannot take for a remote one."""
    return path if path.startswith(("/", ".")) or ":" not in path else f"./{path}"
