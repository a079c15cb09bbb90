"""Rent the cheapest GPU that fits, wait until the work is done, print its log, and give it back whatever happens."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

from vastai import OutcomeUnknown, VastAI

LABEL = "nightly"
PATIENCE = 600.0  # seconds that a boot may take


def run(client: VastAI, query: str, sleep: Callable[[float], None] = time.sleep, work: float = 120.0) -> str:
    """Rent, work for so many seconds, give back. Returns the log.

    Raises:
        RuntimeError: nothing fits, or the instance does not come up.
        OutcomeUnknown: it is not known whether something was rented; what was found of it is destroyed.
    """
    id = rent(client, query)
    try:
        wait_until_running(client, id, sleep)
        sleep(work)
        return client.logs(id)
    finally:
        client.destroy_instance(id)


def rent(client: VastAI, query: str) -> int:
    """Rent the cheapest offer that is still there when its turn comes. Returns the instance's id."""
    refusals = []
    for offer in client.search_offers(query=query, order="dph_total", limit=5):
        try:
            rented = client.create_instance(id=offer["id"], image="pytorch/pytorch", disk=20, label=LABEL)
        except OutcomeUnknown as unknown:
            for row in unknown.candidates:
                client.destroy_instance(row["id"])
            raise
        if rented["success"]:
            return int(rented["new_contract"])
        refusals.append(rented["msg"])
    raise RuntimeError(f"nothing was rented: {'; '.join(refusals) or 'no offer fits'}")


def wait_until_running(client: VastAI, id: int, sleep: Callable[[float], None]) -> None:
    """Look every ten seconds; an instance that has exited will not come up by waiting."""
    waited = 0.0
    while waited < PATIENCE:
        row: dict[str, Any] = client.show_instance(id)
        if row["actual_status"] == "running":
            return
        if row["actual_status"] == "exited":
            raise RuntimeError(f"the boot failed: {row['status_msg']}")
        sleep(10)
        waited += 10
    raise RuntimeError(f"not running after {PATIENCE:.0f} s")


if __name__ == "__main__":
    seconds = float(os.environ.get("WORK_SECONDS", "120"))
    print(run(VastAI(), " ".join(sys.argv[1:]) or "num_gpus=1 gpu_name=RTX_4090", work=seconds))
