"""What can be searched: the kinds of search, their fields, units, aliases and default filters, as data.

Fields, aliases, defaults and multiplied units were measured on the official client 1.9.1 and the service's public
description; the service knows more columns, so an unknown field is a warning and never an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

Filters = dict[str, dict[str, object]]
"""Comparisons as the service wants them: ``{field: {operator: value}}``, all joined by "and"."""


class Field(NamedTuple):
    """One field of a search, as help and completion show it."""

    name: str
    type: str
    """int, float, bool, text, json or date."""
    unit: str
    """Unit or allowed values as written in a query; may be empty."""
    alias: str
    """A shorter name for the same field; may be empty."""


class Kind(NamedTuple):
    """What distinguishes one kind of search from the others."""

    name: str
    """What the kind is called, here and in messages."""
    fields: Mapping[str, tuple[str, str]]
    """Field name to type and unit."""
    defaults: Mapping[str, Mapping[str, object]]
    """Filters that hold unless the caller says otherwise."""
    aliases: Mapping[str, str]
    """Short field name to field name, in a query."""
    order_aliases: Mapping[str, str]
    """Short field name to field name, in an order."""
    multiplied: Mapping[str, str]
    """Field to the unit it is written in, where the service counts in another one."""
    controls: Mapping[str, str]
    """Names that are no fields here, because the request body uses them, with what to use instead."""
    sent_wildcards: frozenset[str]
    """Fields that the service filters by itself, so that "any" has to be sent."""
    directives: tuple[str, ...]
    """Names that steer the client and are not sent."""
    joined: str | None = None
    """The default conditions as text, where the service reads the text of the query itself; else None."""


_ALIASES = {
    "cuda_vers": "cuda_max_good",
    "display_active": "gpu_display_active",
    "dlperf_usd": "dlperf_per_dphtotal",
    "dph": "dph_total",
    "flops_usd": "flops_per_dphtotal",
}

_MULTIPLIED = {"cpu_ram": "gigabytes", "gpu_ram": "gigabytes", "gpu_total_ram": "gigabytes", "duration": "days"}

_CONTROLS = {
    "allocated_storage": "use --storage (storage=)",
    "limit": "use --limit (limit=)",
    "order": "use --order (order=)",
    "type": "use --type (type=)",
}

_OFFERS = {
    "bw_nvlink": ("float", "GB/s"),
    "chunked": ("bool", "true rounds sizes down in the result"),
    "cluster_id": ("int", ""),
    "compute_cap": ("int", "CUDA capability x 100, 890 for 8.9"),
    "cpu_arch": ("text", "amd64, arm64"),
    "cpu_cores": ("int", ""),
    "cpu_cores_effective": ("float", ""),
    "cpu_ghz": ("float", "GHz"),
    "cpu_ram": ("float", "GB"),
    "cuda_max_good": ("float", ""),
    "datacenter": ("bool", ""),
    "direct_port_count": ("int", ""),
    "disk_bw": ("float", "MB/s"),
    "disk_space": ("float", "GB"),
    "dlperf": ("float", ""),
    "dlperf_per_dphtotal": ("float", "per $/hour"),
    "dph_total": ("float", "$/hour"),
    "driver_version": ("text", "535.86.05, 535.86 or 535"),
    "duration": ("float", "days"),
    "external": ("bool", ""),
    "flops_per_dphtotal": ("float", "TFLOPS per $/hour"),
    "geolocation": ("text", "two-letter country code"),
    "georegion": ("bool", "true lets geolocation name a region: AF AS EU LC NA OC"),
    "gpu_arch": ("text", "nvidia, amd"),
    "gpu_display_active": ("bool", ""),
    "gpu_frac": ("float", "0 to 1"),
    "gpu_max_power": ("float", "W"),
    "gpu_max_temp": ("float", "degrees C"),
    "gpu_mem_bw": ("float", "GB/s"),
    "gpu_name": ("text", "such as RTX_4090"),
    "gpu_ram": ("float", "GB per GPU"),
    "gpu_total_ram": ("float", "GB"),
    "has_avx": ("bool", ""),
    "host_id": ("int", ""),
    "id": ("int", ""),
    "inet_down": ("float", "Mb/s"),
    "inet_down_cost": ("float", "$/GB"),
    "inet_up": ("float", "Mb/s"),
    "inet_up_cost": ("float", "$/GB"),
    "machine_id": ("int", ""),
    "min_bid": ("float", "$/hour"),
    "mobo_name": ("text", ""),
    "num_gpus": ("int", ""),
    "pci_gen": ("float", ""),
    "pcie_bw": ("float", "GB/s"),
    "reliability": ("float", "0 to 1"),
    "rentable": ("bool", ""),
    "rented": ("bool", ""),
    "static_ip": ("bool", ""),
    "storage_cost": ("float", "$/GB/month"),
    "total_flops": ("float", "TFLOPS"),
    "ubuntu_version": ("text", ""),
    "verification": ("text", "verified, unverified, deverified"),
    "verified": ("bool", ""),
    "vms_enabled": ("bool", ""),
}

_VOLUMES = {
    "cluster_id": ("int", ""),
    "cpu_arch": ("text", "amd64, arm64"),
    "cuda_vers": ("float", ""),
    "datacenter": ("bool", ""),
    "disk_bw": ("float", "MB/s"),
    "disk_space": ("float", "GB"),
    "driver_version": ("text", "535.86.05, 535.86 or 535"),
    "duration": ("float", "days"),
    "geolocation": ("text", "two-letter country code"),
    "gpu_arch": ("text", "nvidia, amd"),
    "has_avx": ("bool", ""),
    "host_id": ("int", ""),
    "id": ("int", ""),
    "inet_down": ("float", "Mb/s"),
    "inet_up": ("float", "Mb/s"),
    "machine_id": ("int", ""),
    "nw_disk_avg_bw": ("float", "MiB/s"),
    "nw_disk_max_bw": ("float", "MiB/s"),
    "nw_disk_min_bw": ("float", "MiB/s"),
    "pci_gen": ("float", ""),
    "pcie_bw": ("float", "GB/s"),
    "reliability": ("float", "0 to 1"),
    "static_ip": ("bool", ""),
    "storage_cost": ("float", "$/GB/month"),
    "total_flops": ("float", "TFLOPS"),
    "ubuntu_version": ("text", ""),
    "verified": ("bool", ""),
}

_BENCHMARKS = {
    "contract_id": ("int", ""),
    "dph_base": ("float", "$/hour"),
    "gpu_name": ("text", "such as RTX_4090"),
    "id": ("int", ""),
    "image": ("text", ""),
    "last_update": ("date", "unix seconds or YYYY-MM-DD"),
    "launch_args": ("text", ""),
    "machine_id": ("int", ""),
    "num_gpus": ("int", ""),
    "template_hash": ("text", ""),
    "template_id": ("int", ""),
    "type": ("text", ""),
    "value": ("float", ""),
}

_TEMPLATES = {
    "count_created": ("int", ""),
    "created_at": ("date", "unix seconds or YYYY-MM-DD"),
    "creator_id": ("int", ""),
    "default_tag": ("text", ""),
    "docker_login_repo": ("text", ""),
    "hash_id": ("text", ""),
    "id": ("int", ""),
    "image": ("text", ""),
    "jup_direct": ("bool", ""),
    "name": ("text", ""),
    "private": ("bool", "true for your own only, null for public ones"),
    "recent_create_date": ("date", "unix seconds or YYYY-MM-DD"),
    "recommended": ("bool", ""),
    "recommended_disk_space": ("float", "GB"),
    "ssh_direct": ("bool", ""),
    "tag": ("text", ""),
    "use_ssh": ("bool", ""),
}

_INVOICES = {
    "amount_cents": ("int", "cents"),
    "balance_after": ("float", ""),
    "balance_before": ("float", ""),
    "cut_amount": ("int", ""),
    "cut_percent": ("float", ""),
    "error": ("json", ""),
    "event_id": ("text", ""),
    "extra": ("json", ""),
    "failed": ("bool", ""),
    "id": ("int", ""),
    "is_check": ("bool", ""),
    "is_credit": ("bool", ""),
    "is_delayed": ("bool", ""),
    "original_amount": ("int", ""),
    "paid_on": ("date", "unix seconds or YYYY-MM-DD"),
    "payment_expected": ("date", "unix seconds or YYYY-MM-DD"),
    "paypal_email": ("text", ""),
    "refunded": ("bool", ""),
    "service": ("text", ""),
    "stripe_charge": ("json", ""),
    "stripe_payout": ("json", ""),
    "stripe_refund": ("json", ""),
    "transfer_group": ("text", ""),
    "user_id": ("int", ""),
    "when": ("date", "unix seconds or YYYY-MM-DD"),
}


def _plain(name: str, fields: Mapping[str, tuple[str, str]]) -> Kind:
    """Return a kind of search with nothing but fields."""
    return Kind(name, fields, {}, {}, {}, {}, {}, frozenset(), ())


_VOLUME_KIND = Kind(
    name="volumes",
    fields=_VOLUMES,
    defaults={"verified": {"eq": True}, "external": {"eq": False}, "disk_space": {"gte": 1}},
    aliases={},
    order_aliases=_ALIASES,
    multiplied=_MULTIPLIED,
    controls=_CONTROLS | {"type": "volumes have no pricing type, leave it out"},
    sent_wildcards=frozenset(),
    directives=(),
)

_OFFER_KIND = Kind(
    name="offers",
    fields=_OFFERS,
    defaults={"verified": {"eq": True}, "external": {"eq": False}, "rentable": {"eq": True}},
    aliases=_ALIASES,
    order_aliases=_ALIASES,
    multiplied=_MULTIPLIED,
    controls=_CONTROLS,
    sent_wildcards=frozenset({"verified", "rentable", "rented"}),
    directives=("georegion", "chunked"),
)

KINDS: dict[str, Kind] = {
    "offers": _OFFER_KIND,
    "workers": _OFFER_KIND._replace(
        name="workers", defaults={}, directives=(), joined="verified=True rentable=True rented=False"
    ),
    "volumes": _VOLUME_KIND,
    "network_volumes": _VOLUME_KIND._replace(name="network_volumes"),
    "benchmarks": _plain("benchmarks", _BENCHMARKS),
    "templates": _plain("templates", _TEMPLATES),
    "invoices": _plain("invoices", _INVOICES),
}

DEFAULTS: dict[str, Mapping[str, Mapping[str, object]]] = {name: kind.defaults for name, kind in KINDS.items()}
"""The default filters of each kind of search. Not to be changed: ``parse`` takes them as they are."""

# How values are read where the declared type does not say it, also when the field is unknown to the kind of search:
# in a code an underscore is an underscore; elsewhere a bare underscore stands for a blank (RTX_4090).
_CODES = (
    "cpu_arch default_tag docker_login_repo event_id geolocation gpu_arch hash_id image paypal_email service tag"
    " template_hash transfer_group type ubuntu_version verification"
)
_READ_AS = {**dict.fromkeys(_CODES.split(), "code"), "gpu_name": "model", "driver_version": "driver"}


def kind_named(kind: str) -> Kind:
    """Return the data of a kind of search.

    Raises:
        ValueError: there is no such kind; the message lists those there are.
    """
    if kind not in KINDS:
        raise ValueError(f"no kind of search is called {kind!r}; there are {', '.join(KINDS)}")
    return KINDS[kind]


def value_type(field: str, kind: Kind) -> str:
    """Return how a field's values are read: a key of ``query_values.TYPES``. Unknown fields hold text.

    >>> value_type("gpu_ram", KINDS["offers"]), value_type("gpu_ram", KINDS["templates"])
    ('gigabytes', 'text')
    """
    declared = kind.fields[field][0] if field in kind.fields else "text"
    return kind.multiplied.get(field) or _READ_AS.get(field) or declared


def describe(kind: str) -> list[Field]:
    """List the fields of a kind of search, for help topics and completion.

    Args:
        kind: offers, volumes, network_volumes, benchmarks, templates or invoices.

    Returns:
        Name, type, unit or values, and alias of each field, by name.

    Raises:
        ValueError: there is no such kind.

    >>> [tuple(field) for field in describe("offers") if field.alias == "dph"]
    [('dph_total', 'float', '$/hour', 'dph')]
    """
    data = kind_named(kind)
    alias_of = {name: alias for alias, name in data.aliases.items()}
    return [Field(name, *data.fields[name], alias_of.get(name, "")) for name in sorted(data.fields)]
