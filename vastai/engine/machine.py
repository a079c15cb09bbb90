"""What a client finds on this machine: files, variables, programs, packages. It only looks; no key is handed on."""

from __future__ import annotations

import os
import platform
import re
import stat
from importlib.metadata import PackageNotFoundError, version
from shutil import which
from typing import Any
from urllib.parse import urlsplit

from .. import __version__
from ..settings import KEY_FILE, SESSION_FILE, Settings
from .address import base_of, check_encrypted, is_loopback

EXTRAS = ("rich", "jmespath")
PROGRAMS = ("ssh", "rsync")
KEY_VARIABLES = ("VAST_API_KEY", "VASTAI_API_KEY")
BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")  # in the order they are heeded


def facts(settings: Settings) -> dict[str, Any]:
    """All of it.

    Returns:
        version, python, system: of this package and what it runs on.
        extras: optional package -> its version, or None; programs: name -> path, or None.
        profile, profile_by: the profile in use and who chose it, see Settings.
        key: where the key in use was found, "" when there is none; key_good: can it be sent?
        hidden_keys: key files with another key, which a variable goes before.
        files: the key files that are there: path, kind (key, session, old), used, mode and that of the folder.
        server, imitation: where requests go; unencrypted: "", ``allowed`` or ``refused``.
        proxy: the proxy on the way there, without its password, or ""; no_proxy: is it passed by?
        bundle: variable and path of the certificates that are trusted instead of the usual ones, and whether it is
            there; or None.
        public_keys: the public SSH keys of this machine: path, text, and whether the private half is there.
        agent: is an SSH agent running?
    """
    key, source = settings.key_and_source()
    files = _key_files(settings, source)
    environ = settings.environ
    return {
        "version": __version__,
        "python": platform.python_version(),
        "system": platform.system(),
        "extras": {name: _version(name) for name in EXTRAS},
        "programs": {name: which(name) for name in PROGRAMS},
        "profile": settings.profile,
        "profile_by": settings.profile_by,
        "key": source if key else "",
        "key_good": not re.search(r"[^\x21-\x7e]", key or ""),
        "hidden_keys": [each["path"] for each in files if source in KEY_VARIABLES and not _holds(each["path"], key)],
        "files": files,
        "server": settings.server_url,
        "imitation": settings.imitation,
        "unencrypted": _unencrypted(settings),
        **_proxy(settings),
        "bundle": next(
            ([name, environ[name], os.path.exists(environ[name])] for name in BUNDLES if environ.get(name)), None
        ),
        "public_keys": _public_keys(os.path.join(os.path.dirname(settings.old_key_file()), ".ssh")),
        "agent": bool(environ.get("SSH_AUTH_SOCK")),
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _key_files(settings: Settings, source: str) -> list[dict[str, Any]]:
    found = []
    kinds = {KEY_FILE: "key", SESSION_FILE: "session"}
    paths = [os.path.join(settings.key_folder(), name) for name in (SESSION_FILE, KEY_FILE)]
    for path in [*paths, settings.old_key_file()]:
        mode = _mode(path)
        if mode is not None:
            kind = kinds.get(os.path.basename(path), "old")
            folder = _mode(os.path.dirname(path))
            found.append({"path": path, "kind": kind, "used": path == source, "mode": mode, "folder_mode": folder})
    return found


def _holds(path: str, key: str | None) -> bool:
    """Does a file hold this key?"""
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip() == key
    except (OSError, UnicodeDecodeError):
        return False


def _mode(path: str) -> int | None:
    """The permissions of a file or folder; None when it is not there. Where there are no such, all are the owner's."""
    try:
        mode = stat.S_IMODE(os.stat(path).st_mode)
    except OSError:
        return None
    return mode if os.name == "posix" else mode & 0o700


def _unencrypted(settings: Settings) -> str:
    from ..errors import UsageError

    if settings.sandboxed or not settings.server_url.startswith("http:"):
        return ""
    try:
        check_encrypted(settings.server_url, settings)
    except UsageError:
        return "refused"
    return "" if is_loopback(urlsplit(settings.server_url).hostname) else "allowed"


def _proxy(settings: Settings) -> dict[str, Any]:
    """The proxy of the environment for the server, and whether NO_PROXY excepts the server from it."""
    from urllib.request import getproxies

    from requests.utils import select_proxy, should_bypass_proxies

    from ..errors import UsageError

    try:
        server = "" if settings.sandboxed else base_of(settings)
    except UsageError:
        server = ""
    proxy = (select_proxy(server, getproxies()) or "") if server else ""
    passed_by = bool(proxy) and (is_loopback(urlsplit(server).hostname) or should_bypass_proxies(server, None))
    return {"proxy": re.sub(r"//[^@/]*@", "//****@", proxy), "no_proxy": passed_by}


def _public_keys(folder: str) -> list[dict[str, Any]]:
    """The public keys of SSH in a folder."""
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".pub"))
    except OSError:
        return []
    found = []
    for name in names:
        path = os.path.join(folder, name)
        try:
            with open(path, encoding="utf-8") as file:
                text = file.read(20_000).strip()
        except (OSError, UnicodeDecodeError):
            continue
        found.append({"path": path, "text": text, "private": os.path.exists(path.removesuffix(".pub"))})
    return found
