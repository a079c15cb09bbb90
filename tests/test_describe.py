"""``vastai describe``: what the table says of a command, for people and as data."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import generate
import pytest
from test_cli import Stream

from vastai.cli import local, main
from vastai.cli.local import describe
from vastai.cli.terminal import Terminal
from vastai.table import compiled
from vastai.table.model import Command, Table

OWN = """\
version: 1
commands:
  show_towers:
    summary: List towers
    group: towers
    http: GET /towers/
    source: O
    returns: {schema: instance, many: true}
    examples: [{cli: vastai show towers, python: client.show_towers()}]
"""


def run(*argv: str, commands: Table | None = None) -> tuple[int, str, str]:
    """Exit code, stdout and stderr."""
    stdout, stderr = Stream(), Stream()
    code = main.guarded([*argv], Terminal(Stream(), stdout, stderr, os.environ), commands)
    return code, stdout.getvalue(), stderr.getvalue()


@pytest.mark.parametrize("typed", ["show instances", "show_instances", "show instances-v1", "vastai show instances"])
def test_words_and_method_name_mean_the_same(typed: str) -> None:
    code, out, _ = run("describe", *typed.split(" "))
    assert (code, out.splitlines()[0]) == (0, "show instances: List your instances.")
    for said in ("GET /api/v1/instances/", "read: it changes nothing", "select_filters.actual_status.in", "needs "):
        assert said in out
    assert "7 outcome unknown" not in out
    assert "7 outcome unknown" in run("describe", "create", "instance")[1]


def test_the_data_is_the_entry_of_the_table_and_its_schema() -> None:
    code, out, _ = run("describe", "create_instance", "--raw")
    described = json.loads(out)
    entry = generate.own_table().entry("create_instance")
    assert (code, described["name"], described["words"]) == (0, "create_instance", "create instance")
    assert described["entry"] == entry
    schema = Path(generate.ROOT, "schemas", f"{entry['returns']['schema']}.json").read_text(encoding="utf-8")
    assert described["schema"] == json.loads(schema)


def test_a_part_of_the_data_is_asked_for() -> None:
    assert run("describe", "search", "offers", "--query", "entry.http")[1] == "GET /bundles/\n"
    assert run("describe", "search", "offers", "--format", "csv", "--columns", "words")[1] == "words\nsearch offers\n"


@pytest.mark.parametrize(
    ("typed", "hint"),
    [("shwo instances", "describe show instances"), ("show_instanecs", "describe show instances"), ("zzz", "--help")],
)
def test_a_wrong_word_names_the_nearest(typed: str, hint: str) -> None:
    code, out, err = run("describe", *typed.split(" "))
    assert (code, out) == (2, "")
    assert err.splitlines()[0] == f"vastai: There is no command {typed!r}"
    assert hint in err.splitlines()[1]
    assert "describe describe" not in err


def test_a_command_of_the_user_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.yaml").write_text(OWN)
    monkeypatch.setenv("VASTAI_COMMANDS", str(tmp_path / "mine.yaml"))
    code, out, err = run("describe", "show", "towers", commands=compiled.load())
    assert (code, err) == (0, "")
    assert out.startswith("show towers: List towers.\n")
    assert "GET /api/v0/towers/" in out


EVERY: list[Command] = [*generate.own_table(), *local.table()]


@pytest.mark.parametrize("command", EVERY, ids=lambda command: command.name)
def test_every_command_is_described(command: Command) -> None:
    lines = describe.described(command, 80).splitlines()
    text = "\n".join(lines)
    whole: list[Any] = [*command.params, *command.aliases, command.effect]
    assert [word for word in whole if word not in text] == []
    for line in lines:
        assert len(line) <= 80 or " " not in line.strip(), line
