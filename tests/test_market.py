"""The market of the sandbox is big enough, complete, consistent in itself and the same for one seed."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
import yaml

from vastai.sandbox import catalogue, market, prices

NOW = 1_790_000_000.0
SEEDS = (market.SEED, 1, 2026)

FIELDS = {
    kind: set(names)
    for kind, names in yaml.safe_load((Path(__file__).parent / "cases" / "market_fields.yaml").read_text()).items()
}

COST_PARTS = {"gpuCostPerHour", "diskHour", "totalHour", "discountTotalHour", "discountedTotalPerHour"}
# Fields that one machine's offers may differ in.
PER_SLICE = prices.FIELDS | {
    *("id", "ask_contract_id", "bundle_id", "bundled_results", "num_gpus", "gpu_frac", "gpu_ids", "gpu_total_ram"),
    *("cpu_cores_effective", "disk_space", "direct_port_count", "dlperf", "total_flops", "rentable", "rented"),
    *("min_bid", "gpu_display_active"),
}


@pytest.fixture(scope="module", params=SEEDS)
def offers(request: pytest.FixtureRequest) -> list[market.Row]:
    return market.offers(request.param, now=NOW)


def test_the_market_is_as_large_and_varied_as_promised(offers: list[market.Row]) -> None:
    assert len(offers) >= 1400
    assert len({row["gpu_name"] for row in offers}) >= 25
    assert len({row["geolocation"][-2:] for row in offers}) >= 30
    assert len({row["id"] for row in offers}) == len(offers)
    for field, values in {
        "verification": {"verified", "unverified", "deverified"},
        "rented": {True, False},
        "rentable": {True, False},
        "external": {None, 1},
        "gpu_arch": {"nvidia", "amd"},
        "cpu_arch": {"amd64", "arm64"},
        "hosting_type": {0, 1},
        "static_ip": {True, False},
        "vms_enabled": {True, False},
    }.items():
        assert {row[field] for row in offers} == values, field
    assert any(row["cluster_id"] for row in offers)
    assert {1, 2, 4, 8} <= {row["num_gpus"] for row in offers}


def test_every_row_has_every_field_of_the_service(offers: list[market.Row]) -> None:
    for row in offers:
        assert row.keys() >= FIELDS["offer"], FIELDS["offer"] - row.keys()
    for row in [*market.volume_offers(offers), *market.network_volume_offers(offers)]:
        assert row.keys() >= FIELDS["volume_offer"], FIELDS["volume_offer"] - row.keys()
    for row in market.templates(NOW):
        assert row.keys() == FIELDS["template"]
    for row in market.benchmarks(offers, now=NOW):
        assert row.keys() == FIELDS["benchmark"]


def test_one_seed_gives_one_market_and_another_seed_another() -> None:
    assert market.offers(3, now=NOW) == market.offers(3, now=NOW)
    one, other = market.offers(3, now=NOW), market.offers(4, now=NOW)
    assert [row["id"] for row in one] != [row["id"] for row in other]
    assert [row["gpu_name"] for row in one] != [row["gpu_name"] for row in other]
    assert market.volume_offers(one) == market.volume_offers(one)
    assert market.network_volume_offers(one) == market.network_volume_offers(one)
    assert market.benchmarks(one) == market.benchmarks(one)
    assert market.benchmarks(one, 1) != market.benchmarks(one, 2)


def test_time_and_count_leave_the_offers_as_they_are() -> None:
    dates = {"start_date", "end_date", "duration"}
    early, late = market.offers(count=200, now=NOW), market.offers(count=300, now=NOW + 1e6)
    for one, other in zip(early, late, strict=False):
        assert {field for field in one if one[field] != other[field]} <= dates


@pytest.mark.parametrize("seed", range(6))
def test_the_offer_of_the_reference_page_can_be_rented(seed: int) -> None:
    (row,) = market.offers(seed, count=1, now=NOW)
    assert row["id"] == row["ask_contract_id"] == 12345
    assert row["rentable"] is True and row["rented"] is False and row["is_bid"] is False
    assert row["verification"] == "verified" and row["external"] is None
    assert 0 < row["dph_total"] < 1
    assert row["disk_space"] >= 100 and row["direct_port_count"] >= 10


def test_other_ids_look_real(offers: list[market.Row]) -> None:
    assert all(10_000_000 <= row["id"] < 100_000_000 for row in offers if row["id"] != 12345)


def test_the_search_of_the_readme_finds_enough(offers: list[market.Row]) -> None:
    found = [
        row
        for row in offers
        if row["num_gpus"] >= 4 and row["gpu_ram"] >= 24000 and row["dph_total"] < 2.0
        if row["rentable"] and row["verification"] == "verified" and not row["external"]
    ]
    assert len(found) >= 30


def test_slices_of_a_machine_share_what_it_is(offers: list[market.Row]) -> None:
    by_machine = defaultdict(list)
    for row in offers:
        by_machine[row["machine_id"]].append(row)
    assert any(len(rows) >= 4 for rows in by_machine.values())
    for rows in by_machine.values():
        for row in rows[1:]:
            assert {field for field in row if row[field] != rows[0][field]} <= PER_SLICE
        for row in rows:
            assert row["gpu_frac"] == pytest.approx(
                row["num_gpus"] * rows[0]["gpu_frac"] / rows[0]["num_gpus"], abs=1e-5
            )
        taken = {gpu for row in rows if row["rented"] for gpu in row["gpu_ids"]}
        free = [row["gpu_ids"] for row in rows if row["rentable"]]
        assert not any(taken.intersection(ids) for ids in free)


def test_the_hardware_fits_itself(offers: list[market.Row]) -> None:
    models = {gpu.name: gpu for gpu in catalogue.GPUS}
    for row in offers:
        gpu = models[row["gpu_name"]]
        family = catalogue.FAMILIES[gpu.family]
        assert row["gpu_ram"] == gpu.ram
        assert row["gpu_total_ram"] == row["gpu_ram"] * row["num_gpus"]
        assert len(row["gpu_ids"]) == row["num_gpus"] and 0 < row["gpu_frac"] <= 1
        assert row["cpu_cores_effective"] == pytest.approx(row["cpu_cores"] * row["gpu_frac"], abs=0.01)
        assert row["total_flops"] == pytest.approx(gpu.tflops * row["num_gpus"], abs=1e-3)
        assert 0.8 * gpu.dlperf * row["num_gpus"] ** 0.9 < row["dlperf"] < 1.1 * gpu.dlperf * row["num_gpus"]
        assert row["gpu_mem_bw"] < gpu.mem_bw
        assert row["compute_cap"] == family.compute_cap and row["cpu_arch"] == family.cpu_arch
        assert row["pci_gen"] <= family.pci_gen
        assert (row["cuda_max_good"] is None) == (row["gpu_arch"] == "amd")
        major, minor, *patch = (int(part) for part in row["driver_version"].split("."))
        assert row["driver_vers"] == major * 10**6 + minor * 10**3 + sum(patch)
        assert row["has_avx"] == (row["cpu_arch"] == "amd64")
        assert 0 < row["reliability"] <= 1 and row["reliability"] == row["reliability2"]
        assert row["vericode"] == {"unverified": 0, "verified": 1, "deverified": 2}[row["verification"]]
        assert row["start_date"] <= NOW < row["end_date"]
        assert row["duration"] == pytest.approx(row["end_date"] - NOW)
        assert not (row["rented"] and row["rentable"])
    newest = dict(sorted((row["driver_vers"], row["cuda_max_good"]) for row in offers if row["cuda_max_good"]))
    assert list(newest.values()) == sorted(newest.values()), "a newer driver runs at least the same CUDA"


def test_dearer_models_are_faster_on_the_whole() -> None:
    cheap, dear = (
        sorted(catalogue.GPUS, key=lambda gpu: gpu.dollars)[part] for part in (slice(0, 12), slice(-12, None))
    )
    assert max(gpu.dlperf for gpu in cheap) < min(gpu.dlperf for gpu in dear)


@pytest.mark.parametrize("kind", ["on-demand", "bid", "reserved"])
@pytest.mark.parametrize("storage", [0.0, 1.0, 8.0, 500.0])
def test_the_prices_of_a_row_fit_each_other(offers: list[market.Row], kind: str, storage: float) -> None:
    for row in offers[::7]:
        cost = prices.price(row, storage, kind)
        assert cost.keys() == prices.FIELDS
        rate = row["credit_discount_max"] if kind == "reserved" else 0.0
        assert cost["dph_base"] == (row["min_bid"] if kind == "bid" else row["dph_base"])
        assert cost["is_bid"] is (kind == "bid")
        assert cost["storage_total_cost"] == pytest.approx(row["storage_cost"] * storage / 720, abs=1e-6)
        assert cost["dph_total"] == pytest.approx(cost["dph_base"] + cost["storage_total_cost"], abs=2e-6)
        assert cost["dph_total_adj"] == cost["dph_total"]
        assert cost["discount_rate"] == rate
        assert cost["discounted_hourly"] == pytest.approx(cost["dph_base"] * rate, abs=1e-6)
        assert cost["discounted_dph_total"] == pytest.approx(cost["dph_total"] - cost["discounted_hourly"], abs=1e-6)
        assert cost["dlperf_per_dphtotal"] == pytest.approx(row["dlperf"] / cost["dph_total"], abs=1e-3)
        assert cost["flops_per_dphtotal"] == pytest.approx(row["total_flops"] / cost["dph_total"], abs=1e-3)
        assert cost["vram_costperhour"] == pytest.approx(cost["dph_total"] / row["gpu_total_ram"], abs=1e-9)
        assert cost["score"] == pytest.approx(cost["dlperf_per_dphtotal"] * row["reliability_mult"], abs=1e-3)
        assert cost["search"] == cost["instance"] and cost["search"].keys() == COST_PARTS
        assert cost["search"]["totalHour"] == cost["dph_total"]
        assert cost["search"]["discountedTotalPerHour"] == cost["discounted_dph_total"]


def test_stored_rows_carry_their_own_on_demand_price(offers: list[market.Row]) -> None:
    for row in offers:
        assert {field: row[field] for field in prices.FIELDS} == prices.price(row)
        assert 0 < row["min_bid"] < row["dph_base"]
        assert row["internet_up_cost_per_tb"] == pytest.approx(row["inet_up_cost"] * 1024, abs=1e-4)


def test_volume_offers_are_those_the_offers_point_to(offers: list[market.Row]) -> None:
    volumes = {row["id"]: row for row in market.volume_offers(offers)}
    pointing = [row for row in offers if row["avail_vol_ask_id"] is not None]
    assert volumes.keys() == {row["avail_vol_ask_id"] for row in pointing}
    assert 200 < len(volumes) < len(offers)
    for row in pointing:
        volume = volumes[row["avail_vol_ask_id"]]
        assert volume["machine_id"] == row["machine_id"]
        assert volume["disk_space"] == row["avail_vol_size"] >= 10
        assert row["avail_vol_dph"] == pytest.approx(volume["storage_cost"] * volume["disk_space"] / 720, abs=1e-6)


def test_network_volumes_belong_to_clusters(offers: list[market.Row]) -> None:
    volumes = market.network_volume_offers(offers)
    assert [row["cluster_id"] for row in volumes] == sorted({row["cluster_id"] for row in offers if row["cluster_id"]})
    assert not {row["id"] for row in volumes} & {row["id"] for row in market.volume_offers(offers)}
    for row in volumes:
        assert row["nw_disk_min_bw"] < row["nw_disk_avg_bw"] < row["nw_disk_max_bw"]


def test_templates_are_well_known_images_with_hashes_of_their_own() -> None:
    templates = market.templates(NOW)
    assert len(templates) >= 25
    hashes = [row["hash_id"] for row in templates]
    assert len(set(hashes)) == len(hashes) and all(len(text) == 32 and int(text, 16) for text in hashes)
    images = {row["image"] for row in templates}
    assert images >= {"pytorch/pytorch", "nvidia/cuda", "vllm/vllm-openai"}
    assert all(row["created_at"] < row["recent_create_date"] < NOW for row in templates)
    assert [row["hash_id"] for row in market.templates(NOW + 1e7)] == hashes
    changed = {**templates[0], "env": "-e NEW=1"}
    assert market.template_hash(templates[0]) == hashes[0] != market.template_hash(changed)


def test_benchmarks_name_real_machines_and_templates(offers: list[market.Row]) -> None:
    rows = market.benchmarks(offers, now=NOW)
    assert len(rows) > 1000 and [row["id"] for row in rows] == sorted({row["id"] for row in rows})
    machines = {(row["machine_id"], row["num_gpus"]): row for row in offers}
    templates = {row["id"]: row for row in market.templates(NOW)}
    for row in rows:
        offer = machines[row["machine_id"], row["num_gpus"]]
        assert row["gpu_name"] == offer["gpu_name"] and row["value"] > 0
        assert row["template_hash"] == templates[row["template_id"]]["hash_id"]
        assert row["last_update"] <= NOW
