"""Pack files into an archive in memory; the same files at the same time give the same bytes."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple


class Bundle(NamedTuple):
    """An archive: what to call it, its bytes, and the names of the files in it."""

    name: str
    data: bytes
    files: list[str]


def archive(machine: Any, files: Mapping[str, Any], errors: Sequence[Mapping[str, Any]], now: float) -> Bundle:
    """An archive about a machine, with a list of its files and one of what could not be had.

    Arguments:
        files: name -> text, or a value to write as JSON.
        errors: what could not be had.
        now: unix seconds, for the name and for the files' dates.

    >>> archive(7, {"a.log": "text"}, [], now=0.0)[::2]
    ('vast_selftest_7_19700101T000000Z.tar.gz', ['a.log', 'collection-errors.json', 'manifest.json'])
    """
    names = sorted([*files, "collection-errors.json", "manifest.json"])
    manifest = {"machine_id": machine, "created_at_utc": stamp(now), "files": names}
    contents = {**files, "collection-errors.json": list(errors), "manifest.json": manifest}
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=int(now)) as zipped,
        tarfile.open(fileobj=zipped, mode="w") as tar,
    ):
        for name in names:
            _add(tar, name, contents[name], now)
    return Bundle(f"vast_selftest_{machine}_{stamp(now)}.tar.gz", packed.getvalue(), names)


def stamp(now: float) -> str:
    """A time as names of files write it.

    >>> stamp(1768478400.0)
    '20260115T120000Z'
    """
    return datetime.fromtimestamp(now, timezone.utc).strftime("%Y%m%dT%H%M%SZ")


def _add(tar: tarfile.TarFile, name: str, content: Any, now: float) -> None:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=2)
    data = text.encode("utf-8", "replace")
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = len(data), int(now), 0o600
    tar.addfile(entry, io.BytesIO(data))
