"""The start page and the topics of help: they fit the screen, and they are what the program and the pages say."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from test_cli import Stream

from vastai.cli import help, main, options, topics
from vastai.cli.terminal import Terminal
from vastai.client import table
from vastai.errors import EXIT_CODES, UsageError
from vastai.hooks import query_fields, query_grammar, regions
from vastai.table.model import Table
from vastai.variables import VARIABLES

ROOT = Path(__file__).parent.parent
PAGES = {
    "queries": ROOT / "docs/guides/queries.md",
    "regions": ROOT / "docs/guides/queries.md",
    "output": ROOT / "docs/guides/output.md",
    "exit-codes": ROOT / "docs/cli/commands.md",
    "environment": ROOT / "docs/cli/commands.md",
}


def run(*argv: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of one command."""
    stdout, stderr = Stream(), Stream()
    code = main.guarded(list(argv), Terminal(Stream(), stdout, stderr, os.environ))
    return code, stdout.getvalue(), stderr.getvalue()


def test_the_start_page_fits_a_screen_and_shows_five_commands() -> None:
    code, out, err = run()
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    assert len(table().start) == 5
    for name, example in table().start:
        shown = lines.index(f"  {help._capitals(example)}")
        assert lines[shown + 1].strip() == table().index[name].summary
    assert all(word in out for word in ("set api-key", "--url sandbox", "--help", "vastai help"))


def test_a_users_table_may_have_a_start_page_of_its_own() -> None:
    entry = {"summary": "Show it", "group": "own", "examples": [{"cli": "vastai show own"}]}
    own = Table.from_data({"start": ["show_own"], "commands": {"show_own": entry}})
    assert table().joined(own).start == [("show_own", "vastai show own")]
    assert Table.from_data({"commands": {"show_own": entry}}).joined(table()).start == table().start


@pytest.mark.parametrize("topic", topics.TOPICS)
def test_a_topic_fits_the_screen_and_is_listed(topic: str) -> None:
    code, out, err = run("help", *topic.split("-"))
    assert (code, err) == (0, "")
    assert out == run("help", topic)[1]
    assert all(len(line) <= 80 and line == line.rstrip() for line in out.splitlines())
    assert f"  {topic} " in run("help")[1]


def test_a_topic_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="there are queries, regions"):
        topics.page("zebra", 80)


def words_of_topics() -> dict[str, set[str]]:
    """What each topic must tell: taken from where the program itself has it."""
    fields = {name for kind in query_fields.KINDS.values() for name in kind.fields}
    signs = {*query_grammar.SYMBOLS, *query_grammar.WORDS}
    return {
        "queries": fields | signs,
        "regions": {*regions.CODES, *regions.NAMES, *(country for each in regions.CODES.values() for country in each)},
        "output": {*options.FORMATS, *(option.flags[-1] for option in (*options.OUTPUT, options.WATCH))},
        "exit-codes": {str(code) for _, code, _ in EXIT_CODES},
        "environment": {name for names, _ in VARIABLES for name in names},
    }


@pytest.mark.parametrize("topic", topics.TOPICS)
def test_a_topic_and_its_page_in_the_documentation_tell_all(topic: str) -> None:
    page = PAGES[topic].read_text(encoding="utf-8")
    for text in (run("help", topic)[1], page):
        told = set(re.split(r"[\s`|,;:()]+|\[=|(?<=[a-z])(?=[=<>!])|(?<=[=<>])(?=\d)", text))
        assert words_of_topics()[topic] - told == set()


def test_an_operator_has_a_meaning() -> None:
    assert set(query_grammar.MEANINGS) == query_grammar.OPERATORS
