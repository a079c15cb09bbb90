"""What a case about searches wants, and whether an outcome is that.

An outcome is a mapping in the shape of a case's expectation: ``query`` and ``warn``, ``order``, ``text``, ``rows``,
``search`` (the filters and controls that reach the service), or ``error`` (the exception).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

CASES = Path(__file__).parent / "cases"
CONTROLS = frozenset({"allocated_storage", "limit", "order", "type"})

Case = dict[str, Any]
Outcome = Mapping[str, Any]


def load_cases() -> list[Case]:
    """Return the collected cases and our own; where ours answer a collected one, ours hold."""
    collected: list[Case] = json.loads((CASES / "query_cases.json").read_text("utf-8"))["cases"]
    own = yaml.safe_load((CASES / "query_own.yaml").read_text("utf-8"))
    decided = own["decided"]
    assert set(decided) <= {case["id"] for case in collected}
    return [case | {"better": decided[case["id"]]} if case["id"] in decided else case for case in collected] + own[
        "cases"
    ]


def wanted(case: Case) -> dict[str, Any]:
    """Return what ours should give: ``better`` where the official client is at fault, else what it gives."""
    return dict(case.get("better") or case["expect"])


def same(one: object, other: object) -> bool:
    """Tell whether two values mean the same to the service: numbers and number-like text compare by value."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    first, second = _number(one), _number(other)
    if first is not None and second is not None:
        return first == second
    return one == other


def _number(value: object) -> Decimal | None:
    """Return a number, or number-like text, exactly; None for anything else."""
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    if isinstance(value, int):
        return Decimal(value)
    is_number = isinstance(value, str) and re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", value, re.ASCII)
    return Decimal(str(value)) if is_number else None


def search_in(request: Any) -> Any:
    """Return the search that a recorded request carries, wherever it stands in it."""
    carried = request[2] if isinstance(request, list) else request["body"] or request["query"]
    return carried.get("q", carried)


def check(case: Case, outcome: Outcome) -> None:
    """Fail unless the outcome is what the case wants."""
    want = wanted(case)
    if "error" in want or want.get("rc", 0) != 0:
        assert "error" in outcome, f"should be refused ({want.get('error', want)}), gave {outcome}"
        _check_error(case, want, outcome["error"])
        return
    assert "error" not in outcome, f"should be understood: {outcome['error']}"
    for part in want.keys() & PARTS.keys():
        PARTS[part](want[part], outcome)
    assert want.keys() & PARTS.keys(), f"the case {case['id']} checks nothing"


def _check_error(case: Case, want: Mapping[str, Any], error: BaseException) -> None:
    assert isinstance(error, ValueError)
    line = str(error)
    assert line and "\n" not in line
    assert line.isprintable()
    assert getattr(error, "position", None) == want.get("column", getattr(error, "position", None)), line
    assert want.get("says", "") in line, line


def _check_query(want: Any, outcome: Outcome) -> None:
    if "search" in outcome:  # a case may leave the controls out
        got = {name: value for name, value in outcome["search"].items() if name in want or name not in CONTROLS}
    else:
        got = outcome["query"]
    assert same(got, want), f"{got} is not {want}"
    assert _finite(got)


def _finite(value: object) -> bool:
    """Tell whether JSON can carry all numbers in a value."""
    if isinstance(value, (dict, list)):
        return all(_finite(part) for part in (value.values() if isinstance(value, dict) else value))
    return not isinstance(value, float) or math.isfinite(value)


def _check_warnings(want: list[str], outcome: Outcome) -> None:
    about_fields = [line for line in outcome["warn"] if line.startswith("unknown field")]
    assert len(about_fields) == len(want), outcome["warn"]
    assert all(any(f" {name} " in line for line in about_fields) for name in want), outcome["warn"]


def _check_search(want: Any, outcome: Outcome) -> None:
    assert same(outcome["search"], want), f"{outcome['search']} is not {want}"


def _check_geolocation(want: Any, outcome: Outcome) -> None:
    assert outcome["search"]["geolocation"] == want


def _check_rows(want: Any, outcome: Outcome) -> None:
    assert outcome["rows"] == want


def _check_part(name: str) -> Any:
    def check_part(want: Any, outcome: Outcome) -> None:
        assert outcome[name] == want

    return check_part


def _check_roundtrip(want: Any, outcome: Outcome) -> None:
    assert want is True
    assert same(outcome["read_back"], outcome["query"]), outcome["text"]


PARTS = {
    "query": _check_query,
    "warn": _check_warnings,
    "notes": _check_part("warn"),
    "directives": _check_part("directives"),
    "order": _check_part("order"),
    "text": _check_part("text"),
    "rows": _check_rows,
    "roundtrip": _check_roundtrip,
    "geolocation": _check_geolocation,
    "request": lambda want, outcome: _check_search(search_in(want), outcome),
    "requests": lambda want, outcome: _check_search(search_in(want[0]), outcome),
}
