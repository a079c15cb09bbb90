"""The hooks of the table: one case a line in cases/hooks.yaml, and what must hold for any input."""

from __future__ import annotations

import shlex
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vastai.client import table
from vastai.engine.steps import Ask, Run, UseKey
from vastai.errors import NotFound, UsageError, VastError
from vastai.hooks import places, registry
from vastai.hooks.flows import say
from vastai.table.model import Command

CASES = yaml.safe_load((Path(__file__).parent / "cases" / "hooks.yaml").read_text(encoding="utf-8"))
FILES = {"start.sh": "echo hi", "id.pub": "ssh-ed25519 BBBB\n", "secret.pub": "-----BEGIN RSA PRIVATE KEY-----"}


def read_file(path: str) -> str:
    try:
        return FILES[path]
    except KeyError:
        raise FileNotFoundError(2, "No such file") from None


def name_of(case: Any) -> str:
    return str(case)[:70] if isinstance(case, dict) else ""


def run_hook(kind: str, case: dict[str, Any], *args: Any) -> tuple[Any, list[str]]:
    """The result of a hook, and its remarks; its arguments are not changed."""
    notes: list[str] = []
    before = repr(args)
    passed_in = {"now": 1_000_000.0 if kind == "prepare" else 1000.0, "read_file": read_file, "notes": notes}
    result = registry.apply(registry.find(kind, case["hook"]), *args, passed_in=passed_in, **case.get("options", {}))
    assert repr(args) == before
    return result, notes


def check(case: dict[str, Any], result: Any, notes: list[str]) -> None:
    if "result" in case and isinstance(result, dict):
        assert {key: result[key] for key in case["result"]} == case["result"]
    elif "result" in case:
        assert result == case["result"]
    for key, inner in case.get("contains", {}).items():
        assert inner in result[key]
    assert len(notes) == case.get("notes", 0)


@pytest.mark.parametrize("case", CASES["value"], ids=name_of)
def test_a_value_hook(case: dict[str, Any]) -> None:
    changed("value", case)


@pytest.mark.parametrize("case", CASES["type"], ids=name_of)
def test_a_rich_type(case: dict[str, Any]) -> None:
    changed("type", case)


def changed(kind: str, case: dict[str, Any]) -> None:
    """Run a hook that turns one value into another, and compare."""
    args = case["value"], case.get("values", {})
    if "error" in case:
        with pytest.raises((ValueError, NotFound), match=case["error"]):
            run_hook(kind, case, *args)
    else:
        result, notes = run_hook(kind, case, *args)
        if isinstance(result, dict) and "result" in case:
            assert result == case["result"]
        check(case, result, notes)


@pytest.mark.parametrize("case", CASES["prepare"], ids=name_of)
def test_a_prepare_hook(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(ValueError, match=case["error"]):
            run_hook("prepare", case, case["values"])
    else:
        check(case, *run_hook("prepare", case, case["values"]))


@pytest.mark.parametrize("case", CASES["places"], ids=name_of)
def test_a_place_of_a_copy(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(UsageError, match=case["error"]):
            places.place(case["text"])
    else:
        assert places.place(case["text"]) == tuple(case["place"])


@pytest.mark.parametrize("case", CASES["copies"], ids=name_of)
def test_what_may_be_copied(case: dict[str, Any]) -> None:
    ends = places.place(case["src"]), places.place(case["dst"])
    if "error" in case:
        with pytest.raises(UsageError, match=case["error"]):
            places.check_copy(*ends)
    else:
        places.check_copy(*ends)


@pytest.mark.parametrize("case", CASES["addresses"], ids=name_of)
def test_the_ssh_address_of_an_instance(case: dict[str, Any]) -> None:
    if "error" in case:
        with pytest.raises(VastError, match=case["error"]):
            places.ssh_address(case["instance"])
    else:
        assert places.ssh_address(case["instance"]).url("ssh") == case["url"]


# ---------------------------------------------------------------- for any input


words = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(lambda name: name != "PORTAL_CONFIG")


@given(st.dictionaries(names, words, max_size=5))
def test_any_environment_survives_as_text(env: dict[str, str]) -> None:
    text = " ".join(f"-e {shlex.quote(f'{name}={value}')}" for name, value in env.items())
    assert run_hook("type", {"hook": "env"}, text, {})[0] == env


@given(words)
def test_any_env_text_is_read_or_refused(text: str) -> None:
    try:
        env, _ = run_hook("type", {"hook": "env"}, text, {})
    except ValueError:
        return
    assert len(env) <= len(shlex.split(text))
    assert bool(env) == bool(text.strip())


SWITCHES = ("ssh", "jupyter", "direct", "jupyter_lab")


@given(st.dictionaries(st.sampled_from(SWITCHES), st.booleans()), st.none() | st.lists(words, max_size=2))
def test_any_launch_is_one_mode_or_refused(switches: dict[str, bool], args: list[str] | None) -> None:
    try:
        values, _ = run_hook("prepare", {"hook": "launch_mode"}, {**switches, "args": args})
    except ValueError:
        assert switches.get("direct") or args is not None
        return
    mode = values.get("runtype", "")
    jupyter = bool(switches.get("jupyter") or switches.get("jupyter_lab"))
    assert ("jupyter" in mode) == jupyter
    assert ("direc" in mode) == bool(switches.get("direct"))
    assert ("ssh" in mode) == (jupyter or bool(switches.get("ssh")))
    assert (mode == "args") == (args is not None)


@given(words)
def test_any_place_is_read_or_refused(text: str) -> None:
    try:
        place = places.place(text)
    except UsageError as error:
        assert "\n" not in str(error)
        return
    assert place.path
    assert place.id is None or text.strip().startswith(place.id)


@given(st.one_of(words, st.integers(), st.none()), st.one_of(words, st.integers(), st.none(), st.booleans()))
def test_no_address_reaches_a_program_unchecked(host: Any, port: Any) -> None:
    try:
        address = places.checked_address(host, port)
    except VastError:
        return
    assert address.host[0].isalnum() and not set(address.host) & set(" \t\n;|&$`'\"\\/@%")
    assert 1 <= address.port <= 65535


@given(words, st.sampled_from(["7", "C.7", "V.7"]), words)
def test_rsync_gets_each_path_as_one_argument_behind_the_options(path: str, place: str, identity: str) -> None:
    here, there = places.Place("local", path), places.Place(place, "/workspace/")
    argv = places.rsync_arguments(here, there, places.Address("203.0.113.7", 40022), identity)
    assert argv[argv.index("--") + 1 :][1].endswith(f"::{place}//workspace/")
    local = argv[-2]
    assert local.removeprefix("./") == path.removeprefix("./")
    assert ":" not in local or local.startswith(("/", "."))  # else rsync reads a host
    shell = shlex.split(argv[argv.index("-e") + 1])
    assert shell[5:] == (["-i", identity] if identity else [])


# ---------------------------------------------------------------- flows, walked through by hand


def walk(name: str, values: dict[str, Any], *answers: Any) -> tuple[list[Any], Any]:
    """The steps of a flow that gets these answers, and its result or error."""
    flow: Generator[Any, Any, Any] = registry.find("flow", name)(say, values)
    steps: list[Any] = []
    try:
        steps.append(next(flow))
        for answer in answers:
            steps.append(flow.throw(answer) if isinstance(answer, Exception) else flow.send(answer))
    except StopIteration as done:
        return steps, done.value
    except VastError as error:
        return steps, error
    return steps, None


def test_all_pages_of_benchmarks_end_also_when_a_token_comes_again() -> None:
    values = {"query": {}, "all_pages": True, "limit": 1}
    pages = [{"benchmarks": [{"id": 1}], "next_token": "t"}, {"benchmarks": None, "next_token": "t"}]
    steps, result = walk("search_benchmarks", values, *pages)
    assert [step[1]["params"].get("after_token") for step in steps] == [None, "t"]
    assert result == [{"id": 1}]


VOLUME = {"id": None, "name": "data", "size": 50, "machine_id": None}
OFFER = {"id": 5501, "machine_id": 7, "storage_cost": 0.1, "geolocation": "Oslo, NO", "cpu_ghz": 3}


def test_a_volume_by_name_is_asked_about_and_names_its_offer() -> None:
    steps, result = walk("create_volume", VOLUME, [OFFER], True, {"success": True})
    assert isinstance(steps[1], Ask) and "machine 7" in steps[1].question and "5.00 $" in steps[1].question
    assert steps[2] == ("rent_volume", {"id": 5501, "size": 50, "name": "data"})
    assert result["offer"]["id"] == 5501


def test_a_refused_question_rents_nothing() -> None:
    steps, result = walk("create_volume", VOLUME, [OFFER], UsageError("no"))
    assert len(steps) == 2 and isinstance(result, UsageError)


def test_no_volume_offer_fits() -> None:
    assert isinstance(walk("create_volume", VOLUME, [])[1], NotFound)


def test_a_volume_of_a_named_offer_is_rented_at_once() -> None:
    steps, _ = walk("create_volume", {**VOLUME, "id": 9}, {"success": True})
    assert steps == [("rent_volume", {"id": 9, "size": 50, "name": "data"})]


COPY = {"identity": None, "run": True, "exclude": None, "dry_run": False}


def test_a_copy_between_instances_is_only_asked_for() -> None:
    steps, result = walk("copy", {**COPY, "src": "1:/a", "dst": "2:/b"}, {"success": True})
    assert [step[0] for step in steps] == ["queue_copy"]
    assert result == {"success": True}


def test_an_unchecked_address_runs_nothing() -> None:
    answer = {"success": True, "dst_addr": "-oProxyCommand=sh", "dst_port": 22}
    steps, result = walk("copy", {**COPY, "src": "a", "dst": "2:/b"}, answer)
    assert not any(isinstance(step, Run) for step in steps) and result.code == "bad_address"


def test_a_download_runs_rsync_from_there() -> None:
    answer = {"success": True, "src_addr": "203.0.113.7", "src_port": 22}
    steps, result = walk("copy", {**COPY, "src": "1:/a", "dst": "b"}, answer, 0)
    assert steps[1].argv[-2:] == ["vastai_kaalia@203.0.113.7::1//a", "b"]
    assert shlex.split(result["command"]) == steps[1].argv


def test_a_copy_that_is_only_shown_runs_nothing() -> None:
    answer = {"success": True, "src_addr": "203.0.113.7", "src_port": 22}
    steps, result = walk("copy", {**COPY, "run": False, "src": "1:/a", "dst": "b"}, answer)
    assert len(steps) == 1 and result["command"].startswith("rsync ")


def test_a_wrong_team_is_refused() -> None:
    steps, result = walk("check_team", {"id": 12}, {"id": 4, "key_id": 3}, [{"id": 3, "team_id": 11}])
    assert [step[0] for step in steps] == ["show_user", "show_api_keys"] and result.code == "other_team"


@pytest.mark.parametrize("user", [{"id": 12}, {"id": 4, "team_id": 12}, {"id": 4, "key_id": 3}])
def test_the_team_of_the_key_is_found(user: dict[str, Any]) -> None:
    keys = [[{"id": 3, "team_id": 12}]] if "key_id" in user else []
    assert walk("check_team", {"id": "12"}, user, *keys)[1]["success"] is True


def test_a_team_is_selected_by_its_key_once_that_is_confirmed() -> None:
    steps, result = walk("select_team", {"id": 12, "api_key": "k-team"}, "k-before", {"success": True})
    assert steps == [UseKey("k-team"), ("check_team", {"id": 12})]
    assert result["success"] is True and "k-team" not in str(result)


def test_a_key_of_another_team_is_not_kept() -> None:
    steps, result = walk("select_team", {"id": 12, "api_key": "k-team"}, "k-before", UsageError("other"), None)
    assert steps[-1] == UseKey("k-before") and isinstance(result, UsageError)


def test_each_team_is_listed_once() -> None:
    keys = [{"id": 1, "team_id": None}, {"id": 2, "team_id": 5, "team_name": "a"}, {"id": 3, "team_id": 5}]
    assert [row["id"] for row in walk("show_teams", {}, keys)[1]] == [5]


# ---------------------------------------------------------------- the hooks and the table


def hooks_of(command: Command) -> set[tuple[str, str]]:
    used = {("flow", command.flow)} if command.flow else set()
    used |= {("prepare", name) for name, _ in command.prepare}
    used |= {(kind, name) for parameter in command.params.values() for kind, name, _ in parameter.transforms}
    used |= {("value", name) for name, _ in command.returns.then}
    return used | ({("view", command.output.view)} if command.output.view else set())


@pytest.mark.parametrize("kind", registry.MODULES)
def test_every_hook_is_used_by_the_table_and_shows_an_example(kind: str) -> None:
    used = set().union(*(hooks_of(command) for command in table()))
    for name in registry.names(kind):
        assert (kind, name) in used
        assert ">>> " in (registry.find(kind, name).__doc__ or "")
