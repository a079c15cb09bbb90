"""Check commands.yaml and its schemas like code, or tables of your own: python tools/check.py [FILE ...]."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, ROOT)  # so that it runs from any folder, and before anything is installed

from vastai.errors import TableError  # noqa: E402
from vastai.hooks import registry  # noqa: E402
from vastai.table import check, read  # noqa: E402
from vastai.table.model import Table  # noqa: E402

TABLE = os.path.join(ROOT, "commands.yaml")
SCHEMAS = os.path.join(ROOT, "schemas")
PAGE = os.path.join(ROOT, "tests", "cases", "page_methods.json")


def main(files: list[str]) -> int:
    """Print every fault, or one line of good news for each table.

    Args:
        files: tables that add to the package's own; without any, the package's own is checked.

    Returns:
        0 when all is well, else 1.
    """
    news = [check_package()] if not files or any(_is_package(file) for file in files) else []
    news += [check_own(file) for file in files if not _is_package(file)]
    for _, text in news:
        print(text)
    return 0 if all(good for good, _ in news) else 1


def check_package() -> tuple[bool, str]:
    """The package's table and schemas: whether they are good, and the faults or the counts."""
    faults = list(schema_faults(SCHEMAS))
    try:
        document = _read(TABLE)
        found = check.check(document, schemas=SCHEMAS, hooks=hook_names)
    except (TableError, OSError, ValueError) as error:
        return False, "\n".join([str(error), *faults])
    if found or faults:
        return False, "\n".join(filter(None, [check.report(found, "commands.yaml"), *faults]))
    return True, f"commands.yaml: good. {counts(document)}"


def check_own(file: str) -> tuple[bool, str]:
    """A table that adds to the package's: whether it is good, and the faults or the number of commands."""
    name = os.path.basename(file)
    try:
        package = _read(TABLE)
        if check.check(package, schemas=SCHEMAS, hooks=hook_names):
            return False, f"{name}: not checked, for commands.yaml itself has faults; run this without a FILE"
        base = Table.from_data(package.data)
        document = _read(file)
        folders = [SCHEMAS, os.path.join(os.path.dirname(os.path.abspath(file)), "schemas")]
        found = check.check(document, schemas=folders, hooks=hook_names, base_table=base)
    except (TableError, OSError, ValueError) as error:
        return False, str(error)
    return not found, check.report(found, name) or f"{name}: good. {len(document.data['commands'])} commands."


def hook_names(kind: str) -> list[str]:
    """The names of the hooks of a kind; none while there is no module for it."""
    try:
        return registry.names(kind)
    except ModuleNotFoundError as error:
        if error.name not in {f"vastai.hooks.{module}" for module in registry.MODULES[kind]}:
            raise
        return []


def counts(document: read.Document) -> str:
    """How much there is in a good table, and how much of it needs no hook."""
    commands = document.data["commands"]
    parameters = sum(len(entry.get("params", {})) for entry in commands.values())
    with open(PAGE, encoding="utf-8") as file:
        page = json.load(file)
    plain, on_page = check.hook_share(document, page)
    missing = f"; {len(page) - on_page} of its {len(page)} methods are missing" if on_page < len(page) else ""
    return (
        f"{len(commands)} commands, {parameters} parameters, {len(check.schema_names([SCHEMAS]))} schemas. "
        f"No hook: {_share(*check.hook_share(document))} of all commands, "
        f"{_share(plain, on_page)} of the reference page{missing}."
    )


def schema_faults(folder: str) -> Iterator[str]:
    """What is wrong with the response schemas of a folder: no JSON, no JSON Schema, or a reference to nothing."""
    from jsonschema import Draft202012Validator, SchemaError

    names = check.schema_names([folder])
    for name in names:
        try:
            with open(os.path.join(folder, f"{name}.json"), encoding="utf-8") as file:
                schema = json.load(file)
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            path = ".".join(str(key) for key in error.absolute_path)
            yield f"schemas/{name}.json: {path or 'it'}: is no JSON Schema: {error.message[:200]}"
        except ValueError as error:
            yield f"schemas/{name}.json: is not JSON: {error}"
        else:
            for target in references(schema):
                if target.partition("#")[0].removesuffix(".json") not in (*names, ""):
                    yield f"schemas/{name}.json: there is no {target}"


def references(schema: object) -> Iterator[str]:
    """Every `$ref` of a schema."""
    for key, value in schema.items() if isinstance(schema, dict) else ():
        if key == "$ref" and isinstance(value, str):
            yield value
        yield from references(value)
    for item in schema if isinstance(schema, list) else ():
        yield from references(item)


def _read(file: str) -> read.Document:
    with open(file, encoding="utf-8") as stream:
        return read.read(stream.read(), os.path.basename(file))


def _is_package(file: str) -> bool:
    return os.path.realpath(file) == os.path.realpath(TABLE)


def _share(part: int, whole: int) -> str:
    return f"{part} of {whole} ({100 * part / whole:.0f} %)" if whole else "0 of 0"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
