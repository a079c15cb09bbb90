"""Results in every form, and again and again: documents that programs read back, orders of rows, and --watch."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cli import RUNS, Stream

from vastai import VastAI
from vastai.cli import flags, formats, local, main, options, sorting
from vastai.cli.terminal import Terminal
from vastai.client import table as whole_table
from vastai.errors import APIError, ConnectionFailed, NotFound
from vastai.table.model import Command, Table

ODD = ["\x85", "\ud800", "12e5", "0x1", "yes", "~", "\r", "\n", " a", "a\x85b", "---", "...", "a\n...\n", "%", "\0", ""]
TEXT = st.text(max_size=12) | st.sampled_from(ODD)
PLAIN = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT
ANYTHING = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=20
)
ROWS = st.lists(st.dictionaries(TEXT, ANYTHING, max_size=4), max_size=5)


def written(form: str, result: Any, rows: list[Any], encodes: Callable[[str], bool] = lambda text: True) -> str:
    return "".join(formats.document(form, result, rows, [], encodes))


@given(ANYTHING, st.sampled_from([str.isascii, lambda text: "\ud800" not in text]))
def test_yaml_is_read_back(value: Any, encodes: Callable[[str], bool]) -> None:
    text = written("yaml", value, [], encodes)
    assert yaml.safe_load(text) == value
    assert encodes(text)


@given(ROWS, st.sampled_from([str.isascii, lambda text: "\ud800" not in text]))
def test_lines_of_json_are_read_back(rows: list[Any], encodes: Callable[[str], bool]) -> None:
    text = written("jsonl", rows, rows, encodes)
    assert [json.loads(line) for line in text.split("\n") if line] == rows
    assert encodes(text)


@given(ROWS)
def test_csv_is_read_back(rows: list[dict[str, Any]]) -> None:
    """Texts as they were, all else as JSON; null and the empty text are both an empty cell."""
    if sys.version_info < (3, 11):  # its reader knows no NUL
        rows = json.loads(json.dumps(rows).replace("\\u0000", ""))
    read = list(csv.reader(StringIO(written("csv", rows, rows), newline="")))
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        assert read in ([], [[]] * len(read))
        return
    assert read[0] == names
    assert len(read) == len(rows) + 1
    for cells, row in zip(read[1:], rows, strict=True):
        for cell, name in zip(cells, names, strict=True):
            value = row.get(name)
            assert cell == (value or "") if isinstance(value, str | None) else json.loads(cell) == value


@pytest.mark.parametrize("form", options.FORMATS[1:])
def test_many_rows_come_in_pieces_that_are_one_document(form: str) -> None:
    rows = [{"id": number, "label": f"box {number}"} for number in range(formats.ROWS * 2 + 1)]
    pieces = list(formats.document(form, rows, rows, [], lambda text: True))
    text = "".join(pieces)
    assert len(pieces) > 2
    if form == "csv":
        assert [int(row["id"]) for row in csv.DictReader(StringIO(text))] == [row["id"] for row in rows]
    else:
        read = [json.loads(line) for line in text.split("\n")] if form == "jsonl" else yaml.safe_load(text)
        assert read == rows


@given(st.lists(st.fixed_dictionaries({}, optional={"a": PLAIN | st.just(float("nan")) | st.just([1]), "b": PLAIN})))
def test_any_rows_can_be_sorted_and_none_is_lost(rows: list[dict[str, Any]]) -> None:
    for keys in ("a", "a-", "a,b-", "b-,a"):
        found = sorting.in_order(rows, sorting.keys_of(keys.split(",")))
        assert sorted(map(id, found)) == sorted(map(id, rows))
        first = [row.get(keys[0]) for row in found]
        gone = [value is None or value != value for value in first]
        assert gone == sorted(gone), "what has no value is last"
        numbers = [value for value in first if isinstance(value, int) and not isinstance(value, bool)]
        assert numbers == sorted(numbers, reverse=keys.partition(",")[0].endswith("-"))


def test_equal_rows_stay_in_their_order() -> None:
    rows = [{"gpu": name, "n": number} for number, name in enumerate(["b", "a", "B", "a"])]
    assert [row["n"] for row in sorting.in_order(rows, [("gpu", True)])] == [0, 2, 1, 3]
    assert [row["n"] for row in sorting.in_order(rows, [("gpu", False), ("n", True)])] == [3, 1, 2, 0]


def test_without_the_package_an_expression_is_refused_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jmespath", None)
    watched = Watched([[]])
    assert watched.run("show boxes --query @") == 2
    assert watched.err.getvalue() == "vastai: --query needs the package jmespath\n  Try: pip install 'vastai[cli]'\n"
    assert watched.looks == 0


def test_an_option_for_output_is_every_command_s_but_for_its_own_flags() -> None:
    """`--format` of two commands is their own; the name of a word, as that of a search, is no flag of its own."""
    own: dict[str, int] = {}
    for command in [*whole_table(), *local.table()]:
        for option in (*options.OUTPUT, options.WATCH) if command.watchable else options.OUTPUT:
            if flags.flags_of(command)[option.flags[0]].parameter is not None:
                own[option.flags[0]] = own.get(option.flags[0], 0) + 1
    assert own == {"--format": 2}


def test_what_reads_rows_or_a_record_can_be_watched_and_nothing_else() -> None:
    for command in whole_table():
        watchable = "--watch" in flags.flags_of(command)
        assert watchable or command.words[0] not in ("show", "search"), "what shows something can be watched"
        if command.effect != "read" or command.returns.type == "str" or command.returns.schema == "ack":
            assert not watchable
        if command.flow and not command.output.table:
            assert not watchable, "it may run a program, or write a file"
    assert not [command.name for command in local.table() if command.watchable]


# ---------------------------------------------------------------- every command that needs no arguments

READS = [
    command
    for command in whole_table()
    if command.watchable and not command.any_of and not any(each.required for each in command.params.values())
]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Kept]:
    """One world for many looks; a secret is in it."""
    with VastAI(server_url="sandbox::memory:", raise_errors=True) as client:
        client.create_env_var("TOKEN", "a-secret-value")
        offer = client.search_offers(limit=1, order="dph_total")[0]["id"]
        client.create_instance(offer, image="pytorch/pytorch", disk=10, label='a, "b"')
        yield Kept(client, {})


class Kept:
    """A client that stays open between commands, and gives each result again as it was: time goes on in the sandbox."""

    def __init__(self, client: VastAI, results: dict[str, Any]) -> None:
        self.settings = client.settings
        self._client = client
        self._results = results

    def perform(self, name: str, given: dict[str, Any]) -> Any:
        if name not in self._results:
            self._results[name] = self._client.perform(name, given)
        return deepcopy(self._results[name])

    def close(self) -> None:
        pass


def looked(client: Kept, command: Command, *options: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a look at a few rows."""
    out, err = Stream(), Stream()
    terminal = Terminal(Stream(), out, err, {"NO_COLOR": "1"})
    few = ["--limit", "3"] if "limit" in command.params else []
    argv = [*options, *command.words, *few]  # options first: --format of a few commands is their own
    code = main.guarded(argv, terminal, open_client=lambda **_: client)  # type: ignore[arg-type,return-value]
    return code, out.getvalue(), err.getvalue()


@pytest.mark.parametrize("command", READS, ids=lambda command: command.name)
def test_what_is_read_is_the_same_in_every_form(command: Command, sandbox: Kept) -> None:
    code, raw, error = looked(sandbox, command, "--raw")
    looks = {form: looked(sandbox, command, "--format", form) for form in options.FORMATS[1:]}
    if code:  # such as the members of a team, where there is no team
        assert {form: (code, out, json.loads(err)) for form, (code, out, err) in looks.items()} == dict.fromkeys(
            looks, (code, "", json.loads(error))
        )
        return
    assert [code for code, _, _ in looks.values()] == [0] * 4
    forms = {form: out for form, (_, out, _) in looks.items()}
    result = json.loads(raw)
    key = command.output.rows if isinstance(result, dict) else None
    rows = (result.get(key) or []) if key else result if isinstance(result, list) else [result]
    assert yaml.safe_load(forms["yaml"]) == result
    assert [json.loads(line) for line in forms["jsonl"].splitlines()] == rows
    read = list(csv.DictReader(StringIO(forms["csv"])))
    assert len(read) == len(rows)
    assert not rows or set(read[0]) == {name for row in rows for name in row}


@pytest.mark.parametrize("more", [["--query", "[].value"], ["--columns", "value,key"], ["--sort", "value-"], []])
@pytest.mark.parametrize("form", options.FORMATS)
def test_a_secret_is_masked_in_every_form(form: str, more: list[str], sandbox: Kept) -> None:
    code, text, _ = looked(sandbox, whole_table().command("show_env_vars"), "--format", form, *more)
    assert (code, "****" in text) == (0, True)
    assert "a-secret-value" not in text


# ---------------------------------------------------------------- again and again


class Watched:
    """The command line over the commands of cli_runs.yaml, with a service that answers from a list, and a clock."""

    def __init__(self, answers: list[Any], width: int | None = None, height: int = 10, **environ: str) -> None:
        self.answers = answers
        self.looks = 0
        self.slept: list[float] = []
        self.out, self.err = Stream(terminal=width is not None), Stream()
        environ = {"COLUMNS": str(width or ""), "LINES": str(height), "NO_COLOR": "1", **environ}
        self.terminal = Terminal(Stream(), self.out, self.err, environ)
        self.settings = SimpleNamespace(imitation="")

    def run(self, line: str) -> int:
        return main.guarded(
            line.split(), self.terminal, Table.from_data(RUNS), self.open  # type: ignore[arg-type]
        )  # fmt: skip

    def open(self, **arguments: Any) -> Watched:
        edge = arguments["edge"]
        edge.now = lambda: 1_000_000.0 + sum(self.slept)
        edge.sleep = self.sleep
        return self

    def sleep(self, seconds: float) -> None:
        """The person ends it when the service has no more to say."""
        self.slept.append(seconds)
        if self.looks == len(self.answers):
            raise KeyboardInterrupt

    def perform(self, name: str, given: dict[str, Any]) -> Any:
        answer = self.answers[self.looks]
        self.looks += 1
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def close(self) -> None:
        pass


ONE, TWO = [{"id": 7, "label": "one"}], [{"id": 7, "label": "two"}]
LOST = ConnectionFailed("The service does not answer.")


def test_a_pipe_gets_each_change() -> None:
    watched = Watched([ONE, ONE, TWO, ONE])
    assert watched.run("show boxes --watch") == 130
    assert watched.out.getvalue() == "ID  Label  RAM\n 7  one      -\n\nID  Label  RAM\n 7  two      -\n\n" + (
        "ID  Label  RAM\n 7  one      -\n"
    )
    assert watched.slept == [5, 5, 5, 5]
    assert watched.err.getvalue() == ""


@pytest.mark.parametrize("how", ["--raw", "--format jsonl", "--format json"])
def test_programs_get_a_line_of_json_for_each_change(how: str) -> None:
    watched = Watched([ONE, ONE, [], TWO], width=80)
    assert watched.run(f"show boxes --watch=2 {how} --columns label") == 130
    assert watched.out.getvalue() == '[{"label":"one"}]\n[]\n[{"label":"two"}]\n'
    assert watched.slept == [2, 2, 2, 2]


def test_yaml_gets_a_document_for_each_change() -> None:
    watched = Watched([ONE, TWO, TWO])
    assert watched.run("show boxes --watch --format yaml --columns id,label") == 130
    assert list(yaml.safe_load_all(watched.out.getvalue())) == [ONE, TWO]


def test_a_terminal_is_drawn_over() -> None:
    watched = Watched([ONE, []], width=50)
    assert watched.run("show boxes --watch=60") == 130
    first, second = watched.out.getvalue().removeprefix("\x1b[2J").split("\x1b[H")[1:]
    lines = first.split("\x1b[K\n")
    assert lines[0].startswith("Every 60 s: vastai show boxes  ")
    assert [len(lines[0]), *lines[1:]] == [50, "", "ID  Label  RAM", " 7  one      -\x1b[K\x1b[J\n"]
    assert second.split("\x1b[K\n")[2] == "No boxes.\x1b[K\x1b[J\n"
    assert lines[0] != second.split("\x1b[K\n")[0], "the time goes on"


def test_a_frame_fits_its_terminal() -> None:
    rows = [{"id": number, "label": "東京 " * 30} for number in range(50)]
    watched = Watched([rows], width=30, height=8)
    watched.run("show boxes --watch")
    frame = watched.out.getvalue().removeprefix("\x1b[2J\x1b[H").removesuffix("\x1b[K\x1b[J\n")
    lines = frame.split("\x1b[K\n")
    assert len(lines) == 7
    assert max(formats_width(line) for line in lines) <= 30
    assert lines[-1] == "(47 more lines)"


def formats_width(line: str) -> int:
    from vastai import cells

    return cells.columns_of(line)


def test_a_dumb_terminal_is_not_drawn_over() -> None:
    watched = Watched([ONE, TWO], width=50, TERM="dumb")
    assert watched.run("show boxes --watch") == 130
    assert "\x1b" not in watched.out.getvalue()


def test_a_failure_of_the_network_passes() -> None:
    watched = Watched([ONE, LOST, LOST, APIError("Busy.", status_code=503), TWO])
    assert watched.run("show boxes --watch --raw --columns label") == 130
    assert watched.out.getvalue() == '[{"label":"one"}]\n[{"label":"two"}]\n'
    assert watched.err.getvalue() == (
        "vastai: The service does not answer. Trying again.\nvastai: Busy. Trying again.\n"
    )


def test_a_terminal_shows_what_it_knew_and_what_is_wrong() -> None:
    watched = Watched([ONE, LOST, TWO], width=80)
    assert watched.run("show boxes --watch") == 130
    _, second, third = watched.out.getvalue().removeprefix("\x1b[2J").split("\x1b[H")[1:]
    trouble, _, row = second.split("\x1b[K\n")[1:]
    assert trouble.startswith("This is of ")
    assert trouble.endswith(". The service does not answer.")
    assert row.startswith(" 7  one")
    assert third.split("\x1b[K\n")[1] == ""


@pytest.mark.parametrize(
    ("answers", "code", "looks"),
    [([LOST], 6, 1), ([ONE, NotFound("Gone.", status_code=404)], 4, 2), ([KeyboardInterrupt()], 130, 1)],
)
def test_what_does_not_pass_ends_it(answers: list[Any], code: int, looks: int) -> None:
    watched = Watched([*answers, ONE])
    assert (watched.run("show boxes --watch"), watched.looks) == (code, looks)


def test_the_headline_names_what_was_asked_for_and_no_key() -> None:
    watched = Watched([{"id": 7}], width=60)
    watched.run("show box 7 --watch --api-key hidden")
    assert "Every 5 s: vastai show box 7 " in watched.out.getvalue()
    assert "hidden" not in watched.out.getvalue()


def test_a_reader_that_goes_ends_it_quietly() -> None:
    watched = Watched([ONE, TWO])
    watched.out.write = broken  # type: ignore[method-assign]
    assert watched.run("show boxes --watch") == 0
    assert watched.err.getvalue() == ""


@pytest.mark.parametrize("options", [["--raw"], ["--format", "yaml"], []])
def test_a_real_interrupt_ends_a_watch_at_once(options: list[str]) -> None:
    command = [sys.executable, "-m", "vastai", "search", "offers", "--limit", "1", "--watch=3600", *options]
    environ = {**os.environ, "VAST_URL": "sandbox::memory:", "PYTHONPATH": str(Path(__file__).parent.parent)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ)
    assert process.stdout is not None
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert first
    assert (process.returncode, err) == (130, "[sandbox]\n")


def broken(text: str) -> int:
    raise BrokenPipeError


# ---------------------------------------------------------------- colours and the pager

SIGNS = re.compile(r"\x1b\[[0-9;]*[mKJH]")
BOXES = [{"id": 7, "label": "running"}, {"id": 8, "label": "offline"}, {"id": 9, "label": "my running box"}]


def shown(line: str, answer: Any, **environ: str) -> str:
    watched = Watched([answer], width=60, **{"NO_COLOR": "", "TERM": "xterm-256color", **environ})
    assert watched.run(line) == 0
    return watched.out.getvalue()


def test_headings_and_states_have_colours_on_a_terminal() -> None:
    plain = shown("show boxes", BOXES, NO_COLOR="1")
    heading, running, offline, label = shown("show boxes", BOXES).splitlines()
    assert heading == f"\x1b[1m{plain.splitlines()[0]}\x1b[0m"
    assert "\x1b[32mrunning\x1b[0m" in running
    assert "\x1b[31moffline\x1b[0m" in offline
    assert "\x1b" not in label, "a word within a text is no state"
    assert "\x1b[32mrunning" in shown("show box 7", {"id": 7, "state": "running"})


@pytest.mark.parametrize(
    ("line", "environ"),
    [
        ("show boxes", {"NO_COLOR": "1"}),
        ("show boxes", {"TERM": "dumb"}),
        ("show boxes --no-color", {}),
        ("show boxes --query [].label", {}),
        ("show boxes --format jsonl", {}),
        ("show boxes -q", {}),
    ],
)
def test_where_there_are_none(line: str, environ: dict[str, str]) -> None:
    assert "\x1b" not in shown(line, BOXES, **environ)


def test_a_pipe_has_no_colours_and_loads_nothing_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "vastai.cli.colours", None)
    monkeypatch.setitem(sys.modules, "vastai.cli.pager", None)
    watched = Watched([BOXES], NO_COLOR="")
    assert watched.run("show boxes") == 0
    assert "\x1b" not in watched.out.getvalue()


def test_without_rich_all_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rich.console", None)
    assert shown("show boxes", BOXES) == shown("show boxes", BOXES, NO_COLOR="1")


@given(st.lists(st.fixed_dictionaries({"id": st.integers(), "label": TEXT | st.sampled_from(["running", "[bold]x"])})))
def test_colours_change_no_text(rows: list[dict[str, Any]]) -> None:
    if len(rows) < 8:  # longer ones would be for the pager
        assert SIGNS.sub("", shown("show boxes", rows)) == shown("show boxes", rows, NO_COLOR="1")


def test_a_watched_terminal_has_colours_too() -> None:
    watched = Watched([BOXES], width=40, NO_COLOR="", TERM="xterm")
    watched.run("show boxes --watch")
    assert "\x1b[32mrunning\x1b[0m" in watched.out.getvalue()


class Screen:
    """A real terminal of 8 lines, and a pager that writes what it is given to a file."""

    def __init__(self, folder: Path, pager: str) -> None:
        self.seen = folder / "seen"
        script = folder / "pager"
        script.write_text(pager.format(seen=self.seen))
        script.chmod(0o755)
        self.environ = {"COLUMNS": "40", "LINES": "8", "NO_COLOR": "1", "TERM": "xterm", "PATH": os.environ["PATH"]}
        self.environ["PAGER"] = str(script)

    def run(self, line: str, rows: int, **environ: str) -> str:
        """What the terminal shows of a command with so many rows."""
        main_side, its_side = pty.openpty()
        stdout = os.fdopen(its_side, "w", encoding="utf-8")
        watched = Watched([[{"id": number} for number in range(rows)]])
        watched.terminal = Terminal(Stream(), stdout, watched.err, {**self.environ, **environ})
        assert watched.run(line) == 0, watched.err.getvalue()
        stdout.write("END")
        stdout.flush()
        shown = ""
        while not shown.endswith("END"):
            shown += os.read(main_side, 4096).decode()
        stdout.close()
        os.close(main_side)
        return shown.removesuffix("END").replace("\r\n", "\n")


TAKES_ALL = '#!/bin/sh\necho "$LESS" > {seen}; cat >> {seen}\n'
LEAVES = '#!/bin/sh\nread -r line; echo "$line" > {seen}\n'  # as q does, before all was read
INTERRUPTED = "#!/bin/sh\nkill -INT $PPID; cat > {seen}; kill -INT $$\n"  # Ctrl-C reaches both


def test_what_is_longer_than_the_screen_is_paged(tmp_path: Path) -> None:
    screen = Screen(tmp_path, TAKES_ALL)
    assert screen.run("show boxes", 8) == ""
    less, *lines = screen.seen.read_text().splitlines()
    assert (less, lines[0], len(lines)) == ("FRX", "ID  Label  RAM", 9)


@pytest.mark.parametrize(
    ("line", "rows", "environ"),
    [
        ("show boxes", 6, {}),
        ("show boxes --full", 30, {}),
        ("show boxes --raw", 30, {}),
        ("show boxes --format csv", 30, {}),
        ("show boxes -q", 30, {}),
        ("show boxes", 30, {"PAGER": ""}),
        ("show boxes", 30, {"PAGER": "cat"}),
        ("show boxes", 30, {"PAGER": "no-such-pager --at-all"}),
        ("show boxes", 30, {"PAGER": "'"}),
        ("show boxes", 30, {"TERM": "dumb"}),
    ],
)
def test_what_is_not_paged(line: str, rows: int, environ: dict[str, str], tmp_path: Path) -> None:
    screen = Screen(tmp_path, TAKES_ALL)
    assert len(screen.run(line, rows, **environ).splitlines()) >= rows
    assert not screen.seen.exists()


@pytest.mark.parametrize(("pager", "lines"), [(LEAVES, 1), (INTERRUPTED, 5001)])
def test_the_end_of_a_pager_is_no_failure(pager: str, lines: int, tmp_path: Path) -> None:
    screen = Screen(tmp_path, pager)
    assert screen.run("show boxes", 5000) == ""
    assert len(screen.seen.read_text().splitlines()) == lines


@settings(max_examples=30)
@given(ROWS, st.sampled_from(options.FORMATS))
def test_no_result_breaks_a_form(rows: list[dict[str, Any]], form: str) -> None:
    watched = Watched([rows])
    assert watched.run(f"show boxes --format {form}") == 0
