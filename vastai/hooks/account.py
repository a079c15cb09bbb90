"""Hooks of the account's commands: scopes from a file, fields as one mapping, one of several, two-factor methods."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .registry import prepare, value, view
from .values import read_json, scopes

Values = dict[str, Any]

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


@value
def json_object(value: Any, values: Values) -> dict[str, Any]:
    """The mapping that a JSON value must be.

    Raises:
        ValueError: it is something else.

    >>> json_object({"fullname": "Ada"}, {})
    {'fullname': 'Ada'}
    """
    if not isinstance(value, dict):
        raise ValueError('must be a mapping, such as {"name": "value"}')
    return value


@value
def scopes_or_file(value: Any, values: Values, read_file: Callable[[str], str]) -> Any:
    """The permissions of a role: ready ones, scope names, or the name of a JSON file, which has a dot or a slash.

    Raises:
        ValueError: the file cannot be read or holds no permissions, or the value is nothing of these.

    >>> scopes_or_file("user_read,misc", {}, read_file=lambda path: "")
    {'api': {'user_read': {}, 'misc': {}}}
    >>> scopes_or_file("role.json", {}, read_file=lambda path: '{"api": {"misc": {}}}')
    {'api': {'misc': {}}}
    """
    if isinstance(value, str) and ("." in value or "/" in value):
        from os.path import expanduser

        value = read_json(expanduser(value), values, read_file)
    return scopes(value, values)


@prepare
def one_of(values: Values, names: Sequence[str]) -> Values:
    """The values, when at least one of these parameters is given.

    Raises:
        ValueError: none is.

    >>> one_of({"code": None, "backup_code": "AAAA"}, names=["code", "backup_code"])["backup_code"]
    'AAAA'
    """
    if all(values.get(name) in (None, "") for name in names):
        first, *others = names
        raise ValueError(f"{first}: is required, or {' or '.join(others)}")
    return values


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
