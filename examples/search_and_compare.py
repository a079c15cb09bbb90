"""Compare GPU models: the cheapest offer of each, and the model that computes most for a dollar."""

from __future__ import annotations

from vastai import VastAI

MODELS = ("RTX 3090", "RTX 4090", "A100 SXM4", "H100 SXM")


def main(server_url: str | None = "sandbox::memory:") -> None:
    with VastAI(server_url=server_url) as client:
        cheapest = []
        for model in MODELS:
            query = {"gpu_name": {"eq": model}, "num_gpus": {"eq": 1}}
            cheapest += client.search_offers(query, order="dph_total", limit=1)
    for offer in cheapest:
        worth = offer["total_flops"] / offer["dph_total"]
        print(f"{offer['gpu_name']:10}  {offer['dph_total']:7.3f} $/hour  {worth:8.1f} TFLOPS per $/hour")
    if cheapest:
        best = max(cheapest, key=lambda offer: offer["total_flops"] / offer["dph_total"])
        print(f"Most for a dollar: {best['gpu_name']}, offer {best['id']}")


if __name__ == "__main__":
    main()
