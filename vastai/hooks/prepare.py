"""Prepare hooks: each reads all arguments of a call together, before they are checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .query import parse
from .registry import prepare

Values = dict[str, Any]


@prepare
def offer_type(values: Values) -> Values:
    """The pricing that one of the short switches of an offer search names.

    Raises:
        ValueError: two switches contradict each other.

    >>> offer_type({"type": "on-demand", "interruptible": True})["type"]
    'bid'
    """
    meanings = {"bid": "bid", "interruptible": "bid", "reserved": "reserved", "on_demand": "on-demand"}
    chosen = {meaning for name, meaning in meanings.items() if values.get(name)}
    if len(chosen) > 1:
        raise ValueError(f"type: {' and '.join(sorted(chosen))} cannot be searched together")
    return {**values, "type": chosen.pop()} if chosen else values


@prepare
def search_directives(values: Values) -> Values:
    """The two directives of an offer query, which shape the rows of the answer, as arguments of their own.

    Raises:
        ValueError: the query cannot be understood.

    >>> search_directives({"query": "georegion=true geolocation=EU"})["georegion"]
    True
    """
    query = values.get("query") or ""
    if isinstance(query, str) and query.lstrip().startswith(("{", "[")):
        try:
            query = json.loads(query)
        except (ValueError, RecursionError):
            return values  # the check of the argument itself says what is wrong
    found = parse(query, "offers").directives
    return {
        **values,
        "georegion": values.get("georegion") or found.georegion,
        "chunked": values.get("chunked") or found.chunked,
    }


# The launch modes as the service writes them, by (jupyter, direct).
_LAUNCH_MODES = {
    (False, False): "ssh_proxy",
    (False, True): "ssh_direc ssh_proxy",
    (True, False): "jupyter_proxy ssh_proxy",
    (True, True): "jupyter_direc ssh_direc ssh_proxy",
}


@prepare
def launch_mode(values: Values, surface: str = "library") -> Values:
    """The ``runtype`` that the launch switches mean.

    Without switches a template decides; without a template the terminal asks for SSH, as people who rent there expect
    and as the official command does, and the library leaves it to the service, as the official library does.

    Raises:
        ValueError: switches contradict each other, or ``direct`` stands alone.

    >>> launch_mode({"ssh": True, "direct": True})["runtype"]
    'ssh_direc ssh_proxy'
    >>> launch_mode({}, surface="terminal")["runtype"], "runtype" in launch_mode({})
    ('ssh', False)
    """
    jupyter = next((name for name in ("jupyter", "jupyter_lab", "jupyter_dir") if values.get(name)), "")
    shell = jupyter or ("ssh" if values.get("ssh") else "")
    named = "args" if values.get("args_str") is None else "args_str"
    arguments = values.get(named)
    if values.get("runtype"):
        if shell or values.get("direct"):
            raise ValueError(f"runtype: cannot be given together with {shell or 'direct'}")
        return values
    if shell and arguments is not None:
        raise ValueError(f"{named}: cannot be given together with {shell}; the entry point gets them only without")
    if values.get("direct") and not shell:
        raise ValueError("direct: needs ssh or jupyter beside it")
    if shell:
        return {**values, "runtype": _LAUNCH_MODES[bool(jupyter), bool(values.get("direct"))]}
    if values.get("template_hash") or values.get("template_id"):
        return values
    if arguments is None:
        return {**values, "runtype": "ssh"} if surface == "terminal" else values
    if values.get("wait") == "ssh":
        raise ValueError(f"wait: ssh cannot come with {named} alone; the instance would have no SSH")
    # No arguments at all still means: run the image's own entry point.
    return {**values, "runtype": "args", named: arguments or None}


@prepare
def volume_mount(values: Values, new: str, owned: str) -> Values:
    """``volume_info`` from the arguments that name a volume to rent or to mount.

    Arguments:
        new: parameter with the volume offer to rent.
        owned: parameter with the volume to mount.

    Raises:
        ValueError: the place to mount it is missing, or no volume is named.

    >>> values = {"link_volume": 88, "mount_path": "/data"}
    >>> volume_mount(values, new="rent", owned="link_volume")["volume_info"]
    {'create_new': False, 'volume_id': 88, 'mount_path': '/data'}
    """
    given = [name for name in ("volume_size", "mount_path", "volume_label") if values.get(name) is not None]
    offer, volume = values.get(new), values.get(owned)
    if offer is None and volume is None:
        if given:
            raise ValueError(f"{given[0]}: needs {new} or {owned} beside it")
        return values
    if values.get("volume_info") is not None or (offer is not None and volume is not None):
        return values  # the check of what excludes what names the fault
    if not values.get("mount_path"):
        raise ValueError("mount_path: is required with a volume")
    if not str(values["mount_path"]).startswith("/"):
        raise ValueError("mount_path: must be an absolute path")
    info = {"create_new": offer is not None, "volume_id": _whole(volume if offer is None else offer)}
    info["mount_path"] = values["mount_path"]
    if offer is not None:
        info["size"] = _whole(values.get("volume_size") or 15)
        if values.get("volume_label"):
            info["name"] = values["volume_label"]
    elif len(given) > 1:
        raise ValueError(f"{next(name for name in given if name != 'mount_path')}: is for a new volume only")
    return {**values, "volume_info": info}


def _whole(value: Any) -> Any:
    """A number in digits as a number."""
    return int(value) if isinstance(value, str) and value.isdigit() else value


@prepare
def volume_offer_or_name(values: Values) -> Values:
    """Both ways to create a volume: by the ID of an offer, or by a name alone, which may stand in the ID's place.

    >>> volume_offer_or_name({"id": "data", "size": 50, "name": None})
    {'id': None, 'size': 50, 'name': 'data'}
    """
    offer, name = values.get("id"), values.get("name") or None
    if offer is not None and not _is_number(offer):
        if name is not None:
            raise ValueError(f"id: {offer!r} is not the ID of an offer; look for one with search_volumes")
        offer, name = None, offer
    return {**values, "name": name, "id": offer}


def _is_number(value: Any) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and value.isdigit())


_KEY_TYPES = ("ssh-", "ecdsa-", "sk-")


@prepare
def ssh_public_key(values: Values, read_file: Callable[[str], str], notes: list[str]) -> Values:
    """The public key, from either place: its text, or the path of a ``.pub`` file. The name becomes its comment.

    Raises:
        ValueError: no key is given, the file cannot be read, or it is a private key.

    >>> ssh_public_key({"name": "laptop", "public_key": "ssh-ed25519 AAAA"}, lambda path: "", [])["public_key"]
    'ssh-ed25519 AAAA laptop'
    """
    name, key = values.get("name"), values.get("public_key")
    if key is None or (_looks_like_key(name) and not _looks_like_key(key)):
        name, key = key, name
    if key is None:
        raise ValueError("public_key: is required; make one with: ssh-keygen -t ed25519")
    key = _key_text(str(key).strip(), read_file)
    if name and _looks_like_key(key):
        if len(key.split()) == 2:
            key = f"{key} {name}"
        elif key.split(None, 2)[2] != name:
            notes.append(f"The service stores no name; the key keeps its comment {key.split(None, 2)[2]!r}.")
    return {**values, "name": name, "public_key": key}


def _looks_like_key(value: Any) -> bool:
    return isinstance(value, str) and (value.lstrip().startswith(_KEY_TYPES) or value.strip().endswith(".pub"))


def _key_text(key: str, read_file: Callable[[str], str]) -> str:
    if key.endswith(".pub") and not key.startswith(_KEY_TYPES):
        from os.path import expanduser

        try:
            key = read_file(expanduser(key)).strip()
        except (OSError, UnicodeError) as error:
            raise ValueError(f"public_key: cannot read the file {key!r}: {getattr(error, 'strerror', error)}") from None
    if "PRIVATE KEY" in key:
        raise ValueError("public_key: this is a private key; give the public one, which ends in .pub")
    if not key or "\n" in key:
        raise ValueError("public_key: must be one line of text, or the path of a .pub file")
    return key
