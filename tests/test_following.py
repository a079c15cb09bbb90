"""A log that is followed: what is new in it, however it grows, and however little of it the service keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vastai.engine import following
from vastai.engine.context import Context
from vastai.engine.steps import Now, Pause, Show
from vastai.errors import APIError, ConnectionFailed, NotFound, VastError
from vastai.table.model import Command, Table

ENTRY = {
    "summary": "Read",
    "group": "boxes",
    "http": "PUT /boxes/{id}/log/",
    "effect": "read",
    "returns": {"type": "str"},
}
FOLLOW = {"when": "follow", "of": "id", "tail": "tail", "look": "show_box"}
READ = Command("read_log", {**ENTRY, "poll": {"url": "u", "every": 1, "within": 1, "follow": FOLLOW}})
UP, DOWN = {"actual_status": "running"}, {"actual_status": "exited", "intended_status": "stopped"}


class Walk:
    """A log that is followed: it is these texts, one after the other, and the instance ends with the last of them.

    Attributes:
        result, error: what came of it.
        shown: the lines, those of each look together.
        pauses: seconds between two looks.
        notes: remarks.
        asked: the number of lines that was asked for.
    """

    def __init__(
        self, texts: Sequence[Any], tail: int | None = None, surface: str = "terminal", end: Any = DOWN
    ) -> None:
        self.shown: list[list[str]] = []
        self.pauses: list[float] = []
        self.asked: set[Any] = set()
        self.error: VastError | None = None
        self._waiting = list(texts)
        self._end = end
        context = Context(Table.from_data({}), now=lambda: 0.0, read_file=str, surface=surface)
        self.notes = context.notes
        values = {"id": 7, "tail": tail, "follow": True}
        self.result = self._run(following.follow(READ, values, context, self._fetch, self._look))

    def _fetch(self, values: dict[str, Any]) -> Any:
        self.asked.add(values["tail"])
        assert values["follow"] is False
        text = self._waiting.pop(0)
        if isinstance(text, VastError):
            raise text
        return text
        yield

    def _look(self, name: str, id: Any) -> Any:
        assert (name, id) == ("show_box", 7)
        if len(self._waiting) <= 1 and self._end is None:
            raise NotFound("gone")
        return UP if len(self._waiting) > 1 else self._end
        yield

    def _run(self, flow: Any) -> Any:
        answer: Any = None
        clock = 0.0
        try:
            while True:
                step = flow.send(answer)
                answer = None
                if isinstance(step, Show):
                    self.shown.append(list(step.lines))
                elif isinstance(step, Now):
                    answer = clock
                else:
                    assert isinstance(step, Pause)
                    self.pauses.append(step.seconds)
                    clock += step.seconds
        except StopIteration as done:
            return done.value
        except VastError as error:
            self.error = error


CASES: list[tuple[str, list[Any], list[list[str]], int]] = [
    ("it grows", ["a\n", "a\nb\n", "a\nb\nc\nd\n"], [["a"], ["b"], ["c", "d"]], 0),
    ("nothing new", ["a\n", "a\n", "a\n"], [["a"], [], []], 0),
    ("empty at first", ["", "", "a\n"], [[], [], ["a"]], 0),
    ("the same line again", ["a\na\n", "a\na\na\n"], [["a", "a"], ["a"]], 0),
    ("only its last lines are kept", ["a\nb\nc\n", "b\nc\nd\n", "c\nd\ne\n"], [["a", "b", "c"], ["d"], ["e"]], 0),
    ("more came than is kept", ["a\nb\n", "y\nz\n"], [["a", "b"], ["y", "z"]], 1),
    ("it began anew", ["a\nb\nc\n", "a\n"], [["a", "b", "c"], ["a"]], 1),
    ("a line that goes on", ["a\nb", "a\nbc\n", "a\nbc\nd\n"], [["a"], ["bc"], ["d"]], 0),
    ("a line that stays without an end", ["a\nb", "a\nb", "a\nb", "a\nb\nc\n"], [["a"], ["b"], [], ["c"]], 0),
    ("a line that goes on after it was shown", ["10 %", "10 %", "10 % 20 %\n"], [[], ["10 %"], ["10 % 20 %"]], 0),
    ("the end without a line end", ["a\n", "a\nb"], [["a"], ["b"]], 0),
    (
        "other ends of lines are part of the line",
        ["a\rb\u2028c\n", "a\rb\u2028c\nd\x0c\n"],
        [["a\rb\u2028c"], ["d\x0c"]],
        0,
    ),
    ("an empty line", ["a\n\n", "a\n\n\nb\n"], [["a", ""], ["", "b"]], 0),
]


@pytest.mark.parametrize("texts, shown, gaps", [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_what_is_new_is_shown_once(texts: list[Any], shown: list[list[str]], gaps: int) -> None:
    walk = Walk(texts)
    assert walk.shown == shown
    assert walk.result is None
    assert sum("missing" in note for note in walk.notes) == gaps
    assert walk.notes[-1] == "Instance 7 has ended, and its log: exited."


@given(st.lists(st.integers(0, 12), min_size=1, max_size=20))
def test_a_log_of_different_lines_is_complete_and_in_order(growth: list[int]) -> None:
    """However much comes between two looks, as long as something of what was there is still kept."""
    size, texts, kept = 0, [], 13
    for more in [13, *growth]:
        size += more
        texts.append("".join(f"{number}\n" for number in range(max(0, size - kept), size)))
    walk = Walk(texts)
    assert [int(line) for lines in walk.shown for line in lines] == list(range(size))


@given(st.lists(st.sampled_from("ab"), max_size=8), st.lists(st.sampled_from("ab"), max_size=8))
def test_what_is_appended_is_found_even_among_lines_that_repeat(before: list[str], more: list[str]) -> None:
    assert following.new_from(before, [*before, *more]) == len(before)


def test_the_tail_is_what_is_shown_first_and_more_is_asked_for() -> None:
    text = "".join(f"{number}\n" for number in range(5))
    walk = Walk([text, f"{text}5\n"], tail=2)
    assert (walk.shown, walk.asked) == ([["3", "4"], ["5"]], {1000})
    assert Walk(["a\n"], tail=3000).asked == {3000}


def test_looks_are_rarer_where_nothing_is_new() -> None:
    assert Walk(["a\n"] * 6 + ["a\nb\n"] * 2).pauses == [3.0, 4.5, 6.75, 10.0, 10.0, 10.0, 3.0]


def test_the_library_gets_one_text() -> None:
    walk = Walk(["a\n", "a\nb\n"], surface="library")
    assert (walk.result, walk.shown) == ("a\nb\n", [])


def test_the_log_of_what_is_gone_is_not_asked_for() -> None:
    walk = Walk(["a\n", "never asked"], end=None)
    assert walk.shown == [["a"], []]
    assert walk.notes == ["Instance 7 has ended, and its log: gone."]


DEAD = ConnectionFailed("no connection")


def test_failures_that_pass_are_borne_and_told_of() -> None:
    walk = Walk(["a\n", DEAD, APIError("broken", status_code=502), "a\nb\n"])
    assert walk.shown == [["a"], ["b"]]
    assert walk.notes[:2] == ["No answer, and going on: no connection", "No answer, and going on: broken"]


@pytest.mark.parametrize(
    "texts", [[DEAD, "a\n"], ["a\n", *[DEAD] * 40, "a\n"], ["a\n", APIError("no", status_code=403), "a\n"]]
)
def test_failures_at_first_for_long_or_for_good_end_it(texts: list[Any]) -> None:
    walk = Walk(texts)
    assert walk.error in texts
    assert sum(walk.pauses) <= 320
