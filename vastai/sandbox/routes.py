"""The sandbox's routes: each verb and path of the table or of a behaviour, found for a request."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from vastai.sandbox.behaviour.registry import Behaviour, Refusal, stands_beside
from vastai.sandbox.permissions import plain
from vastai.table.model import Command


class Route(NamedTuple):
    """One verb and path: how it is written, the commands of the table that use it, and what happens."""

    text: str
    commands: tuple[Command, ...]
    behaviour: Behaviour | None

    @property
    def pieces(self) -> tuple[str, ...]:
        """The path's segments; a parameter is written in braces."""
        return pieces(self.text.partition(" ")[2])


class Routes:
    """Routes, kept as a tree of segments: a request is found without a look at every route.

    Iterating gives the routes in the order in which they were put in.
    """

    def __init__(self, routes: Iterable[Route]) -> None:
        self._all = list(routes)
        self._tree: dict[Any, Any] = {}
        for route in self._all:
            node = self._tree
            for piece in route.pieces:
                node = node.setdefault(_PARAMETER if piece.startswith("{") else piece, {})
            node.setdefault(_HERE, []).append(route)

    def __iter__(self) -> Iterator[Route]:
        return iter(self._all)

    def fitting(self, asked: tuple[str, ...]) -> list[Route]:
        """The routes that fit the segments of a path."""
        nodes = [self._tree]
        for value in asked:
            keys = (value, _PARAMETER) if value else (value,)
            nodes = [node[key] for node in nodes for key in keys if key in node]
        return [route for node in nodes for route in node.get(_HERE, ())]


_PARAMETER, _HERE = object(), object()  # keys of the tree that no segment is


def build(commands: Iterable[Command], behaviours: Mapping[str, Behaviour]) -> Routes:
    """All routes: those of the commands, other spellings of theirs, and those that stand beside the table."""
    users: dict[str, list[Command]] = {}
    written: dict[str, str] = {}
    for command in commands:
        if command.path:
            text = f"{command.verb} {command.path}"
            written.setdefault(plain(text), text)
            users.setdefault(plain(text), []).append(command)
    acts = {plain(route): behaviour for route, behaviour in behaviours.items()}
    used = {acts[key] for key in users if key in acts}
    for text, act in behaviours.items():
        if act in used or stands_beside(act):
            written[plain(text)] = text
    return Routes(Route(text, tuple(users.get(key, ())), acts.get(key)) for key, text in written.items())


def find(routes: Routes, verb: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route of a request, and the values of its path's parameters, percent-decoded.

    A trailing slash makes no difference; where several routes fit, the one with more literal segments is meant.

    Raises:
        Refusal: 404 for an unknown path, 405 for a known path with another verb.
    """
    asked = pieces(path)
    fitting = routes.fitting(asked)
    if not fitting:
        raise Refusal(404, "not_found", f"There is nothing at {path}.")
    literals = max(_literals(route.pieces) for route in fitting)
    best = [route for route in fitting if _literals(route.pieces) == literals]
    for route in best:
        if route.text.startswith(f"{verb} "):
            return route, parameters(route.pieces, asked)
    verbs = ", ".join(sorted(route.text.partition(" ")[0] for route in best))
    raise Refusal(405, "method_not_allowed", f"{path} answers {verbs}, not {verb}.")


def pieces(path: str) -> tuple[str, ...]:
    """The segments of a path.

    >>> pieces("/api/v0/asks/7/")
    ('api', 'v0', 'asks', '7')
    """
    return tuple(path.strip("/").split("/"))


def parameters(pattern: tuple[str, ...], asked: tuple[str, ...]) -> dict[str, str]:
    """The values that stand where the pattern has parameters.

    >>> parameters(("asks", "{id}"), ("asks", "a%2Fb"))
    {'id': 'a/b'}
    """
    pairs = zip(pattern, asked, strict=True)
    return {piece[1:-1]: unquote(value) for piece, value in pairs if piece.startswith("{")}


def _literals(pattern: tuple[str, ...]) -> int:
    return sum(not piece.startswith("{") for piece in pattern)
