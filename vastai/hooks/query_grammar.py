"""The grammar of the search language: from text to comparisons, with the column of each.

::

    query      = { comparison [ commas ] [ blanks ] }
    comparison = field operator value
    field      = letter or "_", then letters, digits, "_"
    operator   = [ blanks ] symbol | blanks word        symbol: = == != < <= > >=
                                                        word:   eq neq lt lte gt gte in notin, "not in" and the like
    value      = list | quoted | bare
    list       = "[" item { "," item } "]"              only with in and notin
    item       = quoted | anything but , [ ]
    quoted     = "..." | '...'
    bare       = anything up to the next blank; without = < > and without quotes or brackets at its ends

Each rule is one function that takes the scanner to the end of what it read. What a value means for its field is not
decided here.
"""

from __future__ import annotations

import re
from typing import NamedTuple

SYMBOLS = {"=": "eq", "==": "eq", "!=": "neq", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}
"""Operator signs and what the service calls them."""

WORDS = {
    "eq": "eq",
    "neq": "neq",
    "noteq": "neq",
    "lt": "lt",
    "lte": "lte",
    "gt": "gt",
    "gte": "gte",
    "in": "in",
    "nin": "notin",
    "notin": "notin",
}
"""Operator words, in any case, and what the service calls them; "not in" counts as "notin"."""

MEANINGS = {
    "eq": "is",
    "neq": "is not",
    "lt": "less than",
    "lte": "at most",
    "gt": "more than",
    "gte": "at least",
    "in": "is one of, as in [SE,NO]",
    "notin": "is none of; not in [SE,NO] too",
}
"""What the service's operators mean."""

LIST_OPERATORS = frozenset({"in", "notin"})
ORDERED_OPERATORS = frozenset({"lt", "lte", "gt", "gte"})
OPERATORS = frozenset(WORDS.values())

_BLANKS = re.compile(r"\s*")
_COMMAS = re.compile(r",*")
_SEPARATORS = re.compile(r"[\s,]*")
_FIELD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SYMBOL = re.compile(r"\s*([=<>!~]+)")
_WORD = re.compile(r"\s+([Nn][Oo][Tt]\s+)?([A-Za-z]+)(?=[\s\"'\[]|\Z)")
_QUOTED = re.compile(r"\"([^\"]*)\"|'([^']*)'")
_BARE = re.compile(r"\S+")
_BARE_ITEM = re.compile(r"[^,\[\]]+")
_GLUE = re.compile(r"[=<>]")

_QUOTES = ("'", '"')
_ENDS = ("'", '"', "[", "]")
_FOREIGN_LISTS = ("(", "{")


class QueryError(ValueError):
    """A query, or the order of one, that cannot be understood.

    Its text is one line: where, what is wrong, and how to write it.
    """

    def __init__(self, message: str, text: str = "", position: int | None = None, what: str = "query") -> None:
        """Keep what is wrong, the text, its column (from 1; None where there is no text), and what the text is."""
        super().__init__(message, text, position, what)
        self.message = message
        self.text = text
        self.position = position
        self.what = what

    def __str__(self) -> str:
        """Return the one line for the user."""
        where = self.what if self.position is None else f"{self.what}, column {self.position}"
        return f"{where}: {self.message}"


class Item(NamedTuple):
    """One value as written."""

    text: str
    quoted: bool
    column: int


class Comparison(NamedTuple):
    """One comparison as written: a field, an operator in the service's words, and one or more values."""

    field: str
    operator: str
    items: list[Item]
    column: int


def shown(text: object) -> str:
    """Return a piece of a query in quotes, short and with control characters made visible.

    >>> shown("RTX 4090"), shown("a\\tb")
    ("'RTX 4090'", "'a\\\\tb'")
    """
    written = repr(text)
    return written if len(written) <= 60 else f"{written[:56]}...{written[0]}"


class Scanner:
    """A query text and how far it is read."""

    def __init__(self, text: str) -> None:
        """Start at the beginning of the text."""
        self.text = text
        self.at = 0

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what the pattern matches here, or nothing."""
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return found

    def ahead(self) -> str:
        """Return the next character without reading it; empty at the end."""
        return self.text[self.at : self.at + 1]

    def rest(self) -> str:
        """Return what follows up to the next blank, for messages."""
        found = _BARE.match(self.text, self.at)
        return found.group() if found else ""

    def error(self, message: str, at: int | None = None) -> QueryError:
        """Make the error for an offset of the text, by default for here."""
        return QueryError(message, self.text, (self.at if at is None else at) + 1)


def comparisons(text: str) -> list[Comparison]:
    """Read a query text.

    Raises:
        QueryError: the text does not follow the grammar.

    >>> for found in comparisons("num_gpus>=4 geolocation in [US,CA]"):
    ...     print(found.field, found.operator, [item.text for item in found.items])
    num_gpus gte ['4']
    geolocation in ['US', 'CA']
    """
    scanner = Scanner(text)
    found: list[Comparison] = []
    scanner.take(_BLANKS)
    while scanner.ahead():
        found.append(_comparison(scanner, found[-1] if found else None))
        scanner.take(_COMMAS)
        scanner.take(_BLANKS)
    return found


def values(text: str) -> list[Item]:
    """Read a text that is only the right side of "in": a list in brackets, or values with commas between.

    Raises:
        QueryError: the text is something else.

    >>> [item.text for item in values("[US, CA]")], [item.text for item in values("US,CA")]
    (['US', 'CA'], ['US', 'CA'])
    """
    scanner = Scanner(text)
    scanner.take(_BLANKS)
    if not scanner.ahead():
        raise scanner.error("expected a value or a list such as [A,B]")
    items = _value(scanner, "in")
    scanner.take(_BLANKS)
    if scanner.ahead():
        raise scanner.error(f"expected nothing after the list, found {shown(scanner.rest())}")
    return items


def _comparison(scanner: Scanner, before: Comparison | None) -> Comparison:
    start = scanner.at
    field = scanner.take(_FIELD)
    if field is None:
        raise scanner.error(
            f"expected a field name, found {shown(scanner.rest())}"
            + (_joined(before, scanner.rest()) or '; names start with a letter or "_"')
        )
    operator = _operator(scanner, field.group(), before)
    scanner.take(_BLANKS)
    if not scanner.ahead():
        raise scanner.error(f'{field.group()} is compared with nothing; write a value, or "" for an empty text')
    return Comparison(field.group(), operator, _value(scanner, operator), start + 1)


def _operator(scanner: Scanner, field: str, before: Comparison | None) -> str:
    start = scanner.at
    symbol = scanner.take(_SYMBOL)
    if symbol is not None:
        if symbol[1] in SYMBOLS:
            return SYMBOLS[symbol[1]]
        raise scanner.error(f"{shown(symbol[1])} is no operator; use = != < <= > >= in notin", symbol.start(1))
    word = scanner.take(_WORD)
    if word is not None:
        name = ("not" if word[1] else "") + word[2].lower()
        if name in WORDS:
            return WORDS[name]
    scanner.at = start
    raise scanner.error(
        f"no operator after {shown(field)}" + (_joined(before, field) or "; use = != < <= > >= in notin"),
        start - len(field),
    )


def _joined(before: Comparison | None, word: str) -> str:
    """Say what to do when a word is a superfluous "and", or belongs to the name before it; else nothing."""
    if word.lower() in ("and", "&", "&&"):
        return "; a blank joins comparisons, leave it out"
    if before is None or len(before.items) != 1:
        return ""
    text, quoted, _ = before.items[0]
    if quoted or not text[0].isalpha() or not f"{text}{word}".isprintable() or not word.isalnum():
        return ""
    return f"; quote the value or write {text}_{word}"


def _value(scanner: Scanner, operator: str) -> list[Item]:
    several = operator in LIST_OPERATORS
    if scanner.ahead() == "[":
        if not several:
            raise scanner.error("a list is compared with in or notin")
        return _list(scanner)
    if scanner.ahead() in _QUOTES:
        return [_quoted(scanner)]
    if several and scanner.ahead() in _FOREIGN_LISTS:
        raise scanner.error("lists are written with square brackets: [A,B]")
    return _bare_list(scanner) if several else [_bare(scanner)]


def _list(scanner: Scanner) -> list[Item]:
    start = scanner.at
    scanner.at += 1
    items: list[Item] = []
    while True:
        scanner.take(_SEPARATORS)
        if scanner.ahead() == "]":
            break
        if not scanner.ahead():
            raise scanner.error('the list is not closed; add "]"', start)
        items.append(_item(scanner))
        scanner.take(_BLANKS)
        if scanner.ahead() not in ("", ",", "]"):
            raise scanner.error(f'expected "," or "]" in the list, found {shown(scanner.rest())}')
    scanner.at += 1
    if not items:
        raise scanner.error("the list is empty; write at least one value", start)
    return items


def _item(scanner: Scanner) -> Item:
    if scanner.ahead() in _QUOTES:
        return _quoted(scanner)
    start = scanner.at
    found = scanner.take(_BARE_ITEM)
    if found is None:
        raise scanner.error('a list cannot hold "["; quote the value')
    return _checked(scanner, found.group().rstrip(), start)


def _quoted(scanner: Scanner) -> Item:
    start = scanner.at
    found = scanner.take(_QUOTED)
    if found is None:
        raise scanner.error("the quote is not closed")
    return Item(found.group()[1:-1], True, start + 1)


def _bare(scanner: Scanner) -> Item:
    start = scanner.at
    found = scanner.take(_BARE)
    value = found.group().rstrip(",") if found else ""
    if not value or value.startswith(","):
        raise scanner.error("expected a value, found a comma", start)
    glue = _GLUE.search(value)
    if glue is not None:
        raise scanner.error(
            f"{shown(glue.group())} inside the value {shown(value)};"
            " put a blank before the next comparison, or quote the value",
            start + glue.start(),
        )
    return _checked(scanner, value, start)


def _bare_list(scanner: Scanner) -> list[Item]:
    whole = _bare(scanner)
    items: list[Item] = []
    at = whole.column - 1
    for part in whole.text.split(","):
        if part:
            items.append(_checked(scanner, part, at))
        at += len(part) + 1
    return items


def _checked(scanner: Scanner, value: str, start: int) -> Item:
    """Return a bare value, unless it starts or ends with a quote or bracket: such a value was cut somewhere."""
    if value.startswith(_ENDS) or value.endswith(_ENDS):
        raise scanner.error(f"stray quote or bracket in {shown(value)}; quote the whole value", start)
    return Item(value, False, start + 1)
