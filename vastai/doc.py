"""The table as Markdown: the reference of all methods, and that of the command line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .errors import exit_code_meanings
from .factory import annotation
from .table.model import UNSET, Command, Parameter, Table, words_of
from .variables import VARIABLES

EFFECTS = {
    "read": "Only reads. A failed attempt is repeated.",
    "update": "Changes something; doing it twice does no harm, so a failed attempt is repeated.",
    "destroy": "Cannot be undone; doing it twice does no harm, so a failed attempt is repeated.",
    "once": "Must happen once. It is never sent again when it may have arrived.",
}

PLACEHOLDER = re.compile(r"\{([a-z]+(?:_[a-z]+)*)\}")


class Untrue(ValueError):
    """A hand-written template says something that the table denies."""


def reference(table: Table, template: str) -> str:
    """The reference of all methods.

    Arguments:
        template: the page with the promised tables (signature, description, result) and these marks: ``[[count]]`` the
            number of methods, ``[[further]]`` tables of the methods that it does not name, ``[[details]]`` each method.
            A first line ``<!-- results made by hooks: NAMES -->`` excuses methods whose result the table cannot tell.

    Raises:
        Untrue: promised methods, parameters or results are not in the table; one line for each.
    """
    promised = re.compile(r"^\| `(\w+)\((.*?)\)` \| (.*) \| `(.*)` \|$")
    excused = re.match(r"<!-- results made by hooks: (.*) -->\n\n", template)
    by_hooks = excused[1].split() if excused else []
    template = template[excused.end() :] if excused else template
    rows = [row for line in template.splitlines() if (row := promised.match(line))]
    faults = [
        fault for row in rows for fault in _untruths(table, row[1], row[2], None if row[1] in by_hooks else row[4])
    ]
    if faults:
        raise Untrue("\n".join(faults))
    marks = {
        "count": str(len(table.names())),
        "further": _further(table, [row[1] for row in rows]),
        "details": "\n\n".join(_by_group(table, _method_group)),
    }
    return _filled(template, marks)


def commands_page(table: Table, template: str) -> str:
    """The reference of the command line.

    Arguments:
        template: the page with these marks: ``[[commands]]`` each command by group, ``[[exit_codes]]`` and
            ``[[environment]]`` their tables.
    """
    commands = "\n\n".join(_by_group(table, _command_group))
    return _filled(template, {"commands": commands, "exit_codes": exit_codes(), "environment": environment()})


def exit_codes() -> str:
    """The table of exit codes, in ascending order."""
    return markdown_table(("Code", "Meaning"), [(str(code), sentence(text)) for code, text in exit_code_meanings()])


def environment() -> str:
    """The table of the environment variables that are read."""
    rows = [(", ".join(f"`{name}`" for name in names), meaning) for names, meaning in VARIABLES]
    return markdown_table(("Variable", "Meaning"), rows)


def usage(command: Command) -> str:
    """The usage line of a command, such as ``vastai label instance ID LABEL [OPTIONS]``; the same as in its help."""
    shown = [parameter for parameter in command.params.values() if not parameter.hidden]
    words = [_plain_word(command, p) for p in shown if p.positional]
    needed = [f"{p.flags[0]}{_value(p)}" for p in shown if p.required and not p.positional]
    return " ".join(["vastai", *command.words, *words, *needed, "[OPTIONS]"])


def with_capitals(example: str) -> str:
    """An example with capitals for its placeholders, which stand for what the reader has and we have not.

    >>> with_capitals("client.logs({stopped_instance}, tail=100)")
    'client.logs(STOPPED_INSTANCE, tail=100)'
    """
    return PLACEHOLDER.sub(lambda found: found[1].upper(), example)


def sentence(text: str) -> str:
    """A line as a sentence: a capital first, a full stop last."""
    text = text.strip()
    text = text[:1].upper() + text[1:]
    return text if not text or text.endswith((".", "!", "?")) else text + "."


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown: a header, then rows of as many cells."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _untruths(table: Table, name: str, signature: str, result: str | None) -> list[str]:
    """What a row of the reference promises and the table does not keep, one line each."""
    if name not in table:
        return [f"{name}: the page promises this method and the table has none"]
    command = table.command(name)
    faults = []
    words = [word.strip() for word in signature.split(",") if word.strip() and not word.strip().startswith("**")]
    found = [(command.parameter(word) or command).name for word in words]
    if not any(order[: len(found)] == found for order in (list(command.params), *command.orders)):
        faults.append(f"{name}: the page promises ({signature}), the table takes {_orders(command)}")
    if result not in (None, _short_result(command)):
        faults.append(f"{name}: the page promises {result}, the table gives {_short_result(command)}")
    return faults


def _short_result(command: Command) -> str:
    return command.returns.annotation.replace("[str, Any]", "")


def _further(table: Table, named: Sequence[str]) -> str:
    """Tables of the methods that the promised page does not name, by group."""
    sections = []
    for group in _groups(table):
        of_group = [name for name in table.names() if name not in named and table.command(name).group == group]
        if of_group:
            rows = [_row(table.command(name), name) for name in of_group]
            sections.append(
                f"### More: {_title(group)}\n\n" + markdown_table(("Method", "Description", "Returns"), rows)
            )
    return "\n\n".join(sections)


def _row(command: Command, name: str) -> tuple[str, str, str]:
    """The row of a method in a table of methods."""
    purpose = command.summary if name == command.name else f"Another name of `{command.name}`"
    return f"`{name}({', '.join(_shown_names(command))})`", purpose, f"`{_short_result(command)}`"


def _shown_names(command: Command) -> list[str]:
    """The required parameters, and ``**kwargs`` when there are more."""
    names = [p.name for p in command.params.values() if p.required]
    return names if len(names) == len(command.params) else [*names, "**kwargs"]


def _by_group(table: Table, section: Any) -> Iterable[str]:
    return (section(group, [c for c in table if c.group == group]) for group in _groups(table))


def _groups(table: Table) -> list[str]:
    """The groups in the order of the table."""
    return list(dict.fromkeys(command.group for command in table))


def _method_group(group: str, commands: Sequence[Command]) -> str:
    return "\n\n".join([f"### In detail: {_title(group)}", *map(_method, commands)])


def _method(command: Command) -> str:
    """The section of one method."""
    parts = [f"#### `{command.name}`", sentence(command.summary), *_remarks(command)]
    parts.append("```text\n" + _call(command) + "\n```")
    shown = [p for p in command.params.values() if not p.hidden]
    if shown:
        rows = [(f"`{p.name}`", f"`{annotation(p)}`", _default(p), _meaning(p)) for p in shown]
        parts.append(markdown_table(("Parameter", "Type", "Default", "Meaning"), rows))
    parts.append(_sending(command))
    parts += _examples(command, "python", "python")
    return "\n\n".join(parts)


def _call(command: Command) -> str:
    """The signature as one would write it, wrapped where it is long."""
    shown = [p for p in command.params.values() if not p.hidden]
    words = [p.name if p.required else f"{p.name}={p.initial!r}" for p in shown]
    line = f"{command.name}({', '.join(words)}) -> {command.returns.annotation}"
    if len(line) <= 100:
        return line
    return f"{command.name}(\n" + "".join(f"    {word},\n" for word in words) + f") -> {command.returns.annotation}"


def _remarks(command: Command) -> list[str]:
    """What else is to be said about a command, one paragraph each."""
    remarks = []
    if command.deprecated:
        remarks.append(f"**Deprecated**: use `{command.deprecated}`.")
    if command.description:
        remarks.append(command.description.strip())
    if command.sandbox_only:
        remarks.append(f"**Only in the sandbox**: no public request for it is known. {sentence(command.instead)}")
    if command.aliases:
        remarks.append(f"Also called {', '.join(f'`{alias}`' for alias in command.aliases)}.")
    if len(command.orders) > 1:
        remarks.append(f"Positional arguments may come in these orders: {_orders(command)}.")
    return remarks


def _orders(command: Command) -> str:
    return " or ".join(f"`({', '.join(order)})`" for order in command.orders)


def _sending(command: Command) -> str:
    """What goes to the service, and whether it may be repeated."""
    if command.left_out:
        return f"Left out: raises `NotOffered`. {sentence(command.instead)}"
    if command.composed:
        sent = "Sends several requests" if command.calls else "Sends what is needed"
        calls = f": {', '.join(f'`{name}`' for name in command.calls)}" if command.calls else ""
        return f"{sent}{calls}. {EFFECTS[command.effect]}"
    look = f" If the answer is lost, look with `{command.look_at['command']}`." if command.look_at else ""
    key = " Works without a key." if command.key == "optional" else ""
    where = "In the sandbox: " if command.sandbox_only else ""
    return f"{where}`{command.verb} {command.path}`. {EFFECTS[command.effect]}{look}{key}"


def _command_group(group: str, commands: Sequence[Command]) -> str:
    return "\n\n".join([f"### {_title(group)}", *map(_command, commands)])


def _command(command: Command) -> str:
    """The section of one command of the terminal."""
    parts = [f"#### `vastai {' '.join(command.words)}`", sentence(command.summary), *_terminal_remarks(command)]
    parts.append("```text\n" + usage(command) + "\n```")
    shown = [p for p in command.params.values() if not p.hidden]
    words = [(f"`{_plain_word(command, p)}`", _meaning(p)) for p in shown if p.positional]
    flags = [(_flag(p), "" if p.type == "bool" else _default(p), _meaning(p)) for p in shown if not p.positional]
    if words:
        parts.append(markdown_table(("Argument", "Meaning"), words))
    asked = [("`-y, --yes`", "", "Do it without asking")] if command.asks else []
    if flags or asked:
        parts.append(markdown_table(("Option", "Default", "Meaning"), flags + asked))
    parts += _examples(command, "cli", "bash")
    return "\n\n".join(parts)


def _terminal_remarks(command: Command) -> list[str]:
    remarks = [line for line in _remarks(command) if not line.startswith(("Also called", "Positional"))]
    others = [f"`vastai {' '.join(words_of(alias))}`" for alias in command.aliases]
    if others:
        remarks.append(f"Also: {', '.join(others)}.")
    if command.confirm:
        remarks.append(f'Asks first: "{with_capitals(command.confirm)}"')
    return remarks


def _plain_word(command: Command, parameter: Parameter) -> str:
    """A word of the usage line: brackets say that it may be missing, dots that there may be several."""
    words = [p for p in command.params.values() if p.positional]
    takes_the_rest = parameter is words[-1] and parameter.takes_the_rest
    several = parameter.many or takes_the_rest or command.several_words(parameter)
    name = _shown_name(parameter) + ("..." if several else "")
    return name if parameter.required else f"[{name}]"


def _flag(parameter: Parameter) -> str:
    return f"`{', '.join(sorted(parameter.flags, key=len))}{_value(parameter)}`"


def _value(parameter: Parameter) -> str:
    """What follows a flag; nothing for a switch."""
    if parameter.has_bare:
        return parameter.value_if_any
    dots = "..." if parameter.many and not parameter.repeated else ""
    return "" if parameter.type == "bool" else f" {_shown_name(parameter)}{dots}"


def _shown_name(parameter: Parameter) -> str:
    return parameter.name.upper().replace("_", "-")


def _default(parameter: Parameter) -> str:
    if parameter.default in (UNSET, None) or (parameter.default is False and parameter.type == "bool"):
        return ""
    return f"`{parameter.default!r}`"


def _meaning(parameter: Parameter) -> str:
    """The help of a parameter, with its choices and bounds."""
    text = parameter.help
    if parameter.choices:
        text += "; one of " + ", ".join(f"`{choice}`" for choice in parameter.choices)
    if parameter.minimum is not None or parameter.maximum is not None:
        low = "" if parameter.minimum is None else f"at least {parameter.minimum:g}"
        high = "" if parameter.maximum is None else f"at most {parameter.maximum:g}"
        text += "; " + ", ".join(part for part in (low, high) if part)
    if parameter.other_names:
        text += "; also `" + "`, `".join(parameter.other_names) + "`"
    if parameter.excludes:
        text += "; not together with `" + "`, `".join(parameter.excludes) + "`"
    return text + (". **Required**" if parameter.required else "")


def _examples(command: Command, key: str, language: str) -> list[str]:
    blocks = []
    for example in command.examples:
        if key in example:
            note = [f"{sentence(example['note'])}"] if example.get("note") else []
            blocks += [*note, f"```{language}\n{with_capitals(example[key]).strip()}\n```"]
    return blocks


def _title(group: str) -> str:
    return group[:1].upper() + group[1:]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _filled(template: str, marks: Mapping[str, str]) -> str:
    for name, text in marks.items():
        template = template.replace(f"[[{name}]]", text)
    return template
