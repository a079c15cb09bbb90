"""Find the table: its file, its schemas, the tables that the user added, and the compiled index that belongs to it."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Mapping
    from typing import Any

FORMAT = 5  # raise it when `build.render` writes something else, so that older compiled tables are not read
PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def data_path(name: str) -> str:
    """A file or folder of the project's top level: inside the package when installed, beside it in a checkout."""
    inside = os.path.join(PACKAGE, name)
    return inside if os.path.exists(inside) else os.path.join(os.path.dirname(PACKAGE), name)


def user_tables(environ: "Mapping[str, str]" = os.environ) -> "list[str]":
    """The tables that the user added: those of the configuration folder, then those of VASTAI_COMMANDS."""
    folder = os.path.join(xdg_folder(environ, "XDG_CONFIG_HOME", ".config"), "vastai", "commands.d")
    found: list[str] = []
    try:
        found = sorted(os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(".yaml"))
    except OSError:
        pass
    return found + [path for path in environ.get("VASTAI_COMMANDS", "").split(os.pathsep) if path]


def xdg_folder(environ: "Mapping[str, str]", variable: str, default: str) -> str:
    """A folder of the XDG Base Directory specification: that of the variable, else the default below the home."""
    return environ.get(variable) or os.path.join(os.path.expanduser("~"), default)


def fresh_index(environ: "Mapping[str, str]" = os.environ) -> "Any":
    """The compiled index beside the package, if it is all that is needed: of this format, made from commands.yaml as
    its size and time are now, and without tables of the user. Else None; `compiled.load` then finds out more."""
    try:
        from . import _commands  # type: ignore[attr-defined, unused-ignore]  # generated; not there in a new checkout

        state = os.stat(data_path("commands.yaml"))
        fresh = _commands.FORMAT == FORMAT and (state.st_size, state.st_mtime_ns) == _commands.STAMP[:2]
    except (ImportError, OSError, SyntaxError, ValueError, EOFError, AttributeError):
        return None
    return _commands if fresh and not user_tables(environ) else None
