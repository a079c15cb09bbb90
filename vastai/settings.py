"""Where the key, the server, the repeats and the time-outs come from, and in which order.

What is found first holds:

====  ==========================  =========================================================================
 1    an argument, an option      ``VastAI(api_key=...)``, ``--api-key``, ``--url``, ``--timeout`` ...
 2    a profile that is named     ``VastAI(profile=...)``, ``--profile NAME``
 3    a variable                  VAST_API_KEY, VASTAI_API_KEY, VAST_URL, VASTAI_TIMEOUT, VASTAI_PARALLEL
 4    a profile of this shell     the one that VASTAI_PROFILE names
 5    a profile for all commands  the one chosen with ``vastai profile use NAME``
 6    no profile                  the key of a two-factor session (in the terminal), the key file, ``~/.vast_api_key``
====  ==========================  =========================================================================

Only one profile counts: the first of 2, 4 and 5 that there is. With a profile, keys of 6 are not looked at: they are
another account's. With one that is named, neither are the variables with keys.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Mapping

    from .errors import UsageError


class Standard(int):
    """A number that holds as long as nobody says another."""

    __slots__ = ()


DEFAULT_SERVER = "https://console.vast.ai"
SERVERLESS_SERVER = "https://run.vast.ai"  # used with the default server only; any other server answers both
KEY_FILE = "vast_api_key"
SESSION_FILE = "vast_tfa_key"
RETRY = Standard(3)  # repeats after the first attempt
TIMEOUT = 120.0  # seconds for one attempt, all of it
PARALLEL = 4  # requests of a bulk command at once
MOST_PARALLEL = 64  # as many connections as are kept


class Secret(str):
    """A text that does not show in a report that prints variables, such as a traceback with the locals of each frame.

    >>> {"Authorization": Secret("Bearer 123")}
    {'Authorization': '****'}
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return "'****'"


class Settings:
    """What one client was told, completed from the environment.

    Attributes:
        profile: the profile in use, "" for none.
        profile_by: who chose it: ``argument``, ``VASTAI_PROFILE``, ``profile use``, or "".
        server_url: base address without a trailing slash, or ``sandbox``, ``sandbox:PATH``, ``sandbox::memory:``,
            or ``replay:FILE`` for a recording.
        retry: repeats after the first attempt.
        timeout: seconds for one attempt.
        parallel: how many requests of a bulk command may be under way at once.
        strict: ``""``, ``"warn"`` or ``"raise"``: what to do with an answer that is not what its schema says.
        allow_http: may a key travel over plain http to another machine?
        session_key: may the key of a two-factor session be used (the terminal does, the library does not)?
        record: the file to write requests and answers to, or "".
    """

    __slots__ = (
        "_key", "allow_http", "curl", "environ", "explain", "parallel", "profile", "profile_by", "quiet",
        "raise_errors", "raw", "record", "retry", "server_url", "session_key", "strict", "timeout",
    )  # fmt: skip

    def __init__(
        self,
        *,
        api_key: "str | None" = None,
        server_url: "str | None" = None,
        profile: "str | None" = None,
        retry: int = RETRY,
        raw: bool = True,
        explain: bool = False,
        quiet: bool = False,
        curl: bool = False,
        timeout: "float | None" = None,
        parallel: "int | None" = None,
        strict: "bool | str | None" = None,
        raise_errors: bool = False,
        session_key: bool = False,
        record: "str | None" = None,
        environ: "Mapping[str, str] | None" = None,
    ) -> None:
        self.environ = os.environ if environ is None else environ
        self._key = _text("api_key", api_key)
        self.profile, self.profile_by = profile_in_use(_text("profile", profile), self.environ)
        kept = self._kept() if self.profile else {}
        server = _text("server_url", server_url) or self._told("VAST_URL", kept, "server_url")[0] or DEFAULT_SERVER
        self.server_url = server.rstrip("/")
        again = kept.get("retry") if isinstance(retry, Standard) else None
        self.retry = (
            _count("retry", retry) if again is None else _count(f"retry of profile {self.profile}", _whole(again))
        )
        self.raw = raw
        self.explain = explain
        self.quiet = quiet
        self.curl = curl
        limit, who = self._told("VASTAI_TIMEOUT", kept, "timeout")
        self.timeout = _seconds(who, limit or TIMEOUT) if timeout is None else _seconds("timeout", timeout)
        several, who = self._told("VASTAI_PARALLEL", kept, "parallel")
        self.parallel = _parallel(who, several or PARALLEL) if parallel is None else _parallel("parallel", parallel)
        strictness = self.environ.get("VASTAI_STRICT", "")
        self.strict = _strictness("VASTAI_STRICT", strictness) if strict is None else _strictness("strict", strict)
        self.raise_errors = raise_errors
        self.session_key = session_key
        self.record = os.path.expanduser(_text("record", record) or "")
        self.allow_http = self.environ.get("VASTAI_ALLOW_HTTP") == "1"

    def __getstate__(self) -> "dict[str, object]":
        return {name: getattr(self, name) for name in self.__slots__ if name != "environ"}

    def __setstate__(self, state: "dict[str, object]") -> None:
        self.environ = os.environ
        for name, value in state.items():
            setattr(self, name, value)

    def __repr__(self) -> str:
        return f"<Settings {self.server_url}>"

    @property
    def sandboxed(self) -> bool:
        """Does the server imitate the service inside this process: the sandbox, or a recording that is played back?"""
        return self.server_url == "sandbox" or self.server_url.startswith(("sandbox:", "replay:"))

    @property
    def imitation(self) -> str:
        """What imitates the service, ``sandbox`` or ``replay``; "" for a real server."""
        return self.server_url.partition(":")[0] if self.sandboxed else ""

    def api_key(self) -> "str | None":
        """The key to use, looked up now in the order of this module's table, or None when there is none.

        Empty ones do not count. In a profile as without one, the key of a two-factor session goes before the key.
        """
        key = self.key_and_source()[0]
        return None if key is None else Secret(key)

    def key_and_source(self) -> "tuple[str | None, str]":
        """The key and where it was found: ``argument``, the name of a variable, or the path of a file."""
        if self._key is not None:
            return self._key.strip() or None, "argument"
        for variable in () if self.profile_by == "argument" else ("VAST_API_KEY", "VASTAI_API_KEY"):
            key = self.environ.get(variable, "").strip()
            if key:
                return key, variable
        for path in self.key_files():
            try:
                with open(path, encoding="utf-8") as file:
                    key = file.read().strip()
            except (OSError, UnicodeDecodeError):
                continue
            if key:
                return key, path
        return None, ""

    def key_files(self) -> "list[str]":
        """The files a key may stand in, in the order they are looked at."""
        names = [SESSION_FILE] if self.session_key else []
        files = [os.path.join(self.key_folder(), name) for name in [*names, KEY_FILE]]
        return files if self.profile else [*files, self.old_key_file()]

    def key_file(self) -> str:
        """The file that a key is written to: that of the profile, or the one of those who have none."""
        return os.path.join(self.key_folder(), KEY_FILE)

    def old_key_file(self) -> str:
        """The file of older clients, which is read and never written."""
        return os.path.join(_home(self.environ), f".{KEY_FILE}")

    def key_folder(self) -> str:
        """The folder of the keys: that of the profile in use, or the folder of configuration."""
        config = self.config_folder()
        return os.path.join(config, "profiles", self.profile) if self.profile else config

    def config_folder(self) -> str:
        """The folder of this package's files by the XDG Base Directory specification."""
        return config_folder(self.environ)

    def folder(self, name: str) -> str:
        """A folder by what it is: ``home``, ``here``, or ``state``, for what is kept by the XDG specification."""
        home = _home(self.environ)
        if name in ("home", "here"):
            return home if name == "home" else os.getcwd()
        base = self.environ.get("XDG_STATE_HOME") or os.path.join(home, ".local", "state")
        return os.path.join(base, "vastai")

    def session_file(self) -> str:
        """The file for the key of a two-factor session, or "" where none is kept: in the library and the sandbox."""
        return os.path.join(self.key_folder(), SESSION_FILE) if self.session_key and not self.sandboxed else ""

    def use_key(self, api_key: str) -> "str | None":
        """Use this key from now on.

        Returns:
            the key that was in use before, or None.
        """
        before = self.api_key()
        self._key = api_key
        return before

    def forget_session(self) -> bool:
        """Remove the key of a two-factor session that has ended. Returns whether it was the key in use."""
        _, source = self.key_and_source()
        if not self.session_key or os.path.basename(source) != SESSION_FILE:
            return False
        try:
            os.unlink(source)
        except OSError:
            return False
        return True

    def _kept(self) -> "dict[str, str]":
        """The settings of the profile in use."""
        from . import profiles  # who has no profile does without them

        return profiles.settings(profiles.existing(self.config_folder(), self.profile))

    def _told(self, variable: str, kept: "dict[str, str]", name: str) -> "tuple[str | None, str]":
        """What variable or profile say, whichever counts, and who said it; None where neither does."""
        by_profile = (kept.get(name), f"{name} of profile {self.profile}")
        by_variable = (self.environ.get(variable), variable)
        first, second = (by_profile, by_variable) if self.profile_by == "argument" else (by_variable, by_profile)
        return first if first[0] else second


def config_folder(environ: "Mapping[str, str]") -> str:
    """The folder of this package's files by the XDG Base Directory specification."""
    return os.path.join(environ.get("XDG_CONFIG_HOME") or os.path.join(_home(environ), ".config"), "vastai")


def profile_in_use(named: "str | None", environ: "Mapping[str, str]") -> "tuple[str, str]":
    """The profile to use, "" for none, and who chose it; whether it is there is another question.

    Args:
        named: the one of an argument or option.
    """
    name, who = named or "", "argument"
    if not name:
        name, who = environ.get("VASTAI_PROFILE", "").strip(), "VASTAI_PROFILE"
    if not name:
        try:
            with open(os.path.join(config_folder(environ), "profile"), encoding="utf-8") as file:
                name, who = file.read(200).strip(), "profile use"
        except (OSError, UnicodeDecodeError):
            pass
    return ("" if name == "default" else name, who) if name else ("", "")


def _home(environ: "Mapping[str, str]") -> str:
    return environ.get("HOME") or os.path.expanduser("~")


def _wrong(message: str) -> "UsageError":
    from .errors import UsageError  # not at the top: the exceptions are a third of what a start would load

    return UsageError(message)


def _count(name: str, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _wrong(f"{name}: {value!r} is not a number of repeats (0 or more)")
    return int(value)


def _whole(text: str) -> "int | str":
    """A text of digits as a number; any other as it is, for the message about it."""
    return int(text[:9]) if text.isascii() and text.isdigit() else text


def _parallel(name: str, value: object) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= MOST_PARALLEL):
        raise _wrong(f"{name}: {text[:60]!r} is not a number of requests at once (1 to {MOST_PARALLEL})")
    return int(text)


def _text(name: str, value: "str | None") -> "str | None":
    if value is not None and not isinstance(value, str):  # not repeated in the message: it may be a key
        raise _wrong(f"{name}: expected a text, got {type(value).__name__}")
    return value


def _seconds(name: str, value: object) -> float:
    try:
        seconds = float(value)  # type: ignore[arg-type]  # anything else raises, and is answered here
    except (TypeError, ValueError):
        seconds = float("nan")
    if not 0 < seconds < 1e6:
        raise _wrong(f"{name}: {value!r} is not a number of seconds above 0")
    return seconds


def _strictness(name: str, value: "bool | str") -> str:
    if isinstance(value, str):
        known = {"": "", "0": "", "warn": "warn", "1": "raise", "raise": "raise"}
        if value not in known:
            raise _wrong(f"{name}: {value!r} is not one of 0, 1, warn")
        return known[value]
    return "raise" if value else ""
