"""JMESPath expressions for --query. The package that reads them is optional, and loaded when one is given."""

from __future__ import annotations

from typing import Any

from ..errors import UsageError
from ..nearest import suggestion

INSTALL = "pip install 'vastai[cli]'"


class Expression:
    """A JMESPath expression that was read without a fault.

    Raises:
        UsageError: it has a fault, or the package that reads it is not installed.
    """

    def __init__(self, text: str) -> None:
        from importlib import import_module  # nothing but this needs the package, and no type checker either

        try:
            jmespath = import_module("jmespath")
        except ImportError:
            raise UsageError("--query needs the package jmespath", hint=INSTALL) from None
        if not text.strip():
            raise UsageError("--query: the expression is empty")
        try:
            self._compiled = jmespath.compile(text)
        except ValueError as error:
            raise UsageError(f"--query: {_in_one_line(error)} in {text[:200]!r}") from None
        known = import_module("jmespath.functions").Functions().FUNCTION_TABLE
        for name in _functions(self._compiled.parsed):
            if name not in known:
                raise UsageError(f"--query: there is no function {name}().{suggestion(name, known)}")

    def find(self, value: Any) -> Any:
        """What the expression finds in a value; None for nothing.

        Raises:
            UsageError: it does not fit the value, such as the length of a number.
        """
        try:
            return self._compiled.search(value)
        except ValueError as error:
            raise UsageError(f"--query: {_in_one_line(error)}") from None


def _in_one_line(error: ValueError) -> str:
    """What is wrong, without the drawing below it.

    >>> _in_one_line(ValueError('Bad jmespath expression: Unclosed " delimiter:\\n"a\\n^'))
    'Unclosed " delimiter'
    """
    first = str(error).partition("\n")[0]
    for needless in ("Invalid jmespath expression: ", "Invalid JMESPath expression: ", "Bad jmespath expression: "):
        first = first.removeprefix(needless)
    return first.removesuffix(":").removesuffix(", for expression")


def _functions(node: Any) -> list[str]:
    """The functions that a syntax tree calls."""
    own = [str(node["value"])] if node["type"] == "function_expression" else []
    return own + [name for child in node["children"] if isinstance(child, dict) for name in _functions(child)]
