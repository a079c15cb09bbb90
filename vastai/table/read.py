"""Read a table strictly: YAML in which everything has one meaning, and a line for every part of it.

Stricter than YAML where YAML surprises:

- a key may stand once in a mapping, and every key is text;
- only ``true`` and ``false`` (as YAML 1.2 spells them) are booleans: ``yes``, ``no``, ``on``, ``off`` stay text;
- numbers are decimal: dates, ``010``, ``0x10``, ``1:30``, ``.inf`` stay text;
- tags are refused, and anchors are allowed only below the top-level key ``shared``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors import TableError
from ..nearest import suggestion

if TYPE_CHECKING:
    from yaml.events import CollectionStartEvent, Event, NodeEvent, ScalarEvent

Path = tuple[str | int, ...]
Mark = tuple[int, int]

MAX_DEPTH = 40
MAX_SIZE = 500_000  # nodes after all aliases are filled in: no table is so large, but a chain of aliases may be

_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_DECIMAL = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]+)?|\.[0-9]+)([eE][-+]?[0-9]+)?")


class Node(NamedTuple):
    """One part of a table.

    Attributes:
        data: the plain value: dict, list, text, number, boolean or None.
        marks: line and column, from 1, of each key or item.
        children: the node of each key or item.
        size: how many nodes it holds, itself and what aliases repeat included.
    """

    data: Any
    marks: dict[str | int, Mark]
    children: dict[str | int, Node]
    size: int


class Document:
    """A table as read.

    Attributes:
        data: the plain value of the whole file. What an alias repeats is one object in all its places, so change a
            copy, never this.
        name: what messages call the file.
    """

    def __init__(self, root: Node, name: str) -> None:
        self._root = root
        self.data: Any = root.data
        self.name = name

    def where(self, path: Path) -> Mark:
        """Line and column, from 1, of the key or item at this path, or of its nearest parent that exists.

        What came through an alias or a merge is found where it is written, below ``shared``.
        """
        node, mark = self._root, (1, 1)
        for key in path:
            mark = node.marks.get(key, mark)
            child = node.children.get(key)
            if child is None:
                break
            node = child
        return mark

    def line(self, path: Path) -> int:
        """The line, from 1, of the key or item at this path, or of its nearest parent that exists."""
        return self.where(path)[0]


def read(text: str, name: str, *, loader: Any = None) -> Document:
    """Read the text of a table.

    Args:
        text: YAML.
        name: what messages call it, such as ``commands.yaml``.
        loader: the PyYAML loader that splits the text into events; default: libyaml's if PyYAML has it, which is
            several times as fast as the other.

    Raises:
        TableError: with every fault found, each on a line ``name:LINE: what``. A mistake in the YAML itself ends
            the reading, so nothing below it is known.
    """
    import yaml  # late: only a changed table is read

    loader = loader or getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    reader = _Reader(name)
    try:
        text.encode()
        root = reader.document(yaml.parse(text, Loader=loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reader.fault(mark.line + 1 if mark else 1, f"this is not YAML: {error.problem or error.context}")
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        reader.fault(1, f"this is not YAML: {getattr(error, 'reason', error)}")
    reader.stop_if_faulty()
    return Document(root, name)


def scalar(text: str) -> str | int | float | bool | None:
    """The value of a word that is written without quotes.

    >>> [scalar(word) for word in ("true", "yes", "7", "-0.5", "010", "2024-01-31", "null")]
    [True, 'yes', 7, -0.5, '010', '2024-01-31', None]
    """
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE.fullmatch(text):
        return int(text)
    if any(sign in text for sign in ".eE") and _DECIMAL.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text


class _Reader:
    """Builds the nodes of one document from the events of the YAML parser, collecting faults on the way."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.faults: list[tuple[int, str]] = []
        self.anchors: dict[str, Node] = {}
        self.events: Iterator[Event] = iter(())

    def fault(self, line: int, what: str) -> None:
        self.faults.append((line, what))

    def stop_if_faulty(self) -> None:
        if self.faults:
            lines = [f"{self.name}:{line}: {what}" for line, what in sorted(dict.fromkeys(self.faults))]
            raise TableError("\n".join(lines))

    def document(self, events: Iterator[Event]) -> Node:
        """The one document of the stream."""
        from yaml.events import DocumentEndEvent, DocumentStartEvent, StreamEndEvent, StreamStartEvent

        root, found = Node(None, {}, {}, 1), 0
        self.events = events
        for event in events:
            if isinstance(event, DocumentStartEvent):
                found += 1
                if found == 2:
                    self.fault(_line(event), "a second document begins here; a table is one document")
            elif not isinstance(event, StreamStartEvent | StreamEndEvent | DocumentEndEvent):
                node = self.node(event, 0, shared=False)
                root = node if found == 1 else root
        return root

    def node(self, event: Any, depth: int, *, shared: bool) -> Node:
        """The node that begins with this event; `shared` says whether it stands below the top-level ``shared``."""
        from yaml.events import AliasEvent, MappingStartEvent, SequenceStartEvent

        if depth > MAX_DEPTH:
            self.fault(_line(event), f"this is nested deeper than {MAX_DEPTH} levels")
            self.stop_if_faulty()
        if isinstance(event, AliasEvent):
            return self.alias(event)
        if event.tag is not None:
            self.fault(_line(event), f"the tag {event.tag} is not used in tables")
        if isinstance(event, MappingStartEvent):
            node = self.mapping(event, depth, shared=shared)
        elif isinstance(event, SequenceStartEvent):
            node = self.sequence(event, depth, shared=shared)
        else:
            node = _scalar_node(event)
        if event.anchor is not None:
            self.anchor(event, node, shared=shared)
        return node

    def anchor(self, event: NodeEvent, node: Node, *, shared: bool) -> None:
        if not shared:
            self.fault(_line(event), f"the anchor &{event.anchor} stands outside the top-level shared section")
        elif event.anchor in self.anchors:
            self.fault(_line(event), f"the anchor &{event.anchor} is written twice")
        self.anchors[event.anchor or ""] = node

    def alias(self, event: NodeEvent) -> Node:
        name = event.anchor or ""
        if name not in self.anchors:
            self.fault(_line(event), f"nothing above is called &{name}.{suggestion(name, self.anchors)}")
        return self.anchors.get(name, Node(None, {}, {}, 1))

    def sequence(self, start: CollectionStartEvent, depth: int, *, shared: bool) -> Node:
        from yaml.events import SequenceEndEvent

        marks: dict[str | int, Mark] = {}
        children: dict[str | int, Node] = {}
        while not isinstance(event := next(self.events), SequenceEndEvent):
            marks[len(children)] = _mark(event)
            children[len(children)] = self.node(event, depth + 1, shared=shared)
        return self.sized(start, Node([child.data for child in children.values()], marks, children, 1))

    def mapping(self, start: CollectionStartEvent, depth: int, *, shared: bool) -> Node:
        from yaml.events import MappingEndEvent

        marks: dict[str | int, Mark] = {}
        children: dict[str | int, Node] = {}
        merged: set[str | int] = set()
        while not isinstance(event := next(self.events), MappingEndEvent):
            key = self.key(event, depth)
            value_event = next(self.events)
            if key == "<<":
                for source in self.merge(value_event, depth):
                    new = [name for name in source.children if name not in children]
                    merged.update(new)
                    marks.update({name: source.marks[name] for name in new})
                    children.update({name: source.children[name] for name in new})
                continue
            if key in children and key not in merged:
                self.fault(_line(event), f'"{key}" is written twice; the first is on line {marks[key][0]}')
            merged.discard(key)
            marks[key] = _mark(event)
            children[key] = self.node(value_event, depth + 1, shared=shared or (depth == 0 and key == "shared"))
        return self.sized(start, Node({key: child.data for key, child in children.items()}, marks, children, 1))

    def key(self, event: Event, depth: int) -> str:
        """The text of a key; anything but a scalar is refused."""
        from yaml.events import ScalarEvent

        if isinstance(event, ScalarEvent) and event.anchor is None and event.tag is None:
            return event.value
        self.fault(_line(event), "a key must be a plain word")
        self.node(event, depth + 1, shared=True)
        return ""

    def merge(self, event: Event, depth: int) -> list[Node]:
        """The mappings that ``<<`` takes in: one alias, or a list of them, the first being the strongest."""
        from yaml.events import AliasEvent, SequenceStartEvent

        node = self.node(event, depth + 1, shared=False)
        nodes = [node] if isinstance(event, AliasEvent) else list(node.children.values())
        listed = isinstance(event, AliasEvent | SequenceStartEvent)
        if not listed or not all(isinstance(each.data, dict) for each in nodes):
            self.fault(_line(event), "<< takes a mapping from the shared section, such as <<: *name, or a list of them")
            return []
        return nodes

    def sized(self, start: Event, node: Node) -> Node:
        """The node with its size, or an empty one when aliases make it larger than any table is."""
        size = 1 + sum(child.size for child in node.children.values())
        if size <= MAX_SIZE:
            return node._replace(size=size)
        self.fault(_line(start), f"aliases make this larger than {MAX_SIZE} values")
        return Node(None, {}, {}, 1)


def _scalar_node(event: ScalarEvent) -> Node:
    plain = event.style is None or event.style == ""
    return Node(scalar(event.value) if plain else event.value, {}, {}, 1)


def _mark(event: Event) -> Mark:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _line(event: Event) -> int:
    return _mark(event)[0]
