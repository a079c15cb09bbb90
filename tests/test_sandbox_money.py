"""The sandbox's money: whatever happens, the charges add up to the credit that is gone."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from sandbox_kit import OFFER, START, Kit, offers

from vastai.sandbox import money

STARTING = 1000.0
MACHINE = 15001

seconds = st.one_of(st.floats(0, 30), st.floats(0, 90_000), st.floats(0, 5_000_000))
index = st.integers(0, 4)
actions = st.one_of(
    st.tuples(st.just("wait"), seconds),
    st.tuples(st.just("rent"), index),
    st.tuples(st.just("bid"), index),
    st.tuples(st.sampled_from(["stop", "start", "reboot", "destroy", "rebid", "delete volume"]), index),
    st.tuples(st.just("volume"), st.integers(1, 40)),
    st.tuples(st.just("transfer"), st.floats(0.01, 600)),
    st.tuples(st.just("add"), st.floats(0.01, 50)),
    st.tuples(st.just("prepay"), st.floats(0.01, 600)),
    st.tuples(st.just("raise"), st.floats(0.1, 3.0)),
    st.tuples(st.sampled_from(["accept", "reject", "label", "update"]), index),
)


class History:
    """Carries actions out, refused or not, and keeps what was paid in and out."""

    def __init__(self) -> None:
        self.kit = Kit()
        self.moved = 0
        own = offers(self.kit, machine_id={"eq": MACHINE}, num_gpus={"lte": 2})
        self.offers = [OFFER, *(each["id"] for each in [*offers(self.kit, num_gpus={"gte": 4})[-2:], *own[-2:]])]
        self.volume_offer = self.kit.post("/volumes/search/", limit=1)["offers"][0]["id"]

    def act(self, what: str, how: Any) -> None:
        kit = self.kit
        ids = [each["id"] for each in kit.get("/instances/")["instances"]] or [0]
        id = ids[int(how) % len(ids)]
        if what == "wait":
            kit.wait(how)
        elif what in ("rent", "bid"):
            price = {"price": 5.0} if what == "bid" else {}
            kit.put(f"/asks/{self.offers[how]}/", image="ubuntu", disk=50, **price)
        elif what in ("stop", "start"):
            kit.put(f"/instances/{id}/", state="stopped" if what == "stop" else "running")
        elif what == "reboot":
            kit.put(f"/instances/reboot/{id}/")
        elif what == "rebid":
            kit.put(f"/instances/bid_price/{id}/", price=6.0 + how)
        elif what == "destroy":
            kit.delete(f"/instances/{id}/")
        elif what == "volume":
            kit.put("/volumes/", id=self.volume_offer, size=how)
        elif what == "delete volume":
            volumes = [each["id"] for each in kit.get("/volumes/")["volumes"]] or [0]
            kit.delete("/volumes/", id=volumes[how % len(volumes)])
        elif what == "prepay":
            kit.put(f"/instances/prepay/{id}/", amount=how)
        elif what in ("raise", "accept", "reject", "label", "update"):
            self.deal(what, how, id)
        elif what == "transfer":
            if kit.put("/commands/transfer_credit/", amount=how, recipient="friend@example.com").status == 200:
                self.moved -= money.micro(how)
        elif kit.put("/__sandbox__/credit/", amount=how).status == 200:
            self.moved += money.micro(how)

    def deal(self, what: str, how: Any, id: int) -> None:
        """What changes a contract: its host asks for more, its renter answers, or gives it a name or an image."""
        kit = self.kit
        if what == "raise":
            kit.put("/machines/create_asks/", machine=MACHINE, price_gpu=how, price_disk=how)
        elif what == "label":
            kit.put(f"/instances/{id}/", label=f"label {how}")
        elif what == "update":
            kit.put(f"/instances/update_template/{id}/", image=f"debian:{how}")
        else:
            asked = kit.get("/instances/pending-price-increases/")["pending_price_increases"]
            for increase in asked[:1]:
                increase_id = increase["pending_price_increase_id"]
                assert (
                    kit.put(f"/instances/{what}-price-increase/", pending_price_increase_id=increase_id).status == 200
                )

    def deposits(self) -> int:
        """What is set aside for instances, in micro-dollars."""
        ids = [each["id"] for each in self.kit.get("/instances/")["instances"]]
        return sum(money.micro(self.kit.get(f"/instances/balance/{id}/")["refundable_deposit"]) for id in ids)

    def unpaid(self, instance: dict[str, Any]) -> bool:
        """Is nothing set aside for an instance?"""
        return bool(self.kit.get(f"/instances/balance/{instance['id']}/")["refundable_deposit"] <= 0)

    def earned(self) -> int:
        """What the account's own machines have earned, in micro-dollars."""
        answer = self.kit.get("/users/me/machine-earnings", sday="0")
        rows = [row[name] for row in answer["per_machine"] for name in ("gpu_earn", "sto_earn")]
        return sum(map(money.micro, rows))

    def charged(self, start: float = 0.0, end: float = 1e12, **query: str) -> int:
        """The sum of the charges in a window, all pages of it, in micro-dollars."""
        total, token = 0, ""
        window = json.dumps({"day": {"gte": start, "lte": end}})
        while True:
            page = self.kit.get("/charges/", select_filters=window, limit="500", after_token=token, **query)
            total += sum(money.micro(row["amount"]) for row in page["results"])
            token = page["next_token"]
            if not token:
                return total


@settings(max_examples=40, deadline=None)
@given(st.lists(actions, max_size=12), st.floats(0.0, 1.0))
def test_charges_add_up_to_the_credit_that_is_gone(history: list[tuple[str, Any]], share: float) -> None:
    told = History()
    for what, how in history:
        told.act(what, how)
        credit = money.micro(told.kit.credit())
        running = [each for each in told.kit.get("/instances/")["instances"] if each["intended_status"] == "running"]
        assert credit > -10 or not any(map(told.unpaid, running)), "nothing runs without money"
    gone = money.micro(STARTING) + told.moved - credit - told.deposits() if history else 0
    assert told.charged() == gone
    assert told.charged(format="tree") == gone
    cut = START + share * (told.kit.clock.now - START)
    assert told.charged(end=cut) + told.charged(start=cut) == gone, "adjoining windows add up"
    own = [each for each in told.kit.world.all("use") if each["machine"] == MACHINE]
    assert told.earned() == money.spent(own, told.kit.clock.now) <= gone, "what is earned was charged"
    old = told.kit.get("/users/me/invoices", sdate="0")
    charges = [money.micro(float(row["amount"])) for row in old["invoices"] if row["type"] == "charge"]
    assert sum(charges) == gone == money.micro(old["current"]["total"])
    paid = [money.micro(float(row["amount"])) for row in old["invoices"] if row["type"] == "payment"]
    assert sum(paid) == money.micro(STARTING) + told.moved


def test_what_a_host_earns_is_what_somebody_else_was_charged() -> None:
    kit = Kit(keys="open")
    assert kit.send("GET", "/machines", key="host")["machines"][0]["id"] == MACHINE
    assert [each["id"] for each in kit.send("GET", "/machines", key="renter")["machines"]] != [MACHINE]
    found = kit.send("GET", "/bundles/", query={"q": {"machine_id": {"eq": MACHINE}}}, key="renter")["offers"]
    rented = kit.send("PUT", f"/asks/{found[0]['id']}/", {"image": "ubuntu", "disk": 50}, key="renter")["new_contract"]
    kit.wait(100_000)
    kit.send("PUT", "/machines/create_asks/", {"machine": MACHINE, "price_gpu": 2}, key="host")
    assert kit.send("GET", "/instances/pending-price-increases/", key="host")["count"] == 0
    (asked,) = kit.send("GET", "/instances/pending-price-increases/", key="renter")["pending_price_increases"]
    answer = {"pending_price_increase_id": asked["pending_price_increase_id"]}
    assert kit.send("PUT", "/instances/accept-price-increase/", answer, key="host").status == 404
    assert kit.send("PUT", "/instances/accept-price-increase/", answer, key="renter").status == 200
    kit.wait(50_000)
    assert kit.send("POST", f"/machines/{MACHINE}/force_delete/", {}, key="host").status == 400
    assert kit.send("DELETE", f"/instances/{rented}/", {}, key="renter").status == 200
    spent = STARTING - kit.send("GET", "/users/current/", key="renter")["credit"]
    summary = kit.send("GET", "/users/me/machine-earnings", query={"sday": "0"}, key="host")["summary"]
    assert money.micro(sum(summary.values())) == money.micro(spent) > 0
    assert kit.send("GET", "/users/current/", key="host")["credit"] == STARTING, "what is earned is paid out elsewhere"


uses = st.builds(
    lambda start, length, rate: {"start": start, "end": None if length < 0 else start + length, "rate": rate},
    st.floats(0, 1000),
    st.floats(-500, 1000),
    st.integers(0, 10**9),
)


@given(st.lists(uses, max_size=5), st.integers(1, 10**9))
def test_credit_is_just_used_up_when_it_runs_out(found: list[money.Use], paid: int) -> None:
    moment = money.runs_out(paid, found)
    if moment is None:
        assert money.spent(found, 1e9) < paid or not found
        assert not any(use["end"] is None and use["rate"] for use in found)
        return
    step = 1e-3
    tolerance = sum(use["rate"] for use in found) * step / money.HOUR + len(found) + 1
    assert money.spent(found, moment + step) >= paid - tolerance
    assert money.spent(found, moment - step) <= paid + tolerance


@given(uses, st.lists(st.floats(0, 3000), min_size=2, max_size=5))
def test_days_of_a_use_add_up(use: money.Use, cuts: list[float]) -> None:
    scaled = {**use, "start": use["start"] * 900, "end": use["end"] and use["end"] * 900}
    start, *_, end = sorted(cut * 900 for cut in cuts)
    parts = list(money.days(scaled, start, end))
    assert sum(amount for *_, amount in parts) == money.between(scaled, start, end)
    assert all(first // money.DAY == (last - 1e-6) // money.DAY for first, last, _ in parts if last - first > 1e-3)
