"""Tests of rent.py. The fixture vastai_sandbox comes with the package: no network, no key, no patching, no waiting."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from rent import run

from vastai import OutcomeUnknown
from vastai.sandbox.testing import Sandbox

QUERY = "num_gpus=1 gpu_name=RTX_4090"


def test_it_works_and_leaves_nothing(vastai_sandbox: Sandbox) -> None:
    log = run(vastai_sandbox.client, QUERY, sleep=vastai_sandbox.advance)
    assert "sshd listens" in log
    assert vastai_sandbox.client.show_instances() == []
    before = vastai_sandbox.client.show_user()["credit"]
    assert 999 < before < 1000
    vastai_sandbox.advance(24 * 3600)
    assert vastai_sandbox.client.show_user()["credit"] == before


def test_the_cheapest_offer_is_taken(vastai_sandbox: Sandbox) -> None:
    run(vastai_sandbox.client, QUERY, sleep=vastai_sandbox.advance)
    [rented] = [asked for asked in vastai_sandbox.requests if asked["path"].startswith("/api/v0/asks/")]
    assert rented["body"]["label"] == "nightly"
    assert 0 < rented["cost"]["hourly"] < 1


@pytest.mark.parametrize(
    ("kind", "fields", "says"),
    [("no-boot", {}, "not running after 600 s"), ("boot-exit", {"msg": "no space left on device"}, "no space left")],
)
def test_a_boot_that_fails_costs_nothing_more(
    vastai_sandbox: Sandbox, kind: str, fields: dict[str, str], says: str
) -> None:
    vastai_sandbox.fault("PUT /asks/*", kind, **fields)
    with pytest.raises(RuntimeError, match=says):
        run(vastai_sandbox.client, QUERY, sleep=vastai_sandbox.advance)
    assert vastai_sandbox.client.show_instances() == []


def test_an_offer_that_is_gone_is_not_the_end(vastai_sandbox: Sandbox) -> None:
    vastai_sandbox.fault("PUT /asks/*", status=410, error="no_such_ask", msg="gone", times=1)
    run(vastai_sandbox.client, QUERY, sleep=vastai_sandbox.advance)
    tried = [asked["path"] for asked in vastai_sandbox.requests if asked["path"].startswith("/api/v0/asks/")]
    assert len(set(tried)) == 2


def test_when_everything_is_refused_it_says_why(vastai_sandbox: Sandbox) -> None:
    vastai_sandbox.fault("PUT /asks/*", status=400, error="insufficient_balance", msg="no money")
    with pytest.raises(RuntimeError, match="nothing was rented: no money"):
        run(vastai_sandbox.client, QUERY, sleep=vastai_sandbox.advance)


def test_a_rental_whose_answer_was_lost_is_found_and_given_back(vastai_sandbox: Sandbox) -> None:
    vastai_sandbox.fault("PUT /asks/*", "lost")
    with pytest.raises(OutcomeUnknown):
        run(vastai_sandbox.client, QUERY, sleep=vastai_sandbox.advance)
    assert vastai_sandbox.client.show_instances() == []


def test_a_busy_service_is_waited_for(vastai_sandbox: Sandbox) -> None:
    vastai_sandbox.fault("*", status=429, wait=3, times=1)
    vastai_sandbox.fault("GET /bundles/", status=503, times=2)
    began = vastai_sandbox.now
    run(vastai_sandbox.client, QUERY, sleep=vastai_sandbox.advance)
    assert [asked["status"] for asked in vastai_sandbox.requests][:4] == [429, 503, 503, 200]
    assert vastai_sandbox.now - began > 3


def test_the_program_as_a_whole(vastai_sandbox: Sandbox) -> None:
    """In a process of its own, over HTTP; the sandbox's clock goes ten thousand times as fast, so it boots."""
    vastai_sandbox.world.set_speed(10_000)
    environ = {**os.environ, "VAST_URL": vastai_sandbox.serve(), "VAST_API_KEY": "any", "WORK_SECONDS": "0"}
    program = Path(__file__).with_name("rent.py")
    done = subprocess.run([sys.executable, program, QUERY], env=environ, capture_output=True, text=True, timeout=60)
    assert "sshd listens" in done.stdout, done.stderr
    assert vastai_sandbox.client.show_instances() == []
