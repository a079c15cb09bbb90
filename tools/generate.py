"""Write the generated files of the project from the table, or prove that they are fresh.

python tools/generate.py --write            write all of them
python tools/generate.py --check [FILE...]  say which are stale, and end with 1 if any is
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from difflib import unified_diff
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

from stub import stub  # noqa: E402  (found through the line above)

from vastai import doc, openapi  # noqa: E402
from vastai.cli import local  # noqa: E402
from vastai.hooks import query_fields, regions  # noqa: E402
from vastai.table import build  # noqa: E402
from vastai.table.model import Table  # noqa: E402

# The part of a page between two such lines is generated; the rest is written by hand.
PART = re.compile(r"(<!-- GENERATED from [^\n]*: from here -->\n).*(<!-- GENERATED: to here -->\n)", re.DOTALL)


def client_stub(table: Table) -> str:
    """vastai/client.pyi."""
    head = "# GENERATED from commands.yaml and vastai/client.py by tools/generate.py; do not edit.\n"
    return head + stub(table, _read("vastai/client.py"))


def reference(table: Table) -> str:
    """docs/sdk/reference/vastai.md."""
    return _page(doc.reference(table, _read("tools/reference_template.txt")), "tools/reference_template.txt")


def commands(table: Table) -> str:
    """docs/cli/commands.md, with the commands that are no request to the service at the end."""
    everything = table.joined(local.table())
    return _page(doc.commands_page(everything, _read("tools/commands_template.txt")), "tools/commands_template.txt")


def manual(table: Table) -> str:
    """docs/guides/commands-yaml.md, which is written by hand but for the part between two marks."""
    return _between("docs/guides/commands-yaml.md", grammar(json.loads(_read("schemas/commands.json"))))


def queries(table: Table) -> str:
    """docs/guides/queries.md, where the fields of each kind of search and the regions stand between two marks."""
    return _between("docs/guides/queries.md", "\n\n".join([*map(fields, query_fields.KINDS), countries()]))


def description(table: Table) -> str:
    """docs/openapi.json."""
    head = {"x-made": "GENERATED from commands.yaml and schemas/ by tools/generate.py; do not edit."}
    return laid_out({**head, **openapi.document(table)}) + "\n"


FILES: dict[str, Callable[[Table], str]] = {
    "vastai/client.pyi": client_stub,
    "docs/sdk/reference/vastai.md": reference,
    "docs/cli/commands.md": commands,
    "docs/guides/commands-yaml.md": manual,
    "docs/guides/queries.md": queries,
    "docs/openapi.json": description,
}


def laid_out(value: Any, indent: str = "") -> str:
    """A JSON value as text: what fits on a line of 120 characters stands on one, the rest is broken up.

    >>> laid_out({"a": [1, 2]})
    '{"a": [1, 2]}'
    """
    text = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(text) <= 118 or not isinstance(value, dict | list) or not value:
        return text
    deeper = indent + "  "
    if isinstance(value, list):
        lines = [deeper + laid_out(item, deeper) for item in value]
    else:
        lines = [f"{deeper}{json.dumps(key)}: {laid_out(item, deeper)}" for key, item in value.items()]
    begin, end = "[]" if isinstance(value, list) else "{}"
    return f"{begin}\n" + ",\n".join(lines) + f"\n{indent}{end}"


def grammar(schema: Mapping[str, Any]) -> str:
    """The keys of commands.yaml, one table for each level.

    Arguments:
        schema: the content of schemas/commands.json, where each key has a description.
    """
    levels = (
        ("The file", schema),
        ("A command", schema["$defs"]["command"]),
        ("A parameter", schema["$defs"]["parameter"]),
        ("A column", schema["$defs"]["column"]),
    )
    return "\n\n".join(
        f"### {title}\n\n" + doc.markdown_table(("Key", "Says"), _keys(level, "")) for title, level in levels
    )


def _keys(level: Mapping[str, Any], above: str) -> list[tuple[str, str]]:
    """The keys of one level, those of an object below it with a dot, and what each says."""
    rows = []
    for key, schema in level["properties"].items():
        rows.append((f"`{above}{key}`", doc.sentence(schema.get("description", ""))))
        for variant in (schema, *schema.get("anyOf", ())):
            rows += _keys(variant, f"{key}.") if "properties" in variant else []
    return rows


def fields(kind: str) -> str:
    """The fields of one kind of search."""
    rows = [
        (f"`{field.name}`" + (f", `{field.alias}`" if field.alias else ""), field.type, field.unit)
        for field in query_fields.describe(kind)
    ]
    title = kind.replace("_", " ").capitalize()
    return f"### {title}\n\n" + doc.markdown_table(("Field", "Type", "Unit, values"), rows)


def countries() -> str:
    """The regions with their countries: their codes in a query, their names in a launch."""
    rows = [(f"`{name}`", " ".join(members)) for name, members in {**regions.CODES, **regions.NAMES}.items()]
    return "## Countries of a region\n\n" + doc.markdown_table(("Region", "Countries"), rows)


def own_table() -> Table:
    """The package's table without what a user has added to it."""
    data, *_ = build.compile_file(str(ROOT / "commands.yaml"))
    return Table.from_data(data)


def stale(table: Table, names: Iterable[str]) -> list[str]:
    """One line for each file that is not what the table says, with the first line that differs."""
    lines = []
    for name in names:
        old, new = _read(name).splitlines(), FILES[name](table).splitlines()
        changes = [line for line in unified_diff(old, new, n=0, lineterm="") if re.match(r"[-+](?![-+]{2} )", line)]
        if changes:
            lines.append(f"{name}: {len(changes)} lines differ, first: {changes[0][:100]}")
    return lines


def write(table: Table, names: Iterable[str]) -> None:
    """Write the files."""
    for name in names:
        text = FILES[name](table)
        (ROOT / name).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / name).write_text(text, encoding="utf-8")


def main(argv: list[str] | None = None) -> int:
    """Write or check the files named, all of them by default. Returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    mode = parser.add_mutually_exclusive_group(required=True)
    mode.add_argument("--write", action="store_true", help="write the files")
    mode.add_argument("--check", action="store_true", help="say which files are stale")
    parser.add_argument("files", nargs="*", metavar="FILE", help=f"of {', '.join(FILES)}; default: all")
    options = parser.parse_args(argv)
    unknown = [name for name in options.files if name not in FILES]
    if unknown:
        parser.error(f"not generated: {', '.join(unknown)}")
    names = options.files or list(FILES)
    if options.write:
        write(own_table(), names)
        return 0
    lines = stale(own_table(), names)
    for line in lines:
        print(line)
    if lines:
        print("Run: python tools/generate.py --write", file=sys.stderr)
    return 1 if lines else 0


def _page(text: str, template: str) -> str:
    """A generated page: who made it, and a word to formatters, for code in it is to stay as it was promised."""
    head = f"<!-- GENERATED from commands.yaml and {template} by tools/generate.py; do not edit. -->"
    return f"{head}\n<!-- fmt: off -->\n\n{text}"


def _between(name: str, text: str) -> str:
    """A page with this text in its generated part."""
    page, count = PART.subn(lambda marks: f"{marks[1]}\n{text}\n\n{marks[2]}", _read(name))
    if count != 1:
        raise SystemExit(f"{name}: the marks of its generated part are not there")
    return page


def _read(name: str) -> str:
    """A file of the project; "" when it is not there yet."""
    path = ROOT / name
    return path.read_text(encoding="utf-8") if path.exists() else ""


if __name__ == "__main__":
    sys.exit(main())
