"""Calls one after another with one client: over http, and over TLS."""

from __future__ import annotations

from pathlib import Path

from certifi import where

from .lab import CERTIFICATE, Lab
from .measure import Row

SESSION, OFFICIAL = "a kept `requests.Session`", "the official client"


def rows(lab: Lab) -> list[Row]:
    """The rows of this module."""
    bundle = Path(lab.home, "certificates.pem")  # as large as the usual one, which programs load to connect
    bundle.write_bytes(Path(where()).read_bytes() + CERTIFICATE.read_bytes())

    def calls(who: str, count: int, *, tls: bool = False) -> list[str]:
        official = who == "official"
        return lab.program("calls.py", who, lab.url(tls=tls), count, *[bundle] * tls, official=official)

    return [
        Row("one call, http", calls("ours", 200), calls("session", 200), SESSION, 1.25, "printed"),
        Row("one call, TLS", calls("ours", 100, tls=True), calls("session", 100, tls=True), SESSION, 1.25, "printed"),
        Row(
            "the same",
            calls("ours", 100, tls=True),
            calls("official", 5, tls=True),
            OFFICIAL,
            0.05,
            "printed",
        ),
    ]
