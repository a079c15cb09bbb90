"""Seconds of CPU time that one search takes whose answer has so many offers; the answer is in memory already.

    python growth_offers.py NUMBER search|loads

With `loads` it is the decoding of the answer alone, by the json module.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from vastai import VastAI
from vastai.client import table
from vastai.engine.drive import Driver
from vastai.engine.edge import Edge
from vastai.engine.send import Sender
from vastai.engine.steps import Reply
from vastai.settings import Settings


class Answers:
    """A transport that has one answer to everything."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def send(self, verb: str, url: str, *rest: Any, **more: Any) -> Reply:
        """The answer."""
        return Reply(200, {"content-type": "application/json"}, self._body, url, verb)

    def close(self) -> None:
        """Nothing is open."""


def main(count: int, what: str) -> None:
    """Measure one call, after a small one that loads what is needed."""
    some = VastAI(server_url="sandbox::memory:").search_offers(limit=20)
    for number in (1, count):
        rows = [json.dumps({**some[each % len(some)], "id": each + 1}) for each in range(number)]
        body = ('{"offers": [' + ", ".join(rows) + "]}").encode()
        del rows
        settings = Settings(api_key="k", server_url="http://127.0.0.1:9")
        driver = Driver(table(), settings, Edge(), Sender(settings, Answers(body)))
        began = time.process_time()
        if what == "search":
            found = driver.run(table().command("search_offers"), {})
        else:
            found = json.loads(body)["offers"]
        seconds = time.process_time() - began
        if len(found) != number:
            raise SystemExit(f"{len(found)} offers, not {number}")
    print(seconds)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
