"""What must happen when things go wrong, through `VastAI(...)` and through the command, against a real local server."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import Any

import pytest
from replay import ReplayServer

import vastai
from vastai import VastAI
from vastai.cli.main import guarded
from vastai.cli.terminal import Terminal
from vastai.engine.edge import Edge

KEY = "sesame-open-1234567890"


class QuickEdge(Edge):
    """Waiting takes no time; what would be asked is granted; nothing is run."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)

    def run(self, argv: list[str]) -> int:
        return 0


def server(*answers: dict[str, Any]) -> ReplayServer:
    return ReplayServer([{"verb": "*", "path": "*", "responses": list(answers)}])


def client_of(edge: Edge, **settings: Any) -> VastAI:
    quick = QuickEdge()
    edge.sleep, edge.run = quick.sleep, quick.run  # type: ignore[method-assign]
    return VastAI(edge=edge, **settings)


NO = {"success": False, "error": "invalid_args", "msg": "disk is too small"}
PAGE = "<html><body>Bad gateway</body></html>"
DEEP = "[" * 100_000  # deeper than Python's reader of JSON goes
READ, UPDATE, DESTROY, ONCE = (
    ("show_instance", {"id": 7}, "show instance 7"),
    ("start_instance", {"id": 7}, "start instance 7"),
    ("destroy_instance", {"id": 7}, "destroy instance 7 --yes"),
    ("create_instance", {"id": 7, "image": "i"}, "create instance 7 --image i"),
)
# what is called, what is answered, attempts, the error (or None: a refusal is returned), the exit code
ROWS: list[tuple[Any, list[dict[str, Any]], int, str | None, int]] = [
    (READ, [{"status": 503, "json": {"msg": "x"}}], 4, "APIError", 1),
    (READ, [{"status": 500, "json": {"msg": "x"}}], 4, "APIError", 1),
    (READ, [{"drop": True}], 4, "ConnectionFailed", 6),
    (READ, [{"status": 429, "text": "API requests too frequent"}], 4, "RateLimited", 5),
    (READ, [{"status": 401, "json": {"msg": "Invalid user key"}}], 1, "AuthError", 3),
    (READ, [{"status": 404, "json": {"success": False, "error": "auth_error", "msg": "?"}}], 1, "AuthError", 3),
    (READ, [{"status": 404, "json": {"success": False, "error": "no_such_instance"}}], 1, "NotFound", 4),
    (READ, [{"json": {"instances": None}}], 1, "NotFound", 4),
    (READ, [{"text": PAGE, "headers": {"Content-Type": "text/html"}}], 4, "APIError", 1),
    (READ, [{"text": '{"instances": {"id"', "headers": {"Content-Type": "application/json"}}], 4, "APIError", 1),
    (READ, [{"text": DEEP, "headers": {"Content-Type": "application/json"}}], 4, "APIError", 1),
    (READ, [{"status": 400, "text": DEEP}], 1, "APIError", 1),
    (READ, [{"json": {"instances": [1, 2]}}], 1, "APIError", 1),
    (READ, [{"json": {"something": "else"}}], 1, "APIError", 1),
    (UPDATE, [{"drop": True}], 4, "ConnectionFailed", 6),
    (UPDATE, [{"status": 400, "json": NO}], 1, None, 1),
    (UPDATE, [{"json": NO}], 1, None, 1),
    (UPDATE, [{"status": 502, "text": PAGE}], 4, "APIError", 1),
    (UPDATE, [{"status": 403, "text": "no"}], 1, "APIError", 1),
    (DESTROY, [{"text": PAGE}], 4, "APIError", 1),
    (DESTROY, [{"status": 404, "json": {"error": "no_such_instance", "msg": "gone"}}], 1, None, 4),
    (ONCE, [{"status": 400, "json": NO}], 1, None, 1),
    (ONCE, [{"status": 410, "json": {**NO, "new_contract": 5}}], 1, None, 1),
    (ONCE, [{"status": 429, "json": {"msg": "x"}}], 4, "RateLimited", 5),
    (ONCE, [{"status": 500, "json": {"msg": "x"}}], 1, "APIError", 1),
]


@pytest.mark.parametrize(("call", "answers", "attempts", "error", "code"), ROWS)
def test_a_failure_says_what_it_is(
    call: Any,
    answers: list[dict[str, Any]],
    attempts: int,
    error: str | None,
    code: int,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name, values, words = call
    with server(*answers) as there:
        client = VastAI(KEY, there.url, edge=QuickEdge())
        if error is None:
            answer = getattr(client, name)(**values)
            assert answer["success"] is False
            assert set(answer) >= {"success", "error", "msg", "status_code", "hint"}
            assert answer.get("new_contract") == answers[0].get("json", {}).get("new_contract")
        else:
            with pytest.raises(getattr(vastai, error)) as caught:
                getattr(client, name)(**values)
            assert "<html" not in str(caught.value)
            assert "\n" not in str(caught.value)
        client.close()
        assert len(there.requests) == attempts
    for raw in ([], ["--raw"]):
        with server(*answers) as there:
            argv = ["--url", there.url, "--api-key", KEY, *raw, *words.split()]
            assert guarded(argv, Terminal.of_process(), open_client=client_of) == code
            assert len(there.requests) == attempts
        shown = capsys.readouterr()
        assert shown.out == ""
        assert KEY not in shown.err
        assert "Traceback" not in shown.err
        if raw:
            said = json.loads(shown.err)
            assert said["success"] is False
            assert set(said) >= {"success", "error", "msg", "status_code", "hint"}


LOST = [{"drop": True}, {"status": 502, "text": PAGE}, {"status": 503, "json": {}}, {"text": PAGE}, {"text": ""}]


@pytest.mark.parametrize("answer", LOST)
def test_a_rental_whose_answer_is_lost_is_sent_once_and_looked_for(
    answer: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [
        {"id": 1, "image_uuid": "other", "label": "mine", "start_date": 9e9},
        {"id": 2, "image_uuid": "i", "label": "mine", "start_date": 1.0},
        {"id": 3, "image_uuid": "i", "label": "mine", "start_date": 9e9},
    ]
    script = [
        {"verb": "PUT", "path": "/api/v0/asks/7/", "responses": [answer]},
        {"verb": "GET", "path": "*", "responses": [{"json": {"instances": rows, "next_token": None}}]},
    ]
    with ReplayServer(script) as there, VastAI(KEY, there.url, edge=QuickEdge(), quiet=True) as client:
        with pytest.raises(vastai.OutcomeUnknown) as caught:
            client.create_instance(7, "i", label="mine")
        assert [row["id"] for row in caught.value.candidates] == [3]
        assert caught.value.look_at == "show_instances"
        assert [request["verb"] for request in there.requests] == ["PUT", "GET"]
        assert there.requests[0]["json"].keys() <= {"client_id", *SENT}
    with ReplayServer(script) as there:
        argv = ["--url", there.url, "--api-key", KEY, "create", "instance", "7", "--image", "i", "--label", "mine"]
        assert guarded(argv, Terminal.of_process(), open_client=client_of) == 7
        said = capsys.readouterr().err
        assert "show instances" in said
        assert "3" in said


# What the table's own defaults add to a rental: nothing that the caller did not give changes what is rented.
SENT = {"image", "label", "disk", "env", "force", "cancel_unavail", "lang_utf8", "python_utf8", "use_jupyter_lab"}


def test_an_interrupted_rental_says_what_to_look_at() -> None:
    with ReplayServer([{"verb": "*", "path": "*", "responses": [{"hang": 20}]}]) as there:
        argv = ["--url", there.url, "--api-key", KEY, "create", "instance", "7", "--image", "i"]
        process = subprocess.Popen([sys.executable, "-m", "vastai", *argv], stderr=subprocess.PIPE, text=True)
        there.asked.wait(20)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
        there.release.set()
    assert process.returncode == 130
    assert "Look with show instances before" in said
    assert "Traceback" not in said


def test_a_destroy_that_finds_nothing_at_the_second_try_has_worked() -> None:
    gone = {"status": 404, "json": {"success": False, "error": "no_such_instance", "msg": "gone"}}
    with server({"drop": True}, gone) as there, VastAI(KEY, there.url, edge=QuickEdge(), quiet=True) as client:
        assert client.destroy_instance(7)["success"] is True
        assert len(there.requests) == 2


def test_the_wait_that_the_service_asks_for_is_kept() -> None:
    edge = QuickEdge()
    answers = ({"status": 429, "json": {}, "headers": {"Retry-After": "7"}}, {"json": {"success": True}})
    with server(*answers) as there, VastAI(KEY, there.url, edge=edge) as client:
        assert client.start_instance(7)["success"] is True
    assert edge.waited == [7.0]


BAD_INPUT = [
    ("destroy_instance", {"id": "5/../../team"}, "destroy instance 5/../../team --yes"),
    ("destroy_instance", {"id": ""}, "destroy instance '' --yes"),
    ("show_instance", {"id": ".."}, "show instance .."),
    ("search_offers", {"query": "num_gpus>>4"}, "search offers 'num_gpus>>4'"),
    ("search_offers", {"limit": "many"}, "search offers --limit many"),
    ("search_offers", {"type": "bogus"}, "search offers --type bogus"),
    ("create_instance", {"id": 7, "image": "i", "disk": "big"}, "create instance 7 --image i --disk big"),
    ("create_instance", {"id": 7, "image": "i", "env": "-e"}, "create instance 7 --image i --env=-e"),
    (
        "create_instance",
        {"id": 7, "image": "i", "onstart_file": "/no/such"},
        "create instance 7 --onstart-file /no/such",
    ),
    ("show_invoices_v1", {"start_date": "31.12.2025"}, "show invoices-v1 --start-date 31.12.2025"),
    ("transfer_credit", {"amount": -1, "recipient": "a@example.com"}, "transfer credit a@example.com -1 --yes"),
    ("transfer_credit", {"amount": float("nan"), "recipient": "a@example.com"}, "transfer credit nan a@example.com -y"),
    ("copy", {"src": "data", "dst": "7:/"}, "copy data 7:/"),
    ("show_instances", {"order_by": [{}]}, "show instances --order-by [{}]"),
    ("show_team_role", {"name": "\ud800"}, "show team-role \ud800"),
    ("delete_template", {"template_id": "5/../../team"}, "delete template --template-id 5/../../team"),
    ("create_team_role", {"name": "x", "permissions": DEEP}, f"create team-role x --permissions '{DEEP}'"),
    ("copy", {"src": "data", "dst": "7:/root"}, "copy data 7:/root"),
]


@pytest.mark.parametrize(("name", "values", "words"), BAD_INPUT)
def test_bad_input_never_reaches_the_network(
    name: str, values: dict[str, Any], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import shlex

    with server() as there:
        with VastAI(KEY, there.url) as client, pytest.raises(ValueError) as caught:
            getattr(client, name)(**values)
        assert isinstance(caught.value, vastai.UsageError)
        argv = ["--url", there.url, "--api-key", KEY, *shlex.split(words)]
        assert guarded(argv, Terminal.of_process(), open_client=client_of) == 2
        assert there.requests == []
    shown = capsys.readouterr()
    assert shown.out == ""
    assert 1 <= len(shown.err.splitlines()) <= 2


def test_without_a_key_nothing_is_sent(capsys: pytest.CaptureFixture[str]) -> None:
    with server() as there:
        with VastAI(server_url=there.url) as client, pytest.raises(vastai.AuthError, match="VAST_API_KEY"):
            client.show_user()
        assert guarded(["--url", there.url, "show", "user"], Terminal.of_process(), open_client=client_of) == 3
        assert there.requests == []
    assert "set api-key" in capsys.readouterr().err


def test_a_key_does_not_travel_unencrypted() -> None:
    with VastAI(KEY, "http://192.0.2.1") as client, pytest.raises(vastai.UsageError, match="VASTAI_ALLOW_HTTP"):
        client.show_user()


def test_the_key_travels_in_the_header_only_and_not_to_results() -> None:
    answers = {"json": {"success": True, "result_url": "{SERVER}/result"}}
    script = [
        {"verb": "PUT", "path": "*", "responses": [answers]},
        {"verb": "GET", "path": "/result", "responses": [{"status": 404, "text": ""}, {"text": "line\n"}]},
    ]
    with ReplayServer(script) as there, VastAI(KEY, there.url, edge=QuickEdge()) as client:
        assert client.logs(7) == "line\n"
        assert [("Authorization" in request["headers"]) for request in there.requests] == [True, False, False]
        assert KEY not in json.dumps([{**request, "headers": None} for request in there.requests])
