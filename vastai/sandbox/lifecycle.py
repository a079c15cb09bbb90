"""The life of an instance in the sandbox: which state it is in at a time, and how a change of state unfolds.

A **timeline** is a list of phases ``[at, actual_status, cur_state, status_msg]`` in order of time; the state at a
time is the last phase that has begun. So a boot needs no background work: its end is written down when it starts.
States are those of the service (actual_status and cur_state of an instance row).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from zlib import crc32

STOP_SECONDS = 1.0
REBOOT_SECONDS = 2.0
COPY_SECONDS = 3.0
SHORTEST_BOOT, LONGEST_BOOT = 3.0, 8.0

# A Docker image reference: optional registry, lower-case path, optional tag, optional digest.
_REFERENCE = re.compile(
    r"(?:[A-Za-z0-9.-]+(?::\d+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::[A-Za-z0-9_][\w.-]{0,127})?(?:@[a-z0-9]+:[0-9a-f]+)?"
)
_AUTOMATIC_TAG = "@vastai-automatic-tag"


class Phase(NamedTuple):
    """One state of an instance from a time on."""

    at: float
    actual_status: str | None
    cur_state: str
    status_msg: str


def state(timeline: list[list[Any]], now: float) -> Phase:
    """The phase that holds at a time.

    >>> state(boot(100.0, 4.0, "ubuntu"), 103.9).actual_status, state(boot(100.0, 4.0, "ubuntu"), 104.0).actual_status
    ('loading', 'running')
    """
    current = timeline[0]
    for phase in timeline:
        if phase[0] <= now:
            current = phase
    return Phase(*current)


def boot_seconds(image: str, inet_down: float | None) -> float:
    """How long a first boot takes, compressed: 3 to 8 seconds, more for a bigger image and a slower line (Mb/s).

    The size is made up from the image's name, the same each time.

    >>> boot_seconds("pytorch/pytorch", 800.0) < boot_seconds("pytorch/pytorch", 50.0)
    True
    """
    gigabytes = 1 + crc32(image.encode()) % 15
    minutes = gigabytes * 8000 / max(50.0, inet_down or 50.0) / 60
    return round(min(LONGEST_BOOT, SHORTEST_BOOT + minutes * 0.5), 2)


def pullable(image: str) -> bool:
    """Is this a name that an image can have? A boot from any other fails at the pull.

    >>> pullable("ghcr.io/some/image:1.2"), pullable("No Such Image")
    (True, False)
    """
    return _REFERENCE.fullmatch(image.removesuffix(_AUTOMATIC_TAG)) is not None


def boot(now: float, seconds: float, image: str) -> list[list[Any]]:
    """A new or restarted instance: provisioned, created, image loaded, running. With an impossible image: stuck."""
    loading: list[Any] = [now + seconds * 0.3, "loading", "running", f"pulling {image}"]
    begin: list[list[Any]] = [[now, None, "unloaded", ""], [now + seconds * 0.15, "created", "running", ""], loading]
    if not pullable(image):
        return [*begin, [now + seconds, "loading", "stopped", f"error: cannot pull {image}: not an image name"]]
    return [*begin, [now + seconds, "running", "running", f"success, running {image}"]]


def restart(now: float, seconds: float, image: str) -> list[list[Any]]:
    """A stopped instance that starts again: its image is there, so it only loads."""
    return [
        [now, "loading", "running", f"starting {image}"],
        [now + seconds, "running", "running", f"success, running {image}"],
    ]


def stop(now: float, before: Phase, why: str = "stopped on request", after: str = "exited") -> list[list[Any]]:
    """A stop: what runs ends after a moment; what never ran is there at once.

    Arguments: after is the state then: `exited` when asked for, `stopped` when outbid (API facts, section 7).
    """
    done = [after, "stopped", why]
    if before.actual_status in ("running", "rebooting"):
        return [[before.at, before.actual_status, before.cur_state, "stopping"], [now + STOP_SECONDS, *done]]
    return [[now, *done]]


def reboot(now: float, image: str) -> list[list[Any]]:
    """A reboot: a short while away, then running again."""
    return [
        [now, "rebooting", "running", "rebooting"],
        [now + REBOOT_SECONDS, "running", "running", f"success, running {image}"],
    ]


def remark(timeline: list[list[Any]], at: float, text: str) -> list[list[Any]]:
    """The same states, with another status_msg from a time on (a copy reports its progress there)."""
    then = state(timeline, at)
    kept = [phase for phase in timeline if phase[0] <= at]
    later = [phase for phase in timeline if phase[0] > at]
    return [*kept, [at, then.actual_status, then.cur_state, text], *later]


def failed(phase: Phase) -> bool:
    """Did the boot fail? Then the instance hangs in `loading`, while its contract on the machine is stopped."""
    return phase.actual_status == "loading" and phase.cur_state == "stopped"


def runs(instance: Mapping[str, Any], now: float) -> bool:
    """Is it up and running at this time?"""
    return state(instance["timeline"], now).actual_status == "running"
