"""A real server on 127.0.0.1 that gives scripted answers and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # many clients may come at once; the usual 5 would reset some of them


class ReplayServer:
    """Answers each (verb, path) from its script in order, repeats the last one, and else says ``{"success": true}``.

    Arguments:
        script: rows of ``{verb, path, responses: [{status, json | text, headers, drop, hang}]}``; ``*`` matches
            anything; ``hang`` is how many seconds to be silent, unless `release` is set.
        now: what the Date header says, in unix seconds; the present when None.

    Attributes:
        asked: set when the first request has arrived.
        requests: what was asked: ``{verb, path, query, json, headers}``, query values as lists of texts.
    """

    def __init__(self, script: Iterable[Mapping[str, Any]] = (), now: float | None = None) -> None:
        self.requests: list[dict[str, Any]] = []
        self.now = now
        self._script = [dict(row, responses=list(row["responses"])) for row in script]
        self.asked, self.release = threading.Event(), threading.Event()
        self._lock, self._arrived = threading.Lock(), threading.Condition()
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> ReplayServer:
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until something has come true here, such as that so many requests have arrived.

        Raises:
            TimeoutError: it has not within half a minute.
        """
        with self._arrived:
            if not self._arrived.wait_for(condition, 30):
                raise TimeoutError

    def answer(self, verb: str, path: str) -> dict[str, Any]:
        """The next scripted answer for a request."""
        with self._lock:
            for row in self._script:
                if row["verb"] in ("*", verb) and row["path"] in ("*", path) and row["responses"]:
                    responses = row["responses"]
                    return dict(responses.pop(0) if len(responses) > 1 else responses[0])
        return {"json": {"success": True}}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1  # head and body in one piece; in two, the second waits 40 ms for the client's word

            def _serve(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length) if length else b""
                parts = urlsplit(self.path)
                request = {
                    "verb": self.command,
                    "path": parts.path,
                    "query": parse_qs(parts.query, keep_blank_values=True),
                    "json": json.loads(body) if body else None,
                    "headers": dict(self.headers),
                }
                with server._lock:
                    server.requests.append(request)
                server.asked.set()
                with server._arrived:
                    server._arrived.notify_all()
                answer = server.answer(self.command, parts.path)
                if "hang" in answer:
                    server.release.wait(answer["hang"])
                    self.close_connection = True
                    return
                if answer.get("drop"):
                    self.close_connection = True
                    return
                self._answer(answer)

            def _answer(self, answer: Mapping[str, Any]) -> None:
                if "text" in answer:
                    content, kind = str(answer["text"]).encode(), "text/plain"
                else:
                    content = json.dumps(answer.get("json")).replace("{SERVER}", server.url).encode()
                    kind = "application/json"
                self.send_response(answer.get("status", 200))
                headers = {"Content-Type": kind, **answer.get("headers", {})}
                for name, value in headers.items():
                    self.send_header(name, str(value).replace("{SERVER}", server.url))
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def date_time_string(self, timestamp: float | None = None) -> str:
                return super().date_time_string(server.now if timestamp is None else timestamp)

            do_GET = do_POST = do_PUT = do_DELETE = _serve

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        return Handler
