"""Histograms: every number stands in one step, every line fits, and the quartiles are where they should be."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vastai.histogram import FEWEST, MOST, SHORTEST, counts, histogram, quantile, steps

numbers = st.lists(st.floats(-1e9, 1e9) | st.floats(0, 1e-6) | st.integers(0, 10), min_size=1, max_size=80)


@given(numbers)
def test_every_number_stands_in_one_step(values: list[float]) -> None:
    ordered = sorted(values)
    edges = steps(ordered)
    assert (edges[0], edges[-1]) == (ordered[0], ordered[-1])
    assert sum(counts(ordered, edges)) == len(ordered)
    assert len(edges) == 2 or FEWEST < len(edges) <= MOST + 1
    assert all(a <= b for a, b in pairwise(edges))


@given(numbers, st.integers(1, 200))
def test_every_line_fits_and_the_longest_bar_fills_it(values: list[float], width: int) -> None:
    lines = histogram(values, "$/hour", width).splitlines()
    bars = [line for line in lines if " | " in line]
    assert len({len(line) for line in bars}) <= 1
    if bars:
        assert len(bars[0]) == width or max(line.count("#") for line in bars) == SHORTEST
    shown = sum(int(line.rpartition(" ")[2]) for line in bars)
    assert shown == (len(values) if bars else 0)
    assert histogram(values, "$/hour", width).isascii()


@given(numbers)
def test_the_median_has_half_of_them_on_either_side(values: list[float]) -> None:
    ordered = sorted(float(value) for value in values)
    middle = quantile(ordered, 0.5)
    assert sum(value < middle for value in ordered) <= len(ordered) / 2
    assert sum(value > middle for value in ordered) <= len(ordered) / 2
    assert quantile(ordered, 0) == ordered[0] and quantile(ordered, 1) == ordered[-1]


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([], ""),
        ([None, "soon", True, float("nan"), float("inf")], "None of 5 has a number."),
        ([0.25], "1 from 0.2500 to 0.2500 $/hour\nmedian 0.2500, half of them 0.2500 to 0.2500"),
        ([3, 3, None], "2 from 3.0000 to 3.0000 $/hour, 1 unknown\nmedian 3.0000, half of them 3.0000 to 3.0000"),
    ],
    ids=str,
)
def test_few_numbers_and_none(values: list[object], text: str) -> None:
    assert histogram(values, "$/hour") == text


def test_steps_grow_where_the_spread_is_wide() -> None:
    wide, narrow = steps([0.1, 1.0]), steps([0.1, 0.9])
    assert [round(b / a, 6) for a, b in pairwise(wide)] == [round(10**0.2, 6)] * FEWEST
    assert [round(b - a, 6) for a, b in pairwise(narrow)] == [0.16] * FEWEST
