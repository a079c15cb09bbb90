"""The check-up: gather evidence on this machine and from the service, and let every check judge it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..engine.steps import Look, Reach, Reached, Reply, Request
from ..errors import AuthError, ConnectionFailed, RateLimited, UsageError, VastError
from . import checks_here, checks_there
from .findings import Answer, Evidence, Finding
from .flows import Flow, Values
from .registry import flow

# What is asked of the service, in this order: few requests, since it allows about five in ten seconds.
ASKED: tuple[tuple[str, Values], ...] = (
    ("show_user", {}),
    ("show_api_keys", {}),
    ("tfa_status", {}),
    ("show_ssh_keys", {}),
    ("show_instances", {"limit": 1}),
    ("show_volumes", {}),
    ("search_offers", {"limit": 1}),
)
CHECKS: tuple[Callable[[Evidence], Finding | list[Finding]], ...] = (
    checks_here.program,
    checks_here.extras,
    checks_here.profile,
    checks_here.key,
    checks_here.key_files,
    checks_here.old_key_files,
    checks_here.server,
    checks_here.proxy,
    checks_here.certificates,
    checks_there.reached,
    checks_there.clock,
    checks_there.accepted,
    checks_there.scopes,
    checks_there.second_factor,
    checks_there.answers,
    checks_there.rate_limits,
    checks_there.ssh_keys,
    checks_here.programs,
)


@flow
def doctor(call: Any, values: Values, table: Any) -> Flow:
    """Look at this machine, try the server, ask a few reading commands, and judge what was found.

    >>> from vastai.hooks.flows import say
    >>> steps = doctor(say, {}, None)
    >>> next(steps)
    Look()
    """
    facts = yield Look()
    reached: Reached = yield Reach(table.command(ASKED[0][0]).path)
    answers: dict[str, Answer] = {}
    replies: list[Reply] = []
    why_not = reasons_against(facts, reached)
    for name, given in ASKED:
        if why_not:
            break
        differs: list[str] = []
        try:
            result = yield from watched(call.checked(name, differs, **given), replies)
            answers[name] = Answer(result, None, differs)
        except VastError as error:
            answers[name] = Answer(None, error, differs)
            why_not = reason_to_stop(error)
    return findings_of(Evidence(facts, reached, answers, replies, why_not))


def findings_of(evidence: Evidence) -> list[dict[str, Any]]:
    """What all checks find, as rows."""
    found: list[Finding] = []
    for check in CHECKS:
        result = check(evidence)
        found += result if isinstance(result, list) else [result]
    return [finding.row() for finding in found]


def reasons_against(facts: Values, reached: Reached) -> str:
    """Why nothing can be asked of the service, "" when it can.

    >>> reasons_against({"key": "", "imitation": ""}, Reached(200))
    'there is no key'
    """
    if reached.reason:
        return "the server is not reached"
    if facts["imitation"]:
        return ""
    if not facts["key"]:
        return "there is no key"
    if not facts["key_good"]:
        return "the key cannot be sent"
    return "the key is not sent unencrypted" if facts["unencrypted"] == "refused" else ""


def reason_to_stop(error: VastError) -> str:
    """Why no more is asked after a failure, "" when one can go on.

    >>> reason_to_stop(RateLimited("slow down"))
    'too many requests: try again later'
    """
    if isinstance(error, RateLimited):
        return "too many requests: try again later"
    if isinstance(error, AuthError) and error.status_code != 403:
        return "the service does not accept the key"
    if isinstance(error, ConnectionFailed):
        return "the service does not answer"
    return str(error) if isinstance(error, UsageError) else ""


def watched(steps: Flow, replies: list[Reply]) -> Flow:
    """The steps of a command as they are, but that nobody waits long for them; the answers come into a list.

    >>> list(watched((request for request in [Request("GET", "/")]), []))[0].brief
    True
    """
    try:
        step = next(steps)
        while True:
            try:
                outcome = yield step._replace(brief=True) if isinstance(step, Request) else step
            except BaseException as error:
                step = steps.throw(error)
            else:
                if isinstance(outcome, Reply):
                    replies.append(outcome)
                step = steps.send(outcome)
    except StopIteration as done:
        return done.value
