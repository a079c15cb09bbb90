"""The factory: a command of the table becomes a method with a real name, signature and docstring.

The other thing made from a command, its subparser, stands in `cli/parser.py`, where the terminal loads it.
"""

from __future__ import annotations

import textwrap

from .table.model import Command, Parameter

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Callable
    from inspect import Signature
    from typing import Any

# What a parameter of each type takes, as the stub writes it.
ANNOTATIONS = {
    "str": "str",
    "int": "int",
    "float": "float",
    "bool": "bool",
    "json": "Any",
    "path": "str | os.PathLike[str]",
    "date": "str | float",
    "id": "int | str",
    "query": "Any",
    "order": "Any",
    "columns": "Any",
    "env": "Any",
    "scopes": "Any",
}


def method(command: Command, name: str) -> Callable[..., Any]:
    """The method of a command.

    Arguments:
        name: its own name, or one of its aliases.

    Returns:
        a function of `self` and the command's parameters; it calls ``self._call(name, args, kwargs)``.
    """

    def function(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        return self._call(name, args, kwargs)

    function.__name__ = name
    function.__qualname__ = f"VastAI.{name}"
    function.__module__ = "vastai.client"
    function.__doc__ = docstring(command, name)
    function.__signature__ = signature(command)  # type: ignore[attr-defined]  # functions take any attribute
    del function.__annotations__  # those of the parameters stand in the signature
    return function


def signature(command: Command) -> Signature:
    """The signature of a command's method: its parameters in their order, all of them positional or keyword."""
    import inspect

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter("self", kind)]
    for parameter in command.params.values():
        default = inspect.Parameter.empty if parameter.required else parameter.initial
        parameters.append(inspect.Parameter(parameter.name, kind, default=default, annotation=annotation(parameter)))
    return inspect.Signature(parameters, return_annotation=command.returns.annotation)


def annotation(parameter: Parameter) -> str:
    """The type of a parameter as the stub and the signature write it.

    >>> annotation(Parameter("ids", {"type": ["id"], "required": True}, "body"))
    'Sequence[int | str]'
    """
    text = ANNOTATIONS[parameter.type]
    if parameter.many:
        text = f"Sequence[{text}]"
    if parameter.several:
        text = f"{text} | Sequence[{text}]"
    if parameter.has_bare:
        text = f"bool | {text}"
    optional = not parameter.required and parameter.initial is None and text != "Any"
    return f"{text} | None" if optional else text


def docstring(command: Command, name: str = "") -> str:
    """The documentation of a command's method, as written by hand: summary, description, arguments, result, example."""
    parts = [command.summary + "."]
    if command.deprecated:
        parts.append(f"Deprecated: use `{command.deprecated}`.")
    if name and name != command.name:
        parts.append(f"The same as `{command.name}`.")
    if command.description:
        parts.append(command.description.strip())
    shown = [p for p in command.params.values() if not p.hidden]
    if shown:
        parts.append("Args:\n" + "\n".join(_argument(parameter) for parameter in shown))
    parts.append(f"Returns:\n    {command.returns.annotation}: {_result(command)}")
    parts.append("Raises:\n" + "\n".join(f"    {line}" for line in _raises(command)))
    example = next((e["python"] for e in command.examples if "python" in e), None)
    if example:
        parts.append("Example:\n" + textwrap.indent(example.strip(), "    >>> ", lambda line: True))
    return "\n\n".join(parts)


def _argument(parameter: Parameter) -> str:
    """One line of the Args section, wrapped."""
    text = parameter.help or "No description"
    if parameter.choices:
        text += f"; one of {', '.join(str(choice) for choice in parameter.choices)}"
    if parameter.other_names:
        text += f"; also accepted as {', '.join(parameter.other_names)}"
    if parameter.initial not in (None, "", False):
        text += f" (default {parameter.initial!r})"
    return textwrap.fill(f"{parameter.name}: {text}.", 100, initial_indent="    ", subsequent_indent=" " * 8)


def _result(command: Command) -> str:
    if command.returns.type == "str":
        return "the text."
    if command.returns.many:
        return "one object per row; every field that the service sends is kept."
    return "the answer; every field that the service sends is kept."


def _raises(command: Command) -> list[str]:
    lines = [
        "UsageError: a value is wrong; nothing was sent.",
        "APIError: the service refused; AuthError, NotFound and RateLimited are special cases.",
        "ConnectionFailed: the service could not be reached, or did not answer in time.",
    ]
    if command.effect == "once":
        lines.append("OutcomeUnknown: it was sent and the answer is lost; look before you try again.")
    return lines
