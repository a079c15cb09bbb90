"""Tables fit their terminal, and no text of the service steers it."""

from __future__ import annotations

from typing import Any
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from vastai import cells, render
from vastai.table.model import Command

COLUMNS: list[dict[str, Any]] = [
    {"field": "id", "title": "ID", "align": "right"},
    {"field": "label", "title": "Label"},
    {"field": "place", "title": "Place"},
    {"field": "price.total", "title": "$/hr", "format": "{:.4f}", "align": "right"},
]
WIDE = [
    "東京 Tokyo",
    "한국",
    "ﾊﾝｶｸ",
    "e\u0301te\u0301",
    "\U0001f600 ok",
    "ไทย",
    "\u2764\ufe0f",
    "\U0001f468\u200d\U0001f469",
    "न्",
]
TEXT = st.text(max_size=60) | st.lists(st.sampled_from(WIDE), max_size=6).map(" ".join)
ROWS = st.lists(
    st.fixed_dictionaries({}, optional={"id": st.integers(0, 10**9), "label": TEXT, "place": TEXT | st.none()}),
    min_size=1,
)


@given(ROWS, st.integers(1, 200))
def test_every_line_fits_the_terminal(rows: list[dict[str, Any]], width: int) -> None:
    lines = lines_of(rows, width)
    assert all(cells.columns_of(line) <= width for line in lines)
    assert len(lines) in (len(rows) + 1, len(rows) + 2)


@given(ROWS)
def test_a_table_has_one_safe_line_per_row(rows: list[dict[str, Any]]) -> None:
    lines = lines_of(rows, None)
    assert len(lines) == len(rows) + 1
    assert not any(category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") for line in lines for sign in line)


LEFT = [{"field": name, "title": name} for name in ("label", "place", "id")]


@given(ROWS, st.integers(50, 200) | st.none())
def test_columns_stand_below_their_headings(rows: list[dict[str, Any]], width: int | None) -> None:
    """Cut at the columns where the headings begin, each line gives back its cells."""
    heading, *lines = render.table(rows, LEFT, width).split("\n")
    starts = [heading.index(column["title"]) for column in LEFT] + [10**6]
    for line, row in zip(lines, rows, strict=True):
        assert "".join(between(line, starts[0], starts[-1])) == line
        for column, start, end in zip(LEFT, starts, starts[1:], strict=False):
            shown = between(line, start, end)
            whole = cells.value(row, column) if width else cells.one_word(cells.value(row, column))
            assert shown.rstrip() == whole.rstrip() or whole.startswith(shown.rstrip().removesuffix(cells.CUT))
            assert end == 10**6 or shown.endswith(render.GAP) or line.endswith(shown)


def between(line: str, start: int, end: int) -> str:
    """What stands between two columns of a terminal; a mark stands where the sign below it does."""
    places, column = [], 0
    for sign in line:
        wide = cells.columns_of(sign)
        places.append(column if wide else column - 1)
        column += wide
    return "".join(sign for sign, place in zip(line, places, strict=True) if start <= place < end)


@pytest.mark.parametrize(
    "text", ["GPU", "東京", "ﾊﾝｶｸ", "e\u0301", "\U0001f600", "한국", "ไทย", "\u1100\u1161", "café"]
)
def test_widths_are_those_that_others_count(text: str) -> None:
    assert cells.columns_of(text) == cell_len(text)


def test_a_long_text_is_cut_at_once() -> None:
    assert cells.pad("東" * 1_000_000, 7) == "東東.. "


def lines_of(rows: list[dict[str, Any]], width: int | None) -> list[str]:
    return render.table(rows, COLUMNS, width).split("\n")


NUMBERS = st.integers(-(10**9), 10**9) | st.floats() | st.sampled_from([10**400, -(2**63), True, 0, 1, -0.0, 1e300])
MIXED = (
    st.none() | NUMBERS | TEXT | st.lists(st.integers() | TEXT, max_size=2) | st.dictionaries(TEXT, TEXT, max_size=1)
)
FORMS = st.fixed_dictionaries(
    {"field": st.sampled_from(["a", "a.b"])},
    optional={
        "format": st.sampled_from(["{}x", "{:.1f}", "{:.0f}", "{:,}", "{:d}", "{:%Y-%m-%d}", "{:>4}\u202e", "{b}"]),
        "scale": st.sampled_from([0.001, 100, 1, 1.0]),
    },
)


@given(
    st.one_of(*(st.lists(kind | st.none(), min_size=1) for kind in (st.integers(), NUMBERS, TEXT, MIXED))),
    st.sampled_from([1, 3]),
    FORMS,
)
def test_a_whole_column_at_once_is_cell_by_cell(found: list[Any], times: int, column: dict[str, Any]) -> None:
    rows = [{"a": item} for item in found] * times + [{}]
    assert cells.grid(rows, [column, COLUMNS[0]]) == [
        [cells.value(row, column) for row in rows],
        ["-"] * len(rows),
    ]


@given(st.lists(TEXT | st.sampled_from(["RTX 4090", "-", "x"]), min_size=1), st.integers(0, 70), st.booleans())
def test_columns_are_made_as_cells_are(texts: list[str], width: int, right: bool) -> None:
    column = cells.Texts(texts)
    assert column.width == max(cells.columns_of(text) for text in texts)
    assert column.padded(width, right) == [cells.pad(text, width, right) for text in texts]
    assert cells.Texts(texts, one_word_each=True).texts == [cells.one_word(text) for text in texts]


@pytest.mark.parametrize(
    ("row", "column", "text"),
    [
        ({"a": None}, {}, "-"),
        ({}, {}, "-"),
        ({"a": ""}, {}, "-"),
        ({"a": 0}, {}, "0"),
        ({"a": False}, {}, "no"),
        ({"a": 2048}, {"scale": 0.001, "format": "{:.1f}"}, "2.0"),
        ({"a": True}, {"scale": 0.001}, "yes"),
        ({"a": "soon"}, {"scale": 0.001, "format": "{:.1f}"}, "soon"),
        ({"a": [1]}, {"format": "{:.1f}"}, "1"),
        ({"a": 4}, {"format": "{}x"}, "4x"),
        ({"a": {"b": {"c": 5}}}, {"field": "a.b.c"}, "5"),
        ({"a": 1}, {"field": "a.b"}, "-"),
        ({"a": float("nan")}, {"format": "{:.1f}"}, "nan"),
        ({"a": "x\ud800y"}, {}, "x y"),
    ],
)
def test_cells(row: dict[str, Any], column: dict[str, Any], text: str) -> None:
    assert cells.value(row, {"field": "a", "title": "A", **column}) == text


def test_what_does_not_fit_is_said() -> None:
    rows = [{"id": 1, "label": "a" * 30, "place": "b" * 30, "price": {"total": 1.5}}]
    assert lines_of(rows, 20)[-1] == "(2 more: --full)"


def test_a_view_of_a_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    from vastai.hooks import registry

    monkeypatch.setitem(registry._hooks, ("view", "tree"), lambda result: f"tree of\n{result}\x1b")
    command = Command("show_tree", {"summary": "Show", "group": "x", "output": {"view": "tree"}})
    assert render.text(command, 5) == "tree of\n5 "
