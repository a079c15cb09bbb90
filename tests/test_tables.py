"""Our tables show at least what those of the official client show: for each of its columns there is one of ours.

What it shows stands in cases/tables.json; where ours is another field or another form, cases/tables_known.yaml says so.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from vastai import render
from vastai.client import table
from vastai.table.model import Command

CASES = Path(__file__).parent / "cases"
THEIRS: dict[str, Any] = json.loads((CASES / "tables.json").read_text(encoding="utf-8"))
KNOWN: dict[str, Any] = yaml.safe_load((CASES / "tables_known.yaml").read_text(encoding="utf-8"))

SHOWN = {words: [use["table"] for use in uses] for words, uses in THEIRS["commands"].items()}
SHOWN |= {words: [name] for words, name in KNOWN["also"].items()}


def fields(words: str) -> set[str]:
    """The fields of all tables that the official client may show for a command."""
    return {column["key"] for name in SHOWN[words] for column in THEIRS["tables"][name]}


def ours(words: str) -> Command:
    """Our command of the same words; switches that choose a picture are no part of them."""
    return table().command(table().words()[tuple(word for word in words.split() if not word.startswith("-"))])


def columns(command: Command) -> set[str]:
    assert command.output.table, f"{command.name} has no table"
    return {column["field"] for column in table().columns[command.output.table]}


@pytest.mark.parametrize("words", sorted(set(SHOWN) - set(KNOWN["views"]) - set(KNOWN["not_shown"])))
def test_each_of_its_columns_is_one_of_ours(words: str) -> None:
    instead = KNOWN["instead"].get(words, {})
    there = columns(ours(words))
    assert fields(words) - there == set(instead)
    for known in instead.values():
        assert known["ours"] in there
        assert len(known["why"]) > 20


@pytest.mark.parametrize("words", sorted(THEIRS["rich_tables"]))
def test_each_column_of_its_pictures_is_in_our_table(words: str) -> None:
    picture = [each if isinstance(each, str) else each["name"] for each in THEIRS["rich_tables"][words]["columns"]]
    means = KNOWN["pictures"][words]
    assert set(means) == set(picture)
    wanted = {field for part in means.values() for field in ([part] if isinstance(part, str) else part)}
    assert wanted <= columns(ours(words))


@pytest.mark.parametrize("words", sorted(KNOWN["views"]))
def test_each_of_its_columns_is_in_the_text_of_a_view(words: str) -> None:
    case = KNOWN["views"][words]
    assert set(case["reads"]) == fields(words)
    text = render.text(ours(words), case["result"])
    assert [piece for piece in case["reads"].values() if piece not in text] == [], text


def test_what_is_listed_is_there() -> None:
    assert set(KNOWN["pictures"]) == set(THEIRS["rich_tables"])
    assert {*KNOWN["instead"], *KNOWN["views"], *KNOWN["not_shown"]} <= set(SHOWN)
    assert set(THEIRS["tables"]) == {name for names in SHOWN.values() for name in names}


def test_every_listing_has_a_table() -> None:
    lists = [command for command in table() if command.returns.many and command.effect == "read"]
    bare = {command.name for command in lists if not command.output.table and not command.output.view}
    assert bare == set(KNOWN["no_table"])
