"""The benchmarks measure what they say: programs in turn, each once for all its rows, and a limit that is not kept."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from benchmarks import measure, report

PYTHON = [sys.executable, "-I", "-S", "-c"]
LITTLE, MUCH = [*PYTHON, "print(2)"], [*PYTHON, "print('said before'); print(8)"]


def test_rows_are_measured_in_turn_and_compared(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    noted = [*PYTHON, f"open({str(ran)!r}, 'a').write('x'); print(2)"]
    rows = [
        measure.Row("less", noted, MUCH, "much", 0.5, figure="printed"),
        measure.Row("more", MUCH, noted, "little", 3.0, figure="printed", runs=2),
    ]
    less, more = measure.measure(rows, os.environ, str(tmp_path), 1)
    assert (less.ratio, less.kept) == (0.25, True)
    assert (more.ratio, more.kept) == (4.0, False)
    assert len(ran.read_text()) == measure.WARM_UP + 2  # once a turn, though it stands in two rows
    lines = report.table([less, more]).splitlines()
    assert lines[2] == "| less | what the program measures | 2 | 8 | 0.25 | 0.5 | much |"
    assert lines[3].endswith("| 4 | 3 (not kept) | little |")


def test_a_run_has_all_figures(tmp_path: Path) -> None:
    figures = measure.run(LITTLE, os.environ, str(tmp_path))
    assert set(figures) == set(measure.FIGURES)
    assert 0 < figures["cpu"] < 60
    assert figures["memory"] > 1_000_000
