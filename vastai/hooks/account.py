"""Hooks of the account's commands: two-factor methods as text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .registry import view

# What is shown of a two-factor method: heading to field.
_COLUMNS = {
    "ID": "id",
    "Kind": "method",
    "Label": "label",
    "Phone": "phone_number",
    "First": "is_primary",
    "Made (UTC)": "created_at",
    "Last used (UTC)": "last_used",
    "Wrong codes": "fail_count",
    "Locked until (UTC)": "locked_until",
    "User ID": "user_id",
}
_TIMES = ("created_at", "last_used", "locked_until")


@view
def tfa_methods(result: Mapping[str, Any]) -> str:
    """The state of two-factor authentication in a sentence, and its methods in a table.

    >>> tfa_methods({"tfa_enabled": False, "methods": []})
    'Two-factor authentication is off.'
    """
    lines = [f"Two-factor authentication is {'on' if result.get('tfa_enabled') else 'off'}."]
    if result.get("backup_codes_remaining") is not None:
        lines.append(f"Backup codes left: {result['backup_codes_remaining']}")
    if result.get("new_method_authorized"):
        lines.append("A method may be added now.")
    methods = [row for row in result.get("methods") or [] if isinstance(row, Mapping)]
    if methods:
        grid = [[*_COLUMNS], *([_cell(row, field) for field in _COLUMNS.values()] for row in methods)]
        widths = [max(map(len, column)) for column in zip(*grid, strict=True)]
        lines += ["", *("  ".join(map(str.ljust, row, widths)).rstrip() for row in grid)]
    return "\n".join(lines)


def _cell(row: Mapping[str, Any], field: str) -> str:
    """A field of a method as text: times as UTC, yes or no, "-" for nothing."""
    found = row.get(field)
    if found is None or found == "":
        return "-"
    if isinstance(found, bool):
        return "yes" if found else "no"
    if field in _TIMES and isinstance(found, int | float):
        from datetime import datetime, timezone

        try:
            return datetime.fromtimestamp(found, timezone.utc).strftime("%Y-%m-%d %H:%M:%S")
        except (ValueError, OverflowError, OSError):
            pass  # no time: show what was sent
    return str(found)
