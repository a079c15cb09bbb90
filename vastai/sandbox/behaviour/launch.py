"""Launching and changing: an offer is searched for and rented in one request; an instance gets another image."""

from __future__ import annotations

from typing import Any

from vastai.sandbox import filters, fleet, ledger, lifecycle
from vastai.sandbox.behaviour.instances import mine
from vastai.sandbox.behaviour.registry import Call, Refusal, behaviour, invalid
from vastai.sandbox.behaviour.rent import arguments_of, environment, image_of, rental, template_of
from vastai.sandbox.behaviour.search import on_offer

Row = dict[str, Any]


@behaviour("PUT /api/v0/launch_instance/")
def launched(call: Call) -> Row:
    """Rent the first offer that the body's `q` finds and that can be had; the rest of the body is that of a rent."""
    wanted = call.body.get("q")
    if not isinstance(wanted, dict):
        raise invalid("q must be an object with the search")
    for offer in filters.search_offers(on_offer(call), wanted, call.now):
        try:
            return {**rental(call, offer["id"]), "ask_id": offer["id"]}
        except Refusal as refusal:
            if refusal.body["error"] != "no_such_ask":
                raise
    raise Refusal(404, "no_such_ask", "No offer fits that can be rented; ask for less, or search first.")


@behaviour("PUT /api/v0/instances/update_template/{id}/")
def updated(call: Call) -> Row:
    """Change what an instance runs. One that runs or boots is made anew from the image; its disk is empty then."""
    instance = mine(call, call.path["id"])
    changes = _changes(call)
    if not changes:
        raise invalid("nothing to change: give a template, an image, args, env or onstart")
    instance.update(changes)
    instance.pop("files", None)
    if instance["intended_status"] == "running" and not instance.get("waiting"):
        offer = fleet.offer_of(call.world, instance)
        seconds = lifecycle.boot_seconds(instance["image"], offer["inet_down"])
        instance.update(boot_seconds=seconds, timeline=lifecycle.boot(call.now, seconds, instance["image"]))
        ledger.end(call.world, ledger.source(instance), call.now, "gpu")
        fleet.charge(call.world, instance, call.now + seconds)
    call.world.save("instance", instance)
    return {"success": True, "updated_instance": fleet.shown(call.world, instance, call.now)}


def _changes(call: Call) -> Row:
    """The fields of an instance that a request changes; what it names goes before what its template says."""
    wish = {name: value for name, value in call.body.items() if value is not None}
    template = template_of(call, wish)
    changes: Row = {}
    if template is not None:
        changes = {"template_id": template["id"], "template_hash_id": template["hash_id"]}
        changes |= {"template_name": template["name"], "image": image_of(template), "onstart": template["onstart"]}
        changes["env"] = environment(template["env"])
    for name in ("image", "onstart"):
        if name in wish:
            if not isinstance(wish[name], str) or not wish[name].strip():
                raise invalid(f"{name} must be a text")
            changes[name] = wish[name]
    if "env" in wish:
        changes["env"] = {**changes.get("env", {}), **environment(wish["env"])}
    if "args" in wish:
        changes["args"] = arguments_of(wish)
    return changes
