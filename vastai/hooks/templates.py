"""Hooks of templates: their fields from the switches that mean them, and the edit, which sends a template whole."""

from __future__ import annotations

import json
from typing import Any

from ..errors import NotFound
from .flows import Call, Flow, Values
from .query import DEFAULTS, parse
from .registry import flow, prepare

# A new template where nothing is said; and what an edit sends where neither the caller nor the template says anything.
PLAIN_TEMPLATE: Values = {
    "extra_filters": {},
    "jup_direct": False,
    "private": True,
    "readme_visible": True,
    "runtype": "args",
    "ssh_direct": False,
    "use_jupyter_lab": False,
    "use_ssh": False,
}
# The fields of a template that its owner can set: those of the request to make one.
TEMPLATE_FIELDS = (
    *("args_str", "desc", "docker_login_pass", "docker_login_repo", "docker_login_user", "env", "extra_filters"),
    *("href", "image", "jup_direct", "jupyter_dir", "name", "onstart", "private", "readme", "readme_visible"),
    *("recommended_disk_space", "repo", "runtype", "ssh_direct", "tag", "use_jupyter_lab", "use_ssh", "volume_info"),
)


@prepare
def template_fields(values: Values, notes: list[str], surface: str = "library", new: bool = False) -> Values:
    """The fields of a template from the switches that mean them; a field that is given itself wins.

    Arguments:
        new: fill in what nobody named. A new template made in the terminal gets the default filters for offers.

    Raises:
        ValueError: the search cannot be understood, or `direct` stands alone.

    >>> fields = template_fields({"ssh": True, "direct": True, "public": True}, [])
    >>> fields["runtype"], fields["ssh_direct"], fields["private"]
    ('ssh', True, False)
    """
    meant: Values = dict(PLAIN_TEMPLATE) if new else {}
    search = values.get("search_params")
    if search is None and new and surface == "terminal":
        search = ""
    if search is not None:
        meant["extra_filters"] = _offer_filters(search, bool(values.get("no_default")), notes)
    if login := str(values.get("login") or "").split():
        meant["docker_login_repo"] = login[0]
    if values.get("public") is not None:
        meant["private"] = not values["public"]
    if values.get("hide_readme") is not None:
        meant["readme_visible"] = not values["hide_readme"]
    meant.update(_launch_fields(values))
    return {**values, **{name: item for name, item in meant.items() if values.get(name) is None}}


def _offer_filters(search: Any, no_default: bool, notes: list[str]) -> Any:
    try:
        parsed = parse(search, "offers", None if no_default else DEFAULTS["offers"])
    except ValueError as error:
        raise ValueError(f"search_params: {error}") from None
    notes.extend(parsed.warnings)
    return parsed.filters


def _launch_fields(values: Values) -> Values:
    """How a template launches, when a switch says anything about it."""
    ssh, jupyter, direct = (values.get(name) for name in ("ssh", "jupyter", "direct"))
    if ssh is None and jupyter is None and direct is None:
        return {}
    return {
        "runtype": "jupyter" if jupyter else "ssh" if ssh else "args",
        "use_ssh": bool(ssh or jupyter),
        "ssh_direct": bool(ssh and direct),
        "jup_direct": bool(jupyter and direct),
    }


@flow
def update_template(call: Call, values: Values) -> Flow:
    """Edit a template: look it up by its hash, then send it whole, as it is but for what was given.

    The edit needs the ID as well as the hash, and it replaces the whole template: what is not sent would be lost.

    >>> from vastai.hooks.flows import say
    >>> flow = update_template(say, {"hash_id": "9f2c", "name": "new"})
    >>> next(flow)
    ('search_templates', {'query': {'hash_id': {'eq': '9f2c'}}})
    >>> flow.send([{"id": 5, "image": "ubuntu", "creator_id": 7}])[1]["template"]["image"]
    'ubuntu'
    """
    hash_id = values["hash_id"]
    found = yield from call("search_templates", query={"hash_id": {"eq": hash_id}})
    if len(found) > 1:
        user = yield from call("show_user")
        found = [row for row in found if row.get("creator_id") == user.get("id")]
    if not found:
        raise NotFound(f"There is no template of yours with the hash {hash_id}.", code="not_found", status_code=404)
    given = {name: values[name] for name in TEMPLATE_FIELDS if values.get(name) is not None}
    template = {**PLAIN_TEMPLATE, **_present_fields(found[0]), **given}
    return (yield from call("replace_template", id=found[0]["id"], hash_id=hash_id, template=template))


def _present_fields(template: Values) -> Values:
    """What a template holds of the fields that can be set; its filters may come as JSON text."""
    present = {name: template[name] for name in TEMPLATE_FIELDS if template.get(name) is not None}
    if isinstance(present.get("extra_filters"), str):
        try:
            present["extra_filters"] = json.loads(present["extra_filters"] or "{}")
        except (ValueError, RecursionError):
            del present["extra_filters"]
    return present
