"""Reply: from what the service answered to the result, or to the error that says why there is none."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ..errors import APIError, AuthError, NotFound, RateLimited, SchemaError, VastError, with_http_error
from ..table import schemas
from ..table.model import UNSET, Command
from .response import requests_response
from .steps import Reply, Request

# What to do about a refusal, by status.
HINTS = {
    401: "Check the key: vastai doctor shows which is used, vastai set api-key takes another.",
    403: "The key lacks the scope for this, or belongs to another account or team.",
    404: "Check the id; it may be gone, or belong to another account or team.",
    410: "The offer is gone: search again.",
    429: "Wait a little, and send fewer requests.",
    500: "The service failed; try again later.",
}


def read(command: Command, reply: Reply, strict: str = "", warn: Any = None) -> Any:
    """The payload of an answer: checked as received, and taken out of its envelope.

    Arguments:
        strict: ``raise`` or ``warn`` to check the whole reply against its schema, "" for the envelope only.
        warn: called with a line when `strict` is ``warn``.

    Raises:
        APIError: the service refused, or answered something unusable; AuthError, NotFound, RateLimited by status.
        SchemaError: `strict` is ``raise`` and the reply is not what the schema says.
    """
    returns = command.returns
    if reply.status == 404 and returns.default is not UNSET and not _auth_failed(decode(reply)):
        return returns.default
    if returns.type == "str" and not command.poll and 200 <= reply.status < 300:
        return reply.body.decode("utf-8", "replace")
    data = decode(reply)
    if not 200 <= reply.status < 300 or _refused(command, data):
        raise refusal(reply, data)
    if reply.status == 204:
        data = {"success": True}
    elif data is None and reply.body.strip() != b"null":
        data = _line(reply) if reply.headers.get("content-type", "").startswith("text/plain") else None
        if not data:
            raise unreadable(reply)
    if isinstance(data, str) and schemas.acknowledges(returns.schema):
        data = {"success": True, "msg": data}
    payload = take_out(command, data, reply)
    if returns.drop:
        payload = without(payload, returns.drop)
    if strict:
        _check_schema(command, payload, strict, warn)
    return payload


def read_record(command: Command, reply: Reply, strict: str, notes: list[str]) -> dict[str, Any]:
    """The whole first answer of a command that goes on from it: always an object.

    Raises:
        APIError: the service refused, or answered something unusable.
    """
    data = decode(reply)
    if not 200 <= reply.status < 300 or _refused(command, data):
        raise refusal(reply, data)
    if not isinstance(data, dict):
        raise unreadable(reply) if data is None else unusable(reply, f"is {_kind(data)} where an object is due")
    if strict:
        _check_schema(command, data, strict, notes.append)
    return data


def check_rows(command: Command, found: list[dict[str, Any]], strict: str, notes: list[str]) -> list[dict[str, Any]]:
    """The rows of one page, checked against the schema when asked for.

    Raises:
        SchemaError: `strict` is ``raise`` and a row is not what the schema says.
    """
    if strict:
        _check_schema(command, found, strict, notes.append)
    return found


def is_acknowledgement_text(request: Request, reply: Reply) -> bool:
    """Is a good answer that is no JSON still as good as a yes: a line of plain text to an update or a destroy?

    The vendor describes such answers to the removal of an API key. A request that must not be repeated needs more.
    """
    plain = reply.headers.get("content-type", "").startswith("text/plain")
    return plain and request.effect in ("update", "destroy") and bool(_line(reply))


def decode(reply: Reply) -> Any:
    """The answer's JSON value, whatever its content type says, or None when it is not JSON."""
    if reply.data is not None:
        return reply.data
    try:
        return json.loads(reply.body)
    except (ValueError, RecursionError):  # a thousand open brackets are no answer either
        return None


def take_out(command: Command, data: Any, reply: Reply) -> Any:
    """The payload of an envelope: the rows of a list, the object of a record.

    Raises:
        APIError: the payload is missing or of the wrong kind.
        NotFound: there is an envelope, and nothing in it.
    """
    returns = command.returns
    if returns.unwrap and isinstance(data, dict):
        if returns.unwrap not in data and returns.default is UNSET:
            raise unusable(reply, f'has no "{returns.unwrap}"')
        data = data.get(returns.unwrap)
    if data is None and returns.default is not UNSET:
        return returns.default
    if returns.many:
        return rows(data, reply)
    if data is None and returns.unwrap:
        what = f"{command.group.rstrip('s')} " if command.params else ""
        raise NotFound(
            f"This {what}was not found in this account.",
            code="not_found",
            status_code=404,
            hint=HINTS[404],
            response=reply,
        )
    if isinstance(data, list) and returns.schema and schemas.may_be_list(returns.schema):
        return rows(data, reply)
    if returns.type == "dict" and not isinstance(data, dict):
        raise unusable(reply, f"is {_kind(data)} where an object is due")
    return data


def without(payload: Any, names: tuple[str, ...]) -> Any:
    """The payload without fields that nobody asked for, such as the keys that some rows carry.

    >>> without([{"id": 1, "api_key": "k"}], ("api_key",))
    [{'id': 1}]
    """
    if isinstance(payload, list):
        return [without(row, names) for row in payload]
    return {name: value for name, value in payload.items() if name not in names}


def rows(data: Any, reply: Reply) -> list[dict[str, Any]]:
    """A list of objects; null counts as an empty list, and a text that holds a list in JSON as that list.

    The SSH keys of an instance come as such a text.

    Raises:
        APIError: it is something else.
    """
    if data is None:
        return []
    if isinstance(data, str) and data.lstrip().startswith("["):
        data = _from_text(data)
    if not isinstance(data, list):
        raise unusable(reply, f"holds {_kind(data)} where a list is due")
    for number, row in enumerate(data):
        if not isinstance(row, dict):
            raise unusable(reply, f"holds {_kind(row)} as row {number} where an object is due")
    return data


def _from_text(text: str) -> Any:
    """What a text holds as JSON; the text itself when it is not JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def refusal(reply: Reply, data: Any) -> APIError:
    """The error of an answer that says no."""
    body = data if isinstance(data, dict) else {}
    named = [body[key] for key in ("error", "code") if isinstance(body.get(key), str)]
    code = next((name for name in named if name and " " not in name), "")  # a sentence is a message, no code
    msg = words(body) or _plain_text(reply) or f"HTTP status {reply.status} without a message"
    kind = _kind_of_error(reply.status, code)
    hint = reply.note or HINTS.get(reply.status) or (HINTS[500] if reply.status >= 500 else "")
    if kind is AuthError:
        hint = HINTS[401]
    text = f"{clean(msg)} ({code}, HTTP {reply.status})" if code else f"{clean(msg)} (HTTP {reply.status})"
    return kind(
        text, code=code or kind.code, status_code=reply.status, msg=clean(msg), hint=hint, body=body, response=reply
    )


def words(body: dict[str, Any]) -> str:
    """The service's own words in an error body, under whichever of its names."""
    for key in ("msg", "message", "detail", "error"):
        value = body.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if isinstance(value, list | dict) and value:
            return json.dumps(value, ensure_ascii=False)[:500]
    return ""


def unreadable(reply: Reply) -> APIError:
    """The error of a good status whose body is not JSON."""
    if not reply.body.strip():
        return unusable(reply, "is empty")
    kind = reply.headers.get("content-type", "unknown content type").split(";")[0]
    return unusable(reply, f"is not JSON ({clean(kind)}, {len(reply.body)} bytes)")


def unusable(reply: Reply, what: str) -> APIError:
    """The error of an answer that cannot be used."""
    return APIError(
        f"The answer to {reply.verb} {reply.url.split('?')[0]} {what} (HTTP {reply.status}).",
        code="unusable_answer",
        status_code=reply.status,
        hint="Is the server address right, and is there a proxy in between?",
        response=reply,
    )


def is_refusal(error: VastError) -> bool:
    """May this error be returned as an object by a command that acknowledges?

    Yes for a 4xx with a JSON object and for a 200 that says no; never for a bad key, a rate limit or a failing service.
    """
    if not isinstance(error, APIError) or isinstance(error, AuthError | RateLimited):
        return False
    if error.code == "unusable_answer":
        return False
    status = error.status_code or 0
    return bool(error.body) and (200 <= status < 300 or 400 <= status < 500)


def public(error: VastError) -> VastError:
    """An error as callers of the library get it: with a real `requests.Response`, and also a `requests.HTTPError`."""
    if not isinstance(error, APIError):
        return error
    if isinstance(error.response, Reply):
        error.response = requests_response(error.response)
    return with_http_error(error)


def clean(text: str) -> str:
    """Text from the service, fit for one line of a terminal: no control, escape or direction characters.

    >>> clean("a\\x1b[31mred\\nb")
    'a [31mred b'
    """
    import unicodedata

    shown = "".join(" " if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp", "Cs") else c for c in text)
    return " ".join(shown.split())


def _kind_of_error(status: int, code: str) -> type[APIError]:
    if status == 401 or code == "auth_error":
        return AuthError
    if status == 404 or code.startswith("no_such_"):
        return NotFound
    return RateLimited if status == 429 else APIError


def _refused(command: Command, data: Any) -> bool:
    """Does a good status carry a no? The serverless host says no with nothing but an ``error``."""
    if not isinstance(data, dict):
        return False
    error = data.get("error") if command.service == "serverless" and not data.get("success") else None
    return data.get("success") is False or (isinstance(error, str) and error != "")


def _auth_failed(data: Any) -> bool:
    return isinstance(data, dict) and data.get("error") == "auth_error"


def _plain_text(reply: Reply) -> str:
    """The words of an answer that says no without JSON; a page is never quoted."""
    kind = reply.headers.get("content-type", "").split(";")[0]
    is_page = reply.body.lstrip()[:1] == b"<"
    return f"The service answered with {clean(kind) or 'a page'}, not with JSON" if is_page else _line(reply)


def _line(reply: Reply) -> str:
    """A short plain-text body, else ""."""
    text = reply.body[:2000].decode("utf-8", "replace").strip()
    return "" if text.startswith(("<", "{", "[")) or len(text) > 500 else text.strip('"')


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", type(None): "nothing"}
    return names.get(type(value), "a number")


def _check_schema(command: Command, payload: Any, strict: str, warn: Any) -> None:
    """Check every object of a reply against the command's schema."""
    schema = command.returns.schema or "ack"  # a text is fetched from where an acknowledgement says
    objects: Iterable[Any] = payload if command.returns.many else [payload]
    for number, thing in enumerate(objects):
        for path, what in schemas.faults(schema, thing):
            where = f"[{number}]{path}" if command.returns.many else path or "the answer"
            line = f"{command.name}: {where}: {what} (schemas/{schema}.json)"
            if strict == "raise":
                raise SchemaError(line, hint="The service has changed, or the schema is wrong.")
            if warn is not None:
                warn(line)
            return
