"""Seconds of CPU time for one call of a method, on average over so many calls of one client.

python growth_calls.py URL NUMBER METHOD [INTEGER...]
"""

from __future__ import annotations

import sys
import time

import vastai


def main(url: str, number: int, name: str, *arguments: int) -> None:
    """Measure the calls that come after the first one, which loads what is needed and connects."""
    with vastai.VastAI(api_key="k", server_url=url) as client:
        method = getattr(client, name)
        method(*arguments)
        began = time.process_time()
        for _ in range(number):
            method(*arguments)
        print((time.process_time() - began) / number)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], *map(int, sys.argv[4:]))
