"""Profiles: which of several places says what holds, and the commands that keep, choose, list and remove them."""

from __future__ import annotations

import json
import os
import pickle
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from replay import ReplayServer
from terminals import Person
from test_architecture import FORBIDDEN
from test_cli_local import run

from vastai import UsageError, VastAI, profiles
from vastai.settings import RETRY, Settings

CASES = yaml.load(
    (Path(__file__).parent / "cases" / "precedence.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader
)  # fmt: skip


@pytest.fixture
def config(own_home: Path) -> Path:
    """The folder of configuration with the profiles of the cases."""
    folder = own_home / ".config" / "vastai"
    files = {
        "vast_api_key": "of-file\n",
        "profiles/work/vast_api_key": "of-work\n",
        "profiles/work/vast_tfa_key": "of-work-session",
        "profiles/work/settings": "# at work\n\nserver_url = http://work\ntimeout=30\n retry = 1\nparallel = 2",
        "profiles/home/vast_api_key": "of-home",
        "profiles/empty/settings": "",
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["what"]))
def test_what_is_said_first_holds(case: dict[str, Any], config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in case.get("variables", {}).items():
        monkeypatch.setenv(name, value)
    if "chosen" in case:
        (config / "profile").write_text(case["chosen"] + "\n")
    client = VastAI(**case.get("given", {}))
    found = client.settings
    have = {
        "key": client.api_key, "server": found.server_url, "timeout": found.timeout, "retry": found.retry,
        "parallel": found.parallel, "profile": found.profile,
    }  # fmt: skip
    expected = {name: case[name] for name in have if name in case}
    assert {name: have[name] for name in expected} == expected
    assert "of-" not in repr(client) + repr(found)
    again = pickle.loads(pickle.dumps(client))
    assert (again.api_key, again.settings.profile) == (client.api_key, found.profile)
    assert case.get("given", {}).get("api_key") or b"of-" not in pickle.dumps(client)


WRONG = [
    ("wrok", 'There is no profile wrok. Did you mean "work"?'),
    ("other", "There is no profile other. Make it: vastai profile add other"),
    ("../work", "is no name of a profile"),
    ("/etc", "is no name of a profile"),
    (".hidden", "is no name of a profile"),
    ("..", "is no name of a profile"),
    ("a" * 65, "is no name of a profile"),
    ("büro", "is no name of a profile"),
    ("a\nb", "is no name of a profile"),
    ("-x", "is no name of a profile"),
]


@pytest.mark.parametrize(("name", "says"), WRONG)
def test_a_profile_that_cannot_be_used_is_said_at_once(
    name: str, says: str, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError) as caught:
        VastAI(profile=name)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)
    monkeypatch.setenv("VASTAI_PROFILE", name)
    code, out, err = run(["show", "user"])
    assert (code, out, says in err) == (2, "", True)
    assert run(["profile", "list"])[0] == 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("timout = 3", "settings, line 1: 'timout' is no setting. Did you mean \"timeout\"?"),
        ("retry = 1\nnonsense", "line 2: 'nonsense' is no setting. Known are"),
        ("timeout = soon", "timeout of profile work: 'soon' is not a number of seconds"),
        ("retry = -1", "retry of profile work: '-1' is not a number of repeats"),
        ("retry = ", "VastAI"),
        ("parallel = 100", "parallel of profile work: '100' is not a number of requests at once"),
        ("\xff", "it is not UTF-8 text"),
    ],
)
def test_settings_that_cannot_be_used_are_said(text: str, says: str, config: Path) -> None:
    (config / "profiles/work/settings").write_bytes(text.encode("latin-1"))
    try:
        said = repr(VastAI(profile="work"))
    except UsageError as error:
        said = str(error)
    assert says in said


def test_a_call_uses_key_and_server_of_the_profile(config: Path) -> None:
    with ReplayServer([{"verb": "*", "path": "*", "responses": [{"json": {"id": 1}}]}]) as there:
        (config / "profiles/work/settings").write_text(f"server_url = {there.url}\n")
        with VastAI(profile="work") as client:
            client.show_user()
        assert run(["show", "user", "--profile", "work", "--raw"])[0] == 0
        assert run(["--profile=home", "show", "user", "--url", there.url])[0] == 0
        keys = [request["headers"]["Authorization"] for request in there.requests]
    assert keys == ["Bearer of-work", "Bearer of-work-session", "Bearer of-home"]


def test_without_a_key_the_error_names_the_profile(config: Path) -> None:
    code, _, err = run(["show", "user", "--profile", "empty", "--url", "http://127.0.0.1:9"])
    assert (code, "vastai set api-key --profile empty" in err) == (3, True)


def test_a_key_and_a_session_are_kept_in_the_profile_in_use(config: Path, own_home: Path) -> None:
    (own_home / ".vast_api_key").write_text("older")
    code, out, _ = run(["set", "api-key", "--profile", "home"], "new-key\n")
    assert (code, str(config / "profiles/home/vast_api_key") in out) == (0, True)
    assert (config / "profiles/home/vast_api_key").read_text() == "new-key\n"
    assert (config / "vast_api_key").read_text() == "of-file\n"
    assert (own_home / ".vast_api_key").exists()
    settings = Settings(profile="home", session_key=True)
    assert settings.session_file() == str(config / "profiles/home/vast_tfa_key")
    work = Settings(profile="work", session_key=True)
    assert work.forget_session()
    assert work.api_key() == "of-work"


def test_a_profile_is_added_listed_chosen_and_removed(own_home: Path) -> None:
    folder = own_home / ".config/vastai/profiles/work"
    os.umask(0)
    code, out, err = run(["profile", "add", "work", "-", "--url", "http://127.0.0.1:9", "--timeout", "30"], "sesame\n")
    assert (code, err, "vastai profile use work" in out) == (0, "", True)
    assert (folder / "settings").read_text() == "server_url = http://127.0.0.1:9\ntimeout = 30\n"
    assert (folder / "vast_api_key").read_text() == "sesame\n"
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, *sorted(folder.iterdir()))] == [0o700, 0o600, 0o600]
    assert run(["profile", "use", "work"])[0] == 0
    code, out, err = run(["profile", "list", "--raw"])
    first, second = json.loads(out)
    assert (first["name"], first["in_use"]) == ("default", False)
    assert (second["name"], second["in_use"], second["key"], second["why"]) == (
        "work", True, True, "chosen with vastai profile use",
    )  # fmt: skip
    assert "sesame" not in out + err + run(["profile", "list"])[1]
    assert run(["profile", "list", "-q"])[1] == "default\nwork\n"
    assert run(["profile", "remove", "work"], "n\n")[0] == 2
    assert folder.exists()
    assert run(["profile", "remove", "work"], "y\n")[0] == 0
    assert not folder.exists()
    assert not (own_home / ".config/vastai/profile").exists()
    assert VastAI().settings.profile == ""


REFUSED = [
    (["profile", "add", "work"], "There is a profile work already: vastai set api-key --profile work"),
    (["profile", "add", "default"], "There is a profile default already: vastai set api-key changes"),
    (["profile", "add", "a/b"], "is no name of a profile"),
    (["profile", "add", "new", "--timeout", "soon"], "--timeout: 'soon'"),
    (["profile", "add", "new", "--parallel", "0"], "parallel: '0'"),
    (["profile", "add", "new"], "there is no key"),
    (["profile", "add", "new", "two words"], "the key holds blanks"),
    (["profile", "use", "wrok"], 'Did you mean "work"?'),
    (["profile", "use", "../work"], "is no name of a profile"),
    (["profile", "remove", "wrok"], 'Did you mean "work"?'),
    (["profile", "remove", "default", "--yes"], "The default profile stays"),
    (["profile", "remove", "..", "--yes"], "is no name of a profile"),
    (["set", "api-key", "k", "--profile", "new"], "There is no profile new"),
]


@pytest.mark.parametrize(("argv", "says"), REFUSED, ids=lambda each: "_".join(each) if isinstance(each, list) else "")
def test_what_is_refused_changes_nothing(argv: list[str], says: str, config: Path) -> None:
    before = {path: path.read_bytes() for path in config.rglob("*") if path.is_file()}
    code, out, err = run(argv)
    assert (code, out, says in err) == (2, "", True), err
    assert {path: path.read_bytes() for path in config.rglob("*") if path.is_file()} == before
    assert not (config / "profiles/new").exists()


def test_a_profile_of_a_sandbox_needs_no_key(own_home: Path) -> None:
    assert run(["profile", "add", "play", "--url", "sandbox::memory:"])[0] == 0
    code, out, err = run(["show", "user", "--profile", "play", "--raw"])
    assert (code, json.loads(out)["id"] > 0, err) == (0, True, "[sandbox]\n")


def test_the_file_of_a_sandbox_is_found_from_everywhere(own_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(["profile", "add", "play", "--url", "sandbox:my.db"])[0] == 0
    assert VastAI(profile="play").settings.server_url == f"sandbox:{own_home}/my.db"


@pytest.mark.parametrize("blocked", ["profiles", "profiles/new"])
def test_a_profile_that_cannot_be_written_is_not_there(blocked: str, own_home: Path) -> None:
    folder = own_home / ".config/vastai"
    (folder / blocked).parent.mkdir(parents=True)
    (folder / blocked).write_text("a file where a folder should be")
    code, out, err = run(["profile", "add", "new"], "sesame-4711\n")
    assert (code, out, "The profile was not kept" in err) == (1, "", True)
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [blocked.rpartition("/")[2]]
    assert profiles.names(str(folder)) == ["default"]


def test_what_goes_before_a_choice_is_said(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAST_API_KEY", "mine")
    assert "VAST_API_KEY is set: its key goes before" in run(["profile", "use", "work"])[2]
    assert "VAST_API_KEY is set" in run(["profile", "list"])[2]
    assert run(["profile", "list", "--profile", "work"])[2] == ""
    monkeypatch.setenv("VASTAI_PROFILE", "home")
    assert "VASTAI_PROFILE is set: it goes before" in run(["profile", "use", "work"])[2]
    assert "VAST_API_KEY is set and is used instead" in run(["set", "api-key", "new-key"])[2]


def test_a_profile_that_was_chosen_and_is_gone_is_said(config: Path) -> None:
    (config / "profile").write_text("gone")
    code, _, err = run(["profile", "list"])
    assert (code, "The profile gone is not there" in err) == (0, True)
    assert run(["show", "user"])[0] == 2
    assert run(["profile", "use", "default"])[0] == 0
    assert VastAI().api_key == "of-file"


def test_files_beside_a_profile_are_not_lost(config: Path) -> None:
    (config / "profiles/work/notes").write_text("mine")
    code, _, err = run(["profile", "remove", "work", "--yes"])
    assert (code, "Not all of the profile was removed" in err) == (1, True)
    assert (config / "profiles/work/notes").read_text() == "mine"


def test_the_key_of_a_new_profile_is_typed_unseen(own_home: Path) -> None:
    person = Person("profile", "add", "work")
    person.wait_for("API key of work: ")
    person.type("sesame-open-4711\n")
    assert person.end() == 0
    assert "sesame" not in person.seen
    assert (own_home / ".config/vastai/profiles/work/vast_api_key").read_text() == "sesame-open-4711\n"


def test_the_standard_of_repeats_is_a_number_like_any_other() -> None:
    assert (RETRY, Settings(retry=0).retry, type(Settings().retry)) == (3, 0, int)
    assert profiles.settings("/no/such/folder") == {}


def test_a_profile_in_use_loads_no_parser(config: Path) -> None:
    """A client that has a profile is made as quickly as any other."""
    script = "import sys, vastai; vastai.VastAI(profile='work'); print(*sys.modules)"
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environ, check=True)
    assert FORBIDDEN & set(shown.stdout.split()) == set()


def test_a_session_is_opened_and_ended_in_its_profile(config: Path) -> None:
    ended = {"status": 404, "json": {"success": False, "msg": "Session expired. Please log in again."}}
    answers = [{"json": {"success": True, "session_key": "of-home-session"}}, ended, {"json": {"id": 7}}]
    with ReplayServer([{"verb": "*", "path": "*", "responses": answers}]) as there:
        code, _, err = run(["tfa", "login", "--code", "123456", "--profile", "home", "--url", there.url])
        session = config / "profiles/home/vast_tfa_key"
        assert (code, session.read_text(), str(session) in err) == (0, "of-home-session\n", True), err
        assert run(["show", "user", "--profile", "home", "--url", there.url])[0] == 0
        assert not session.exists()
        keys = [request["headers"]["Authorization"] for request in there.requests]
    assert keys == ["Bearer of-home", "Bearer of-home-session", "Bearer of-home"]
    assert (config / "profiles/work/vast_tfa_key").exists()
