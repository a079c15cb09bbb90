"""Hooks for answers of the serverless host and for clusters: logs by level, clusters as lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .registry import value, view

Values = Mapping[str, Any]
Row = dict[str, Any]

LOG_LEVELS = ("info0", "info1", "trace", "debug")  # what the service calls level 0, 1, 2 and 3


@value
def log_of_level(result: Row, values: Values) -> Row:
    """The log with the text of one level as ``output``: all levels come in one answer.

    >>> log_of_level({"info0": "up", "info1": "up and well"}, {"level": 1})["output"]
    'up and well'
    """
    text = result.get(LOG_LEVELS[values["level"]])
    return {**result, "output": result.get("logs") if text is None else text}


@view
def clusters(result: Row) -> str:
    """Clusters, one on a line: ID, subnet, the machine that manages it and its address, and all its machines.

    >>> nodes = [{"machine_id": 8, "is_cluster_manager": True, "local_ip": "10.0.0.1"}, {"machine_id": 9}]
    >>> clusters({"clusters": {"3": {"subnet": "10.0.0.0/24", "nodes": nodes}}})
    '3  10.0.0.0/24  2 machines: 8, 9  manager: 8 at 10.0.0.1'
    """
    lines = [_cluster(id, cluster) for id, cluster in (result.get("clusters") or {}).items()]
    return "\n".join(lines) or "No clusters."


def _cluster(id: str, cluster: Values) -> str:
    nodes = cluster.get("nodes") or []
    machines = [str(node.get("machine_id")) for node in nodes]
    manager: Values = next((node for node in nodes if node.get("is_cluster_manager")), {})
    line = f"{id}  {cluster.get('subnet') or '-'}  {len(nodes)} machine{'' if len(nodes) == 1 else 's'}"
    line += f": {', '.join(machines)}" if machines else ""
    return line + (f"  manager: {manager.get('machine_id')} at {manager.get('local_ip') or '-'}" if manager else "")
