"""Edges for tests: one that changes a few effects of another, and leaves all else as it is."""

from __future__ import annotations

from typing import Any, TypeVar

from vastai.engine.edge import Edge

Above = TypeVar("Above", bound=Edge)


class Hurried(Edge):
    """Waiting takes no time."""

    def sleep(self, seconds: float) -> None:
        pass


def over(inner: Edge, above: type[Above]) -> Above:
    """An edge with the effects of the class `above`, and of `inner` where `above` has none of its own.

    >>> class Deaf(Edge):
    ...     def probe(self, host, port):
    ...         return None
    >>> class Terminal(Edge):
    ...     surface = "terminal"
    >>> over(Terminal(), Deaf).surface
    'terminal'
    """
    kind: Any = type(above.__name__, (above, type(inner)), {})
    edge: Above = kind.__new__(kind)
    edge.__dict__.update(inner.__dict__)
    return edge
