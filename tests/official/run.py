"""Uses the official client on a served sandbox, as steps.yaml says, and prints what failed.

    tests/official/run [STORY ...]

The first argument of this module is the Python of an environment with the official client, which is reached as its
users reach it: by command lines and by its class. Nothing of ours is in that environment, and no address but those of
this machine is open there.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import yaml

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from sandbox_story import assert_holds  # noqa: E402

from vastai.sandbox import totp  # noqa: E402

SECONDS = 60
FAILURE = re.compile(r"Failed with error|^Ended by |\"error\": true|^Error|usage: vastai", re.MULTILINE)
STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
KINDS = ("cli", "raw", "both", "sdk")  # what makes a step one of the official client

Row = dict[str, Any]


class Peer:
    """The official client in an environment of its own, with one key, on one sandbox."""

    def __init__(self, python: str, url: str, home: Path, key: str) -> None:
        environ = {
            "PATH": f"{Path(python).parent}:{os.environ['PATH']}", "HOME": str(home), "VAST_URL": url,
            "VAST_API_KEY": key, "SERVER": named(url), "COLUMNS": "250", "TERM": "dumb", "LANG": "C.UTF-8",
            "PYTHONPATH": str(HERE / "peer"), "TRIED": str(home / "tried"),
        }  # fmt: skip
        self._process = subprocess.Popen(
            [python, str(HERE / "peer" / "worker.py")],
            cwd=home, env=environ, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def ask(self, **request: Any) -> Row:
        """The worker's answer to one request."""
        assert self._process.stdin and self._process.stdout
        print(json.dumps(request), file=self._process.stdin, flush=True)
        answer: Row = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """End the worker."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(SECONDS)


@contextmanager
def served() -> Iterator[str]:
    """The address of a new sandbox, served by our own command."""
    command = [sys.executable, "-m", "vastai", "sandbox", "serve", "--port", "0", "--state", ":memory:"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found, "the sandbox did not name its address"
        yield found[0]
    finally:
        process.terminate()
        process.wait(SECONDS)


class Story:
    """Takes the steps of one story, with a key of its own; see steps.yaml for what a step may say."""

    def __init__(self, python: str, url: str, home: Path, key: str) -> None:
        self.python, self.url, self.home = python, url, home
        self.peer = Peer(python, url, home, key)
        self.kept: Row = {"url": named(url), "key": key}

    def take(self, step: Row) -> None:
        """Take one step.

        Raises:
            AssertionError: it did not do what it has to.
        """
        for name, text in step.get("files", {}).items():
            (self.home / name).write_text(text)
        if "later" in step:
            self._control("advance", {"seconds": step["later"]})
        if "message" in step:
            messages = self._control("messages")["messages"]
            self.kept.update({name: _at(messages[0], place) for name, place in step["message"].items()})
        if "key" in step:
            self.peer.close()
            self.kept["key"] = self._control("keys", {"email": self.filled(step["key"])})["key"]
            self.peer = Peer(self.python, self.url, self.home, self.kept["key"])
        for name, secret in step.get("totp", {}).items():
            self.kept[name] = totp.code(self.kept[secret], self._control("status")["now"])
        if "both" in step:
            self._command({**step, "cli": step["both"]})
            self._command({**step, "raw": step["both"]})
        elif "cli" in step or "raw" in step:
            self._command(step)
        elif "sdk" in step:
            self._method(step)
        elif "do" in step:
            verb, path = self.filled(step["do"]).split(" ")
            self._hold(self._send(verb, f"/api/v0{path}", self.filled(step.get("body"))), step, step["do"])

    def _command(self, step: Row) -> None:
        raw = "raw" in step
        line = self.filled(step["raw"] if raw else step["cli"])
        done = self.peer.ask(argv=shlex.split(line) + ["--raw"] * raw, stdin=step.get("stdin", ""))
        out, err = (STYLE.sub("", done[name]) for name in ("out", "err"))
        shown = f"vastai {line}: exit {done['code']}\n{out[-800:]}\n{err[-800:]}".strip()
        if "fails" in step:
            assert re.search(step["fails"], out + err), f"it does not fail with {step['fails']!r}: {shown}"
            return
        assert done["code"] == 0 and not FAILURE.search(out + err), shown
        if not raw:
            for words in _list(step.get("says", [])):
                assert re.search(self.filled(words), out + err), f"not said: {words!r}: {shown}"
            return
        try:
            result = json.loads(out)
        except ValueError:
            raise AssertionError(f"no JSON: {shown}") from None
        self._hold(result, step, f"vastai {line} --raw")

    def _method(self, step: Row) -> None:
        args, kwargs = self.filled(step.get("args", [])), self.filled(step.get("kwargs", {}))
        done = self.peer.ask(method=step["sdk"], args=args, kwargs=kwargs)
        shown = f"{step['sdk']}(*{args}, **{kwargs})"
        if "fails" in step:
            found = str(done.get("raised", done))
            assert re.search(step["fails"], found), f"{shown} does not fail with {step['fails']!r}: {found:.800}"
            return
        assert "raised" not in done, f"{shown} raised {done['raised']}"
        self._hold(done["result"], step, shown)

    def _hold(self, result: Any, step: Row, where: str) -> None:
        """Hold a result against what the step says, and keep what it says."""
        assert not (isinstance(result, dict) and result.get("success") is False), f"{where}: {result}"
        if "rows" in step:
            count = len(result) if isinstance(result, list) else -1
            assert count >= step["rows"], f"{where}: {count} rows: {result!r:.400}"
        if "has" in step:
            assert_holds(result, self.filled(step["has"]), where)
        for name, place in step.get("keep", {}).items():
            self.kept[name] = _at(result, place)

    def _control(self, name: str, body: Row | None = None) -> Row:
        """The answer of the sandbox's own routes."""
        return self._send("GET" if body is None else "POST", f"/__sandbox__/{name}", body)

    def _send(self, verb: str, path: str, body: Row | None) -> Row:
        """The answer to a request that is no command's."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.kept['key']}"}
        with urlopen(Request(self.url + path, data, headers, method=verb), timeout=SECONDS) as reply:
            answer: Row = json.load(reply)
            return answer

    def filled(self, value: Any) -> Any:
        """A value with ``{name}`` replaced by what was kept; a text that is nothing else becomes the kept value."""
        if isinstance(value, dict):
            return {key: self.filled(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        if not isinstance(value, str):
            return value
        alone = re.fullmatch(r"\{(\w+)\}", value)
        if alone and alone[1] in self.kept:
            return self.kept[alone[1]]
        return re.sub(r"\{(\w+)\}", lambda found: str(self.kept.get(found[1], found[0])), value)


def main(python: str, *wanted: str) -> int:
    """Take all stories, or those that are named. Returns the exit code."""
    started = time.monotonic()
    document = yaml.safe_load((HERE / "steps.yaml").read_text())
    stories = {name: steps for name, steps in document["stories"].items() if not wanted or name in wanted}
    faults: list[str] = []
    methods: list[str] = []
    taken = known = 0
    with tempfile.TemporaryDirectory() as work, served() as url:
        for number, (name, steps) in enumerate(stories.items()):
            home = Path(work, str(number))
            home.mkdir()
            story = Story(python, url, home, f"official-{number}")
            methods = story.peer.ask()["result"]
            for step in steps:
                taken += any(kind in step for kind in KINDS)
                known += "peer" in step
                try:
                    story.take(step)
                except (AssertionError, KeyError, IndexError, TypeError) as error:
                    faults.append(f"{name}: {type(error).__name__}: {error}")
            story.peer.close()
            tried = (home / "tried").read_text().split() if (home / "tried").exists() else []
            faults += [f"{name}: went to {host}" for host in sorted(set(tried) - set(document["goes_to"]))]
    faults += [] if wanted else untried(document, methods)
    for fault in faults:
        print(f"FAILED {fault}\n")
    seconds = time.monotonic() - started
    print(f"official client: {taken} steps, {len(faults)} failed, {known} known faults of its own; {seconds:.0f} s")
    return 1 if faults else 0


def named(url: str) -> str:
    """The same sandbox under another address: where VAST_URL and the server are the same, the official client takes
    its serverless requests to run.vast.ai all the same."""
    return url.replace("127.0.0.1", "localhost")


def untried(document: Row, methods: list[str]) -> list[str]:
    """The methods and command lines of the official client that no step uses and no line leaves out."""
    steps = [step for each in document["stories"].values() for step in each]
    lines = [step[kind] for step in steps for kind in ("cli", "raw", "both") if kind in step]
    tree = json.loads((HERE.parent / "cases" / "cli_tree.json").read_text())
    names = sorted(tree["commands"])
    tried = {max(found, key=len) for line in lines if (found := [n for n in names if f"{line} ".startswith(f"{n} ")])}
    commands = [name for name in names if name not in tried]
    used = {step["sdk"] for step in steps if "sdk" in step}
    missing = [f"method {name}" for name in methods if name not in used] + [f"command {name}" for name in commands]
    left = document["left_out"]
    return [f"no step uses the {name}" for name in missing if name not in left] + [
        f"left_out names the {name}, which a step uses" for name in left if name not in missing
    ]


def _list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def _at(value: Any, place: str | int) -> Any:
    for part in str(place).split(".") if place != "" else []:
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
