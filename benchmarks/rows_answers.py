"""Long answers: 10,000 offers (25 MB) and 1,000 instances, in the library and on the command line."""

from __future__ import annotations

from .lab import Lab
from .measure import Row

SOCKET, OFFICIAL = "a raw socket and `json.loads`", "the official client"
RUNS = 5  # each takes seconds


def rows(lab: Lab) -> list[Row]:
    """The rows of this module."""
    many = lab.url(rows=10_000)

    def offers(who: str, figure: str) -> list[str]:
        return lab.program("offers.py", who, figure, many)

    def command(*words: str, rows: int) -> tuple[list[str], list[str]]:
        arguments = [*words, "--url", lab.url(rows=rows)]
        return [lab.vastai, *arguments], [lab.official, *arguments]

    def against_official(name: str, programs: tuple[list[str], list[str]], at_most: float) -> Row:
        return Row(name, *programs, OFFICIAL, at_most, runs=RUNS)

    return [
        Row(
            "10,000 offers, `search_offers()`", offers("ours", "cpu"), offers("socket", "cpu"), SOCKET, 1.3, "printed",
            runs=RUNS,
        ),
        Row(
            "the same, peak memory", offers("ours", "memory"), offers("socket", "memory"), SOCKET, 1.15, "printed",
            runs=RUNS,
        ),
        against_official("`vastai search offers`, 10,000 rows", command("search", "offers", rows=10_000), 0.40),
        against_official("the same with `--raw`", command("search", "offers", "--raw", rows=10_000), 0.40),
        against_official("`vastai show instances`, 1,000 rows", command("show", "instances", rows=1_000), 0.15),
    ]  # fmt: skip
