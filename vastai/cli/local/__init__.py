"""Commands that are no request to the service: their entries, in the grammar of commands.yaml.

The module that carries one out has the command's name; its ``run(values, context)`` returns the result, and its
``check(values, context)``, where it has one, says what is wrong before anybody is asked for consent. An entry
that has only `instead` has no module: it is a command of the official client that is left out, and that is its answer.
"""

from __future__ import annotations

from ...table.index import Table
from .profile_entries import PROFILES
from .sandbox_entries import SANDBOX

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Mapping
    from typing import Any

    from ...settings import Settings
    from ..terminal import Terminal

COLUMNS: dict[str, list[dict[str, Any]]] = {
    "profiles": [
        {"field": "name", "title": "Name"},
        {"field": "in_use", "title": "In Use"},
        {"field": "why", "title": "Why"},
        {"field": "key", "title": "Key"},
        {"field": "server_url", "title": "Server"},
    ],
    "faults": [
        {"field": "id", "title": "ID"},
        {"field": "route", "title": "Requests"},
        {"field": "kind", "title": "What Happens"},
        {"field": "fields", "title": "With"},
        {"field": "times", "title": "Times", "align": "right"},
        {"field": "hits", "title": "Happened", "align": "right"},
    ],
    "log": [
        {"field": "id", "title": "ID", "align": "right"},
        {"field": "at", "title": "At", "format": "{:%H:%M:%S}"},
        {"field": "account", "title": "Account"},
        {"field": "verb", "title": "Verb"},
        {"field": "path", "title": "Path"},
        {"field": "status", "title": "Status", "align": "right"},
        {"field": "ms", "title": "ms", "align": "right"},
        {"field": "cost.at_once", "title": "$", "format": "{:.2f}", "align": "right"},
        {"field": "cost.hourly", "title": "$/h", "format": "{:+.4f}", "align": "right"},
        {"field": "faults", "title": "Faults"},
        {"field": "msg", "title": "Refusal"},
    ],
    "messages": [
        {"field": "at", "title": "At", "format": "{:%H:%M:%S}"},
        {"field": "channel", "title": "Channel"},
        {"field": "to", "title": "To"},
        {"field": "subject", "title": "Subject"},
        {"field": "code", "title": "Code"},
        {"field": "key", "title": "Key"},
        {"field": "body", "title": "Body"},
    ],
}
ENTRIES: dict[str, dict[str, Any]] = {
    "sandbox_reset": {
        "summary": "Forget everything that happened in the sandbox",
        "group": "this machine",
        "effect": "destroy",
        "confirm": "Remove the sandbox with all its instances, volumes and keys?",
        "examples": [
            {"cli": "vastai sandbox reset --yes"},
            {"cli": "vastai sandbox reset --url sandbox:my.db", "note": "The one that is kept in this file"},
        ],
    },
    "completion": {
        "summary": "Print the script that completes words in a shell",
        "description": "At TAB it completes command words, flags, choices, fields and values of queries, GPU models, "
        'names of files, and the IDs of what you have.\n\n- bash, in ~/.bashrc: eval "$(vastai completion bash)"\n'
        '- zsh, in ~/.zshrc, behind compinit: eval "$(vastai completion zsh)"\n'
        "- fish, in ~/.config/fish/config.fish: vastai completion fish | source",
        "group": "this machine",
        "effect": "read",
        "params": {
            "shell": {"type": "str", "required": True, "choices": ["bash", "zsh", "fish"], "help": "Your shell"}
        },
        "returns": {"type": "str"},
        "output": {"view": "text"},
        "examples": [{"cli": "vastai completion bash"}],
    },
    "set_role": {
        "summary": "Say whether you rent or host",
        "description": "The official client hides commands by it. Here everybody sees all of them, so nothing is kept.",
        "group": "this machine",
        "effect": "update",
        "params": {"role": {"type": "str", "required": True, "choices": ["client", "host"], "help": "What you do"}},
        "examples": [{"cli": "vastai set role host"}],
    },
    "repl": {
        "summary": "Explain how to type several commands in a row",
        "group": "this machine",
        "instead": "A shell keeps its history and completes words: type the commands there, or use Python's prompt and "
        "`from vastai import VastAI`.",
    },
    "update": {
        "summary": "Explain how to update this program",
        "group": "this machine",
        "params": {"check": {"type": "bool", "default": False, "help": "Only look whether there is a newer one"}},
        "instead": "What was installed with pip is updated with pip: pip install --upgrade vastai.",
    },
    "uninstall": {
        "summary": "Explain how to remove this program",
        "group": "this machine",
        "params": {"yes": {"type": "bool", "default": False, "short": "-y", "help": "Do it without asking"}},
        "instead": "What was installed with pip is removed with pip: pip uninstall vastai. The key stands in "
        "~/.config/vastai/vast_api_key.",
    },
    "describe": {
        "summary": "Show what the table says of a command",
        "description": "What it sends, what that does, what it takes and what comes back. With `--raw` it is the entry "
        "of commands.yaml as data, and the schema of its answer. Your own commands are known too.",
        "group": "this machine",
        "effect": "read",
        "params": {
            "command": {
                "type": ["str"],
                "required": True,
                "help": "Its words, or the name of its method",
                "complete": "words",
            }
        },
        "examples": [
            {"cli": "vastai describe show instances"},
            {"cli": "vastai describe create_instance --raw", "note": "Its entry and schema as JSON"},
        ],
    },
    **PROFILES,
    **SANDBOX,
}


class Context:
    """What a local command may use besides its values.

    Attributes:
        terminal: the streams of the process.
        options: the options of every command, as far as they were given: flag to value, or True for a switch.
        commands: all commands, those of this machine too.
    """

    __slots__ = ("commands", "options", "terminal")

    def __init__(self, terminal: Terminal, options: Mapping[str, str | bool], commands: Table) -> None:
        self.terminal = terminal
        self.options = options
        self.commands = commands

    @property
    def server_url(self) -> str:
        """The server of ``--url``, or ""."""
        return str(self.options.get("--url", ""))

    def settings(self, **others: Any) -> Settings:
        """The settings of a client that was given these options, or others in their place.

        Raises:
            UsageError: one is wrong.
        """
        from ...settings import Settings
        from ..options import client_settings

        return Settings(**{**client_settings(self.options), **others}, environ=self.terminal.environ)


def table() -> Table:
    """The local commands as a table."""
    return Table.from_data({"commands": ENTRIES, "tables": COLUMNS})


def check(name: str, values: dict[str, Any], context: Context) -> None:
    """Say what is wrong with a local command, as far as its module can tell beforehand.

    Raises:
        VastError: what is wrong.
    """
    from importlib import import_module

    module = import_module(f"{__name__}.{name}")
    if hasattr(module, "check"):
        module.check(values, context)


def perform(name: str, values: dict[str, Any], context: Context) -> Any:
    """Carry a local command out.

    Raises:
        VastError: whatever went wrong.
    """
    from importlib import import_module

    return import_module(f"{__name__}.{name}").run(values, context)
