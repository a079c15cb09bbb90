"""The documentation is true: generated pages are fresh, links resolve, and what is printed runs against the sandbox."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import generate
import pytest

from vastai import VastAI, doc
from vastai.cli import help, local, options, topics
from vastai.errors import EXIT_CODES
from vastai.hooks import registry
from vastai.sandbox import seeds
from vastai.sandbox.app import App
from vastai.sandbox.testing import Sandbox
from vastai.sandbox.world import World
from vastai.table import check, read
from vastai.table.model import Command, Table

ROOT = Path(__file__).parent.parent
TABLE = generate.own_table()
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md")])
REFERENCE = (ROOT / "docs/sdk/reference/vastai.md").read_text(encoding="utf-8")
COMMANDS = (ROOT / "docs/cli/commands.md").read_text(encoding="utf-8")
PROMISED = (ROOT / "tests/cases/promised_reference.txt").read_text(encoding="utf-8")
PROMISED_ROW = re.compile(r"^\| `(\w+)(\(.*?\))` \| (.*) \| `(.*)` \|$", re.MULTILINE)
KINDS = {"dict": dict, "list[dict]": list, "str": str}


# Command lines for a command that a page shows how to add.
OWN = {"commands-yaml.md: vastai show sessions"}


def names(pages: list[Path]) -> list[str]:
    return [str(page.relative_to(ROOT)) for page in pages]


def blocks(text: str, language: str, marked: bool = True) -> list[str]:
    """The code blocks of a page in this language, those marked to run or all."""
    mark = "<!-- run -->\n" if marked else ""
    return re.findall(rf"^{mark}```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def with_blocks(language: str) -> list[Path]:
    return [page for page in PAGES if blocks(page.read_text(encoding="utf-8"), language)]


# ---------------------------------------------------------------- generated files


@pytest.mark.parametrize("name", generate.FILES)
def test_a_generated_file_is_fresh_and_says_what_it_is(name: str) -> None:
    assert generate.stale(TABLE, [name]) == [], "run: python tools/generate.py --write"
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "GENERATED" in (text if "docs/guides" in name else "".join(text.splitlines()[:2]))


def test_the_generator_finds_what_is_stale_and_renews_it(tmp_path: Path) -> None:
    for folder in ("vastai", "tools", "docs", "schemas"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    table = (ROOT / "commands.yaml").read_text(encoding="utf-8")
    (tmp_path / "commands.yaml").write_text(
        table.replace("List your instances", "List what you rent"), encoding="utf-8"
    )

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "tools/generate.py", *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)

    stale = run("--check")
    assert stale.returncode == 1
    found = [line.split(":")[0] for line in stale.stdout.splitlines()]
    assert found == [
        *("vastai/client.pyi", "docs/sdk/reference/vastai.md", "docs/cli/commands.md", "docs/openapi.json")
    ]
    assert run("--check", "docs/guides/queries.md").returncode == 0
    assert run("--write").returncode == 0
    assert run("--check").stdout == ""
    assert run("--check", "README.md").returncode == 2


# ---------------------------------------------------------------- the promised page


def test_the_reference_has_the_promised_headings_in_their_order() -> None:
    headings = re.compile(r"^#+ .*$", re.MULTILINE)
    have = iter(headings.findall(REFERENCE))
    missing = [heading for heading in headings.findall(PROMISED) if heading not in have]
    assert missing == []


@pytest.mark.parametrize("block", blocks(PROMISED, "python", marked=False))
def test_the_reference_has_the_promised_patterns_word_for_word(block: str) -> None:
    assert block in REFERENCE


@pytest.mark.parametrize("row", PROMISED_ROW.findall(PROMISED), ids=lambda row: row[0])
def test_the_reference_keeps_the_signature_and_result_of_every_promised_method(row: tuple[str, ...]) -> None:
    kept = [(name, signature, result) for name, signature, _, result in PROMISED_ROW.findall(REFERENCE)]
    assert (row[0], row[1], row[3]) in kept


def test_results_that_only_a_hook_decides_are_what_the_page_promises() -> None:
    """The methods that the template excuses from the table's word are tried."""
    template = (ROOT / "tools/reference_template.txt").read_text(encoding="utf-8")
    excused = template.splitlines()[0].removesuffix(" -->").partition(": ")[2].split()
    promised = {name: result for name, _, _, result in PROMISED_ROW.findall(PROMISED)}
    with VastAI(server_url="sandbox::memory:") as client:
        connection = client.show_connections()[0]["id"]
        results = {"show_connections": client.show_connections(connection), "show_env_vars": client.show_env_vars()}
    assert set(results) == set(excused)
    assert [name for name in excused if not isinstance(results[name], KINDS[promised[name]])] == []


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("| `show_nothing()` | No | `dict` |", "show_nothing: the page promises this method"),
        ("| `show_instance(key)` | No | `dict` |", "the table takes `(id)`"),
        ("| `show_instance(id)` | No | `list[dict]` |", "promises list[dict], the table gives dict"),
    ],
)
def test_a_template_that_promises_too_much_is_refused(row: str, message: str) -> None:
    with pytest.raises(doc.Untrue, match=re.escape(message)):
        doc.reference(TABLE, row + "\n")


# ---------------------------------------------------------------- every command, code, option and variable


@pytest.mark.parametrize("name", TABLE.names())
def test_every_method_and_its_words_are_in_the_references(name: str) -> None:
    command = TABLE.command(name)
    assert re.search(rf"`{name}[`(]", REFERENCE)
    assert f"\n#### `{command.name}`\n" in REFERENCE
    assert f"\n#### `vastai {' '.join(command.words)}`\n" in COMMANDS
    assert all(f"`{parameter.name}`" in REFERENCE for parameter in command.params.values() if not parameter.hidden)


@pytest.mark.parametrize("command", list(TABLE), ids=lambda command: command.name)
def test_usage_and_questions_are_those_of_the_help(command: Command) -> None:
    shown = " ".join(help.command_page(command, 1000, {}).splitlines()[0].split())
    assert shown == f"usage: {doc.usage(command)}"
    section = COMMANDS.partition(f"\n#### `vastai {' '.join(command.words)}`\n")[2].partition("\n#### ")[0]
    assert ("| `-y, --yes` |" in section) == command.asks
    assert not doc.PLACEHOLDER.search(section)


def test_the_exit_codes_in_the_documentation_are_those_of_the_program() -> None:
    rows = re.findall(r"^\| (\d+) \| (.*) \|$", COMMANDS, re.MULTILINE)
    meanings = {0: "done", **{code: meaning for _, code, meaning in EXIT_CODES}}
    assert {int(code): text.lower().rstrip(".") for code, text in rows} == {
        code: text.lower() for code, text in meanings.items()
    }


def test_the_options_of_every_command_are_documented() -> None:
    part = COMMANDS.partition("## Options of Every Command")[2].partition("\n## ")[0]
    known = [flag for option in (*options.OPTIONS, options.CONSENT) for flag in option.flags]
    assert [flag for flag in known if flag not in part] == []


def test_every_environment_variable_that_the_program_reads_is_documented() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "vastai").rglob("*.py"))
    read_there = set(re.findall(r'"(VAST(?:AI)?_[A-Z_]+|XDG_[A-Z_]+)"', source))
    assert [name for name in sorted(read_there) if f"`{name}`" not in COMMANDS] == []


# ---------------------------------------------------------------- links


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_links_between_the_pages_resolve(page: Path) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)
    assert broken == []


def test_every_page_is_reached_from_the_front_pages() -> None:
    linked = {
        (page.parent / target.partition("#")[0]).resolve()
        for page in PAGES
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8"))
    }
    front = {ROOT / "README.md", ROOT / "examples" / "README.md"}
    assert [str(page) for page in PAGES if page not in linked | front] == []


# ---------------------------------------------------------------- what is printed runs


@pytest.mark.parametrize("page", with_blocks("python"), ids=names(with_blocks("python")))
def test_python_blocks_run_in_the_sandbox(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAST_URL", "sandbox::memory:")
    monkeypatch.chdir(tmp_path)  # some write files
    space: dict[str, object] = {"__name__": "page"}
    for block in blocks(page.read_text(encoding="utf-8"), "python"):
        exec(compile(block, page.name, "exec"), space)
    for thing in space.values():
        if isinstance(thing, VastAI):
            thing.close()


@pytest.fixture
def programs(tmp_path: Path) -> dict[str, str]:
    """The environment of a folder like a checkout with an installed `vastai`, where `sleep` returns at once."""
    for place in ("bin", ".venv/bin"):
        (tmp_path / place).mkdir(parents=True)
    script = f'#!/bin/sh\nexec "{sys.executable}" -m vastai "$@"\n'
    for place, text in (("bin/vastai", script), (".venv/bin/vastai", script), ("bin/sleep", "#!/bin/sh\n")):
        (tmp_path / place).write_text(text, encoding="utf-8")
        (tmp_path / place).chmod(0o755)
    return {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("page", with_blocks("bash"), ids=names(with_blocks("bash")))
def test_command_lines_run_in_the_sandbox(page: Path, programs: dict[str, str], tmp_path: Path) -> None:
    """The lines of one page, in one shell, as they are printed; only the installation is left out."""
    script = "\n".join(blocks(page.read_text(encoding="utf-8"), "bash"))
    script = re.sub(r"^python3 -m venv .*?(?=\.venv/bin/vastai)", "", script, flags=re.MULTILINE)
    assert "vastai" in script
    command = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(
        command, cwd=tmp_path, env={**programs, "VAST_URL": "sandbox"}, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr.lower()


def printed_commands() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in blocks(text, "bash", marked=False):
            yield from ((page.name, line) for line in block.splitlines() if re.match(r"(\S*/)?vastai ", line))
        yield from ((page.name, code) for code in re.findall(r"`(vastai [a-z][^`\n]*)`", text))


def test_every_command_line_in_the_pages_names_a_command() -> None:
    everything = TABLE.joined(local.table())
    starts = {words[:count] for words in everything.words() for count in (1, 2)}
    unknown = []
    for page, line in printed_commands():
        plain = re.sub(r"--url \S+|\bhelp\b", "", line).split()[1:3]
        words = tuple(word for word in plain if re.fullmatch(r"[a-z][a-z-]*", word))
        if not words or topics.topic_named(list(words)):
            continue
        if words not in starts and words[:1] not in everything.words():
            unknown.append(f"{page}: {line}")
    assert set(unknown) == OWN


# ---------------------------------------------------------------- entries and programs


def entries() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for number, block in enumerate(blocks(page.read_text(encoding="utf-8"), "yaml", marked=False)):
            if not is_world(block):
                yield f"{page.name}-{number}", block


def is_world(block: str) -> bool:
    """Is this YAML a world of the sandbox, and no entry of the table?"""
    return re.search(r"^(market|credit|instances):", block, re.MULTILINE) is not None


def test_worlds_in_the_pages_can_be_made() -> None:
    texts = [page.read_text(encoding="utf-8") for page in PAGES]
    worlds = [block for text in texts for block in blocks(text, "yaml", marked=False) if is_world(block)]
    assert worlds
    for world in worlds:
        seeds.seed(App(World(":memory:"), TABLE), world, "page")


@pytest.mark.parametrize("block", [block for _, block in entries()], ids=[name for name, _ in entries()])
def test_entries_in_the_pages_obey_the_grammar(block: str) -> None:
    if not block.startswith("version"):  # an entry of the package's own table, under another name
        block = "version: 1\ncommands:\n" + re.sub(r"\b(reboot|stop)(?=[_ ]instance)", "shake", block)
    faults = check.check(
        read.read(block, "page"), schemas=str(ROOT / "schemas"), hooks=registry.names, base_table=TABLE
    )
    assert check.report(faults, "page") == ""


def program(name: str) -> ModuleType:
    """A program of examples/ as a module."""
    spec = importlib.util.spec_from_file_location(f"example_{name}", ROOT / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_example_rents_and_cleans_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sandbox = Sandbox(str(tmp_path / "world.db"))  # in its clients a pause lets time pass there
    program("rent_and_clean_up").main(sandbox.new_client(raise_errors=True))
    printed = capsys.readouterr().out
    assert "ssh://root@" in printed
    assert "is destroyed" in printed
    assert sandbox.client.show_instances() == []
    sandbox.close()


def test_the_example_compares(capsys: pytest.CaptureFixture[str]) -> None:
    program("search_and_compare").main()
    assert re.search(r"RTX 4090 +\d+\.\d+ \$/hour", capsys.readouterr().out)


def test_the_example_shows_how_errors_come(capsys: pytest.CaptureFixture[str]) -> None:
    program("error_handling").main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["returned", "raised", "raised", "refused"]


# ---------------------------------------------------------------- the pages' maker


def test_cells_and_lines_survive_what_a_summary_may_hold() -> None:
    entry = {
        "summary": "Show a|b",
        "group": "odd",
        "http": "GET /a/",
        "params": {"x": {"type": ["str"], "required": True, "help": "one\n| two", "choices": ["p", "q"]}},
        "returns": {"schema": "ack", "many": True},
        "examples": [{"cli": "vastai show odd p", "python": 'client.show_odd(["p"])'}],
    }
    table = Table.from_data({"commands": {"show_odd": entry}})
    page = doc.reference(table, "[[count]]\n[[further]]\n[[details]]\n")
    assert "| `show_odd(x)` | Show a\\|b | `list[dict]` |" in page
    assert "| `x` | `Sequence[str]` |  | one \\| two; one of `p`, `q`. **Required** |" in page
    assert "vastai show odd X..." in doc.commands_page(table, "[[commands]]")
