"""HTTP/1.1 as the sandbox speaks it: a request read from a connection, an answer written to one. No threads here."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import BinaryIO, NamedTuple
from urllib.parse import parse_qsl

LARGEST_BODY = 16 * 1024 * 1024
LARGEST_HEAD = 64 * 1024
LONGEST_LINE = 32 * 1024
_ONCE = {"content-length", "transfer-encoding", "authorization", "host"}  # twice, they could mean two things
_PHRASES = {status.value: status.phrase for status in HTTPStatus}


class Unreadable(Exception):
    """What came is no request that can be answered; the connection ends after the refusal of this status."""

    def __init__(self, status: int, msg: str) -> None:
        super().__init__(msg)
        self.status = status


class Asked(NamedTuple):
    """One request as it arrived: headers with lower-case names, the path still percent-encoded."""

    verb: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    keep: bool


class Head(NamedTuple):
    """The first lines of a request: verb, target, protocol version, headers with lower-case names."""

    verb: str
    target: str
    version: str
    headers: dict[str, str]

    @property
    def waits(self) -> bool:
        """Does the client want a word before it sends the body (``Expect: 100-continue``)?"""
        return self.headers.get("expect", "").lower() == "100-continue"


def read_head(stream: BinaryIO) -> Head | None:
    """The head of the next request, or None when the client has nothing more to ask.

    Raises:
        Unreadable: it is no HTTP, or too long.
    """
    line = stream.readline(LONGEST_LINE + 1)
    if line in (b"\r\n", b"\n"):  # an empty line before a request is passed over
        line = stream.readline(LONGEST_LINE + 1)
    if not line:
        return None
    if len(line) > LONGEST_LINE:
        raise Unreadable(414, "The address is too long.")
    words = line.decode("latin-1").split()
    if len(words) != 3 or words[2] not in ("HTTP/1.0", "HTTP/1.1") or not words[0].isalpha():
        raise Unreadable(400, "This is no HTTP/1.1 request.")
    return Head(words[0], words[1], words[2], _headers(stream))


def _headers(stream: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    size = 0
    while (line := stream.readline(LARGEST_HEAD + 1)) not in (b"\r\n", b"\n"):
        size += len(line)
        if size > LARGEST_HEAD:
            raise Unreadable(431, "The headers are too long.")
        name, colon, value = line.decode("latin-1").partition(":")
        name = name.lower()
        twice = name in headers and name in _ONCE
        if twice or not line.endswith(b"\n") or not colon or not name or name != name.strip():
            raise Unreadable(400, "A header cannot be read.")
        headers[name] = value.strip()
    return headers


def read_body(stream: BinaryIO, head: Head) -> Asked:
    """The whole request.

    Raises:
        Unreadable: its body is too large, broken off, or of a length that cannot be told.
    """
    coding = head.headers.get("transfer-encoding", "").lower()
    length = head.headers.get("content-length", "0")
    if coding not in ("", "chunked") or (coding and "content-length" in head.headers):
        raise Unreadable(400, "The length of the body cannot be told.")
    body = _chunks(stream) if coding else _exactly(stream, _size(length, 10))
    keep = head.headers.get("connection", "").lower()
    stays = keep != "close" if head.version == "HTTP/1.1" else keep == "keep-alive"
    path, _, query = head.target.partition("#")[0].partition("?")
    if not path.startswith("/"):
        path = "/" + path.partition("://")[2].partition("/")[2]  # the form that proxies are sent
    return Asked(head.verb, path, dict(parse_qsl(query, keep_blank_values=True)), head.headers, body, stays)


def _size(text: str, base: int) -> int:
    digits = "0123456789abcdefABCDEF"[: 10 if base == 10 else None]
    if not text or len(text) > 12 or text.strip(digits):
        raise Unreadable(400, "The length of the body is no number.")
    size = int(text, base)
    if size > LARGEST_BODY:
        raise Unreadable(413, f"The body is larger than {LARGEST_BODY >> 20} MB.")
    return size


def _exactly(stream: BinaryIO, size: int) -> bytes:
    body = stream.read(size) if size else b""
    if len(body) < size:
        raise Unreadable(400, "The body is shorter than its length.")
    return body


def _chunks(stream: BinaryIO) -> bytes:
    """A body that comes in chunks, each behind its size; what may follow the last one is passed over."""
    pieces: list[bytes] = []
    total = 0
    while size := _size(stream.readline(LONGEST_LINE).decode("latin-1").partition(";")[0].strip(), 16):
        total += size
        _size(str(total), 10)
        pieces.append(_exactly(stream, size))
        stream.readline(3)
    while stream.readline(LONGEST_LINE) not in (b"\r\n", b"\n", b""):
        pass
    return b"".join(pieces)


def written(status: int, headers: Mapping[str, str], body: bytes, *, keep: bool) -> bytes:
    """The bytes of an answer. A HEAD is answered with `body` empty and the length of the real one in the headers."""
    lines = [f"HTTP/1.1 {status} {_PHRASES.get(status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [] if keep else ["connection: close"]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body
