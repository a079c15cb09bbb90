"""Bound: what the caller gave becomes the values that are sent: defaults, `prepare`, checks, then transforms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..hooks import registry
from ..table.model import Command
from . import bind
from .context import Context


def bound(command: Command, given: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Checked and transformed values: defaults, `prepare`, conversion and checks, `window`, then the transforms.

    Raises:
        UsageError: one line that names every fault.
    """
    values = bind.with_defaults(command, given)
    for name, options in command.prepare:
        try:
            values = registry.apply(
                registry.find("prepare", name), dict(values), passed_in=context.passed_in(), **options
            )
        except ValueError as error:
            bind.raise_faults(command, [str(error)])
    values = {**values, **bind.check(command, given, values)}
    values = bind.fill_window(command, values, context.now())
    return _transformed(command, values, context)


def _transformed(command: Command, values: dict[str, Any], context: Context) -> dict[str, Any]:
    """Values after each parameter's own transforms. They run on defaults too, not on None."""
    done = dict(values)
    faults: list[str] = []
    for parameter in command.params.values():
        for kind, name, options in parameter.transforms:
            if done[parameter.name] is None:
                break
            hook = registry.find(kind, name)
            try:
                done[parameter.name] = registry.apply(
                    hook, done[parameter.name], values, passed_in=context.passed_in(), **options
                )
            except ValueError as error:
                faults.append(f"{parameter.name}: {error}")
                break
        else:
            if parameter.wire == "." and not isinstance(done[parameter.name], dict | None):
                faults.append(f'{parameter.name}: must be a mapping, such as {{"name": "value"}}')
    bind.raise_faults(command, faults)
    return done
