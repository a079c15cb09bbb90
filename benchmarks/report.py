"""The figures as a table in Markdown, on stdout and in docs/benchmarks.md."""

from __future__ import annotations

import datetime
import os
import platform
import sys
from collections.abc import Sequence

from .lab import ROOT
from .measure import FIGURES, Result

PAGE = ROOT / "docs" / "benchmarks.md"


def table(results: Sequence[Result]) -> str:
    """All rows, with what was measured, the ratio and its limit."""
    lines = ["| what | figure | ours | theirs | ratio | at most | compared with |", "|---|---|--:|--:|--:|--:|---|"]
    for result in results:
        row = result.row
        limit = f"{row.at_most:g}" + ("" if result.kept else " (not kept)")
        ours, theirs = (amount(value, row.figure) for value in (result.ours, result.theirs))
        lines.append(
            f"| {row.name} | {FIGURES[row.figure]} | {ours} | {theirs} | {result.ratio:.3g} | {limit} | {row.against} |"
        )
    return "\n".join(lines)


def amount(value: float, figure: str) -> str:
    """A figure with its unit.

    >>> amount(0.0123, "cpu"), amount(5e7, "memory"), amount(0.5, "printed")
    ('12.3 ms', '47.7 MiB', '0.5')
    """
    if figure == "memory":
        return f"{value / 2**20:.1f} MiB"
    return f"{value:.4g}" if figure == "printed" else f"{value * 1000:.1f} ms"


def write(part: str, lines: Sequence[str]) -> None:
    """Put lines between the two marks of a part of the page: ``figures`` or ``growth``."""
    begin, end = f"<!-- {part}: written by the command -->\n", f"<!-- end of {part} -->\n"
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    _, _, after = rest.partition(end)
    text = "\n".join(lines)
    PAGE.write_text(f"{before}{begin}\n{text}\n\n{end}{after}", encoding="utf-8")


def occasion(runs: int) -> str:
    """When and on what it was measured."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{datetime.date.today():%B %Y}, {python} on {sys.platform}, {os.cpu_count()} cores, medians of {runs} runs:"
