"""Make calls over and over with one client, and print the CPU seconds of one call.

    calls.py ours|official|session URL COUNT [BUNDLE]

BUNDLE is a file of certificates in place of the usual one. ``session`` is a `requests.Session` that is kept, and asks
for the same.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

PATH = "/api/v0/users/current/"


def caller(who: str, url: str) -> Callable[[], object]:
    """What makes one call."""
    if who == "session":
        import requests

        session = requests.Session()
        headers = {"Authorization": f"Bearer {os.environ['VAST_API_KEY']}"}
        return lambda: session.get(url + PATH, params={"owner": "me"}, headers=headers, timeout=120).json()
    from vastai import VastAI

    client = VastAI(api_key=os.environ["VAST_API_KEY"], server_url=url)
    return client.show_user


def main() -> None:
    """Measure; the first calls, which import and connect, do not count."""
    who, url, count, *bundle = sys.argv[1:]
    if bundle:
        import certifi

        os.environ["REQUESTS_CA_BUNDLE"] = bundle[0]
        certifi.where = lambda: bundle[0]  # the official client does not read the variable
    call = caller(who, url)
    for _ in range(3):
        call()
    began = time.process_time()
    for _ in range(int(count)):
        answer = call()
    taken = time.process_time() - began
    assert isinstance(answer, dict), answer
    assert answer["username"] == "somebody", answer
    print(taken / int(count))


if __name__ == "__main__":
    main()
