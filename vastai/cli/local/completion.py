"""``completion``: print what a shell reads to complete the words of this program."""

from __future__ import annotations

import os
from typing import Any

from .. import complete
from . import Context


def run(values: dict[str, Any], context: Context) -> str:
    """The script of a shell."""
    path = os.path.join(os.path.dirname(complete.__file__), f"vastai.{values['shell']}")
    with open(path, encoding="utf-8") as file:
        return file.read().rstrip("\n")
