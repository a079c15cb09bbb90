"""The environment variables that the program reads: the one list that help and documentation show."""

from __future__ import annotations

# The variables of a row mean the same, or belong together. Backquotes are for the documentation.
VARIABLES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("VAST_API_KEY",), "The API key. An empty one does not count"),
    (("VASTAI_API_KEY",), "The same, looked at second"),
    (("VASTAI_PROFILE",), "Name of the profile to use in this shell, as `--profile`"),
    (("VAST_URL",), "Address of the API, as `--url`"),
    (("VASTAI_TIMEOUT",), "Seconds for one attempt, as `--timeout`"),
    (("VASTAI_PARALLEL",), "Requests of a bulk command under way at once, as `--parallel`"),
    (("VASTAI_STRICT",), "`1`: as `--strict`; `warn`: only warn, once per command"),
    (("VASTAI_COMMANDS",), "More tables of commands, separated as in `PATH`"),
    (("VASTAI_ALLOW_HTTP",), "`1` lets the key travel over plain http to another machine"),
    (("VASTAI_DEBUG",), "`1` shows the traceback of an unexpected error"),
    (("NO_COLOR",), "Anything in it: no colours, as `--no-color`; `TERM=dumb` does the same"),
    (("PAGER",), "What shows output that is longer than the screen (default: `less`); `cat` or nothing: none does"),
    (("COLUMNS", "LINES"), "Columns and lines of the terminal; else the terminal is asked"),
    (
        ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"),
        "Where files lie; default `~/.config`, `~/.local/state`, `~/.cache`",
    ),
    (("HTTPS_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE"), "As every program that uses requests"),
)
