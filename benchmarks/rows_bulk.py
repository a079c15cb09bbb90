"""Many calls of one ID each through a bulk command, over TLS, with a server that is 20 ms away."""

from __future__ import annotations

from .lab import Lab
from .measure import Row

ROUND_TRIP = 20  # milliseconds


def rows(lab: Lab) -> list[Row]:
    """The rows of this module."""
    url = lab.url(tls=True, after=ROUND_TRIP)
    ours, sockets = (lab.program("bulk.py", who, url) for who in ("ours", "sockets"))
    return [Row("1,000 calls, 16 at a time, TLS, 20 ms away", ours, sockets, "16 raw sockets", 1.5, "printed", runs=5)]
