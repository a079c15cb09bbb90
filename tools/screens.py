"""Make docs/screens.md: run the command lines of docs/screens.yaml on the sandbox, and show what a terminal shows.

python tools/screens.py --write   write the page
python tools/screens.py --check   say whether it is stale, and end with 1 if it is

The process lives in a time and a home of its own: its clock begins at one moment and goes on only where something
waits, its dice fall as they fell before, and the programs that it finds are ours. So the page is the same in every run
and on every machine.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import re
import shlex
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import unified_diff
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
SOURCE, PAGE = ROOT / "docs" / "screens.yaml", ROOT / "docs" / "screens.md"
HEAD = "<!-- GENERATED from docs/screens.yaml by tools/screens.py; do not edit. -->\n<!-- fmt: off -->\n\n"
START = 1_772_460_000.0  # Monday, 2 March 2026, 14:00 UTC
SURROUNDINGS = {"VAST_URL": "sandbox", "COLUMNS": "100", "LINES": "1000", "NO_COLOR": "1"}
PROGRAMS = ("ssh", "ssh-keygen", "rsync", "scp")


class Moment:
    """The time of this process: it stands still but where something waits."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        """The present."""
        return self.now

    def wait(self, seconds: float) -> None:
        """Let it go on."""
        self.now += seconds


class Screen(io.StringIO):
    """What a terminal shows: stdout and stderr in one."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        """Tables are to fit its width."""
        return True


class Plain(io.StringIO):
    """stderr, on the same screen, but none that lines can be rewritten on: progress comes line by line."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen

    def write(self, text: str, /) -> int:
        """Write to the screen that stdout has too."""
        return self._screen.write(text)


class Typist(io.StringIO):
    """What somebody types, each line echoed on the screen where it is read."""

    def __init__(self, lines: str, screen: Screen) -> None:
        super().__init__(lines)
        self._screen = screen

    def readline(self, size: int = -1, /) -> str:  # type: ignore[override]  # the base of all streams reads bytes
        """A line, which is then on the screen too."""
        line = super().readline(size)
        self._screen.write(line)
        return line


def page() -> str:
    """The page, from its source."""
    source = yaml.safe_load(SOURCE.read_text(encoding="utf-8"))
    parts = [HEAD + source["head"].rstrip()]
    with _own_world() as (moment, environ):
        for entry in source["screens"]:
            moment.wait(entry.get("later", 0))
            for line in entry.get("before", ()):
                _run(line, environ, moment)
            text = "\n\n".join(_run(line, environ, moment, entry.get("typed", "")) for line in entry["run"])
            for pattern, always in entry.get("always", {}).items():
                text = re.sub(pattern, always, text, flags=re.MULTILINE)
            about = [entry["about"].rstrip()] if "about" in entry else []
            parts += [f"## {entry['title']}", *about, f"```console\n{text}\n```"]
    return "\n\n".join(parts) + "\n"


def _run(line: str, environ: Mapping[str, str], moment: Moment, typed: str = "") -> str:
    """A command line and what it shows. ``{instance}`` is the ID of the first instance."""
    from vastai.cli import main
    from vastai.cli.terminal import Terminal

    if "{instance}" in line:
        line = line.replace("{instance}", _run("vastai show instances -q", environ, moment).splitlines()[1])
    random.seed(line)
    screen = Screen()
    terminal = Terminal(Typist(typed, screen), screen, Plain(screen), environ)
    code = main.guarded(shlex.split(line)[1:], terminal)
    lines = [each.rstrip() for each in screen.getvalue().splitlines() if each != "[sandbox]"]
    told = [f"$ echo $?\n{code}"] if code else []
    return "\n".join([f"$ {line}", *lines, *told]).replace(environ["HOME"], "~")


@contextmanager
def _own_world() -> Iterator[tuple[Moment, Mapping[str, str]]]:
    """A clock, a home and an environment of this process's own. Nothing of vastai must be loaded before."""
    moment = Moment(START)
    time.time, time.monotonic, time.sleep = moment, moment, moment.wait  # type: ignore[assignment]
    sys.path.insert(0, str(ROOT))
    with tempfile.TemporaryDirectory() as home:
        programs = Path(home, "bin")
        programs.mkdir()
        for name in PROGRAMS:
            (programs / name).touch(mode=0o755)
        os.environ.clear()
        os.environ.update({"HOME": home, "PATH": str(programs), "LANG": "C.UTF-8", "TZ": "UTC", **SURROUNDINGS})
        time.tzset()
        os.chdir(home)
        try:
            yield moment, os.environ
        finally:
            os.chdir(ROOT)


def main(argv: list[str] | None = None) -> int:
    """Write or check the page. Returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--write", action="store_true", help="write docs/screens.md")
    mode.add_argument("--check", action="store_true", help="say whether it is stale")
    options = parser.parse_args(argv)
    new: Any = page()
    if options.write:
        PAGE.write_text(new, encoding="utf-8")
        return 0
    old = PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
    changes = list(unified_diff(old.splitlines(), new.splitlines(), "docs/screens.md", "shown now", lineterm=""))
    if changes:
        print("\n".join(changes[:40]))
        print("Run: python tools/screens.py --write", file=sys.stderr)
    return 1 if changes else 0


if __name__ == "__main__":
    sys.exit(main())
