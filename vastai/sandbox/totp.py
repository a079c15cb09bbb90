"""Codes of authenticator apps: RFC 6238, six digits that change every 30 seconds."""

from __future__ import annotations

import base64
import hmac
import secrets
from urllib.parse import quote

STEP = 30
DIGITS = 6
AROUND = 1
"""So many steps before and after the present one are accepted, for clocks that differ."""


def new_secret() -> str:
    """A secret of 160 bits, in base32 as apps take it."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def code(secret: str, at: float, digits: int = DIGITS) -> str:
    """The code that an app shows at a time.

    Arguments: secret in base32; at in unix seconds.

    >>> code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 59, 8), code("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", 1111111109)
    ('94287082', '081804')
    """
    return _code_of(secret, int(at) // STEP, digits)


def step_of(secret: str, text: str, at: float, after: int = -1) -> int | None:
    """The step that a code belongs to, or None when it is wrong.

    Arguments: after is the last step of which a code was used: a code is good once only.

    >>> [step_of("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "287082", at) for at in (29, 59, 89, 90)]
    [1, 1, 1, None]
    """
    now = int(at) // STEP
    steps = [step for step in range(max(0, now - AROUND), now + AROUND + 1) if step > after]
    return next((step for step in steps if hmac.compare_digest(_code_of(secret, step, DIGITS), text)), None)


def uri(secret: str, account: str, issuer: str = "Vast.ai sandbox") -> str:
    """What an app reads from a QR code.

    >>> uri("ABC", "you@example.com")
    'otpauth://totp/Vast.ai%20sandbox:you%40example.com?secret=ABC&issuer=Vast.ai%20sandbox'
    """
    name = quote(issuer)
    return f"otpauth://totp/{name}:{quote(account, safe='')}?secret={secret}&issuer={name}"


def _code_of(secret: str, step: int, digits: int) -> str:
    """RFC 4226: four bytes of the hash, from the place that its last half byte says."""
    digest = hmac.new(base64.b32decode(secret), step.to_bytes(8, "big"), "sha1").digest()
    start = digest[-1] & 15
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)
