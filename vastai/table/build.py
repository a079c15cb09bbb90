"""Compile a table: read and check its YAML, and render the two modules that a start loads instead."""

from __future__ import annotations

import os

from ..errors import TableError
from ..hooks import registry
from . import check, read
from .compiled import checksum, packed
from .find import FORMAT, data_path
from .index import Table, line_of, start_of, summary_of

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from typing import Any

HEAD = "# GENERATED from commands.yaml; do not edit. It is made again whenever that file changes.\n"


def compile_file(path: str, base: Table | None = None) -> tuple[dict[str, Any], str, str]:
    """Read and check a table file: its data, and its compiled form, the index and the entries.

    Raises:
        TableError: it cannot be read or has faults.
    """
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
    return document.data, *render(document.data, (len(content), mtime, checksum(content)))


def render(data: dict[str, Any], stamp: tuple[int, int, int]) -> tuple[str, str]:
    """The compiled form of a table: the texts of two Python modules, the index and the entries."""
    commands = data.get("commands", {})
    index = "\n".join(line_of(summary_of(name, entry)) for name, entry in commands.items())
    contents = packed(commands, data.get("tables", {}))
    names = Table.from_data(data).names()
    return (
        f"{HEAD}FORMAT = {FORMAT}\nSTAMP = {stamp!r}\nNAMES = {tuple(names)!r}\nSTART = {tuple(start_of(data))!r}\n"
        f"INDEX = {index!r}\n",
        f"{HEAD}CHECKSUM = {stamp[2]}\nPACKED = {contents!r}\n",
    )


def _schema_folders(path: str) -> list[str]:
    """Where the schemas that a table names may lie: the package's, then a folder beside the table."""
    return [data_path("schemas"), os.path.join(os.path.dirname(os.path.abspath(path)), "schemas")]
