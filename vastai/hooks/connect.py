"""Flows that lead to an instance: SSH, the configuration of SSH, and the page to open in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from posixpath import join
from typing import Any
from urllib.parse import quote

from ..engine import wait
from ..engine.steps import Browse, Read, Run, Write
from ..errors import ConnectionFailed, ProgramFailed, UsageError, VastError
from . import ssh_client, ssh_config_text
from .flows import Call, Flow, Values
from .instance_state import in_words
from .places import check_real, mapped_address
from .registry import flow
from .ssh_client import Way

Folder = Callable[[str], str]

PATIENCE = (15.0, 45.0)  # seconds for SSH to answer on an instance that runs, and more for one that starts
CONSOLE = "https://cloud.vast.ai/instances/"  # the web console has no page of one instance


# ---------------------------------------------------------------- ssh


@flow
def ssh(call: Call, values: Values, folder: Folder, sandboxed: bool, surface: str, notes: list[str]) -> Flow:
    """Log in to an instance, or run a command on it: by its own port when that answers, else by the proxy.

    The library gives back what the command printed; in a terminal that goes its own way.

    >>> from vastai.hooks.flows import say
    >>> flow = ssh(say, {"id": 7, "run": False, "proxy": False}, str, False, "library", notes=[])
    >>> next(flow)
    ('show_instance', {'id': 7})
    >>> try:
    ...     flow.send({"id": 7, "actual_status": "running", "ssh_host": "ssh5.vast.ai", "ssh_port": 9})
    ... except StopIteration as done:
    ...     done.value["host"], done.value["port"]
    ('ssh5.vast.ai', 9)
    """
    way = yield from (_answering(call, values, notes) if values["run"] else _first(call, values))
    if values["run"] and sandboxed:
        check_real(way.address)
    known_hosts = join(folder("state"), "known_hosts")
    words = ssh_client.arguments(way, known_hosts, values)
    result = {"success": True, "host": way.address.host, "port": way.address.port, "proxied": way.proxied}
    result["command"] = ssh_client.command_of(words)
    if not values["run"]:
        return {**result, "ran": False}
    yield from _kept(known_hosts)
    capture = surface == "library" and bool(values["command"])
    try:
        output = yield Run(words, capture)
    except ProgramFailed as failure:
        raise _explained(failure, values["id"]) from None
    return {**result, "ran": True, **({"output": output} if capture else {})}


def _answering(call: Call, values: Values, notes: list[str]) -> Generator[Any, Any, Way]:
    """The way on which SSH answers. Where none does, though the instance runs, ssh itself shall say what is wrong.

    It may even get there: its configuration may name a host to jump over, which a trial from here does not know.
    """
    jumps = any(option.lower().startswith(("proxyjump", "proxycommand")) for option in values["option"] or ())
    instance = yield from _up(call, values["id"], "running" if values["proxy"] or jumps else "ssh")
    ways = _wanted(instance, values)
    way = next((way for way in ways if way.address.url("ssh") == instance.get("ssh_address")), ways[0])
    if way is not ways[0]:
        host, port = ways[0].address
        notes.append(f"Port {port} of {host} does not answer; going through the proxy.")
    return way


def _up(call: Call, id: Any, until: str) -> Flow:
    """The instance once it is up: one that runs gets a moment for its SSH, one that starts a while.

    Raises (when run):
        ConnectionFailed: it still does not run.
        VastError: it never will.
    """
    for patience in PATIENCE:
        try:
            return (yield from wait.until(lambda id: call("show_instance", id=id), id, wait.Aim(until, patience)))
        except ConnectionFailed as error:
            instance = error.details.get("instance") or {}
            if error.code != wait.TIMED_OUT:
                raise
            if instance.get("actual_status") == "running":
                return instance
            late = error
    late.hint = f"wait_instance({id}, until=ssh)"
    raise late


def _first(call: Call, values: Values) -> Generator[Any, Any, Way]:
    """The first way there is, whether it answers or not."""
    instance = yield from call("show_instance", id=values["id"])
    return _wanted(instance, values)[0]


def _wanted(instance: Mapping[str, Any], values: Values) -> list[Way]:
    """The ways that the caller wants; there is at least one."""
    ways = [way for way in ssh_client.ways(instance) if way.proxied or not values["proxy"]]
    if not ways:
        what = "is not reached by the proxy" if values["proxy"] else f"has no SSH address; it is {in_words(instance)}"
        raise VastError(f"Instance {values['id']} {what}.", code="no_ssh_address")
    return ways


def _kept(known_hosts: str) -> Flow:
    """Make the file of known machines, in a folder of its own, where it is not there yet: ssh would not."""
    if (yield Read(known_hosts)) is None:
        yield Write(known_hosts, b"")


def _explained(failure: ProgramFailed, id: Any) -> ProgramFailed:
    """A failure of ssh: 255 is its own, which has said why; any other belongs to the command, and is no news."""
    if failure.returncode == 255:
        failure.hint = f"What ssh says stands above. Keys: show_ssh_keys(), attach_ssh({id}, KEY)."
    failure.silent = failure.code == ProgramFailed.code and failure.returncode != 255
    return failure


# ---------------------------------------------------------------- the configuration of SSH


@flow
def ssh_config(call: Call, values: Values, folder: Folder, sandboxed: bool, notes: list[str]) -> Flow:
    """Write the running instances as hosts into the configuration of SSH, and take out those that are gone.

    >>> from vastai.hooks.flows import say
    >>> flow = ssh_config(say, {"file": "config", "remove": True, "dry_run": False}, str, sandboxed=False, notes=[])
    >>> next(flow)
    Read(path='config')
    >>> flow.send(b"Port 1\\n# vastai begin\\n# vastai end\\n")
    Write(path='config.before-vastai', data=b'Port 1\\n# vastai begin\\n# vastai end\\n', mode=384)
    >>> flow.send(None)
    Write(path='config', data=b'Port 1\\n', mode=384)
    """
    path = values["file"] or join(folder("home"), ".ssh", "config")
    if sandboxed and not values["file"] and not values["dry_run"]:
        raise UsageError(
            "ssh-config: the machines of the sandbox are imagined, and do not belong into your own file.",
            hint="Name another one with --file (file=...), or look with --dry-run (dry_run=True).",
        )
    rows = [] if values["remove"] else (yield from call("show_instances"))
    hosts, remarks = ssh_client.hosts(rows)
    notes.extend(remarks)
    known_hosts = join(folder("state"), "known_hosts")
    if values.get("identity"):
        values = {**values, "identity": join(folder("here"), values["identity"])}
    before = yield Read(path)
    old = (before or b"").decode("utf-8", "surrogateescape")  # whatever else it holds comes out as it went in
    new = ssh_config_text.merged(old, [ssh_client.entry(host, known_hosts, values) for host in hosts])
    result = {"success": True, "file": path, "changed": new != old, "hosts": [list(host.names) for host in hosts]}
    if new == old:
        why = "No instance with SSH is running: " if not hosts and not values["remove"] else ""
        return {**result, "msg": f"{why}{path} stays as it is."}
    if values["dry_run"]:
        shown = ssh_config_text.difference(old, new, path).encode("utf-8", "replace").decode()
        return {**result, "msg": shown}
    if before is not None:
        yield Write(f"{path}.before-vastai", before)
    if hosts:
        yield from _kept(known_hosts)
    yield Write(path, new.encode("utf-8", "surrogateescape"))
    return {**result, "msg": _written(path, [" or ".join(host.names) for host in hosts])}


def _written(path: str, names: list[str]) -> str:
    return f"Hosts in {path}: {', '.join(names)}" if names else f"No host is left in {path}."


# ---------------------------------------------------------------- the page


@flow
def open_instance(call: Call, values: Values, surface: str, notes: list[str]) -> Flow:
    """Open Jupyter of an instance in the browser, or the web console when it has none.

    The address carries Jupyter's token. The terminal shows it only when no browser was opened.

    >>> from vastai.hooks.flows import say
    >>> flow = open_instance(say, {"id": 7, "browser": True}, surface="terminal", notes=[])
    >>> next(flow)
    ('show_instance', {'id': 7})
    >>> flow.send({"id": 7, "actual_status": "exited"})
    Browse(url='https://cloud.vast.ai/instances/')
    """
    instance = yield from call("show_instance", id=values["id"])
    url = jupyter_url(instance)
    if url is None:
        runs = instance.get("actual_status") == "running"
        why = "has no page of Jupyter" if runs else f"is {in_words(instance)}"
        notes.append(f"Instance {values['id']} {why}: this is the web console.")
        url = CONSOLE
    opened = values["browser"] and (yield Browse(url))
    if values["browser"] and not opened:
        notes.append("No browser was opened; this is the address.")
    return url.partition("?")[0] if opened and surface == "terminal" else url


def jupyter_url(instance: Mapping[str, Any]) -> str | None:
    """The address of Jupyter on an instance with its token, or None when it has none or does not run.

    By the machine's own port where it has one. The form of the proxy's address is that of public programs which open
    it, such as https://jupyter.vast.ai/jm/4/31972/?token=...

    >>> running = {"actual_status": "running", "image_runtype": "jupyter_proxy", "jupyter_token": "t"}
    >>> jupyter_url({**running, "ssh_host": "ssh4.vast.ai", "ssh_idx": "4", "ssh_port": 31972})
    'https://jupyter.vast.ai/jm/4/31972/?token=t'
    """
    token, kind = instance.get("jupyter_token"), str(instance.get("image_runtype") or "")
    if "jupyter" not in kind or not token or instance.get("actual_status") != "running":
        return None
    address = mapped_address(instance, "8080/tcp")
    if address is not None:
        base = f"https://{address.host if ':' not in address.host else f'[{address.host}]'}:{address.port}"
    else:
        index, port = str(instance.get("ssh_idx")), str(instance.get("ssh_port"))
        known = re.fullmatch(r"ssh\w*\.vast\.ai", str(instance.get("ssh_host")), re.ASCII)
        if not known or not re.fullmatch(r"[0-9]{1,5} [0-9]{1,5}", f"{index} {port}"):
            return None  # the token is for the service's own proxy alone
        base = f"https://jupyter.vast.ai/jm/{index}/{port}"
    return f"{base}/?token={quote(str(token), safe='')}"
