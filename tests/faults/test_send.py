"""Sending over real sockets: what must happen when the network or the service misbehaves."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from faults.server import TLS_FILE, FaultServer, refusing_url
from vastai import errors
from vastai.engine.send import Sender
from vastai.engine.steps import Reply, Request
from vastai.engine.transport import HttpTransport
from vastai.settings import Settings

CASES = yaml.safe_load(Path(__file__).parents[1].joinpath("cases", "faults.yaml").read_text(encoding="utf-8"))
VERBS = {"read": "GET", "update": "PUT", "destroy": "DELETE", "once": "PUT"}
KEY = "a-secret-key"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A home of its own, no proxies, and trust in the certificate of the fault server."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith(("VAST", "CURL_CA", "SSL_CERT")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", TLS_FILE)


class Calm(Sender):
    """A sender whose dice always show 0.5, and that notes its pauses instead of waiting."""

    def __init__(self, url: str, *, key: str | None = KEY, **options: Any) -> None:
        self.sleeps: list[float] = []
        limits = {name: options.pop(name) for name in ("largest", "idle") if name in options}
        settings = Settings(api_key=key, server_url=url, **{"retry": 2, "timeout": 5, **options})
        super().__init__(settings, HttpTransport(**limits), sleep=self.sleeps.append, dice=lambda: 0.5)

    def __enter__(self) -> Calm:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def request(effect: str = "read", **options: Any) -> Request:
    body = None if effect == "read" else {}
    look = "show_instances" if effect == "once" else ""
    made = Request(VERBS[effect], "/api/v0/x/", body=body, effect=effect, command="do_x", look_at=look)
    return made._replace(**options)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_faults_on_the_wire(case: dict[str, Any]) -> None:
    options = {"timeout": 0.3, **{key: case[key] for key in ("timeout", "retry", "largest") if key in case}}
    asked = request(case["effect"], accept=case.get("accept", "json"))
    with FaultServer(*case["script"], tls=case.get("tls", False)) as server, Calm(server.url, **options) as sender:
        began = time.monotonic()
        if "error" in case:
            with pytest.raises(getattr(errors, case["error"])) as caught:
                sender.send(asked)
            assert type(caught.value).__name__ == case["error"]
            assert [words for words in case.get("says", []) if words not in str(caught.value)] == []
            assert "\n" not in str(caught.value) and KEY not in repr(caught.value)
        else:
            reply = sender.send(asked)
            assert (reply.status, case.get("note", "") in reply.note) == (case["status"], True)
            assert bool(reply.note) == ("note" in case)
        assert len(server.requests) == case["requests"]
        assert time.monotonic() - began < options["timeout"] * (case["requests"] + 1) + 1
        assert case.get("sleeps", sender.sleeps) == sender.sleeps


def test_a_request_arrives_as_it_was_planned() -> None:
    query = {"q": '{"gpu_name": "RTX 4090"}', "empty": "", "sign": "a+b&c=ü"}
    with FaultServer() as server, Calm(server.url) as sender:
        sender.send(request(query=query))
        sender.send(request("once", body={"a": [1, None, "ü"], "b": False}))
    read, once = server.requests
    assert read.target == "/api/v0/x/?q=%7B%22gpu_name%22%3A+%22RTX+4090%22%7D&empty=&sign=a%2Bb%26c%3D%C3%BC"
    assert read.body == b"" and "content-type" not in read.headers
    assert read.headers["authorization"] == f"Bearer {KEY}"
    assert read.headers["user-agent"].startswith("vastai/")
    assert once.verb == "PUT" and once.headers["content-type"] == "application/json"
    assert once.body == b'{"a": [1, null, "\\u00fc"], "b": false}'


def test_the_reply_has_lower_case_headers_and_the_decompressed_body() -> None:
    with FaultServer({"bomb": {"megabytes": 1}}) as server, Calm(server.url) as sender:
        reply = sender.send(request(accept="text"))
    assert reply.headers["content-encoding"] == "gzip"
    assert reply.body == b" " * (1 << 20)
    assert (reply.url, reply.verb) == (server.url + "/api/v0/x/", "GET")


def test_connections_are_used_again() -> None:
    with FaultServer() as server, Calm(server.url) as sender:
        for effect in ("read", "update", "once"):
            sender.send(request(effect))
    assert server.connections == 1


def test_a_once_is_not_sent_on_a_connection_that_was_idle_for_long() -> None:
    with FaultServer() as server, Calm(server.url, idle=0.05) as sender:
        for effect in ("read", "read", "once"):
            sender.send(request(effect))
            time.sleep(0.1)
    assert [seen.connection for seen in server.requests] == [0, 0, 1]


def test_a_once_that_meets_a_connection_the_server_closes_is_not_sent_twice() -> None:
    with FaultServer("answer", "reset", "answer") as server, Calm(server.url) as sender:
        sender.send(request())
        with pytest.raises(errors.OutcomeUnknown):
            sender.send(request("once"))
    assert len(server.requests) == 2


@pytest.mark.parametrize("effect", ["read", "once"])
def test_where_nobody_listens_everything_is_repeated_and_nothing_is_in_doubt(effect: str) -> None:
    url = refusing_url()
    with Calm(url) as sender, pytest.raises(errors.ConnectionFailed) as caught:
        sender.send(request(effect))
    host = url.removeprefix("http://")
    expected = f"Could not reach {host}: connection refused (3 attempts). Check the network, or VAST_URL."
    assert str(caught.value) == expected
    assert sender.sleeps == [0.05, 0.1]


def test_a_name_that_does_not_exist_is_called_so() -> None:
    with Calm("https://no-such-host.invalid", retry=0) as sender, pytest.raises(errors.ConnectionFailed) as caught:
        sender.send(request("once"))
    expected = "Could not reach no-such-host.invalid: name not found. Check the network, or VAST_URL."
    assert str(caught.value) == expected


def test_a_server_that_does_not_accept_is_left_within_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        callers = [socket.socket() for _ in range(3)]  # fill the queue, so that the next caller waits
        for caller in callers:
            caller.setblocking(False)
            caller.connect_ex(address)
        began = time.monotonic()
        with (
            Calm(f"http://127.0.0.1:{address[1]}", retry=1, timeout=0.2) as sender,
            pytest.raises(errors.ConnectionFailed, match=r"no connection within 0.2 s \(2 attempts\)"),
        ):
            sender.send(request("once"))
        assert time.monotonic() - began < 1.5
        for caller in callers:
            caller.close()


def test_a_handshake_that_never_comes_ends_within_the_deadline() -> None:
    with FaultServer("hang") as server, Calm(server.url.replace("http", "https"), retry=0, timeout=0.3) as sender:
        began = time.monotonic()
        with pytest.raises(errors.ConnectionFailed, match="Could not reach"):
            sender.send(request("once"))
        assert time.monotonic() - began < 1.5


def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with (
        FaultServer(tls=True) as server,
        Calm(server.url) as sender,
        pytest.raises(errors.ConnectionFailed, match="certificate is not accepted"),
    ):
        sender.send(request("once"))
    assert (server.requests, sender.sleeps) == ([], [])


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_ca_bundles_of_the_environment_are_honoured(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.setenv(variable, TLS_FILE)
    with FaultServer(tls=True) as server, Calm(server.url) as sender:
        assert sender.send(request("once")).status == 200


def test_a_ca_bundle_that_is_missing_is_named_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/no/such/file.pem")
    with (
        FaultServer(tls=True) as server,
        Calm(server.url) as sender,
        pytest.raises(errors.ConnectionFailed, match="CA certificates named in the environment does not exist"),
    ):
        sender.send(request())


def test_proxies_of_the_environment_are_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("http_proxy", proxy.url)
        with Calm("http://api.example", environ={"VASTAI_ALLOW_HTTP": "1"}) as sender:
            assert sender.send(request()).status == 200
    assert proxy.requests[0].target == "http://api.example/api/v0/x/"


def test_a_proxy_that_refuses_the_tunnel_has_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer({"answer": {"status": 403}}) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        with (
            Calm("https://api.example", retry=1) as sender,
            pytest.raises(errors.ConnectionFailed, match=r"the proxy refused \(403 Status\) \(2 attempts\)"),
        ):
            sender.send(request("once"))
    assert [seen.verb for seen in proxy.requests] == ["CONNECT", "CONNECT"]
    assert not any("authorization" in seen.headers for seen in proxy.requests)


def test_a_proxy_that_is_away_is_blamed_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", refusing_url())
    with (
        Calm("https://api.example", retry=0) as sender,
        pytest.raises(errors.ConnectionFailed, match=r"Could not reach api\.example: the proxy: connection refused"),
    ):
        sender.send(request("once"))


def test_a_proxy_that_drips_its_answer_ends_within_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer("slow_headers") as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        with (
            Calm("https://api.example", retry=0, timeout=0.3) as sender,
            pytest.raises(errors.ConnectionFailed, match=r"no connection within 0\.3 s"),
        ):
            sender.send(request("once"))


def test_this_machine_is_reached_without_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer() as server, FaultServer() as proxy, Calm(server.url) as sender:
        monkeypatch.setenv("http_proxy", proxy.url)
        assert sender.send(request()).status == 200
    assert (len(server.requests), len(proxy.requests)) == (1, 0)


def test_a_netrc_does_not_replace_the_key(tmp_path: Path) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login me password mine\n")
    netrc.chmod(0o600)
    with FaultServer() as server, Calm(server.url) as sender:
        sender.send(request())
        sender.fetch(server.url + "/result")
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert "authorization" not in server.requests[1].headers


def test_cookies_are_not_kept() -> None:
    with FaultServer({"answer": {"headers": {"Set-Cookie": "a=b; Path=/"}}}) as server, Calm(server.url) as sender:
        sender.send(request())
        sender.send(request())
    assert "cookie" not in server.requests[1].headers


@pytest.mark.parametrize("key", [None, "", "  \n"])
def test_without_a_key_nothing_is_sent_unless_it_is_optional(key: str | None) -> None:
    with FaultServer() as server, Calm(server.url, key=key) as sender:
        with pytest.raises(errors.AuthError, match="VAST_API_KEY"):
            sender.send(request())
        assert server.requests == []
        assert sender.send(request(key="optional")).status == 200
    assert "authorization" not in server.requests[0].headers


def test_a_key_is_stripped_of_blanks() -> None:
    with FaultServer() as server, Calm(server.url, key=f"  {KEY}\n") as sender:
        sender.send(request())
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("key", ["abc\r\nX-Evil: 1", "abc\x00def", "abc\x1b[2J", "schlüssel", "a\u202eb"])
def test_a_key_with_strange_characters_is_refused_without_showing_it(key: str) -> None:
    with FaultServer() as server, Calm(server.url, key=key) as sender, pytest.raises(errors.AuthError) as caught:
        sender.send(request())
    assert server.requests == [] and "abc" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://api.example", "http://127.0.0.1.example", "http://10.0.0.1:8000"])
def test_a_key_does_not_travel_unencrypted(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultServer() as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        with Calm(url) as sender, pytest.raises(errors.UsageError, match="VASTAI_ALLOW_HTTP=1"):
            sender.send(request(key="optional"))
    assert proxy.requests == []


BAD_SERVERS = [
    "console.vast.ai",
    "ftp://x",
    "https://",
    "https://u:p@host",
    "https://h?a=1",
    "https://h h",
    "https://h:x",
]


@pytest.mark.parametrize("url", BAD_SERVERS)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with Calm(url) as sender, pytest.raises(errors.UsageError, match="address of") as refused:
        sender.send(request())
    assert "VAST_URL" in refused.value.hint


@pytest.mark.parametrize("body", [{"a": float("nan")}, {"a": float("inf")}, {"a": {1, 2}}])
def test_a_body_that_is_no_json_is_refused(body: Any) -> None:
    with (
        FaultServer() as server,
        Calm(server.url) as sender,
        pytest.raises(errors.UsageError, match="do_x: an argument cannot be written as JSON"),
    ):
        sender.send(request("update", body=body))
    assert server.requests == []


class Recorder:
    """A transport that answers everything and remembers where it went."""

    def __init__(self) -> None:
        self.urls: list[str] = []
        self.keys: list[str | None] = []

    def send(
        self, verb: str, url: str, headers: dict[str, str], body: bytes | None, *, deadline: float, fresh: bool
    ) -> Reply:
        self.urls.append(url)
        self.keys.append(headers.get("Authorization"))
        return Reply(200, {}, b"{}", url, verb)

    def close(self) -> None:
        pass


HOSTS = [
    ("https://console.vast.ai", "api", "https://console.vast.ai"),
    ("https://console.vast.ai/", "api", "https://console.vast.ai"),
    ("https://console.vast.ai", "serverless", "https://run.vast.ai"),
    ("https://other.example/base/", "api", "https://other.example/base"),
    ("https://other.example", "serverless", "https://other.example"),
    ("http://[::1]:8000", "serverless", "http://[::1]:8000"),
    ("sandbox", "api", "http://sandbox"),
    ("sandbox::memory:", "serverless", "http://sandbox"),
]


@pytest.mark.parametrize(("server", "service", "base"), HOSTS)
def test_where_a_request_goes(server: str, service: str, base: str) -> None:
    transport = Recorder()
    Sender(Settings(api_key=KEY, server_url=server), transport).send(request(service=service))
    assert transport.urls == [base + "/api/v0/x/"]


def test_the_sandbox_needs_no_key() -> None:
    transport = Recorder()
    Sender(Settings(server_url="sandbox", environ={"HOME": "/nowhere"}), transport).send(request())
    assert transport.keys == [None]


def test_a_result_is_fetched_without_the_key_whatever_its_status() -> None:
    with FaultServer({"answer": {"status": 404, "text": "wait"}}) as server, Calm(server.url) as sender:
        reply = sender.fetch(server.url + "/result?signature=1")
    assert (reply.status, reply.body) == (404, b"wait")
    assert "authorization" not in server.requests[0].headers
    assert server.requests[0].target == "/result?signature=1"


def test_a_fetch_follows_redirects_and_repeats_what_was_lost() -> None:
    script = ["reset", {"redirect": {"to": "http://localhost:{port}/b"}}, {"answer": {"text": "done"}}]
    with FaultServer(*script) as server, Calm(server.url) as sender:
        assert sender.fetch(server.url + "/a").body == b"done"
    assert [seen.target for seen in server.requests] == ["/a", "/a", "/b"]


def test_a_fetch_that_fails_says_so_without_the_signed_url() -> None:
    url = refusing_url()
    with Calm(url) as sender, pytest.raises(errors.ConnectionFailed) as caught:
        sender.fetch(url + "/result?signature=secret")
    assert str(caught.value).endswith("connection refused (3 attempts). Check the network.")


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "ftp://a/b", "/relative", "", "http://a b/", "http://h/\r\nX: 1"]
)
def test_only_http_addresses_are_fetched(url: str) -> None:
    with Calm("http://127.0.0.1:1") as sender, pytest.raises(errors.APIError, match="no http or https address"):
        sender.fetch(url)


@pytest.mark.parametrize("to", ["file:///etc/passwd", "ftp://127.0.0.1/", "http://127.0.0.1:{port}/"])
def test_a_fetch_is_not_led_astray(to: str) -> None:
    with (
        FaultServer({"redirect": {"to": to}}, tls=True) as server,
        Calm(server.url) as sender,
        pytest.raises(errors.APIError, match="not followed"),
    ):
        sender.fetch(server.url + "/a")
    assert len(server.requests) == 1


def test_a_fetch_does_not_go_round_for_ever() -> None:
    with (
        FaultServer({"redirect": {"to": "/a"}}) as server,
        Calm(server.url) as sender,
        pytest.raises(errors.APIError, match="circles"),
    ):
        sender.fetch(server.url + "/a")
    assert len(server.requests) == 6


def test_the_log_names_each_attempt_but_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "vastai")
    asked = request(query={"token": "hidden", "limit": "3"}, secrets=("token", "login.password"))
    with FaultServer("reset", "answer") as server, Calm(server.url) as sender:
        sender.send(asked)
        sender.fetch(server.url + "/result?signature=hidden")
    lines = [record.getMessage() for record in caplog.records if record.name == "vastai"]
    assert lines == [
        f"GET {server.url}/api/v0/x/?token=***&limit=3: lost: the connection was reset",
        "again in 0.05 s, attempt 2 of 3",
        f"GET {server.url}/api/v0/x/?token=***&limit=3: 200",
        f"GET {server.url}/result?***: 200",
    ]


def test_a_dead_service_is_not_hammered_by_a_loop_of_calls() -> None:
    with FaultServer({"answer": {"status": 503}}) as server, Calm(server.url) as sender:
        notes = [sender.send(request()).note for _ in range(25)]
    assert len(server.requests) == 25 + 500 // 14
    assert notes[0] == "" and "Not repeated" in notes[-1]


def test_many_threads_share_one_sender() -> None:
    with FaultServer() as server, Calm(server.url) as sender:
        statuses: list[int] = []
        threads = [threading.Thread(target=lambda: statuses.append(sender.send(request()).status)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == [200] * 20 and len(server.requests) == 20


def test_a_forked_child_uses_connections_of_its_own() -> None:
    with FaultServer() as server, Calm(server.url) as sender:
        sender.send(request())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of forks beside threads
            child = os.fork()
        if not child:
            try:
                sender.send(request("once"))
                os._exit(0)
            finally:
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
        sender.send(request())
    assert [seen.connection for seen in server.requests] == [0, 1, 0]


def test_closing_leaves_no_connection_open_and_sending_opens_a_new_one() -> None:
    with FaultServer() as server, Calm(server.url) as sender:
        sender.send(request())
        sender.close()
        sender.close()
        sender.send(request())
    assert server.connections == 2


def test_an_interrupt_passes_through() -> None:
    class Interrupted(Recorder):
        def send(self, *args: Any, **options: Any) -> Reply:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Sender(Settings(api_key=KEY), Interrupted()).send(request("once"))


def test_an_error_that_is_being_handled_is_not_taken_for_the_reason() -> None:
    with FaultServer("raw") as server, Calm(server.url, retry=0) as sender:
        try:
            raise TimeoutError from ConnectionRefusedError()
        except TimeoutError:
            with pytest.raises(errors.ConnectionFailed, match="failed: the answer could not be read"):
                sender.send(request())


LINES = [
    "HTTP/1.1 200 OK", "HTTP/1.1 204 No", "HTTP/1.1 302 Found", "HTTP/1.1 999 ?", "HTTP/1.1 -1", "HTTP/9.9 200", "",
    "Content-Length: 5", "Content-Length: -5", "Content-Length: 1, 2", "Transfer-Encoding: chunked", "Location: http://[",
    "Content-Encoding: gzip", "Content-Encoding: deflate, gzip", "Content-Type: text/html; charset=nonsense",
    "Retry-After: never", "Set-Cookie: a\x00=\xff", "no colon", ": no name", "zz", "5", "0", "{}", '"\xff', " folded",
]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(LINES), max_size=8), st.sampled_from(["read", "once"]))
def test_whatever_a_server_says_comes_to_a_reply_or_one_line(lines: list[str], effect: str) -> None:
    text = "\r\n".join(["HTTP/1.1 200 OK", *lines, "", ""])
    with FaultServer({"raw": {"text": text}}) as server, Calm(server.url, retry=0, timeout=0.3) as sender:
        try:
            assert sender.send(request(effect)).verb
        except errors.VastError as error:
            assert str(error).isprintable() and KEY not in str(error)


def test_nothing_heavy_is_imported_before_the_first_send() -> None:
    code = "import sys, vastai.engine.send; assert not {'requests', 'urllib3', 'vastai.sandbox'} & set(sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
