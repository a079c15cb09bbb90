"""Afterwards: a command that has started, stopped or made instances waits until they are so, where that is asked."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from ..errors import APIError, ConnectionFailed, VastError
from ..table.model import Command
from . import bind, bulk
from .steps import Outcome
from .wait import TIMED_OUT, Aim, until, until_all

Flow = Generator[Any, Any, Any]
Row = dict[str, Any]
Run = Callable[..., Flow]

DONE = {"running": "is running", "ssh": "answers at", "stopped": "is stopped", "gone": "is gone"}


class Halted(KeyboardInterrupt):
    """The person has stopped a wait; the text, and `details`, tell what was done before it."""

    def __init__(self, text: str, details: Row) -> None:
        super().__init__(text)
        self.details = details


def after(command: Command, values: Mapping[str, Any], carried: Flow, run: Run, notes: list[str]) -> Flow:
    """A command, and the wait that its parameter `wait` asks for.

    Arguments:
        values: its values by parameter name.
        carried: the flow that carries it out.
        run: gives the flow of another command, by its name and positional arguments.
        notes: takes remarks.

    Returns:
        its answer, with `msg`, and `instance`, the row as it is in the end; of several instances a report.

    Raises (when run):
        VastError: the wait failed; `details` holds the answer, so that nothing that was made is lost.
        Halted: likewise, for an interruption.
    """
    answer = yield from carried
    aim = _aim(command, values)
    if aim is None:
        return answer
    ids, several = _instances(command, values, answer)
    if not ids:
        return answer
    look, listed = command.wait["look"], command.wait["list"]
    try:
        if not several:
            row = yield from until(lambda id: run(look, id), ids[0], aim)
            result = _result(ids[0], row, aim)
            if command.only_waits and row is not None:
                notes += [result["msg"]] if aim.until == "ssh" else []  # no table has room for the address
                return row
            return {**answer, **result}
        outcomes = yield from until_all(lambda: run(listed), ids, aim)
        return _reported(answer, ids, outcomes, aim)
    except VastError as error:
        raise error if command.only_waits else _completed(error, command, ids, answer) from None
    except KeyboardInterrupt:
        if command.only_waits:
            raise
        raise Halted(_interrupted(command, ids), dict(answer)) from None
    except Exception:  # nobody foresaw it, and what costs must be named all the same
        notes += [_goes_on(ids)] if "made" in command.wait else []
        raise


def _aim(command: Command, values: Mapping[str, Any]) -> Aim | None:
    """What is waited for, or None when nothing is."""
    names = {"until": "wait", "timeout": "wait_timeout", "poll": "", **command.wait}
    if not (command.wait and values.get(names["until"])):
        return None
    return Aim(values[names["until"]], values[names["timeout"]], values.get(names["poll"]), _after(command))


def _result(id: Any, row: Row | None, aim: Aim) -> Row:
    """What is added to the answer when a wait has come to its good end."""
    where = f" {(row or {}).get('ssh_address')}" if aim.until == "ssh" else ""
    return {"msg": f"Instance {id} {DONE[aim.until]}{where}.", **({"instance": row} if row is not None else {})}


def _instances(command: Command, values: Mapping[str, Any], answer: Any) -> tuple[list[Any], bool]:
    """The instances to wait for: those that were given and not refused, or those that the answer names.

    Returns:
        also whether it was about a list, even if one of a single instance.
    """
    if not isinstance(answer, Mapping):
        return [], False
    named = answer.get(command.wait["made"]) if "made" in command.wait else values[command.wait["given"]]
    ids = bind.distinct(named if isinstance(named, list) else [named] if named is not None else [])
    refused = {str(row.get("id")) for row in answer.get("results") or () if row.get("success") is False}
    return [id for id in ids if str(id) not in refused], isinstance(named, list)


def _after(command: Command) -> str:
    """What has happened to the instances. What is there already and must not be told twice was told to restart."""
    if command.only_waits:
        return ""
    return "made" if "made" in command.wait else "restarted" if command.effect == "once" else "changed"


def _reported(answer: Row, ids: Sequence[Any], outcomes: Sequence[Outcome], aim: Aim) -> Row:
    """The answer for several, with what came of each; those that were refused before stay as they are."""
    told = [
        outcome if outcome.error else Outcome(_result(id, outcome.result, aim))
        for id, outcome in zip(ids, outcomes, strict=True)
    ]
    waited = bulk.report([[id] for id in ids], told)
    known = {str(row["id"]): row for row in answer.get("results") or ()}
    known |= {str(row["id"]): {**known.get(str(row["id"]), {}), **row} for row in waited["results"]}
    rows = list(known.values())
    failed = bulk.summary(rows)
    said = {name: value for name, value in answer.items() if name != "msg"}  # the rows say more
    return {**said, **failed, "results": rows}


def _completed(error: VastError, command: Command, ids: Sequence[Any], answer: Row) -> VastError:
    """The failure of a wait, with what the command has done: what was made goes on, and costs."""
    error.details = {**answer, **error.details}
    if "made" in command.wait:
        error.message = f"{error.message} {_goes_on(ids)}"
        if isinstance(error, APIError):
            error.msg = error.message
        if isinstance(error, ConnectionFailed) or not error.hint:
            error.hint = _advice(command, ids)
    elif error.code == TIMED_OUT:
        error.message = f"{command.name} was done. {error.message}"
    return error


def _interrupted(command: Command, ids: Sequence[Any]) -> str:
    if "made" in command.wait:
        return f"interrupted: {_goes_on(ids)} {_advice(command, ids)}"
    return f"interrupted while waiting: {command.name} was done."


def _goes_on(ids: Sequence[Any]) -> str:
    if len(ids) == 1:
        return f"Instance {ids[0]} was rented: it goes on, and costs."
    return f"Instances {', '.join(map(str, ids))} were rented: they go on, and cost."


def _advice(command: Command, ids: Sequence[Any]) -> str:
    look, end = command.wait["look"], command.wait["end"]
    return f"Look with {look}({ids[0]}); {end}({ids[0]}) ends {'its costs' if len(ids) == 1 else 'the costs of one'}."
