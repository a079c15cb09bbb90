"""Build hook: puts the table, its schemas and its compiled form into the wheel; an editable install needs none."""

from __future__ import annotations

import os
import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class TableHook(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's own alias needs its configuration type
    """Adds what lies at the project's top level to the package, and compiles the table that it ships."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before a build; `version` is ``editable`` for an editable install."""
        if self.target_name != "wheel" or version == "editable":
            return
        sys.path.insert(0, self.root)
        from vastai.table import build, compiled

        _, index, entries = build.compile_file(os.path.join(self.root, "commands.yaml"))
        place = os.path.join(self.root, "vastai", "table", "_commands.py")
        for path, text in ((place, index), (compiled.entries_beside(place), entries)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        build_data["artifacts"].append("/vastai/table/_commands*.py")
        build_data["force_include"]["commands.yaml"] = "vastai/commands.yaml"
        build_data["force_include"]["schemas"] = "vastai/schemas"
