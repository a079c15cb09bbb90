"""Rent the cheapest offer that fits, wait until it runs, read its logs, and destroy it whatever happens."""

from __future__ import annotations

from vastai import VastAI


def main(client: VastAI) -> None:
    with client:
        offers = client.search_offers("num_gpus=1 gpu_ram>=24 reliability>0.99", order="dph_total", limit=1)
        if not offers:
            raise SystemExit("No offer fits.")
        created = client.create_instance(offers[0]["id"], image="pytorch/pytorch", disk=20, label="example")
        instance_id = created["new_contract"]
        try:
            client.wait_instance(instance_id, timeout=600)  # raises, with the reason, when it will not come up
            print(client.ssh_url(instance_id))
            print(client.logs(instance_id, tail=5))
        finally:
            client.destroy_instance(instance_id)
            print(f"Instance {instance_id} is destroyed.")


if __name__ == "__main__":
    main(VastAI(server_url="sandbox::memory:", raise_errors=True))
