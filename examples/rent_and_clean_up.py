"""Rent the cheapest offer that fits, wait until it runs, read its logs, and destroy it whatever happens."""

from __future__ import annotations

import time
from collections.abc import Callable

from vastai import VastAI


def main(server_url: str | None = "sandbox::memory:", sleep: Callable[[float], None] = time.sleep) -> None:
    with VastAI(server_url=server_url, raise_errors=True) as client:
        offers = client.search_offers("num_gpus=1 gpu_ram>=24 reliability>0.99", order="dph_total", limit=1)
        if not offers:
            raise SystemExit("No offer fits.")
        created = client.create_instance(offers[0]["id"], image="pytorch/pytorch", disk=20, label="example")
        instance_id = created["new_contract"]
        try:
            wait_until_running(client, instance_id, sleep)
            print(client.ssh_url(instance_id))
            print(client.logs(instance_id, tail=5))
        finally:
            client.destroy_instance(instance_id)
            print(f"Instance {instance_id} is destroyed.")


def wait_until_running(client: VastAI, instance_id: int, sleep: Callable[[float], None], attempts: int = 60) -> None:
    """Look every few seconds, with a limit: a machine may accept a contract and never start."""
    for _ in range(attempts):
        status = client.show_instance(instance_id)["actual_status"]
        if status == "running":
            return
        if status in ("exited", "offline"):
            raise SystemExit(f"Instance {instance_id} will not start: it is {status}.")
        sleep(2)
    raise SystemExit(f"Instance {instance_id} did not start in time.")


if __name__ == "__main__":
    main()
