"""The type stub and the class at run time are one: names, signatures, and what a type checker makes of a program."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from vastai.client import VastAI, table

ROOT = Path(__file__).parent.parent
STUB = ROOT / "vastai" / "client.pyi"
PROGRAM = """
from typing import Any

import vastai
from vastai import APIError, VastAI, VastError


def cheapest(client: VastAI) -> dict[str, Any]:
    offers: list[dict[str, Any]] = client.search_offers(query="num_gpus>=4", order="dph_total", limit=10)
    return offers[0]


with VastAI(api_key="key", server_url="sandbox", retry=0, raise_errors=True) as client:
    try:
        created: dict[str, Any] = client.create_instance(cheapest(client)["id"], image="a", env={"A": "b"}, disk=20)
        text: str = client.logs(created["new_contract"])
    except APIError as error:
        print(error.status_code, error.msg)
    except VastError as error:
        print(error.code, vastai.__version__)

client.show_instances(status=["running"])
client.search_offer()  # type: ignore[attr-defined]
client.show_instance()  # type: ignore[call-arg]
client.show_instance(7, 8)  # type: ignore[call-arg]
client.create_instance(7, imaeg="a")  # type: ignore[call-arg]
client.create_instance(7, disk=[1])  # type: ignore[arg-type]
number: int = client.show_user()  # type: ignore[assignment]
"""


def methods() -> dict[str, ast.FunctionDef]:
    """The methods of the class in the stub."""
    body = ast.parse(STUB.read_text(encoding="utf-8")).body
    found = next(node for node in body if isinstance(node, ast.ClassDef) and node.name == "VastAI")
    return {node.name: node for node in found.body if isinstance(node, ast.FunctionDef)}


STUBBED = methods()


def mypy(*arguments: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("name", table().names())
def test_a_method_is_in_the_stub_as_it_is_at_run_time(name: str) -> None:
    signature = inspect.signature(getattr(VastAI, name))
    arguments = STUBBED[name].args.args
    assert [argument.arg for argument in arguments] == list(signature.parameters)
    kinds = [ast.unparse(argument.annotation) for argument in arguments[1:] if argument.annotation]
    assert kinds == [parameter.annotation for parameter in list(signature.parameters.values())[1:]]
    assert ast.unparse(STUBBED[name].returns or ast.Constant(None)) == signature.return_annotation
    assert ast.get_docstring(STUBBED[name]) == table().command(name).summary + "."


def test_the_stub_has_no_method_that_is_not_there() -> None:
    own = {name for name, thing in vars(VastAI).items() if callable(thing) or isinstance(thing, property)}
    assert set(STUBBED) - own - set(table().names()) == set()


def test_stubtest_agrees_with_the_stub(tmp_path: Path) -> None:
    settings = tmp_path / "mypy.ini"  # errors inside the package are another test's business
    settings.write_text("[mypy]\nignore_errors = True\n", encoding="utf-8")
    done = mypy("mypy.stubtest", "--mypy-config-file", str(settings), "vastai.client")
    assert done.returncode == 0, done.stdout


def test_a_type_checker_accepts_a_good_program_and_finds_each_mistake(tmp_path: Path) -> None:
    """The examples are good. Each line with a mistake excuses it: mypy --strict complains of an excuse not needed."""
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    done = mypy("mypy", "--strict", "--follow-imports=silent", str(program), "examples")
    assert done.returncode == 0, done.stdout


def test_the_module_behind_the_stub_is_checked_too() -> None:
    """Where a stub lies beside a module, mypy reads the stub: the module must be named."""
    done = mypy("mypy", "--strict", "--follow-imports=silent", "vastai/client.py")
    assert done.returncode == 0, done.stdout


def test_no_line_of_the_stub_is_longer_than_the_project_allows() -> None:
    long = [line for line in STUB.read_text(encoding="utf-8").splitlines() if len(line) > 120]
    assert long == []
    done = mypy("ruff", "format", "--check", str(STUB))
    assert done.returncode == 0, re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr)
