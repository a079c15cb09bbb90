"""Checks of the service and of the account: what it answered, held against what is needed. Pure."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..errors import AuthError, ConnectionFailed, RateLimited
from .findings import BAD_KEY, FAIL, FAULT, OK, SKIP, UNREACHABLE, WARN, Evidence, Finding

SLOW = 3.0  # seconds until an answer
LATE, FALSE = 10.0, 300.0  # seconds between two clocks: to look at, and too many
SCOPES = (
    "instance_read", "instance_write", "user_read", "user_write", "billing_read", "billing_write", "machine_read",
    "machine_write", "misc", "team_read", "team_write",
)  # fmt: skip
GONE = (400, 404, 405, 410)  # how a request is refused that is not offered any more
KEY_FIELDS = ("public_key", "ssh_key", "key")  # the names the text of a public key has been seen under


def reached(evidence: Evidence) -> Finding:
    """Whether the server answers, and after how long."""
    got = evidence.reached
    if got.reason:
        return Finding("connection", FAIL, got.reason, _way_out(got.reason), UNREACHABLE)
    took = f"an answer after {got.seconds * 1000:.0f} ms"
    if got.status >= 500:
        return Finding(
            "connection", FAIL, f"{took}: HTTP {got.status}", "the service is down: try again later", UNREACHABLE
        )
    return (
        Finding("connection", WARN, took, "a slow network or proxy")
        if got.seconds > SLOW
        else Finding("connection", OK, took)
    )


def _way_out(reason: str) -> str:
    """What to do about a server that is not reached."""
    ways = (
        ("proxy", "check HTTPS_PROXY, or except the server in NO_PROXY"),
        ("certificate", "REQUESTS_CA_BUNDLE names the certificates of a company's proxy; check the clock, too"),
        ("name not found", "check the network and the name in VAST_URL"),
        ("address of a server", "correct VAST_URL, --url, or the profile"),
    )
    return next((way for sign, way in ways if sign in reason), "check the network, a firewall, and VAST_URL")


def clock(evidence: Evidence) -> Finding:
    """How far the clocks of this machine and of the service are apart."""
    ahead = evidence.reached.ahead
    if evidence.facts["imitation"]:
        return Finding("clock", SKIP, f"the {evidence.facts['imitation']} has a clock of its own")
    if ahead is None:
        return Finding("clock", SKIP, evidence.why_not or "the server does not say its time")
    apart = f"{_length(abs(ahead))} {'behind' if ahead > 0 else 'ahead of'} the service"
    if abs(ahead) <= LATE:
        return Finding("clock", OK, f"within {LATE:.0f} s of the service")
    state = FAIL if abs(ahead) > FALSE else WARN
    return Finding("clock", state, apart, "set the clock by the network, as with: timedatectl set-ntp true")


def _length(seconds: float) -> str:
    """A length of time in its largest unit.

    >>> _length(42), _length(7260)
    ('42 s', '2.0 h')
    """
    return (
        f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
        if seconds < 7200
        else f"{seconds / 3600:.1f} h"
    )


def accepted(evidence: Evidence) -> Finding:
    """Whether the service accepts the key."""
    answer = evidence.answers.get("show_user")
    if answer is None:
        return Finding("key accepted", SKIP, evidence.why_not)
    if answer.error is None:
        user = answer.result.get("id")
        team = answer.result.get("team_id")
        return Finding("key accepted", OK, f"account {user}" + (f", team {team}" if team else ""))
    status = getattr(answer.error, "status_code", None)
    if isinstance(answer.error, AuthError) and status != 403:
        return Finding("key accepted", FAIL, str(answer.error), "make or copy a key: vastai set api-key", BAD_KEY)
    if status == 403:
        fix = "a key with the scope user_read: vastai create api-key"
        return Finding("key accepted", WARN, f"it may not read the account: {answer.error}", fix)
    if isinstance(answer.error, ConnectionFailed):
        return Finding("key accepted", FAIL, str(answer.error), "try again later", UNREACHABLE)
    if isinstance(answer.error, RateLimited):
        return Finding("key accepted", SKIP, str(answer.error), "try again later")
    return Finding("key accepted", FAIL, str(answer.error), answer.error.hint or "try again later")


def scopes(evidence: Evidence) -> Finding:
    """What the key may do."""
    user, keys = evidence.result("show_user"), evidence.result("show_api_keys")
    if user is None or keys is None:
        return Finding("scopes", SKIP, evidence.reason("show_api_keys" if user else "show_user"))
    row = next((each for each in keys if each.get("id") == user.get("key_id") is not None), None)
    if row is None:
        return Finding("scopes", SKIP, "the service does not tell which key is in use")
    permissions = row.get("permissions")
    held = permissions.get("api") if isinstance(permissions, Mapping) else None
    if not isinstance(held, Mapping):
        return Finding("scopes", OK, f"key {row['id']}: no limits are told")
    lacking = [scope for scope in SCOPES if scope not in held]
    if not lacking:
        return Finding("scopes", OK, f"key {row['id']}: all")
    fix = f"if one is needed: vastai create api-key --name NAME --permissions {','.join([*held, lacking[0]])}"
    return Finding("scopes", WARN, f"key {row['id']} lacks {', '.join(lacking)}", fix)


def second_factor(evidence: Evidence) -> Finding:
    """Whether two-factor authentication is on, and whether there is a session."""
    status = evidence.result("tfa_status")
    if not isinstance(status, Mapping):
        return Finding("two-factor", SKIP, evidence.reason("tfa_status"))
    session = any(file["kind"] == "session" for file in evidence.facts["files"])
    if not status.get("tfa_enabled"):
        return Finding("two-factor", OK, "off")
    methods = ", ".join(str(each.get("method")) for each in status.get("methods") or []) or "on"
    if status.get("backup_codes_remaining") == 0:
        return Finding("two-factor", WARN, f"{methods}; no backup code is left", "vastai tfa regen-codes")
    if session:
        return Finding("two-factor", OK, f"{methods}; a session is open")
    return Finding("two-factor", OK, f"{methods}; no session", "vastai tfa login, for what asks for a second factor")


def answers(evidence: Evidence) -> list[Finding]:
    """Whether the service still answers as the schemas say; a row for each command where it does not."""
    found = []
    good = [name for name, answer in evidence.answers.items() if not answer.error and not answer.differs]
    fix = "pip install --upgrade vastai; if there is none that knows it, report it with vastai --record FILE"
    for name, answer in evidence.answers.items():
        if answer.differs:
            found.append(Finding(f"answers of {name}", WARN, "; ".join(answer.differs), fix))
        elif getattr(answer.error, "code", "") == "unusable_answer":
            found.append(Finding(f"answers of {name}", FAIL, str(answer.error), fix, FAULT))
        elif getattr(answer.error, "status_code", None) in GONE and not isinstance(answer.error, AuthError):
            found.append(Finding(f"answers of {name}", WARN, str(answer.error), fix))
    refused = [name for name, answer in evidence.answers.items() if getattr(answer.error, "status_code", None) == 403]
    if good:
        text = f"as expected to {len(good)} of {len(evidence.answers)} commands"
        text += f"; this key may not {', '.join(refused)}" if refused else ""
        found.insert(0, Finding("answers", OK, text))
    return found or [Finding("answers", SKIP, evidence.why_not or "no command could be tried")]


def rate_limits(evidence: Evidence) -> Finding:
    """What the answers tell of limits."""
    asked, busy = len(evidence.replies), sum(reply.busy for reply in evidence.replies)
    limited = next((a.error for a in evidence.answers.values() if isinstance(a.error, RateLimited)), None)
    told = _told([reply.headers for reply in evidence.replies])
    if busy or limited:
        text = str(limited) if limited else f"{busy} of {asked + busy} requests came too soon"
        fix = "send fewer at once (--parallel 1), and wait as long as the service asks"
        return Finding("rate limits", WARN, text + told, fix)
    if not asked:
        return Finding("rate limits", SKIP, evidence.why_not or "nothing was asked")
    return Finding("rate limits", OK, f"none met in {asked} requests" + told)


def _told(headers: Sequence[Mapping[str, str]]) -> str:
    """What the last answer with such headers says of limits.

    >>> _told([{"x-ratelimit-limit": "5.0", "x-ratelimit-remaining": "0", "retry-after": "10"}])
    ' (limit 5.0, 0 left, wait 10 s)'
    """
    words = (("x-ratelimit-limit", "limit {}"), ("x-ratelimit-remaining", "{} left"), ("retry-after", "wait {} s"))
    for each in reversed(headers):
        parts = [text.format(each[name][:40]) for name, text in words if name in each]
        if parts:
            return f" ({', '.join(parts)})"
    return ""


def ssh_keys(evidence: Evidence) -> Finding:
    """Whether a public key of the account is on this machine, with its private half."""
    rows = evidence.result("show_ssh_keys")
    here = {blob(each["text"]): each for each in evidence.facts["public_keys"] if blob(each["text"])}
    if not isinstance(rows, list):
        return Finding("ssh key", SKIP, evidence.reason("show_ssh_keys"))
    there = {blob(text) for text in _texts(rows)} - {""}
    both = [each for key, each in here.items() if key in there]
    add = (
        f'vastai create ssh-key "$(cat {next(iter(here.values()))["path"]})"'
        if here
        else "ssh-keygen, and then vastai create ssh-key"
    )
    if not there:
        return Finding("ssh key", WARN, "the account has none: instances cannot be reached by SSH", add)
    if not both:
        return Finding("ssh key", WARN, f"none of the account's {len(there)} is on this machine", add)
    own = next((each for each in both if each["private"]), both[0])
    shown = f"{own['path']} ({fingerprint(own['text'])})"
    if own["private"] or evidence.facts["agent"]:
        return Finding("ssh key", OK, shown)
    return Finding("ssh key", WARN, f"{shown}: its private half is not here", "copy it here, or start an ssh-agent")


def _texts(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    return [str(row[field]) for row in rows for field in KEY_FIELDS if row.get(field) and not row.get("deleted_at")]


def blob(text: str) -> str:
    """The key itself in the text of a public key, without its kind and comment; "" when there is none.

    >>> blob("ssh-ed25519 AAAAC3Nz ada@home")
    'AAAAC3Nz'
    """
    parts = text.split()
    place = next((number for number, part in enumerate(parts) if part.startswith(("ssh-", "ecdsa-", "sk-"))), None)
    return parts[place + 1] if place is not None and len(parts) > place + 1 else ""


def fingerprint(text: str) -> str:
    """The fingerprint of a public key, as ssh-keygen -l shows it.

    >>> fingerprint("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEjY4TBDBQnC5o5Fv1tWF1QyEJ1LrJWnkCBRTTrMz5bX")[:11]
    'SHA256:cywc'
    """
    try:
        raw = base64.b64decode(blob(text), validate=True)
    except ValueError:
        return "unreadable"
    return "SHA256:" + base64.b64encode(hashlib.sha256(raw).digest()).decode().rstrip("=")
