"""View hooks: a result as the text that a terminal shows."""

from __future__ import annotations

from typing import Any

from .registry import view


@view
def command_output(result: dict[str, Any]) -> str:
    """What a command on an instance printed, or the job that will run it.

    >>> command_output({"success": True, "output": "data\\n"})
    'data\\n'
    >>> command_output({"success": True, "scheduled_job_id": 73})
    'scheduled_job_id: 73'
    """
    if "scheduled_job_id" in result:
        return f"scheduled_job_id: {result['scheduled_job_id']}"
    return str(result.get("output") or "")


@view
def started(result: dict[str, Any]) -> str:
    """A rental in the form that scripts for the official command line read, who look for the ID in these quotes.

    >>> started({"new_contract": 7835610, "success": True})
    "Started. {'success': True, 'new_contract': 7835610}"
    """
    first = {name: result[name] for name in ("success", "new_contract") if name in result}
    return f"Started. {first | result}"
