"""The pytest plugin in a project of its own: what the fixture gives, and that it costs nothing until it is used."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from vastai.client import table
from vastai.sandbox import pytest_plugin

ROOT = Path(__file__).parent.parent


def pytest_in(folder: Path, program: str, *argv: str) -> subprocess.CompletedProcess[str]:
    """Run pytest over one test file in a folder of its own, with nothing but this plugin."""
    table()  # compiled before
    (folder / "test_it.py").write_text(program, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", pytest_plugin.__name__, "-p", "no:cacheprovider", *argv]
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "VAST_API_KEY": "real"}
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, env=environ, timeout=120, check=False)


def test_nothing_is_loaded_until_the_fixture_is_used(tmp_path: Path) -> None:
    program = """
import sys

def test_something_else():
    ours = {name for name in sys.modules if name.split(".")[0] == "vastai"}
    assert ours == {"vastai", "vastai.sandbox", "vastai.sandbox.pytest_plugin"}
    assert not {"requests", "yaml", "jsonschema", "sqlite3"} & set(sys.modules)
"""
    done = pytest_in(tmp_path, program)
    assert done.returncode == 0, done.stdout
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "__pycache__") == ["test_it.py"]


def test_what_the_fixture_gives(tmp_path: Path) -> None:
    program = """
import os
import time
import urllib.request

import pytest
from vastai import OutcomeUnknown, VastAI
from vastai.errors import UsageError


def test_a_client_and_a_clock(vastai_sandbox):
    began = time.monotonic()
    id = vastai_sandbox.client.create_instance(id=12345, image="ubuntu")["new_contract"]
    before = vastai_sandbox.now
    vastai_sandbox.advance(3600)
    assert 3600 <= vastai_sandbox.now - before < 3660
    assert vastai_sandbox.client.show_instance(id)["actual_status"] == "running"
    assert "alive for 59 min" in vastai_sandbox.client.logs(id), "which pauses between its tries"
    assert vastai_sandbox.client.show_user()["credit"] < 999.9
    assert time.monotonic() - began < 20


def test_each_test_has_a_world_of_its_own(vastai_sandbox):
    assert vastai_sandbox.client.show_instances() == []
    assert vastai_sandbox.requests[0]["path"] == "/api/v1/instances/"


def test_a_program_that_makes_its_own_client_finds_it(vastai_sandbox):
    assert os.environ["VAST_URL"] == vastai_sandbox.url
    VastAI().create_env_var("A", "1")
    with VastAI(server_url=vastai_sandbox.url) as client:
        assert client.show_env_vars()
    assert [entry["verb"] for entry in vastai_sandbox.requests] == ["POST", "GET"]
    assert "real" not in str(vastai_sandbox.requests)


def test_faults(vastai_sandbox):
    vastai_sandbox.fault("GET /users/current/", status=503, times=2)
    vastai_sandbox.fault("PUT /asks/*", "lost")
    slow = vastai_sandbox.fault("GET /instances/*", seconds=60)
    assert vastai_sandbox.client.show_user()["credit"] == 1000.0
    assert [entry["status"] for entry in vastai_sandbox.requests] == [503, 503, 200]
    with pytest.raises(OutcomeUnknown) as lost:
        vastai_sandbox.client.create_instance(id=12345, image="ubuntu")
    [candidate] = lost.value.candidates
    before = vastai_sandbox.now
    assert vastai_sandbox.client.show_instance(candidate["id"])["image_uuid"] == "ubuntu"
    assert vastai_sandbox.now - before >= 60, "which took no real time"
    vastai_sandbox.clear_faults(slow)
    vastai_sandbox.clear_faults()
    assert vastai_sandbox.client.create_instance(id=1, image="ubuntu")["success"] is False
    with pytest.raises(UsageError, match="kind"):
        vastai_sandbox.fault("*")


def test_it_can_be_served(vastai_sandbox):
    url = vastai_sandbox.serve()
    strict = vastai_sandbox.serve(keys="strict")
    vastai_sandbox.client.create_env_var("A", "1")
    with VastAI(server_url=url) as client:
        assert len(client.show_env_vars()) == 1
    with pytest.raises(Exception, match="not valid"):
        VastAI(server_url=strict).show_env_vars()
    with urllib.request.urlopen(url + "/__sandbox__/status") as answer:
        assert answer.status == 200


def test_seeds(vastai_sandbox, tmp_path):
    vastai_sandbox.seed({"credit": 5, "market": {"offers": 10}, "instances": [{"offer": 12345, "label": "a"}]})
    assert [row["label"] for row in vastai_sandbox.client.show_instances()] == ["a"]
    (tmp_path / "world.yaml").write_text("credit: 6")
    vastai_sandbox.seed(tmp_path / "world.yaml")
    assert vastai_sandbox.client.show_user()["credit"] == 6
    with pytest.raises(UsageError, match="seed:1: credti"):
        vastai_sandbox.seed({"credti": 5})


def test_other_clients(vastai_sandbox):
    client = vastai_sandbox.new_client(raise_errors=True, retry=0)
    with pytest.raises(Exception, match="no offer 1"):
        client.create_instance(id=1, image="ubuntu")
"""
    done = pytest_in(tmp_path, program, "-W", "error")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed" in done.stdout
    assert [path.name for path in tmp_path.iterdir() if path.name != "__pycache__"] == ["test_it.py"]


def test_the_example_project_passes_its_own_tests(tmp_path: Path) -> None:
    example = ROOT / "examples" / "test_with_sandbox"
    (tmp_path / "rent.py").write_text((example / "rent.py").read_text(encoding="utf-8"), encoding="utf-8")
    done = pytest_in(tmp_path, (example / "test_rent.py").read_text(encoding="utf-8"), "-W", "error")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_fixture_is_explained(tmp_path: Path) -> None:
    done = pytest_in(tmp_path, "", "--fixtures")
    assert "vastai_sandbox -- " in done.stdout
    assert "A sandbox of Vast.ai for one test" in done.stdout


def test_an_installation_brings_the_plugin() -> None:
    """The entry point has the module's name, so that this test's `-p` and an installed one are the same plugin."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    line = f'"{pytest_plugin.__name__}" = "{pytest_plugin.__name__}"'
    assert re.search(rf"^\[project\.entry-points\.pytest11\]\n{re.escape(line)}$", project, re.MULTILINE)


@pytest.mark.parametrize("autoload", ["", "1"])
def test_both_ways_to_load_it_go_together(tmp_path: Path, autoload: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "test_it.py").write_text("def test_it(vastai_sandbox): assert vastai_sandbox.client.show_user()")
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", autoload)
    command = [sys.executable, "-m", "pytest", "-q", "-p", pytest_plugin.__name__, "-p", "no:cacheprovider"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environ, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
