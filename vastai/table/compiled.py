"""Load the table in its compiled form, and renew that when commands.yaml has changed.

The compiled form is a generated Python module: an index of all commands, and each entry as the text of a literal that
is evaluated when its command is first used. So a start parses no YAML, and its cost hardly grows with the table.
"""

from __future__ import annotations

import os

from ..errors import TableError
from .find import PACKAGE, data_path, user_tables, xdg_folder
from .model import Table, summary_of

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Callable
    from typing import Any

FORMAT = 1  # raise it when `render` writes something else, so that older compiled tables are not read

# What was compiled in this process: where it belongs, and its text.
_unsaved: list[tuple[str, str]] = []


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
        path, text = _unsaved.pop()
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


def render(data: dict[str, Any], stamp: tuple[int, int, int]) -> str:
    """The compiled form of a table, as the text of a Python module."""
    commands = data.get("commands", {})
    index = ",\n".join(f"    {summary_of(name, entry)!r}" for name, entry in commands.items())
    entries = ",\n".join(f"    {name!r}: {repr(entry)!r}" for name, entry in commands.items())
    return (
        "# GENERATED from commands.yaml; do not edit. It is made again whenever that file changes.\n"
        f"FORMAT = {FORMAT}\n"
        f"STAMP = {stamp!r}\n"
        f"INDEX = [\n{index}\n]\n"
        f"ENTRIES = {{\n{entries}\n}}\n"
        f"COLUMNS = {repr(data.get('tables', {}))!r}\n"
    )


def compile_file(path: str, base: Table | None = None) -> tuple[dict[str, Any], str]:
    """Read and check a table file: its data, and its compiled form.

    Raises:
        TableError: it cannot be read or has faults.
    """
    from ..hooks import registry
    from . import check, read

    try:
        with open(path, "rb") as file:
            content = file.read()
        text = content.decode("utf-8")
        mtime = os.stat(path).st_mtime_ns
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"{path}: cannot be read: {error}") from None
    document = read.read(text, os.path.basename(path))
    faults = check.check(
        document,
        schemas=_schema_folders(path),
        hooks=registry.names,
        base_table=base,
    )
    if faults:
        raise TableError(check.report(faults, os.path.basename(path)))
    return document.data, render(document.data, (len(content), mtime, _checksum(content)))


def _table(path: str, base: Table | None) -> Table:
    """The table of one file, from its compiled form where that is fresh."""
    for place, load_module in _places(path, base is None):
        try:
            module = load_module()
        except (ImportError, OSError, SyntaxError, ValueError, EOFError):
            continue
        if getattr(module, "FORMAT", None) == FORMAT and _fresh(path, module, place):
            return Table(module.INDEX, module.ENTRIES, module.COLUMNS)
    data, text = compile_file(path, base)
    _unsaved.append((_writable_place(path, base is None), text))
    return Table.from_data(data)


def _places(path: str, packaged: bool) -> list[tuple[str, Callable[[], Any]]]:
    """Where the compiled form of a table may lie, the best first, and how to load it from there."""
    cached = _cache_place(path)
    places: list[tuple[str, Callable[[], Any]]] = [(cached, lambda: _load_file(cached))]
    if packaged:
        places.insert(0, (_package_place(), _load_packaged))
    return places


def _load_packaged() -> Any:
    from . import _commands  # type: ignore[attr-defined, unused-ignore]  # generated; not there in a new checkout

    return _commands


def _load_file(path: str) -> Any:
    if not os.path.exists(path):
        raise ImportError(path)
    from importlib.machinery import ModuleSpec, SourceFileLoader
    from types import ModuleType

    loader = SourceFileLoader("vastai_user_commands", path)
    module = ModuleType("vastai_user_commands")
    module.__spec__ = ModuleSpec("vastai_user_commands", loader, origin=path)
    loader.exec_module(module)
    return module


def _fresh(path: str, module: Any, place: str) -> bool:
    """Does a compiled form belong to the file as it is now? Its size and time tell; where they do not, its content."""
    size, mtime, checksum = module.STAMP
    state = os.stat(path)
    if (state.st_size, state.st_mtime_ns) == (size, mtime):
        return True
    if state.st_size != size:
        return False
    with open(path, "rb") as file:
        if _checksum(file.read()) != checksum:
            return False
    # Same content under another time, as after an installation: note the time, so that the next start need not read.
    with open(place, encoding="utf-8") as file:
        text = file.read()
    stamp, fresh = f"STAMP = {module.STAMP!r}\n", f"STAMP = {(size, state.st_mtime_ns, checksum)!r}\n"
    _unsaved.append((place, text.replace(stamp, fresh, 1)))
    return True


def _checksum(content: bytes) -> int:
    """A check against accidental change; hashlib would load OpenSSL at start-up."""
    from zlib import crc32

    return crc32(content)


def _package_place() -> str:
    return os.path.join(PACKAGE, "table", "_commands.py")


def _cache_place(path: str) -> str:
    name = f"table-{_checksum(os.path.abspath(path).encode()):08x}.py"
    return os.path.join(xdg_folder(os.environ, "XDG_CACHE_HOME", ".cache"), "vastai", name)


def _writable_place(path: str, packaged: bool) -> str:
    beside = os.path.join(PACKAGE, "table")
    return _package_place() if packaged and os.access(beside, os.W_OK) else _cache_place(path)


def _schema_folders(path: str) -> list[str]:
    """Where the schemas that a table names may lie: the package's, then a folder beside the table."""
    return [data_path("schemas"), os.path.join(os.path.dirname(os.path.abspath(path)), "schemas")]
