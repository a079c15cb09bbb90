"""The entries of ``vastai sandbox ...``, beside `ENTRIES` because they are many."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from typing import Any

_GROUP = "sandbox"
_FORMS = ["recorded", "text", "json", "detail"]

SANDBOX: dict[str, dict[str, Any]] = {
    "sandbox_serve": {
        "summary": "Serve the sandbox over HTTP on this machine",
        "description": "Prints its address on one line, then answers until it is interrupted or terminated; what is "
        "under way then still ends. It listens on 127.0.0.1 only.",
        "group": _GROUP,
        "words": "sandbox serve",
        "effect": "read",
        "params": {
            "port": {"type": "int", "default": 8420, "minimum": 0, "maximum": 65535, "help": "Port; 0 for a free one"},
            "state": {"type": "str", "help": 'File of the state, or ":memory:" (default: that of --url sandbox)'},
            "seed": {"type": "int", "minimum": 0, "help": "Seed of the market of a new sandbox"},
            "speed": {"type": "float", "minimum": 0.000001, "maximum": 1e9, "help": "Its seconds per real second"},
            "ssh": {"type": "str", "help": 'HOST:PORT where SSH of all instances really answers; "" for nowhere'},
            "strict_keys": {"type": "bool", "default": False, "help": "Admit only keys that this sandbox has issued"},
            "rate_limits": {"type": "bool", "default": False, "help": "Refuse what comes too soon, as the service"},
            "form": {"type": "str", "choices": _FORMS, "default": "recorded", "help": "What such a refusal looks like"},
        },
        "examples": [
            {"cli": "vastai sandbox serve"},
            {"cli": "vastai sandbox serve --port 0 --state :memory: --rate-limits", "note": "For one test run"},
        ],
    },
    "sandbox_status": {
        "summary": "Show what the sandbox holds: its clock, its accounts and their money",
        "group": _GROUP,
        "words": "sandbox status",
        "effect": "read",
        "examples": [{"cli": "vastai sandbox status"}],
    },
    "sandbox_log": {
        "summary": "Show what was asked of the sandbox, what it answered and what that cost",
        "description": "The last 1000 requests are kept. Keys and other secrets are not in it.",
        "group": _GROUP,
        "words": "sandbox log",
        "effect": "read",
        "params": {"limit": {"type": "int", "minimum": 1, "default": 50, "help": "At most so many, the last ones"}},
        "output": {"table": "log", "quiet": "id", "empty": "Nothing was asked yet."},
        "examples": [{"cli": "vastai sandbox log --limit 10"}],
    },
    "sandbox_messages": {
        "summary": "Show the e-mails, text messages and webhooks that the sandbox would have sent",
        "description": "Nothing is sent. The codes of two-factor authentication and the keys of invited members are in "
        "it, the newest first.",
        "group": _GROUP,
        "words": "sandbox messages",
        "effect": "read",
        "params": {"limit": {"type": "int", "minimum": 1, "default": 50, "help": "At most so many, the newest"}},
        "output": {"table": "messages", "empty": "No messages."},
        "examples": [{"cli": "vastai sandbox messages --limit 1"}],
    },
    "sandbox_advance": {
        "summary": "Let time pass in the sandbox at once",
        "group": _GROUP,
        "words": "sandbox advance",
        "effect": "update",
        "params": {
            "seconds": {"type": "float", "required": True, "minimum": 0, "maximum": 1e9, "help": "Seconds that pass"},
            "speed": {"type": "float", "minimum": 0.000001, "maximum": 1e9, "help": "Its seconds per real second"},
        },
        "examples": [{"cli": "vastai sandbox advance 3600", "note": "An hour of costs"}],
    },
    "sandbox_key": {
        "summary": "Issue a key of the sandbox",
        "description": "For a sandbox that is served with `--strict-keys`. The key is shown this once.",
        "group": _GROUP,
        "words": "sandbox key",
        "effect": "once",
        "params": {"email": {"type": "str", "help": "Account that it belongs to (default: the one used in process)"}},
        "output": {"quiet": "key"},
        "examples": [{"cli": "vastai sandbox key"}],
    },
    "sandbox_seed": {
        "summary": "Make the sandbox as a YAML file says",
        "description": "Everything that was in it is forgotten. The guide on the sandbox explains the file.",
        "group": _GROUP,
        "words": "sandbox seed",
        "effect": "destroy",
        "confirm": "Replace the sandbox with all its instances, volumes and keys?",
        "params": {"file": {"type": "path", "required": True, "help": "The file, or - to read it from stdin"}},
        "examples": [{"cli": "vastai sandbox seed world.yaml --yes"}],
    },
    "sandbox_save": {
        "summary": "Write the sandbox to a YAML file",
        "group": _GROUP,
        "words": "sandbox save",
        "effect": "update",
        "params": {"file": {"type": "path", "required": True, "help": "The file, or - to write it to stdout"}},
        "examples": [{"cli": "vastai sandbox save world.yaml"}],
    },
    "sandbox_fault_add": {
        "summary": "Let something go wrong in the sandbox",
        "group": _GROUP,
        "words": "sandbox fault add",
        "effect": "update",
        "params": {
            "route": {"type": "str", "required": True, "help": 'Requests it is for, such as "PUT /asks/*" or "*"'},
            "kind": {"type": "str", "help": "What happens, unless another option tells it: see the guide"},
            "status": {"type": "int", "help": "Answer with this status"},
            "times": {"type": "int", "help": "So often (default: until it is cleared)"},
            "skip": {"type": "int", "help": "Let so many requests pass first"},
            "seconds": {"type": "float", "help": "Answer after so many seconds"},
            "form": {"type": "str", "help": "What the refusal looks like: json, detail, text, html, empty, recorded"},
            "error": {"type": "str", "help": "Its code"},
            "msg": {"type": "str", "help": "Its words, or those of a boot that fails"},
            "wait": {"type": "float", "help": "Seconds that it asks to wait"},
            "done": {"type": "bool", "help": "Only after the work was done"},
            "field": {"type": "str", "help": "Field of the answer that is null, or renamed"},
            "to": {"type": "str", "help": "Its new name"},
            "type": {"type": "str", "help": "Content type that the answer claims to have"},
            "limit": {"type": "int", "help": "Requests of one day, for search-quota"},
        },
        "examples": [
            {"cli": "vastai sandbox fault add 'PUT /asks/*' --status 503 --times 2"},
            {"cli": "vastai sandbox fault add 'PUT /asks/*' --kind lost", "note": "Rented, but nobody hears of it"},
        ],
    },
    "sandbox_fault_list": {
        "summary": "List what was asked to go wrong",
        "group": _GROUP,
        "words": "sandbox fault list",
        "effect": "read",
        "output": {"table": "faults", "quiet": "id", "empty": "No faults."},
        "examples": [{"cli": "vastai sandbox fault list"}],
    },
    "sandbox_fault_clear": {
        "summary": "Let everything go right again, or end one fault",
        "group": _GROUP,
        "words": "sandbox fault clear",
        "effect": "update",
        "params": {"id": {"type": "int", "positional": True, "help": "The fault (default: all)"}},
        "examples": [{"cli": "vastai sandbox fault clear"}],
    },
}  # fmt: skip
