"""Many clients at once on one served sandbox: the short form of benchmarks/sandbox_load.py; the other one runs, too."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def run(name: str, *argv: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "benchmarks" / name), *argv]
    return subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)


def test_nothing_is_lost_when_many_ask_at_once() -> None:
    done = run("sandbox_load.py", "--seconds", "3", "--threads", "8", "--processes", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "requests in 3 s" in done.stdout
    assert "FAULT" not in done.stdout


def test_the_speed_of_the_sandbox_can_be_measured() -> None:
    """Only that it runs: what it measures is no matter of a test."""
    done = run("sandbox_speed.py", "--rounds", "1", "--simple", "5", "--searches", "1")
    assert done.returncode in (0, 1), done.stderr
    assert "bare server" in done.stdout
    assert "in process, 15000 offers: search" in done.stdout
