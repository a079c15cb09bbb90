"""``vastai help TOPIC``: pages on what several commands share, made from the data that the program itself uses."""

from __future__ import annotations

from ..errors import UsageError
from .help import listed, options_listed, wrapped

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Callable

TOPICS = {
    "queries": "The filters of a search, and all fields",
    "regions": "Which countries a region has",
    "output": "The forms of a result, and what of it is shown",
    "exit-codes": "What the exit codes mean",
    "environment": "The environment variables that are read",
}


def topic_named(words: list[str]) -> str:
    """The topic that some words mean, or "".

    >>> topic_named(["exit", "codes"]), topic_named(["Query"]), topic_named(["show"])
    ('exit-codes', 'queries', '')
    """
    name = "-".join(words).replace("_", "-").lower()
    name = {
        "query": "queries",
        "region": "regions",
        "exit-code": "exit-codes",
        "env": "environment",
        "format": "output",
        "formats": "output",
    }.get(name, name)
    return name if name in TOPICS else ""


def list_page(width: int) -> str:
    """What help there is: the topics, and the ways to the commands."""
    ways = [
        ("vastai help TOPIC", "One of the topics above"),
        ("vastai help COMMAND", "The same as vastai COMMAND --help"),
        ("vastai --help", "All commands"),
    ]
    return "\n".join([listed("topics", TOPICS.items(), width), listed("help", ways, width)]).rstrip("\n")


def page(topic: str, width: int) -> str:
    """The page of a topic.

    Raises:
        UsageError: there is none of that name; it says which there are.
    """
    if topic not in TOPICS:
        raise UsageError(f"There is no topic {topic!r}; there are {', '.join(TOPICS)}")
    pages: dict[str, Callable[[int], str]] = {
        "queries": queries,
        "regions": regions,
        "output": output,
        "exit-codes": exit_codes,
        "environment": environment,
    }
    return pages[topic](width).rstrip("\n")


def queries(width: int) -> str:
    """The search language and the fields of each kind of search."""
    from ..hooks import query_fields

    kinds = query_fields.KINDS
    parts = [
        _text("A query is comparisons, all of which must hold: FIELD SIGN VALUE.", width),
        "  vastai search offers 'num_gpus>=4 gpu_ram>=24 dph<2 geolocation in [SE,NO]'\n",
        listed("signs", _signs(), width),
        _text(
            "Quotes around the query keep the shell from reading < > [ and *. Underscores in a GPU name stand for "
            "blanks. FIELD=any takes a field out of the search, and -n takes out all the default filters.",
            width,
        ),
    ]
    titles: dict[tuple[str, ...], list[str]] = {}
    for name, kind in kinds.items():  # kinds with the same fields are listed once
        titles.setdefault(tuple(kind.fields), []).append(name.replace("_", " "))
    for names in titles.values():
        kind_name = names[0].replace(" ", "_")
        parts.append(listed(f"fields of {', '.join(names)}", map(_field, query_fields.describe(kind_name)), width))
    return "\n".join(parts)


def regions(width: int) -> str:
    """The region codes of a search and the region names of a launch, with their countries."""
    from ..hooks import regions as known

    codes = [(code, " ".join(countries)) for code, countries in known.CODES.items()]
    names = [(name, " ".join(countries)) for name, countries in known.NAMES.items()]
    return "\n".join(
        [
            _text("A place is a two-letter country code: geolocation=SE, geolocation in [SE,NO].", width),
            _text("With georegion=true in the query, geolocation takes these codes too:", width),
            listed("region codes", codes, width),
            _text("Where a command has an option --region, it takes these names:", width),
            listed("region names", names, width),
        ]
    )


def output(width: int) -> str:
    """The options that decide how a result is printed."""
    from .options import FORMATS, OUTPUT, WATCH

    meanings = {
        "table": "For people: a table that fits the terminal, or lines of names and values",
        "json": "One JSON document",
        "jsonl": "A line of JSON for each row",
        "csv": "Cells separated by commas, for spreadsheets",
        "yaml": "One YAML document",
    }
    return "\n".join(
        [
            _text("Data goes to stdout; remarks, questions, progress and errors go to stderr.", width),
            listed("forms", [(form, meanings[form]) for form in FORMATS], width),
            listed("options", options_listed([*OUTPUT, WATCH]), width),
            _text("They may stand before or behind the words of a command.", width),
            "  vastai search offers --columns id,gpu_name,dph_total --sort dph_total\n",
        ]
    )


def exit_codes(width: int) -> str:
    """The exit codes and what each means."""
    from ..errors import exit_code_meanings

    rows = [(str(code), meaning) for code, meaning in exit_code_meanings()]
    note = "Commands that run another program, such as rsync, end with that program's code."
    return "\n".join([listed("exit codes", rows, width), _text(note, width)])


def environment(width: int) -> str:
    """The environment variables and what each does."""
    from ..variables import VARIABLES

    rows = [(", ".join(names), meaning.replace("`", "")) for names, meaning in VARIABLES]
    return listed("environment variables", rows, width)


def _signs() -> list[tuple[str, str]]:
    """Every way to write each operator, and its meaning."""
    from ..hooks.query_grammar import MEANINGS, SYMBOLS, WORDS

    return [
        ("  ".join(spelled for spelled, meant in {**SYMBOLS, **WORDS}.items() if meant == operator), meaning)
        for operator, meaning in MEANINGS.items()
    ]


def _field(field: tuple[str, str, str, str]) -> tuple[str, str]:
    name, kind, unit, alias = field
    return name, ", ".join(part for part in (kind, unit, f"also {alias}" if alias else "") if part)


def _text(text: str, width: int) -> str:
    return "\n".join([*wrapped(text, width), ""])
