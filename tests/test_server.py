"""The served sandbox over real sockets of 127.0.0.1: HTTP as clients speak it, keys, faults on the wire, its end."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote

import pytest
from edges import Hurried
from sandbox_kit import OFFER, Clock, Kit

from vastai import VastAI, errors
from vastai.sandbox import faults, faulty, wire
from vastai.sandbox.server import Server

Row = dict[str, Any]
KEY = {"Authorization": "Bearer some-key"}


class Served:
    """A server on a small world, and requests to it in one line."""

    def __init__(self, keys: str = "open") -> None:
        self.kit = Kit(keys=keys, clock=Clock())
        self.server = Server(self.kit.app).start()

    def fault(self, **wish: Any) -> None:
        faulty.add(self.kit.world, faults.made(wish))

    def ask(self, verb: str, path: str, body: Any = None, headers: Row = KEY) -> tuple[int, Any]:
        """Status and decoded answer of one request on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.server.port, timeout=10)
        connection.request(verb, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        is_json = "json" in (answer.getheader("content-type") or "")
        return answer.status, json.loads(text) if is_json and text else text.decode()

    def raw(self, data: bytes) -> bytes:
        """Everything that comes back for some bytes, until the server closes the connection."""
        with socket.create_connection(("127.0.0.1", self.server.port), timeout=10) as connection:
            connection.sendall(data)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.fixture
def served() -> Iterator[Served]:
    box = Served()
    yield box
    box.server.stop()


def request(line: str, *headers: str, body: bytes = b"") -> bytes:
    return "\r\n".join([line, "Host: 127.0.0.1", *headers, "", ""]).encode() + body


# -- HTTP


def test_a_connection_serves_many_requests(served: Served) -> None:
    connection = HTTPConnection("127.0.0.1", served.server.port, timeout=10)
    sockets = set()
    for _ in range(3):
        connection.request("GET", "/api/v0/users/current/", headers=KEY)
        answer = connection.getresponse()
        assert json.loads(answer.read())["credit"] == 1000.0
        assert answer.getheader("date") == "Sat, 29 Aug 2026 10:40:00 GMT"
        sockets.add(connection.sock)
    assert len(sockets) == 1
    connection.close()


def test_requests_that_come_together_are_answered_in_order(served: Served) -> None:
    one = request("GET /api/v0/bundles/?q=%7B%22limit%22%3A1%7D HTTP/1.1")
    last = request("GET /nothing/ HTTP/1.1", "Connection: close")
    answers = served.raw(one + b"\r\n" + one + last)
    assert [part[:3] for part in answers.split(b"HTTP/1.1 ")[1:]] == [b"200", b"200", b"404"]


def test_a_body_may_come_in_chunks_and_may_wait_for_a_word(served: Served) -> None:
    chunks = b'8\r\n{"image"\r\n9;x=y\r\n:"ubuntu"\r\n1\r\n}\r\n0\r\nTrailer: x\r\n\r\n'
    head = request(
        f"PUT /api/v0/asks/{OFFER}/ HTTP/1.1",
        "Authorization: Bearer k",
        "Transfer-Encoding: chunked",
        "Expect: 100-continue",
        "Connection: close",
    )
    answer = served.raw(head + chunks)
    assert answer.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert b'"new_contract"' in answer


def test_head_and_options(served: Served) -> None:
    path = "/api/v0/users/current/"
    head = served.raw(request(f"HEAD {path} HTTP/1.1", "Authorization: Bearer k", "Connection: close"))
    lines, _, body = head.partition(b"\r\n\r\n")
    assert (lines.split(b"\r\n")[0], body) == (b"HTTP/1.1 200 OK", b"")
    assert b"content-length: 0" not in lines
    options = served.raw(request("OPTIONS /api/v0/secrets/ HTTP/1.1", "Connection: close"))
    assert options.startswith(b"HTTP/1.1 204 No Content\r\n")
    assert b"allow: DELETE, GET, HEAD, OPTIONS, POST, PUT\r\n" in options


def test_http_1_0_is_answered_and_closed(served: Served) -> None:
    answer = served.raw(request("GET /api/v0/gpu_names/unique/ HTTP/1.0", "Authorization: Bearer k"))
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b"connection: close" in answer


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"GET /" + b"x" * 40_000 + b" HTTP/1.1\r\n\r\n", 414),
        (request("GET / HTTP/1.1", "X: " + "y" * 70_000), 431),
        (request("GET / HTTP/1.1", "no colon"), 400),
        (request("GET / HTTP/1.1", "Name : blank before the colon"), 400),
        (request("PUT / HTTP/1.1", "Content-Length: 5", "Content-Length: 6", body=b"123456"), 400),
        (request("PUT / HTTP/1.1", "Content-Length: -5"), 400),
        (request("PUT / HTTP/1.1", "Content-Length: 5", "Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 400),
        (request("PUT / HTTP/1.1", "Transfer-Encoding: gzip"), 400),
        (request("PUT / HTTP/1.1", "Transfer-Encoding: chunked", body=b"zz\r\n"), 400),
        (request("PUT / HTTP/1.1", "Transfer-Encoding: chunked", body=b"ffffffffff\r\n"), 413),
        (request("PUT / HTTP/1.1", f"Content-Length: {wire.LARGEST_BODY + 1}"), 413),
        (request("PUT / HTTP/1.1", "Content-Length: 50", body=b"short"), 400),
        (request("GET / HTTP/1.1", "Authorization: Bearer a", "Authorization: Bearer b"), 400),
        (b"GET / HTTP/1.1\r\nHost: 127.0.0.1", 400),
        (request("GET / HTTP/1.1").replace(b"127.0.0.1", b"sandbox.evil.example"), 403),
        (request("POST /__sandbox__/reset HTTP/1.1", "Origin: https://evil.example"), 403),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_cannot_be_answered_is_refused_and_the_connection_closed(served: Served, data: bytes, status: int) -> None:
    head, _, body = served.raw(data).partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"connection: close" in head
    assert json.loads(body)["success"] is False


def test_silence_and_broken_connections_do_no_harm(served: Served) -> None:
    assert served.raw(b"") == b""
    for _ in range(5):
        socket.create_connection(("127.0.0.1", served.server.port)).close()
    assert served.ask("GET", "/api/v0/users/current/")[0] == 200


# -- what it answers


def test_routes_without_the_prefix_and_old_ways_to_ask(served: Served) -> None:
    endpoint = served.ask("POST", "/api/v0/endptjobs/", {"endpoint_name": "chat"})[1]["result"]
    assert served.ask("POST", "/get_endpoint_logs/", {"id": endpoint})[0] == 200
    assert served.ask("GET", "/api/v0/no/such/path/")[0] == 404
    assert served.ask("DELETE", "/api/v0/users/current/")[0] == 405
    rented = served.ask("PUT", f"/api/v0/asks/{OFFER}/", {"image": "ubuntu", "label": "a"})[1]["new_contract"]
    wanted = {"select_filters": {"label": {"eq": "b"}}}
    assert served.ask("GET", "/api/v1/instances/", wanted)[1]["instances"] == [], "a GET with a body"
    wanted = {"select_filters": {"label": {"eq": "a"}}}
    assert [row["id"] for row in served.ask("GET", "/api/v1/instances/", wanted)[1]["instances"]] == [rented]


def test_wrong_arguments_are_named(served: Served) -> None:
    status, answer = served.ask("PUT", f"/api/v0/asks/{OFFER}/", {"image": "ubuntu", "disk": "much"})
    assert (status, answer["error"]) == (400, "invalid_args")
    assert "disk" in answer["msg"]
    status, answer = served.ask("GET", f"/api/v0/bundles/?q={quote(json.dumps([1]))}")
    assert (status, answer["error"]) == (400, "invalid_args")


def test_any_key_opens_an_account(served: Served) -> None:
    mine = served.ask("GET", "/api/v0/users/current/")[1]
    other = served.ask("GET", "/api/v0/users/current/", headers={"Authorization": "Bearer other"})[1]
    assert (mine["credit"], other["credit"], mine["id"] == other["id"]) == (1000.0, 1000.0, False)
    assert served.ask("GET", "/api/v0/users/current/", headers={})[0] == 403
    assert served.ask("GET", "/api/v0/users/current/", headers={"Authorization": "Bearer invalid"})[0] == 401


def test_strict_keys_admit_what_the_world_has_issued() -> None:
    box = Served(keys="strict")
    try:
        assert box.ask("GET", "/api/v0/users/current/")[0] == 401
        for path in ("/api/v0/charges/", "/api/v0/bundles/"):  # as described: these do not say that it is the key
            status, answer = box.ask("GET", path)
            assert (status, answer["error"]) == (404, "auth_error")
        key = box.ask("POST", "/__sandbox__/keys", {})[1]["key"]
        made = {"Authorization": f"Bearer {key}"}
        assert box.ask("GET", "/api/v0/users/current/", headers=made)[1]["email"] == "you@example.com"
    finally:
        box.server.stop()


def test_the_client_works_with_it_and_fetches_results_from_it(served: Served) -> None:
    with VastAI(api_key="k", server_url=served.server.url) as client:
        id = client.create_instance(id=OFFER, image="ubuntu")["new_contract"]
        served.kit.wait(10)
        assert client.show_instance(id)["actual_status"] == "running"
        assert "sshd listens" in client.logs(id)
        client.destroy_instance(id)
        assert client.show_instances() == []


# -- the sandbox's own requests


def test_control_over_http(served: Served) -> None:
    ask = served.ask
    status, fault = ask("POST", "/__sandbox__/faults", {"route": "PUT /asks/*", "status": 503, "times": 1}, {})
    assert (status, fault["success"], fault["kind"]) == (200, True, "status")
    assert ask("GET", "/__sandbox__/faults", None, {})[1]["faults"][0]["id"] == fault["id"]
    assert ask("PUT", f"/api/v0/asks/{OFFER}/", {"image": "a"})[0] == 503
    assert ask("PUT", f"/api/v0/asks/{OFFER}/", {"image": "a"})[0] == 200
    assert ask("DELETE", f"/__sandbox__/faults/{fault['id']}", None, {})[1] == {"success": True, "cleared": 1}
    assert ask("DELETE", f"/__sandbox__/faults/{fault['id']}", None, {})[0] == 400
    assert ask("POST", "/__sandbox__/advance", {"seconds": 3600}, {})[1]["now"] == served.kit.world.now()
    assert [entry["status"] for entry in ask("GET", "/__sandbox__/log?limit=2", None, {})[1]["log"]] == [503, 200]
    held = ask("GET", "/__sandbox__/status", None, {})[1]
    assert (held["accounts"][0]["instances"], held["requests"], held["faults"]) == (1, 2, 0)
    assert held["accounts"][0]["credit"] == pytest.approx(1000 - held["accounts"][0]["hourly"], abs=0.01)
    assert ask("POST", "/__sandbox__/reset", {}, {})[0] == 200
    assert ask("GET", "/__sandbox__/status", None, {})[1]["accounts"] == []


@pytest.mark.parametrize(
    ("verb", "path", "body", "status"),
    [
        ("GET", "/__sandbox__/nonsense", None, 404),
        ("GET", "/__sandbox__/", None, 404),
        ("PUT", "/__sandbox__/faults", {}, 405),
        ("POST", "/__sandbox__/faults", {"route": "*"}, 400),
        ("POST", "/__sandbox__/faults", [1], 400),
        ("DELETE", "/__sandbox__/faults/x", None, 400),
        ("POST", "/__sandbox__/advance", {}, 400),
        ("POST", "/__sandbox__/advance", {"seconds": -1}, 400),
        ("POST", "/__sandbox__/advance", {"speed": 0}, 400),
        ("GET", "/__sandbox__/log?limit=x", None, 400),
        ("POST", "/__sandbox__/keys", {"email": 7}, 400),
    ],
)
def test_control_refuses_what_it_cannot_do(served: Served, verb: str, path: str, body: Any, status: int) -> None:
    found, answer = served.ask(verb, path, body, {})
    assert (found, answer["success"]) == (status, False)
    assert answer["msg"]


# -- faults on the wire


@pytest.mark.parametrize(
    ("wish", "raised", "done"),
    [
        ({"kind": "dropped"}, errors.OutcomeUnknown, False),
        ({"kind": "lost"}, errors.OutcomeUnknown, True),
        ({"kind": "cut"}, errors.OutcomeUnknown, True),
        ({"kind": "html", "done": True}, errors.OutcomeUnknown, True),
        ({"status": 503}, errors.OutcomeUnknown, False),
    ],
    ids=str,
)
def test_faults_reach_a_client_as_they_do_in_process(
    served: Served, wish: Row, raised: type[Exception], done: bool
) -> None:
    """The same table as in test_faults_on_request, over sockets."""
    served.fault(route="PUT /asks/*", **wish)
    client = VastAI(api_key="k", server_url=served.server.url, retry=0, edge=Hurried())
    with client, pytest.raises(raised):
        client.create_instance(id=OFFER, image="ubuntu")
    assert len(served.kit.world.all("instance")) == int(done)


def test_rate_limits_over_http_carry_the_headers(served: Served) -> None:
    served.fault(route="*", kind="rate-limits", form="recorded")
    connection = HTTPConnection("127.0.0.1", served.server.port, timeout=10)
    for _ in range(2):
        connection.request("GET", "/api/v0/secrets/", headers=KEY)
        answer = connection.getresponse()
        answer.read()
    assert (answer.status, answer.getheader("retry-after"), answer.getheader("x-ratelimit-limit")) == (429, "5", "5.0")
    connection.close()


def test_the_names_of_models_need_no_key(served: Served) -> None:
    status, answer = served.ask("GET", "/api/v0/gpu_names/unique/", headers={})
    assert (status, "RTX 4090" in answer["gpu_names"]) == (200, True)
    assert served.ask("GET", "/api/v0/users/current/", headers={})[0] == 403


def test_a_key_that_is_issued_for_a_team_is_its_owners(served: Served) -> None:
    team = served.ask("POST", "/api/v0/team/", {"team_name": "crew"})[1]["id"]
    key = served.ask("POST", "/__sandbox__/keys", {"email": f"team{team}@example.com"})[1]["key"]
    as_owner = {"Authorization": f"Bearer {key}"}
    assert served.ask("GET", "/api/v0/team/roles-full/", headers=as_owner)[0] == 200
    assert served.ask("DELETE", "/api/v0/team/", {}, headers=as_owner)[0] == 200


# -- its end


def test_what_is_under_way_ends_before_the_server_does() -> None:
    box = Served()
    box.fault(route="GET /users/current/", kind="slow", seconds=30, times=1)
    idle = socket.create_connection(("127.0.0.1", box.server.port), timeout=10)
    answers: list[tuple[int, Any]] = []
    asking = threading.Thread(target=lambda: answers.append(box.ask("GET", "/api/v0/users/current/")))
    served_once = threading.Event()
    box.kit.world._db.set_trace_callback(lambda text: served_once.set() if "INTO log" in text else None)
    asking.start()
    assert served_once.wait(10)
    box.server.stop()
    asking.join(10)
    assert [status for status, _ in answers] == [200]
    assert idle.recv(10) == b""
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", box.server.port))
    box.server.stop()


def test_a_port_that_is_taken_is_said(served: Served) -> None:
    with pytest.raises(errors.UsageError, match=f"port {served.server.port} cannot be used"):
        Server(served.kit.app, served.server.port)
    with pytest.raises(errors.UsageError, match="port 70000 cannot be used"):
        Server(served.kit.app, 70000)
