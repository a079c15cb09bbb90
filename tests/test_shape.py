"""What an entry's `returns` makes of a result: one case a line in cases/shapes.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from vastai.engine.shape import shaped
from vastai.errors import NotFound
from vastai.table.model import Command

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "shapes.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["returns"]))
def test_a_result_takes_its_shape(case: dict[str, Any]) -> None:
    command = Command("show_volumes", {"summary": "List", "group": "volumes", "returns": case["returns"]})
    before = repr(case["result"])
    if "error" in case:
        with pytest.raises(NotFound, match=case["error"]):
            shaped(command, case["result"], case.get("values", {}), 1000.0)
    else:
        assert shaped(command, case["result"], case.get("values", {}), 1000.0) == case["gives"]
    assert repr(case["result"]) == before
