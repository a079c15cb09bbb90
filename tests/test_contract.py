"""The contract about faults: each of its rows names the tests that show it, and the rows that no other file shows."""

from __future__ import annotations

import ast
import io
import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from faults.server import TLS_FILE, FaultServer
from table_kit import quick_client

from vastai import APIError, VastAI
from vastai.cli.main import guarded
from vastai.cli.terminal import Terminal

TESTS = Path(__file__).parent
ROWS = yaml.safe_load((TESTS / "cases" / "contract.yaml").read_text(encoding="utf-8"))
KEY = "a-key"


@cache
def names_in(file: str) -> set[str]:
    """The names of the tests of a file, or of the cases in a file of cases."""
    text = (TESTS / file).read_text(encoding="utf-8")
    if file.endswith(".py"):
        return {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}
    return {str(case["name"]) for case in yaml.safe_load(text)}


@pytest.mark.parametrize("row", [row for rows in ROWS.values() for row in rows], ids=lambda row: row["row"][:60])
def test_every_row_is_shown(row: dict[str, Any]) -> None:
    assert row["shown"]
    for name in row["shown"]:
        file, _, test = name.partition("::")
        assert test in names_in(file), name


def typed(server: FaultServer, words: str, out: io.TextIOBase | None = None) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command at a server; retry 0."""
    stdout: Any = out or io.StringIO()
    stderr = io.StringIO()
    terminal = Terminal(io.StringIO(), stdout, stderr, dict(os.environ))
    argv = ["--url", server.url, "--api-key", KEY, "--retry", "0", *words.split()]
    code = guarded(argv, terminal, open_client=quick_client)
    return code, "" if out else stdout.getvalue(), stderr.getvalue()


@pytest.fixture(autouse=True)
def lax(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VASTAI_STRICT", "0")


def test_raw_is_strict_json() -> None:
    def no_json(word: str) -> None:
        raise AssertionError(word)

    with FaultServer({"answer": {"text": '{"id": 1, "credit": NaN, "owed": [Infinity, -Infinity]}'}}) as server:
        code, out, _ = typed(server, "--raw show user")
    assert code == 0
    assert json.loads(out, parse_constant=no_json) == {"id": 1, "credit": None, "owed": [None, None]}


HOSTILE = "a\x1b[2J\u202eb\x07\u2028c\x9b1m"


@pytest.mark.parametrize("words", ["show instances", "show instances --full", "show instance 7"])
def test_a_label_cannot_steer_the_terminal(words: str) -> None:
    row = {"id": 7, "label": HOSTILE, "status_msg": HOSTILE, "image_uuid": HOSTILE}
    body = {"instances": [row] if "instances" in words else row, "next_token": None}
    with FaultServer({"answer": {"body": body}}) as server:
        code, out, _ = typed(server, words)
    assert code == 0
    assert all(line.isprintable() for line in out.splitlines())


@pytest.mark.parametrize("field", ["msg", "message", "error", "detail"])
def test_the_words_of_a_refusal_reach_the_user_and_nothing_else(field: str) -> None:
    with FaultServer({"answer": {"status": 400, "body": {field: f"too small {HOSTILE}"}}}) as server:
        code, out, err = typed(server, "start instance 7")
        with VastAI(KEY, server.url, quiet=True) as client:
            refused = client.start_instance(7)
    assert (code, out) == (1, "")
    for text in (err, str(refused["msg"])):
        assert "too small a" in text
        assert all(line.isprintable() for line in text.splitlines())


def test_plain_words_of_a_refusal_reach_the_user() -> None:
    with FaultServer({"answer": {"status": 403, "text": "not for you", "type": "text/plain"}}) as server:
        assert "not for you" in typed(server, "start instance 7")[2]
        with VastAI(KEY, server.url) as client, pytest.raises(APIError, match="not for you"):
            client.start_instance(7)


@pytest.mark.parametrize(
    "row",
    [
        {"id": 7},
        {"id": 7, "start_date": None, "ports": None, "extra_env": None, "duration": None},
        {"id": 7, "new_field": {"deep": [1]}, "label": None, "ssh_host": None},
    ],
)
def test_what_is_missing_null_or_new_does_no_harm(row: dict[str, Any]) -> None:
    with FaultServer({"answer": {"body": {"instances": [row], "next_token": None}}}) as server:
        with VastAI(KEY, server.url) as client:
            [got] = client.show_instances()
        assert all(got[name] == value for name, value in row.items() if value is not None)
        for words in ("show instances", "--raw show instances"):
            assert typed(server, words)[0] == 0


@pytest.mark.parametrize("nothing", [None, []])
def test_a_null_list_is_an_empty_one(nothing: Any) -> None:
    with FaultServer({"answer": {"body": {"instances": nothing, "next_token": None}}}) as server:
        with VastAI(KEY, server.url) as client:
            assert client.show_instances() == []
        assert typed(server, "--raw show instances")[:2] == (0, "[]\n")


@pytest.mark.parametrize("body", [[], [1], "text", 5, None, True])
def test_another_kind_than_the_one_that_is_due_is_named(body: Any) -> None:
    with FaultServer({"answer": {"text": json.dumps(body)}}) as server:
        with VastAI(KEY, server.url) as client, pytest.raises(APIError):
            client.show_user()
        code, out, err = typed(server, "show user")
    assert (code, out) == (1, "")
    assert "where an object is due" in err or "is empty" in err


def test_callers_take_proxies_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VASTAI_ALLOW_HTTP", "1")
    with FaultServer({"answer": {"body": {"id": 1}}}) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        with VastAI(KEY, "http://api.example") as client:
            assert client.show_user() == {"id": 1}
        proxy.url = "http://api.example"
        assert typed(proxy, "show user")[0] == 0
    assert {seen.target.rstrip("/") for seen in proxy.requests} == {"http://api.example/api/v0/users/current"}


@pytest.mark.parametrize("bundle", [TLS_FILE, None])
def test_callers_check_certificates_by_the_environment(bundle: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if bundle:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", bundle)
    with FaultServer({"answer": {"body": {"id": 1}}}, tls=True) as server:
        code, out, err = typed(server, "--raw show user")
    assert (code, bool(out), len(server.requests)) == ((0, True, 1) if bundle else (6, False, 0))
    assert bundle or "certificate is not accepted" in err


def test_callers_keep_their_key_beside_a_netrc(own_home: Path) -> None:
    (own_home / ".netrc").write_text("default login me password mine\n")
    (own_home / ".netrc").chmod(0o600)
    with FaultServer({"answer": {"body": {"id": 1}}}) as server:
        assert typed(server, "show user")[0] == 0
        with VastAI(KEY, server.url) as client:
            client.show_user()
    assert {seen.headers["authorization"] for seen in server.requests} == {f"Bearer {KEY}"}


def test_plain_http_to_another_machine_is_refused_by_the_command_too() -> None:
    with FaultServer() as server:
        server.url = "http://192.0.2.1"
        code, out, err = typed(server, "show user")
    assert (code, out, "VASTAI_ALLOW_HTTP=1" in err) == (2, "", True)


class Tty(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("variables", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_no_colour_in_a_pipe_nor_where_none_is_wanted(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    out = Tty() if variables else io.StringIO()
    with FaultServer({"answer": {"body": {"instances": [{"id": 7}], "next_token": None}}}) as server:
        code, _, err = typed(server, "show instances", out)
    assert code == 0
    assert "\x1b" not in out.getvalue() + err
