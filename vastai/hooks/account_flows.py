"""Flows around keys: keep one, log in with a second factor, get leave to add a method."""

from __future__ import annotations

from typing import Any

from ..engine.steps import Enter, KeepKey, KeepSession, UseKey
from ..errors import UsageError
from .flows import Call, Flow, Values
from .registry import flow


def whole_key(text: str, command: str) -> str:
    """A key as it was copied, without the blanks and line ends around it. It is in no message.

    Arguments: command for messages.

    Raises:
        UsageError: it is empty, or surely not a whole key and nothing else.

    >>> whole_key(" abc\\n", "set api-key")
    'abc'
    """
    key = text.strip()
    if not key:
        raise UsageError(
            f"{command}: there is no key. Type or pipe it in, as the page Keys of the web console shows it",
            code="no_key",
        )
    if not key.isascii() or not key.isprintable() or " " in key:
        raise UsageError(f"{command}: the key holds blanks, control or non-ASCII characters; no key does")
    if "..." in key or "**" in key or key.strip("\"'<>") != key:
        raise UsageError(f"{command}: the key was cut off, or copied with signs around it", hint="copy all of it")
    return key


@flow
def keep_key(call: Call, values: Values) -> Flow:
    """Keep an API key in the key file, and use it from now on. The key itself is in no message.

    Without one, or with ``-``, it is typed unseen, or read from what is piped in.

    Raises (when run):
        UsageError: there is none, or it holds signs that no key has.

    >>> from vastai.hooks.flows import say
    >>> steps = keep_key(say, {"key": None})
    >>> next(steps), steps.send(" abc "), steps.send("/home/ada/.config/vastai/vast_api_key")
    (Enter(question='API key:', hidden=True), KeepKey(key='abc'), UseKey(key='abc'))
    """
    key = values["key"]
    if key in (None, "-"):
        key = yield Enter("API key:", hidden=True)
    key = whole_key(key, "set api-key")
    path = yield KeepKey(key)
    yield UseKey(key)
    return {"success": True, "msg": f"The key is kept in {path}"}


@flow
def tfa_login(call: Call, values: Values, notes: list[str]) -> Flow:
    """Have a second factor checked; the key of the session is kept where there is a place for it.

    >>> from vastai.hooks.flows import say
    >>> steps = tfa_login(say, {"code": "123456"}, [])
    >>> next(steps)
    ('tfa_verify', {'code': '123456'})
    >>> steps.send({"success": True, "session_key": "k"})
    KeepSession(key='k')
    """
    answer: dict[str, Any] = yield from call("tfa_verify", **values)
    key = answer.get("session_key")
    if isinstance(key, str) and key:
        path = yield KeepSession(key)
        if path:
            notes.append(f"Logged in: the key of the session is kept in {path} and used from now on.")
    return answer


@flow
def tfa_auth_new(call: Call, values: Values, notes: list[str], surface: str = "library") -> Flow:
    """Have a code sent and confirm with it that a method may be added; with a code at hand, only confirm.

    Raises (when run):
        UsageError: there is a challenge, and nobody gave the code.

    >>> from vastai.hooks.flows import say
    >>> steps = tfa_auth_new(say, dict.fromkeys(["code", "secret", "method_type", "backup_code", "method_id"]), [])
    >>> next(steps)
    ('tfa_request_new', {'method_type': 'email', 'backup_code': None, 'method_id': None})
    >>> steps.send({"success": True, "secret": "abc"}), steps.send("123456")
    (Enter(question='Code:', hidden=False), ('tfa_confirm_new', {'code': '123456', 'secret': 'abc'}))
    """
    code, secret = values["code"], values["secret"]
    if not code and not secret:
        ways = {name: values[name] for name in ("method_type", "backup_code", "method_id")}
        if not any(ways.values()):
            ways["method_type"] = "email"
        answer: dict[str, Any] = yield from call("tfa_request_new", **ways)
        secret = answer.get("secret")
        code = (yield Enter("Code:")) if secret else ""
        if not code:
            if secret and surface == "terminal":
                notes.append(f"Confirm it with the code: vastai tfa auth-new --secret {secret} --code CODE")
            return answer
    code = code or (yield Enter("Code:"))
    if not code:
        raise UsageError("tfa auth-new: code: is required")
    return (yield from call("tfa_confirm_new", code=code, secret=secret))
