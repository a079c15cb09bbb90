"""``python -m benchmarks``: measure all rows and print one table of ratios. Exit code 1 when a limit is not kept."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from . import growth, rows_answers, rows_bulk, rows_calls, rows_start
from .lab import Lab
from .measure import measure
from .report import occasion, table, write

MODULES = [rows_start, rows_calls, rows_answers, rows_bulk]


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--runs", type=int, default=15, help="runs of each program, after two that do not count")
    parser.add_argument("--only", default="", metavar="TEXT", help="only rows whose name or module has this in it")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="make the environments there and use them again")
    parser.add_argument("--growth", action="store_true", help="instead of the rows, how cost grows; takes minutes")
    parser.add_argument("--write", action="store_true", help="write the figures into docs/benchmarks.md")
    options = parser.parse_args()
    if options.growth:
        return grow(options)
    with tempfile.TemporaryDirectory() as scratch:
        lab = Lab((options.keep or Path(scratch)).resolve())
        try:
            rows = [
                row for module in MODULES for row in module.rows(lab) if options.only in f"{module.__name__} {row.name}"
            ]
            results = measure(rows, lab.environ, lab.home, options.runs)
        finally:
            lab.close()
    print(table(results))
    if options.write:
        write("figures", [occasion(options.runs), "", table(results)])
    return 0 if all(result.kept for result in results) else 1


def grow(options: argparse.Namespace) -> int:
    """Measure how cost grows, and print both tables."""
    with tempfile.TemporaryDirectory() as scratch:
        lab = Lab((options.keep or Path(scratch)).resolve())
        try:
            commands, offers = growth.with_commands(lab, Path(scratch) / "tables"), growth.with_offers(lab)
        finally:
            lab.close()
    lines = [occasion(growth.RUNS), "", *commands, "", *offers]
    print("\n".join(lines))
    if options.write:
        write("growth", lines)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
