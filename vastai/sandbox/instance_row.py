"""An instance as the service shows it: one row, from what was rented, the offer behind it, and the time."""

from __future__ import annotations

import re
from typing import Any
from zlib import crc32

from vastai.sandbox import lifecycle, prices

Row = dict[str, Any]

# What a row takes over from the offer as it stands there.
_FROM_OFFER = (
    "machine_id", "host_id", "bundle_id", "hosting_type", "public_ipaddr", "geolocation", "num_gpus", "gpu_name",
    "gpu_ram", "gpu_arch", "gpu_frac", "gpu_lanes", "gpu_mem_bw", "bw_nvlink", "compute_cap", "cuda_max_good",
    "driver_version", "cpu_name", "cpu_arch", "cpu_cores", "cpu_cores_effective", "cpu_ram", "disk_name", "disk_bw",
    "inet_up", "inet_down", "inet_up_cost", "inet_down_cost", "internet_up_cost_per_tb", "internet_down_cost_per_tb",
    "direct_port_count", "static_ip", "pci_gen", "pcie_bw", "mobo_name", "os_version", "dlperf", "total_flops",
    "reliability2", "verification", "external", "storage_cost", "credit_discount_max", "min_bid", "logo", "webpage",
    "cluster_id",
)  # fmt: skip

_PORT = re.compile(r"-p \d+:(\d+)(?:/(tcp|udp))?")
_FIRST_PORT = 40_000


def contract_costs(offer: Row, disk: float, price: float | None) -> Row:
    """The cost fields of a contract: the offer's, for so much disk, at the bid when there is one.

    Arguments: disk in GB; price in $/hour for the GPUs of an interruptible contract, None on demand.
    """
    if price is None:
        return prices.price(offer, disk)
    return prices.price({**offer, "min_bid": price}, disk, "bid")


def costs(instance: Row, offer: Row) -> Row:
    """The cost fields of an instance: those of its contract, less the discount when it was paid for in advance."""
    if instance.get("discount"):
        return prices.price({**offer, "credit_discount_max": instance["discount"]}, instance["disk"], "reserved")
    return contract_costs(offer, instance["disk"], instance["price"])


def row(instance: Row, offer: Row, now: float, behind: tuple[str, int] | None = None) -> Row:
    """The row of an instance at a time.

    Arguments: behind is the host and port of a real machine, when there is one.
    """
    state = lifecycle.state(instance["timeline"], now)
    running = state.actual_status == "running"
    place = offer["geolocation"]
    return {
        "id": instance["id"],
        **{field: offer.get(field) for field in _FROM_OFFER},
        **costs(instance, offer),
        "country_code": place[-2:] if place else None,
        "gpu_totalram": offer["gpu_total_ram"],
        "actual_status": state.actual_status,
        "cur_state": state.cur_state,
        "next_state": instance["next_state"],
        "intended_status": "stopped" if lifecycle.failed(state) else instance["intended_status"],
        "status_msg": instance["next_msg"] if instance.get("waiting") else state.status_msg,
        "label": instance["label"],
        "image_uuid": instance["image"],
        "image_args": instance["args"],
        "image_runtype": instance["runtype"],
        "extra_env": [[name, value] for name, value in instance["env"].items()],
        "onstart": instance["onstart"],
        "template_id": instance["template_id"],
        "template_hash_id": instance["template_hash_id"],
        "template_name": instance["template_name"],
        "disk_space": instance["disk"],
        "volume_info": instance["volume_info"],
        "jupyter_token": f"{crc32(str(instance['id']).encode()):08x}{instance['id']:08x}",
        "rentable": False,
        "credit_balance": None,
        "credit_discount": instance.get("discount"),
        "time_remaining": "",
        "time_remaining_isbid": "",
        **_times(instance, offer, state, now),
        **_addresses(instance, offer, running),
        **(_addresses_behind(instance, running, *behind) if behind else {}),
        **_meters(instance, offer, state),
    }


def _times(instance: Row, offer: Row, state: lifecycle.Phase, now: float) -> Row:
    up = max(0.0, now - state.at) if state.actual_status == "running" else 0.0
    return {
        "start_date": instance["start_date"],
        "end_date": instance["end_date"],
        "duration": max(0.0, instance["end_date"] - now),
        "uptime_mins": round(up / 60, 2) if state.actual_status == "running" else None,
        "client_run_time": 1.1,
        "host_run_time": round(now - offer["start_date"], 1),
    }


def has_ssh(instance: Row) -> bool:
    """Was it launched with an SSH server? Jupyter comes with one."""
    return "ssh" in instance["runtype"] or "jupyter" in instance["runtype"]


def ports(instance: Row) -> list[str]:
    """The container's open ports, as ``22/tcp``: SSH, Jupyter, and those that the environment asks for."""
    found = ["22/tcp"] if has_ssh(instance) else []
    if "jupyter" in instance["runtype"]:
        found.append("8080/tcp")
    for key in instance["env"]:
        asked = _PORT.fullmatch(key)
        if asked:
            found.append(f"{asked[1]}/{asked[2] or 'tcp'}")
    return list(dict.fromkeys(found))


def _addresses(instance: Row, offer: Row, running: bool) -> Row:
    """Where it is reached: through a proxy from the start, by ports of its own once it runs.

    The proxy's name ends in ``.example`` and the machine's address is one that documentation may use: neither leads
    anywhere.
    """
    number = instance["id"] % 9 + 1
    first = _FIRST_PORT + instance["id"] % 20_000
    direct = "direc" in instance["runtype"] and offer["direct_port_count"] > 0
    opened = ports(instance) if direct else []
    mapped = {port: [{"HostIp": "0.0.0.0", "HostPort": str(first + place)}] for place, port in enumerate(opened)}
    return {
        "ssh_host": f"ssh{number}.sandbox.example",
        "ssh_port": 10_000 + instance["id"] % 50_000,
        "ssh_idx": str(number),
        "machine_dir_ssh_port": _FIRST_PORT + offer["machine_id"] % 20_000,
        "local_ipaddrs": f"10.0.{number}.{instance['id'] % 250 + 1} 172.17.0.{number + 1}",
        "direct_port_start": first if opened else -1,
        "direct_port_end": first + len(opened) - 1 if opened else -1,
        "ports": mapped if running and mapped else None,
    }


def _addresses_behind(instance: Row, running: bool, host: str, port: int) -> Row:
    """The same by SSH, where a real machine answers: at its own port, by the proxy, and for rsync alike."""
    jupyter = "jupyter" in instance["runtype"]  # there the proxy has SSH on the next port
    return {
        "public_ipaddr": host,
        "ssh_host": host,
        "ssh_port": port - jupyter,
        "machine_dir_ssh_port": port,
        "ports": {"22/tcp": [{"HostIp": "0.0.0.0", "HostPort": str(port)}]} if running else None,
    }


def _meters(instance: Row, offer: Row, state: lifecycle.Phase) -> Row:
    """Load and memory: invented, but the same each time, and nothing while it does not run."""
    chance = crc32(f"load {instance['id']}".encode())
    memory = round(offer["cpu_ram"] / 1000 * offer["gpu_frac"], 1)
    if state.actual_status != "running":
        return dict.fromkeys(("gpu_util", "gpu_temp", "cpu_util", "mem_usage", "vmem_usage")) | {
            "mem_limit": memory,
            "disk_util": -1.0,
            "disk_usage": -1.0,
        }
    return {
        "gpu_util": float(chance % 100),
        "gpu_temp": float(35 + chance % 45),
        "cpu_util": round(chance % 700 / 100, 2),
        "mem_limit": memory,
        "mem_usage": round(memory * (chance % 60 + 5) / 100, 2),
        "vmem_usage": round(offer["gpu_ram"] / 1000 * (chance % 80) / 100, 2),
        "disk_util": round(chance % 30 / 100, 2),
        "disk_usage": round(instance["disk"] * (chance % 30) / 100, 2),
    }
