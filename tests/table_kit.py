"""For tests that walk the whole table: each command as its first good case calls it, and effects that take no time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from edges import over

from vastai import VastAI
from vastai.client import table
from vastai.engine.edge import Edge

NOW = 1768478400.0  # as in test_cases.py
FOLDER = Path(__file__).parent / "cases" / "commands"
FIRST: dict[str, dict[str, Any]] = {}  # the first good case of each command, as it is called
TYPED: dict[str, dict[str, Any]] = {}  # and as it is typed; of what the service does not offer, the first case at all

for _file in sorted(FOLDER.glob("*.yaml")):
    for _case in yaml.load(_file.read_text(encoding="utf-8"), yaml.CSafeLoader):
        _good = not {"raises", "refused", "files"} & _case.keys()
        if _good:
            FIRST.setdefault(_case["command"], _case)
        if "words" in _case and (_good or table().command(_case["command"]).instead):
            TYPED.setdefault(_case["command"], _case)


class Calm(Edge):
    """Waiting takes no time and nothing is run; the time is that of the cases."""

    def now(self) -> float:
        return NOW

    def dice(self) -> float:
        return 0.5

    def sleep(self, seconds: float) -> None:
        pass

    def run(self, argv: list[str]) -> int:
        return 0

    def capture(self, argv: list[str]) -> tuple[int, str]:
        return self.run(argv), ""


class Quick(Calm):
    """The same, and remarks are not logged."""

    def say(self, line: str) -> None:
        pass


def quick_client(edge: Edge, **settings: Any) -> VastAI:
    """A client for the command line whose waiting takes no time."""
    return VastAI(edge=over(edge, Calm), **settings)


def call(client: VastAI, case: dict[str, Any]) -> Any:
    """The method of a case, called as the case has it."""
    return getattr(client, case["command"])(*case.get("args", ()), **case.get("call", {}))
