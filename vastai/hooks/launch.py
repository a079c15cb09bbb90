"""The flow of a launch: search, show the plan, ask, then one attempt after the other until one works."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..engine.steps import Ask, Tell
from ..errors import APIError, NotFound
from .flows import Call, Flow, Values
from .launch_attempt import HANDED_ON, Passed, attempt
from .launch_plan import candidates, plan, search
from .launch_words import in_words, machine
from .leases import lease
from .registry import flow, prepare, view
from .views import started

COMPARING = frozenset("<>=!")
IN_A_QUERY = ("gpu_name", "num_gpus", "region", "limit")  # what the query says, where there is one
WITH_A_QUERY = ("max_price", "tries", "bid", "traffic", "dry_run", "no_default")
EXAMPLE = "gpu_name=RTX_4090 num_gpus=1"

# ---------------------------------------------------------------- which way


@prepare
def launch_way(values: Values, now: float) -> Values:
    """Both ways to launch: by a query, which may stand in the place of the GPU's name, or by name and number of GPUs.

    Without a query the lease is written into the label here; with one the rental itself does it, and counts from then.

    Raises:
        ValueError: the ways are mixed, or what one of them needs is missing.

    >>> launch_way({"gpu_name": "num_gpus=1 dph<0.5", "image": "ubuntu"}, now=0.0)
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
        return lease(values, now)
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
    >>> others = ["ssh", "jupyter", "direct", "order", "onstart_cmd", "onstart_file", "runtype", "wait", "wait_timeout"]
    >>> asked = dict.fromkeys([*WITH_A_QUERY, *IN_A_QUERY, *HANDED_ON, *others])
    >>> steps = launch(say, {**asked, "query": {"num_gpus": {"eq": 1}}, "image": "ubuntu", "disk": 16}, dice=0.5)
    >>> next(steps), steps.send({"credit": 10.0})[0]
    (('show_user', {}), 'search_offers')
    >>> steps.send([{"id": 7, "dph_total": 0.5}])
    Ask(question='Rent it?', details=...)
    """
    if values["query"] is None:
        return (yield from call("launch_by_service", **_as_the_service_takes_it(values)))
    user = yield from _account(call)  # first, so that nothing is sent without a key
    asked = search(values, values["disk"])
    offers = candidates((yield from call("search_offers", **asked)), values, values["disk"])
    if not offers:
        raise _none_fits(values)
    label = values["label"] or f"launch-{int(dice * 16**8):08x}"
    agreed = plan(offers, user, values, values["disk"], label)
    if values["dry_run"]:
        return {"success": True, "dry_run": True, **agreed}
    yield Ask("Rent it?", details=in_words(agreed))
    return (yield from _first_that_works(call, values, asked, offers, label))


def _as_the_service_takes_it(values: Values) -> Values:
    """The arguments of the request in which the service itself chooses the offer."""
    names = {*IN_A_QUERY, *HANDED_ON, "order", "disk", "runtype", "cancel_unavail", "wait", "wait_timeout"}
    script = values["onstart_file"] if values["onstart_cmd"] is None else values["onstart_cmd"]
    given = {name: values[name] for name in names - {"entrypoint", "max_hours", "max_cost"}}
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
    down: set[Any] = set()  # machines on which an instance did not come up
    for offer in offers:
        try:
            if offer["machine_id"] in down:
                raise Passed(f"is on machine {offer['machine_id']}, which has failed")
            answer = yield from attempt(call, values, asked, offer, label)
        except Passed as why:
            tried.append({"offer": offer["id"], "reason": str(why)})
            down |= set() if why.came_up else {offer["machine_id"]}
            yield Tell(f"offer {offer['id']}", str(why))
            continue
        # no step stands here: an interruption in it would lose what was rented
        return {**answer, "label": label, "offer": dict(offer), "tried": tried}
    reasons = "; ".join(f"offer {each['offer']} {each['reason']}" for each in tried)
    raise NotFound(
        f"Nothing is rented: {reasons}.",
        code="no_offer",
        hint="Start again for fresh offers, or give more tries.",
        body={"tried": tried},
        status_code=404,
    )


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
    rented = f"Instance {result['new_contract']} is rented: offer {offer['id']}, {machine(offer)}"
    instance = result.get("instance") or {}
    lines = [f"{rented}, {offer['dph_total']:.4f} $/h, label {result['label']}"]
    if instance.get("ssh_address"):
        lines.append(f"It answers at {instance['ssh_address']}")
    return "\n".join([*lines, *(f"Before it: offer {each['offer']} {each['reason']}" for each in result["tried"])])
