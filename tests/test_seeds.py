"""Worlds from files and to files: what a seed makes, what is said about a wrong one, that saving keeps everything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from sandbox_kit import OFFER, Kit
from test_cli_local import run

from vastai.errors import UsageError
from vastai.sandbox import faults, faulty, saves, seeds
from vastai.table.read import read

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "seeds.yaml").read_text(encoding="utf-8"))
ROOT = Path(__file__).parent.parent
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJkV5s1u2iJmVhT0H5j4e3e6n8v0xJ0r2p1q9yX7ZbQd me"
WORLD = f"""
version: 1
now: 2026-09-01T12:00:00Z
market: {{seed: 9, offers: 40}}
credit: 50
offers:
  - {{id: 100, gpu_name: RTX 5090, num_gpus: 2, dph_base: 0.9, geolocation: "Oslo, NO"}}
env_vars: {{TOKEN: "yes", LIMIT: 010}}
ssh_keys: [{KEY}]
volumes: []
instances:
  - {{offer: {OFFER}, label: idle, state: stopped, age: 60}}
  - {{offer: 100, image: pytorch/pytorch, label: train, age: 7200}}
endpoints: [{{endpoint_name: chat}}]
requests:
  - {{do: POST /auth/apikeys/, body: {{name: reader}}}}
accounts:
  - {{email: bob@example.com, key: bobs-key, credit: 5}}
faults:
  - {{route: GET /invoices/, status: 503, times: 2}}
"""


def seeded(text: str = WORLD) -> Kit:
    kit = Kit()
    seeds.seed(kit.app, text, "world.yaml")
    return kit


def test_a_world_is_as_its_file_says() -> None:
    kit = seeded()
    assert kit.world.now() == 1_788_264_000.0
    assert kit.credit() == 50.0
    rows = {row["label"]: row for row in kit.get("/api/v1/instances/")["instances"]}
    assert (rows["train"]["actual_status"], rows["train"]["gpu_name"]) == ("running", "RTX 5090")
    assert rows["train"]["start_date"] == kit.world.now() - 7200
    assert (rows["idle"]["actual_status"], rows["idle"]["intended_status"]) == ("exited", "stopped")
    kit.wait(3600)
    spent = 50.0 - kit.credit()
    assert spent == pytest.approx(rows["train"]["dph_total"], abs=0.01), "one runs, the other has its disk"
    assert kit.get("/secrets/")["secrets"] == {"TOKEN": "yes", "LIMIT": "010"}
    assert [key["public_key"] for key in kit.get("/ssh/").body] == [KEY]
    assert kit.get("/endptjobs/")["results"][0]["endpoint_name"] == "chat"
    assert kit.send("GET", "/users/current/", key="bobs-key")["credit"] == 5.0
    assert [kit.get("/invoices/").status for _ in range(3)] == [503, 503, 200]


def test_offers_of_the_file_are_on_the_market() -> None:
    kit = seeded("market: {offers: 0}\noffers: [{id: 5, gpu_name: H100 SXM, num_gpus: 8, dph_base: 16}]\n")
    wanted = {"gpu_name": {"eq": "H100 SXM"}, "limit": 10}  # besides there is what the account itself offers
    [offer] = kit.get("/bundles/", q=wanted)["offers"]
    assert (offer["id"], offer["gpu_name"], offer["num_gpus"], offer["gpu_ids"]) == (5, "H100 SXM", 8, list(range(8)))
    assert offer["dph_total"] > 16
    assert offer["gpu_total_ram"] == offer["gpu_ram"] * 8
    assert kit.put("/asks/5/", image="ubuntu").status == 200
    assert kit.get("/bundles/", q=wanted)["offers"] == []


def test_an_empty_file_is_a_new_world() -> None:
    kit = seeded("")
    assert len(kit.world.listings("offer")) == 1500
    assert kit.get("/users/current/")["credit"] == 1000.0


@pytest.mark.parametrize(("text", "parts"), CASES["refused"], ids=[text[:30] for text, _ in CASES["refused"]])
def test_a_wrong_file_is_named_with_its_line_and_changes_nothing(text: str, parts: list[str]) -> None:
    kit = Kit()
    kit.post("/secrets/", key="A", value="1")
    with pytest.raises(UsageError) as caught:
        seeds.seed(kit.app, text, "world.yaml")
    assert not [part for part in parts if part not in str(caught.value)], str(caught.value)
    assert kit.get("/secrets/")["secrets"] == {"A": "1"}
    assert len(kit.world.listings("offer")) == 150


# -- saving


def seen(kit: Kit) -> dict[str, Any]:
    """What every GET of the table without parameters in its path answers, for both accounts."""
    paths = {route.text.partition(" ")[2] for route in kit.app.routes if route.text.startswith("GET ")}
    asked = [path for path in sorted(paths) if "{" not in path and "__sandbox__" not in path]
    assert len(asked) > 20
    found = {}
    for key in ("", "bobs-key"):
        for path in asked:
            answer = kit.send("GET", path, key=key)
            found[f"{key} {path}"] = (answer.status, answer.body)
    found["offers"] = kit.get("/bundles/", q={"limit": 5000}).body
    return found


def test_saving_and_seeding_gives_the_same_world() -> None:
    kit = seeded()
    faulty.clear(kit.world)
    kit.rent(kit.get("/bundles/", q={"limit": 1})["offers"][0]["id"])
    kit.delete(f"/instances/{kit.get('/api/v1/instances/')['instances'][0]['id']}/")
    text = saves.save(kit.world)
    before = seen(kit)
    again = Kit(clock=kit.clock)
    seeds.seed(again.app, text, "saved.yaml")
    assert seen(again) == before
    assert saves.save(again.world) == saves.save(kit.world)
    assert again.put("/asks/100/", image="ubuntu").status in (200, 404, 410)
    assert "bobs-key" not in text


def test_faults_are_saved_as_far_as_they_are_not_used_up() -> None:
    kit = seeded("faults:\n- {route: '*', status: 503, times: 3, skip: 1}\n- {route: '*', status: 500, times: 1}\n")
    assert [kit.get("/users/current/").status for _ in range(3)] == [500, 503, 503]
    again = seeded(saves.save(kit.world))
    assert [fault.as_row()["times"] for fault in faulty.known(again.world)] == [1]
    assert [again.get("/users/current/").status for _ in range(2)] == [503, 200]


def test_a_market_of_another_kind_is_saved_by_what_differs() -> None:
    kit = Kit()
    text = saves.save(kit.world)
    again = seeded(text)
    assert [row["id"] for row in again.world.listings("offer")] == [row["id"] for row in kit.world.listings("offer")]


NAMES = st.text(max_size=8).filter(lambda name: name != "<<")  # which merges
NUMBERS = st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(max_size=12) | st.sampled_from(
    ["1e3", "yes", "010", "null", "~", "2026-01-01", "- a", "a: b", "=", "<<"]
)


@given(
    st.recursive(
        st.none() | st.booleans() | NUMBERS | TEXTS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    )
)
def test_what_is_written_is_read_as_the_same(value: Any) -> None:
    assert read(saves._yaml({"data": value}), "it").data == {"data": value}


def test_files_by_the_command_line(tmp_path: Path) -> None:
    at = ["--url", f"sandbox:{tmp_path / 'box.db'}"]
    (tmp_path / "world.yaml").write_text(WORLD, encoding="utf-8")
    code, out, err = run(["sandbox", "seed", str(tmp_path / "world.yaml"), "--yes", *at])
    assert (code, out.endswith("world.yaml says\n"), err) == (0, True, "")
    assert "train" in run(["show", "instances", *at])[1]
    saved = tmp_path / "saved.yaml"
    assert run(["sandbox", "save", str(saved), *at])[0] == 0
    assert saved.stat().st_mode & 0o777 == 0o600
    assert run(["sandbox", "reset", "--yes", *at])[0] == 0
    assert run(["sandbox", "seed", str(saved), *at], "n\n")[0] == 2
    assert run(["sandbox", "seed", str(saved), "--yes", *at])[0] == 0
    assert run(["sandbox", "seed", "-", "--yes", *at], saved.read_text(encoding="utf-8"))[0] == 0
    assert "train" in run(["show", "instances", *at])[1]
    assert run(["sandbox", "save", "-", *at])[1].startswith("# A world of the sandbox")
    assert json.loads(run(["sandbox", "save", "-", "--raw", *at])[1])["yaml"].startswith("# A world")
    (tmp_path / "wrong.yaml").write_text("credti: 5\n", encoding="utf-8")
    code, _, err = run(["sandbox", "seed", str(tmp_path / "wrong.yaml"), "--yes", *at])
    assert (code, "wrong.yaml:1: credti" in err) == (2, True)
    assert run(["sandbox", "seed", str(tmp_path / "none.yaml"), "--yes", *at])[0] == 2
    assert run(["sandbox", "save", str(tmp_path / "no" / "dir" / ".." / ".." / "box.db" / "x"), *at])[0] == 1


def test_the_faults_of_a_file_obey_the_same_rules() -> None:
    with pytest.raises(UsageError):
        faults.made({"route": "*", "kind": "nonsense"})
