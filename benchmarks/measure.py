"""Rows of the table, and measuring them: all programs in turn, run by run, and of each the median."""

from __future__ import annotations

import os
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WARM_UP = 2  # runs that do not count: bytecode is written, and caches are filled
FIGURES = {"cpu": "CPU time", "wall": "wall time", "memory": "peak memory", "printed": "what the program measures"}


@dataclass(frozen=True)
class Row:
    """One line of the table.

    Attributes:
        name: what is measured.
        ours: our program, as an argument list.
        theirs: the program it is compared with.
        against: what that is called.
        at_most: the ratio that is allowed.
        figure: which of `FIGURES` is compared.
        exit_code: how our program ends.
        runs: runs that count, for slow programs; 0 for as many as the command line asks for.
    """

    name: str
    ours: Sequence[str]
    theirs: Sequence[str]
    against: str
    at_most: float
    figure: str = "cpu"
    exit_code: int = 0
    runs: int = 0


@dataclass(frozen=True)
class Result:
    """A row with the medians of both programs: seconds, bytes, or whatever unit the program prints."""

    row: Row
    ours: float
    theirs: float

    @property
    def ratio(self) -> float:
        """Ours as a part of theirs."""
        return self.ours / self.theirs

    @property
    def kept(self) -> bool:
        """Is the limit kept?"""
        return self.ratio <= self.row.at_most


def measure(rows: Sequence[Row], environ: Mapping[str, str], folder: str, runs: int) -> list[Result]:
    """The medians of all rows. A program that stands in several rows is run once for all of them.

    Arguments:
        environ: the environment of the programs.
        folder: where they run; not in the checkout, whose package `python -c` would import.
        runs: runs that count, of rows that do not say themselves how many.
    """
    counts: dict[tuple[str, ...], int] = {}
    codes: dict[tuple[str, ...], int] = {}
    for row in rows:
        codes[tuple(row.ours)] = row.exit_code
        for argv in (row.ours, row.theirs):
            counts[tuple(argv)] = max(counts.get(tuple(argv), 0), row.runs or runs)
    taken: dict[tuple[str, ...], list[dict[str, float]]] = {argv: [] for argv in counts}
    for turn in range(WARM_UP + max(counts.values(), default=0)):
        for argv, count in counts.items():
            if turn < WARM_UP + count:
                figures = run(argv, environ, folder, codes.get(argv, 0))
                if turn >= WARM_UP:
                    taken[argv].append(figures)

    def median(argv: Sequence[str], figure: str) -> float:
        return statistics.median(figures[figure] for figures in taken[tuple(argv)])

    return [Result(row, median(row.ours, row.figure), median(row.theirs, row.figure)) for row in rows]


def run(argv: Sequence[str], environ: Mapping[str, str], folder: str, exit_code: int = 0) -> dict[str, float]:
    """The figures of one run of a program.

    Raises:
        SystemExit: it did not end as it should.
    """
    before = os.times()
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(argv, **pipes, env=dict(environ), cwd=folder) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        written = process.stdout.read()
        remarks = process.stderr.read()  # programs that are measured say little here, so that no pipe fills up
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = os.times().elapsed - before.elapsed
    if process.returncode != exit_code:
        raise SystemExit(f"{' '.join(argv)} ended with exit code {process.returncode}:\n{remarks.decode()[-2000:]}")
    figures = {"cpu": usage.ru_utime + usage.ru_stime, "wall": wall, "memory": usage.ru_maxrss * 1024.0}
    last = written.rstrip().rpartition(b"\n")[2]
    try:
        figures["printed"] = float(last)
    except ValueError:
        figures["printed"] = float("nan")
    return figures
