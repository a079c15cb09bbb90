"""The pytest plugin: the fixture `vastai_sandbox`. pytest loads this at every start, so all else is imported late."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from vastai.sandbox.testing import Sandbox


@pytest.fixture(scope="session")
def _vastai_sandbox_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A world that was just made, which each test gets a copy of: making the market takes longer than a test does."""
    from vastai.sandbox.world import World

    path = tmp_path_factory.mktemp("vastai") / "sandbox.db"
    World(str(path)).close()
    return path


@pytest.fixture
def vastai_sandbox(
    _vastai_sandbox_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Sandbox]:
    """A sandbox of Vast.ai for one test: a `client`, a `url`, a clock to `advance`, a `fault` on request.

    While it lasts, VAST_URL names it: a program under test that makes its own ``VastAI()`` finds it as well, and does
    not reach the service.
    """
    from shutil import copyfile

    from vastai.sandbox.testing import Sandbox

    path = tmp_path / "vastai-sandbox.db"
    copyfile(_vastai_sandbox_template, path)
    sandbox = Sandbox(str(path))
    monkeypatch.setenv("VAST_URL", sandbox.url)
    try:
        yield sandbox
    finally:
        sandbox.close()
