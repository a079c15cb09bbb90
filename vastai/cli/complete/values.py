"""The values that a parameter may take, as candidates: choices, fields, GPU models, regions, rows of the service."""

from __future__ import annotations

from .candidates import Candidates

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Mapping, Sequence

    from ...table.model import Parameter

    Options = Mapping[str, str | bool]


def values(
    parameter: Parameter, text: str, earlier: Sequence[str], options: Options, environ: Mapping[str, str]
) -> Candidates:
    """What may be typed for a parameter.

    Arguments:
        text: what is typed of it.
        earlier: the plain words before it.
        options: the options of every command that are given: which server, which key.
    """
    if parameter.type == "path" or parameter.complete == "files":
        return Candidates(then="files")
    if parameter.choices:
        return Candidates((choice, "") for choice in parameter.choices)
    if parameter.type == "query":
        from . import queries

        return queries.query(text, earlier if parameter.takes_the_rest else [], parameter.options["of"])
    if parameter.type in ("order", "columns"):
        from . import queries

        return queries.order(text, parameter.options["of"])
    if parameter.complete:
        from . import rows

        head = text.rpartition(",")[0] + "," if parameter.several and "," in text else ""
        taken = {*earlier, *head.split(",")}
        found = rows.rows(parameter.complete, options, environ)
        return Candidates((head + value, meaning) for value, meaning in found if value not in taken)
    return _of_field(parameter)


def _of_field(parameter: Parameter) -> Candidates:
    """Known values of the field that a parameter stands for: GPU models, countries, regions."""
    from ...hooks import known_values

    names = {parameter.name, *parameter.alias, *parameter.wire.split(".")}
    field = next((name for name in sorted(names) if name in known_values.VALUES), "")
    rows = [(value, "") for value in known_values.VALUES.get(field, ())]
    if any(name == "region" for name, _ in parameter.then):
        from ...hooks import regions

        rows = [*((name, "region") for name in regions.NAMES), *rows]
    return Candidates(rows)
