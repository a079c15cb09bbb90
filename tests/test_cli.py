"""The command line over small tables: which command, which arguments, what is shown, and the exit code."""

from __future__ import annotations

import io
import json
import shlex
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from vastai import errors, render
from vastai.cli import flags, help, main, parser, tokens, words
from vastai.cli.local import table as local_table
from vastai.cli.terminal import Terminal
from vastai.client import table as whole_table
from vastai.errors import UsageError
from vastai.table.model import Command, Table

CASES = Path(__file__).parent / "cases"


def load(name: str) -> dict[str, Any]:
    """A file of cases; commands that leave out `returns` return an object."""
    data: dict[str, Any] = yaml.safe_load((CASES / f"{name}.yaml").read_text(encoding="utf-8"))
    return data


def label(case: dict[str, Any]) -> str:
    return f"{case.get('command', '')} {case['argv']} {case.get('why', '')}".strip()


ARGUMENTS = load("cli_arguments")
WORDS = load("cli_words")
RUNS = load("cli_runs")
SMALL = Table.from_data(ARGUMENTS)


def read(command: Command, argv: list[str]) -> parser.Arguments | None:
    """The arguments as `main` reads them, or None for help."""
    settled = tokens.settle(argv, flags.flags_of(command), flags.words_before_rest(command))
    return None if tokens.HELP in settled else parser.read(command, settled)


@pytest.mark.parametrize("case", ARGUMENTS["cases"], ids=label)
def test_arguments(case: dict[str, Any]) -> None:
    command, argv = SMALL.command(case["command"]), shlex.split(case["argv"])
    if "error" in case and not case.get("help"):
        with pytest.raises(UsageError) as caught:
            read(command, argv)
        assert case["error"] in caught.value.message
        return
    arguments = read(command, argv)
    if case.get("help"):
        assert arguments is None
        return
    assert arguments is not None
    assert arguments.given == case["given"]
    assert arguments.options == case.get("options", {})


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")))
def test_any_text_arrives_as_the_value_of_a_flag(value: str) -> None:
    arguments = read(SMALL.command("rent_box"), ["7", f"--image={value}"])
    assert arguments is not None
    assert arguments.given["image"] == value


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0")), min_size=1))
def test_any_words_arrive_after_two_hyphens(values: list[str]) -> None:
    arguments = read(SMALL.command("stop_boxes"), ["--", *values])
    assert arguments is not None
    assert arguments.given["ids"] == values


@pytest.mark.parametrize("case", WORDS["cases"], ids=label)
def test_words(case: dict[str, Any]) -> None:
    known = {tuple(sentence.split()): sentence for sentence in WORDS["known"]}
    argv = shlex.split(case["argv"])
    if "error" in case:
        with pytest.raises(UsageError) as caught:
            words.find(argv, known)
        assert caught.value.message == case["error"]
        return
    found = words.find(argv, known)
    assert found.name == case.get("name", "")
    assert found.rest == case.get("rest", [])
    assert found.stray == case.get("stray", "")
    assert found.help == case.get("help", False)
    assert {**case.get("options", {}), **found.options} == found.options
    if "words" in case:
        assert found.words == case["words"]


class Stream(io.StringIO):
    """A stream in memory that says what it is."""

    def __init__(self, text: str = "", *, encoding: str = "utf-8", terminal: bool = False) -> None:
        super().__init__(text)
        self._encoding = encoding
        self._terminal = terminal

    @property
    def encoding(self) -> str:  # type: ignore[override]  # StringIO has none
        return self._encoding

    def isatty(self) -> bool:
        return self._terminal


class ScriptedClient:
    """Stands where `VastAI` stands: notes what it is asked, and answers from a case."""

    def __init__(self, case: dict[str, Any]) -> None:
        self.case = case
        self.arguments: dict[str, Any] = {}
        self.asked: dict[str, Any] | None = None
        self.settings = SimpleNamespace(imitation="")

    def open(self, **arguments: Any) -> ScriptedClient:
        self.arguments = arguments
        self.settings.imitation = "sandbox" if arguments["server_url"] == "sandbox" else ""
        return self

    def perform(self, name: str, given: dict[str, Any]) -> Any:
        self.asked = given
        if "raises" in self.case:
            raised = dict(self.case["raises"])
            kind = getattr(errors, raised["kind"], None) or __builtins__[raised["kind"]]  # type: ignore[index]
            raise kind(raised.pop("message"), **{key: value for key, value in raised.items() if key != "kind"})
        return self.case["answer"]

    def close(self) -> None:
        pass


@pytest.mark.parametrize("case", RUNS["cases"], ids=label)
def test_runs(case: dict[str, Any]) -> None:
    width, encoding = case.get("width"), case.get("encoding", "utf-8")
    stdin = None if case.get("stdin", "") is None else Stream(case.get("stdin", ""))
    stdout, stderr = Stream(encoding=encoding, terminal=width is not None), Stream()
    environ = {"COLUMNS": str(width or ""), "NO_COLOR": "1", **case.get("environ", {})}
    client = ScriptedClient(case)
    terminal = Terminal(stdin, stdout, stderr, environ)
    code = main.guarded(shlex.split(case["argv"]), terminal, Table.from_data(RUNS), client.open)  # type: ignore[arg-type]
    out, err = stdout.getvalue(), stderr.getvalue()
    assert (code, err if code != case.get("exit", 0) else "") == (case.get("exit", 0), "")
    assert out == case.get("out", out)
    assert err == case.get("err", err)
    for text, name in ((out, "out"), (err, "err")):
        assert [piece for piece in case.get(f"{name}_has", []) if piece not in text] == [], text
        assert [piece for piece in case.get(f"{name}_lacks", []) if piece in text] == [], text
    assert len(err.splitlines()) == case.get("err_lines", len(err.splitlines()))
    if "err_json" in case:
        said = json.loads(err)
        assert {**said, **case["err_json"]} == said
    if "asked" in case:
        assert client.asked == case["asked"]
    assert {**client.arguments, **case.get("client", {})} == client.arguments


EVERY = [*whole_table(), *local_table()]


@pytest.mark.parametrize("command", EVERY, ids=lambda command: command.name)
@pytest.mark.parametrize("width", [80, 100])
def test_help_of_every_command_fits(command: Command, width: int) -> None:
    """Only examples, which are typed as they stand, may be wider."""
    examples = {help._capitals(example["cli"]) for example in command.examples if "cli" in example}
    lines = help.command_page(command, width, {}).splitlines()
    assert [line for line in lines if len(line) > width and line.strip() not in examples] == []
    assert lines[0].startswith(f"usage: vastai {' '.join(command.words)}")
    assert all(line == line.rstrip() for line in lines)
    for parameter in command.params.values():
        shown = parser.metavar(parameter) if parameter.positional else parameter.flags[0]
        assert parameter.hidden or any(shown in line for line in lines)


@pytest.mark.parametrize("command", EVERY, ids=lambda command: command.name)
def test_every_command_has_a_parser(command: Command) -> None:
    """argparse refuses two arguments that share a spelling."""
    assert parser.build(command).prog == f"vastai {' '.join(command.words)}"


def test_front_page_names_every_command_and_fits() -> None:
    rows = [*whole_table().index.values(), *local_table().index.values()]
    page = help.front_page(rows, 80)
    assert [line for line in page.splitlines() if len(line) > 80] == []
    listed = {part.strip() for line in page.splitlines() for part in (line, line[2:26])}
    assert [row.name for row in rows if not row.deprecated and " ".join(row.words) not in listed] == []


def test_a_flag_may_take_the_rest_of_the_line() -> None:
    known = {each: flags.Flag("args", (each,), takes) for each, takes in (("--args", "rest"), ("--raw", "none"))}
    assert tokens.settle(["--raw", "--args", "python", "-c", "x", "--raw"], known) == [
        *("--raw", "--args", "python", tokens.WORD + "-c", "x", tokens.WORD + "--raw")
    ]


@pytest.mark.parametrize(
    ("result", "given", "shown"),
    [
        ([{"key": "A", "value": "s"}], {}, [{"key": "A", "value": "****"}]),
        ([{"key": "A", "value": "s"}], {"show_values": True}, [{"key": "A", "value": "s"}]),
        ({"key": "A", "value": "s"}, {}, {"key": "A", "value": "****"}),
        ({"key": "A", "value": None}, {}, {"key": "A", "value": None}),
        ("text", {}, "text"),
    ],
)
def test_secrets_of_a_result_are_masked(
    result: object, given: dict[str, Any], shown: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A schema marks them; it is one of the user's here, beside a table of the user."""
    (tmp_path / "schemas").mkdir()
    schema = {"type": "object", "properties": {"key": {}, "value": {"x-secret": True}}}
    (tmp_path / "schemas" / "hidden_value.json").write_text(json.dumps(schema))
    monkeypatch.setenv("VASTAI_COMMANDS", str(tmp_path / "mine.yaml"))
    command = Command("show_values", {"summary": "Show", "group": "x", "returns": {"schema": "hidden_value"}})
    assert render.masked(command, result, given) == shown


def test_no_two_commands_share_words() -> None:
    assert not set(whole_table().words()) & set(local_table().words())


def test_consent_is_offered_exactly_where_it_may_be_asked() -> None:
    for command in EVERY:
        assert ("--yes" in flags.flags_of(command)) >= bool(command.confirm)
        assert command.asks or "yes" in command.params or "--yes" not in flags.flags_of(command)


@settings(max_examples=50)
@given(st.lists(st.sampled_from(["show", "user", "--raw", "--url", "x", "-q", "--", "-n", "help", "logs", "--help"])))
def test_no_argument_list_crashes_the_search_for_words(argv: list[str]) -> None:
    known = {("show", "user"): "show_user", ("logs",): "logs"}
    try:
        found = words.find(argv, known)
    except UsageError:
        return
    assert found.name in {"", "show_user", "logs"}
    assert len(found.rest) <= len(argv)
