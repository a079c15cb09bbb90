"""Flows: commands that take more than one request. Each yields steps and returns a result; it does nothing itself.

In the examples a flow is walked through by hand: `say` stands in for the driver, and shows what the flow asks for.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Generator
from typing import Any

from ..engine.steps import Ask, Run, UseKey
from ..errors import NotFound, UsageError, VastError
from .places import check_copy, checked_address, place, rsync_arguments, ssh_address
from .registry import flow

Values = dict[str, Any]
Call = Callable[..., Generator[Any, Any, Any]]
Flow = Generator[Any, Any, Any]


def say(name: str, /, **values: Any) -> Flow:
    """A stand-in for `call` in examples and tests: it yields what it was called with, and returns what it is sent.

    >>> next(say("show_user"))
    ('show_user', {})
    """
    return (yield name, values)


# ---------------------------------------------------------------- search


@flow
def search_benchmarks(call: Call, values: Values) -> Flow:
    """Benchmark results: one page, or all of them.

    >>> flow = search_benchmarks(say, {"query": {"id": {"eq": 5}}, "all_pages": False})
    >>> next(flow)
    ('search_benchmarks_v1', {'params': {'select_cols': ['*'], 'select_filters': {'id': {'eq': 5}}}})
    """
    asked = {"select_cols": ["*"], "select_filters": values["query"]}
    for name, wire in (("order", "order_by"), ("limit", "limit"), ("after_token", "after_token")):
        if values.get(name) is not None:
            asked[wire] = values[name]
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    while True:
        page = yield from call("search_benchmarks_v1", params=asked)
        if isinstance(page, list):  # the older form of the answer, without pages
            return rows + page
        rows += page.get("benchmarks") or []
        token = page.get("next_token")
        if not values["all_pages"] or not token or token in seen:
            return rows
        seen.add(token)
        asked = {**asked, "after_token": token}


# ---------------------------------------------------------------- volumes


@flow
def create_volume(call: Call, values: Values) -> Flow:
    """A volume from a named offer, or by name from the cheapest offer that fits; the answer then names the offer.

    >>> flow = create_volume(say, {"id": None, "name": "data", "size": 50, "machine_id": None})
    >>> next(flow)[1]["query"]
    {'disk_space': {'gte': 50}}
    >>> flow.send([{"id": 5501, "machine_id": 7, "storage_cost": 0.1, "geolocation": "Oslo, NO"}]).question
    'Rent 50 GB on machine 7 (Oslo, NO) for 5.00 $/month?'
    >>> flow.send(True)
    ('rent_volume', {'id': 5501, 'size': 50, 'name': 'data'})
    """
    name, size, offer = values["name"], values["size"], values["id"]
    if offer is not None:
        return (yield from call("rent_volume", id=offer, size=size, name=name))
    if not name:
        raise UsageError("create volume: give a name, or the ID of an offer from search_volumes")
    filters = {"disk_space": {"gte": size}}
    if values["machine_id"] is not None:
        filters["machine_id"] = {"eq": values["machine_id"]}
    offers = yield from call("search_volumes", query=filters, order="storage_cost", limit=1, storage=size)
    if not offers:
        raise NotFound(
            f"No verified volume offer has {size} GB free.",
            code="no_offer",
            hint="Look at search_volumes, and name an offer by its ID.",
        )
    found = {key: offers[0].get(key) for key in ("id", "machine_id", "storage_cost", "geolocation")}
    yield Ask(f"Rent {size} GB on machine {found['machine_id']} ({found['geolocation']}) for {_monthly(found, size)}?")
    answer = yield from call("rent_volume", id=found["id"], size=size, name=name)
    return {**answer, "offer": found}


def _monthly(offer: Values, size: float) -> str:
    """The price of a volume in words."""
    cost = offer.get("storage_cost")
    return f"{cost * size:.2f} $/month" if isinstance(cost, int | float) else "an unknown price"


# ---------------------------------------------------------------- connect


@flow
def ssh_url(call: Call, values: Values) -> Flow:
    """The SSH URL of an instance: its own port when it has one, else the proxy.

    >>> flow = ssh_url(say, {"id": 7})
    >>> next(flow)
    ('show_instance', {'id': 7})
    """
    instance = yield from call("show_instance", id=values["id"])
    return ssh_address(instance).url("ssh")


@flow
def scp_url(call: Call, values: Values) -> Flow:
    """The SCP URL of an instance, with a path where one is given.

    >>> flow = scp_url(say, {"id": 7, "path": "/workspace/"})
    >>> next(flow)
    ('show_instance', {'id': 7})
    """
    instance = yield from call("show_instance", id=values["id"])
    return ssh_address(instance).url("scp", values["path"] or "")


@flow
def copy(call: Call, values: Values, watched: bool = False) -> Flow:
    """Copy between two remote places, or between one and this machine by rsync.

    >>> flow = copy(say, {"src": "data/", "dst": "7:/workspace/", "identity": None, "run": True, "exclude": None,
    ...     "dry_run": False})
    >>> next(flow)[0]
    'open_rsync'
    >>> flow.send({"success": True, "dst_addr": "203.0.113.7", "dst_port": 40022}).argv[-2:]
    ['data/', 'vastai_kaalia@203.0.113.7::7//workspace/']
    """
    source, target = place(values["src"]), place(values["dst"])
    check_copy(source, target)
    remote = not source.is_local and not target.is_local
    if remote and values["exclude"]:
        raise UsageError("copy: exclude is for rsync; between two remote places the service copies all")
    if remote and values["dry_run"]:
        said = f"This would ask for a copy of {values['src']} to {values['dst']}; nothing was sent."
        return {"success": True, "msg": said}
    by_rsync = None in (source.id, target.id)
    answer = yield from call(
        "open_rsync" if by_rsync else "queue_copy",
        src_id=source.id,
        src_path=source.path,
        dst_id=target.id,
        dst_path=target.path,
    )
    if remote:
        return answer
    side = "dst" if source.is_local else "src"
    address = checked_address(answer.get(f"{side}_addr"), answer.get(f"{side}_port"))
    options = [*(f"--exclude={pattern}" for pattern in values["exclude"] or ())]
    options += ["--dry-run", "--verbose"] if values["dry_run"] else ["--progress"] if watched else []
    command = rsync_arguments(source, target, address, values["identity"], options)
    if values["run"]:
        yield Run(command)
    return {**answer, "command": shlex.join(command)}


# ---------------------------------------------------------------- teams


@flow
def show_teams(call: Call, values: Values) -> Flow:
    """The teams that the account's keys belong to: the service has no list of teams.

    >>> flow = show_teams(say, {})
    >>> next(flow)
    ('show_api_keys', {})
    """
    keys = yield from call("show_api_keys")
    teams: dict[Any, dict[str, Any]] = {}
    for key in keys:
        team = key.get("team_id")
        if team is not None and team not in teams:
            teams[team] = {"id": team, "name": key.get("team_name"), "key_id": key.get("id"), "role": key.get("rights")}
    return list(teams.values())


@flow
def check_team(call: Call, values: Values) -> Flow:
    """Make sure that the key in use belongs to a team: no request names the team, the key decides.

    Raises (when run):
        UsageError: the key in use is not that team's.

    >>> flow = check_team(say, {"id": 12})
    >>> next(flow)
    ('show_user', {})
    """
    team = values["id"]
    user = yield from call("show_user")
    known = {user.get("id"), user.get("team_id")}
    if user.get("key_id") is not None:
        keys = yield from call("show_api_keys")
        known |= {key.get("team_id") for key in keys if key.get("id") == user["key_id"]}
    if str(team) not in {str(each) for each in known if each is not None}:
        raise UsageError(
            f"The key in use does not belong to team {team}: nothing was sent.",
            code="other_team",
            hint="Use a key of that team: select_team(id, api_key=...).",
        )
    return {"success": True, "msg": f"The key in use belongs to team {team}.", "team_id": team}


@flow
def select_team(call: Call, values: Values) -> Flow:
    """Switch to a team by a key of that team, once the service has confirmed it.

    >>> next(select_team(say, {"id": 12, "api_key": None}))
    ('switch_team', {'id': 12})
    """
    if values["api_key"] is None:
        return (yield from call("switch_team", id=values["id"]))
    before = yield UseKey(values["api_key"])
    try:
        yield from call("check_team", id=values["id"])
    except VastError:
        if before:
            yield UseKey(before)
        raise
    return {"success": True, "msg": f"The client now acts for team {values['id']}.", "team_id": values["id"]}
