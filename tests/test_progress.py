"""Remarks that change: one line that is rewritten on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import io
import logging
from typing import Any

import pytest

from vastai.cli.edge import CliEdge
from vastai.cli.progress import CLEAR
from vastai.cli.terminal import Terminal
from vastai.engine.edge import Edge
from vastai.engine.steps import Tell


class Screen(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def terminal(stderr: io.StringIO, **environ: str) -> Terminal:
    found = Terminal(io.StringIO(), io.StringIO(), stderr, {"TERM": "xterm", "COLUMNS": "40", **environ})
    found.vocabulary = {"show_boxes": ("show", "boxes")}
    return found


def told(shown: Terminal, *steps: Tell) -> str:
    """What is written on stderr for remarks as a driver passes them on."""
    edge, last = CliEdge(shown, consent=False), dict[str, str]()
    for step in steps:
        edge.tell(*step, new=last.get(step.about, "") != step.text)
        last[step.about] = step.text
    assert isinstance(shown.stderr, io.StringIO)
    return shown.stderr.getvalue()


LOADING = Tell("box 7", "loading", "2 s"), Tell("box 7", "loading", "4 s"), Tell("box 7", "running", "6 s")


def test_a_terminal_gets_one_line_that_is_rewritten() -> None:
    shown = terminal(Screen())
    lines = ["[2 s] box 7: loading", "[4 s] box 7: loading", "[6 s] box 7: running"]
    assert told(shown, *LOADING) == CLEAR.join(lines)
    shown.show("done")
    assert told(shown).endswith(f"running{CLEAR}done\n")


def test_what_is_over_is_taken_away_and_what_goes_on_stays() -> None:
    steps = Tell("box 7", "loading"), Tell("box 8", "loading"), Tell("box 7", ""), Tell("box 8", "")
    lines = ["box 7: loading", "box 7: loading  |  box 8: loading", "box 8: loading", ""]
    assert told(terminal(Screen()), *steps) == CLEAR.join(lines)


def test_data_on_stdout_takes_the_place_of_the_line() -> None:
    shown = terminal(Screen())
    told(shown, LOADING[0])
    shown.out("{}")
    assert told(shown).endswith(CLEAR)


def test_the_line_is_cut_and_harmless() -> None:
    text = told(terminal(Screen()), Tell("box 7", "loading: \x1b[31m" + "模" * 40, "2 s"))
    assert text == "[2 s] box 7: loading:  [31m" + "模" * 5 + ".."


@pytest.mark.parametrize("stream, environ", [(io.StringIO, {}), (Screen, {"TERM": "dumb"})])
def test_all_else_gets_a_line_for_each_change(stream: Any, environ: dict[str, str]) -> None:
    assert told(terminal(stream(), **environ), *LOADING, Tell("box 7", "")) == "box 7: loading\nbox 7: running\n"


def test_a_remark_has_the_words_of_the_terminal() -> None:
    assert told(terminal(io.StringIO()), Tell("", "look with show_boxes")) == "look with show boxes\n"


def test_nothing_is_told_to_those_who_asked_for_silence_or_for_one_document() -> None:
    for stream, options in ((Screen, ["quiet"]), (io.StringIO, ["quiet"]), (io.StringIO, ["raw"])):
        shown = terminal(stream())
        for option in options:
            setattr(shown, option, True)
        assert told(shown, *LOADING) == ""


def test_the_library_logs_changes_only(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="vastai")
    edge = Edge()
    for step, new in zip(LOADING, (True, False, True), strict=True):
        edge.tell(*step, new=new)
    assert [record.getMessage() for record in caplog.records] == ["box 7: loading", "box 7: running"]


def test_lines_that_come_bit_by_bit_are_texts_of_json_under_raw() -> None:
    shown = terminal(io.StringIO())
    edge = CliEdge(shown, consent=False)
    edge.show_lines(["a\tb", "c\x1b[31m"])
    edge.show_lines([])
    shown.raw = True
    edge.show_lines(["ü", ""])
    assert isinstance(shown.stdout, io.StringIO)
    assert shown.stdout.getvalue() == 'a\tb\nc\x1b[31m\n"\\u00fc"\n""\n'


def test_a_screen_is_kept_from_what_lines_could_do() -> None:
    shown = terminal(io.StringIO())
    shown.stdout = Screen()
    CliEdge(shown, consent=False).show_lines(["a\tb\x1b[31m"])
    assert shown.stdout.getvalue() == "a\tb [31m\n"
