"""What people get wrong on the whole table: one line that says what, why and what next, and nothing is sent."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_cli import Stream

from vastai.cli import main
from vastai.cli.terminal import Terminal

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "cli_mistakes.yaml").read_text(encoding="utf-8"))


REMARKS = CASES.pop("remarks")


def run(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    monkeypatch.setenv("VAST_URL", case.get("server", "sandbox::memory:"))
    stdout, stderr = Stream(), Stream()
    code = main.guarded(shlex.split(case["argv"]), Terminal(Stream(), stdout, stderr, os.environ))
    return code, stdout.getvalue(), stderr.getvalue()


@pytest.mark.parametrize("case", [case for part in CASES.values() for case in part], ids=lambda case: case["argv"])
def test_a_mistake_is_told_in_a_line(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    code, out, said = run(case, monkeypatch)
    assert (code, out) == (case.get("exit", 2), "")
    lines = [line for line in said.splitlines() if line not in ("[sandbox]", case.get("asks"))]
    assert lines == case.get("says", lines)
    assert [piece for piece in case.get("has", []) if piece not in said] == [], said
    assert len(lines) <= 2
    assert lines[0].startswith("vastai: ")
    assert all(line.startswith("  ") for line in lines[1:])


@pytest.mark.parametrize("case", REMARKS, ids=lambda case: case["argv"])
def test_a_doubt_is_said_and_the_search_goes_on(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, said = run(case, monkeypatch)
    assert code == 0
    assert case["remark"] in said.splitlines()
