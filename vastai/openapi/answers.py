"""What the service answers, as OpenAPI writes it: a command's result in its envelope, and refusals."""

from __future__ import annotations

from typing import Any

from ..table.model import UNSET, Command

Schema = dict[str, Any]

JSON = "application/json"
# Any mix of these comes with a refusal.
REFUSAL: Schema = {
    "title": "Refusal",
    "description": "Why the service said no. Any of these fields may be missing, and others may come.",
    "type": "object",
    "properties": {
        "success": {"type": ["boolean", "null"], "description": "false"},
        "error": {"type": ["string", "null"], "description": "Code of the refusal, such as invalid_args"},
        "msg": {"description": "What the service says about it"},
        "message": {"description": "The same, in other answers"},
        "detail": {"description": "The same, in other answers"},
        "status": {"type": ["string", "integer", "null"], "description": "failure, in other answers"},
    },
}
_STATUSES = {
    "400": "A value cannot be used, or the account lacks the money",
    "401": "The key is not known",
    "403": "There is no key, or it lacks the scope for this",
    "404": "It is not there, or belongs to another account or team",
    "429": "Too many requests; `Retry-After` or `retry_after` may say when to come back",
    "4XX": "Also 405 another verb, 409 it is there already, 410 the offer is gone, 411 nothing to prepay, "
    "422 a value cannot be read, 483 the body is not JSON",
    "5XX": "The service failed: 500, 502, 503, 504",
}
REFUSALS: Schema = {
    f"Refusal{status}": {
        "description": text,
        "content": {
            JSON: {"schema": {"$ref": "#/components/schemas/Refusal"}},
            "text/plain": {"schema": {"type": "string"}},
        },
    }
    for status, text in _STATUSES.items()
}


def component(name: str) -> str:
    """The reference to a response schema.

    >>> component("ack")
    '#/components/schemas/ack'
    """
    return f"#/components/schemas/{name}"


def responses(commands: list[Command]) -> Schema:
    """The answers of an operation by status."""
    found: dict[str, list[Schema]] = {}
    for command in commands:
        kind, schema = _good(command)
        forms = found.setdefault(kind, [])
        if schema not in forms:
            forms.append(schema)
    content = {kind: {"schema": forms[0] if len(forms) == 1 else {"anyOf": forms}} for kind, forms in found.items()}
    refused = {status: {"$ref": f"#/components/responses/Refusal{status}"} for status in _STATUSES}
    return {"200": {"description": "It is done", "content": content}, **refused}


def _good(command: Command) -> tuple[str, Schema]:
    """The media type of a good answer, and its schema."""
    returns = command.returns
    if returns.type == "str" and not command.poll:
        return "text/plain", {"type": "string"}
    if command.poll:
        url = command.poll["url"]
        found = {"type": "object", "properties": {url: {"type": ["string", "null"]}}, "required": [url]}
        return JSON, {"allOf": [{"$ref": component(returns.schema or "ack")}, found]}
    return JSON, _enveloped(command, _payload(command))


def _payload(command: Command) -> Schema:
    """What a command takes out of the envelope, as it is received."""
    returns = command.returns
    if returns.reshape.get(".") == "rows":
        return {"type": "object"}  # the schema is that of the rows made of it
    one: Schema = {"$ref": component(returns.schema or "ack")}
    return {"type": "array", "items": one} if returns.many else one


def _enveloped(command: Command, payload: Schema) -> Schema:
    """The whole answer: the payload under its field, with the token of the next page, or the bare rows."""
    returns = command.returns
    field = command.pages["items"] if command.pages else returns.unwrap
    if not field:
        return payload
    # rows may be the text of a list, and any payload may be null
    text = {"type": ["string", "null"], "contentMediaType": JSON} if returns.many else {"type": "null"}
    found: Schema = {"type": "object", "properties": {field: {"anyOf": [payload, text]}}}
    if returns.default is UNSET:
        found["required"] = [field]
    if command.pages:
        found["properties"][command.pages["token"]] = {"type": ["string", "null"]}
    return {"anyOf": [found, payload]} if returns.many and not command.pages else found
