"""``sandbox fault list``: what was asked to go wrong in the sandbox."""

from __future__ import annotations

from typing import Any

from . import Context
from .sandbox import ask

_SHOWN = ("id", "route", "kind", "times", "skip", "met", "hits")


def run(values: dict[str, Any], context: Context) -> list[dict[str, Any]]:
    """The faults, the oldest first; for people the fields of their kind in one column."""
    faults: list[dict[str, Any]] = ask(context, "GET", "faults")["faults"]
    if context.terminal.raw:
        return faults
    return [{**fault, "times": fault["times"] or "always", "fields": _fields(fault)} for fault in faults]


def _fields(fault: dict[str, Any]) -> str:
    own = {name: value for name, value in fault.items() if name not in _SHOWN}
    if fault["skip"]:
        own["skip"] = fault["skip"]
    return " ".join(f"{name}={value}" for name, value in own.items())
