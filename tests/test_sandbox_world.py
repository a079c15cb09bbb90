"""The sandbox's file: it outlives the process, and several processes may use it at once."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sandbox_kit import OFFER, Clock, Kit, offers, small_market

from vastai.errors import UsageError
from vastai.sandbox.world import World
from vastai.sandbox.world_file import default_path


def test_the_state_outlives_the_world(tmp_path: Path) -> None:
    path, clock = str(tmp_path / "deep" / "world.db"), Clock()
    kit = Kit(path, clock=clock)
    id = kit.rent(label="kept")
    kit.world.advance(100.0)
    kit.world.close()
    again = Kit(path, clock=clock)
    row = again.instance(id)
    assert (row["label"], row["actual_status"]) == ("kept", "running")
    assert row["uptime_mins"] >= 100 / 60
    assert not offers(again, id={"eq": OFFER}), "what was rented stays rented"


def test_only_the_user_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "state" / "world.db"
    World(str(path), market=small_market).close()
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == ["world.db"], "nothing is left beside it"


def test_the_default_place(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> None:
    assert default_path() == str(own_home / ".local/state/vastai/sandbox.db")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert default_path() == "/state/vastai/sandbox.db"


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"this is a text file, and no database at all" * 99, "is not a sandbox"), (None, "Cannot make a sandbox")],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, content: bytes | None, says: str) -> None:
    path = tmp_path / "world.db"
    if content is None:
        path = tmp_path / "file" / "world.db"
        (tmp_path / "file").write_text("in the way")
    else:
        path.write_bytes(content)
    with pytest.raises(UsageError, match=says):
        World(str(path), market=small_market)


def test_a_file_of_another_version(tmp_path: Path) -> None:
    path = str(tmp_path / "world.db")
    world = World(path, market=small_market)
    world._db.execute("PRAGMA user_version = 99")
    world.close()
    with pytest.raises(UsageError, match="version 99"):
        World(path)


def test_the_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "music.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE songs (title)")
        db.execute("PRAGMA user_version = 1")
    before = path.read_bytes()
    with pytest.raises(UsageError, match="something else"):
        World(str(path), market=small_market)
    assert path.read_bytes() == before


def test_a_damaged_file_is_named_with_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "world.db"
    World(str(path), market=small_market).close()
    head, rest = path.read_bytes()[:4096], path.read_bytes()[4096:]
    path.write_bytes(head + bytes(len(rest)))
    with pytest.raises(UsageError, match=f"damaged.*vastai sandbox reset --url sandbox:{path}"):
        Kit(str(path)).credit()


def test_a_file_that_another_process_keeps_locked(tmp_path: Path) -> None:
    path = str(tmp_path / "world.db")
    world, other = World(path, market=small_market), World(path)
    world._db.execute("PRAGMA busy_timeout = 0")
    with other.transaction(), pytest.raises(UsageError, match="in use by another process"), world.transaction():
        pass
    with world.transaction():
        assert world.all("thing") == []


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    world = World(str(tmp_path / "world.db"), market=small_market)
    world._db.execute("PRAGMA query_only = 1")
    with pytest.raises(UsageError, match=r"cannot be written.*VAST_URL=sandbox:PATH"), world.transaction():
        world.add("thing", 1, {"a": 1})


def test_an_empty_file_becomes_a_world(tmp_path: Path) -> None:
    path = tmp_path / "world.db"
    path.touch()
    assert Kit(str(path)).credit() == 1000.0


def test_a_failure_inside_a_transaction_undoes_it() -> None:
    world = World(":memory:", market=small_market)
    with pytest.raises(ZeroDivisionError), world.transaction():
        world.add("thing", 1, {"a": 1})
        _ = 1 / 0
    assert world.all("thing") == []


def test_the_clock_can_be_advanced_and_run_faster() -> None:
    clock = Clock(1000.0)
    world = World(":memory:", clock=clock, market=small_market)
    world.advance(500.0)
    assert world.now() == 1500.0
    world.set_speed(60.0)
    clock.now += 2.0
    assert world.now() == 1620.0
    with world.transaction():
        assert world.now() == 1620.0


def test_threads_share_a_world(tmp_path: Path) -> None:
    kit = Kit(str(tmp_path / "world.db"))
    answers: list[int] = []

    def rent() -> None:
        answers.append(kit.put(f"/asks/{OFFER}/", image="ubuntu").status)

    threads = [threading.Thread(target=rent) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] + [404] * 5


RENT = """
import json, sys
from vastai.sandbox.transport import SandboxTransport
transport = SandboxTransport("sandbox:" + sys.argv[1])
def send(verb, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    reply = transport.send(verb, "http://sandbox/api/v0" + path, {}, data, deadline=0, fresh=False)
    return reply.status, json.loads(reply.body)
rented = {}
for offer in json.loads(sys.argv[2]):
    status, answer = send("PUT", f"/asks/{offer}/", {"image": "ubuntu"})
    if status == 200:
        rented[offer] = answer["new_contract"]
    else:
        assert answer["error"] == "no_such_ask", answer
print(json.dumps(rented))
"""


def test_two_processes_rent_each_offer_once(tmp_path: Path) -> None:
    """They also make the file at the same time, for neither finds one."""
    path = str(tmp_path / "state" / "world.db")
    wanted = [OFFER, *(each["id"] for each in offers(Kit(), num_gpus={"eq": 1})[:15])]
    arguments = [sys.executable, "-c", RENT, path, json.dumps(wanted)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "VASTAI_STRICT": ""}
    running = [subprocess.Popen(arguments, stdout=subprocess.PIPE, env=environment) for _ in range(3)]
    results = [json.loads(process.communicate(timeout=60)[0]) for process in running]
    assert [process.returncode for process in running] == [0, 0, 0]
    rented = [offer for result in results for offer in result]
    contracts = [contract for result in results for contract in result.values()]
    assert sorted(rented) == sorted({str(offer) for offer in wanted}), "each offer is rented, and once"
    assert len(set(contracts)) == len(wanted), "each contract has an id of its own"
    kit = Kit(path)
    kit.clock.now = kit.world._clock()
    assert kit.get("/api/v1/instances/")["total_instances"] == len(wanted)
