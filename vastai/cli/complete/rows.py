"""Values that only the service knows, such as the IDs of instances: from a short cache, or asked within a moment.

A shell waits for what is printed here, so it is not kept waiting: another process asks, and notes the answer for the
next TAB; this one takes it if it comes in time. Nothing is said, whatever happens.
"""

from __future__ import annotations

import os
import time

from ...signs import neutral
from ...table.find import xdg_folder
from ..options import client_settings
from . import STARTED

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Callable, Mapping

    from ...client import VastAI

    Row = tuple[str, str]

# Seconds from here until there are no candidates; with the start of Python that makes at most 0.3.
WAIT = 0.25
ASK = 5  # seconds after which the process that asks is ended
FRESH = 30  # seconds that an answer is good for
MEANINGS = ("label", "name", "gpu_name", "email", "description")  # fields that tell people which row it is


def rows(target: str, options: Mapping[str, str | bool], environ: Mapping[str, str]) -> list[Row]:
    """The values of a field, each with what tells people which one it is; none where they cannot be had at once.

    Arguments:
        target: a command that lists, and the field of its rows: ``show_instances.id``.
        options: the options of every command that are given on the line.
    """
    from ...client import VastAI
    from .. import local

    if target.partition(".")[0] in local.table():
        return _of_this_machine(target, environ)
    asked = {name: value for name, value in options.items() if name in ("--api-key", "--profile", "--url")}
    client = VastAI(**{**client_settings(asked), "retry": 0, "timeout": 2.0, "quiet": True, "strict": False})
    if not (client.api_key or client.settings.sandboxed) or _would_make_a_world(client.settings.server_url):
        return []
    path = cache_path(target, client, environ)
    text = _fresh(path)
    if text is None and hasattr(os, "fork"):
        text = within(WAIT - (time.monotonic() - STARTED), lambda: fetch(target, client, path))
    return [(value, meaning) for value, _, meaning in (line.partition("\t") for line in (text or "").splitlines())]


def _would_make_a_world(server: str) -> bool:
    """Would the question alone make a sandbox? One that is not there yet holds nothing to name."""
    kind, _, path = server.partition(":")
    if kind != "sandbox" or path == ":memory:":
        return False
    from ...sandbox.world_file import default_path

    return not os.path.exists(os.path.expanduser(path) or default_path())


def _of_this_machine(target: str, environ: Mapping[str, str]) -> list[Row]:
    """The rows of a command that asks no service, such as the list of profiles."""
    from ...table.compiled import table
    from .. import local
    from ..terminal import Terminal

    name, _, field = target.partition(".")
    silent = Terminal(None, None, None, environ)
    return [(str(row[field]), "") for row in local.perform(name, {}, local.Context(silent, {}, table()))]


def fetch(target: str, client: VastAI, path: str) -> str:
    """Ask the service, and note the answer: one line for each row, the value, a tab, and its meaning."""
    name, _, field = target.partition(".")
    lines = []
    for row in client.perform(name, {}):
        value = row.get(field)
        meaning = next((str(row[key]) for key in MEANINGS if key != field and row.get(key)), "")
        if value is not None and str(value).isprintable():
            lines.append(f"{value}\t{' '.join(neutral(meaning).split())}".rstrip())
    text = "\n".join(lines)
    _note(path, text)
    return text


def cache_path(target: str, client: VastAI, environ: Mapping[str, str]) -> str:
    """Where answers are noted: a file for each command, server and key. Its name is a digest; the key is not in it."""
    from hashlib import blake2b

    settings = client.settings
    what = "\0".join((target, settings.server_url, settings.api_key() or ""))
    name = f"complete-{blake2b(what.encode(), digest_size=12).hexdigest()}"
    return os.path.join(xdg_folder(environ, "XDG_CACHE_HOME", ".cache"), "vastai", name)


def within(seconds: float, ask: Callable[[], str]) -> str | None:
    """The result of a function that another process runs, or None if it is not there in time. That process goes on,
    for at most `ASK` seconds, so that the answer is there at the next TAB."""
    import select

    source, sink = os.pipe()
    if os.fork() == 0:
        os.close(source)
        _child(sink, ask)
    os.close(sink)
    with open(source, encoding="utf-8") as file:
        return file.read() if select.select([source], [], [], max(0.0, seconds))[0] else None


def _child(sink: int, ask: Callable[[], str]) -> None:
    """Ask, hand the answer over, and end this process. It holds none of the shell's streams."""
    import signal

    try:
        os.setsid()
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(ASK)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        os.write(sink, ask().encode())
    finally:
        os._exit(0)


def _fresh(path: str) -> str | None:
    """What was noted a moment ago, or None."""
    try:
        if not 0 <= time.time() - os.stat(path).st_mtime < FRESH:
            return None
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError):
        return None


def _note(path: str, text: str) -> None:
    """Write an answer down, readable by its owner only; a cache that cannot be written is none."""
    scratch = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        with open(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(scratch, path)
    except OSError:
        pass
