"""What can go wrong: the exceptions and, in one table, the exit code each of them means."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from typing import Any


class VastError(Exception):
    """Any failure that this package reports; the text is one line for people.

    Attributes:
        code: a short machine-readable word for the kind of failure, such as ``no_such_instance``.
        hint: what to do about it, or "" when there is nothing to advise.
        refusal: the failure as the object that every surface shows (see `as_refusal`).
        details: what else is known, such as the ID of what was rented before it failed; part of the refusal.
    """

    code = "error"
    hint = ""

    def __init__(self, message: str = "", *, code: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.details: dict[str, Any] = {}
        if code:
            self.code = code
        if hint:
            self.hint = hint

    def __str__(self) -> str:
        return self.message

    def __reduce__(self) -> tuple[Any, ...]:
        both = type(self) in _BOTH.values()  # such a class is made at run time and cannot be found by its name
        kind = type(self).__mro__[1] if both else type(self)
        return _rebuild, (kind, both, self.message, self.__dict__)

    def as_refusal(self) -> dict[str, Any]:
        """The failure as one JSON object: success, error, msg, status_code, hint and whatever the server sent."""
        return {
            **self.details,
            "success": False,
            "error": self.code,
            "msg": self.message,
            "status_code": getattr(self, "status_code", None),
            "hint": self.hint or None,
        }


class UsageError(VastError, ValueError):
    """The call itself is wrong: a value of the wrong kind, a bad query, a refused prompt. Nothing was sent."""

    code = "usage"


class NotOffered(UsageError, NotImplementedError):
    """There is no request for this, or it is left out on purpose; nothing was sent. The message says what to do."""

    code = "not_offered"


class TableError(VastError):
    """A table of commands has faults; one line for each of them."""

    code = "bad_table"


class APIError(VastError):
    """The service refused, or answered with an error status.

    Attributes:
        response: the answer as a `requests.Response`, or None.
        status_code: HTTP status of the answer.
        msg: the service's own words.
        body: the fields of the answer when it was a JSON object, else an empty mapping.
    """

    code = "api_error"

    def __init__(
        self,
        message: str = "",
        *,
        code: str = "",
        hint: str = "",
        status_code: int | None = None,
        msg: str = "",
        body: dict[str, Any] | None = None,
        response: Any = None,
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.status_code = status_code
        self.msg = msg or message
        self.body = body or {}
        self.response = response

    def as_refusal(self) -> dict[str, Any]:
        """The service's own fields, completed to the one shape of a refusal."""
        refusal = {**self.body, **super().as_refusal()}
        refusal["msg"] = self.msg
        return refusal


class AuthError(APIError):
    """There is no key, or the service does not accept it."""

    code = "auth_error"


class NotFound(APIError):
    """What was asked for does not exist, or belongs to somebody else."""

    code = "not_found"


class RateLimited(APIError):
    """Too many requests, after the last repeat."""

    code = "rate_limited"


class ConnectionFailed(VastError):
    """The service could not be reached, did not answer in time, or broke off; or a wait ran out."""

    code = "connection_failed"


class OutcomeUnknown(VastError):
    """A request that must not be repeated was sent and its answer is lost: it may or may not have been done.

    Attributes:
        look_at: the command that shows what happened, such as ``show_instances``.
        candidates: rows that may be what the request created; named, never claimed.
    """

    code = "outcome_unknown"

    def __init__(
        self,
        message: str = "",
        *,
        code: str = "",
        hint: str = "",
        look_at: str = "",
        candidates: list[dict[str, Any]] | None = None,
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.look_at = look_at
        self.candidates = candidates or []

    def as_refusal(self) -> dict[str, Any]:
        """The common shape, with the candidates and the command to look with."""
        return {**super().as_refusal(), "look_at": self.look_at or None, "candidates": self.candidates}


class ProgramFailed(VastError):
    """A program that a command runs, such as rsync or ssh, ended with a failure.

    Attributes:
        returncode: its exit code, which becomes the command line's own.
        silent: the program has said itself what is to be said; the exit code alone is passed on in a terminal.
    """

    code = "program_failed"
    returncode = 1
    silent = False


class SchemaError(VastError):
    """The answer is not what the table's schema says; the message names the path and the value."""

    code = "schema_error"


# The process exit code of each failure, most special first. Printed in the documentation.
EXIT_CODES: tuple[tuple[type[BaseException], int, str], ...] = (
    (AuthError, 3, "no key, or a bad one"),
    (NotFound, 4, "not found"),
    (RateLimited, 5, "rate limited"),
    (ConnectionFailed, 6, "network failure, or a wait that ran out"),
    (OutcomeUnknown, 7, "outcome unknown: look before you try again"),
    (TableError, 2, "wrong usage, a bad table, or a refused prompt"),
    (UsageError, 2, "wrong usage, a bad table, or a refused prompt"),
    (KeyboardInterrupt, 130, "interrupted"),
    (VastError, 1, "the API said no, or answered something unusable"),
)


def exit_code_meanings() -> list[tuple[int, str]]:
    """Each exit code and what it means, in ascending order; 0 is "done"."""
    return sorted({0: "done", **{code: meaning for _, code, meaning in EXIT_CODES}}.items())


def exit_code(error: BaseException) -> int:
    """The documented exit code of the command line for a failure; a program that failed keeps its own."""
    if isinstance(error, ProgramFailed):
        return error.returncode
    if type(error) is APIError and error.body.get("results"):  # a report on several: what stopped it decides
        return 6 if error.code == "timed_out" else code_named(error.code)
    for kind, code, _ in EXIT_CODES:
        if isinstance(error, kind):
            return code
    return 1


def code_named(name: str) -> int:
    """The exit code of the failure that is called so in refusals; 1 when none is.

    >>> code_named("connection_failed")
    6
    """
    return next((code for kind, code, _ in EXIT_CODES if getattr(kind, "code", "") == name), 1)


def with_http_error(error: APIError) -> APIError:
    """The same error as a class that is also a `requests.HTTPError`, so that both except clauses catch it.

    `requests` is imported here and not at the top: an error is rare, and the import is slow.
    """
    kind = type(error)
    both = _BOTH.get(kind)
    if both is None:
        import requests

        both = _BOTH[kind] = type(
            kind.__name__, (kind, requests.HTTPError), {"__module__": kind.__module__, "__doc__": kind.__doc__}
        )
    twin = both.__new__(both, error.message)
    twin.__dict__.update(error.__dict__)
    twin.args = (error.message,)
    twin.__dict__.setdefault("request", getattr(error.response, "request", None))
    return twin


_BOTH: dict[type[APIError], type[APIError]] = {}


def _rebuild(kind: type[VastError], both: bool, message: str, state: dict[str, Any]) -> VastError:
    """An error as it was before pickling."""
    error = kind(message)
    error.__dict__.update(state)
    return with_http_error(error) if both and isinstance(error, APIError) else error
