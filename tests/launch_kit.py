"""Launches on a sandbox of their own: a client whose every request can fail, and what a caller is told in the end."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

from edges import over
from sandbox_kit import Kit
from test_live import KitEdge, KitTransport, Trouble

from vastai import VastAI, VastError
from vastai.cli.main import guarded
from vastai.cli.terminal import Terminal
from vastai.engine.edge import Edge
from vastai.engine.steps import Reply
from vastai.sandbox import faults, faulty, reach

Row = dict[str, Any]
QUERY = "gpu_name=RTX_4090 num_gpus=1"
LINE = [*QUERY.split(), "--image", "ubuntu", "--label", "job"]


class Reachable(KitTransport):
    """A transport that also knows what answers at the addresses of the kit's instances."""

    def probe(self, host: str, port: int, really: Callable[[str, int], bytes | None]) -> bytes | None:
        return reach.banner(self.kit.world, host, port, really)


class Bench:
    """A client whose sandbox is at hand; `trouble` decides what becomes of each request, counted from 0."""

    def __init__(self, trouble: Trouble | None = None) -> None:
        self.kit = Kit()
        self.transport = Reachable(self.kit, trouble)
        self.client = self.open(KitEdge(self.kit))

    def open(self, edge: Edge, **options: Any) -> VastAI:
        """Another client, with another edge."""
        client = VastAI(server_url="sandbox::memory:", edge=edge, retry=1, **{"quiet": True, **options})
        client._driver()._open_sender().transport = self.transport
        return client

    def launch(self, **call: Any) -> Row:
        answer: Row = self.client.launch_instance(**{"query": QUERY, "image": "ubuntu", "label": "job", **call})
        return answer

    def typed(self, *line: str, stdin: str | None = "") -> tuple[int, str, str]:
        """Exit code, stdout and stderr of a command line; without stdin there is no terminal at all."""
        out, err = io.StringIO(), io.StringIO()

        def opened(edge: Edge, **options: Any) -> VastAI:
            in_time = over(edge, KitEdge)
            in_time._kit = self.kit
            return self.open(in_time, raise_errors=True, quiet=options["quiet"])

        terminal = Terminal(None if stdin is None else io.StringIO(stdin), out, err, {})
        code = guarded(["launch", "instance", *line], terminal, open_client=opened)
        return code, out.getvalue(), err.getvalue()

    def fault(self, **wish: Any) -> None:
        """Let something go wrong in the kit from now on."""
        faulty.add(self.kit.world, faults.made(wish))

    def sent(self, verb: str) -> list[str]:
        return [line for line in self.transport.sent if line.startswith(verb)]


def at(verb: str, path: str, number: int, do: Callable[[Callable[[], Reply]], Reply]) -> Callable[[Bench], Trouble]:
    """A trouble with one request: the so many-th, counted from 0, to a path."""

    def of(bench: Bench) -> Trouble:
        def trouble(now: int, send: Callable[[], Reply]) -> Reply:
            line = bench.transport.sent[-1]
            seen = [each for each in bench.transport.sent if each.startswith(verb) and path in each]
            meant = line.startswith(verb) and path in line and len(seen) - 1 == number
            return do(send) if meant else send()

        return trouble

    return of


def troubled(make: Callable[[Bench], Trouble]) -> Bench:
    bench = Bench()
    bench.transport._trouble = make(bench)
    return bench


def said(outcome: Row | BaseException) -> str:
    """All that a caller is told: the result, or the error with what it carries."""
    if isinstance(outcome, VastError):
        return f"{outcome} {json.dumps(outcome.as_refusal(), default=str)}"
    return json.dumps(outcome, default=str) if isinstance(outcome, dict) else str(outcome)


def outcome_of(call: Callable[[], Row]) -> Row | BaseException:
    try:
        return call()
    except BaseException as error:  # interruptions too
        return error


# -- what can become of a request, beside the troubles of test_live.py


def taken_first(send: Callable[[], Reply], bench: Bench) -> Reply:
    """Somebody else rents the offer that is asked about just before."""
    offer = next(part for part in bench.transport.sent[-1].split("/") if part.isdigit())
    bench.kit.rent(int(offer), label="theirs")
    return send()


def dearer(send: Callable[[], Reply]) -> Reply:
    """The answer of a search in which every price has gone up by half."""
    reply = send()
    found = json.loads(reply.body)
    for row in found["offers"]:
        row["dph_total"] *= 1.5
    return reply._replace(body=json.dumps(found).encode())


def nothing(send: Callable[[], Reply]) -> Reply:
    """The answer of a search that finds nothing any more."""
    return send()._replace(body=b'{"offers": []}')


def refused_and_made(send: Callable[[], Reply]) -> Reply:
    """A refusal that has made a contract all the same."""
    made = json.loads(send().body)["new_contract"]
    body = {"success": False, "error": "no_such_ask", "msg": "No.", "new_contract": made}
    return Reply(410, {"content-type": "application/json"}, json.dumps(body).encode())
