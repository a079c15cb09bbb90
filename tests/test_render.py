"""Tables fit their terminal, and no text of the service steers it."""

from __future__ import annotations

from typing import Any
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vastai import cells, render
from vastai.table.model import Command

COLUMNS: list[dict[str, Any]] = [
    {"field": "id", "title": "ID", "align": "right"},
    {"field": "label", "title": "Label"},
    {"field": "place", "title": "Place"},
    {"field": "price.total", "title": "$/hr", "format": "{:.4f}", "align": "right"},
]
TEXT = st.text(max_size=60)
ROWS = st.lists(
    st.fixed_dictionaries({}, optional={"id": st.integers(0, 10**9), "label": TEXT, "place": TEXT | st.none()}),
    min_size=1,
)


@given(ROWS, st.integers(30, 200))
def test_every_line_fits_the_terminal(rows: list[dict[str, Any]], width: int) -> None:
    assert all(cells.columns_of(line) <= width or line.startswith("(") for line in lines_of(rows, width))


@given(ROWS)
def test_a_table_has_one_safe_line_per_row(rows: list[dict[str, Any]]) -> None:
    lines = lines_of(rows, None)
    assert len(lines) == len(rows) + 1
    assert not any(category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") for line in lines for sign in line)


@given(ROWS)
def test_columns_stand_below_their_headings(rows: list[dict[str, Any]]) -> None:
    """Cut at the width of its column, each line gives back the cells."""
    for line, row in zip(lines_of(rows, None)[1:], rows, strict=True):
        assert line.lstrip().startswith(str(row.get("id", "-")))


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
    assert lines_of(rows, 20)[-1] == "(2 more columns: --full or --raw shows all)"


def test_a_view_of_a_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    from vastai.hooks import registry

    monkeypatch.setitem(registry._hooks, ("view", "tree"), lambda result: f"tree of\n{result}\x1b")
    command = Command("show_tree", {"summary": "Show", "group": "x", "output": {"view": "tree"}})
    assert render.text(command, 5) == "tree of\n5 "
