"""Value hooks: each turns one argument, or one result, into another. The search language itself stands in `query`."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from ..errors import NotFound
from .query import DEFAULTS, parse
from .query_order import order as read_order
from .query_rows import postprocess
from .registry import value

Values = Mapping[str, Any]
Row = dict[str, Any]

ONSTART_CHARACTERS = 4048  # the smallest of the limits that the vendor's documents name
ENV_CHARACTERS = 256  # of one value


# ---------------------------------------------------------------- arguments


@value
def query(value: Any, values: Values, notes: list[str], fields: str, unless: str = "") -> dict[str, dict[str, object]]:
    """The filters that a query means.

    Arguments:
        value: query text, a list of its words, or ready filters; "" and {} for none.
        fields: kind of search, such as ``offers``.
        unless: the parameter that switches the default filters off; "" where there are none.

    Raises:
        ValueError: the query cannot be understood; the text names the place and the fix.

    >>> query("num_gpus>=4", {"no_default": True}, [], fields="offers", unless="no_default")
    {'num_gpus': {'gte': '4'}}
    """
    defaults = DEFAULTS[fields] if unless and not values.get(unless) else None
    parsed = parse(_with_directives(value, values), fields, defaults)
    notes.extend(parsed.warnings)
    return parsed.filters


def _with_directives(query: Any, values: Values) -> Any:
    """The query with the directives that were given as arguments of their own."""
    for name in ("georegion", "chunked"):
        if values.get(name) and not isinstance(query, Mapping):
            query = f"{query if isinstance(query, str) else ' '.join(query)} {name}=true"
        elif values.get(name):
            query = {**query, name: {"eq": True}}
    return query


@value
def order(value: Any, values: Values, fields: str) -> list[list[str]]:
    """The fields to sort by, as the offer searches want them.

    >>> order("dph,score-", {}, fields="offers")
    [['dph_total', 'asc'], ['score', 'desc']]
    """
    return read_order(value, fields)


@value
def order_columns(value: Any, values: Values, fields: str = "templates", last: str = "") -> list[dict[str, str]]:
    """The fields to sort by, as the listings want them.

    Arguments:
        value: text such as "name,id-", or a list of such texts; ready columns pass.
        last: a column to add as the last one, so that the order is complete; "" for none.

    >>> order_columns(["start_date desc"], {}, last="id")
    [{'col': 'start_date', 'dir': 'desc'}, {'col': 'id', 'dir': 'asc'}]
    """
    if isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        value = ",".join(value)
    columns = [{"col": field, "dir": direction} for field, direction in read_order(value, fields)]
    if last and last not in {column["col"] for column in columns}:
        columns.append({"col": last, "dir": "asc"})
    return columns


@value
def clamp(value: float, values: Values, low: float | None = None, high: float | None = None) -> float:
    """The nearest number within the limits.

    >>> clamp(500, {}, low=1, high=25), clamp(0, {}, low=1, high=25)
    (25, 1)
    """
    if low is not None and value < low:
        return low
    return high if high is not None and value > high else value


@value
def unless(value: bool, values: Values, given: str) -> bool:
    """False when another switch is on, else the value.

    >>> unless(True, {"only_credits": True}, given="only_credits")
    False
    """
    return False if values.get(given) else value


@value
def empty_is_null(value: list[str], values: Values) -> list[str | None]:
    """The list with null in place of each empty text: how the service is asked for rows without a label.

    >>> empty_is_null(["", "train"], {})
    [None, 'train']
    """
    return [item or None for item in value]


@value
def read_text(value: str, values: Values, read_file: Callable[[str], str]) -> str:
    """The text of a local file.

    Raises:
        ValueError: it cannot be read.

    >>> read_text("start.sh", {}, read_file=lambda path: "echo hi")
    'echo hi'
    """
    try:
        return read_file(value)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ValueError(f"cannot read the file {value!r}: {reason}") from None


@value
def read_json(value: str, values: Values, read_file: Callable[[str], str]) -> Any:
    """The JSON value in a local file.

    Raises:
        ValueError: it cannot be read, or is not JSON.

    >>> read_json("scopes.json", {}, read_file=lambda path: '{"api": {"misc": {}}}')
    {'api': {'misc': {}}}
    """
    try:
        return json.loads(read_text(value, values, read_file))
    except json.JSONDecodeError as error:
        raise ValueError(f"the file {value!r} is not JSON: {error}") from None


@value
def start_script(value: str, values: Values, notes: list[str]) -> str:
    """The start script, with a remark when it may be too long: the documents name 4048, 4096 and 16384 characters.

    >>> notes = []
    >>> start_script("echo hi", {}, notes), notes
    ('echo hi', [])
    """
    if len(value) > ONSTART_CHARACTERS:
        notes.append(
            f"The start script has {len(value)} characters; the service may refuse more than {ONSTART_CHARACTERS}. "
            "Pack it with gzip and base64, or fetch it from the script."
        )
    return value


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


@value
def env_dict(value: Any, values: Values, notes: list[str]) -> dict[str, str]:
    """Environment variables, ports and mounts as the mapping that the service takes.

    Arguments:
        value: the mapping itself, or text in the style of docker: ``-e TZ=UTC -p 8080:8080 -v V.7:/data``. Quotes keep
            blanks together.

    Raises:
        ValueError: a piece of the text fits no flag, or the value is neither text nor a mapping.

    >>> env_dict("-e TZ=UTC -e NAME='a b' -p 8081:8081/udp -h box", {}, [])
    {'TZ': 'UTC', 'NAME': 'a b', '-p 8081:8081/udp': '1', '-h': 'box'}
    >>> env_dict("TOKEN=secret MODE=fast", {}, [])
    {'TOKEN': 'secret', 'MODE': 'fast'}
    """
    if isinstance(value, str):
        env = _env_from_text(value)
    elif isinstance(value, Mapping):
        env = {name: _env_value(name, item) for name, item in value.items()}
    else:
        raise ValueError(f"must be a mapping or text such as {_ENV_FORMS}")
    for name, item in env.items():
        if len(item) > ENV_CHARACTERS:
            notes.append(f"The value of {name} has {len(item)} characters; the service takes {ENV_CHARACTERS}.")
    return _portal_without_jupyter(env, values)


def _env_from_text(text: str) -> dict[str, str]:
    try:
        pieces = shlex.split(text)
    except ValueError as error:
        raise ValueError(f"a quote is not closed ({error})") from None
    env: dict[str, str] = {}
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
        env[name] = item
    return env


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


@value
def scopes(value: Any, values: Values) -> Any:
    """The permissions of a key: ready ones, or a list of scope categories.

    >>> scopes(["user_read", "misc"], {})
    {'api': {'user_read': {}, 'misc': {}}}
    """
    if isinstance(value, str):
        value = [name for name in re.split(r"[,\s]+", value) if name]
    if isinstance(value, list):
        return {"api": {name: {} for name in value}}
    if not isinstance(value, Mapping):
        raise ValueError("must be a mapping such as {'api': {'misc': {}}}, or a list of scopes")
    return value


@value
def worker_query(value: str, values: Values) -> str:
    """The search text of a worker group: the given one, then the usual defaults unless they are switched off.

    The service reads the text itself; later comparisons join the earlier ones.

    >>> worker_query("gpu_ram>=23", {"no_default": False})
    'gpu_ram>=23 verified=True rentable=True rented=False'
    """
    defaults = "" if values.get("no_default") else "verified=True rentable=True rented=False"
    return f"{value} {defaults}".strip()


# ---------------------------------------------------------------- results


def _each(result: Any, change: Callable[[Row], Row]) -> Any:
    """A row, or each row of a list, changed."""
    if isinstance(result, list):
        return [change(row) for row in result]
    return change(result) if isinstance(result, dict) else result


@value
def offer_rows(result: list[Row], values: Values) -> list[dict[str, object]]:
    """Offers with ``datacenter`` added, and the region or rounded sizes that the query asked for.

    >>> offer_rows([{"id": 1, "hosting_type": 1}], {})
    [{'id': 1, 'hosting_type': 1, 'datacenter': True}]
    """
    return postprocess(result, bool(values.get("georegion")), bool(values.get("chunked")))


@value
def strip_texts(result: Any, values: Values) -> Any:
    """Texts without the blanks and line breaks around them, which the service sometimes leaves in addresses.

    >>> strip_texts([{"public_ipaddr": "203.0.113.7\\n"}], {})
    [{'public_ipaddr': '203.0.113.7'}]
    """
    return _each(result, lambda row: {k: v.strip() if isinstance(v, str) else v for k, v in row.items()})


@value
def env_mapping(result: Any, values: Values) -> Any:
    """``extra_env`` as a mapping in place of the list of pairs that the service sends.

    >>> env_mapping({"extra_env": [["TZ", "UTC"]]}, {}), env_mapping({"extra_env": None}, {})
    ({'extra_env': {'TZ': 'UTC'}}, {'extra_env': None})
    """
    return _each(result, _with_env_mapping)


def _with_env_mapping(row: Row) -> Row:
    pairs = row.get("extra_env")
    if isinstance(pairs, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        return {**row, "extra_env": {str(name): item for name, item in pairs}}
    return row


@value
def age(result: Any, values: Values, now: float) -> Any:
    """``duration``: seconds since ``start_date`` by the service's own clock; null when the start is not known.

    >>> age([{"start_date": 100.0}, {"start_date": None}], {}, now=160.0)
    [{'start_date': 100.0, 'duration': 60.0}, {'start_date': None, 'duration': None}]
    """
    return _each(result, lambda row: {**row, "duration": _since(row.get("start_date"), now)})


def _since(start: Any, now: float) -> float | None:
    return now - start if isinstance(start, int | float) and not isinstance(start, bool) else None


@value
def pairs(result: Mapping[str, Any], values: Values) -> list[Row]:
    """A mapping as a list of rows with ``key`` and ``value``.

    >>> pairs({"TOKEN": "x"}, {})
    [{'key': 'TOKEN', 'value': 'x'}]
    """
    return [{"key": name, "value": item} for name, item in result.items()]


@value
def pick(result: list[Row], values: Values, by: str, what: str = "row") -> Any:
    """The one row that an argument names, or all rows when it is not given.

    Raises:
        NotFound: there is no such row.

    >>> pick([{"id": 1}, {"id": 2}], {"id": 2}, by="id")
    {'id': 2}
    """
    wanted = values.get(by)
    if wanted is None:
        return result
    for row in result:
        if str(row.get(by)) == str(wanted):
            return row
    raise NotFound(f"There is no {what} with the {by} {wanted} in this account.", code="not_found", status_code=404)


@value
def only_kind(result: list[Row], values: Values) -> list[Row]:
    """The rows of the old invoice listing that were asked for: charges, payments, or both.

    >>> only_kind([{"type": "charge"}, {"type": "payment"}], {"only_charges": True})
    [{'type': 'charge'}]
    """
    wanted = "charge" if values.get("only_charges") else "payment" if values.get("only_credits") else None
    return [row for row in result if wanted is None or row.get("type") == wanted]


@value
def without_path(result: Row, values: Values) -> Row:
    """The output of a command without the path inside the machine that precedes each of its lines.

    >>> without_path({"writeable_path": "/var/lib/x", "output": "/var/lib/x/data\\n"}, {})["output"]
    '/data\\n'
    """
    path, output = result.get("writeable_path"), result.get("output")
    if isinstance(path, str) and path and isinstance(output, str):
        return {**result, "output": output.replace(path, "")}
    return result
