"""The sandbox's routes: each verb and path of the table or of a behaviour, found for a request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple
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


def build(commands: Iterable[Command], behaviours: Mapping[str, Behaviour]) -> list[Route]:
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
    return [Route(text, tuple(users.get(key, ())), acts.get(key)) for key, text in written.items()]


def find(routes: Iterable[Route], verb: str, path: str) -> tuple[Route, dict[str, str]]:
    """The route of a request, and the values of its path's parameters, percent-decoded.

    A trailing slash makes no difference; where several routes fit, the one with more literal segments is meant.

    Raises:
        Refusal: 404 for an unknown path, 405 for a known path with another verb.
    """
    asked = pieces(path)
    fitting = [route for route in routes if _fits(route.pieces, asked)]
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


def _fits(pattern: tuple[str, ...], asked: tuple[str, ...]) -> bool:
    return len(pattern) == len(asked) and all(
        piece == value or (piece.startswith("{") and value != "") for piece, value in zip(pattern, asked, strict=True)
    )


def _literals(pattern: tuple[str, ...]) -> int:
    return sum(not piece.startswith("{") for piece in pattern)
