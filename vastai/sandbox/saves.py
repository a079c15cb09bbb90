"""A world as YAML text, from which `seeds` makes the same one again."""

from __future__ import annotations

import json
from typing import Any

from vastai.sandbox import faulty, market, world_file
from vastai.sandbox.faults import Fault
from vastai.sandbox.world import World
from vastai.table.read import scalar

Row = dict[str, Any]

HEAD = (
    "# A world of the sandbox; `vastai sandbox seed FILE` makes it again. Of keys it holds hashes only;\n"
    "# the values of environment variables, scripts and labels stand here as they are.\n"
)


def save(world: World) -> str:
    """The world as text: its clock, what differs from its made-up market, its objects, its faults; not its log."""
    with world.transaction():
        settings = {"seed": int(world.meta("seed")), "offers": int(world.meta("offers", str(market.COUNT)))}
        made = float(world.meta("created"))
        document: Row = {"version": 1, "now": world.now(), "speed": world.speed, "market": {**settings, "made": made}}
        changed, removed = _differences(world, settings, made)
        document.update({"listings": changed} if changed else {}, **({"removed": removed} if removed else {}))
        faults = [_wish(fault) for fault in faulty.known(world) if not fault.used_up]
        document.update({"faults": faults} if faults else {})
        document["next_id"] = int(world.meta("next_id"))
        document["objects"] = list(world.everything())
    return HEAD + _yaml(document)


def _differences(world: World, settings: Row, made: float) -> tuple[dict[str, list[Row]], dict[str, list[int]]]:
    """The rows of the market that the made-up one has not, or has otherwise; and the ids that it has too many."""
    usual: dict[str, dict[int, Row]] = {}
    for kind, row in world_file.market_listings(settings["seed"], made, count=settings["offers"]):
        usual.setdefault(kind, {})[row["id"]] = json.loads(json.dumps(row))
    changed, removed = {}, {}
    for kind in sorted({*usual, *world.listed_kinds()}):
        here = {row["id"]: row for row in world.listings(kind)}
        differing = [row for id, row in here.items() if usual.get(kind, {}).get(id) != row]
        missing = sorted(usual.get(kind, {}).keys() - here.keys())
        changed.update({kind: differing} if differing else {})
        removed.update({kind: missing} if missing else {})
    return changed, removed


def _wish(fault: Fault) -> Row:
    """What is left of a fault, as it would be asked for."""
    times = None if fault.times is None else fault.times - fault.hits
    wish = {"route": fault.route, "kind": fault.kind, "times": times, "skip": fault.skip - fault.met}
    return {
        name: value for name, value in {**wish, **fault.options}.items() if value not in (None, 0) or name == "limit"
    }


def _yaml(document: Row) -> str:
    """Text that `table.read` reads as the same: no anchors, and quotes around texts that it would take for others."""
    import yaml

    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class Dumper(base):  # type: ignore[misc]
        def ignore_aliases(self, data: Any) -> bool:
            return True

    def text(dumper: Any, value: str) -> Any:
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if scalar(value) == value else '"')

    Dumper.add_representer(str, text)
    written: str = yaml.dump(
        document, Dumper=Dumper, sort_keys=False, default_flow_style=None, width=120, allow_unicode=True
    )
    return written
