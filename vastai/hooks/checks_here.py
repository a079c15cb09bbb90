"""Checks of this machine: what a client finds here, held against what it needs. Pure: the facts are handed in."""

from __future__ import annotations

from .findings import BAD_KEY, FAIL, OK, WARN, Evidence, Finding

WHO = {"argument": "named here", "VASTAI_PROFILE": "named by VASTAI_PROFILE", "profile use": "vastai profile use"}


def program(evidence: Evidence) -> Finding:
    """Which version this is, and on what it runs.

    >>> from vastai.engine.steps import Reached
    >>> facts = {"version": "1.10.0", "python": "3.12.3", "system": "Linux"}
    >>> program(Evidence(facts, Reached())).found
    'vastai 1.10.0, Python 3.12.3, Linux'
    """
    facts = evidence.facts
    return Finding("version", OK, f"vastai {facts['version']}, Python {facts['python']}, {facts['system']}")


def extras(evidence: Evidence) -> Finding:
    """The optional packages; all works without them."""
    there = [f"{name} {version}" for name, version in evidence.facts["extras"].items() if version]
    lacking = [name for name, version in evidence.facts["extras"].items() if not version]
    found = ", ".join([*there, *(f"no {name}" for name in lacking)]) + (" (optional)" if lacking else "")
    return Finding("extras", OK, found, "pip install 'vastai[cli]'" if lacking else "")


def profile(evidence: Evidence) -> Finding:
    """Which profile is used, and who chose it."""
    name, who = evidence.facts["profile"], evidence.facts["profile_by"]
    return Finding("profile", OK, f"{name or 'default'} ({WHO[who]})" if who else "default")


def key(evidence: Evidence) -> Finding:
    """Where the key was found, and whether it can be one. It is not shown."""
    facts = evidence.facts
    source = facts["key"]
    of_profile = f" --profile {facts['profile']}" if facts["profile"] else ""
    if not source:
        if facts["imitation"]:
            return Finding("key", OK, f"none; the {facts['imitation']} needs none")
        return Finding("key", FAIL, "there is none", f"vastai set api-key{of_profile}", BAD_KEY)
    where = {"argument": "given as an argument"}.get(source, f"found in {source}")
    if not facts["key_good"]:
        return Finding("key", FAIL, f"{where}; it holds signs that no key has", "copy it again, all of it", BAD_KEY)
    if facts["hidden_keys"]:
        hidden = " and ".join(facts["hidden_keys"])
        return Finding(
            "key", WARN, f"{where}, which goes before another key in {hidden}", f"unset {source}, if that is not meant"
        )
    return Finding("key", OK, where)


def key_files(evidence: Evidence) -> list[Finding]:
    """Whether others can read the key files, or put others in their place."""
    found = []
    files = evidence.facts["files"]
    for file in files:
        path = file["path"]
        if file["mode"] & 0o077:
            fix = f"chmod 600 {path}"
            found.append(Finding("key file", FAIL, f"{path} can be read by others ({file['mode']:04o})", fix))
        elif file["kind"] != "old" and (file["folder_mode"] or 0) & 0o022:
            folder = path.rpartition("/")[0]
            found.append(Finding("key file", FAIL, f"others can write to its folder {folder}", f"chmod 700 {folder}"))
        elif file["kind"] != "old":
            found.append(Finding("key file", OK, f"{path} ({file['mode']:04o})"))
    return found or [Finding("key file", OK, "none")]


def old_key_files(evidence: Evidence) -> Finding:
    """The file that older clients kept the key in."""
    old = next((file for file in evidence.facts["files"] if file["kind"] == "old"), None)
    if old is None:
        return Finding("old key file", OK, "none")
    if old["used"]:
        return Finding("old key file", WARN, f"{old['path']} is what is used", "vastai set api-key moves the key")
    return Finding("old key file", WARN, f"{old['path']} is there and not used", f"rm {old['path']}")


def server(evidence: Evidence) -> Finding:
    """Where requests go, and whether the key would travel unencrypted."""
    facts = evidence.facts
    address = facts["server"]
    if facts["imitation"]:
        return Finding("server", OK, f"{address} (an imitation inside this program)")
    if facts["unencrypted"] == "refused":
        fix = "use https in VAST_URL, or VASTAI_ALLOW_HTTP=1 if you trust the network"
        return Finding("server", FAIL, f"{address}: the key would travel unencrypted, so it is not sent", fix)
    if facts["unencrypted"]:
        return Finding("server", WARN, f"{address}: the key travels unencrypted", "use https, or trust the network")
    return Finding("server", OK, address)


def proxy(evidence: Evidence) -> Finding:
    """The proxy of the environment, and whether it is used."""
    facts = evidence.facts
    if not facts["proxy"]:
        return Finding("proxy", OK, "none")
    if facts["no_proxy"]:
        return Finding("proxy", OK, f"{facts['proxy']}, not used for this server (NO_PROXY, or this machine)")
    if evidence.reached.reason:
        fix = "check HTTPS_PROXY, or except the server in NO_PROXY"
        return Finding("proxy", WARN, f"{facts['proxy']} is used, and the server is not reached", fix)
    return Finding("proxy", OK, f"{facts['proxy']} is used")


def certificates(evidence: Evidence) -> Finding:
    """The certificates that are trusted instead of the usual ones."""
    if not evidence.facts["bundle"]:
        return Finding("certificates", OK, "the usual ones")
    variable, path, there = evidence.facts["bundle"]
    if not there:
        return Finding("certificates", FAIL, f"{variable}: {path} does not exist", f"unset {variable}, or correct it")
    return Finding("certificates", OK, f"those of {variable}: {path}")


def programs(evidence: Evidence) -> Finding:
    """The programs that some commands run."""
    lacking = [name for name, path in evidence.facts["programs"].items() if not path]
    if lacking:
        what = " and ".join(lacking)
        fix = f"install {what} ({'openssh-client' if 'ssh' in lacking else 'rsync'} and the like)"
        return Finding("programs", WARN, f"no {what}: copies and connections need it", fix)
    return Finding("programs", OK, ", ".join(str(path) for path in evidence.facts["programs"].values()))
