"""Adding a command is editing YAML: in a copy of the project one is added, one changed, one removed, and all readers
follow, in a checkout and in an installed wheel."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import installed
import pytest

ROOT = Path(__file__).parent.parent
NEW = """
  show_weather:
    summary: Show the weather at a host
    group: instances
    http: GET /weather/{city}/
    params:
      city: {type: str, help: City of the host}
      days: {type: int, default: 3, minimum: 1, help: Days ahead}
    source: S
    returns: {schema: ack}
    examples:
      - {cli: vastai show weather Oslo --days 1, python: client.show_weather("Oslo")}
"""
PROBE = """
import inspect, json
from vastai import VastAI
from vastai.client import table
from vastai.sandbox.behaviour.registry import behaviours
from vastai.sandbox.routes import build
print(json.dumps({
    "new": str(inspect.signature(VastAI.show_weather)) if hasattr(VastAI, "show_weather") else None,
    "verb": table().command("reboot_instance").verb,
    "removed": hasattr(VastAI, "show_members") or "show_members" in table(),
    "routes": sorted(route.text for route in build(table(), behaviours())),
}))
"""


def edit(path: Path) -> None:
    """Add a command, change the verb of another, remove a third."""
    text = path.read_text(encoding="utf-8")
    text, removed = re.subn(r"\n  show_members:\n(?:    .*\n|\n)+", "\n", text, count=1)
    text = re.sub(r"\n  members:\n(?:    - .*\n)+", "\n", text, count=1)  # its columns, which nobody uses now
    text = text.replace("look_at: show_members", "look_at: show_teams").replace(", complete: show_members.id", "")
    text, changed = re.subn(r"http: PUT /instances/reboot/\{id\}/", "http: POST /instances/reboot/{id}/", text)
    assert (removed, changed) == (1, 1)
    path.write_text(text.rstrip() + "\n" + NEW, encoding="utf-8")


def run(argv: list[str], folder: Path, path: Path, home: Path) -> str:
    """Run a Python program with this folder first on its path."""
    environ = {**os.environ, "PYTHONPATH": str(path), "HOME": str(home)}
    done = subprocess.run([sys.executable, *argv], cwd=folder, env=environ, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def check(folder: Path, path: Path, home: Path) -> None:
    """All readers show the edited table."""
    shown = json.loads(run(["-c", PROBE], folder, path, home))
    assert shown["new"].startswith("(self, city: 'str', days: 'int' = 3)")
    assert shown["verb"] == "POST"
    assert not shown["removed"]
    assert "GET /api/v0/weather/{city}/" in shown["routes"]
    assert "POST /api/v0/instances/reboot/{id}/" in shown["routes"]
    assert "PUT /api/v0/instances/reboot/{id}/" not in shown["routes"]
    help_text = run(["-m", "vastai", "show", "weather", "--help"], folder, path, home)
    assert "--days" in help_text
    assert "Show the weather at a host" in help_text
    assert "show weather" in run(["-m", "vastai", "--help"], folder, path, home)
    answered = run(
        ["-m", "vastai", "--url", "sandbox::memory:", "show", "weather", "Oslo", "--raw"], folder, path, home
    )
    assert isinstance(json.loads(answered), dict)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project, without what is generated at run time."""
    target = tmp_path / "project"
    ignored = shutil.ignore_patterns("__pycache__", "_commands*.py", ".*", "*.egg-info")
    target.mkdir()
    for name in ("vastai", "vastai_sdk", "schemas", "tools", "docs"):
        shutil.copytree(ROOT / name, target / name, ignore=ignored)
    for name in ("commands.yaml", "pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"):
        shutil.copy(ROOT / name, target / name)
    (target / "tests" / "cases").mkdir(parents=True)
    shutil.copy(ROOT / "tests" / "cases" / "page_methods.json", target / "tests" / "cases")
    return target


def test_in_a_checkout(copy: Path, tmp_path: Path) -> None:
    run(["-c", "import vastai.client"], tmp_path, copy, tmp_path)
    edit(copy / "commands.yaml")
    check(tmp_path, copy, tmp_path)
    assert run(["tools/check.py"], copy, copy, tmp_path)
    run(["tools/generate.py", "--write"], copy, copy, tmp_path)
    stub = (copy / "vastai" / "client.pyi").read_text(encoding="utf-8")
    assert "def show_weather(" in stub
    assert "def show_members(" not in stub
    reference = (copy / "docs" / "sdk" / "reference" / "vastai.md").read_text(encoding="utf-8")
    assert "show_weather" in reference
    assert "vastai show weather" in (copy / "docs" / "cli" / "commands.md").read_text(encoding="utf-8")


def test_in_an_installed_wheel(copy: Path, tmp_path: Path) -> None:
    run(["-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path / "dist"), "."], copy, copy, tmp_path)
    wheel = next((tmp_path / "dist").glob("*.whl"))
    assert sum(file.file_size for file in ZipFile(wheel).infolist()) <= installed.LARGEST
    site = tmp_path / "site"
    run(["-m", "pip", "install", "-q", "--no-deps", "--target", str(site), str(wheel)], tmp_path, tmp_path, tmp_path)
    assert "show members" in run(["-m", "vastai", "show", "--help"], tmp_path, site, tmp_path)
    edit(site / "vastai" / "commands.yaml")
    check(tmp_path, site, tmp_path)


def test_a_broken_table_says_where(copy: Path, tmp_path: Path) -> None:
    path = copy / "commands.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("effect: update", "efect: update", 1), encoding="utf-8")
    environ = {**os.environ, "PYTHONPATH": str(copy), "HOME": str(tmp_path)}
    argv = [sys.executable, "-m", "vastai", "show", "instances"]
    done = subprocess.run(argv, cwd=tmp_path, env=environ, capture_output=True, text=True)
    assert done.returncode == 2
    assert re.search(r'commands\.yaml:\d+: .*"efect" is not a key here', done.stderr)
    assert "Traceback" not in done.stderr


def test_users_add_commands_without_touching_the_package(tmp_path: Path) -> None:
    folder = tmp_path / ".config" / "vastai" / "commands.d"
    folder.mkdir(parents=True)
    (folder / "weather.yaml").write_text("version: 1\ncommands:" + NEW, encoding="utf-8")
    probe = "import inspect, vastai; print(inspect.signature(vastai.VastAI.show_weather))"
    for _ in range(2):  # parsed, then from its compiled form
        assert "city" in run(["-c", probe], tmp_path, ROOT, tmp_path)
        run(["-m", "vastai", "--url", "sandbox::memory:", "show", "weather", "Oslo"], tmp_path, ROOT, tmp_path)
    assert list((tmp_path / ".cache" / "vastai").glob("table-*.py"))
    done = subprocess.run(
        [sys.executable, "-c", probe],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "VASTAI_COMMANDS": str(folder / "weather.yaml"),
            "HOME": "/nowhere",
        },
        capture_output=True,
        text=True,
    )
    assert "city" in done.stdout
    (folder / "again.yaml").write_text("version: 1\ncommands:" + NEW.replace("weather", "instances"), encoding="utf-8")
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-m", "vastai", "--help"], env=environ, capture_output=True, text=True)
    assert done.returncode == 2
    assert "show_instances" in done.stderr
