"""Bind: from what the caller gave to checked values, or one error that names every fault."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import UsageError
from ..nearest import suggestion
from ..table.model import UNSET, Command, Parameter, Table
from .conversion import convert

DAY = 86400.0  # seconds
LISTS = (list, tuple, set, range)  # what can stand in place of one item


def arguments(command: Command, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The values of one call by parameter name, as Python would bind them.

    Raises:
        TypeError: the call does not fit the signature; worded like Python's own.
        UsageError: two positional orders fit and differ, and the command must not guess.
    """
    values = _named(command, kwargs)
    for name, value in positional(command, args).items():
        if name in values:
            raise TypeError(f"{command.name}() got multiple values for argument '{name}'")
        values[name] = value
    missing = [p.name for p in command.params.values() if p.required and p.name not in values]
    if missing:
        names = ", ".join(f"'{name}'" for name in missing)
        plural = "s" if len(missing) > 1 else ""
        raise TypeError(f"{command.name}() missing {len(missing)} required argument{plural}: {names}")
    return values


def _named(command: Command, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments under their own names; an alias and the name together must agree."""
    values: dict[str, Any] = {}
    for spelling, value in kwargs.items():
        parameter = command.parameter(spelling)
        if parameter is None:
            hint = suggestion(spelling, command.params)
            raise TypeError(f"{command.name}() got an unexpected keyword argument '{spelling}'.{hint}")
        known = values.get(parameter.name)
        if known is not None and value is not None and known != value:
            raise TypeError(f"{command.name}() got two different values for argument '{parameter.name}'")
        if known is None:
            values[parameter.name] = value
    return values


def positional(command: Command, args: Sequence[Any]) -> dict[str, Any]:
    """Positional arguments by name, in the first of the command's orders that they all fit.

    Raises:
        TypeError: there are too many.
        UsageError: two orders fit and differ, and the command must not guess.
    """
    if not args:
        return {}
    longest = max(len(order) for order in command.orders)
    if len(args) > longest:
        raise TypeError(f"{command.name}() takes at most {longest} positional arguments but {len(args)} were given")
    fitting = [order for order in command.orders if len(order) >= len(args) and _fits(command, order, args)]
    if command.effect == "once" and len({tuple(order[: len(args)]) for order in fitting}) > 1:
        names = ", ".join(f"{name}=" for name in fitting[0][: len(args)])
        raise UsageError(f"these values can be read in two orders; name them: {names}")
    orders = fitting or [order for order in command.orders if len(order) >= len(args)]
    return dict(zip(orders[0], args, strict=False))


def _fits(command: Command, order: Sequence[str], args: Sequence[Any]) -> bool:
    for name, value in zip(order, args, strict=False):
        parameter = command.params[name]
        try:
            for item in value if parameter.several and isinstance(value, LISTS) else [value]:
                convert(parameter, item)
        except ValueError:
            return False
    return True


def with_defaults(command: Command, values: Mapping[str, Any]) -> dict[str, Any]:
    """All parameters of a command: the given value, else the default, else None. A given None is not given."""
    complete = {}
    for parameter in command.params.values():
        value = values.get(parameter.name)
        if value is None and not (parameter.null == "send" and parameter.name in values):
            value = None if parameter.default is UNSET else _copy(parameter.default)
        complete[parameter.name] = value
    return complete


def check(command: Command, given: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Converted values.

    Arguments:
        given: what the caller gave, by parameter name (decides about `excludes`).
        values: all parameters, defaults included.

    Raises:
        UsageError: one line that names every fault by its parameter.
    """
    checked: dict[str, Any] = {}
    faults: list[str] = []
    for parameter in command.params.values():
        value = values.get(parameter.name)
        if value is None:
            if parameter.required:
                faults.append(f"{parameter.name}: is required")
            checked[parameter.name] = None
            continue
        try:
            value = convert(parameter, value)
            checked[parameter.name] = None if parameter.skip_empty and not value else value
        except ValueError as error:
            faults.append(f"{parameter.name}: {error}")
    faults += _exclusions(command, given)
    if command.any_of and all(values.get(name) in (None, "") for name in command.any_of):
        first, *others = command.any_of
        faults.append(f"{first}: is required{', or ' if others else ''}{' or '.join(others)}")
    raise_faults(command, faults)
    return checked


def raise_faults(command: Command, faults: Sequence[str]) -> None:
    """Say all faults of a call in one error, or nothing when there are none.

    Raises:
        UsageError: there are faults.
    """
    if faults:
        raise UsageError(f"{command.name}: {'; '.join(faults)}")


def fill_window(command: Command, values: dict[str, Any], now: float) -> dict[str, Any]:
    """The values with both ends of the entry's `window`: it ends now and is so many days long, where not given.

    Raises:
        UsageError: it ends before it starts.
    """
    if command.window is None:
        return values
    start, end = command.window["from"], command.window["to"]
    last = now if values[end] is None else values[end]
    first = last - command.window["days"] * DAY if values[start] is None else values[start]
    raise_faults(command, [f"{start}: is after {end}"] if first > last else [])
    return {**values, start: first, end: last}


def _exclusions(command: Command, given: Mapping[str, Any]) -> list[str]:
    def is_given(name: str) -> bool:
        value = given.get(name)
        return value is not None and value is not False and value != command.params[name].default

    faults = []
    for parameter in command.params.values():
        for other in parameter.excludes:
            if is_given(parameter.name) and is_given(other):
                faults.append(f"{parameter.name}: cannot be given together with {other}")
    return faults


def several(command: Command, given: Mapping[str, Any]) -> Parameter | None:
    """The parameter that takes one item and is given a list of them, or None."""
    for name, value in given.items():
        if isinstance(value, LISTS) and name in command.params and command.params[name].several:
            return command.params[name]
    return None


def in_list_form(command: Command, given: Mapping[str, Any], table: Table) -> tuple[Command, dict[str, Any]]:
    """The command that takes a list, and its values, when there is one and a list is given; else what was asked.

    Raises:
        UsageError: a value is given that this command does not take.
    """
    parameter = several(command, given)
    if parameter is None or not isinstance(parameter.several, str):
        return command, dict(given)
    other = table.command(parameter.several)
    others = {name: value for name, value in given.items() if name != parameter.name and value is not None}
    strange = [name for name in others if other.parameter(name) is None]
    raise_faults(command, [f"{name}: cannot be given for several" for name in strange])
    return other, arguments(other, (list(given[parameter.name]),), others)


def one_by_one(command: Command, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The values of each call that a list in place of one item stands for; those of the one call without a list.

    >>> reboot = Command("reboot", {"summary": "", "group": "", "params": {"id": {"type": "id", "several": True}}})
    >>> one_by_one(reboot, {"id": [7, 8, "7"]}), one_by_one(reboot, {"id": 7})
    ([{'id': 7}, {'id': 8}], [{'id': 7}])
    """
    parameter = several(command, given)
    if parameter is None:
        return [dict(given)]
    return [{**given, parameter.name: item} for item in distinct(given[parameter.name])]


def distinct(items: Sequence[Any]) -> list[Any]:
    """Each item once, in their order; 7 and "7" are the same.

    >>> distinct([7, 8, "7"])
    [7, 8]
    """
    found: dict[str, Any] = {}
    for item in items:
        found.setdefault(str(item), item)
    return list(found.values())


def _copy(value: Any) -> Any:
    """A default that may be changed in place is copied."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value
