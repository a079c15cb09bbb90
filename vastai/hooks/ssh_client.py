"""What the SSH client of this machine is told: an argument list, and the entries of its configuration."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ..errors import UsageError, VastError
from .instance_state import offers_ssh
from .places import Address, mapped_address, proxy_address

_SAFE_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}", re.ASCII)


class Way(NamedTuple):
    """A way to an instance by SSH.

    Attributes:
        address: where to connect.
        alias: the name under which the key of the machine is known.
        proxied: does it lead through the service's proxy?
    """

    address: Address
    alias: str
    proxied: bool = False


class Host(NamedTuple):
    """One host of the configuration: the names it answers to, and the way there."""

    names: tuple[str, ...]
    way: Way


def ways(instance: Mapping[str, Any]) -> list[Way]:
    """The ways to an instance, the best first: a port of the machine itself, then the proxy.

    Keys are known by the number of the instance, which is never given again; its address may be, to another machine.
    The proxy counts as another machine.

    Raises:
        VastError: an address is unusable.

    >>> [way.alias for way in ways({"id": 7, "ssh_host": "ssh5.vast.ai", "ssh_port": 12345})]
    ['vast-7-proxy']
    """
    name = host_name(instance)
    direct, proxy = mapped_address(instance, "22/tcp"), proxy_address(instance)
    found = [Way(direct, name)] if direct else []
    return [*found, Way(proxy, f"{name}-proxy", proxied=True)] if proxy else found


def host_name(instance: Mapping[str, Any]) -> str:
    """The name of an instance as a host.

    Raises:
        VastError: its ID is no number.

    >>> host_name({"id": 7})
    'vast-7'
    """
    number = str(instance.get("id"))
    if not (number.isascii() and number.isdigit()):
        raise VastError(f"The service named an instance whose ID is no number: {number[:60]!r}.", code="bad_address")
    return f"vast-{number}"


def quoted(path: str) -> str:
    """A path as a value of the configuration, where blanks part values and percent signs begin placeholders.

    Raises:
        UsageError: it holds what cannot be written there.

    >>> quoted("/home/a b/100%")
    '"/home/a b/100%%"'
    """
    if not path or "${" in path or any(letter in '"\\' or ord(letter) < 32 or ord(letter) == 127 for letter in path):
        raise UsageError(f"{path!r} cannot stand in the configuration of SSH: it is empty or holds quotes or the like")
    return f'"{path.replace("%", "%%")}"'


def trust(way: Way, known_hosts: str) -> list[tuple[str, str]]:
    """How the key of a machine is checked: kept at the first connection, in a file of our own; another one is refused.

    >>> trust(Way(Address("203.0.113.7", 40022), "vast-7"), "/state/known_hosts")[0]
    ('HostKeyAlias', 'vast-7')
    """
    return [
        ("HostKeyAlias", way.alias),
        ("UserKnownHostsFile", quoted(known_hosts)),
        ("StrictHostKeyChecking", "accept-new"),
    ]


def arguments(way: Way, known_hosts: str, values: Mapping[str, Any]) -> list[str]:
    """The argument list of the ssh that goes there.

    Arguments:
        values: ``identity``, ``forward``, ``option``, ``tty`` and ``command`` as `ssh` takes them. Options of the
            caller stand first: to ssh the first value counts.

    >>> way = Way(Address("203.0.113.7", 40022), "vast-7")
    >>> arguments(way, "/k", {"command": "ls -l"})[-4:]
    ['40022', '--', 'root@203.0.113.7', 'ls -l']
    """
    words = ["ssh", *(["-t"] if values.get("tty") else [])]
    for flag, name in (("-i", "identity"), ("-L", "forward"), ("-o", "option")):
        given = values.get(name) or ()
        for value in [given] if isinstance(given, str) else given:
            words += [flag, value]
    for name, value in trust(way, known_hosts):
        words += ["-o", f"{name}={value}"]
    host, port = way.address
    command = values.get("command") or ""
    return [*words, "-p", str(port), "--", f"root@{host}", *([command] if command.strip() else [])]


def hosts(rows: Iterable[Mapping[str, Any]]) -> tuple[list[Host], list[str]]:
    """The hosts that the running instances of a list are, and a remark for each of those that cannot be reached.

    A label stands behind ``vast-`` too: a colleague may have written it, and must not take the place of another host.
    Labels that are no host name, or that two instances share, are left out.

    >>> hosts([{"id": 7, "actual_status": "running", "label": "train", "ssh_host": "ssh5.vast.ai", "ssh_port": 9}])[0]
    [Host(names=('vast-7', 'vast-train'), way=Way(address=Address(host='ssh5.vast.ai', port=9), alias='vast-7-proxy', \
proxied=True))]
    """
    running = [row for row in rows if row.get("actual_status") == "running"]
    labels = [_label_name(row) for row in running]
    taken = [name.lower() for name in [*map(str, labels), *(f"vast-{row.get('id')}" for row in running)]]
    found: list[Host] = []
    remarks: list[str] = []
    for row, label in zip(running, labels, strict=True):
        try:
            way = ways(row)[:1] if offers_ssh(row) else []
            if not way:
                raise VastError("it was launched without SSH")
            names = (host_name(row), *([label] if label and taken.count(label.lower()) == 1 else []))
            found.append(Host(names, way[0]))
        except VastError as error:
            remarks.append(f"Instance {row.get('id')} is left out: {error.message}")
    return found, remarks


def entry(host: Host, known_hosts: str, values: Mapping[str, Any]) -> list[str]:
    """The lines of the configuration for one host.

    Arguments:
        values: ``identity`` and ``option`` as `ssh_config` takes them.

    Raises:
        UsageError: an option or a path cannot be written there.

    >>> way = Way(Address("203.0.113.7", 40022), "vast-7")
    >>> entry(Host(("vast-7",), way), "/k", {"option": ["ForwardAgent=yes"]})[:3]
    ['Host vast-7', '    ForwardAgent yes', '    HostName 203.0.113.7']
    """
    pairs = [_option(text) for text in values.get("option") or ()]
    if values.get("identity"):
        pairs.append(("IdentityFile", quoted(values["identity"])))
    pairs += [("HostName", host.way.address.host), ("Port", str(host.way.address.port)), ("User", "root")]
    pairs += trust(host.way, known_hosts)
    return [f"Host {' '.join(host.names)}", *(f"    {name} {value}" for name, value in pairs)]


def _label_name(row: Mapping[str, Any]) -> str:
    label = row.get("label")
    return f"vast-{label}" if isinstance(label, str) and _SAFE_LABEL.fullmatch(label) else ""


def _option(text: str) -> tuple[str, str]:
    """An option of the configuration, written ``Name=value``."""
    name, equals, value = text.partition("=")
    starts = ("host", "match", "include")  # these would be more than an option of this host
    good = equals and name.isascii() and name.isalnum() and name.lower() not in starts and value.strip()
    if not good or any(ord(letter) < 32 for letter in text):
        raise UsageError(f"{text!r} is no option of SSH; write Name=value, such as ForwardAgent=yes")
    return name, value.strip()


def command_of(words: Sequence[str]) -> str:
    """An argument list as it is typed.

    >>> command_of(["ssh", "--", "root@203.0.113.7", "ls -l"])
    "ssh -- root@203.0.113.7 'ls -l'"
    """
    import shlex

    return shlex.join(words)
