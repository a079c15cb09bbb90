"""``sandbox status``: the sandbox's clock, its market, its accounts and their money."""

from __future__ import annotations

import time
from typing import Any

from . import Context
from .sandbox import ask


def run(values: dict[str, Any], context: Context) -> dict[str, Any]:
    """The status; for people with times and accounts in words."""
    status = ask(context, "GET", "status")
    return status if context.terminal.raw else in_words(status)


def in_words(status: dict[str, Any]) -> dict[str, Any]:
    """A status as lines for people.

    >>> in_words({"now": 0.0, "created": 0.0, "accounts": []})["now"]
    '1970-01-01 00:00:00 UTC'
    """
    times = {name: time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(status[name])) for name in ("now", "created")}
    accounts = {
        f"{account['id']} ({account['email']})": f"{account['credit']:.2f} $, {account['hourly']:.4f} $/hour, "
        f"{account['instances']} instances ({account['running']} running), {account['volumes']} volumes"
        for account in status["accounts"]
    }
    return {**status, **times, "accounts": len(accounts), **accounts}
