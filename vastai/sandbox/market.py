"""The market of the sandbox: offers, volume offers, templates and benchmarks, believable and the same for one seed.

Everything here is pure: chance comes from `random.Random(seed)`, the time is passed in. What the service shows of its
market is known from its published row fields only (types, units and examples); all names and numbers are made up.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from random import Random
from typing import Any

from vastai.sandbox import catalogue
from vastai.sandbox.machines import DAY, Machine, machines
from vastai.sandbox.prices import DEFAULT_STORAGE_GIB, price, storage_per_hour

Row = dict[str, Any]

SEED = 7
COUNT = 1500
EXAMPLE_OFFER = 12345
"""The offer that the reference page rents."""
EPOCH = 1_767_225_600.0
"""The `now` of a market made without one: 2026-01-01 00:00 UTC, so that such a market is always the same."""

_VOLUME_FIELDS = (
    "machine_id",
    "host_id",
    "hosting_type",
    "public_ipaddr",
    "cpu_arch",
    "cpu_cores",
    "cpu_ghz",
    "cpu_name",
    "cuda_max_good",
    "disk_bw",
    "disk_name",
    "driver_version",
    "driver_vers",
    "duration",
    "start_date",
    "end_date",
    "external",
    "geolocation",
    "geolocode",
    "gpu_arch",
    "has_avx",
    "inet_down",
    "inet_up",
    "inet_down_cost",
    "inet_up_cost",
    "mobo_name",
    "os_version",
    "pci_gen",
    "pcie_bw",
    "reliability",
    "reliability2",
    "reliability_mult",
    "static_ip",
    "storage_cost",
    "total_flops",
    "vericode",
    "verification",
    "vms_enabled",
    "cluster_id",
    "nw_disk_min_bw",
    "nw_disk_max_bw",
    "nw_disk_avg_bw",
)
"""What a volume offer takes over from its machine."""

_BENCHMARKS = (
    # (type, template name, value per dlperf, launch arguments)
    ("llm_tokens", "vLLM", 21.4, "--model meta-llama/Llama-3.1-8B-Instruct"),
    ("image_steps", "ComfyUI", 0.31, "--steps 30 --size 1024"),
    ("training_samples", "PyTorch", 7.8, "--model resnet50 --batch 256"),
    ("speech_seconds", "Whisper", 1.9, "--model large-v3"),
)


def offers(seed: int = SEED, count: int = COUNT, now: float = EPOCH) -> list[Row]:
    """The GPU offers of the market, as stored: priced on demand for the default storage.

    A machine's offers are slices of 1, 2, 4 ... GPUs of it; slices that overlap GPUs already rented are not rentable.
    Offer 12345 is always the first: one verified, free RTX 4090. Ids depend on the seed alone, so a larger count or
    another `now` leaves them as they are.

    Arguments: seed of the draw; count of rows; now in unix seconds (dates are relative to it).
    Returns rows with every field of the service's offer row.
    """
    return list(islice(_offers(Random(seed), now), count))


def _offers(random: Random, now: float) -> Iterator[Row]:
    """The offers of one machine after the other, without end."""
    offer_id, following = EXAMPLE_OFFER, 21_000_000
    for machine in machines(random, now):
        for size in _sizes(machine):
            yield _offer(machine, size, offer_id)
            following += random.randrange(3, 2400)
            offer_id = following


def _sizes(machine: Machine) -> list[int]:
    """How many GPUs each offer of the machine has: 1, 2, 4 ... and all of them."""
    if machine.whole_only:
        return [machine.gpus]
    return [*(size for size in (1, 2, 4) if size < machine.gpus), machine.gpus]


def _offer(machine: Machine, size: int, offer_id: int) -> Row:
    """One slice of `size` GPUs: the rented ones if they are as many, else the next ones behind them."""
    rented = machine.occupied == size
    rentable = not rented and machine.occupied + size <= machine.gpus
    start = machine.first_gpu + (machine.occupied if rentable else 0)
    row = slice_row(machine, list(range(start, start + size)), offer_id)
    alike = max(1, (machine.gpus - machine.occupied) // size)
    return row | {"bundled_results": alike, "rentable": rentable, "rented": rented}


def slice_row(machine: Machine, gpu_ids: list[int], offer_id: int) -> Row:
    """The offer of some GPUs of a machine, free to rent: its part of what the machine has, priced on demand."""
    shared, size = machine.shared, len(gpu_ids)
    share = size / machine.gpus
    base = round(machine.gpu_price * size, 4)
    row: Row = {
        "id": offer_id,
        "ask_contract_id": offer_id,
        "bundle_id": 10_000_000 + shared["machine_id"] * 16 + size,
        "bundled_results": 1,
        **shared,
        "num_gpus": size,
        "gpu_frac": round(share, 6),
        "gpu_ids": gpu_ids,
        "gpu_total_ram": shared["gpu_ram"] * size,
        "gpu_display_active": size == 1 and shared["hosting_type"] == 0 and shared["machine_id"] % 9 == 0,
        "cpu_cores_effective": round(shared["cpu_cores"] * share, 2),
        "disk_space": round(machine.disk * share, 1),
        "direct_port_count": int(machine.ports * share),
        "dlperf": round(machine.gpu_dlperf * size**0.985, 4),
        "total_flops": round(machine.gpu_tflops * size, 4),
        "rentable": True,
        "rented": False,
        "rn": 1,
        "dph_base": base,
        "min_bid": round(base * machine.bid_share, 4),
    }
    row.update(price(row, DEFAULT_STORAGE_GIB))
    return row


def listed(offer: Mapping[str, Any], now: float) -> dict[str, float]:
    """The listing dates of an offer at a later time: a host whose listing ends renews it for the same term.

    So a market that was made long ago still has offers. Arguments: any row with start_date and end_date; now in unix
    seconds. Returns start_date, end_date and duration (seconds left).

    >>> listed({"start_date": 0.0, "end_date": 100.0}, 30.0)
    {'start_date': 0.0, 'end_date': 100.0, 'duration': 70.0}
    >>> listed({"start_date": 0.0, "end_date": 100.0}, 230.0)
    {'start_date': 200.0, 'end_date': 300.0, 'duration': 70.0}
    """
    start, end = offer["start_date"], offer["end_date"]
    if now >= end:
        passed = (now - start) // (end - start) * (end - start)
        start, end = start + passed, end + passed
    return {"start_date": start, "end_date": end, "duration": end - now}


def volume_offers(offers: Sequence[Row], seed: int = SEED) -> list[Row]:
    """The offers of local volumes that the `avail_vol_ask_id` of GPU offers point to, one per machine.

    Arguments: the GPU offers; seed of the bandwidths, which are measured apart from those of the machine's own disk.
    Returns rows priced for 1 GB (`storage_total_cost`).
    """
    random = Random(seed)
    rows: dict[int, Row] = {}
    for offer in offers:
        if offer["avail_vol_ask_id"] is not None and offer["machine_id"] not in rows:
            row = volume_row(offer, offer["avail_vol_ask_id"], offer["avail_vol_size"])
            row["disk_bw"] = round(offer["disk_bw"] * random.uniform(0.85, 1.0), 1)
            rows[offer["machine_id"]] = row
    return list(rows.values())


def network_volume_offers(offers: Sequence[Row], seed: int = SEED) -> list[Row]:
    """The offers of network volumes: one per cluster, usable from all machines of it.

    Arguments: the GPU offers; seed of sizes and prices. Returns rows priced for 1 GB.
    """
    random = Random(seed)
    clusters = {offer["cluster_id"]: offer for offer in reversed(offers) if offer["cluster_id"] is not None}
    rows = []
    for cluster, offer in sorted(clusters.items()):
        row = volume_row(offer, 83_000_000 + 17 * cluster, float(random.randrange(2, 80) * 500))
        row["storage_cost"] = random.choice((0.04, 0.05, 0.07, 0.09, 0.12))
        row["disk_name"] = "network"
        row["disk_bw"] = float(row["nw_disk_avg_bw"])
        rows.append(row | volume_price(row, 1.0))
    return rows


def volume_row(offer: Row, volume_id: int, size: float) -> Row:
    """The offer of so many GB as volumes, on the machine of a GPU offer; priced for 1 GB."""
    row: Row = {"id": volume_id, "ask_contract_id": volume_id, "bundle_id": volume_id - 60_000_000}
    row.update((field, offer[field]) for field in _VOLUME_FIELDS)
    row["disk_space"] = size
    return row | volume_price(row, 1.0)


def volume_price(offer: Mapping[str, Any], allocated_storage_gib: float) -> dict[str, float]:
    """The cost fields of a volume offer: `storage_total_cost` in $/h for so much storage, and a score by price.

    >>> volume_price({"storage_cost": 0.18, "reliability_mult": 0.9}, 40.0)
    {'storage_total_cost': 0.01, 'score': 5.0}
    """
    return {
        "storage_total_cost": round(storage_per_hour(offer["storage_cost"], allocated_storage_gib), 6),
        "score": round(offer["reliability_mult"] / offer["storage_cost"], 4),
    }


def templates(now: float = EPOCH) -> list[Row]:
    """The public templates: about 25 well-known images, each with a hash of what it says.

    Argument: now in unix seconds; dates are relative to it. `private` is null, as for public templates of the service.
    """
    return [_template(number, image, now) for number, image in enumerate(catalogue.IMAGES)]


def _template(number: int, image: catalogue.Image, now: float) -> Row:
    jupyter = image.runtype == "jupyter"
    row: Row = {
        "id": 70_400 + 37 * number,
        "name": image.name,
        "image": image.image,
        "tag": image.tag,
        "default_tag": image.tag,
        "creator_id": 100 + number % 4,
        "created_at": now - (420 - 11 * number) * DAY,
        "recent_create_date": now - (1 + 97 * number % 50) * 3600.0,
        "count_created": image.uses,
        "desc": image.desc,
        "readme": f"# {image.name}\n\n{image.desc}\n",
        "readme_visible": True,
        "href": None,
        "repo": None,
        "env": image.env,
        "onstart": image.onstart,
        "runtype": image.runtype,
        "use_ssh": image.runtype != "args",
        "ssh_direct": image.runtype != "args",
        "jup_direct": jupyter,
        "use_jupyter_lab": jupyter,
        "jupyter_dir": "/workspace" if jupyter else None,
        "docker_login_repo": None,
        "extra_filters": {"vms_enabled": {"eq": True}} if image.name.endswith("VM") else {},
        "recommended_disk_space": image.disk,
        "recommended": image.recommended,
        "private": None,
    }
    return {"id": row.pop("id"), "hash_id": template_hash(row), **row}


def template_hash(template: Mapping[str, Any]) -> str:
    """The hash id of a template: 32 hexadecimal digits of what it runs; editing any of this changes it."""
    parts = ("name", "image", "tag", "env", "onstart", "runtype", "jupyter_dir", "recommended_disk_space", "desc")
    text = "\0".join(repr(template.get(part)) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def benchmarks(offers: Sequence[Row], seed: int = SEED, now: float = EPOCH) -> list[Row]:
    """Results of test programs on the machines of the market; values follow `dlperf`.

    Arguments: the GPU offers; seed; now in unix seconds. Returns rows with ascending ids.
    """
    random = Random(seed)
    known = {template["name"]: template for template in templates(now)}
    return list(_results(offers, random, known, now))


def _results(offers: Sequence[Row], random: Random, known: Mapping[str, Row], now: float) -> Iterator[Row]:
    number = 500_000
    for offer in offers:
        for kind, name, factor, arguments in _BENCHMARKS:
            if random.random() > 0.5:
                continue
            number += random.randrange(1, 40)
            template = known[name]
            yield {
                "id": number,
                "last_update": now - round(random.random() * 90 * DAY),
                "template_hash": template["hash_id"],
                "template_id": template["id"],
                "launch_args": arguments,
                "type": kind,
                "machine_id": offer["machine_id"],
                "contract_id": 24_000_000 + number * 3,
                "num_gpus": offer["num_gpus"],
                "gpu_name": offer["gpu_name"],
                "image": f"{template['image']}:{template['tag']}",
                "value": round(offer["dlperf"] * factor * random.uniform(0.9, 1.1), 3),
                "details": {},
                "dph_base": offer["dph_base"],
            }
