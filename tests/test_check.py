"""The strict reader and the check of the table: every fault is a case in cases/table_faults.yaml."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from vastai.errors import TableError
from vastai.nearest import nearest, suggestion
from vastai.table import check, read
from vastai.table.model import Table
from vastai.table.sentences import SENTENCES

HERE = Path(__file__).parent
ROOT = HERE.parent
DATA = yaml.safe_load((HERE / "cases" / "table_faults.yaml").read_text(encoding="utf-8"))
GOOD = DATA["good"]
LOADERS = [yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader)]


def faults_of(text: str, **extra) -> list[check.Fault]:
    """The faults of a table's text, read and checked with the schemas and hooks of the cases."""
    return check.check(read.read(text, "t.yaml"), schemas=DATA["schemas"], hooks=DATA["hooks"], **extra)


def marked(text: str) -> tuple[str, list[int]]:
    """A text without its signs §, and the lines they stood on."""
    return text.replace("§", ""), [1 + text[:at].count("\n") for at, sign in enumerate(text) if sign == "§"]


def edited(edit: dict[str, str]) -> tuple[str, list[int]]:
    """The good table with some texts replaced, and the lines with a sign."""
    text = GOOD
    for old, new in edit.items():
        assert old in text, f"{old!r} is not in the good table"
        text = text.replace(old, new, 1)
    return marked(text)


def said(lines: list[int], says: list[str]) -> str:
    """The report that a case expects."""
    assert len(lines) == len(says), "one § for each fault"
    return "\n".join(f"t.yaml:{line}: {what}" for line, what in zip(lines, says, strict=True))


def test_a_good_table_has_no_faults():
    assert check.report(faults_of(GOOD), "t.yaml") == ""


@pytest.mark.parametrize("case", DATA["cases"], ids=lambda case: "|".join(case["says"])[:60])
def test_a_fault_is_told_with_its_line(case):
    text, lines = edited(case["edit"])
    assert check.report(faults_of(text), "t.yaml") == said(lines, case["says"])


@pytest.mark.parametrize("case", DATA["additions"], ids=lambda case: "|".join(case["says"])[:60])
def test_a_users_table_adds_and_never_replaces(case):
    text, lines = marked(case["text"])
    base = Table.from_data(read.read(GOOD, "good.yaml").data)
    assert check.report(faults_of(text, base_table=base), "t.yaml") == said(lines, case["says"])


@pytest.mark.parametrize("loader", LOADERS, ids=lambda loader: loader.__name__)
@pytest.mark.parametrize("case", DATA["unreadable"], ids=lambda case: case["says"][0][:40])
def test_the_reader_refuses(case, loader):
    text, lines = marked(case["text"])
    with pytest.raises(TableError) as caught:
        read.read(text, "t.yaml", loader=loader)
    assert str(caught.value) == said(lines, case["says"])


def test_all_faults_at_once_sorted_by_line():
    text = GOOD
    for case in DATA["cases"]:
        (old, new), *more = case["edit"].items()
        text = text.replace(old, new.replace("§", ""), 1) if not more and old in text else text
    lines = [fault.line for fault in faults_of(text)]
    assert len(lines) > 40
    assert lines == sorted(lines)


def test_what_is_shared_is_told_once():
    faults = faults_of(GOOD.replace("help: Thing ID", "help: Thing ID.", 1))
    assert [(fault.line, fault.message) for fault in faults] == [(3, "ends with a full stop; leave it out")]


@pytest.mark.parametrize("names", [["show_things"], ["list_things"]])
def test_a_base_may_be_names_alone(names):
    """Then nothing is known of those commands but that they exist."""
    own = GOOD
    for old, new in (("show_things:", "show_items:"), (" show things", " show items"), (".show_things", ".show_items")):
        own = own.replace(old, new)
    found = [fault.message for fault in faults_of(own, base=["show_things", *names])]
    assert all("list_things" in message for message in found) and bool(found) == (names == ["list_things"])


def test_hooks_are_looked_for_only_when_their_names_are_given():
    document = read.read(GOOD, "t.yaml")
    assert check.check(document, schemas=DATA["schemas"]) == []
    assert len(check.check(document, schemas=DATA["schemas"], hooks={})) == 6
    assert check.check(document, schemas=DATA["schemas"], hooks=lambda kind: DATA["hooks"][kind]) == []


def test_schemas_may_lie_in_folders(tmp_path):
    (tmp_path / "two").mkdir()
    for name, schema in DATA["schemas"].items():
        (tmp_path / ("two" if name == "ack" else "") / f"{name}.json").write_text(json.dumps(schema))
    document = read.read(GOOD, "t.yaml")
    assert check.check(document, schemas=[str(tmp_path), str(tmp_path / "two"), str(tmp_path / "none")]) == []
    assert {fault.message for fault in check.check(document, schemas=str(tmp_path))} == {
        "there is no schemas/ack.json."
    }


def test_hook_share_counts_commands_or_the_methods_of_a_list():
    document = read.read(GOOD, "t.yaml")
    assert check.hook_share(document) == (2, 6)  # thing_log, whose view "text" needs no hook, and melt_thing
    assert check.hook_share(document, ["list_things", "show_things", "thing_log", "unheard_of"]) == (1, 3)


# ---- the grammar

GRAMMAR = json.loads((ROOT / "schemas" / "commands.json").read_text(encoding="utf-8"))
COMBINING = {"$ref", "$defs", "$schema", "title", "description", "properties", "items", "propertyNames"}
COMBINING |= {"anyOf", "allOf", "if", "then", "else"}


def parts_of(schema: object) -> list[dict]:
    """A schema and all schemas within it."""
    if isinstance(schema, list):
        return [part for item in schema for part in parts_of(item)]
    if not isinstance(schema, dict):
        return []
    inner = [schema.get(word) for word in ("items", "anyOf", "oneOf", "allOf", "if", "then", "additionalProperties")]
    named = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
    return [schema, *(part for item in (*inner, *named) for part in parts_of(item))]


def test_every_key_of_the_grammar_is_described():
    keys = [(name, key) for part in parts_of(GRAMMAR) for name, key in part.get("properties", {}).items()]
    conditions = {id(part.get("if")) for part in parts_of(GRAMMAR)}
    asked = {id(key) for part in parts_of(GRAMMAR) if id(part) in conditions for key in parts_of(part)[1:]}
    assert len(keys) > 70
    assert [name for name, key in keys if "description" not in key and id(key) not in asked] == []


def test_every_keyword_of_the_grammar_has_a_sentence():
    used = {keyword for part in parts_of(GRAMMAR) for keyword in part}
    assert used - COMBINING <= SENTENCES.keys()


# ---- the reader


@pytest.mark.parametrize("loader", LOADERS, ids=lambda loader: loader.__name__)
def test_the_reader_gives_yaml_one_meaning(loader):
    texts = "[yes, No, on, 010, 0x1F, 1:30, 2026-01-31, 1_000, .inf, '7', 1e999, 9999999999999999999, -e5]"
    expected = ["yes", "No", "on", "010", "0x1F", "1:30", "2026-01-31", "1_000", ".inf", "7", "1e999", "9" * 19, "-e5"]
    assert read.read(texts, "t", loader=loader).data == expected
    assert read.read("[true, False, .5, -1.5e3, 7, ~]", "t", loader=loader).data == [True, False, 0.5, -1500.0, 7, None]
    assert read.read("{1: a, true: b, null: c}", "t", loader=loader).data == {"1": "a", "true": "b", "null": "c"}


@pytest.mark.parametrize("loader", LOADERS, ids=lambda loader: loader.__name__)
def test_merges_fill_in_and_lines_point_at_what_is_written(loader):
    text = "shared:\n  a: &a {x: 1, y: 1}\n  b: &b {y: 2, z: 2}\nc:\n  <<: [*a, *b]\n  x: 3\nd: *b\n"
    text += "e: {z: 0, <<: *b}\nf: [1,\n 2]\n"
    document = read.read(text, "t", loader=loader)
    assert document.data["c"] == {"x": 3, "y": 1, "z": 2}
    assert list(document.data["c"]) == ["x", "y", "z"]
    assert document.data["d"] == {"y": 2, "z": 2}
    assert document.data["e"] == {"z": 0, "y": 2}
    paths = [("c",), ("c", "x"), ("c", "y"), ("c", "z"), ("d",), ("d", "z"), ("c", "none", "deeper"), ("f", 1), ()]
    assert [document.line(path) for path in paths] == [4, 6, 2, 3, 7, 3, 4, 10, 1]


def test_aliases_cannot_blow_up():
    layers = "".join(f"  l{n + 1}: &l{n + 1} [{', '.join([f'*l{n}'] * 10)}]\n" for n in range(9))
    with pytest.raises(TableError, match="aliases make this larger"):
        read.read("shared:\n  l0: &l0 [1]\n" + layers, "t")


def test_nesting_is_bounded():
    with pytest.raises(TableError, match="deeper than 40 levels"):
        read.read("[" * 60, "t")
    with pytest.raises(TableError):  # far deeper, PyYAML itself may give up first
        read.read("[" * 5000, "t")


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\u2028\u2029\ufeff\ufffe\uffff"))
NUMBERS = st.integers(-(10**17), 10**17) | st.floats(allow_nan=False, allow_infinity=False)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=15,
)


@settings(max_examples=150, deadline=None)
@given(JSON_VALUES)
def test_json_is_read_as_what_it_is(value):
    assert read.read(json.dumps(value, ensure_ascii=False), "t").data == value


# ---- nothing but faults, whatever is in the file


def paths_in(data: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """All paths of a plain value."""
    keys = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [path, *(each for key, value in keys for each in paths_in(value, (*path, key)))]


GOOD_DATA = read.read(GOOD, "t.yaml").data
PATHS = paths_in(GOOD_DATA)
KEYS = sorted({str(path[-1]) for path in PATHS if path})


def replaced(data: object, path: tuple[str | int, ...], value: object) -> object:
    """A copy of a plain value with another value at a path; a path that is not there adds what it can."""
    if not path:
        return value
    if isinstance(data, dict):
        return {**data, str(path[0]): replaced(data.get(str(path[0])), path[1:], value)}
    if isinstance(data, list) and isinstance(path[0], int) and path[0] < len(data):
        return [replaced(item, path[1:], value) if at == path[0] else item for at, item in enumerate(data)]
    return value


VALUES = JSON_VALUES | st.sampled_from(KEYS) | st.sampled_from(["{", "{}", "{0}", ".", "GET /{", "{a.b[0]!z}"])
CHANGES = st.lists(
    st.tuples(st.sampled_from(PATHS), st.lists(st.sampled_from(KEYS), max_size=2), VALUES), min_size=1, max_size=4
)


@settings(max_examples=150, deadline=None)
@given(CHANGES)
def test_a_spoilt_table_gives_faults_and_never_fails(changes):
    data: object = GOOD_DATA
    for path, more, value in changes:
        data = replaced(data, (*path, *more), value)
    text = json.dumps(data, ensure_ascii=False, indent=1)
    try:
        faults = faults_of(text)
    except TableError as error:
        assert str(error).startswith("t.yaml:")
        return
    report = check.report(faults, "t.yaml")
    assert all(1 <= fault.line <= text.count("\n") + 1 for fault in faults)
    assert len(report.splitlines()) == len(faults)


@settings(max_examples=200, deadline=None)
@given(
    st.integers(0, len(GOOD)),
    st.integers(0, 40),
    st.text(max_size=6) | st.sampled_from(["*", "&a ", "<<: *thing", "- ", "? "]),
)
def test_a_spoilt_text_gives_faults_and_never_fails(start, length, inserted):
    text = GOOD[:start] + inserted + GOOD[start + length :]
    try:
        check.report(faults_of(text), "t.yaml")
    except TableError as error:
        assert str(error).startswith("t.yaml:")


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_any_text_is_read_or_refused(text):
    try:
        read.read(text, "t.yaml")
    except TableError as error:
        assert str(error).startswith("t.yaml:")


# ---- the words nearby


def test_nearest_words():
    assert nearest("Num-Gpu", ["gpu_name", "num_gpus"]) == ["num_gpus"]
    assert len(nearest("gpu", ["gpu_a", "gpu_b", "gpu_c"], 2)) == 2
    assert suggestion("zebra", ["str"]) == ""
    assert suggestion("flaot", ["float", "str"]) == ' Did you mean "float"?'


# ---- the tool


@pytest.fixture
def project(tmp_path):
    """A copy of the project, as far as the tool needs it, with the good table of the cases as its own."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "schemas").mkdir()
    (tmp_path / "tests" / "cases").mkdir(parents=True)
    shutil.copy(ROOT / "tools" / "check.py", tmp_path / "tools")
    shutil.copy(HERE / "cases" / "page_methods.json", tmp_path / "tests" / "cases")
    shutil.copy(ROOT / "schemas" / "commands.json", tmp_path / "schemas")
    shutil.copytree(ROOT / "vastai", tmp_path / "vastai", ignore=shutil.ignore_patterns("__pycache__", "_commands*.py"))
    for name, schema in DATA["schemas"].items():
        (tmp_path / "schemas" / f"{name}.json").write_text(json.dumps(schema))
    plain = read.read(GOOD, "t").data
    del plain["commands"]["copy_thing"], plain["shared"]
    del plain["commands"]["delete_things"]["prepare"], plain["commands"]["show_things"]["returns"]["then"]
    del plain["commands"]["show_things"]["params"]["query"]["then"]
    del plain["commands"]["create_thing"]["params"]["file"]["then"]
    (tmp_path / "commands.yaml").write_text(json.dumps(plain, indent=1))
    return tmp_path


def run_tool(folder: Path, *files: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "tools/check.py", *files], cwd=folder, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_the_tool_says_good_news_in_one_line(project):
    code, text = run_tool(project)
    assert code == 0
    assert text.splitlines() == [
        "commands.yaml: good. 5 commands, 15 parameters, 3 schemas. No hook: 5 of 5 (100 %) of all commands, "
        "0 of 0 of the reference page; 51 of its 51 methods are missing."
    ]


def test_the_tool_names_faults_of_table_and_schemas(project):
    table = project / "commands.yaml"
    table.write_text(table.read_text().replace("GET /things/", "GTE /things/"))
    (project / "schemas" / "thing.json").write_text(
        '{"properties": {"id": {}, "size": {"$ref": "gone.json"}}, "type": 7}'
    )
    (project / "schemas" / "ack.json").write_text("{")
    (project / "schemas" / "base.json").write_text('{"$ref": "gone.json"}')
    code, text = run_tool(project)
    assert code == 1
    assert "schemas/ack.json: is not JSON" in text
    assert "schemas/base.json: there is no gone.json" in text
    assert "schemas/thing.json: type: is no JSON Schema" in text


def test_the_tool_checks_a_users_table_beside_the_packages_own(project):
    good, bad = (case["text"].replace("§", "") for case in DATA["additions"][:2])
    (project / "good.yaml").write_text(good)
    (project / "bad.yaml").write_text(bad)
    assert run_tool(project, "good.yaml") == (0, "good.yaml: good. 1 commands.\n")
    code, text = run_tool(project, "good.yaml", "bad.yaml", "gone.yaml")
    assert code == 1
    assert "bad.yaml:3: show_things" in text and "gone.yaml" in text


def test_the_packages_own_table_is_good():
    code, text = run_tool(ROOT)
    assert (code, text.count("\n")) == (0, 1), text
