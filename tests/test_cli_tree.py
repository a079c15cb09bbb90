"""Every word, option, spelling and choice of the official command line 1.9.1 is understood by ours; nothing is sent.

cases/cli_tree.json holds its commands as they were recorded. What we do not take stands in
cases/cli_tree_differences.yaml, one by one and with the reason; what stands there and is taken fails as well.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from test_cli import Stream

from vastai.cli import local, main, words
from vastai.cli.flags import flags_of
from vastai.cli.options import spellings
from vastai.cli.parser import read
from vastai.cli.terminal import Terminal
from vastai.cli.tokens import settle
from vastai.client import table
from vastai.engine import conversion
from vastai.errors import UsageError
from vastai.table.model import Command

CASES = Path(__file__).parent / "cases"
TREE = json.loads((CASES / "cli_tree.json").read_text("utf-8"))
DIFFERENCES: dict[str, dict[str, str]] = yaml.safe_load((CASES / "cli_tree_differences.yaml").read_text("utf-8"))
KNOWN = {**table().words(), **local.table().words()}
COMMANDS = {name: entry for name, entry in TREE["commands"].items() if name != "help"}  # help asks about the others

# Values of the types of the official parsers. A text may be anything that ours asks for in its place.
SAMPLES = {
    "int": ["7"],
    "float": ["0.5", "7"],
    "loads": ['{"a": 1}'],
    "parse_day_cron_style": ["0", "6", "*"],
    "parse_hour_cron_style": ["0", "23", "*"],
}
TEXTS = ["word", "7", "2026-01-15", '{"a": 1}']


def command_of(line: str) -> Command | None:
    """Our command of these words."""
    name = KNOWN.get(tuple(line.split()))
    if name is None:
        return None
    return (local.table() if name in local.table() else table()).command(name)


def taken(command: Command, argv: list[str]) -> dict[str, Any] | None:
    """What our parser makes of the arguments, values converted; None when it refuses them."""
    try:
        given = read(command, settle(argv, flags_of(command))).given
        return {name: conversion.convert(command.params[name], value) for name, value in given.items()}
    except (UsageError, ValueError):
        return None


def samples(argument: dict[str, Any]) -> list[list[str]]:
    """Values to try for an argument: of each inner list one must be taken."""
    if "choices" in argument:
        return [[str(choice)] for choice in argument["choices"]]
    kind = argument.get("type")
    return [[value] for value in SAMPLES[kind]] if kind in SAMPLES else [TEXTS]


def not_taken(command: Command, entry: dict[str, Any]) -> Iterator[str]:
    """What of an official command ours does not take, by name."""
    positionals, options = entry["positionals"], entry["options"]
    full = filled(command, positionals)
    if full is None:
        yield "words"
        full = []
    needed = filled(command, [each for each in positionals if each.get("nargs") not in ("?", "*")])
    for option in options:
        if option["required"] and needed is not None:
            needed += [option["flags"][0], samples(option)[0][0]]
    given = None if needed is None else taken(command, needed)
    lacking = [p.name for p in command.params.values() if p.required and p.name not in (given or {})]
    if given is None or lacking:
        yield "only what must be given"
    for option in options:
        for flag in option["flags"]:
            spelled = (flag, *spellings(flag))
            places = [full, *([[]] if needed == [] else [])]  # beside the words, or in place of them
            if not any(all(option_taken(command, place, each, option) for each in spelled) for place in places):
                yield flag


def filled(command: Command, positionals: list[dict[str, Any]]) -> list[str] | None:
    """Words for the positional arguments that are taken together, every choice of them; None when they are not."""
    tried = [[value for alternatives in samples(each) for value in alternatives] for each in positionals]
    good: list[tuple[str, ...]] = []
    for values in product(*tried):
        several = [values[-1]] if positionals and positionals[-1].get("nargs") in ("*", "+") else []
        if taken(command, [*values, *several]) is not None:
            good.append(values)
    for number, each in enumerate(positionals):
        for alternatives in samples(each):
            if not any(values[number] in alternatives for values in good):
                return None
    return list(good[0]) if good else None


def option_taken(command: Command, full: list[str], flag: str, option: dict[str, Any]) -> bool:
    """Is the option taken, alone or with each of its values, and understood as something beside the words?"""
    base = taken(command, full) or {}
    switch = option["action"] in ("store_true", "store_const")
    for alternatives in [[None]] if switch else samples(option):
        several = option.get("nargs") in ("+", "REMAINDER")
        tails = [[] if value is None else [value] * (2 if several else 1) for value in alternatives]
        results = [taken(command, [*full, flag, *tail]) for tail in tails]
        general = flag in flags_of(command) and flags_of(command)[flag].parameter is None
        if not any(result is not None and (general or result != base) for result in results):
            return False
    return True


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_takes_what_the_official_one_takes(line: str) -> None:
    expected = DIFFERENCES.get(line, {})
    assert all(expected.values()), "each difference has a reason"
    for words_of_it in [line, *COMMANDS[line].get("aliases", ())]:
        command = command_of(words_of_it)
        assert command is not None, words_of_it
        assert list(not_taken(command, COMMANDS[line])) == list(expected)


def test_differences_belong_to_commands() -> None:
    assert set(DIFFERENCES) <= set(COMMANDS)


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_shows_help(line: str) -> None:
    pages = [run([*line.split(), "--help"]), run([*line.split(), "-h"]), run(["help", *line.split()])]
    assert [code for code, _ in pages] == [0, 0, 0]
    assert pages[0][1].startswith("usage: ") or command_of(line).instead  # type: ignore[union-attr]
    assert pages[0] == pages[1] == pages[2]


@pytest.mark.parametrize("option", TREE["global_options"], ids=lambda option: option["dest"])
def test_options_of_every_command_stand_before_and_after_its_words(option: dict[str, Any]) -> None:
    value = [] if option["action"] in ("store_true", "version") else ["1"]
    for flag in option["flags"]:
        for spelled in (flag, *spellings(flag)):
            before = words.find([spelled, *value, "show", "user"], KNOWN)
            after = words.find(["show", "user", spelled, *value], KNOWN)
            assert before.name == after.name == "show_user"
            command = table().command("show_user")
            assert before.options == read(command, settle(after.rest, flags_of(command))).options != {}


def run(argv: list[str]) -> tuple[int, str]:
    """Exit code and stdout of one command."""
    out = Stream()
    return main.guarded(argv, Terminal(Stream(""), out, Stream(), {})), out.getvalue()
