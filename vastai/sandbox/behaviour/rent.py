"""Renting: an offer becomes an instance."""

from __future__ import annotations

import re
import secrets
import shlex
from typing import Any

from vastai.sandbox import callers, fleet, hosting, ledger, lifecycle, limits, market, offers, prices
from vastai.sandbox.behaviour import mounts, templates
from vastai.sandbox.behaviour.registry import (
    Call,
    Refusal,
    amount_of,
    behaviour,
    invalid,
    number_of,
)
from vastai.sandbox.instance_row import contract_costs

Row = dict[str, Any]

DEFAULT_DISK = 10.0
AUTOMATIC_TAG = "@vastai-automatic-tag"


@behaviour("PUT /api/v0/asks/{id}/")
def rent(call: Call) -> Row:
    """Rent one offer: the answer's `new_contract` is the id of the new instance."""
    return rental(call, call.path["id"])


@behaviour("POST /api/v0/asks/bulk/", beside=True)
def rent_several(call: Call) -> Row:
    """Rent several offers with the same body: all of them, or none."""
    ids = call.body.get("ids")
    if not isinstance(ids, list) or not ids:
        raise invalid("ids must be a list of offer ids")
    contracts = [rental(call, each)["new_contract"] for each in ids]
    return {"success": True, "new_contracts": contracts}


def rental(call: Call, ask: Any) -> Row:
    """Check everything, then rent: the instance boots, and its costs begin."""
    offer = _offer(call, ask)
    wish = _completed(call)
    _check_text(wish)
    price = _price(wish, offer)
    disk = _disk(wish, offer)
    _check_keys(call, wish)
    _check_free(call, offer, wish, price)
    _check_credit(call, contract_costs(offer, disk, price)["dph_total"])
    instance = _contract(call, offer, wish, price, disk)
    mounts.mount_wished(call, instance, wish, offer)
    call.world.save("instance", instance)
    answer = {"success": True, "new_contract": instance["id"]}
    return {**answer, "instance_api_key": _instance_key(call, instance)}


def _offer(call: Call, ask: Any) -> Row:
    number = number_of(ask)
    offer = None if number is None else offers.find(call.world, "offer", number)
    if offer is None:
        raise Refusal(404, "no_such_ask", f"There is no offer {ask}; it may have been rented or withdrawn.", ask_id=ask)
    return offer


def _completed(call: Call) -> Row:
    """What is wished, with what the template says where the request says nothing; environments are joined."""
    wish = {key: value for key, value in call.body.items() if value is not None}
    template = template_of(call, wish)
    wish["env"] = {**environment((template or {}).get("env")), **environment(wish.get("env"))}
    if template is None:
        return wish
    wish.setdefault("image", image_of(template))
    for field, source in (("onstart", "onstart"), ("runtype", "runtype"), ("disk", "recommended_disk_space")):
        if template.get(source):
            wish.setdefault(field, template[source])
    wish["template"] = template
    return wish


def image_of(template: Row) -> str:
    """The image of a template, with its tag."""
    image, tag = str(template["image"]), template.get("tag")
    return f"{image}:{tag}" if tag and ":" not in image else image


def template_of(call: Call, wish: Row) -> Row | None:
    """The template that a request names by hash or id, or None when it names none.

    Raises:
        Refusal: there is no such template.
    """
    wanted = wish.get("template_hash_id") or wish.get("template_hash") or wish.get("template_id")
    if wanted is None:
        return None
    for template in templates.visible(call):
        if wanted == template["hash_id"] or number_of(wanted) == template["id"]:
            return template
    raise invalid(f"There is no template {wanted}")


def environment(env: Any) -> dict[str, str]:
    """An environment as a mapping; docker flags in one text are taken apart.

    >>> environment("-e TZ=UTC -p 8080:8080")
    {'TZ': 'UTC', '-p 8080:8080': '1'}
    """
    if not env:
        return {}
    if isinstance(env, dict):
        return {str(key): str(value) for key, value in env.items()}
    if not isinstance(env, str):
        raise invalid("env must be an object or a text of docker flags")
    found: dict[str, str] = {}
    words = iter(shlex.split(env))
    for flag in words:
        value = next(words, "")
        name, _, content = value.partition("=")
        if flag in ("-e", "--env"):
            found[name] = content
        elif flag in ("-h", "-n"):
            found[flag] = value
        else:
            found[f"{flag} {value}"] = "1"
    return found


def _check_text(wish: Row) -> None:
    if not isinstance(wish.get("image"), str) or not wish["image"].strip():
        raise invalid("image is required, unless a template names one")
    limits.check("PUT /api/v0/asks/{id}/", wish)  # again, with what comes from the template


def _price(wish: Row, offer: Row) -> float | None:
    if wish.get("price") is None:
        return None
    try:
        price = amount_of(wish["price"], "price")
    except Refusal as refusal:
        raise Refusal(400, "invalid_price", str(refusal)) from None
    if price < offer["min_bid"]:
        raise Refusal(400, "invalid_price", f"The lowest bid on offer {offer['id']} is {offer['min_bid']} $/hour.")
    return price


def _disk(wish: Row, offer: Row) -> float:
    disk = amount_of(wish.get("disk", DEFAULT_DISK), "disk")
    if disk > offer["disk_space"]:
        raise invalid(f"disk must be at most {offer['disk_space']:g} GB, which is all that offer {offer['id']} has")
    return disk


def _check_keys(call: Call, wish: Row) -> None:
    if wish.get("vm") and not call.world.all("ssh_key", call.account):
        raise Refusal(400, "no_ssh_key_for_vm", "A virtual machine needs an SSH key in the account first.")


def _check_free(call: Call, offer: Row, wish: Row, price: float | None) -> None:
    stands = offers.open_now(call.world, "offer", offer["id"], call.now)
    if stands and offer["rentable"] and not fleet.taken(call.world, offer, price):
        return
    if stands and price is not None and not fleet.taken(call.world, offer, None):
        lowest = fleet.as_listed([offer], fleet.holders(call.world))[0]["min_bid"]
        raise Refusal(400, "invalid_price", f"Somebody bids more on offer {offer['id']}: bid at least {lowest} $/hour.")
    status = 410 if wish.get("cancel_unavail") else 404
    why = "is rented already" if stands else "was withdrawn by its host"
    raise Refusal(status, "no_such_ask", f"Offer {offer['id']} {why}.", ask_id=offer["id"])


def _check_credit(call: Call, dollars_per_hour: float) -> None:
    """A rent needs credit for its first minute."""
    left = ledger.credit(call.world, call.account, call.now) / 1_000_000
    if left <= dollars_per_hour / 60:
        raise Refusal(400, "insufficient_credit", f"{max(0.0, left):.2f} $ of credit is not enough; add some.")


def _contract(call: Call, offer: Row, wish: Row, price: float | None, disk: float) -> Row:
    """The new instance, booting, with its costs begun."""
    template = wish.get("template") or {}
    image = wish["image"].strip().replace(AUTOMATIC_TAG, "")
    image = f"{image}:latest" if wish["image"].endswith(AUTOMATIC_TAG) else image
    seconds = lifecycle.boot_seconds(image, offer["inet_down"])
    instance: Row = {
        "ask_id": offer["id"],
        "machine_id": offer["machine_id"],
        "gpu_ids": offer["gpu_ids"],
        "image": image,
        "label": wish.get("label"),
        "env": wish["env"],
        "args": arguments_of(wish),
        "runtype": wish.get("runtype") or "ssh_proxy",
        "onstart": wish.get("onstart"),
        "disk": disk,
        "price": price,
        "terms": {field: offer[field] for field in hosting.TERMS},
        "template_id": template.get("id"),
        "template_hash_id": template.get("hash_id"),
        "template_name": template.get("name"),
        "start_date": call.now,
        "end_date": market.listed(offer, call.now)["end_date"],
        "boot_seconds": seconds,
        "timeline": lifecycle.boot(call.now, seconds, image),
        "intended_status": "running",
        "next_state": "running",
        "volume_info": [],
    }
    call.world.add("instance", call.account, instance)
    storage = prices.storage_per_hour(offer["storage_cost"], disk)
    ledger.begin(call.world, call.account, ledger.source(instance), "disk", storage, call.now, offer["machine_id"])
    if wish.get("target_state") == "stopped":
        before = lifecycle.state(instance["timeline"], call.now)
        stopped = lifecycle.stop(call.now, before, "created, not started")
        instance.update(timeline=stopped, intended_status="stopped", next_state="stopped")
    else:
        fleet.displace(call.world, instance, call.now)
        fleet.charge(call.world, instance, call.now + seconds)
    return instance


def arguments_of(wish: Row) -> list[str]:
    """The arguments of the image's entry point, given as a list or as one text."""
    args = wish.get("args")
    if isinstance(args, list):
        return [str(each) for each in args]
    text = args if isinstance(args, str) else wish.get("args_str")
    return re.findall(r"\S+", text) if isinstance(text, str) else []


def _instance_key(call: Call, instance: Row) -> str:
    """A key that can only start, stop and destroy this instance."""
    text = secrets.token_hex(32)
    row = {"name": None, "user_id": call.caller.user["id"], "account": call.account, "created_at": call.now}
    row |= {"instance_id": instance["id"], "permissions": {"api": {"instance_write": {}}}}
    call.world.add("key", call.account, row, lookup=callers.key_hash(text))
    return text
