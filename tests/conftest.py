"""Every test runs in a home of its own, without the settings of whoever runs it, and strictly."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # run in the background: programs that are started would be deaf
    signal.signal(signal.SIGINT, signal.default_int_handler)

KEY = os.environ.get("VAST_API_KEY", "")  # of whoever runs the tests; each test runs without
CHECKOUT = Path(__file__).parent.parent
collect_ignore = ["contract", "official"]  # no tests of pytest: they have blocks of .ci/run
# What .gitignore leaves to the tools: environments, caches, builds, the compiled table.
OF_TOOLS = {".git", ".venv", "__pycache__", "dist", "build", "_commands.py", "_commands_text.py", ".hypothesis"}


def files() -> set[Path]:
    """The files of the checkout, without those of the tools that run the tests."""
    found: set[Path] = set()
    for folder, folders, names in os.walk(CHECKOUT):
        folders[:] = [name for name in folders if name not in OF_TOOLS and not name.endswith(("_cache", ".egg-info"))]
        found.update(Path(folder, name) for name in names if name not in OF_TOOLS)
    return found


@pytest.fixture(scope="session", autouse=True)
def clean_checkout() -> Iterator[None]:
    """The tests leave no file in the checkout; where they run side by side, each process looks for itself."""
    before = files()
    yield
    left = sorted(str(path.relative_to(CHECKOUT)) for path in files() - before)
    assert left == [], "left in the checkout by a test"


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No key, no server, no user tables; the home is the current folder too; replies are checked in full.

    And no colours and no pager, which would wait for a person.
    """
    for name in list(os.environ):
        if name.startswith(("VAST", "XDG_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("VASTAI_STRICT", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("PAGER", "cat")
    monkeypatch.chdir(home)
    return home


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Without a key there is nothing to test live: those tests are left out."""
    live = [item for item in items if item.get_closest_marker("live")]
    if live and not KEY:
        items[:] = [item for item in items if item not in live]
        config.hook.pytest_deselected(items=live)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say why the live tests did not run, to those who asked for them."""
    if config.getoption("markexpr", "") == "live" and not KEY:
        terminalreporter.write_line("The live tests need a key in VAST_API_KEY; without one they are left out.")
