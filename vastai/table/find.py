"""Find what lies outside the package's code: the table, its schemas, the tables that the user added."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Mapping

PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def data_path(name: str) -> str:
    """A file or folder of the project's top level: inside the package when installed, beside it in a checkout."""
    inside = os.path.join(PACKAGE, name)
    return inside if os.path.exists(inside) else os.path.join(os.path.dirname(PACKAGE), name)


def user_tables(environ: Mapping[str, str] = os.environ) -> list[str]:
    """The tables that the user added: those of the configuration folder, then those of VASTAI_COMMANDS."""
    folder = os.path.join(xdg_folder(environ, "XDG_CONFIG_HOME", ".config"), "vastai", "commands.d")
    found: list[str] = []
    try:
        found = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".yaml"))
    except OSError:
        pass
    return found + [path for path in environ.get("VASTAI_COMMANDS", "").split(os.pathsep) if path]


def xdg_folder(environ: Mapping[str, str], variable: str, default: str) -> str:
    """A folder of the XDG Base Directory specification: that of the variable, else the default below the home."""
    return environ.get(variable) or os.path.join(os.path.expanduser("~"), default)
