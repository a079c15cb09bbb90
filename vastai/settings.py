"""Where the key, the server, the repeats and the time-outs come from, and in which order."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Mapping

    from .errors import UsageError

DEFAULT_SERVER = "https://console.vast.ai"
SERVERLESS_SERVER = "https://run.vast.ai"  # used with the default server only; any other server answers both
SESSION_FILE = "vast_tfa_key"
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
        "_key", "allow_http", "curl", "environ", "explain", "parallel", "quiet", "raise_errors", "raw", "record",
        "retry", "server_url", "session_key", "strict", "timeout",
    )  # fmt: skip

    def __init__(
        self,
        *,
        api_key: "str | None" = None,
        server_url: "str | None" = None,
        retry: int = 3,
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
        server = _text("server_url", server_url) or self.environ.get("VAST_URL") or DEFAULT_SERVER
        self.server_url = server.rstrip("/")
        self.retry = _count(retry)
        self.raw = raw
        self.explain = explain
        self.quiet = quiet
        self.curl = curl
        limit = self.environ.get("VASTAI_TIMEOUT") or TIMEOUT
        self.timeout = _seconds("VASTAI_TIMEOUT", limit) if timeout is None else _seconds("timeout", timeout)
        several = self.environ.get("VASTAI_PARALLEL") or PARALLEL
        self.parallel = _parallel("VASTAI_PARALLEL", several) if parallel is None else _parallel("parallel", parallel)
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
        """The key to use, looked up now, or None when there is none.

        Order: the argument, VAST_API_KEY, VASTAI_API_KEY (empty ones do not count), the key of a two-factor session
        (in the terminal), the key file, ``~/.vast_api_key``.
        """
        key = self.key_and_source()[0]
        return None if key is None else Secret(key)

    def key_and_source(self) -> "tuple[str | None, str]":
        """The key and where it was found: ``argument``, the name of a variable, or the path of a file."""
        if self._key is not None:
            return self._key.strip() or None, "argument"
        for variable in ("VAST_API_KEY", "VASTAI_API_KEY"):
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
        folder = self.config_folder()
        names = [SESSION_FILE] if self.session_key else []
        files = [os.path.join(folder, name) for name in [*names, "vast_api_key"]]
        return [*files, os.path.join(self._home(), ".vast_api_key")]

    def config_folder(self) -> str:
        """The folder of this package's files by the XDG Base Directory specification."""
        base = self.environ.get("XDG_CONFIG_HOME") or os.path.join(self._home(), ".config")
        return os.path.join(base, "vastai")

    def session_file(self) -> str:
        """The file for the key of a two-factor session, or "" where none is kept: in the library and the sandbox."""
        return os.path.join(self.config_folder(), SESSION_FILE) if self.session_key and not self.sandboxed else ""

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

    def _home(self) -> str:
        return self.environ.get("HOME") or os.path.expanduser("~")


def _wrong(message: str) -> "UsageError":
    from .errors import UsageError  # not at the top: the exceptions are a third of what a start would load

    return UsageError(message)


def _count(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _wrong(f"retry: {value!r} is not a number of repeats (0 or more)")
    return value


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
