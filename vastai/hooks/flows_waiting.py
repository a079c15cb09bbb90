"""Flows that wait for instances; how that is done stands in the engine, what their states mean in `instance_state`."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from ..engine import afterwards, wait
from .registry import flow

Values = dict[str, Any]
Call = Callable[..., Generator[Any, Any, Any]]
Flow = Generator[Any, Any, Any]


@flow
def wait_instance(call: Call, values: Values) -> Flow:
    """An instance as it is once it has become what is waited for; an acknowledgement when it is gone.

    >>> from .flows import say
    >>> flow = wait_instance(say, {"id": 7, "until": "running", "timeout": 60.0, "poll": None})
    >>> next(flow), flow.send(0.0)
    (Now(), ('show_instance', {'id': 7}))
    """
    id = values["id"]
    aim = wait.Aim(values["until"], values["timeout"], values["poll"])
    row = yield from wait.until(lambda id: call("show_instance", id=id), id, aim)
    return {"success": True, "msg": f"Instance {id} is gone."} if row is None else row


@flow
def wait_instances(call: Call, values: Values) -> Flow:
    """What came of waiting for several instances, a row for each.

    >>> from .flows import say
    >>> flow = wait_instances(say, {"ids": [7, 8], "until": "gone", "timeout": 60.0, "poll": None})
    >>> next(flow), flow.send(0.0)
    (Now(), ('show_instances', {}))
    """
    aim = wait.Aim(values["until"], values["timeout"], values["poll"])
    ids = list(dict.fromkeys(values["ids"]))
    outcomes = yield from wait.until_all(lambda: call("show_instances"), ids, aim)
    return afterwards.report(ids, outcomes, aim)
