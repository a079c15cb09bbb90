"""Costs: the arithmetic by cases, and what `cost` says of a sandbox against the sandbox's own books."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from test_cases import Tty
from test_cli_local import run

from vastai.cli.main import guarded
from vastai.cli.terminal import Terminal
from vastai.hooks.costs import between, grouped, hourly, summary
from vastai.sandbox.testing import Sandbox

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "costs.yaml").read_text(encoding="utf-8"))
NOW = 1768478400.0
HOUR = 3600.0
INSTANCES = [
    {"id": 7, "label": "train [max 5.00 USD]", "num_gpus": 1, "gpu_name": "RTX 4090"},
    {"id": 8, "label": "train", "num_gpus": 1, "gpu_name": "H100"},
]
VOLUMES = [{"id": 3, "label": "data"}]


def charge(row: list[Any]) -> dict[str, Any]:
    start, end, source, dollars = row
    return {"start": start, "end": end, "source": source, "amount": dollars}


@pytest.mark.parametrize("case", CASES["hourly"], ids=str)
def test_what_a_rental_costs_now(case: list[Any]) -> None:
    assert hourly(case[0]) == case[1]


@pytest.mark.parametrize("case", CASES["lasts"], ids=str)
def test_how_long_the_credit_lasts(case: list[Any]) -> None:
    credit, price, runs_out, lasts = case
    rented = [{"id": 7, "actual_status": "running", "dph_total": price}]
    found = summary(rented, [], [], {"credit": credit}, NOW)
    assert (found["runs_out"], found["lasts"]) == (runs_out, lasts)


@pytest.mark.parametrize("case", CASES["groups"], ids=lambda case: case["what"])
def test_charges_in_groups(case: dict[str, Any]) -> None:
    found = grouped([*map(charge, case["charges"])], INSTANCES, VOLUMES, case["by"], case["since"], case["until"])
    assert [[row["group"], row["amount"]] for row in found["rows"]] == [[str(name), sum] for name, sum in case["rows"]]
    assert found["total"] == sum(row["amount"] for row in found["rows"])


starts = st.floats(NOW - 40 * 86400, NOW)
charges = st.lists(st.builds(lambda start, length, dollars: charge([start, start + length, "instance-7", dollars]),
                             starts, st.floats(0.001, 5 * 86400), st.floats(0, 100)), max_size=8)  # fmt: skip


@given(charges, starts, starts)
def test_days_add_up_to_the_whole(charges: list[dict[str, Any]], one: float, other: float) -> None:
    since, until = min(one, other), max(one, other)
    by_day = grouped(charges, [], [], "day", since, until)
    whole = sum(between(each, since, until) for each in charges)
    assert sum(row["amount"] for row in by_day["rows"]) == pytest.approx(whole, abs=1e-3)
    assert by_day["total"] == pytest.approx(grouped(charges, [], [], "gpu", since, until)["total"], abs=1e-3)


@given(charges, starts, st.lists(st.floats(0, 1), max_size=4))
def test_parts_of_a_time_add_up(charges: list[dict[str, Any]], since: float, cuts: list[float]) -> None:
    edges = [since, *(since + cut * (NOW - since) for cut in sorted(cuts)), NOW]
    parts = sum(between(each, a, b) for each in charges for a, b in pairwise(edges))
    assert parts == pytest.approx(sum(between(each, since, NOW) for each in charges), abs=1e-6)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    sandbox = Sandbox(str(tmp_path / "world.db"))
    yield sandbox
    sandbox.close()


def spent(sandbox: Sandbox) -> float:
    """What the sandbox's own books have charged."""
    return 1000.0 - float(sandbox.client.show_user()["credit"])


def at_noon_of_a_fifth(sandbox: Sandbox) -> None:
    """Let the sandbox's time go on to the fifth of the next month, 12:00 UTC."""
    now = datetime.fromtimestamp(sandbox.now, timezone.utc)
    then = (now.replace(day=1) + timedelta(days=32)).replace(day=5, hour=12, minute=0, second=0, microsecond=0)
    sandbox.advance((then - now).total_seconds())


def test_the_summary_agrees_with_the_books(sandbox: Sandbox) -> None:
    client = sandbox.client
    at_noon_of_a_fifth(sandbox)
    offers = [row["id"] for row in client.search_offers("num_gpus=1", limit=2)]
    one, two = client.create_instance(offers, "ubuntu", label="train")["new_contracts"]
    client.rent_volume(client.search_volumes(limit=1)[0]["id"], 50, "data")
    sandbox.advance(20 * HOUR)
    client.stop_instance(two)
    sandbox.advance(10 * HOUR)
    found = client.cost()
    assert found["this_month"] == pytest.approx(spent(sandbox), abs=1e-3)
    by_id = {row["id"]: row for row in found["rows"]}
    assert by_id[one]["state"] == "running" and by_id[two]["state"] == "stopped"
    assert sum(row["this_month"] for row in found["rows"]) == pytest.approx(found["this_month"], abs=1e-3)
    before = spent(sandbox)
    sandbox.advance(HOUR)
    assert spent(sandbox) - before == pytest.approx(found["per_hour"], rel=1e-3)
    client.destroy_instance(one)
    client.destroy_instance(two)
    after = client.cost()
    assert after["this_month"] == pytest.approx(spent(sandbox), abs=1e-3)  # what is gone counts
    assert [row["type"] for row in after["rows"]] == ["volume"]
    days = client.cost(by="day")
    assert days["total"] == pytest.approx(after["this_month"], abs=1e-3)
    assert [row["group"][-2:] for row in days["rows"]] == ["05", "06"]
    assert days["rows"][1]["amount"] == pytest.approx(after["today"], abs=1e-3)


def test_it_runs_dry_when_it_says(sandbox: Sandbox) -> None:
    client = sandbox.client
    made = client.create_instance(client.search_offers("num_gpus>=4", order="dph_total-", limit=1)[0]["id"], "ubuntu")
    sandbox.advance(60)
    hours = float(client.show_user()["credit"]) / client.cost()["per_hour"]
    sandbox.advance((hours - 0.1) * HOUR)
    assert client.show_instance(made["new_contract"])["actual_status"] == "running"
    sandbox.advance(0.2 * HOUR)
    assert client.show_instance(made["new_contract"])["actual_status"] != "running"


def test_what_is_paid_in_advance_costs_less(sandbox: Sandbox) -> None:
    client = sandbox.client
    made = client.create_instance(client.search_offers("num_gpus=1", limit=1)[0]["id"], "ubuntu")["new_contract"]
    sandbox.advance(60)
    full = client.cost()["per_hour"]
    client.prepay_instance(made, 500)
    sandbox.advance(60)
    row = client.show_instance(made)
    assert client.cost()["per_hour"] == pytest.approx(row["discounted_dph_total"], abs=1e-6)
    assert client.cost()["per_hour"] <= full


def on_a_terminal(url: str, words: str) -> tuple[str, str]:
    """What a person sees on a wide terminal: data, and talk."""
    out, err = Tty(), Tty()
    assert guarded([*words.split(), "--url", url], Terminal(Tty(), out, err, {**os.environ, "COLUMNS": "300"})) == 0
    return out.getvalue(), err.getvalue()


def test_a_terminal_says_what_all_instances_cost_and_a_pipe_does_not(sandbox: Sandbox) -> None:
    client = sandbox.client
    offers = [row["id"] for row in client.search_offers("num_gpus=1", limit=2)]
    one, two = client.create_instance(offers, "ubuntu")["new_contracts"]
    sandbox.advance(60)
    client.stop_instance(two)
    sandbox.advance(60)
    price = client.show_instance(one)["dph_total"] + client.show_instance(two)["storage_total_cost"]
    said = f"{price:.4f} $/hour in all: 1 is stopped, and pays for its disk only."
    assert said in on_a_terminal(sandbox.url, "show instances")[1]
    assert "$/hour" not in "".join(on_a_terminal(sandbox.url, "show instances -q"))
    assert "$/hour" not in "".join(on_a_terminal(sandbox.url, "show instances --raw"))
    code, out, err = run(["show", "instances", "--url", sandbox.url])
    assert code == 0 and len(out.splitlines()) == 3 and "$/hour" not in err
    assert f"{client.cost()['per_hour']:.4f}" == f"{price:.4f}"


def test_it_asks_once_for_each_page(sandbox: Sandbox) -> None:
    client = sandbox.client
    client.create_instance(client.search_offers("num_gpus=1", limit=1)[0]["id"], "ubuntu")
    at_noon_of_a_fifth(sandbox)
    before = len(sandbox.requests)
    client.cost()
    asked = [request["path"] for request in sandbox.requests[before:]]
    assert [path.rpartition("/api/")[2].strip("/") for path in asked] == [
        "v0/users/current", "v1/instances", "v0/volumes", "v0/charges",
    ]  # fmt: skip
