"""The screens in the documentation are what the program shows now, and no machine shows others."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
SOURCE = yaml.safe_load((ROOT / "docs/screens.yaml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs/screens.md").read_text(encoding="utf-8")


def screens(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "tools/screens.py"), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, **environ}, timeout=120, check=False
    )


def test_the_screens_are_fresh_whatever_surrounds_them() -> None:
    odd = {
        "COLUMNS": "40",
        "VAST_API_KEY": "secret",
        "TZ": "Asia/Tokyo",
        "PYTHONHASHSEED": "7",
        "HTTPS_PROXY": "http://x",
    }
    done = screens("--check", **odd)
    assert (done.returncode, done.stdout) == (0, ""), "run: python tools/screens.py --write"


def test_a_screen_is_an_entry() -> None:
    titles = re.findall("^## (.*)$", PAGE, re.MULTILINE)
    assert titles == [entry["title"] for entry in SOURCE["screens"]]
    assert PAGE.count("```console") == len(titles)
    assert "GENERATED" in PAGE.splitlines()[0]
    assert "Traceback" not in PAGE
    assert "unexpected" not in PAGE
