"""One attempt of a launch: look at an offer again, rent it, wait until it is up, and give back what is not wanted.

The rule: when an attempt is over, every instance that it may have left is named, in its result or in its error.
"""

from __future__ import annotations

from typing import Any

from ..engine.steps import Tell
from ..engine.wait import NEVER_READY, TIMED_OUT, Aim, until
from ..errors import APIError, AuthError, NotFound, OutcomeUnknown, RateLimited, VastError
from .flows import Call, Flow, Values
from .launch_plan import not_as_agreed
from .removal import removed

# What a launch hands on to the request that rents, by the parameter's own name.
HANDED_ON = (
    "image", "env", "label", "extra", "entrypoint", "login", "lang_utf8", "python_utf8", "template_hash", "jupyter_dir",
    "jupyter_lab", "args", "max_hours", "max_cost",
)  # fmt: skip
SWITCHES = ("ssh", "jupyter", "direct")


class Passed(Exception):
    """An offer was not taken, or what it gave was given back; the text says why. The next one may be tried.

    Attributes:
        came_up: False when it was rented and did not come up; its machine is not tried again.
    """

    def __init__(self, why: str, came_up: bool = True) -> None:
        super().__init__(why)
        self.came_up = came_up


def attempt(call: Call, values: Values, asked: Values, offer: Values, label: str) -> Flow:
    """Rent an offer as it was agreed to, and wait until the instance is up if that is wanted.

    Arguments:
        asked: the arguments of the search that found it.
        offer: the offer as it stands in the plan.

    Returns:
        what the service answered to the rental; after a wait also `instance`, its row.

    Raises (when run):
        Passed: there is no instance, and the next offer may be tried.
        OutcomeUnknown, KeyboardInterrupt: there may be an instance; the text has its ID or its label.
    """
    query = {**asked["query"], "id": {"eq": offer["id"]}}
    why = not_as_agreed((yield from call("search_offers", **{**asked, "query": query})), offer, values, values["disk"])
    if why:
        raise Passed(why)
    answer = yield from _rented(call, values, offer, label)
    if not values["wait"]:
        return answer
    return {**answer, "instance": (yield from _up(call, answer["new_contract"], values, label))}


def _rented(call: Call, values: Values, offer: Values, label: str) -> Flow:
    """The answer to the rental, which names the instance."""
    try:
        answer = yield from call("create_instance", id=offer["id"], **_wish(values, label))
    except KeyboardInterrupt as stop:
        raise KeyboardInterrupt(f"{stop or 'interrupted'} {_by_its_label(label)}") from None
    except OutcomeUnknown as unknown:
        unknown.message += f" {_by_its_label(label)}"
        raise
    except APIError as refusal:
        yield from _refused(call, refusal, label)
    if answer.get("new_contract") is None:
        raise OutcomeUnknown(f"The service named no instance. {_by_its_label(label)}", look_at="show_instances")
    return answer


def _refused(call: Call, refusal: APIError, label: str) -> Flow:
    """What a refusal to rent means for the launch; what it made all the same is destroyed.

    Raises (when run):
        Passed: it is about this offer only.
        APIError: it is about all of them, or nobody knows.
    """
    left = refusal.body.get("new_contract")
    if left is not None:  # a refusal can still have made a contract
        yield from destroyed(call, left, label, f"The service refused ({refusal.msg}) and made it all the same.")
    if about_this_offer(refusal):
        raise Passed(f"was refused: {refusal.msg.rstrip('.')}") from None
    if refusal.code == "unusable_answer" or (refusal.status_code or 500) >= 500:
        refusal.message += f" {_by_its_label(label)}"
    raise refusal


def about_this_offer(refusal: APIError) -> bool:
    """May the next offer fare better? Yes when this one is gone, or somebody bids more for it.

    >>> about_this_offer(NotFound("gone", code="no_such_ask", status_code=404))
    True
    >>> about_this_offer(APIError("no money", code="insufficient_credit", status_code=400))
    False
    """
    if isinstance(refusal, AuthError | RateLimited):
        return False
    return refusal.status_code in (404, 410) or refusal.code in ("no_such_ask", "invalid_price")


def _up(call: Call, instance: Any, values: Values, label: str) -> Flow:
    """The row of a new instance once it is up. One that does not come up is destroyed, whatever keeps it from that.

    Raises (when run):
        Passed: it will never be up, or was not in time; it is gone again.
    """
    try:
        yield Tell(f"instance {instance}", f"rented, labelled {label}")
        aim = Aim(values["wait"], values["wait_timeout"], after="made")
        return (yield from until(lambda id: call("show_instance", id=id), instance, aim))
    except KeyboardInterrupt:
        yield from destroyed(call, instance, label, "The wait for it was interrupted.")
        raise KeyboardInterrupt(f"interrupted: instance {instance} was destroyed again, nothing is rented") from None
    except VastError as trouble:
        yield from destroyed(call, instance, label, str(trouble))
        if isinstance(trouble, NotFound) or trouble.code in (NEVER_READY, TIMED_OUT):
            why = f"gave instance {instance}, which was destroyed again: {str(trouble).rstrip('.')}"
            raise Passed(why, came_up=False) from None
        trouble.message += f" Instance {instance} was destroyed again."
        raise


def destroyed(call: Call, instance: Any, label: str, why: str) -> Flow:
    """Destroy an instance that is not wanted any more, and make sure that it is gone.

    Raises (when run):
        OutcomeUnknown, KeyboardInterrupt: it may still run; the text names it.
    """
    loud = f"INSTANCE {instance} (label {label}) MAY STILL RUN AND COST MONEY: destroy_instance({instance}). {why}"
    try:
        gone = yield from removed(call, instance)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"interrupted: {loud}") from None
    if not gone:
        found = [{"id": instance, "label": label}]
        raise OutcomeUnknown(loud, code="still_rented", look_at="show_instances", candidates=found)


def _wish(values: Values, label: str) -> Values:
    """The arguments of the rental itself. It is to start now or not at all, so that the next offer can be tried."""
    wish = {name: values[name] for name in HANDED_ON}
    script = values["onstart_file"] if values["onstart_cmd"] is None else values["onstart_cmd"]
    wish |= {"label": label, "disk": values["disk"], "price": values["bid"], "onstart_cmd": script}
    shell = any(values[name] for name in ("ssh", "jupyter", "jupyter_lab", "jupyter_dir"))
    wish |= {name: values[name] for name in SWITCHES} if shell else {"runtype": values["runtype"]}
    return {name: value for name, value in wish.items() if value is not None} | {"cancel_unavail": True}


def _by_its_label(label: str) -> str:
    return f"If there is an instance, it is labelled {label}."
