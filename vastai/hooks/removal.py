"""Destroying for certain: an instance counts as gone when the service does not show it any more."""

from __future__ import annotations

from typing import Any

from ..engine.steps import Pause
from ..errors import NotFound, VastError
from .flows import Call, Flow

AGAIN_AFTER = (1, 3, 9)  # seconds between two tries


def removed(call: Call, instance: Any) -> Flow:
    """Destroy an instance, and look until it is gone; returns whether it is. No failure of the service ends it early.

    The flow's entry lists `destroy_instance` and `show_instance` under `calls`.

    >>> from vastai.hooks.flows import say
    >>> steps = removed(say, 7)
    >>> next(steps), steps.send({"success": True})
    (('destroy_instance', {'id': 7}), ('show_instance', {'id': 7}))
    >>> try: steps.throw(NotFound())
    ... except StopIteration as end: print(end.value)
    True
    """
    for pause in (0, *AGAIN_AFTER):
        if pause:
            yield Pause(pause)
        try:
            yield from call("destroy_instance", id=instance)
        except VastError:
            pass  # what became of it is seen next
        try:
            yield from call("show_instance", id=instance)
        except NotFound:
            return True
        except VastError:
            continue
    return False
