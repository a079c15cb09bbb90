"""Leases: marks in labels are read and written back, and what is rented with an end carries one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st
from replay import ReplayServer
from test_cli_local import run

from vastai import UsageError, VastAI
from vastai.engine.edge import Edge
from vastai.hooks.leases import HOUR, Lease, lease_of, leased
from vastai.sandbox.testing import Sandbox

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "leases.yaml").read_text(encoding="utf-8"))
OFFER = 12345
NOW = datetime(2026, 11, 26, 10, tzinfo=timezone.utc).timestamp()


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    sandbox = Sandbox(str(tmp_path / "world.db"))
    yield sandbox
    sandbox.close()


def seconds(time: Any) -> float | None:
    """A time of the cases in unix seconds."""
    if time is None:
        return None
    return datetime.fromisoformat(str(time)).replace(tzinfo=timezone.utc).timestamp()


@pytest.mark.parametrize("case", CASES["read"], ids=lambda case: repr(case[0]))
def test_a_label_says(case: list[Any]) -> None:
    label, plain, end, budget = case
    assert lease_of(label) == Lease(plain, seconds(end), budget)


@pytest.mark.parametrize("case", CASES["written"], ids=str)
def test_a_label_is_marked(case: list[Any]) -> None:
    label, hours, budget, marked = case
    assert leased(label, None if hours is None else NOW + hours * HOUR, budget) == marked


minutes = st.none() | st.integers(0, 250_000_000_000 // 60).map(lambda minute: minute * 60.0)
cents = st.none() | st.integers(1, 10**9).map(lambda cent: cent / 100)


@given(st.text(), minutes, cents)
def test_what_is_written_is_read_again(label: str, end: float | None, budget: float | None) -> None:
    assume(not lease_of(label).is_one)
    assert lease_of(leased(label, end, budget)) == (label, end, budget)


@given(st.text(), minutes, cents, minutes, cents)
def test_a_new_mark_takes_the_place_of_the_old_one(
    label: str, end: float | None, budget: float | None, new_end: float | None, new_budget: float | None
) -> None:
    assume(not lease_of(label).is_one)
    assert leased(leased(label, end, budget), new_end, new_budget) == leased(label, new_end, new_budget)


@given(st.text(alphabet="ab []untilmax0123456789-:.TZUSD,\n"))
def test_any_text_can_be_read(label: str) -> None:
    found = lease_of(label)
    assert found.is_one or found.label == label


def label_of(client: VastAI, id: int) -> Any:
    return client.show_instance(id)["label"]


def test_what_is_rented_with_an_end_carries_it(sandbox: Sandbox) -> None:
    client = sandbox.client
    rented = client.create_instance(OFFER, "ubuntu", label="train", max_hours=3, max_cost=5)
    lease = lease_of(label_of(client, rented["new_contract"]))
    assert lease.label == "train" and lease.budget == 5
    assert lease.end is not None and 0 <= lease.end - (sandbox.now + 3 * HOUR) <= 60
    launched = client.launch_instance("RTX_4090", 1, "ubuntu", max_cost=2)
    assert label_of(client, launched["new_contract"]) == "[max 2.00 USD]"
    assert label_of(client, client.create_instance(_offer(client), "ubuntu", label="plain")["new_contract"]) == "plain"


def _offer(client: VastAI) -> int:
    return int(client.search_offers("num_gpus=1", limit=1)[0]["id"])


def test_several_that_are_rented_together_carry_it_each(sandbox: Sandbox) -> None:
    client = sandbox.client
    offers = [row["id"] for row in client.search_offers("num_gpus=1", limit=2)]
    made = client.create_instance(offers, "ubuntu", max_hours=1)["new_contracts"]
    assert len(made) == 2
    assert all(lease_of(label_of(client, id)).end is not None for id in made)


def test_typed_it_is_the_same(sandbox: Sandbox) -> None:
    words = ["create", "instance", str(OFFER), "--image", "ubuntu", "--label", "job", "--max-cost", "0.5", "-q"]
    code, out, err = run([*words, "--url", sandbox.url])
    assert code == 0, err
    assert label_of(sandbox.client, int(out)) == "job [max 0.50 USD]"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"max_hours": 0}, "max_hours: 0 is less than 0.01"),
        ({"max_cost": -1}, "max_cost: -1 is less than 0.01"),
        ({"max_hours": "soon"}, "max_hours: 'soon' is not a number"),
        ({"max_hours": float("nan")}, "not a finite number"),
        ({"max_hours": 1e6}, "is more than 87600"),
        ({"max_hours": 1e9}, "the end lies beyond the calendar"),
        ({"max_hours": 1, "label": "x" * 240}, "label: has 266 characters with the mark of the lease, 256 at most"),
    ],
    ids=str,
)
def test_a_lease_that_cannot_be_is_refused_before_anything_is_sent(
    sandbox: Sandbox, given: dict[str, Any], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        sandbox.client.create_instance(OFFER, "ubuntu", **given)
    assert sandbox.requests == []


def test_a_new_label_keeps_the_lease_in_library_and_terminal(sandbox: Sandbox) -> None:
    client = sandbox.client
    id = client.create_instance(OFFER, "ubuntu", label="train", max_hours=3)["new_contract"]
    end = lease_of(label_of(client, id)).end
    client.label_instance(id, "eval")
    assert lease_of(label_of(client, id)) == ("eval", end, None)
    code, _, err = run(["label", "instance", str(id), "done", "--url", sandbox.url])
    assert code == 0, err
    assert lease_of(label_of(client, id)) == ("done", end, None)
    client.lease_instance(id, max_cost=4)
    assert lease_of(label_of(client, id)) == ("done", end, 4)
    sandbox.advance(HOUR)
    client.lease_instance(id, max_hours=3)
    later = lease_of(label_of(client, id)).end
    assert end is not None and later is not None and 0 <= later - end - HOUR <= 120
    code, _, err = run(["label", "instance", str(id), "free", "--no-lease", "--url", sandbox.url])
    assert code == 0, err
    assert label_of(client, id) == "free"


def test_an_end_beyond_the_calendar_is_refused(sandbox: Sandbox) -> None:
    id = sandbox.client.create_instance(OFFER, "ubuntu")["new_contract"]
    sandbox.advance(3600 * 24 * 365 * 7990)
    with pytest.raises(UsageError, match="beyond the calendar"):
        sandbox.client.lease_instance(id, max_hours=87600)


def test_the_end_goes_by_the_clock_of_the_service_where_it_is_known() -> None:
    class Late(Edge):
        def now(self) -> float:
            return NOW - 5 * HOUR

    row = {"id": 7, "label": "train"}
    shown = {"verb": "GET", "path": "/api/v0/instances/7/", "responses": [{"json": {"instances": row}}]}
    with ReplayServer([shown], now=NOW) as server, VastAI("k", server.url, edge=Late()) as client:
        client.lease_instance(7, max_hours=1)
        assert server.requests[-1]["json"] == {"label": "train [until 2026-11-26T11:00Z]"}
