"""Machines of the imagined market: each is drawn once, and its offers are slices that share what it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from vastai.sandbox import catalogue
from vastai.sandbox.catalogue import Cpu, Gpu, Place
from vastai.sandbox.comparisons import driver_number
from vastai.sandbox.prices import storage_per_hour

DAY = 86400.0
KEPT_IDS = range(15_000, 15_100)
"""Machine ids that the market leaves to those who use the sandbox."""
VERICODES = {"unverified": 0, "verified": 1, "deverified": 2}
_PCIE_BW = {3.0: 12.4, 4.0: 25.1, 5.0: 52.6}
_RAM_SIZES = (16, 32, 64, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048)
_MACHINE_SIZES = (1, 1, 1, 2, 2, 4, 4, 4, 6, 8, 8, 8)


@dataclass(frozen=True)
class Host:
    """Who offers machines: one person or one data centre, at one place."""

    host_id: int
    place: Place
    place_index: int
    datacenter: bool
    cluster_id: int | None
    """The cluster that all its machines are in, if it has one."""
    address: str
    network_disk: tuple[int, int, int] | None
    """Least, usual and greatest bandwidth of the cluster's network disk, in MiB/s."""


@dataclass(frozen=True)
class Machine:
    """One machine: what all its offers have in common, and what is shared out among them."""

    shared: dict[str, Any]
    """Fields that stand in every offer row of the machine."""
    gpus: int
    first_gpu: int
    """Id of its first GPU; the others follow."""
    occupied: int
    """So many GPUs, the first ones, are rented by somebody."""
    whole_only: bool
    """Whether it is let as a whole only."""
    disk: float
    """GB."""
    ports: int
    gpu_price: float
    """$/hour for one GPU on demand."""
    bid_share: float
    """The lowest bid as a share of that price."""
    gpu_dlperf: float
    gpu_tflops: float


def machines(random: Random, now: float) -> Iterator[Machine]:
    """An endless row of machines; the first is the one behind the offer that the reference page rents.

    After it every GPU model and every place is used once, so that a market of usual size has them all; then the
    weights of the catalogue decide. Arguments: random, the only source of chance; now, unix seconds. The draws do
    not depend on `now`: only dates do.
    """
    hosts: list[Host] = []
    gpus = list(catalogue.GPUS)
    places = list(enumerate(catalogue.PLACES))
    random.shuffle(gpus)
    random.shuffle(places)
    model_weights = [gpu.weight for gpu in catalogue.GPUS]
    place_weights = [place.weight for place in catalogue.PLACES]
    every_place = list(enumerate(catalogue.PLACES))
    machine_id, first_gpu = 4000, 90000
    while True:
        pinned = not hosts
        machine_id += random.randrange(1, 60)
        machine_id += len(KEPT_IDS) if machine_id in KEPT_IDS else 0
        gpu = gpus.pop() if gpus else random.choices(catalogue.GPUS, model_weights)[0]
        if pinned:
            gpus.append(gpu)
            gpu = next(each for each in catalogue.GPUS if each.name == "RTX 4090")
        if places or random.random() < 0.5:
            index, place = places.pop() if places else random.choices(every_place, place_weights)[0]
            host = _host(random, len(hosts), index, place, pinned)
            hosts.append(host)
        else:
            host = random.choice(hosts)
        size = 1 if pinned else min(random.choice(_MACHINE_SIZES), gpu.largest)
        machine = _machine(random, now, machine_id, first_gpu, gpu, size, host, pinned)
        first_gpu += machine.gpus
        yield machine


def own_machine(now: float, machine_id: int, host_id: int, model: str, size: int) -> Machine:
    """A machine of somebody who uses the sandbox: verified, free, in no cluster, and the same each time."""
    random = Random(model)
    gpu = next(each for each in catalogue.GPUS if each.name == model)
    host = replace(_host(random, 0, 0, catalogue.PLACES[0], True), host_id=host_id)
    machine = _machine(random, now, machine_id, 80_000, gpu, size, host, True)
    shared = machine.shared | {"avail_vol_ask_id": None, "avail_vol_size": None, "avail_vol_dph": None}
    return replace(machine, shared=shared, whole_only=False)


def _host(random: Random, number: int, place_index: int, place: Place, pinned: bool) -> Host:
    """A new host; addresses are of the blocks kept for documentation (RFC 5737), which lead nowhere."""
    datacenter = pinned or random.random() < 0.4
    clustered = datacenter and not pinned and random.random() < 0.4
    network = ("192.0.2", "198.51.100", "203.0.113")[number % 3]
    least = random.randrange(80, 400)
    usual = least + random.randrange(100, 500)
    return Host(
        host_id=40000 + number * 137 + random.randrange(137),
        place=place,
        place_index=place_index,
        datacenter=datacenter,
        cluster_id=200 + number if clustered else None,
        address=f"{network}.{number % 253 + 1}",
        network_disk=(least, usual, usual + random.randrange(100, 900)) if clustered else None,
    )


def _machine(
    random: Random, now: float, machine_id: int, first_gpu: int, gpu: Gpu, size: int, host: Host, pinned: bool
) -> Machine:
    """Draw one machine of `host` with `size` GPUs of one model; `pinned` keeps it verified and free."""
    cpu = _cpu(random, gpu, size)
    verification = "verified" if pinned else _verification(random, host)
    disk = round(size * random.uniform(150.0, 1400.0), 1)
    shared = {
        "machine_id": machine_id,
        **_place_fields(host, machine_id),
        **_gpu_fields(random, gpu, size, cpu),
        **_cpu_fields(random, gpu, size, cpu),
        **_network_fields(random, host),
        **_trust_fields(random, verification, pinned),
        **_listing_fields(random, now, host),
    }
    shared.update(_volume_fields(random, shared, disk))
    trust = 1.0 if verification == "verified" else 0.82
    price = gpu.dollars * trust * (1.08 if host.datacenter else 1.0) * min(random.lognormvariate(0.0, 0.16), 1.6)
    return Machine(
        shared=shared,
        gpus=size,
        first_gpu=first_gpu,
        occupied=_occupied(random, size, pinned),
        whole_only=size > 1 and random.random() < 0.12,
        disk=disk,
        ports=random.choice((49, 99, 199, 249, 499)) * max(1, size // 2),
        gpu_price=price,
        bid_share=random.uniform(0.35, 0.7),
        gpu_dlperf=gpu.dlperf * random.uniform(0.93, 1.04),
        gpu_tflops=gpu.tflops,
    )


def _cpu(random: Random, gpu: Gpu, size: int) -> Cpu:
    """A processor that goes with the GPUs: servers for server cards, six threads per GPU where there is a choice."""
    family = catalogue.FAMILIES[gpu.family]
    fitting = [cpu for cpu in catalogue.CPUS if cpu.arch == family.cpu_arch and (cpu.server or not family.server)]
    return random.choice([cpu for cpu in fitting if cpu.cores >= 6 * size] or fitting)


def _occupied(random: Random, size: int, pinned: bool) -> int:
    """How many GPUs are rented already: mostly none, else the whole machine or one slice of it."""
    if pinned or random.random() > 0.3:
        return 0
    return random.choice([size, *(part for part in (1, 2, 4) if part < size)])


def _verification(random: Random, host: Host) -> str:
    """Data centres are nearly always verified, other hosts mostly."""
    chance = random.random()
    if chance < (0.96 if host.datacenter else 0.72):
        return "verified"
    return "unverified" if chance < 0.985 else "deverified"


def _place_fields(host: Host, machine_id: int) -> dict[str, Any]:
    return {
        "host_id": host.host_id,
        "hosting_type": 1 if host.datacenter else 0,
        "hostname": f"m{machine_id}.example.net" if host.datacenter else None,
        "public_ipaddr": host.address,
        "geolocation": f"{host.place.city}, {host.place.country}",
        "geolocode": 1_000_000 + host.place_index * 4099,
        "logo": f"/static/logos/host-{host.host_id}.png" if host.datacenter else None,
        "webpage": None,
        "cluster_id": host.cluster_id,
        "nw_disk_min_bw": host.network_disk[0] if host.network_disk else None,
        "nw_disk_avg_bw": host.network_disk[1] if host.network_disk else None,
        "nw_disk_max_bw": host.network_disk[2] if host.network_disk else None,
    }


def _gpu_fields(random: Random, gpu: Gpu, size: int, cpu: Cpu) -> dict[str, Any]:
    family = catalogue.FAMILIES[gpu.family]
    drivers = catalogue.AMD_DRIVERS if family.arch == "amd" else catalogue.DRIVERS
    driver = random.choice(drivers[family.oldest_driver : family.newest_driver + 1])
    pci_gen = min(family.pci_gen, cpu.pci_gen)
    lanes = 8 if size > 4 and not family.server else 16
    return {
        "gpu_name": gpu.name,
        "gpu_ram": gpu.ram,
        "gpu_arch": family.arch,
        "gpu_lanes": lanes,
        "gpu_mem_bw": round(gpu.mem_bw * random.uniform(0.86, 0.97), 1),
        "gpu_max_power": float(gpu.power),
        "gpu_max_temp": float(random.randrange(80, 94)),
        "compute_cap": family.compute_cap,
        "cuda_max_good": driver.cuda,
        "bw_nvlink": gpu.nvlink if size > 1 else 0.0,
        "driver_version": driver.version,
        "driver_vers": driver_number(driver.version),
        "pci_gen": pci_gen,
        "pcie_bw": round(_PCIE_BW[pci_gen] * lanes / 16 * random.uniform(0.85, 1.0), 1),
    }


def _cpu_fields(random: Random, gpu: Gpu, size: int, cpu: Cpu) -> dict[str, Any]:
    wanted = gpu.ram * size / 1024 * random.uniform(0.7, 2.2)
    gib = next((each for each in _RAM_SIZES if each >= wanted), _RAM_SIZES[-1])
    return {
        "cpu_name": cpu.name,
        "cpu_arch": cpu.arch,
        "cpu_cores": cpu.cores,
        "cpu_ghz": cpu.ghz,
        "cpu_ram": int(gib * 1024 * 0.984),
        "has_avx": 1 if cpu.arch == "amd64" else 0,
        "mobo_name": random.choice(cpu.boards),
        "os_version": random.choice(catalogue.OS_VERSIONS),
        "disk_name": random.choice(catalogue.DISKS),
        "disk_bw": round(random.uniform(900.0, 7200.0), 1),
    }


def _network_fields(random: Random, host: Host) -> dict[str, Any]:
    down = random.uniform(900.0, 9400.0) if host.datacenter else random.uniform(90.0, 940.0)
    up_cost, down_cost = (random.choice((0.0, 0.001, 0.0019, 0.0029, 0.005, 0.01, 0.02)) for _ in range(2))
    return {
        "inet_down": round(down, 1),
        "inet_up": round(down * random.uniform(0.35, 1.0), 1),
        "inet_up_cost": up_cost,
        "inet_down_cost": down_cost,
        "internet_up_cost_per_tb": round(up_cost * 1024, 4),
        "internet_down_cost_per_tb": round(down_cost * 1024, 4),
        "static_ip": host.datacenter or random.random() < 0.2,
    }


def _trust_fields(random: Random, verification: str, pinned: bool) -> dict[str, Any]:
    doubt = random.random() ** 2 * (0.04 if verification == "verified" else 0.35)
    reliability = round(0.9996 - doubt, 6)
    virtual_machines = random.random() < 0.35
    return {
        "verification": verification,
        "vericode": VERICODES[verification],
        "reliability": reliability,
        "reliability2": reliability,
        "reliability_mult": round(reliability**8, 6),
        "expected_reliability": round(0.25 * 0.97 + 0.75 * reliability, 6),
        "external": 1 if verification != "verified" and not pinned and random.random() < 0.2 else None,
        "vms_enabled": virtual_machines,
        "is_vm_deverified": virtual_machines and random.random() < 0.04,
        "resource_type": "gpu",
    }


def _listing_fields(random: Random, now: float, host: Host) -> dict[str, Any]:
    """Dates of the listing and the prices that do not depend on the number of GPUs."""
    left = round(random.uniform(2.0, 30.0 if random.random() < 0.4 else 360.0) * DAY)
    start = now - round(random.uniform(0.0, 240.0) * DAY)
    return {
        "start_date": float(start),
        "end_date": float(now + left),
        "duration": float(left),
        "time_remaining": "",
        "time_remaining_isbid": "",
        "storage_cost": round(random.choice((0.05, 0.08, 0.1, 0.1, 0.12, 0.15, 0.15, 0.2, 0.3)), 2),
        "credit_discount_max": round(random.choice((0.1, 0.2, 0.25, 0.3, 0.4)), 2),
        "platform_fee": None,
    }


def _volume_fields(random: Random, shared: dict[str, Any], disk: float) -> dict[str, Any]:
    """The volume offer of the machine, as its GPU offers name it: about three machines in five have one."""
    if random.random() > 0.6:
        return {"avail_vol_ask_id": None, "avail_vol_size": None, "avail_vol_dph": None}
    size = round(disk * random.uniform(0.2, 0.6), 1)
    return {
        "avail_vol_ask_id": 80_000_000 + 13 * shared["machine_id"],
        "avail_vol_size": size,
        "avail_vol_dph": round(storage_per_hour(shared["storage_cost"], size), 6),
    }
