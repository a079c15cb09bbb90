"""The document under --raw is what the standard library would write, whatever the result."""

from __future__ import annotations

import json
import math
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from vastai.cli import document

TEXT = st.text(max_size=8) | st.sampled_from(["\0", '"\\u0000"', "},\n  {", '"', "\\", "\ud800", "é"])
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=40
)
ROWS = st.lists(st.dictionaries(TEXT, ANYTHING, max_size=4), max_size=5)


class Answer(dict[str, Any]):
    """A kind of object, as some results are."""


@given(ANYTHING | ROWS, st.booleans())
@example([{"a": "\0", "b": [1]}], False)
@example({"\0": {"a": 1}}, False)
@example(Answer(a=1, b=[Answer(c=2), Answer()]), False)
@example([[], {}, [[]], [{}], [[1, []], [2]]], False)
@example({"a": {"b": {"c": [{"d": [1, 2]}]}}, "e": ()}, True)
def test_the_text_is_that_of_the_standard_library(value: Any, ensure_ascii: bool) -> None:
    expected = json.dumps(value, indent=2, allow_nan=False, ensure_ascii=ensure_ascii)
    assert document.indented(value, ensure_ascii=ensure_ascii) == expected


@given(ROWS, st.integers(1, 3))
def test_a_list_in_pieces_is_the_same_text(rows: list[dict[str, Any]], each: int) -> None:
    pieces = list(document.pieces(rows, lambda text: True, each))
    assert "".join(pieces) == json.dumps(rows, indent=2, ensure_ascii=False)
    assert len(pieces) >= len(rows) // each


@given(st.recursive(PLAIN | st.floats(), lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner)))
def test_numbers_that_json_lacks_become_null(value: Any) -> None:
    def refuse(name: str) -> float:
        raise AssertionError(f"{name} is no JSON")

    text = "".join(document.pieces(value, str.isascii))
    assert text.isascii()
    read = json.loads(text, parse_constant=refuse)
    assert read == json.loads(json.dumps(value), parse_constant=lambda name: None)


def test_hundreds_of_levels() -> None:
    value: Any = 1
    for _ in range(400):
        value = {"a": [value]}
    assert document.indented(value) == json.dumps(value, indent=2)


def test_one_bad_number_among_many_rows() -> None:
    rows = [{"price": 1.5}, {"price": 2.5}, {"price": math.inf}]
    read = json.loads("".join(document.pieces(rows, lambda text: True, 2)))
    assert [row["price"] for row in read] == [1.5, 2.5, None]
