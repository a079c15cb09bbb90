"""What is removed from a recording: tables of field names and of patterns in texts, and what stands in for a value."""

from __future__ import annotations

import re
from functools import cache
from ipaddress import IPv4Address, IPv6Address

# Fields by name, lower case, at any depth: the whole value is replaced. The first kind that fits is taken.
# Facts: responses.json and RESPONSES.md of the API, "secrets inside answers"; the names of the parameters of the table
# that are marked `secret: true` are added for their routes (see `entries.SecretFields`).
FIELDS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("page", r"next_token|after_token"),  # opaque, and no secret: kept, so that pages join
        (
            "key",
            r"(.*_)?(api_?key|access_?key|secret_?key|private_?key|session_?key|token|secret|password|passwd"
            r"|passphrase|credentials?|login|login_pass|authorization)|sid|backup_codes?|provisioning_uri",
        ),
        ("sshkey", r"ssh_?keys?|public_?key"),
        ("name", r"user_?name|user|full_?name|first_?name|last_?name|legal_?name|display_?name|company"),
        ("email", r"(.*_)?e_?mails?|recipient"),
        ("address", r"bill(ing)?_?addr.*|address(_?(line)?_?\d)?|(.*_)?(street|zip|postal_?code|tax_?info|tax_?id)"),
        ("phone", r"(.*_)?(phone|phone_?number|mobile)"),
        ("card", r"last_?4|iban|card_?number"),
        ("ip", r"(public|local)_ip(addrs?)?|(.*_)?ip(_?addr(ess)?)?|host_?ip"),
        ("host", r"(.*_)?host_?name|(ssh_)?host"),
        ("env", r"(extra_)?env|env_?vars|secrets"),
    )
)

# Patterns in any text, in the order in which they are tried at a place. Of those with a group KIND_value
# only that part is replaced.
_VALUE = r"""(?:"[^"]*"|'[^']*'|[^\s"',;&]+)"""
PATTERNS: tuple[tuple[str, str], ...] = (
    ("pem", r"-----BEGIN [A-Z ]+-----[\s\S]*?(?:-----END [A-Z ]+-----|\Z)"),
    ("sshkey", r"\b(?P<ssh_type>(?:ssh|ecdsa|sk)-[\w@.-]+) +(?P<ssh_key>AAAA[\w+/=]+|removed-sshkey-\d+)[^\n]*"),
    ("url", r"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s\"'<>]+"),
    ("dockerenv", rf"(?P<dockerenv_name>(?:-e|--env)[ =]+[A-Za-z_]\w*=)(?P<dockerenv_value>{_VALUE})"),
    ("bearer", rf"(?P<bearer_name>\b(?i:bearer|basic)\s+)(?P<bearer_value>{_VALUE})"),
    (
        "assigned",
        r"(?P<assigned_name>[\w-]*(?i:key|token|secret|passw(?:or)?d|passphrase|credentials?|authorization)"
        rf"[\w-]*[\"']?\s*[=:]\s*(?i:(?:bearer|basic)\s+)?)(?P<assigned_value>{_VALUE})",
    ),
    ("token", r"\b(?:hf_|ghp_|github_pat_|glpat-|dckr_pat_|nvapi-|sk-|xox[a-z]-|AKIA)[\w-]{8,}"),
    ("email", r"[^\s@<>()\"',;:=]+@[\w-]+(?:\.[\w-]+)+"),
    ("ip4", r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)"),
    ("ip6", r"(?<![\w:.])[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(?![\w:])"),
    ("phone", r"\+\d[\d ()./-]{6,}\d"),
    ("long", r"(?<![\w-])(?=[\w-]*\d)[A-Za-z0-9_-]{40,}(?![\w-])"),  # no word and no id of the service is so long
)

# Words of the service: a value that happens to be one of them is no secret elsewhere.
WORDS = frozenset(
    (
        *("created", "default", "exited", "frozen", "loading", "offline", "on-demand", "rebooting", "running"),
        *("stopped", "success", "unknown", "unloaded", "verified", "workspace", "/workspace"),
    )
)
SHORTEST = 6  # characters; a shorter value is replaced in its own field only
SHORTEST_NUMBER = 9  # digits; a shorter number may be the id of something else

PUBLIC = ("vast.ai",)  # hosts that are no secret, and all below them
_FORMS = {"email": "removed-email-{}@example.invalid", "host": "removed-host-{}.invalid"}
_FORMS |= {"url": "https://removed-url-{}.invalid/"}
_FIRST_4, _FIRST_6 = IPv4Address("240.0.0.0"), IPv6Address("2001:db8::")  # given to nobody: RFC 1112, RFC 3849

STAND_IN = re.compile(
    r"(?:https?://)?removed-[a-z0-9]+-\d+(?:@example\.invalid|\.invalid/?)?"
    r"|(?<![\w.])240(?:\.\d{1,3}){3}|2001:db8:(?::[0-9a-f]{1,4})+"
)


@cache
def kind_of(field: str) -> str:
    """The kind of value that a field holds by its name, or "" for one that is kept.

    >>> kind_of("instance_api_key"), kind_of("HostIp"), kind_of("billaddress_zip"), kind_of("gpu_name")
    ('key', 'ip', 'address', '')
    """
    name = field.lower()
    return next((kind for kind, pattern in FIELDS if pattern.fullmatch(name)), "")


def stand_in(kind: str, number: int) -> str:
    """What stands in for the value with this number; it has the form of its kind, and can be told from a real one.

    >>> stand_in("key", 1), stand_in("email", 2), stand_in("ip4", 3), stand_in("ip6", 4)
    ('removed-key-1', 'removed-email-2@example.invalid', '240.0.0.3', '2001:db8::4')
    """
    if kind == "ip4":
        return str(_FIRST_4 + number)
    if kind == "ip6":
        return str(_FIRST_6 + number)
    return _FORMS.get(kind, f"removed-{kind}-{{}}").format(number)


def is_public(host: str) -> bool:
    """Is it a host of the public service?

    >>> is_public("console.vast.ai"), is_public("ssh5.vast.ai"), is_public("notvast.ai"), is_public("")
    (True, True, False, False)
    """
    name = host.lower().rstrip(".")
    return any(name == public or name.endswith("." + public) for public in PUBLIC)
