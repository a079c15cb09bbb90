"""The entries of ``vastai profile ...``, beside `ENTRIES` because they are of one kind."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from typing import Any

_GROUP = "keys"
_NAME: dict[str, Any] = {"type": "str", "required": True, "help": "Name of the profile"}
_KEPT = {"complete": "profile_list.name"}

PROFILES: dict[str, dict[str, Any]] = {
    "profile_add": {
        "summary": "Keep a key, a server and settings under a name",
        "description": "The key is typed unseen, or read from what is piped in; for a sandbox none is asked for. "
        "--url, --retry, --timeout and --parallel are kept with it, and hold whenever the profile is used.",
        "group": _GROUP,
        "words": "profile add",
        "effect": "update",
        "params": {
            "name": _NAME,
            "key": {"type": "str", "positional": True, "secret": True, "help": "The key; - to read it from stdin"},
        },
        "examples": [
            {"cli": "vastai profile add work", "note": "Asks for the key. Use it with --profile work"},
            {"cli": "vastai profile add play --url sandbox --timeout 10"},
        ],
    },
    "profile_use": {
        "summary": "Choose the profile that all commands use from now on",
        "description": "VASTAI_PROFILE chooses one for a shell, --profile for one command; both go before this.",
        "group": _GROUP,
        "words": "profile use",
        "effect": "update",
        "params": {"name": {**_NAME, **_KEPT, "help": 'Name of the profile; "default" for none'}},
        "examples": [{"cli": "vastai profile use default"}],
    },
    "profile_list": {
        "summary": "List the profiles, and say which one is used and why",
        "group": _GROUP,
        "words": "profile list",
        "effect": "read",
        "output": {"table": "profiles", "quiet": "name"},
        "examples": [{"cli": "vastai profile list"}],
    },
    "profile_remove": {
        "summary": "Forget a profile with its key",
        "description": "The key is removed from this machine only; it stays valid until you delete it there as well.",
        "group": _GROUP,
        "words": "profile remove",
        "effect": "destroy",
        "confirm": "Remove the profile {name} with its key?",
        "params": {"name": {**_NAME, **_KEPT}},
        "examples": [{"cli": "vastai profile remove work --yes"}],
    },
}
