"""The registry of hooks: four kinds and the rich types, found by the plain word that commands.yaml uses.

========  ==================================  ==========================================
kind      shape                               what it does
========  ==================================  ==========================================
value     ``f(value, values, **options)``     turns one argument, or a result, into another
prepare   ``f(values)``                       reads all arguments together, before planning
flow      ``f(call, values)``                 a generator of steps that returns the result
view      ``f(result)``                       the result as text for a terminal
type      ``f(value, values, **options)``     the value of a rich type as it is sent: part of the grammar
========  ==================================  ==========================================

A hook may name, as keyword arguments, what it cannot know by itself and the driver then passes in:
``now`` (unix seconds; the server's Date where there is one), ``clock`` (a function that gives that time anew), ``dice``
(a random number from 0 to 1), ``read_file`` (path to text), ``notes`` (a list for remarks to the user), ``table`` (the
table of commands), ``surface`` (``library`` or ``terminal``), ``sandboxed`` (is the service imitated?),
``folder`` (``home``, ``here`` or ``state`` to its path), ``watched`` (does somebody look at what programs print?).
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar

Hook = Callable[..., Any]
F = TypeVar("F", bound=Hook)

# Where the hooks of each kind live, those that most commands use first. They are loaded in this order until the hook
# that is looked up is found.
MODULES = {
    "type": ("types",),
    "value": ("values", "renting", "storage", "hosts", "account"),
    "prepare": ("prepare", "renting", "leases", "launch", "templates", "hosts", "account"),
    "flow": (
        "flows", "connect", "launch", "storage_flows", "templates", "price_increases", "flows_hosts",
        "flows_benchmarks", "account_flows", "cost_flows", "lease_flows", "doctor",
    ),
    "view": ("views", "renting", "launch", "storage", "price_increases", "hosts", "account", "findings"),
}  # fmt: skip
PASSED_IN = ("now", "clock", "dice", "read_file", "notes", "table", "surface", "sandboxed", "folder", "watched")

_hooks: dict[tuple[str, str], Hook] = {}


def _register(kind: str, function: F) -> F:
    key = (kind, function.__name__)
    if key in _hooks and _hooks[key].__module__ != function.__module__:
        raise ValueError(f"two hooks of kind {kind} are called {function.__name__}")
    _hooks[key] = function
    return function


def value(function: F) -> F:
    """Register a value hook under its own name."""
    return _register("value", function)


def prepare(function: F) -> F:
    """Register a prepare hook under its own name."""
    return _register("prepare", function)


def flow(function: F) -> F:
    """Register a flow hook under its own name."""
    return _register("flow", function)


def view(function: F) -> F:
    """Register a view hook under its own name."""
    return _register("view", function)


def rich(function: F) -> F:
    """Register what a rich type of parameters sends, under the name of the type."""
    return _register("type", function)


def find(kind: str, name: str) -> Hook:
    """The hook of this kind and name.

    Raises:
        KeyError: there is none; `names` lists those there are.
    """
    for module in MODULES[kind]:
        if (kind, name) in _hooks:
            break
        import_module(f"vastai.hooks.{module}")
    return _hooks[kind, name]


def names(kind: str) -> list[str]:
    """All hook names of a kind, sorted."""
    for module in MODULES[kind]:
        import_module(f"vastai.hooks.{module}")
    return sorted(name for of_kind, name in _hooks if of_kind == kind)


def wants(hook: Hook, argument: str) -> bool:
    """Does the hook name this argument?"""
    code = hook.__code__
    return argument in code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]


def apply(hook: Hook, *args: Any, passed_in: dict[str, Any], **options: Any) -> Any:
    """Call a hook with its options and with those of the passed-in things that it names."""
    extra = {name: passed_in[name] for name in PASSED_IN if name in passed_in and wants(hook, name)}
    return hook(*args, **extra, **options)
