"""Results as text for people: tables, records, acknowledgements and plain text. Reads nothing, prints nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from .cells import Column, Texts, cell, columns_of, field, grid, pad, value
from .histogram import histogram
from .signs import neutral
from .table.model import Command

GAP = "  "
MASK = "****"
SHOW = "show_values"  # the parameter that lifts the mask, where a command has it
NARROW = 12  # columns that a shortened text keeps at least


def text(
    command: Command, result: Any, columns: Mapping[str, Sequence[Column]] | None = None, width: int | None = None
) -> str:
    """The result of a command as its entry's `output` wants it shown.

    Arguments:
        columns: the column lists of the table, by name.
        width: columns of the terminal, or None for lines of any length, as programs read them.

    Returns:
        lines without a final newline; "" when there is nothing to show.
    """
    output = command.output
    if output.view and output.view != "text":
        from .hooks import registry

        return neutral(registry.find("view", output.view)(result), keep="\n\t")
    if output.histogram:
        return histogram([field(row, output.histogram["field"]) for row in rows_of(result, output.rows)],
                         output.histogram["unit"], width)  # fmt: skip
    if output.text and isinstance(result, dict) and output.text in result:
        return neutral(str(result.get(output.text) or output.empty or ""), keep="\n\t")
    if result is None:
        return ""
    if isinstance(result, str):
        return as_written(result, width)
    if isinstance(result, dict) and set(result) == {"success", "results"} and not output.rows:
        return "\n".join(report(command, result))
    if isinstance(result, dict) and set(result) == {"success", "msg"}:
        return record(command, result)
    if output.table and output.rows and isinstance(result, dict):
        rows_needed = output.empty is not None  # else what stands beside the rows is worth showing without any
        return _page(output.rows, result, (columns or {})[output.table], width, rows_needed)
    if output.table:
        return _tabled(result, (columns or {})[output.table], width)
    if isinstance(result, dict):
        return record(command, result)
    if isinstance(result, list) and not all(isinstance(item, dict) for item in result):
        return "\n".join(cell(item) for item in result)
    return neutral(json.dumps(result, ensure_ascii=False, indent=2), keep="\n") if result else ""


def picked(
    result: Any, columns: Sequence[Column], rows: str | None = None, width: int | None = None, *, lines: bool = False
) -> str:
    """A result in the columns that somebody asks for.

    Arguments:
        rows: the field that holds the rows of a page, or None.
        width: as in `text`.
        lines: one object as lines ``title: value``.

    >>> picked({"id": 7, "a": {"b": 1}}, [{"field": "a.b", "title": "a.b"}, {"field": "id", "title": "ID"}], lines=True)
    'a.b: 1\\nID: 7'
    """
    if rows is not None:
        return _page(rows, result, columns, width, rows_needed=True)
    if lines:
        return "\n".join(f"{column['title']}: {value(result, column)}" for column in columns)
    return _tabled(result, columns, width)


def record(command: Command, result: Mapping[str, Any]) -> str:
    """One object as lines ``name: value``; an acknowledgement that says no more than yes as one line.

    What it reports of each of several stands below, a line for each.

    >>> from vastai.table.model import Command
    >>> start = Command("start_instance", {"summary": "Start", "group": "instances"})
    >>> record(start, {"success": True}), record(start, {"success": True, "new_contract": 7})
    ('start instance: done', 'new_contract: 7')
    """
    rows = result.get("results")
    reports = isinstance(rows, list) and all(isinstance(row, Mapping) and {"id", "success"} <= set(row) for row in rows)
    hidden = (*_ROW, "results") if reports else _ROW
    shown = {name: value for name, value in result.items() if name not in hidden and value not in (None, "", [], {})}
    said = [cell(shown.pop("msg"))] if isinstance(shown.get("msg"), str) else []
    lines = said + [f"{neutral(str(name))}: {cell(value)}" for name, value in shown.items()]
    lines += report(command, result) if reports else []
    return "\n".join(lines) if lines else f"{' '.join(command.words)}: done"


def report(command: Command, result: Mapping[str, Any], brief: bool = False) -> list[str]:
    """What came of each of several items, a line for each; a text of several lines stands below its ID.

    Arguments:
        brief: leave out those that have no more to tell than how they stand.

    >>> from vastai.table.model import Command
    >>> reboot = Command("reboot_instance", {"summary": "Reboot", "group": "instances"})
    >>> rows = [{"id": 7, "success": True}, {"id": 8, "success": False, "error": "busy", "msg": "Not now."}]
    >>> report(reboot, {"results": rows}), report(reboot, {"results": rows}, brief=True)
    (['7: done', '8: Not now.'], ['8: Not now.'])
    """
    lines = []
    for row in result.get("results") or ():
        answer = {name: value for name, value in row.items() if name not in _ON_FAILURE and value not in _NOTHING}
        if command.output.text in answer:
            text = neutral(str(answer[command.output.text]), keep="\n\t").rstrip("\n")
            lines.append(f"==> {cell(row.get('id'))} <==\n{text}")
            continue
        said = [cell(answer.pop("msg"))] if isinstance(answer.get("msg"), str) else []
        said += [f"{neutral(str(name))}: {cell(value)}" for name, value in answer.items()]
        if "id" in row and (said or not brief):
            lines.append(f"{cell(row['id'])}: {', '.join(said) or 'done'}")
    return lines


_ROW = ("success", "instance")  # the row of an instance that was waited for is too much to read: msg says it all
_ON_FAILURE = ("id", "error", "status_code", "hint", *_ROW)
_NOTHING: tuple[Any, ...] = (None, "", [], {})


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[Column], width: int | None = None) -> str:
    """Rows under headings, one line each.

    Arguments:
        columns: `field` (dots go deeper), `title`, and as wanted `format`, `scale`, `align`. A format with a ``%``,
            such as ``{:%Y-%m-%d}``, shows unix seconds as a time in UTC.
        width: columns of the terminal: texts are cut, then columns left out at the right, until it fits. None where
            a program reads: every cell and heading is one word then, for awk and cut.

    >>> print(table([{"id": 7, "gpu": "RTX 4090", "ram": 2048}], [{"field": "id", "title": "ID"},
    ...     {"field": "gpu", "title": "GPU model"},
    ...     {"field": "ram", "title": "RAM", "format": "{:.1f}", "scale": 0.001, "align": "right"}]))
    ID  GPU_model  RAM
    7   RTX_4090   2.0
    """
    if not rows:
        return ""
    shown = [
        Texts([column["title"], *texts], one_word_each=width is None)
        for column, texts in zip(columns, grid(rows, columns), strict=True)
    ]
    widths = [texts.width for texts in shown]
    if width is not None:
        widths = fit(widths, [_may_be_cut(column) for column in columns], width)
    sides = [column.get("align") == "right" for column in columns]
    filled = [texts.padded(size, right) for texts, size, right in zip(shown, widths, sides, strict=False)]
    lines = [GAP.join(line).rstrip() for line in zip(*filled, strict=True)]
    left_out = len(columns) - len(widths)
    if left_out:
        lines.append(_left_out(left_out, width))
    return "\n".join(lines)


def _left_out(count: int, width: int | None) -> str:
    """The line about columns that do not fit, which fits itself.

    >>> _left_out(2, 80), _left_out(2, 20), _left_out(12, 4)
    ('(2 more columns: --full or --raw shows all)', '(2 more: --full)', '(+..')
    """
    several = "s" if count > 1 else ""
    notes = [f"({count} more column{several}: --full or --raw shows all)", f"({count} more: --full)", f"(+{count})"]
    return next((note for note in notes if width is None or len(note) <= width), pad(notes[-1], width or 0))


def fit(widths: Sequence[int], is_text: Sequence[bool], width: int) -> list[int]:
    """The widths of the columns that fit a terminal: texts give way down to `NARROW`, then the last columns go.

    >>> fit([5, 40, 8], [False, True, False], 40)
    [5, 23, 8]
    >>> fit([5, 40, 8], [False, True, False], 20)
    [5, 13]
    >>> fit([5, 40, 8], [False, True, False], 4)
    [4]
    """
    least = [min(size, NARROW) if shrinks else size for size, shrinks in zip(widths, is_text, strict=True)]
    while len(least) > 1 and sum(least) + len(GAP) * (len(least) - 1) > width:
        least.pop()
    least[0] = min(least[0], width)  # a terminal that holds not even one column
    spare = width - sum(least) - len(GAP) * (len(least) - 1)
    for position, size in enumerate(least):
        more = max(0, min(spare, widths[position] - size))
        least[position] += more
        spare -= more
    return least


def _may_be_cut(column: Column) -> bool:
    """Is half of a cell still worth reading? Of numbers and times it is not."""
    return column.get("align") != "right" and "%" not in column.get("format", "")


def masked(command: Command, result: Any, given: Mapping[str, Any]) -> Any:
    """The result with those fields masked that its schema marks as secret, unless their values were asked for.

    The library returns them plain; a terminal is looked at by others, and what is printed is kept in logs.

    Arguments:
        given: the caller's values by parameter name; `SHOW` lifts the mask.
    """
    if command.returns.schema is None or given.get(SHOW):
        return result
    from .table.schemas import properties

    secret = [name for name, described in properties(command.returns.schema).items() if described.get("x-secret")]
    if isinstance(result, list):
        return [_hidden(row, secret) for row in result] if secret else result
    return _hidden(masked_inside(result), secret)


def masked_inside(result: Any) -> Any:
    """A result, or a refusal, with the rows of instances masked that stand in it when they were waited for."""
    if not isinstance(result, dict) or not {"instance", "results"} & set(result):
        return result
    from .table.schemas import properties

    secret = [name for name, described in properties("instance").items() if described.get("x-secret")]
    masked = {**result, "instance": _hidden(result["instance"], secret)} if "instance" in result else {**result}
    if isinstance(masked.get("results"), list):
        masked["results"] = [masked_inside(row) for row in masked["results"]]
    return masked


def _hidden(row: Any, secret: Sequence[str]) -> Any:
    if not isinstance(row, dict):
        return row
    return {name: MASK if name in secret and value not in (None, "") else value for name, value in row.items()}


def _tabled(result: Any, columns: Sequence[Column], width: int | None) -> str:
    """Rows as a table; one object that is too wide for the terminal as lines ``title: value`` instead."""
    if isinstance(result, list):
        return table(result, columns, width)
    line = table([result], columns)
    if width is None or max(map(columns_of, line.split("\n"))) <= width:
        return line
    return "\n".join(f"{column['title']}: {value(result, column)}" for column in columns)


def _page(key: str, result: Mapping[str, Any], columns: Sequence[Column], width: int | None, rows_needed: bool) -> str:
    """The rows of a page as a table, and below it what else the page says, such as the token of the next one."""
    rows = rows_of(result, key)
    if not rows and rows_needed:
        return ""
    rest = {name: value for name, value in result.items() if name not in (key, "success")}
    lines = [f"{neutral(str(name))}: {cell(value)}" for name, value in rest.items() if value not in (None, "", [], {})]
    return "\n".join([*([table(rows, columns, width)] if rows else []), *lines])


def rows_of(result: Any, key: str | None) -> list[Any]:
    """The rows of a result: those under the key, when it is a page that has one; else the result itself.

    >>> rows_of({"results": [{"id": 1}], "total": 1}, "results"), rows_of([{"id": 1}], None), rows_of({"id": 1}, None)
    ([{'id': 1}], [{'id': 1}], [{'id': 1}])
    """
    if key is not None and isinstance(result, Mapping):
        result = result.get(key) or []
    return result if isinstance(result, list) else [result]


def as_written(result: str, width: int | None) -> str:
    """Text of the service: neutral on a terminal, unchanged in a pipe or a file."""
    result = result.removesuffix("\n")
    return result if width is None else neutral(result, keep="\n\t")
