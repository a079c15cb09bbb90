"""The doctor: what each check finds, as data; the whole check-up against real servers, as a method and as a command."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from replay import ReplayServer
from test_cli_local import run

from vastai import VastAI, VastError, errors
from vastai.engine import reply
from vastai.engine.edge import Edge
from vastai.engine.machine import facts
from vastai.engine.steps import Reached, Reply
from vastai.hooks import doctor
from vastai.hooks.findings import Answer, Evidence
from vastai.settings import Settings
from vastai.table import schemas

CASES = yaml.load((Path(__file__).parent / "cases" / "doctor.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
PUBLIC = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEjY4TBDBQnC5o5Fv1tWF1QyEJ1LrJWnkCBRTTrMz5bX ada@home"
WELL: dict[str, Any] = {
    "version": "1.2.3",
    "python": "3.12.0",
    "system": "Linux",
    "extras": {"rich": "13.0", "jmespath": "1.0"},
    "programs": {"ssh": "/usr/bin/ssh", "rsync": "/usr/bin/rsync"},
    "profile": "",
    "profile_by": "",
    "key": "/h/vast_api_key",
    "key_good": True,
    "hidden_keys": [],
    "files": [{"path": "/h/vast_api_key", "kind": "key", "used": True, "mode": 0o600, "folder_mode": 0o700}],
    "server": "https://console.vast.ai",
    "imitation": "",
    "unencrypted": "",
    "proxy": "",
    "no_proxy": False,
    "bundle": None,
    "public_keys": [{"path": "/h/.ssh/id.pub", "text": PUBLIC, "private": True}],
    "agent": False,
}
GOOD: dict[str, Any] = {
    "show_user": {"id": 7, "key_id": 3},
    "show_api_keys": [{"id": 3, "permissions": {"api": {scope: {} for scope in doctor.checks_there.SCOPES}}}],
    "tfa_status": {"tfa_enabled": False},
    "show_ssh_keys": [{"id": 1, "public_key": PUBLIC.replace("ada@home", "another comment")}],
    "show_volumes": [],
}


def error_of(described: Mapping[str, Any]) -> VastError:
    """The error of a case, as an answer of the service gives it."""
    if "kind" in described:
        return getattr(errors, described["kind"])(described["msg"])
    if described.get("code") == "unusable_answer":
        return reply.unusable(Reply(described["status"], {}, b""), described["msg"])
    body = {"success": False, "error": described.get("code"), "msg": described["msg"]}
    return reply.refusal(Reply(described["status"], {}, json.dumps(body).encode()), body)


def evidence_of(case: Mapping[str, Any]) -> Evidence:
    """The evidence of a case, where it says nothing else all is well."""
    known = {**WELL, **case.get("facts", {})}
    known["files"] = [{**file, **_modes(file)} for file in known["files"]]
    well = {"status": 404, "seconds": 0.12, "ahead": 0.4} if "reason" not in case.get("reached", {}) else {}
    reached = Reached(**{**well, **case.get("reached", {})})
    why_not = doctor.reasons_against(known, reached)
    if why_not:
        return Evidence(known, reached, why_not=why_not)
    answers = {name: Answer(result) for name, result in GOOD.items()}
    for name, given in case.get("answers", {}).items():
        error = error_of(given["error"]) if "error" in given else None
        answers[name] = Answer(given.get("result"), error, given.get("differs", ()))
    replies = [
        Reply(each["status"], each.get("headers", {}), b"", busy=each.get("busy", 0))
        for each in case.get("replies", [{"status": 200}, {"status": 200}])
    ]
    return Evidence(known, reached, answers, replies)


def _modes(file: Mapping[str, Any]) -> dict[str, int]:
    """The permissions of a file; in the cases they are written as people write them."""
    return {name: int(file[name], 8) for name in ("mode", "folder_mode") if isinstance(file[name], str)}


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['check']}-{case['state']}")
def test_what_a_check_finds(case: dict[str, Any]) -> None:
    rows = doctor.findings_of(evidence_of(case))
    row = next(row for row in rows if row["check"] == case["check"])
    assert row["state"] == case["state"], row
    assert case.get("found", "") in row["found"]
    assert case.get("fix", "") in (row["fix"] or "")
    assert row["error"] == case.get("error")
    assert row["state"] not in ("warn", "fail") or row["fix"]
    for each in rows:
        assert list(schemas.faults("finding", each)) == []
        assert "\n" not in each["found"] + (each["fix"] or "")


def test_every_check_has_a_case_for_every_state_it_can_have() -> None:
    """Each check is a function that names its states; what it names is in the cases."""
    import ast
    import inspect

    tried = {(case["check"].split(" of ")[0], case["state"]) for case in CASES}
    for module in (doctor.checks_here, doctor.checks_there):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
                check, state = node.args[:2]
                if isinstance(check, ast.Constant) and isinstance(state, ast.Name) and state.id.isupper():
                    assert (check.value, state.id.lower()) in tried
    assert {check for check, _ in tried} == {row["check"] for row in doctor.findings_of(evidence_of({}))}


def test_a_key_that_is_refused_is_no_fault_of_the_answers() -> None:
    refused = {"error": {"status": 404, "code": "auth_error", "msg": "unknown key"}}
    rows = doctor.findings_of(evidence_of({"answers": {"show_user": refused}}))
    assert [row["check"] for row in rows if row["check"].startswith("answers of")] == []


# ---------------------------------------------------------------- the whole of it

KEY = "sesame-open-1234567890"
ANSWERS: dict[str, Any] = {
    "/api/v0/users/current": {"json": {"id": 7, "key_id": 3, "api_key": KEY}},
    "/api/v0/auth/apikeys/": {"json": {"apikeys": [{"id": 3, "permissions": None}]}},
    "/api/v0/tfa/status/": {"json": {"success": True, "tfa_enabled": False}},
    "/api/v0/ssh/": {"json": [{"id": 1, "ssh_key": PUBLIC}]},
    "/api/v1/instances/": {"json": {"success": True, "instances": []}},
    "/api/v0/volumes": {"json": {"success": True, "volumes": []}},
    "/api/v0/bundles/": {"json": {"success": True, "offers": []}},
}


class NoWait(Edge):
    """Pauses take no time, and are noted."""

    def __init__(self) -> None:
        self.waited: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)


def service(now: float | None = None, **instead: Any) -> ReplayServer:
    """A service where all is well, but for the paths that end with a word of `instead`."""
    script: list[dict[str, Any]] = []
    for path, answer in ANSWERS.items():
        found = next((given for end, given in instead.items() if path.rstrip("/").endswith(end)), answer)
        responses = list(found) if isinstance(found, list) else [found]
        if not script:  # the first command's path is asked for without the key before
            responses.insert(0, {"status": 403, "json": {"success": False, "error": "auth_error"}})
        script.append({"verb": "GET", "path": path, "responses": responses})
    return ReplayServer(script, now=now)


@pytest.fixture
def ssh_folder(own_home: Path) -> Path:
    folder = own_home / ".ssh"
    folder.mkdir()
    (folder / "id_ed25519.pub").write_text(PUBLIC + "\n")
    (folder / "id_ed25519").write_text("private")
    return folder


def checked(there: ReplayServer, key: str | None = KEY, **settings: Any) -> dict[str, dict[str, Any]]:
    """The rows of a check-up, by check."""
    with VastAI(key, there.url, edge=NoWait(), **settings) as client:
        return {row["check"]: row for row in client.doctor()}


def test_where_all_is_well_few_requests_are_sent_and_only_to_read(ssh_folder: Path) -> None:
    with service() as there:
        rows = checked(there)
        assert {name: row for name, row in rows.items() if row["state"] not in ("ok", "skip")} == {}
        assert rows["key accepted"]["found"] == "account 7"
        assert "id_ed25519.pub (SHA256:cywc" in rows["ssh key"]["found"]
        assert len(there.requests) == 8
        assert {request["verb"] for request in there.requests} == {"GET"}
        assert "Authorization" not in there.requests[0]["headers"]
        code, out, err = run(["doctor", "--url", there.url, "--api-key", KEY])
        assert (code, err, out.splitlines()[-1]) == (0, "", "All is well")
        assert KEY not in out + json.dumps(rows)


WRONG: list[tuple[dict[str, Any], str, str, str, int]] = [
    ({"current": {"status": 401, "json": {"msg": "Invalid user key"}}}, "key accepted", "fail", "Invalid user key", 3),
    ({"current": {"drop": True}}, "key accepted", "fail", "closed without an answer", 6),
    ({"current": {"status": 429, "text": "API requests too frequent"}}, "rate limits", "warn", "too frequent", 0),
    ({"current": {"json": {"id": "seven"}}}, "answers of show_user", "warn", "id", 0),
    ({"volumes": {"json": {"success": True, "disks": []}}}, "answers of show_volumes", "fail", 'has no "volumes"', 1),
    ({"volumes": {"text": "<html>"}}, "answers of show_volumes", "fail", "is not JSON", 1),
    ({"ssh": {"json": []}}, "ssh key", "warn", "the account has none", 0),
    ({"status": {"status": 403, "json": {"success": False, "msg": "no teams"}}}, "two-factor", "skip", "no teams", 0),
]


@pytest.mark.parametrize(("instead", "check", "state", "found", "code"), WRONG, ids=lambda each: str(each)[:30])
def test_what_is_wrong_with_a_service_is_found(
    instead: dict[str, Any], check: str, state: str, found: str, code: int
) -> None:
    with service(**instead) as there:
        row = checked(there)[check]
        assert (row["state"], found in row["found"]) == (state, True), row
    with service(**instead) as there:
        shown = run(["doctor", "--raw", "--url", there.url, "--api-key", KEY, "--retry", "0"])
        assert (shown[0], shown[2]) == (code, "")
        assert next(each for each in json.loads(shown[1]) if each["check"] == check)["state"] == state


@pytest.mark.parametrize(("hours", "state"), [(3, "fail"), (-3, "fail"), (0.02, "warn"), (0, "ok")])
def test_a_clock_that_is_wrong_is_found(hours: float, state: str) -> None:
    now = 1768478400.0
    edge = NoWait()
    edge.now = lambda: now  # type: ignore[method-assign]
    with service(now=now + hours * 3600) as there, VastAI(KEY, there.url, edge=edge) as client:
        row = next(row for row in client.doctor() if row["check"] == "clock")
    assert row["state"] == state, row


def test_too_many_requests_are_waited_for_and_told() -> None:
    busy = {"status": 429, "json": {}, "headers": {"Retry-After": "2"}}
    with service(current=[busy, ANSWERS["/api/v0/users/current"]]) as there:
        rows = checked(there)
    assert (rows["key accepted"]["state"], rows["rate limits"]["state"]) == ("ok", "warn")
    assert "1 of 8 requests came too soon" in rows["rate limits"]["found"]


def test_without_network_every_check_has_its_row(ssh_folder: Path) -> None:
    with service() as there:
        everything = set(checked(there))
        url = there.url
    with VastAI(KEY, url, edge=NoWait()) as client:
        rows = {row["check"]: row for row in client.doctor()}
    assert set(rows) == everything
    assert (rows["connection"]["state"], rows["connection"]["found"]) == ("fail", "connection refused")
    assert rows["programs"]["state"] in ("ok", "warn")
    assert {rows[name]["state"] for name in ("key accepted", "scopes", "clock", "answers", "ssh key")} == {"skip"}
    assert run(["doctor", "--url", url, "--api-key", KEY])[0] == 6
    assert run(["doctor", "--url", url])[0] == 3
    assert "vastai doctor" in run(["show", "user", "--url", url, "--api-key", KEY, "--retry", "0"])[2]
    assert run(["doctor", "--url", "nonsense", "--api-key", KEY])[0] == 6
    assert run(["doctor", "--url", "http://192.0.2.1", "--api-key", KEY, "--timeout", "0.2"])[0] in (1, 6)


def test_a_service_that_falls_silent_is_not_waited_for_long() -> None:
    """It is asked once more at most, whatever `retry` says, and after one silent command no other is tried."""
    with service(status={"hang": 20}) as there:
        rows = checked(there, timeout=0.2, retry=9)
        there.release.set()
        assert len([request for request in there.requests if request["path"].endswith("status/")]) == 2
    assert "no complete answer within 0.2 s" in rows["two-factor"]["found"]
    assert rows["ssh key"]["found"] == "the service does not answer"


def test_without_a_key_the_server_is_tried_all_the_same() -> None:
    with service() as there:
        rows = checked(there, key=None)
        assert ["Authorization" in request["headers"] for request in there.requests] == [False]
    assert rows["connection"]["state"] == "ok"
    assert (rows["key"]["state"], rows["key"]["error"], rows["answers"]["found"]) == (
        "fail", "auth_error", "there is no key",
    )  # fmt: skip


def test_a_proxy_that_is_not_there_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://user:secret@127.0.0.1:9")
    code, out, _ = run(["doctor", "--raw", "--url", "https://gpu.example", "--api-key", KEY])
    rows = {row["check"]: row for row in json.loads(out)}
    assert (code, rows["proxy"]["state"], "secret" in out) == (6, "warn", False)
    assert "http://****@127.0.0.1:9 is used" in rows["proxy"]["found"]
    assert "the proxy: connection refused" in rows["connection"]["found"]
    monkeypatch.setenv("NO_PROXY", "gpu.example")
    assert facts(Settings(server_url="https://gpu.example"))["no_proxy"] is True
    assert facts(Settings(server_url="https://other.example"))["no_proxy"] is False


def test_it_works_in_the_sandbox_and_meets_its_faults(tmp_path: Path) -> None:
    server = f"sandbox:{tmp_path}/box.db"
    code, out, err = run(["doctor", "--url", server])
    assert (code, err, "all is well" in out.lower() or "to look at" in out) == (0, "[sandbox]\n", True)
    words = shlex.split("sandbox fault add 'GET /users/current' --kind rename --field id --to uid")
    assert run([*words, "--url", server])[0] == 0
    rows = {row["check"]: row for row in json.loads(run(["doctor", "--url", server, "--raw"])[1])}
    assert rows["answers of show_user"]["state"] == "warn"
    assert "id" in rows["answers of show_user"]["found"]


def test_it_shows_what_it_would_send(capsys: pytest.CaptureFixture[str]) -> None:
    with service() as there:
        code, out, _ = run(["doctor", "--curl", "--url", there.url, "--api-key", KEY])
        assert (code, out.count("curl "), there.requests) == (0, 1, [])
        _, _, err = run(["doctor", "--explain", "--url", there.url, "--api-key", KEY])
        assert [line.split("?")[0].partition("/api/")[2] for line in err.splitlines()] == [
            request["path"].partition("/api/")[2] for request in there.requests
        ]


# ---------------------------------------------------------------- what it finds on this machine


def test_a_key_file_that_others_can_read_is_found(own_home: Path) -> None:
    folder = own_home / ".config" / "vastai"
    folder.mkdir(parents=True)
    (folder / "vast_api_key").write_text(KEY)
    (folder / "vast_api_key").chmod(0o644)
    (own_home / ".vast_api_key").write_text("older")
    (own_home / ".vast_api_key").chmod(0o600)
    with service() as there:
        code, out, _ = run(["doctor", "--raw", "--url", there.url])
    rows = {row["check"]: row for row in json.loads(out)}
    assert (code, rows["key file"]["fix"]) == (1, f"chmod 600 {folder}/vast_api_key")
    assert rows["old key file"]["fix"] == f"rm {own_home}/.vast_api_key"
    assert rows["key"]["found"] == f"found in {folder}/vast_api_key"
    assert KEY not in out


def test_the_facts_name_no_key(own_home: Path, ssh_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAST_API_KEY", KEY)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(own_home / "no.pem"))
    found = facts(Settings())
    assert KEY not in json.dumps(found)
    assert (found["key"], found["key_good"]) == ("VAST_API_KEY", True)
    assert found["bundle"] == ["REQUESTS_CA_BUNDLE", str(own_home / "no.pem"), False]
    assert [(each["path"], each["private"]) for each in found["public_keys"]] == [
        (str(ssh_folder / "id_ed25519.pub"), True)
    ]
    folder = own_home / ".config" / "vastai"
    folder.mkdir(parents=True)
    (folder / "vast_api_key").write_text(KEY + "\n")
    assert facts(Settings())["hidden_keys"] == []
    (folder / "vast_api_key").write_text("another")
    assert facts(Settings())["hidden_keys"] == [str(folder / "vast_api_key")]
    monkeypatch.setenv("VAST_API_KEY", KEY + "\x1b")
    assert facts(Settings())["key_good"] is False
    assert facts(Settings(server_url="http://192.0.2.1"))["unencrypted"] == "refused"
    monkeypatch.setenv("VASTAI_ALLOW_HTTP", "1")
    assert facts(Settings(server_url="http://192.0.2.1"))["unencrypted"] == "allowed"
    assert facts(Settings(server_url="http://127.0.0.1:9"))["unencrypted"] == ""


def test_a_fingerprint_is_that_of_ssh_keygen(ssh_folder: Path) -> None:
    argv = ["ssh-keygen", "-l", "-f", str(ssh_folder / "id_ed25519.pub")]
    shown = subprocess.run(argv, capture_output=True, text=True, env=os.environ, check=True).stdout
    assert shown.split()[1] == doctor.checks_there.fingerprint(PUBLIC)


def test_it_speaks_of_the_profile_in_use(own_home: Path) -> None:
    run(["profile", "add", "work", "sesame-4711", "--url", "http://127.0.0.1:9"])
    code, out, _ = run(["doctor", "--raw", "--profile", "work"])
    rows = {row["check"]: row for row in json.loads(out)}
    assert (code, rows["profile"]["found"], rows["server"]["found"]) == (6, "work (named here)", "http://127.0.0.1:9")
    assert rows["key"]["found"].endswith("profiles/work/vast_api_key")
