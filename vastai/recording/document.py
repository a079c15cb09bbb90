"""A recording as a file: one YAML document that grows entry by entry, and is whole after each of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, NamedTuple

import yaml

from vastai.errors import UsageError

from .entries import Entry

FORMAT = 1
_FIRST = """\
# What vastai sent and what was answered; keys and personal data are removed, the same one by the same words.
# Look through it before you pass it on: labels, images, prices, ids and the lines of logs are as they were.
"""


class Recording(NamedTuple):
    """A recording as read.

    Attributes:
        head: version of the package, server, start.
        exchanges: entries with a `request`, and the `answer` or the `failure`.
        calls: entries of the commands that were called.
        name: what messages call the file.
    """

    head: Mapping[str, Any]
    exchanges: list[Entry]
    calls: list[Entry]
    name: str


class Writer:
    """Writes a recording. The file is made at the first entry, for its owner only, and nothing is ever overwritten.

    Args:
        path: the file.
        head: what stands before the entries.
    """

    def __init__(self, path: str, head: Mapping[str, Any]) -> None:
        self.path = path
        self._head = {"recording": FORMAT, **head}
        self._handle = -1
        self._begun = False

    def open(self) -> None:
        """Make the file; one that this writer has made before is opened again.

        Raises:
            UsageError: something is there, or the file cannot be made. Nothing should be sent then.
        """
        if self._handle >= 0:
            return
        try:
            new = 0 if self._begun else os.O_CREAT | os.O_EXCL
            self._handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | new, 0o600)
        except FileExistsError:
            raise UsageError(
                f"{self.path} is there already, and a recording replaces nothing. Choose another name, or remove it."
            ) from None
        except OSError as error:
            raise UsageError(f"The recording cannot be written: {self.path}: {error.strerror}") from None
        if not self._begun:
            self._begun = True
            lines = [f"{name}: {dumped(value).removesuffix('...' + chr(10))}" for name, value in self._head.items()]
            self._write(_FIRST + "".join(lines) + "exchanges:\n")

    def add(self, *entries: Entry) -> None:
        """Add entries, all in one write, so that a crash leaves all of them or none.

        Raises:
            OSError: the disk is full, or the file is gone.
        """
        self._write("".join(dumped([entry]) for entry in entries))

    def close(self) -> None:
        """Close the file, complete as it is."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def _write(self, text: str) -> None:
        data = text.encode()
        while data:
            data = data[os.write(self._handle, data) :]


def dumped(value: Any) -> str:
    """A value as YAML: leaves in one line, all else in blocks.

    >>> print(dumped([{"request": {"verb": "GET", "path": "/x/"}, "at": 0.5}]), end="")
    - request: {verb: GET, path: /x/}
      at: 0.5
    """
    return str(
        yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=118, default_flow_style=None)
    )


def read(path: str) -> Recording:
    """A recording, as it was written or as somebody changed it. An entry that was cut at the end is left out.

    Raises:
        UsageError: the file cannot be read, or is no recording.
    """
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no UTF-8 text"
        raise UsageError(f"The recording cannot be read: {path}: {reason}") from None
    data = _loaded(text, path)
    if not isinstance(data, dict) or data.get("recording") != FORMAT:
        raise UsageError(f"{path} is no recording of this version (recording: {FORMAT}).")
    entries = data.pop("exchanges", None) or []
    good = isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)
    exchanges = [entry for entry in entries if isinstance(entry.get("request"), dict)] if good else []
    calls = [entry for entry in entries if "call" in entry] if good else []
    if len(exchanges) + len(calls) != len(entries):
        raise UsageError(f"{path}: each entry below exchanges is a mapping with a request or a call.")
    return Recording(data, exchanges, calls, path)


def _loaded(text: str, path: str) -> Any:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(text, loader)
    except yaml.YAMLError as error:
        last = text.rfind("\n- ")
        try:
            if last > 0:
                return yaml.load(text[: last + 1], loader)
        except yaml.YAMLError:
            pass
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "it is no YAML"
        raise UsageError(f"{path}{line}: {problem}") from None


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # with libyaml or without
    """Writes no anchors, and half a character (a lone surrogate, which is no UTF-8) as its escape."""

    def ignore_aliases(self, data: Any) -> bool:
        """Repeat what is repeated."""
        return True


def _text(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text.encode("utf-8", "backslashreplace").decode())


_Dumper.add_representer(str, _text)
