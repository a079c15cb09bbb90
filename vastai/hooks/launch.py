"""The flow of a launch: search, show the plan, ask, look again, rent; the next offer when one fails.

The rule behind it: when a launch is over, every instance that it may have left is named, in the result or in the error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.steps import Ask
from ..errors import APIError, AuthError, NotFound, OutcomeUnknown, RateLimited
from .flows import Call, Flow, Values
from .launch_plan import candidates, in_words, machine, not_as_agreed, plan, search
from .registry import flow, prepare, view
from .removal import removed
from .views import started

COMPARING = frozenset("<>=!")
IN_A_QUERY = ("gpu_name", "num_gpus", "region", "limit")  # what the query says, where there is one
WITH_A_QUERY = ("max_price", "tries", "bid", "traffic", "dry_run", "no_default")
EXAMPLE = "gpu_name=RTX_4090 num_gpus=1"

# What a launch hands on to the request that rents, by the parameter's own name.
_HANDED_ON = (
    "image", "env", "label", "extra", "entrypoint", "login", "lang_utf8", "python_utf8", "template_hash", "jupyter_dir",
    "jupyter_lab", "args", "max_hours", "max_cost",
)  # fmt: skip
_SWITCHES = ("ssh", "jupyter", "direct")


class Passed(Exception):
    """An offer was not taken, or what it gave was given back; the text says why. The next one may be tried."""


# ---------------------------------------------------------------- which way


@prepare
def launch_way(values: Values) -> Values:
    """Both ways to launch: by a query, which may stand in the place of the GPU's name, or by name and number of GPUs.

    Raises:
        ValueError: the ways are mixed, or what one of them needs is missing.

    >>> launch_way({"gpu_name": "num_gpus=1 dph<0.5", "image": "ubuntu"})
    {'gpu_name': None, 'image': 'ubuntu', 'query': 'num_gpus=1 dph<0.5'}
    """
    values = _query_in_its_place(values)
    if values.get("query") is None:
        strange = [name for name in WITH_A_QUERY if values.get(name) is not None and values[name] is not False]
        if strange:
            raise ValueError(f'{strange[0]}: needs a query, such as "{EXAMPLE}"')
        missing = [name for name in ("gpu_name", "num_gpus", "image") if values.get(name) is None]
        if missing:
            raise ValueError(f'give a query, such as "{EXAMPLE}", and an image; {missing[0]}: is required without one')
        return values
    strange = [name for name in IN_A_QUERY if values.get(name) is not None]
    if strange:
        instead = "give tries" if strange[0] == "limit" else f'write it into the query, such as "{EXAMPLE}"'
        raise ValueError(f"{strange[0]}: cannot be given together with a query; {instead}")
    if values.get("image") is None and values.get("template_hash") is None:
        raise ValueError("image: is required, unless there is a template_hash")
    return values


def _query_in_its_place(values: Values) -> Values:
    """A mapping, a list or a text that compares is no name of a GPU."""
    first = values.get("gpu_name")
    is_query = isinstance(first, Mapping | list | tuple) or (isinstance(first, str) and COMPARING & set(first))
    if is_query and values.get("query") is None:
        return {**values, "gpu_name": None, "query": first}
    return values


# ---------------------------------------------------------------- the flow


@flow
def launch(call: Call, values: Values, dice: float) -> Flow:
    """Rent the first offer of a query that can be had as it was agreed to; without a query, let the service choose.

    >>> from vastai.hooks.flows import say
    >>> asked = dict.fromkeys([*WITH_A_QUERY, *IN_A_QUERY, *_HANDED_ON, *_SWITCHES, "order", "onstart_cmd",
    ...     "onstart_file", "runtype"])
    >>> steps = launch(say, {**asked, "query": {"num_gpus": {"eq": 1}}, "image": "ubuntu", "disk": 16}, dice=0.5)
    >>> next(steps)[0], steps.send([{"id": 7, "dph_total": 0.5}])
    ('search_offers', ('show_user', {}))
    >>> steps.send({"credit": 10.0})
    Ask(question='Rent it?', details=...)
    """
    if values["query"] is None:
        return (yield from call("launch_by_service", **_as_the_service_takes_it(values)))
    asked = search(values, values["disk"])
    offers = candidates((yield from call("search_offers", **asked)), values, values["disk"])
    if not offers:
        raise _none_fits(values)
    label = values["label"] or f"launch-{int(dice * 16**8):08x}"
    agreed = plan(offers, (yield from _account(call)), values, values["disk"], label)
    if values["dry_run"]:
        return {"success": True, "dry_run": True, **agreed}
    yield Ask("Rent it?", details=in_words(agreed))
    return (yield from _first_that_works(call, values, asked, offers, label))


def _as_the_service_takes_it(values: Values) -> Values:
    """The arguments of the request in which the service itself chooses the offer."""
    names = (*IN_A_QUERY, *_HANDED_ON, "order", "disk", "runtype", "cancel_unavail")
    script = values["onstart_file"] if values["onstart_cmd"] is None else values["onstart_cmd"]
    given = {name: values[name] for name in names if name != "entrypoint"}
    return given | {"onstart": values["entrypoint"] if script is None else script}


def _none_fits(values: Values) -> NotFound:
    limit = "" if values["max_price"] is None else f" at {values['max_price']:g} $/h or less, disk included"
    return NotFound(
        f"No offer fits the query{limit}; nothing was rented.",
        code="no_offer",
        hint="Look at search_offers with the same query, and ask for less.",
        body={"tried": []},
        status_code=404,
    )


def _account(call: Call) -> Flow:
    """The account as far as the key may see it: a launch does not fail for want of the balance."""
    try:
        return (yield from call("show_user"))
    except APIError as error:
        if error.status_code != 403:
            raise
        return {}  # this key may rent, and not see the account


def _first_that_works(call: Call, values: Values, asked: Values, offers: list[Values], label: str) -> Flow:
    """Try the offers in turn; returns what the first that works gave."""
    tried: list[Values] = []
    for offer in offers:
        try:
            answer = yield from _rented(call, values, asked, offer, label)
        except Passed as why:
            tried.append({"offer": offer["id"], "reason": str(why)})
            continue
        return {**answer, "label": label, "offer": dict(offer), "tried": tried}
    reasons = "; ".join(f"offer {each['offer']} {each['reason']}" for each in tried)
    raise NotFound(
        f"Nothing is rented: {reasons}.",
        code="no_offer",
        hint="Start again for fresh offers, or give more tries.",
        body={"tried": tried},
        status_code=404,
    )


def _rented(call: Call, values: Values, asked: Values, offer: Values, label: str) -> Flow:
    """Look at an offer once more, and rent it if it is as agreed.

    Raises (when run):
        Passed: it is not taken, and nothing is left of it.
        OutcomeUnknown, KeyboardInterrupt: there may be an instance; the text has its label.
    """
    query = {**asked["query"], "id": {"eq": offer["id"]}}
    why = not_as_agreed((yield from call("search_offers", **{**asked, "query": query})), offer, values, values["disk"])
    if why:
        raise Passed(why)
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
        raise OutcomeUnknown(
            loud, code="still_rented", look_at="show_instances", candidates=[{"id": instance, "label": label}]
        )


def _wish(values: Values, label: str) -> Values:
    """The arguments of the rental itself. It is to start now or not at all, so that the next offer can be tried."""
    wish = {name: values[name] for name in _HANDED_ON}
    script = values["onstart_file"] if values["onstart_cmd"] is None else values["onstart_cmd"]
    wish |= {"label": label, "disk": values["disk"], "price": values["bid"], "onstart_cmd": script}
    shell = any(values[name] for name in ("ssh", "jupyter", "jupyter_lab", "jupyter_dir"))
    wish |= {name: values[name] for name in _SWITCHES} if shell else {"runtype": values["runtype"]}
    return {name: value for name, value in wish.items() if value is not None} | {"cancel_unavail": True}


def _by_its_label(label: str) -> str:
    return f"If there is an instance, it is labelled {label}."


# ---------------------------------------------------------------- the result


@view
def launched(result: Values) -> str:
    """What a launch came to: the plan of a dry run, the instance with its offer, or what the service answered.

    >>> offer = {"id": 1, "num_gpus": 1, "gpu_name": "RTX 4090", "geolocation": "NO", "machine_id": 7, "dph_total": 0.5}
    >>> launched({"new_contract": 9, "label": "job", "offer": offer, "tried": []})
    'Instance 9 is rented: offer 1, 1x RTX 4090, NO, machine 7, 0.5000 $/h, label job'
    """
    if result.get("dry_run"):
        return f"{in_words(result)}\nNothing was rented."
    if "offer" not in result:
        return started(result)
    offer = result["offer"]
    lines = [f"Offer {each['offer']} {each['reason']}" for each in result["tried"]]
    price = f"{offer['dph_total']:.4f} $/h, label {result['label']}"
    return "\n".join(
        [*lines, f"Instance {result['new_contract']} is rented: offer {offer['id']}, {machine(offer)}, {price}"]
    )
