"""Rules that hold inside one entry of a table: each a small function that yields places and faults."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Iterator
from string import Formatter
from typing import Any

from ..nearest import suggestion
from .facts import (
    CONSENT_FLAGS,
    GLOBAL_FLAGS,
    OWN_FLAGS,
    SCHEDULE_PARAMETERS,
    WAIT_PARAMETERS,
    Entry,
    Found,
    flags,
    is_positional,
    is_required,
    params_of,
    path_names,
    place,
    verb_and_path,
    words_of_entry,
)
from .model import words_of
from .read import Path
from .sentences import shown
from .value_rules import types_have_what_they_need, values_fit


def path_and_parameters_agree(name: str, entry: Entry) -> Found:
    """Every name in the path is a parameter that travels there, and no other parameter does."""
    if "http" not in entry:
        return
    params, named = params_of(entry), path_names(entry)
    rest = re.sub(r"\{[^{}]*\}", "", verb_and_path(entry)[1])
    if "{" in rest or "}" in rest:
        yield ("http",), "a brace of the path has no partner"
    for wanted in named:
        if wanted not in params:
            yield ("http",), f'the path names "{wanted}", which is no parameter.{suggestion(wanted, params)}'
        elif place(wanted, params[wanted], entry) != "path":
            yield ("params", wanted, "in"), "must be path, for the path names it"
        elif named.count(wanted) > 1:
            yield ("http",), f'the path names "{wanted}" twice'
    for key, parameter in params.items():
        if parameter.get("in") == "path" and key not in named:
            yield ("params", key, "in"), f"the path does not name {{{key}}}"


def required_come_first(name: str, entry: Entry) -> Found:
    """Python's signature, and the terminal's words, need the required parameters first and a list of words last."""
    optional = ""
    last_list = ""
    for key, parameter in params_of(entry).items():
        required = is_required(key, parameter, entry)
        if required and optional:
            yield ("params", key), f'is required, so it must stand before "{optional}", which is not'
        optional = optional or ("" if required else key)
        if parameter.get("required") and "default" in parameter:
            yield ("params", key, "required"), "is not needed where there is a default; keep one of the two"
        if is_positional(key, parameter, entry):
            if last_list and (isinstance(parameter.get("type"), list) or not required):
                yield ("params", key), f'is a word after the list "{last_list}"; a list must be the last word'
            last_list = last_list or (key if isinstance(parameter.get("type"), list) else "")


def named_parameters_exist(name: str, entry: Entry) -> Found:
    """Whatever names a parameter of its own entry names one, and so do the placeholders of `confirm`."""
    params = params_of(entry)
    for at, key in _named(entry):
        if key not in params:
            yield at, f"{shown(key)} is no parameter here.{suggestion(str(key), params)}"
    for number, order in enumerate(entry.get("orders", ())):
        for position, key in enumerate(order):
            if key not in params:
                yield ("orders", number, position), f"{shown(key)} is no parameter here.{suggestion(key, params)}"
    for key, parameter in params.items():
        for position, other in enumerate(parameter.get("excludes", ())):
            if other == key:
                yield ("params", key, "excludes", position), "a parameter cannot exclude itself"
            elif other not in params:
                hint = suggestion(other, params)
                yield ("params", key, "excludes", position), f"{shown(other)} is no parameter here.{hint}"
    try:
        placeholders = [field for _, field, _, _ in Formatter().parse(entry.get("confirm", "")) if field is not None]
    except ValueError as fault:
        yield ("confirm",), f"its braces are wrong: {fault}"
        return
    for key in placeholders:
        if key not in params:
            yield ("confirm",), f"{{{key}}} is no parameter here.{suggestion(key, params)}"


def schedules_have_times(name: str, entry: Entry) -> Found:
    """What can be done again and again takes the parameters that say when."""
    missing = [key for key in SCHEDULE_PARAMETERS if key not in params_of(entry)]
    if "schedule" in entry and missing:
        yield ("schedule",), f"the entry needs the parameters {', '.join(missing)}"


def waits_have_limits(name: str, entry: Entry) -> Found:
    """What can wait takes the parameters that say until what, and how long."""
    if "wait" in entry:
        names = [entry["wait"].get(key, name) for key, name in WAIT_PARAMETERS.items()]
        missing = [name for name in names if name not in params_of(entry)]
        if missing:
            yield ("wait",), f"the entry needs the parameters {' and '.join(missing)}"
        alone = not {"http", "steps", "flow"} & set(entry)
        yield from ((("wait",), f"alone needs {key}") for key in ("effect", "examples") if alone and key not in entry)


def _named(entry: Entry) -> Iterator[tuple[Path, Any]]:
    """The parameters that keys with a single name, or a list of names, mean; with their places."""
    if "most" in entry.get("pages", {}):
        yield ("pages", "most"), entry["pages"]["most"]
    for number, key in enumerate(entry.get("any_of", ())):
        yield ("any_of", number), key
    yield from ((("wait", key), entry["wait"][key]) for key in ("given", "poll") if key in entry.get("wait", {}))
    follow = entry.get("poll", {}).get("follow", {})
    yield from ((("poll", "follow", key), follow[key]) for key in ("when", "of", "tail") if key in follow)
    if "instance" in entry.get("schedule", {}):
        yield ("schedule", "instance"), entry["schedule"]["instance"]
    for end in ("from", "to"):
        if end in entry.get("window", {}):
            yield ("window", end), entry["window"][end]
    for number, step in enumerate(entry.get("steps", ())):
        yield from ((("steps", number, key), step[key]) for key in ("when", "unless") if key in step)
    for key in entry.get("returns", {}).get("pick", ()):
        yield ("returns", "pick", key), key
    for key in entry.get("output", {}).get("given", ()):
        yield ("output", "given", key), key
    for name, parameter in params_of(entry).items():
        if "unless" in parameter:
            yield ("params", name, "unless"), parameter["unless"]


def spellings_differ(name: str, entry: Entry) -> Found:
    """No keyword argument and no flag has two meanings, and none is Python's or the terminal's own."""
    taken: dict[str, str] = {}
    clashes: set[tuple[str, str]] = set()
    used = dict.fromkeys(
        (GLOBAL_FLAGS - OWN_FLAGS) | (CONSENT_FLAGS if {"confirm", "schedule"} & set(entry) else set()), "every command"
    )
    for key, parameter in params_of(entry).items():
        aliases = parameter.get("alias", ())
        for spelling, where in ((key, ()), *((alias, ("alias", at)) for at, alias in enumerate(aliases))):
            if keyword.iskeyword(spelling) or spelling == "self":
                yield ("params", key, *where), f'"{spelling}" is a word of Python; choose another'
            elif spelling in taken:
                clashes.add((key, taken[spelling]))
                yield ("params", key, *where), f'"{spelling}" is taken by "{taken[spelling]}"'
            taken.setdefault(spelling, key)
        for flag in flags(key, parameter, entry):
            at = next((option for option in ("short", "flag") if parameter.get(option) == flag), None)
            if used.setdefault(flag, key) != key and (key, used[flag]) not in clashes:
                yield ("params", key, *([at] if at else [])), f"its flag {flag} is taken by {used[flag]}"


def wire_names_differ(name: str, entry: Entry) -> Found:
    """Two parameters that are sent as one field exclude each other, or a `prepare` hook decides between them."""
    sent: dict[tuple[str, str], str] = {}
    for key, parameter in params_of(entry).items():
        where, wire = place(key, parameter, entry), parameter.get("as", key)
        if where not in ("query", "body") or wire == "." or "prepare" in entry:
            continue
        other = sent.setdefault((where, wire), key)
        if other != key and not _exclude(entry, key, other):
            yield ("params", key), f'is sent as "{wire}" like "{other}"; one must exclude the other'


def several_can_be_reported(name: str, entry: Entry) -> Found:
    """A request for each item of a list gives a report with the fields of each answer, so an answer is an object."""
    params = [key for key, parameter in params_of(entry).items() if "several" in parameter]
    if len(params) > 1:
        yield ("params", params[1], "several"), f'a list can stand in place of "{params[0]}" already'
    for key in params[:1]:
        returns = entry.get("returns", {})
        if params_of(entry)[key]["several"] is True and (
            returns.get("many") or returns.get("type") or "pages" in entry
        ):
            yield ("params", key, "several"), "only for a command whose result is one object"


def texts_are_plain(name: str, entry: Entry) -> Found:
    """Summaries are imperative; summaries and help texts end without a full stop."""
    summary = entry.get("summary", "")
    first = summary.split(" ")[0]
    if summary and not re.fullmatch(r"[A-Z][a-z-]+", first):
        yield ("summary",), f"must start with a verb and a capital, such as List; it starts with {shown(first)}"
    elif first in _NOT_VERBS or re.search(r"([^s]s|[a-z]{3}ing)$", first):
        yield ("summary",), f"{shown(first)} is no imperative; start with a verb such as List or Create"
    if summary.endswith("."):
        yield ("summary",), "ends with a full stop; leave it out"
    for key, parameter in params_of(entry).items():
        if parameter.get("help", "").endswith("."):
            yield ("params", key, "help"), "ends with a full stop; leave it out"


def examples_show_the_command(name: str, entry: Entry) -> Found:
    """Each example runs the command it belongs to, by one of its names."""
    names = [name, *entry.get("aliases", ())]
    lines = [" ".join(words_of_entry(name, entry)), *(" ".join(words_of(alias)) for alias in names[1:])]
    for number, example in enumerate(entry.get("examples", ())):
        if "cli" in example and not any(f" {line} " in f"{example['cli']} " for line in lines):
            yield ("examples", number, "cli"), f"does not run: vastai {lines[0]}"
        if "python" in example and not any(f".{each}(" in example["python"] for each in names):
            yield ("examples", number, "python"), f"does not call: client.{name}(...)"


def pages_are_lists(name: str, entry: Entry) -> Found:
    """What comes in pages, or is shown as empty, is a list; and a table has rows of a schema."""
    returns, output = entry.get("returns", {}), entry.get("output", {})
    if "pages" in entry and not returns.get("many"):
        yield ("pages",), "pages are joined to a list: returns needs many: true"
    if "empty" in output and not returns.get("many") and not {"text", "rows"} & set(output):
        yield ("output", "empty"), "only a list, or the text of a field, can be empty: returns has no many: true"
    if "pick" in returns and not returns.get("many"):
        yield ("returns", "pick"), "a row is picked from a list: returns needs many: true"
    if "rows" in output and "table" not in output and output.get("view", "text") == "text":
        yield ("output", "rows"), "the rows of what? There is no table beside it"
    if "rows" in output and returns.get("many"):
        yield ("output", "rows"), "the result is the list of rows already: returns has many: true"
    for key in ("table", "quiet", "text", "histogram"):
        if key in output and returns.get("type") == "str":
            yield ("output", key), "the result is text and has no fields"


# Every rule is called with the entry's name and the entry.
RULES: tuple[Callable[[str, Entry], Found], ...] = (
    path_and_parameters_agree,
    types_have_what_they_need,
    required_come_first,
    named_parameters_exist,
    schedules_have_times,
    waits_have_limits,
    spellings_differ,
    wire_names_differ,
    values_fit,
    several_can_be_reported,
    texts_are_plain,
    examples_show_the_command,
    pages_are_lists,
)

_NOT_VERBS = frozenset(("A", "An", "The", "This", "Your", "All", "For", "To", "Command", "Method"))


def _exclude(entry: Entry, one: str, other: str) -> bool:
    params = params_of(entry)
    return other in params[one].get("excludes", ()) or one in params[other].get("excludes", ())
