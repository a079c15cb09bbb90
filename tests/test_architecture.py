"""The structure that DESIGN promises: who may import whom, what a start loads, and that no command is known by name."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from vastai.client import table
from vastai.table import compiled
from vastai.table.model import Command

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "vastai"

# Who may know whom. A package may always know itself, the errors, and the two helpers that know nobody.
ALLOWED = {
    "nearest": set(),
    "errors": set(),
    "signs": set(),
    "variables": set(),
    "cells": set(),
    "histogram": set(),
    "table": set(),
    "hooks": set(),
    "settings": set(),
    "profiles": {"settings"},
    "engine": {"table", "hooks", "settings"},
    "factory": {"table"},
    "render": {"table", "hooks", "cells", "histogram"},
    "client": {"table", "engine", "settings", "factory", "render"},
    "sdk": {"client"},
    "doc": {"table", "factory", "client", "variables"},
    "openapi": {"table"},
    "cli": {
        *("table", "engine", "hooks", "settings", "profiles", "client", "render", "cells", "factory", "variables"),
    },
    "sandbox": {"table", "client", "hooks"},
    "replay": {"client", "engine", "recording"},
    "recording": {"table", "settings", "engine"},
}
EVERYBODY = {"errors", "nearest", "signs", "__version__"}
# Upward arrows that are meant, each loaded lazily inside a function.
LAZY = {
    ("settings", "profiles"): "who has no profile does without them",
    ("engine", "sandbox"): "the transport of a sandbox address is loaded when it is opened",
    ("engine", "recording"): "a transport that records or plays back is loaded when it is asked for",
    ("cli", "sandbox"): "the sandbox's own commands, which are not commands of the API",
    ("table", "hooks"): "the check asks which hooks there are",
    ("hooks", "engine"): "flows yield the engine's steps, and wait by its means; both know no flow",
    ("sandbox", "engine"): "the sandbox answers with the engine's Reply",
}


def part_of(path: Path) -> str:
    """The part of the package that a file belongs to."""
    first = path.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def imports(path: Path) -> set[str]:
    """The parts of the package that a file imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = absolute(path, node)
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("vastai.")}
    return found


def absolute(path: Path, node: ast.ImportFrom) -> list[str]:
    """The full names of what a from-import brings."""
    if not node.level:
        base = node.module or ""
    else:
        package = ["vastai", *path.relative_to(PACKAGE).parts[:-1]]
        package = package[: len(package) - node.level + 1]
        base = ".".join([*package, *([node.module] if node.module else [])])
    return [f"{base}.{alias.name}" for alias in node.names] if base == "vastai" else [base]


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_parts_know_only_those_below_them(path: Path) -> None:
    part = part_of(path)
    if part not in ALLOWED:
        assert part in {"__init__", "__main__"}, f"say in ALLOWED whom {part} may know"
        return
    known = imports(path) - {part} - EVERYBODY - ALLOWED[part]
    assert not {other for other in known if (part, other) not in LAZY}


def test_no_command_is_known_by_name_outside_the_table() -> None:
    """A word of code that is the name of a command, as an identifier or a text, stands nowhere but in the sandbox."""
    names = {name for name in table().names() if "_" in name}
    for path in PACKAGE.rglob("*.py"):
        if "sandbox" in path.relative_to(PACKAGE).parts or path.name.startswith("_commands"):
            continue
        found = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found |= {node.value} & names
            elif isinstance(node, ast.Attribute):
                found |= {node.attr} & names
        # a flow names the commands that its entry lists under `calls` or `look_at`, and no others
        called = {name for command in table() for name in listed(command)} if path.parent.name == "hooks" else set()
        assert found - called == set(), path


def listed(command: Command) -> set[str]:
    """The commands that an entry names: those it calls, and the one to look with."""
    return {*command.calls, *([command.look_at["command"]] if command.look_at else [])}


FORBIDDEN = {"requests", "urllib3", "yaml", "jsonschema", "json", "inspect", "dataclasses", "hashlib", "rich"}
STARTS = {
    "import vastai": FORBIDDEN | {"argparse", "typing", "logging"},
    "import vastai; vastai.VastAI(api_key='k')": FORBIDDEN
    | {"argparse", "typing", "logging", "vastai.errors", "vastai.table.model", "vastai.table._commands_text"},
    "from vastai.cli.main import main; main(['--version'])": FORBIDDEN | {"argparse", "vastai.table.model"},
    "from vastai.cli.main import main; main(['--help'])": FORBIDDEN
    | {"argparse", "vastai.client", "vastai.table.model"},
    "from vastai.cli.main import main; main([])": FORBIDDEN
    | {"argparse", "vastai.client", "vastai.table.model", "vastai.table._commands_text", "vastai.cli.topics"},
    "from vastai.cli.complete import main; main(['zsh', 'show', 'instances', '--r'])": FORBIDDEN
    | {"argparse", "typing", "vastai.client", "vastai.cli.main"},
    "from vastai.cli.main import main; main(['show', 'instances', '--help'])": FORBIDDEN | {"vastai.client"},
    "from vastai.cli.main import main; main(['show', 'instances', '--no'])": FORBIDDEN - {"json"} | {"vastai.client"},
}


@pytest.mark.parametrize("code", STARTS)
def test_a_start_loads_little(code: str, tmp_path: Path) -> None:
    """And it writes nothing: the home it runs in cannot be written."""
    script = f"import sys; before = set(sys.modules)\ntry:\n  {code}\nexcept SystemExit: pass\n"
    script += "print('LOADED', *(set(sys.modules) - before))"
    table()
    compiled.save()  # the compiled table is there, as after any command
    environ = {**os.environ, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    for name in ("VAST_URL", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        environ.pop(name, None)
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, env=environ, check=True)
    loaded = set(run.stdout.rpartition("LOADED")[2].split())
    assert loaded & STARTS[code] == set()
    assert list(tmp_path.iterdir()) == []


def test_modules_begin_with_their_job() -> None:
    for path in [*PACKAGE.rglob("*.py"), *(ROOT / "tools").glob("*.py")]:
        if not path.name.startswith("_commands"):
            doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
            assert doc, path
            assert len(doc.splitlines()[0]) > 10, path


def test_the_version_stands_in_one_form() -> None:
    import vastai

    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r'^version = "(.+)"$', project, re.M)[1] == vastai.__version__  # type: ignore[index]
