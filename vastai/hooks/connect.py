"""Flows that lead to an instance: SSH, the configuration of SSH, and the page to open in a browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping
from posixpath import join
from typing import Any
from urllib.parse import quote

from ..engine.steps import Browse, Pause, Probe, Read, Run, Write
from ..errors import ConnectionFailed, NotOffered, ProgramFailed, UsageError, VastError
from . import ssh_client, ssh_config_text
from .flows import Call, Flow, Values
from .places import mapped_address
from .registry import flow
from .ssh_client import Way

Folder = Callable[[str], str]

BOOT_SECONDS, LOOK_EVERY = 60.0, 3.0
NEVER_RAN = (None, "created", "loading")
CONSOLE = "https://cloud.vast.ai/instances/"  # the web console has no page of one instance


# ---------------------------------------------------------------- ssh


@flow
def ssh(call: Call, values: Values, folder: Folder, sandboxed: bool, notes: list[str]) -> Flow:
    """Log in to an instance, or run a command on it: by its own port when that answers, else by the proxy.

    >>> from vastai.hooks.flows import say
    >>> flow = ssh(say, {"id": 7, "run": False, "proxy": False}, folder=str, sandboxed=False, notes=[])
    >>> next(flow)
    ('show_instance', {'id': 7})
    >>> try:
    ...     flow.send({"id": 7, "actual_status": "running", "ssh_host": "ssh5.vast.ai", "ssh_port": 9})
    ... except StopIteration as done:
    ...     done.value["host"], done.value["port"]
    ('ssh5.vast.ai', 9)
    """
    if sandboxed and values["run"]:
        raise NotOffered(
            "ssh: the machines of the sandbox are imagined; there is nothing to log in to.",
            hint="--no-run (run=False) shows the command; vastai sandbox serve --ssh HOST:PORT has a real machine.",
        )
    instance = yield from _running(call, values["id"], notes)
    known_hosts = join(folder("state"), "known_hosts")
    way = yield from _way(instance, values, notes)
    words = ssh_client.arguments(way, known_hosts, values)
    result = {"success": True, "host": way.address.host, "port": way.address.port, "proxied": way.proxied}
    result["command"] = ssh_client.command_of(words)
    if not values["run"]:
        return {**result, "ran": False}
    yield from _kept(known_hosts)
    try:
        yield Run(words)
    except ProgramFailed as failure:
        raise _explained(failure, values["id"]) from None
    return {**result, "ran": True}


def _running(call: Call, id: Any, notes: list[str]) -> Flow:
    """The instance once it runs; one that starts is waited for, any other is an error that says what to do."""
    waited = 0.0
    while True:
        instance = yield from call("show_instance", id=id)
        if instance.get("actual_status") == "running":
            return instance
        if not _starts(instance) or waited >= BOOT_SECONDS:
            raise _not_running(instance, waited)
        if not waited:
            notes.append(f"Instance {id} is {_state(instance)}; waiting for it, {BOOT_SECONDS:.0f} seconds at most.")
        yield Pause(LOOK_EVERY)
        waited += LOOK_EVERY


def _starts(instance: Mapping[str, Any]) -> bool:
    """Is it on its way to run? Not one that is to stop, or whose container has failed."""
    wanted, state = instance.get("intended_status"), instance.get("actual_status")
    return wanted in (None, "running") and state in (*NEVER_RAN, "rebooting") and not _failed(instance)


def _failed(instance: Mapping[str, Any]) -> bool:
    return instance.get("cur_state") == "stopped" or "error" in str(instance.get("status_msg") or "").lower()


def _state(instance: Mapping[str, Any]) -> str:
    """What it does, with what the service says about it."""
    said = " ".join(str(instance.get("status_msg") or "").split())[:200]
    return str(instance.get("actual_status") or "being provisioned") + (f" ({said})" if said else "")


def _not_running(instance: Mapping[str, Any], waited: float) -> VastError:
    """Why it cannot be logged in to, and what to do about it."""
    id, state = instance.get("id"), _state(instance)
    if waited and not _failed(instance):
        message = f"Instance {id} does not run after {waited:.0f} seconds: it is {state}."
        return ConnectionFailed(message, code="timed_out", hint=f"Look with show_instance({id}), and try again.")
    never_ran = instance.get("actual_status") in NEVER_RAN
    hint = f"destroy_instance({id}) if it stays so; its logs tell more" if never_ran else f"start_instance({id})"
    return VastError(f"Instance {id} does not run: it is {state}.", code="not_running", hint=hint)


def _way(instance: Mapping[str, Any], values: Values, notes: list[str]) -> Generator[Any, Any, Way]:
    """The first way that answers; the last one needs no trial, as ssh itself says best what is wrong with it."""
    ways = [way for way in ssh_client.ways(instance) if way.proxied or not values["proxy"]]
    if not ways:
        what = "is not reached by the proxy" if values["proxy"] else "was launched without SSH"
        raise VastError(f"Instance {values['id']} {what}.", code="no_ssh_address")
    for way in ways[:-1] if values["run"] else ways[:1]:
        if not values["run"] or (yield Probe(*way.address)):
            return way
        notes.append(f"Port {way.address.port} of {way.address.host} does not answer; going through the proxy.")
    return ways[-1]


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
        return {**result, "msg": f"{path} is up to date."}
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
    return f"{path}: {', '.join(names)}" if names else f"{path}: no host is left."


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
        why = "has no page of Jupyter" if runs else f"is {_state(instance)}"
        notes.append(f"Instance {values['id']} {why}: this is the web console.")
        url = CONSOLE
    opened = values["browser"] and (yield Browse(url))
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
