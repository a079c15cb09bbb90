"""The steps a flow may yield, and what a driver hands back for them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, NamedTuple

from ..errors import VastError


class Request(NamedTuple):
    """One request to the service, ready but for the server's address and the key.

    Attributes:
        verb: HTTP verb, upper case.
        path: complete path below the server, values quoted: ``/api/v0/instances/7/``.
        query: query parameters as texts, not yet percent-encoded.
        body: JSON value to send, or None for no body.
        service: ``api``, or ``serverless`` for the second host.
        effect: ``read``, ``update``, ``destroy`` or ``once``: decides about repeats.
        key: ``required`` or ``optional``.
        accept: ``json``, or ``text`` when an answer that is no JSON is as good.
        command: name of the command that plans it, for messages.
        look_at: command to look with when the outcome is unknown, or "".
        secrets: names of query parameters and body fields (dotted) that must never be shown.
        brief: nobody waits long for it: at most one repeat, and a few seconds for each attempt.
    """

    verb: str
    path: str
    query: dict[str, str] = {}
    body: Any = None
    service: str = "api"
    effect: str = "read"
    key: str = "required"
    accept: str = "json"
    command: str = ""
    look_at: str = ""
    secrets: tuple[str, ...] = ()
    brief: bool = False


class Reply(NamedTuple):
    """One answer: status, headers with lower-case names, undecoded body, and the URL that gave it.

    `note` is a remark for people, such as how long to wait; `data` is the body's JSON value where it was read already;
    `busy` is how many answers before it said that there are too many requests.
    """

    status: int
    headers: dict[str, str]
    body: bytes
    url: str = ""
    verb: str = ""
    note: str = ""
    data: Any = None
    busy: int = 0


class Fetch(NamedTuple):
    """Fetch a URL that the service named, without the key. The driver hands back a Reply of any status."""

    url: str


class Pause(NamedTuple):
    """Wait so many seconds."""

    seconds: float


class Now(NamedTuple):
    """Look at the clock. The driver hands back seconds of a clock that only goes forward; their zero means nothing."""


class Tell(NamedTuple):
    """A remark that changes, such as how far a wait has come. It takes the place of the one before about the same.

    On a terminal one line is rewritten in place; elsewhere a plain line is said whenever `text` changes; the library
    logs such a line at INFO.

    Attributes:
        about: what it is about, such as ``instance 7``; it stands in front of the text.
        text: the state, such as ``loading: pulling pytorch``; "" when there is nothing more to tell of it.
        more: what changes all the time, such as the seconds gone by: shown only where a line can be rewritten.
    """

    about: str
    text: str
    more: str = ""


class Show(NamedTuple):
    """Lines of a result that comes bit by bit, such as a log that is followed. Only the terminal shows them at once."""

    lines: Sequence[str]


class Run(NamedTuple):
    """Run a program with this argument list, never through a shell. The driver hands back its exit code.

    Attributes:
        capture: hand back what it prints instead, as text.
    """

    argv: list[str]
    capture: bool = False


class Read(NamedTuple):
    """Read a file of this machine. The driver hands back its bytes, or None when there is none."""

    path: str


class Write(NamedTuple):
    """Write a file with these permissions, all or nothing. Where a symbolic link stands, it stays."""

    path: str
    data: bytes
    mode: int = 0o600


class Probe(NamedTuple):
    """Try whether something listens there. The driver hands back the first bytes it says, or None."""

    host: str
    port: int


class Browse(NamedTuple):
    """Show a page in the person's browser. The driver hands back whether one was opened."""

    url: str


class Look(NamedTuple):
    """Look at this machine. The driver hands back what a client finds here, see `machine.facts`; never a key."""


class Reach(NamedTuple):
    """Try whether the server answers at all, on this path, without the key. The driver hands back Reached."""

    path: str


class Reached(NamedTuple):
    """What came of trying to reach the server.

    Attributes:
        status: HTTP status of the answer, 0 without one.
        seconds: how long it took, name and encryption included.
        ahead: seconds by which the server's clock is ahead of ours, None when it does not say its time.
        reason: why there is no answer, in a few words.
    """

    status: int = 0
    seconds: float = 0.0
    ahead: float | None = None
    reason: str = ""


class UseKey(NamedTuple):
    """Use this key from now on, in this client. The driver hands back the key that was in use before, or None."""

    key: str


class KeepKey(NamedTuple):
    """Keep an API key in the key file, where library and terminal look for it. The driver hands back the file."""

    key: str


class KeepSession(NamedTuple):
    """Keep the key of a two-factor session for the commands that follow. The driver hands back the file, or "".

    Only the terminal keeps one; the library and the sandbox do not.
    """

    key: str


class Enter(NamedTuple):
    """Ask the person for a text, such as a code. The driver hands back what was typed, "" when nobody answers.

    `hidden` is for what must not be seen on the screen, such as a key.
    """

    question: str
    hidden: bool = False


class Ask(NamedTuple):
    """Ask the person for consent. The driver hands back True or raises UsageError.

    `details` are lines to read before: the terminal shows them also to those who have said yes beforehand.
    """

    question: str
    details: str = ""


class Outcome(NamedTuple):
    """What one of several flows came to: its result, or the failure that ended it or kept it from being started."""

    result: Any = None
    error: VastError | None = None


class Together(NamedTuple):
    """Carry several flows out, a few at a time. The driver hands back one Outcome for each, in the same order.

    `goes_on` tells of a failure whether others may be started after it. An interruption is thrown into the flow as
    Interrupted.
    """

    flows: Sequence[Generator[Any, Any, Any]]
    goes_on: Callable[[VastError], bool]


class Interrupted(KeyboardInterrupt):
    """The person has stopped several flows that were under way; `outcomes` tells what each had come to."""

    def __init__(self, outcomes: list[Outcome]) -> None:
        super().__init__("interrupted")
        self.outcomes = outcomes


Step = (
    Request | Fetch | Pause | Now | Tell | Show | Run | Read | Write | Probe | Browse | Look | Reach | Ask | Enter
    | UseKey | KeepKey | KeepSession | Together
)  # fmt: skip
