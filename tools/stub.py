"""The type stub of vastai/client.py: its own definitions without their bodies, and a typed method for every command."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator
from typing import Any

from vastai.factory import annotation
from vastai.table.model import Command, Parameter, Table

WIDTH = 120
CLASS = "VastAI"
# Found by look-up at run time only: in a stub it would make every misspelt name look right.
UNSAID = frozenset(("__getattr__",))


def stub(table: Table, source: str) -> str:
    """The text of client.pyi, formatted as `ruff format` does.

    Arguments:
        source: the text of client.py.
    """
    module = _without_quotes(ast.parse(source))
    blocks = [block for node in module.body for block in _definition(node, table)]
    text = "\n\n".join(blocks)
    return _imports(module, text) + "\n\n" + text + "\n"


def _without_quotes(module: ast.Module) -> ast.Module:
    """The module with annotations that are written as texts, which cost less at run time, as expressions."""
    for node in ast.walk(module):
        for field in ("annotation", "returns"):
            text = getattr(node, field, None)
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                setattr(node, field, ast.parse(text.value, mode="eval").body)
    return module


def method(command: Command, name: str) -> str:
    """The lines of one method: signature, and the summary as its documentation."""
    words = ["self", *map(_parameter, command.params.values())]
    head = _wrapped(f"    def {name}(", words, f") -> {command.returns.annotation}:")
    return f'{head}\n        """{command.summary}."""'


def _parameter(parameter: Parameter) -> str:
    kind = annotation(parameter)
    if parameter.required:
        return f"{parameter.name}: {kind}"
    value = parameter.initial
    return (
        f"{parameter.name}: {kind} = {json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)}"
    )


def _wrapped(start: str, words: list[str], end: str) -> str:
    """One line if it fits; else all arguments on one line; else one on each."""
    line = start + ", ".join(words) + end
    if len(line) <= WIDTH:
        return line
    indent = " " * (len(start) - len(start.lstrip()))
    inner = f"{indent}    {', '.join(words)}"
    if len(inner) > WIDTH:
        inner = "\n".join(f"{indent}    {word}," for word in words)
    return f"{start}\n{inner}\n{indent}{end}"


def _definition(node: ast.stmt, table: Table) -> Iterator[str]:
    """What the stub says of one statement of the module; nothing for what only has an effect."""
    if isinstance(node, ast.ClassDef):
        yield _class(node, table)
    elif isinstance(node, ast.FunctionDef):
        yield _function(node, "")
    elif isinstance(node, ast.AnnAssign):
        yield f"{ast.unparse(node.target)}: {ast.unparse(node.annotation)}"
    elif isinstance(node, ast.Assign):
        kind = type(node.value.value).__name__ if isinstance(node.value, ast.Constant) else "Any"
        yield from (f"{ast.unparse(target)}: {kind}" for target in node.targets)


def _class(node: ast.ClassDef, table: Table) -> str:
    members = [f"    {name}: {kind}" for name, kind in _attributes(node)]
    for item in node.body:
        if isinstance(item, ast.FunctionDef) and item.name not in UNSAID:
            members.append(_function(item, "    "))
    if node.name == CLASS:
        members += [method(table.command(name), name) for name in _in_order(table)]
    document = ast.get_docstring(node)
    head = f'    """{document.splitlines()[0]}"""\n\n' if document else ""
    return f"class {node.name}:\n{head}" + "\n".join(members)


def _in_order(table: Table) -> Iterable[str]:
    """All method names in the order of the table, each command's aliases behind it."""
    return (name for command in table for name in command.names)


def _function(node: ast.FunctionDef, indent: str) -> str:
    """A function without its body."""
    decorators = "".join(f"{indent}@{ast.unparse(decorator)}\n" for decorator in node.decorator_list)
    start = f"{decorators}{indent}def {node.name}("
    returns = ast.unparse(node.returns) if node.returns else "Any"
    words = [_unquoted(word) for word in _arguments(node.args)]
    document = ast.get_docstring(node)
    if not document:
        return _wrapped(start, words, f") -> {returns}: ...")
    return f'{_wrapped(start, words, f") -> {returns}:")}\n{indent}    """{document.splitlines()[0]}"""'


def _arguments(arguments: ast.arguments) -> list[str]:
    """The arguments of a function, one text each, as they would be written one a line."""
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults))
    words = [_argument(*pair) for pair in zip(plain, [*defaults, *arguments.defaults], strict=True)]
    if arguments.posonlyargs:
        words.insert(len(arguments.posonlyargs), "/")
    if arguments.vararg:
        words.append("*" + _argument(arguments.vararg, None))
    elif arguments.kwonlyargs:
        words.append("*")
    words += [_argument(*pair) for pair in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    return words + (["**" + _argument(arguments.kwarg, None)] if arguments.kwarg else [])


def _argument(argument: ast.arg, default: ast.expr | None) -> str:
    kind = f": {ast.unparse(argument.annotation)}" if argument.annotation else ""
    value = "" if default is None else f" = {ast.unparse(default)}" if kind else f"={ast.unparse(default)}"
    return argument.arg + kind + value


def _unquoted(word: str) -> str:
    return word.replace("'", '"')


def _attributes(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    """The attributes that `__init__` gives an instance, with their types as far as they are plain to see."""
    start = next((item for item in node.body if isinstance(item, ast.FunctionDef) and item.name == "__init__"), None)
    if start is None:
        return
    known = {a.arg: ast.unparse(a.annotation) for a in [*start.args.args, *start.args.kwonlyargs] if a.annotation}
    for statement in start.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Attribute):
            yield statement.target.attr, ast.unparse(statement.annotation)
        elif isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Attribute):
            yield statement.targets[0].attr, _kind(statement.value, known)


def _kind(value: ast.expr, known: dict[str, str]) -> str:
    """The type of a value: a class that is called, or an argument with a type of its own."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id[:1].isupper():
        return value.func.id
    return known.get(value.id, "Any") if isinstance(value, ast.Name) else "Any"


def _imports(module: ast.Module, text: str) -> str:
    """The imports that the stub needs: those of the module, and of the standard library for parameters."""
    used = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    standard: dict[str, set[str]] = {"collections.abc": {"Sequence"} & used, "typing": {"Any"} & used}
    relative: dict[str, set[str]] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module != "__future__":
            place = relative if node.level else standard
            names = {alias.name for alias in node.names} & used
            place.setdefault("." * node.level + (node.module or ""), set()).update(names)
    plain = ["import os"] if "os" in used else []
    groups = [[*plain, *_from_lines(standard)], _from_lines(relative)]
    return "\n\n".join("\n".join(lines) for lines in groups if lines)


def _from_lines(modules: dict[str, Any]) -> list[str]:
    return [f"from {module} import {', '.join(sorted(names))}" for module, names in sorted(modules.items()) if names]
