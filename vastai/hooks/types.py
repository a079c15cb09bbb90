"""Rich types: what is sent for a query, an order, columns, an environment, scopes, or a file that is read."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from . import query_doubts
from .query import DEFAULTS, parse, text_for_service
from .query_order import order as read_order
from .registry import rich

Values = Mapping[str, Any]

ENV_CHARACTERS = 256  # of one value


@rich
def query(value: Any, values: Values, notes: list[str], of: str, unless: str = "") -> Any:
    """The filters that a query means, or its text where the service reads that itself.

    Arguments:
        value: query text, a list of its words, or ready filters; "" and {} for none.
        of: kind of search, such as ``offers``.
        unless: the parameter that switches the default filters off; "" where there are none.

    Raises:
        ValueError: the query cannot be understood; the text names the place and the fix.

    >>> query("num_gpus>=4", {"no_default": True}, [], of="offers", unless="no_default")
    {'num_gpus': {'gte': '4'}}
    >>> query("gpu_ram>=23", {"no_default": False}, [], of="workers", unless="no_default")
    'gpu_ram>=23 verified=True rentable=True rented=False'
    """
    usual = bool(unless) and not values.get(unless)
    parsed = parse(_with_directives(value, values), of, DEFAULTS[of] if usual else None)
    notes.extend(parsed.warnings)
    text = text_for_service(value, of, usual)
    return parsed.filters if text is None else text


def _with_directives(query: Any, values: Values) -> Any:
    """The query with the directives that were given as arguments of their own."""
    for name in ("georegion", "chunked"):
        if values.get(name) and not isinstance(query, Mapping):
            query = f"{query if isinstance(query, str) else ' '.join(query)} {name}=true"
        elif values.get(name):
            query = {**query, name: {"eq": True}}
    return query


@rich
def order(value: Any, values: Values, notes: list[str], of: str) -> list[list[str]]:
    """The fields to sort by, as the offer searches want them.

    >>> order("dph,score-", {}, [], of="offers")
    [['dph_total', 'asc'], ['score', 'desc']]
    """
    columns = read_order(value, of)
    notes.extend(query_doubts.of_order([(field, direction) for field, direction in columns], of))
    return columns


@rich
def columns(value: Any, values: Values, notes: list[str], of: str) -> list[dict[str, str]]:
    """The fields to sort by, as the listings want them.

    Arguments:
        value: text such as "name,id-", or a list of such texts; ready columns pass.

    >>> columns(["start_date desc"], {}, [], of="templates")
    [{'col': 'start_date', 'dir': 'desc'}]
    """
    if isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
        if not all("col" in item for item in value):
            raise ValueError('a column to sort by is written {"col": "id", "dir": "asc"}')
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = ",".join(value)
    return [{"col": field, "dir": direction} for field, direction in order(value, values, notes, of)]


# What a flag of an env string means: the pattern of its value, and what to write in the mapping.
_ENV_FLAGS: dict[str, tuple[str, Callable[[str], tuple[str, str]]]] = {
    "-e": (r"[A-Za-z_][A-Za-z0-9_]*=.*", lambda text: (text.partition("=")[0], text.partition("=")[2])),
    "-p": (r"\d+(-\d+)?(:\d+(-\d+)?)?(/(tcp|udp))?", lambda text: (f"-p {text}", "1")),
    "-v": (r"[^:\s]+:/\S*", lambda text: (f"-v {text}", "1")),
    "-h": (r"[A-Za-z0-9][A-Za-z0-9.-]*", lambda text: ("-h", text)),
    "-n": (r"[A-Za-z0-9][A-Za-z0-9_.-]*", lambda text: (f"-n {text}", "1")),
}
_ENV_FORMS = "-e NAME=VALUE, -p PORT:PORT[/udp], -v NAME:/PATH, -h HOST, -n NETWORK"
_LONG_FLAGS = {"--env": "-e", "--publish": "-p", "--volume": "-v", "--hostname": "-h", "--network": "-n"}


@rich
def env(value: Any, values: Values, notes: list[str]) -> dict[str, str]:
    """Environment variables, ports and mounts as the mapping that the service takes.

    Arguments:
        value: the mapping itself, or text in the style of docker: ``-e TZ=UTC -p 8080:8080 -v V.7:/data``. Quotes keep
            blanks together.

    Raises:
        ValueError: a piece of the text fits no flag, or the value is neither text nor a mapping.

    >>> env("-e TZ=UTC -e NAME='a b' -p 8081:8081/udp -h box", {}, [])
    {'TZ': 'UTC', 'NAME': 'a b', '-p 8081:8081/udp': '1', '-h': 'box'}
    >>> env("TOKEN=secret MODE=fast", {}, [])
    {'TOKEN': 'secret', 'MODE': 'fast'}
    """
    if isinstance(value, str):
        found = _env_from_text(value)
    elif isinstance(value, Mapping):
        found = {name: _env_value(name, item) for name, item in value.items()}
    else:
        raise ValueError(f"must be a mapping or text such as {_ENV_FORMS}")
    for name, item in found.items():
        if len(item) > ENV_CHARACTERS:
            notes.append(f"The value of {name} has {len(item)} characters; the service takes {ENV_CHARACTERS}.")
    return _portal_without_jupyter(found, values)


def _env_from_text(text: str) -> dict[str, str]:
    try:
        pieces = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"a quote is not closed ({error})") from None
    found: dict[str, str] = {}
    words = iter(pieces)
    for word in words:
        flag, glued, rest = word.partition("=") if word.startswith("--") else (word, "", "")
        flag = _LONG_FLAGS.get(flag, flag)
        if re.fullmatch(_ENV_FLAGS["-e"][0], word, re.ASCII | re.DOTALL):
            flag, glued, rest = "-e", "=", word  # scripts forget the flag, and mean a variable
        if flag not in _ENV_FLAGS:
            raise ValueError(f"{word!r} is not understood; write {_ENV_FORMS}")
        pattern, entry = _ENV_FLAGS[flag]
        argument = rest if glued else next(words, "")
        if not re.fullmatch(pattern, argument, re.ASCII | re.DOTALL):
            raise ValueError(f"{flag} {argument!r} is malformed; write {_ENV_FORMS}")
        name, item = entry(argument)
        found[name] = item
    return found


def _env_value(name: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"the value of {name} must be text, not {type(value).__name__}")
    return str(value)


def _portal_without_jupyter(env: dict[str, str], values: Values) -> dict[str, str]:
    """The start page of the vendor's images must not link to a Jupyter that is not launched."""
    portal = env.get("PORTAL_CONFIG")
    from_template = values.get("template_hash") or values.get("template_id")
    if portal is None or from_template or "jupyter" in (values.get("runtype") or ""):
        return env
    kept = [link for link in portal.split("|") if "jupyter" not in link.lower()]
    return {**env, "PORTAL_CONFIG": "|".join(kept)}


@rich
def scopes(value: Any, values: Values, read_file: Callable[[str], str]) -> Any:
    """Permissions: ready ones, names of scopes, or the name of a JSON file, which has a dot or a slash.

    Raises:
        ValueError: the file cannot be read or holds no permissions, or the value is nothing of these.

    >>> scopes(["user_read", "misc"], {}, read_file=lambda path: "")
    {'api': {'user_read': {}, 'misc': {}}}
    >>> scopes("role.json", {}, read_file=lambda path: '{"api": {"misc": {}}}')
    {'api': {'misc': {}}}
    """
    if isinstance(value, str) and ("." in value or "/" in value):
        from os.path import expanduser

        value = path(expanduser(value), values, read_file, read="json")
    if isinstance(value, str):
        value = [name for name in re.split(r"[,\s]+", value) if name]
    if isinstance(value, list):
        return {"api": {name: {} for name in value}}
    if not isinstance(value, Mapping):
        raise ValueError("must be a mapping such as {'api': {'misc': {}}}, or a list of scopes")
    return value


@rich
def path(value: str, values: Values, read_file: Callable[[str], str], read: str) -> Any:
    """What a local file holds: its text, or the JSON value in it.

    Raises:
        ValueError: it cannot be read, or is not JSON.

    >>> path("start.sh", {}, read_file=lambda path: "echo hi", read="text")
    'echo hi'
    >>> path("scopes.json", {}, read_file=lambda path: '{"api": {}}', read="json")
    {'api': {}}
    """
    try:
        text = read_file(value)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ValueError(f"cannot read the file {value!r}: {reason}") from None
    if read == "text":
        return text
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError(f"the file {value!r} is not JSON that can be read: it is nested too deeply") from None
    except ValueError as error:
        raise ValueError(f"the file {value!r} is not JSON: {error}") from None
