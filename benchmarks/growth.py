"""How cost grows: with the number of commands in the table, and with the number of offers in an answer."""

from __future__ import annotations

import shutil
import statistics
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .lab import Lab
from .measure import WARM_UP, run

COMMANDS = (100, 250, 500, 1_000)
OFFERS = (1_000, 3_000, 10_000, 30_000, 100_000)
RUNS = 7
CALLS = 300  # calls of one client, to measure one

ENTRY = """
  show_things_{number}:
    summary: Show the things of kind {number}
    group: things {group}
    http: GET /things/{number}/{{place}}/
    params:
      place: {{type: id, required: true, help: Where they are}}
      kind: {{type: str, choices: [new, old], help: Only things of this age}}
      limit: {{type: int, default: 25, minimum: 1, help: At most so many}}
      after: {{type: date, help: Only things that came after this}}
      label: {{type: str, help: Only things with this label}}
    source: R
    returns: {{schema: ack}}
    examples:
      - {{cli: vastai show things-{number} 7, python: client.show_things_{number}(7)}}
"""


def with_commands(lab: Lab, folder: Path) -> list[str]:
    """What a start and a call cost with tables of so many generated commands, as a table in Markdown."""
    lines = [
        "| commands | `import vastai`, one object | `vastai --help` | a command's `--help` "
        "| a command with a request | one more call |",
        "|--:|--:|--:|--:|--:|--:|",
    ]
    programs = {count: _programs(lab, _copy(lab, folder / str(count), count)) for count in COMMANDS}
    taken: dict[int, list[list[float]]] = {count: [] for count in COMMANDS}
    for turn in range(WARM_UP + RUNS):
        for count, (argvs, environ) in programs.items():
            figures = [run(argv, environ, lab.home) for argv in argvs]
            if turn >= WARM_UP:
                taken[count].append([*(each["cpu"] for each in figures[:-1]), figures[-1]["printed"]])
    for count, rows in taken.items():
        medians = [statistics.median(column) * 1000 for column in zip(*rows, strict=True)]
        cells = [f"{value:.2f} ms" if value < 5 else f"{value:.1f} ms" for value in medians]
        lines.append(f"| {count:,} | " + " | ".join(cells) + " |")
    return lines


def with_offers(lab: Lab) -> list[str]:
    """What reading an answer costs, by the number of its offers, as a table in Markdown."""
    lines = [
        "| offers | `search_offers` | for each offer | `json.loads` alone | for each offer |",
        "|--:|--:|--:|--:|--:|",
    ]
    for count in OFFERS:
        cells = [f"{count:,}"]
        for what in ("search", "loads"):
            runs = [run(lab.program("growth_offers.py", count, what), lab.environ, lab.home) for _ in range(3)]
            seconds = statistics.median(figures["printed"] for figures in runs)
            cells += [f"{seconds * 1000:,.0f} ms", f"{seconds / count * 1e6:.0f} us"]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _copy(lab: Lab, site: Path, count: int) -> Path:
    """A copy of the installed package with a table of so many commands."""
    where = [lab.python, "-c", "import vastai; print(vastai.__path__[0])"]
    package = subprocess.run(where, capture_output=True, text=True, check=True, env=lab.environ, cwd=lab.home)
    ignored = shutil.ignore_patterns("__pycache__", "_commands*.py")
    shutil.copytree(package.stdout.strip(), site / "vastai", ignore=ignored)
    entries = "".join(ENTRY.format(number=number, group=number // 20) for number in range(count))
    (site / "vastai" / "commands.yaml").write_text(f"version: 1\ncommands:{entries}", encoding="utf-8")
    return site


def _programs(lab: Lab, site: Path) -> tuple[Sequence[Sequence[str]], dict[str, str]]:
    """The programs that are measured, and their environment; the last one prints its figure."""
    vastai = [lab.python, "-c", "import sys; from vastai.cli.start import main; sys.exit(main())"]
    client = "import vastai; vastai.VastAI(api_key='k')"
    call = [*vastai, "show", "things-5", "7", "--limit", "3", "--raw", "--url", lab.url()]
    return [
        [lab.python, "-c", client],
        [*vastai, "--help"],
        [*vastai, "show", "things-5", "--help"],
        call,
        lab.program("growth_calls.py", lab.url(), CALLS, "show_things_5", 7),
    ], {**lab.environ, "PYTHONPATH": str(site)}
