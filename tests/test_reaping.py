"""Reaping: what is due by cases; `reap` on a sandbox in which hours and days go by and things go wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_cli_local import run

from vastai import UsageError, VastAI
from vastai.hooks.leases import HOUR, lease_of
from vastai.hooks.reaping import Limits, charges_since, cost_so_far, due
from vastai.sandbox.testing import Sandbox, SandboxEdge

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "reaping.yaml").read_text(encoding="utf-8"))
NOW = 1768478400.0


def charges(rows: list[list[Any]]) -> list[dict[str, Any]]:
    """The charges of a case as the service gives them: a row by source, with its parts."""
    found: dict[Any, dict[str, Any]] = {}
    for id, kind, start, end, dollars in rows:
        row = found.setdefault(id, {"source": f"instance-{id}", "start": start, "end": end, "amount": 0.0, "items": []})
        row["end"], row["amount"] = max(row["end"], end), row["amount"] + dollars
        row["items"].append({"type": kind, "start": start, "end": end, "amount": dollars})
    return list(found.values())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_what_is_due(case: dict[str, Any]) -> None:
    limits, notes = Limits(**case.get("limits", {})), []  # type: ignore[var-annotated]
    assert charges_since(case["instances"], limits, NOW) == case.get("since")
    found = due(
        case["instances"], charges(case.get("charges", [])), limits, case.get("action", "stop"), NOW, notes
    )  # fmt: skip
    assert [[row["id"], row["why"]] for row in found] == [row[:2] for row in case["due"]]
    assert all(piece in row["reason"] for row, (_, _, piece) in zip(found, case["due"], strict=True))
    assert len(notes) == len(case.get("notes", ()))
    assert all(piece in note for piece, note in zip(case.get("notes", ()), notes, strict=True))


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    sandbox = Sandbox(str(tmp_path / "world.db"))
    yield sandbox
    sandbox.close()


def rent(sandbox: Sandbox, image: str = "ubuntu", **more: Any) -> int:
    """Rent a free machine. Returns the instance's ID."""
    offer = sandbox.client.search_offers("num_gpus=1", limit=1)[0]["id"]
    return int(sandbox.client.create_instance(offer, image, **more)["new_contract"])


def states(sandbox: Sandbox) -> dict[int, Any]:
    return {row["id"]: row["actual_status"] for row in sandbox.client.show_instances()}


def outcomes(report: dict[str, Any]) -> dict[int, str]:
    return {row["id"]: row["outcome"] for row in report["results"]}


def test_only_what_has_run_out_is_stopped_and_once(sandbox: Sandbox) -> None:
    client = sandbox.client
    short, long, plain = rent(sandbox, max_hours=2), rent(sandbox, max_hours=20), rent(sandbox)
    assert client.reap() == {"success": True, "results": []}
    sandbox.advance(3 * HOUR)
    planned = client.reap(dry_run=True)
    assert planned["dry_run"] and outcomes(planned) == {short: "would be stopped"}
    assert states(sandbox) == {short: "running", long: "running", plain: "running"}
    done = client.reap()
    assert done["success"] and outcomes(done) == {short: "stopped"}
    assert states(sandbox) == {short: "exited", long: "running", plain: "running"}
    assert client.reap() == {"success": True, "results": []}
    sandbox.advance(20 * HOUR)
    assert outcomes(client.reap(action="destroy")) == {short: "destroyed", long: "destroyed"}
    assert states(sandbox) == {plain: "running"}
    assert client.reap(action="destroy") == {"success": True, "results": []}


def test_a_budget_is_judged_by_what_was_charged(sandbox: Sandbox) -> None:
    client = sandbox.client
    id = rent(sandbox, max_cost=2)
    sandbox.advance(60)
    price = client.show_instance(id)["dph_total"]
    sandbox.advance((2 / price - 0.1) * HOUR)
    assert client.reap() == {"success": True, "results": []}
    sandbox.advance(0.1 * HOUR)
    done = client.reap()
    assert outcomes(done) == {id: "stopped"} and done["results"][0]["why"] == "budget_spent"
    spent = 1000 - float(client.show_user()["credit"])
    assert spent == pytest.approx(2, abs=0.01)


def test_the_time_that_it_was_stopped_costs_the_budget_only_its_disk(sandbox: Sandbox) -> None:
    client = sandbox.client
    id = rent(sandbox, max_cost=2)
    sandbox.advance(60)
    client.stop_instance(id)
    sandbox.advance(48 * HOUR)
    client.start_instance(id)
    sandbox.advance(60)
    assert client.reap() == {"success": True, "results": []}
    listed = client.show_charges(start_date=sandbox.now - 5 * 86400, charge_type=["instance"], format="tree")
    row = client.show_instance(id)
    assert cost_so_far(row, listed["results"], sandbox.now) == pytest.approx(
        1000 - client.show_user()["credit"], abs=1e-3
    )


def test_what_never_came_up_is_ended_where_that_is_asked(sandbox: Sandbox) -> None:
    client = sandbox.client
    stuck, fine = rent(sandbox, image="No Such Image"), rent(sandbox)
    sandbox.advance(2 * HOUR)
    assert client.reap(action="destroy") == {"success": True, "results": []}
    done = client.reap(action="destroy", boot_limit=60)
    assert outcomes(done) == {stuck: "destroyed"} and done["results"][0]["why"] == "boot_limit"
    client.stop_instance(fine)
    sandbox.advance(2 * HOUR)
    client.start_instance(fine)
    assert states(sandbox) == {fine: "loading"}
    assert client.reap(action="destroy", boot_limit=60)["results"] == []  # it has run before


def test_what_is_stopped_for_days_is_destroyed_where_that_is_asked(sandbox: Sandbox) -> None:
    client = sandbox.client
    old, new = rent(sandbox), rent(sandbox)
    sandbox.advance(5 * HOUR)
    client.stop_instance(old)
    sandbox.advance(60 * HOUR)
    client.stop_instance(new)
    sandbox.advance(20 * HOUR)
    assert client.reap(action="destroy") == {"success": True, "results": []}
    with pytest.raises(UsageError, match="goes with action=destroy"):
        client.reap(stopped_limit=72)
    done = client.reap(action="destroy", stopped_limit=72)
    assert outcomes(done) == {old: "destroyed"} and done["results"][0]["why"] == "stopped_limit"
    assert states(sandbox) == {new: "exited"}


def test_nothing_needs_charges_unless_something_hangs_on_them(sandbox: Sandbox) -> None:
    rent(sandbox, max_hours=2)
    before = len(sandbox.requests)
    sandbox.client.reap()
    assert [request["path"] for request in sandbox.requests[before:]] == ["/api/v1/instances/"]


def leased_and_over(sandbox: Sandbox, number: int) -> list[int]:
    ids = [rent(sandbox, max_hours=1) for _ in range(number)]
    sandbox.advance(2 * HOUR)
    return ids


def test_one_that_cannot_be_ended_is_named_and_the_others_are_ended(sandbox: Sandbox) -> None:
    one, two = leased_and_over(sandbox, 2)
    sandbox.fault(f"DELETE /instances/{one}/", status=400)
    report = sandbox.client.reap(action="destroy")
    assert not report["success"] and str(one) in report["msg"]
    assert outcomes(report) == {one: "not ended", two: "destroyed"}
    assert states(sandbox) == {one: "running"}
    code, out, err = run(["reap", "--action", "destroy", "--yes", "--url", sandbox.url])
    assert (code, out) == (1, "") and str(one) in err
    sandbox.clear_faults()
    assert outcomes(sandbox.client.reap(action="destroy")) == {one: "destroyed"}


def test_what_was_answered_does_not_count_but_what_it_has_become(sandbox: Sandbox) -> None:
    (id,) = leased_and_over(sandbox, 1)
    sandbox.fault("DELETE /instances/*", "lost")  # each is done, and its answer lost
    assert outcomes(sandbox.client.reap(action="destroy")) == {id: "destroyed"}


def test_what_somebody_starts_again_has_not_ended(sandbox: Sandbox) -> None:
    (id,) = leased_and_over(sandbox, 1)

    class Restarting(SandboxEdge):
        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            sandbox.client.start_instance(id)

    with VastAI(server_url=sandbox.url, edge=Restarting(sandbox.world)) as client:
        report = client.reap()
    assert not report["success"] and outcomes(report) == {id: "not ended"}
    assert f"Instance {id}" in report["results"][0]["msg"]


def test_a_service_that_fails_for_a_while_is_asked_again(sandbox: Sandbox) -> None:
    (id,) = leased_and_over(sandbox, 1)
    sandbox.fault("PUT /instances/*", status=503, times=2)
    assert outcomes(sandbox.client.reap()) == {id: "stopped"}


def test_a_service_that_breaks_down_after_the_stop_is_no_success(sandbox: Sandbox) -> None:
    (id,) = leased_and_over(sandbox, 1)
    sandbox.fault("GET /api/v1/instances/", status=500, skip=1)
    report = sandbox.client.reap()
    assert not report["success"] and outcomes(report) == {id: "not ended"}
    assert report["results"][0]["status_code"] == 500


def test_a_lease_that_is_extended_while_the_question_waits_is_kept(sandbox: Sandbox) -> None:
    one, two = leased_and_over(sandbox, 2)

    class Thinking(SandboxEdge):
        def ask(self, question: str) -> None:
            assert str(one) in question and str(two) in question
            sandbox.client.lease_instance(one, max_hours=5)

    with VastAI(server_url=sandbox.url, edge=Thinking(sandbox.world)) as client:
        assert outcomes(client.reap(action="destroy")) == {two: "destroyed"}
    assert lease_of(sandbox.client.show_instance(one)["label"]).is_one


def as_cron(sandbox: Sandbox, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command as cron starts it: no terminal, nothing to read, hardly an environment."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "VAST_URL": sandbox.url}
    argv = [sys.executable, "-m", "vastai", *words]
    return subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environ, timeout=120)


def test_in_cron(sandbox: Sandbox, tmp_path: Path) -> None:
    one, two = leased_and_over(sandbox, 2)
    refused = as_cron(sandbox, tmp_path, "reap", "--action", "destroy")
    assert (refused.returncode, refused.stdout) == (2, "") and "--yes" in refused.stderr
    assert set(states(sandbox)) == {one, two}
    planned = as_cron(sandbox, tmp_path, "reap", "--action", "destroy", "--dry-run", "-q")
    assert (planned.returncode, planned.stdout.split()) == (0, [str(one), str(two)])
    done = as_cron(sandbox, tmp_path, "reap", "--action", "destroy", "--yes", "--raw")
    assert done.returncode == 0, done.stderr
    assert outcomes(json.loads(done.stdout)) == {one: "destroyed", two: "destroyed"}
    again = as_cron(sandbox, tmp_path, "reap", "--action", "destroy", "--yes")
    assert (again.returncode, again.stdout) == (0, "") and "Nothing has run out." in again.stderr


def test_twice_at_once(sandbox: Sandbox, tmp_path: Path) -> None:
    ids = leased_and_over(sandbox, 3)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "VAST_URL": sandbox.url}
    argv = [sys.executable, "-m", "vastai", "reap", "--action", "destroy", "--yes", "--raw"]
    both = [subprocess.Popen(argv, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    ended: set[int] = set()
    for process in both:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        ended |= set(outcomes(json.loads(out)))
    assert ended == set(ids) and states(sandbox) == {}
