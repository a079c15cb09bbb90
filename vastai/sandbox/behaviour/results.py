"""Results that are fetched later: an instance's logs and the output of a command on it."""

from __future__ import annotations

import re
import secrets
import shlex
import time
from typing import Any

from vastai.sandbox import lifecycle
from vastai.sandbox.behaviour.instances import mine
from vastai.sandbox.behaviour.registry import Call, Refusal, behaviour, invalid, number_of
from vastai.sandbox.world import World

Row = dict[str, Any]

DEFAULT_TAIL = 1000
_META = re.compile(r"[;&|<>$`\\\n]")
_NEVER = "Only ls, rm and du are possible, each without pipes or other shell characters."

# What lies on the disk of a new instance: path -> bytes.
FILES = {
    "workspace/onstart.sh": 164,
    "workspace/notes.txt": 1280,
    "workspace/data/train.csv": 482_304,
    "workspace/data/test.csv": 61_440,
    "root/.bashrc": 3106,
    "etc/hostname": 13,
}


def fetch(world: World, token: str) -> tuple[int, str]:
    """The text behind a result's URL, as object storage gives it: 404 at the first try, while it is being made."""
    result = world.find("result", token)
    if result is None:
        return 404, "There is no such result."
    if result["tries"] == 0:
        result["tries"] = 1
        world.save("result", result)
        return 404, "The result is not ready yet."
    return 200, result["text"]


def result_url(call: Call, text: str) -> str:
    """Keep a text; returns the URL behind which it appears."""
    token = secrets.token_hex(16)
    call.world.add("result", call.account, {"text": text, "tries": 0}, lookup=token)
    return f"{call.base}/__sandbox__/results/{token}"


@behaviour("PUT /api/v0/instances/request_logs/{id}/")
def logs(call: Call) -> Row:
    """Ask for the logs of an instance; the answer names the URL where they appear."""
    instance = mine(call, call.path["id"])
    tail = number_of(call.body.get("tail", DEFAULT_TAIL))
    if tail is None:
        raise invalid("tail must be a whole number of lines")
    lines = daemon_lines(instance, call.now) if _true(call.body.get("daemon_logs")) else lines_of(instance, call.now)
    wanted = call.body.get("filter")
    if wanted:
        try:
            pattern = re.compile(str(wanted))
        except re.error:
            raise invalid("filter is not a pattern") from None
        lines = [line for line in lines if pattern.search(line)]
    text = "".join(f"{line}\n" for line in (lines[-tail:] if tail else []))
    return {"success": True, "result_url": result_url(call, text), "msg": "The logs are being collected."}


def _true(value: Any) -> bool:
    return str(value).lower() == "true"


def lines_of(instance: Row, now: float) -> list[str]:
    """What a container has written up to a time: nothing before it runs, then a line a minute, 2000 at most."""
    begun = [phase[0] for phase in instance["timeline"] if phase[1] == "running" and phase[0] <= now]
    if not begun:
        return []
    start = min(begun[-1], max(begun[0], instance["start_date"]))
    first = [
        f"{_clock(start)} container of {instance['image']} started",
        f"{_clock(start)} sshd listens on port 22",
    ]
    if instance["onstart"]:
        first.append(f"{_clock(start)} running the start script")
    ended = [phase[0] for phase in instance["timeline"] if phase[0] > begun[-1]]
    minutes = int(min([now, *ended]) - start) // 60
    for minute in range(max(1, minutes - 1997), minutes + 1):
        first.append(f"{_clock(start + 60 * minute)} alive for {minute} min")
    return first


def daemon_lines(instance: Row, now: float) -> list[str]:
    """What the machine's service has noted: each state of the instance since its last change."""
    return [
        f"{_clock(at)} instance {instance['id']}: {status or 'provisioning'} {message}".rstrip()
        for at, status, _, message in instance["timeline"]
        if at <= now
    ]


def _clock(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


@behaviour("PUT /api/v0/instances/command/{id}/")
def execute(call: Call) -> Row:
    """Run ls, rm or du on a stopped instance; the answer names the URL where the output appears."""
    instance = mine(call, call.path["id"])
    text = call.body.get("command")
    if not isinstance(text, str) or not text.strip():
        raise invalid("command is required")
    words = _words(text)
    state = lifecycle.state(instance["timeline"], call.now)
    if state.actual_status not in ("stopped", "exited", "created"):
        status = state.actual_status or "not there yet"
        raise invalid(f"Commands run on stopped instances only, and this one is {status}; use SSH on a running one.")
    files = dict(instance.get("files", FILES))
    output = _COMMANDS[words[0]](words[1:], files)
    instance["files"] = files
    call.world.save("instance", instance)
    path = f"/var/lib/vastai/C.{instance['id']}/"
    return {
        "success": True,
        "writeable_path": path,
        "result_url": result_url(call, output),
        "msg": "The command is being run.",
    }


def _words(text: str) -> list[str]:
    """The words of a command that may be run.

    Raises:
        Refusal: it may not.
    """
    try:
        words = shlex.split(text)
    except ValueError:
        raise invalid("command has an open quote") from None
    if not words or words[0] not in _COMMANDS or _META.search(text):
        raise Refusal(400, "invalid_args", _NEVER)
    return words


def _targets(words: list[str]) -> list[str]:
    """The paths among a command's words, without slashes around them; the whole disk when there is none."""
    return [word.strip("/") for word in words if not word.startswith("-")] or [""]


def _below(files: dict[str, int], target: str) -> dict[str, int]:
    if target in ("", "."):
        return files
    return {path: size for path, size in files.items() if path == target or path.startswith(f"{target}/")}


def _absent(command: str, target: str) -> str:
    return f"{command}: cannot access '/{target}': No such file or directory\n"


def _ls(words: list[str], files: dict[str, int]) -> str:
    long = any(word.startswith("-") and "l" in word for word in words)
    lines = []
    for target in _targets(words):
        found = _below(files, target)
        if not found:
            lines.append(_absent("ls", target))
            continue
        start = len(target) + 1 if target not in ("", ".") and target not in found else 0
        sizes: dict[str, int] = {}
        for path, size in found.items():
            name, slash, _ = path[start:].partition("/") if path != target else (path, "", "")
            sizes[name + slash] = sizes.get(name + slash, 0) + size
        for name, size in sorted(sizes.items()):
            kind = "drwxr-xr-x" if name.endswith("/") else "-rw-r--r--"
            lines.append(f"{kind} 1 root root {size:>9} {name}\n" if long else f"{name}\n")
    return "".join(lines)


def _du(words: list[str], files: dict[str, int]) -> str:
    lines = []
    for target in _targets(words):
        found = _below(files, target)
        total = -(-sum(found.values()) // 1024)
        lines.append(f"{total}\t/{target}\n" if found else _absent("du", target))
    return "".join(lines)


def _rm(words: list[str], files: dict[str, int]) -> str:
    flags = "".join(word[1:] for word in words if word.startswith("-"))
    lines = []
    for target in _targets(words):
        found = _below(files, target)
        if not found and "f" not in flags:
            lines.append(_absent("rm", target))
        elif target not in found and found and "r" not in flags.lower():
            lines.append(f"rm: cannot remove '/{target}': Is a directory\n")
        else:
            for path in list(found):
                del files[path]
    return "".join(lines)


_COMMANDS = {"ls": _ls, "rm": _rm, "du": _du}
