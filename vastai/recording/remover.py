"""Replace keys and personal data by stand-ins: the same value by the same one, and no way back."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Collection, Iterable
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from . import rules

_TELLING = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in rules.PATTERNS))

_REMEMBERED = 50_000  # texts


class Remover:
    """What was found in one recording so far. Pure but for that memory; `rules` says what is looked for.

    A value is learned from the field that names it (or from a pattern), and from then on replaced wherever it shows up,
    inside messages too. Ids, statuses, prices and times are kept. What is shorter than `rules.SHORTEST` characters is
    replaced in its own field, and not looked for elsewhere.

    Args:
        known: secrets that are known beforehand, such as the key in use.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._stand_ins: dict[str, str] = {}  # value -> what stands in for it
        self._counts: dict[str, int] = {}
        self._looked_for: dict[str, str] = {}  # spelling of a value in a text -> what stands in for it
        self._known = re.compile(r"(?P<stand_in>(?!))")  # a pattern of all spellings
        self._stale = True
        self._learning = False  # while values are learned, the pattern may be an older one
        self._done: dict[str, str] = {}  # texts to their cleaned form: rows repeat names of fields and values
        for value in known:
            self.learn(value, "key")

    def learn(self, value: str, kind: str) -> str:
        """The stand-in of a value, which is looked for in texts from now on."""
        made = self._stand_in(value, kind)
        short = rules.SHORTEST_NUMBER if value.isdigit() else rules.SHORTEST
        if len(value) >= short and value not in rules.WORDS and value not in self._looked_for:
            for spelling in (value, json.dumps(value)[1:-1], quote(value, safe=""), quote(value)):
                self._looked_for.setdefault(spelling, made)
            self._stale = True
            if not self._learning:
                self._done.clear()
        return made

    def has(self, value: str) -> bool:
        """Does something stand in for this value already?"""
        return value in self._stand_ins

    def clean(self, value: Any, secret: Collection[str] = ()) -> Any:
        """A JSON value without what is private. Everything in it is learned before anything is replaced.

        Args:
            secret: names of fields that are secret in this value, besides those of `rules`.

        >>> Remover().clean({"id": 7, "email": "ann@corp.example", "msg": "mail to ann@corp.example"})
        {'id': 7, 'email': 'removed-email-1@example.invalid', 'msg': 'mail to removed-email-1@example.invalid'}
        """
        self._learning = True
        try:
            self._walk(value, secret)
        finally:
            self._learning = False
            self._done.clear()
        return self._walk(value, secret)

    def text(self, text: str) -> str:
        """A text without what is private.

        >>> Remover().text("refused: key=abc123 of ann@corp.example at 10.1.2.3")
        'refused: key=removed-key-1 of removed-email-1@example.invalid at 240.0.0.1'
        """
        if text in self._looked_for:
            return self._looked_for[text]
        if text.strip()[:1] in ("{", "[") and text.strip()[-1:] in ("}", "]"):
            inside = self._json(text, "")
            if inside is not None:
                return self._without_known(inside)
        return self._plain(text)

    def path(self, path: str) -> str:
        """A path of a URL without what is private; its parts stay as they are written where nothing is removed.

        >>> Remover().path("/api/v0/instances/7/"), Remover().path("/invite/ann%40corp.example/")
        ('/api/v0/instances/7/', '/invite/removed-email-1%40example.invalid/')
        """
        parts = []
        for part in path.split("/"):
            plain = unquote(part)
            cleaned = self.text(plain)
            parts.append(part if cleaned == plain else quote(cleaned, safe=""))
        return "/".join(parts)

    # -- values

    def _walk(self, value: Any, secret: Collection[str], kind: str = "", below: bool = False) -> Any:
        """A cleaned value. `kind` is that of its field; `below` says that all below a secret field is secret."""
        if isinstance(value, dict):
            return {
                self._plain(str(name)): self._field(str(name), inner, secret, kind, below)
                for name, inner in value.items()
            }
        if isinstance(value, list):
            if kind == "env" and len(value) == 2 and isinstance(value[0], str):  # a pair of name and value
                return [value[0], self._field(value[0], value[1], secret, kind, below)]
            return [self._walk(inner, secret, kind, below) for inner in value]
        if value is None or isinstance(value, bool) or value == "" or kind == "page":
            return value
        if not kind:
            return self.text(value) if isinstance(value, str) else value
        return self._scalar(value, kind, below)

    def _field(self, name: str, value: Any, secret: Collection[str], kind: str, below: bool) -> Any:
        """A cleaned value of a field."""
        if name in secret:
            return self._walk(value, secret, "key", True)
        if below or kind == "env":
            # in a mapping of docker flags, those that begin with a hyphen (ports) are no variables
            return value if name.startswith("-") else self._walk(value, secret, kind, True)
        found = rules.kind_of(name)
        if isinstance(value, dict) and found != "env":
            found = ""  # an object has fields of its own, whose names count
        return self._walk(value, secret, found)

    def _scalar(self, value: Any, kind: str, below: bool) -> Any:
        """A cleaned text or number of a field that is private."""
        text = str(value)
        if rules.STAND_IN.fullmatch(text) or (kind == "host" and rules.is_public(text)):
            return value
        if kind == "ip":
            return re.sub(r"\S+", lambda word: self._address(word[0]) or self.learn(word[0], "host"), text)
        if kind == "env" and not below:
            return self._variables(text)
        cleaned = self.text(text) if kind == "sshkey" else text
        removed = cleaned != text or (kind == "sshkey" and rules.STAND_IN.search(text))
        return cleaned if removed else self.learn(text, kind)

    def _variables(self, text: str) -> str:
        """Variables as JSON or as flags of docker: the values are removed, names, ports and volumes stay."""
        inside = self._json(text, "env")
        if inside is not None:
            return inside
        try:
            words = shlex.split(text)
        except ValueError:
            return self.learn(text, "env")
        shown = []
        for before, word in zip(["", *words], words, strict=False):
            name, sign, value = word.partition("=")
            if sign and value:
                shown.append(f"{name}={self.learn(value, 'env')}")
            else:
                shown.append(word if word.startswith("-") or before.startswith("-") else self.learn(word, "env"))
        return " ".join(shown)

    def _json(self, text: str, kind: str) -> str | None:
        """Text that is a JSON object or list, cleaned as a value; as it was where nothing is removed; else None."""
        try:
            value = json.loads(text)
            if not isinstance(value, dict | list):
                return None
            cleaned = self._walk(value, (), kind)
        except (ValueError, RecursionError):
            return None
        return text if cleaned == value else json.dumps(cleaned)

    # -- texts

    def _plain(self, text: str) -> str:
        """A text that is not looked into as JSON: first what is known, as a whole, then what has a telling form."""
        done = self._done.get(text)
        if done is None:
            done = _TELLING.sub(self._found, self._without_known(text))
            if len(self._done) < _REMEMBERED:
                self._done[text] = done
        return done

    def _without_known(self, text: str) -> str:
        if self._stale and not self._learning:
            self._stale = False
            spellings = "|".join(map(re.escape, sorted(self._looked_for, key=len, reverse=True)))
            self._known = re.compile(f"(?P<stand_in>{rules.STAND_IN.pattern})|{spellings or '(?!)'}")
        return self._known.sub(lambda match: match["stand_in"] or self._looked_for[match[0]], text)

    def _found(self, match: re.Match[str]) -> str:
        """What stands in for a match of one of the patterns."""
        kind, text = match.lastgroup or "", match[0]
        if rules.STAND_IN.fullmatch(text):
            return text
        if kind == "sshkey":
            return f"{match['ssh_type']} {self._quoted(match['ssh_key'], 'sshkey')}"
        if kind == "url":
            return self._url(text)
        if f"{kind}_value" in match.groupdict():
            return match[f"{kind}_name"] + self._quoted(match[f"{kind}_value"])
        if kind in ("ip4", "ip6"):
            return self._address(text) or text
        return self.learn(text, "key" if kind in ("token", "long") else kind)

    def _quoted(self, text: str, kind: str = "key") -> str:
        """A value that may stand in quotes, replaced."""
        mark = text[0] if text[0] in "\"'" and text[-1] == text[0] and len(text) > 1 else ""
        value = text[1:-1] if mark else text
        if not value or rules.STAND_IN.fullmatch(value):
            return text
        return f"{mark}{self.learn(value, kind)}{mark}"

    def _url(self, text: str) -> str:
        """A URL of the public service keeps host and path; any other is replaced as a whole, as it may be a key."""
        try:
            parts = urlsplit(text)
            host = parts.hostname or ""
        except ValueError:
            host = ""
        if not rules.is_public(host):
            return self._stand_in(text, "url")
        return f"{parts.scheme}://{host}{self.path(parts.path)}"

    def _address(self, text: str) -> str:
        """What stands in for an IP address, itself where it names nobody; "" for what is no address."""
        try:
            address = ip_address(text)
        except ValueError:
            return ""
        if address.is_unspecified or address.is_loopback or rules.STAND_IN.fullmatch(text):
            return text  # every machine (0.0.0.0), or the machine itself
        return self._stand_in(text, f"ip{address.version}")

    def _stand_in(self, value: str, kind: str) -> str:
        if value not in self._stand_ins:
            self._counts[kind] = self._counts.get(kind, 0) + 1
            self._stand_ins[value] = rules.stand_in(kind, self._counts[kind])
        return self._stand_ins[value]
