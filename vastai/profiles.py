"""Profiles: a key, a server and a few settings under a name, each in a folder of its own.

The folder of a profile is ``profiles/NAME`` in the folder of configuration. In it stand the files that the folder of
configuration holds for those who have no profiles, ``vast_api_key`` and ``vast_tfa_key``, and ``settings``: lines such
as ``timeout = 30``, which are read without a parser that would cost time at every start.
"""

from __future__ import annotations

import os

from .errors import UsageError
from .nearest import suggestion
from .settings import KEY_FILE, SESSION_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Mapping

CHOICE = "profile"  # the file that names the profile of all commands
FOLDER = "profiles"
SETTINGS = "settings"
DEFAULT = "default"  # what it is called to have none
KNOWN = ("server_url", "retry", "timeout", "parallel")  # arguments of the client that a profile may hold
LONGEST = 64  # signs of a name


def checked_name(name: str) -> str:
    """A name that can be that of a folder, and of nothing else.

    Raises:
        UsageError: it cannot.

    >>> checked_name("work-2")
    'work-2'
    """
    plain = name.isascii() and name.replace("-", "").replace("_", "").replace(".", "").isalnum()
    if not plain or not name[0].isalnum() or len(name) > LONGEST:
        raise UsageError(
            f"{name[:LONGEST]!r} is no name of a profile: letters, digits, and after the first - _ . too",
            code="bad_profile",
        )
    return name


def folder_of(config: str, name: str) -> str:
    """Where a profile of this name stands, or would; for the default one, the folder of configuration itself.

    Raises:
        UsageError: no profile can have this name.
    """
    return config if name == DEFAULT else os.path.join(config, FOLDER, checked_name(name))


def existing(config: str, name: str) -> str:
    """The folder of a profile that is there.

    Raises:
        UsageError: it is not there; the message names the nearest that is.
    """
    folder = folder_of(config, name)
    if not os.path.isdir(folder) and name != DEFAULT:
        near = suggestion(name, names(config)) or f" Make it: vastai profile add {name}"
        raise UsageError(f"There is no profile {name}.{near}", code="no_such_profile", hint="vastai profile list")
    return folder


def names(config: str) -> list[str]:
    """The names of all profiles, the default one first."""
    try:
        found = sorted(entry.name for entry in os.scandir(os.path.join(config, FOLDER)) if entry.is_dir())
    except OSError:
        found = []
    return [DEFAULT, *(name for name in found if not name.startswith("."))]  # what begins so is not finished


def remove(folder: str) -> None:
    """Remove the files of a profile and its folder.

    Raises:
        OSError: something cannot be removed, as a folder in which something else stands.
    """
    for name in (KEY_FILE, SESSION_FILE, SETTINGS):
        if os.path.lexists(os.path.join(folder, name)):
            os.unlink(os.path.join(folder, name))
    os.rmdir(folder)


def settings(folder: str) -> dict[str, str]:
    """The settings of a profile, as texts.

    Raises:
        UsageError: its file is unreadable, or holds a line that is no setting.
    """
    path = os.path.join(folder, SETTINGS)
    try:
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(f"Cannot read {path}: {reason}.", code="bad_profile") from None
    found = {}
    for number, line in enumerate(lines, 1):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not name or name.startswith("#"):
            continue
        if not equals or name not in KNOWN:
            near = suggestion(name, KNOWN) or f" Known are {', '.join(KNOWN)}."
            raise UsageError(f"{path}, line {number}: {name[:40]!r} is no setting.{near}", code="bad_profile")
        if value:
            found[name] = value
    return found


def written(values: Mapping[str, object]) -> str:
    """Settings as the text of their file; what is None is left out.

    >>> written({"server_url": "sandbox", "timeout": None})
    'server_url = sandbox\\n'
    """
    return "".join(f"{name} = {values[name]}\n" for name in KNOWN if values.get(name) is not None)
