"""Completion: what is offered where, in real shells too, and that nothing ever goes wrong aloud."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from shell_kit import Shell

from vastai.cli import complete
from vastai.cli.complete import rows
from vastai.client import VastAI
from vastai.hooks import known_values, query_fields
from vastai.sandbox import catalogue

ROOT = Path(__file__).parent.parent
CASES = yaml.safe_load((ROOT / "tests/cases/completion.yaml").read_text(encoding="utf-8"))["cases"]
BREAKS = " \t\n\"'><=;|&(:"  # bash's own


def offered(line: str, breaks: str = BREAKS) -> list[str]:
    """The answer for bash: how to go on, then the candidates."""
    return complete.answer("bash", [breaks, line], os.environ).splitlines()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["line"])
def test_what_is_offered(case: dict[str, Any]) -> None:
    then, *found = offered(case["line"], case.get("breaks", BREAKS))
    assert then == case.get("then", then if not found else "words")
    assert sorted(found) == sorted(case.get("is", found))
    assert set(case.get("has", [])) - set(found) == set()
    assert set(case.get("lacks", [])) & set(found) == set()


def test_other_shells_are_told_what_candidates_mean() -> None:
    assert "words\nshow\t" in complete.answer("zsh", ["sho"], {})
    assert "gpu_ram\tfloat, GB per GPU\n" in complete.answer("zsh", ["search", "offers", "gpu_"], {})
    assert complete.answer("fish", ["search", "offers", "'gpu_name=RTX_509"], {}) == "words\ngpu_name=RTX_5090\n"


def test_commands_of_the_user_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = tmp_path / "own.yaml"
    entry = "{summary: Show it, group: own, http: GET /own/, params: {zoo: {type: str, help: Zoo}}, source: S, "
    entry += "returns: {schema: ack}, examples: [{cli: vastai show zebras, python: client.show_zebras()}]}"
    own.write_text(f"version: 1\ncommands:\n  show_zebras: {entry}\n", encoding="utf-8")
    code = "import os; from vastai.cli import complete; print(complete.answer('zsh', ['show', 'zeb'], os.environ)); "
    code += "print(complete.answer('zsh', ['show', 'zebras', '--z'], os.environ))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment(VASTAI_COMMANDS=own)
    )
    assert done.stdout.split("\n\n")[:2] == ["words\nzebras\tShow it", "words\n--zoo\tZoo"]


def test_the_models_of_the_sandbox_are_known() -> None:
    assert {gpu.name.replace(" ", "_") for gpu in catalogue.GPUS} - set(known_values.GPU_MODELS) == set()
    assert len(set(known_values.GPU_MODELS)) == len(known_values.GPU_MODELS)
    fields = {name for kind in query_fields.KINDS.values() for name in kind.fields}
    assert set(known_values.VALUES) - fields == set()


# ---------------------------------------------------------------- nothing is said


def environment(**more: object) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), **{name: str(value) for name, value in more.items()}}


@pytest.mark.parametrize(
    "argv",
    [
        [],
        ["bash"],
        ["bash", " "],
        ["zsh"],
        ["tcsh", ""],
        ["bash", " ", "vastai show \\"],
        ["zsh", "--url", "x", "--", "\udcff"],
    ],
)
def test_whatever_goes_wrong_nothing_is_said(argv: list[str]) -> None:
    command = [sys.executable, "-m", "vastai", "__complete", *argv]
    done = subprocess.run(command, capture_output=True, env=environment(), check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_broken_table_is_no_reason_to_say_anything(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("version: 1\ncommands: {zebra", encoding="utf-8")
    command = [sys.executable, "-m", "vastai", "__complete", "zsh", "sho"]
    done = subprocess.run(command, capture_output=True, env=environment(VASTAI_COMMANDS=own), check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_shell_that_has_gone_is_no_reason_either() -> None:
    command = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "vastai", "__complete", "zsh", "sho"]
    done = subprocess.run(command, capture_output=True, env=environment(), check=False)
    assert (done.returncode, done.stderr) == (0, b"")


# ---------------------------------------------------------------- what only the service knows


@pytest.fixture
def rented(tmp_path: Path) -> Iterator[tuple[str, VastAI]]:
    """A sandbox with two instances: its address, and a client."""
    url = f"sandbox:{tmp_path}/world.db"
    with VastAI(server_url=url) as client:
        for label in ("one", "two\x1b[31m"):
            offer = client.search_offers(limit=1)[0]["id"]
            client.create_instance(offer, image="pytorch/pytorch", disk=10, label=label)
        yield url, client


def test_ids_come_from_a_cache_that_is_the_owners(rented: tuple[str, VastAI], own_home: Path) -> None:
    url, client = rented
    ids = [str(row["id"]) for row in client.show_instances()]
    path = Path(rows.cache_path("show_instances.id", client, os.environ))
    rows.fetch("show_instances.id", client, str(path))
    assert path.parent == own_home / ".cache" / "vastai"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(path.parent.iterdir()) == [path]
    for line in (
        f"vastai --url {url} show instance ",
        f"vastai destroy instance --url={url} ",
        f"vastai logs --url {url} ",
    ):
        assert sorted(offered(line)[1:]) == sorted(ids)
    first, second = ids
    assert offered(f"vastai --url {url} stop instance {first} ")[1:] == [second], "it is there already"
    assert offered(f"vastai --url {url} stop instance {first},{second[:-1]}")[1:] == [f"{first},{second}"]
    meanings = complete.answer("zsh", ["--url", url, "show", "instance", ""], os.environ)
    assert f"{first}\tone\n" in meanings
    assert "\x1b" not in meanings


def test_each_server_and_key_has_its_own_answers_and_no_key_is_kept(rented: tuple[str, VastAI]) -> None:
    url, _ = rented
    paths = set()
    for key in (None, "secret-key-one", "secret-key-two"):
        for server in (url, "http://127.0.0.1:9"):
            paths.add(rows.cache_path("show_instances.id", VastAI(key, server), {"HOME": "/h"}))
    assert len(paths) == 6
    assert not any("secret" in path for path in paths)


def test_an_old_answer_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "answer"
    path.write_text("7")
    assert rows._fresh(str(path)) == "7"
    moment = path.stat().st_mtime
    for age in (rows.FRESH + 1, -60):
        os.utime(path, (moment - age, moment - age))
        assert rows._fresh(str(path)) is None
    assert rows._fresh(str(tmp_path / "none")) is None


def test_tab_makes_no_sandbox(tmp_path: Path) -> None:
    assert asked(60, VAST_URL=f"sandbox:{tmp_path}/world.db") == "words\n"
    assert asked(60, VAST_URL="sandbox", XDG_STATE_HOME=str(tmp_path)) == "words\n"
    assert list(tmp_path.iterdir()) == []


def test_without_a_key_nothing_is_asked() -> None:
    assert offered("vastai --url http://127.0.0.1:9 show instance ") == ["words"]


# In a process of its own, as at TAB: it makes another one, which asks. What it may wait is set before.
ASKING = """
import os, sys
from vastai.cli import complete
from vastai.cli.complete import rows
rows.WAIT = float(sys.argv[1])
print(complete.answer("zsh", ["show", "instance", ""], os.environ), end="")
"""


def asked(seconds: float, **environ: str) -> str:
    command = [sys.executable, "-c", ASKING, str(seconds)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(**environ), check=True, timeout=60)
    assert done.stderr == ""
    return done.stdout


def test_another_process_asks_and_is_waited_for(rented: tuple[str, VastAI]) -> None:
    url, client = rented
    answer = asked(60, VAST_URL=url)
    assert sorted(line.split("\t")[0] for line in answer.splitlines()[1:]) == sorted(
        str(row["id"]) for row in client.show_instances()
    )


def test_a_service_that_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert asked(0.05, VAST_URL=url, VAST_API_KEY="k") == "words\n"


def test_a_service_that_refuses_is_no_reason_to_say_anything(tmp_path: Path) -> None:
    assert asked(60, VAST_URL="http://127.0.0.1:9", VAST_API_KEY="k") == "words\n"
    (tmp_path / "cache").write_text("a file where the folder should be")
    assert asked(60, VAST_URL="sandbox::memory:", XDG_CACHE_HOME=str(tmp_path / "cache")) == "words\n"


# ---------------------------------------------------------------- real shells


@pytest.fixture(scope="module")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a shell that finds a program `vastai`, in a home with some files."""
    folder = tmp_path_factory.mktemp("shell")
    (folder / "bin").mkdir()
    program = folder / "bin" / "vastai"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vastai "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    for name in ("start script.sh", "other.txt"):
        (folder / name).write_text("", encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("VAST", "XDG_"))}
    path = f"{folder}/bin:{os.environ['PATH']}"
    return {**kept, "HOME": str(folder), "PATH": path, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="module")
def bash(environ: Mapping[str, str]) -> Iterator[Shell]:
    with Shell("bash", environ, Path(environ["HOME"])) as shell:
        yield shell


@pytest.fixture(scope="module")
def zsh(environ: Mapping[str, str]) -> Iterator[Shell]:
    with Shell("zsh", environ, Path(environ["HOME"])) as shell:
        yield shell


KEYS = {
    "vastai sho\t": "vastai show ",
    "vastai show inst\t": "vastai show instance",
    "vastai zebra \t": "vastai zebra ",
    "X=1 vastai log\t": "X=1 vastai logs ",
    "echo hi; vastai logs 7 --ta\t": "echo hi; vastai logs 7 --tail ",
    "vastai show user | vastai comple\t": "vastai show user | vastai completion ",
    "bin/vastai sandbox fa\t": "bin/vastai sandbox fault ",
    "vastai search offers gpu_na\t": "vastai search offers gpu_name=",
    "vastai search offers 'num_gpus>=4 gpu_na\t": "vastai search offers 'num_gpus>=4 gpu_name=",
    "vastai search offers gpu_name=RTX_509\t": "vastai search offers gpu_name=RTX_5090 ",
    "vastai search offers 'gpu_name=RTX_509\t": "vastai search offers 'gpu_name=RTX_5090' ",
    'vastai search offers "num_gpus>=4 gpu_name=RTX_509\t': 'vastai search offers "num_gpus>=4 gpu_name=RTX_5090" ',
    "vastai search offers num_g\t": "vastai search offers num_gpus",
    "vastai search offers --type in\t": "vastai search offers --type interruptible ",
    "vastai search offers --type=in\t": "vastai search offers --type=interruptible ",
    "vastai --url sandbox::\t": "vastai --url sandbox::memory: ",
    "vastai search offers 'geolocation in [SE,DE\t": "vastai search offers 'geolocation in [SE,DE",
    "vastai create instance 7 --onstart-file st\t": "vastai create instance 7 --onstart-file start\\ script.sh ",
    "vastai create instance 7 --onstart-file=st\t": "vastai create instance 7 --onstart-file=start\\ script.sh ",
    "vastai create instance 7 --onstart-file 'start s\t": "vastai create instance 7 --onstart-file 'start script.sh' ",
    "vastai sandbox seed oth\t": "vastai sandbox seed other.txt ",
}
ONLY_BASH = {
    "vastai completion \x1b*": "vastai completion bash fish zsh ",  # Alt-* puts all of them in
}


@pytest.mark.parametrize("keys", {**KEYS, **ONLY_BASH})
def test_keys_in_a_real_bash(keys: str, bash: Shell) -> None:
    assert bash.line_after(keys) == {**KEYS, **ONLY_BASH}[keys]
    assert "rror" not in bash.screen


@pytest.mark.shells
@pytest.mark.parametrize("keys", KEYS)
def test_keys_in_a_real_zsh(keys: str, zsh: Shell) -> None:
    assert zsh.line_after(keys) == KEYS[keys]
    assert "rror" not in zsh.screen


IN_FISH = {
    "vastai sho": ["show"],
    "vastai zebra ": [],
    "vastai show user | vastai logs 7 --ta": ["--tail"],
    "vastai search offers gpu_name=RTX_509": ["gpu_name=RTX_5090"],
    "vastai search offers 'num_gpus>=4 gpu_name=RTX_509": ["num_gpus>=4 gpu_name=RTX_5090"],
    "vastai search offers --type=b": ["--type=bid"],
    "vastai --url sandbox::": ["sandbox::memory:"],
    "vastai create instance 7 --onstart-file st": ["start script.sh"],
    "vastai create instance 7 --onstart-file=st": ["--onstart-file=start script.sh"],
}


@pytest.mark.shells
@pytest.mark.parametrize("line", IN_FISH)
def test_lines_in_a_real_fish(line: str, environ: Mapping[str, str]) -> None:
    command = ["fish", "--no-config", "-c", 'vastai completion fish | source; complete -C "$argv[1]"', line]
    done = subprocess.run(command, cwd=environ["HOME"], capture_output=True, text=True, env=environ, check=True)
    assert [row.split("\t")[0] for row in done.stdout.splitlines()] == IN_FISH[line]
    assert done.stderr == ""


@pytest.mark.parametrize(
    "shell", ["bash", pytest.param("zsh", marks=pytest.mark.shells), pytest.param("fish", marks=pytest.mark.shells)]
)
def test_a_script_is_good_shell(shell: str) -> None:
    script = ROOT / "vastai" / "cli" / "complete" / f"vastai.{shell}"
    assert shutil.which(shell)
    done = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
