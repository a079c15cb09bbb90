"""Load the table in its compiled form, and have that renewed when commands.yaml has changed.

The compiled form is two generated Python modules: an index of all commands, which every start loads, and the entries,
which are unpacked for the first command and evaluated one by one. So a start parses no YAML, and
its cost hardly grows with the table.
"""

from __future__ import annotations

import os

from .find import FORMAT, PACKAGE, data_path, user_tables, xdg_folder
from .index import Table, rows_of

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Iterator, Mapping
    from typing import Any

    from .index import Contents

# What is to be written down: a path and its text, the entries before the index that belongs to them.
_unsaved: list[tuple[str, str]] = []


_loaded: list[Table] = []


def table() -> Table:
    """The table of all commands, loaded once for the process."""
    if not _loaded:
        _loaded.append(load())
    return _loaded[0]


def load() -> Table:
    """The whole table: the package's commands.yaml and the user's own tables.

    Raises:
        TableError: a table cannot be read or has faults; one line for each.
    """
    table = _table(data_path("commands.yaml"), None)
    for path in user_tables():
        table = table.joined(_table(path, table))
    return table


def save() -> None:
    """Write down the tables that were compiled in this process. What cannot be written is compiled again next time.

    Called when a command runs, not when the package is imported: importing writes nothing.
    """
    while _unsaved:
        path, text = _unsaved.pop(0)
        scratch = f"{path}.{os.getpid()}"
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(scratch, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(scratch, path)
        except OSError:
            try:
                os.unlink(scratch)
            except OSError:
                pass


def entries_beside(index: str) -> str:
    """The path of the entries that belong to the index at a path."""
    return index.removesuffix(".py") + "_text.py"


def checksum(content: bytes) -> int:
    """A check against accidental change; hashlib would load OpenSSL at start-up."""
    from zlib import crc32

    return crc32(content)


def _table(path: str, base: Table | None) -> Table:
    """The table of one file, from its compiled form where that is fresh."""
    for place in _places(path, base is None):
        try:
            module = _module(place)
        except (ImportError, OSError, SyntaxError, ValueError, EOFError):
            continue
        if getattr(module, "FORMAT", None) == FORMAT and _fresh(path, module, place):
            return _late(path, base, place, module)
    return Table.from_data(_compile(path, base))


def _late(path: str, base: Table | None, place: str, module: Any) -> Table:
    """The table of an index, whose entries are loaded when they are needed."""
    return Table(rows_of(module.INDEX), lambda: _contents(path, base, place, module.STAMP), module.START)


def _contents(path: str, base: Table | None, place: str, stamp: tuple[int, int, int]) -> Contents:
    """The entries that belong to an index; compiled anew where they are gone, or replaced while this program ran."""
    try:
        module = _module(entries_beside(place))
        if stamp[2] == module.CHECKSUM:
            return unpacked(module.PACKED)
    except (ImportError, OSError, SyntaxError, ValueError, EOFError, AttributeError):
        pass
    data = _compile(path, base)
    return data["commands"], data.get("tables", {})


def packed(entries: Mapping[str, Any], columns: Mapping[str, Any]) -> str:
    """The entries, each as a literal in a line behind its name, and the column lists, as ASCII text.

    Compressed: shared parameters stand in many entries, and the text is a quarter of what they take.

    >>> unpacked(packed({"logs": {"group": "instances"}}, {"offers": []}))
    ({'logs': "{'group': 'instances'}"}, "{'offers': []}")
    """
    from binascii import b2a_base64
    from zlib import compress

    lines = [f"{name}\t{entry!r}" for name, entry in entries.items()]
    return b2a_base64(compress("\n".join([repr(columns), *lines]).encode(), 9), newline=False).decode()


def unpacked(text: str) -> Contents:
    """What `packed` has packed, the literals as texts.

    Raises:
        ValueError: the text is broken.
    """
    from binascii import a2b_base64
    from zlib import decompress, error

    try:
        columns, *lines = decompress(a2b_base64(text)).decode().split("\n")
    except error as broken:
        raise ValueError(str(broken)) from None
    entries: dict[str, Any] = dict(line.split("\t", 1) for line in lines)
    return entries, columns


def _compile(path: str, base: Table | None) -> dict[str, Any]:
    from . import build

    data, index, entries = build.compile_file(path, base)
    place = _writable_place(path, base is None)
    _unsaved.extend([(entries_beside(place), entries), (place, index)])
    return data


def _places(path: str, packaged: bool) -> Iterator[str]:
    """Where the compiled form of a table may lie, the best first."""
    if packaged:
        yield _package_place()
    yield _cache_place(path)


def _module(path: str) -> Any:
    """The module in a file, from its bytecode where Python keeps that.

    Raises:
        ImportError, OSError, SyntaxError, ValueError, EOFError: there is none, or it is broken.
    """
    folder, file = os.path.split(path)
    name = file.removesuffix(".py")
    if folder == os.path.dirname(_package_place()):  # which needs no more than what a start has loaded anyway
        return __import__(f"{__package__}.{name}", fromlist=["*"])
    from importlib.machinery import SourceFileLoader
    from types import ModuleType

    if not os.path.exists(path):
        raise ImportError(path)
    module = ModuleType(name)
    SourceFileLoader(name, path).exec_module(module)
    return module


def _fresh(path: str, module: Any, place: str) -> bool:
    """Does a compiled form belong to the file as it is now? Its size and time tell; where they do not, its content."""
    size, mtime, check = module.STAMP
    state = os.stat(path)
    if (state.st_size, state.st_mtime_ns) == (size, mtime):
        return True
    if state.st_size != size:
        return False
    with open(path, "rb") as file:
        if checksum(file.read()) != check:
            return False
    # Same content under another time, as after an installation: note the time, so that the next start need not read.
    with open(place, encoding="utf-8") as file:
        text = file.read()
    stamp, fresh = f"STAMP = {module.STAMP!r}\n", f"STAMP = {(size, state.st_mtime_ns, check)!r}\n"
    _unsaved.append((place, text.replace(stamp, fresh, 1)))
    return True


def _package_place() -> str:
    return os.path.join(PACKAGE, "table", "_commands.py")


def _cache_place(path: str) -> str:
    name = f"table-{checksum(os.path.abspath(path).encode()):08x}.py"
    return os.path.join(xdg_folder(os.environ, "XDG_CACHE_HOME", ".cache"), "vastai", name)


def _writable_place(path: str, packaged: bool) -> str:
    beside = os.path.join(PACKAGE, "table")
    return _package_place() if packaged and os.access(beside, os.W_OK) else _cache_place(path)
