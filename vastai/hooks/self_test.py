"""What a machine must have and show to pass its test: pure decisions about offers, instances and logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

NOT_RUNNING = ("exited", "stopped", "unknown", "offline")  # states that will not turn into running

# What an open proposal to the vendor's public host guide asks of a machine, as seen in November 2025; not confirmed.
CUDA = 12.0
RELIABILITY = 0.90
PORTS_PER_GPU = 3
GPU_RAM = 7000  # MB
THREADS_PER_GPU = 2
SPEED = (100.0, 500.0)  # Mb/s, least and most; in between by the memory of all GPUs
SPEED_PER_GB = 500 / 192

TEST_PORTS = ("22/tcp", "5000/tcp")  # of SSH, and of the test's own page


class TestFailed(Exception):
    """The machine did not pass; the text says why.

    Attributes:
        code: the reason as a word.
    """

    __test__ = False  # no test case, whatever its name begins with

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


def whole_machine(offers: Sequence[Row], machine: Any) -> dict[str, Any] | None:
    """The offer of a machine with the most GPUs, or None.

    >>> whole_machine([{"machine_id": 7, "num_gpus": 1}, {"machine_id": 7, "num_gpus": 4}], "7")["num_gpus"]
    4
    """
    own = [dict(offer) for offer in offers if str(offer.get("machine_id")) == str(machine)]
    return max(own, key=lambda offer: offer.get("num_gpus") or 0, default=None)


def requirements(offer: Row) -> list[dict[str, Any]]:
    """Each requirement: its name, whether the offer meets it, what was found and what is needed.

    A field that the offer lacks is no fault of the machine: its `success` is null.

    >>> [check["name"] for check in requirements({"cuda_max_good": 11.8}) if check["success"] is False]
    ['CUDA version']
    """
    gpus = offer.get("num_gpus") or 1
    speed = needed_speed(offer)
    rows = [
        ("CUDA version", "cuda_max_good", CUDA),
        ("reliability", "reliability", RELIABILITY),
        ("direct ports", "direct_port_count", PORTS_PER_GPU * gpus),
        ("GPU memory in MB", "gpu_ram", GPU_RAM),
        ("CPU threads", "cpu_cores_effective", THREADS_PER_GPU * gpus),
        ("download in Mb/s", "inet_down", speed),
        ("upload in Mb/s", "inet_up", speed),
    ]
    return [_check(name, offer.get(field), needed) for name, field, needed in rows]


def needed_speed(offer: Row) -> float:
    """The network speed in Mb/s that is asked of a machine with so much GPU memory.

    >>> needed_speed({"gpu_ram": 24000, "num_gpus": 1}), needed_speed({"gpu_ram": 80000, "num_gpus": 8})
    (100.0, 500.0)
    """
    memory = (offer.get("gpu_ram") or 0) * (offer.get("num_gpus") or 1) / 1000  # GB
    low, high = SPEED
    return round(min(max(memory * SPEED_PER_GB, low), high), 1)


def _check(name: str, found: Any, needed: float) -> dict[str, Any]:
    met = found >= needed if isinstance(found, int | float) and not isinstance(found, bool) else None
    return {"name": name, "success": met, "found": found, "needed": needed}


def lacks(checks: Sequence[Row]) -> str:
    """The requirements that are not met, in words; "" when all are.

    >>> lacks([{"name": "CUDA version", "success": False, "found": 11.8, "needed": 12.0}])
    'CUDA version is 11.8 and must be at least 12'
    """
    return "; ".join(
        f"{check['name']} is {check['found']:g} and must be at least {check['needed']:g}"
        for check in checks
        if check["success"] is False
    )


def check_state(instance: Row, when: str = "") -> None:
    """Does the instance run?

    Raises:
        TestFailed: it does not; with the service's own words, where there are any.

    >>> check_state({"actual_status": "running"})
    """
    state = instance.get("actual_status")
    if state != "running":
        said = f": {instance['status_msg']}" if instance.get("status_msg") else ""
        raise TestFailed("not_running", f"its instance is {state or 'not there yet'} {when}".rstrip() + said)


def check_ports(instance: Row) -> None:
    """Are the ports that the test needs open on the machine itself?

    Raises:
        TestFailed: one is not.

    >>> check_ports({"ports": {"22/tcp": [{"HostPort": "40022"}], "5000/tcp": [{"HostPort": "40023"}]}})
    """
    ports = instance.get("ports") or {}
    shut = [port for port in TEST_PORTS if not ports.get(port)]
    if shut:
        raise TestFailed("no_ports", f"its instance has no direct port for {' and '.join(shut)}")


def check_log(log: str) -> None:
    """Does the log of the test speak of an error?

    Raises:
        TestFailed: a line begins with the word.

    >>> check_log("stress test\\nall GPUs found")
    """
    for line in log.splitlines():
        if line.lstrip().lower().startswith("error"):
            raise TestFailed("test_error", line.strip()[:300])
