"""Every test runs in a home of its own, without the settings of whoever runs it, and strictly."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No key, no server, no user tables; replies are checked against their schemas."""
    for name in list(os.environ):
        if name.startswith(("VAST", "XDG_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("VASTAI_STRICT", "1")
    return home
