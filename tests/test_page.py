"""The three patterns of the reference page, as they are printed there, do what the page says."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from vastai import VastAI
from vastai.engine.edge import Edge

PAGE = (Path(__file__).parent.parent / "docs" / "sdk" / "reference" / "vastai.md").read_text(encoding="utf-8")


def pattern(heading: str) -> str:
    """The Python block below a heading."""
    found = re.search(rf"^### {heading}\n.*?^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def run(heading: str, **space: Any) -> dict[str, Any]:
    """Run a pattern; what stood before it on the page may be given. Returns all names it leaves."""
    exec(compile(pattern(heading), heading, "exec"), space)
    return space


@pytest.fixture
def in_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user of the sandbox: nothing but VAST_URL is set."""
    monkeypatch.setenv("VAST_URL", "sandbox")


@pytest.mark.usefixtures("in_the_sandbox")
def test_error_handling_takes_both_branches(capsys: pytest.CaptureFixture[str]) -> None:
    first = run("Error Handling")
    assert capsys.readouterr().out == f"Created instance: {first['instance_id']}\n"
    with first["client"] as client:
        assert [row["id"] for row in client.show_instances()] == [first["instance_id"]]
    second = run("Error Handling")
    second["client"].close()
    assert second["result"]["success"] is False
    assert second["result"]["msg"]
    assert capsys.readouterr().out == f"Error: {second['result']['msg']}\n"


@pytest.mark.usefixtures("in_the_sandbox")
def test_filtering_filters_sorts_and_limits() -> None:
    with VastAI(api_key="your-key") as client:
        offers = run("Filtering Results", client=client)["offers"]
        everything = client.search_offers(no_default=True)
    assert len(offers) == 10
    assert [row["dph_total"] for row in offers] == sorted(row["dph_total"] for row in offers)
    fits = [row for row in everything if row["num_gpus"] >= 4 and row["gpu_ram"] >= 24_000 and row["dph_total"] < 2]
    assert {row["id"] for row in offers} <= {row["id"] for row in fits}
    assert all(row["verification"] == "verified" and row["rentable"] for row in offers)


@pytest.mark.usefixtures("in_the_sandbox")
def test_debugging_prints_the_request_and_goes_on(capsys: pytest.CaptureFixture[str]) -> None:
    run("Debug Mode", VastAI=VastAI)["client"].close()
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("GET http://sandbox/api/v0/bundles/?q=")


class Stopped(Exception):
    """A request was about to be sent."""


class StoppingEdge(Edge):
    """Lets nothing be sent: it stops at the line that `explain` shows before."""

    def show(self, line: str) -> None:
        super().show(line)
        raise Stopped


def test_debugging_prints_the_promised_line_for_the_service_itself(capsys: pytest.CaptureFixture[str]) -> None:
    promised = re.search(r"# Prints: (GET \S+)\.\.\.$", pattern("Debug Mode"), re.MULTILINE)
    assert promised is not None
    with pytest.raises(Stopped):
        run("Debug Mode", VastAI=partial(VastAI, edge=StoppingEdge()))
    line = capsys.readouterr().out
    assert line.replace("/?", "?").startswith(promised[1])
    assert line.startswith("GET https://console.vast.ai/api/v0/bundles/?q=%7B")
    assert "key" not in line


def test_curl_prints_the_same_request_and_sends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Stopped):
        run("Debug Mode", VastAI=partial(VastAI, edge=StoppingEdge()))
    url = capsys.readouterr().out.removeprefix("GET ").strip()
    assert run("Debug Mode", VastAI=partial(VastAI, curl=True))["client"].search_offers(limit=1) is None
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    assert url in first
    assert first.startswith("curl -X GET ")
    assert '"Authorization: Bearer $VAST_API_KEY"' in first
