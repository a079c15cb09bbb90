"""The class `VastAI`: the settings of one client, and one method for every command of the table."""

from .settings import RETRY, Settings
from .table import find

TYPE_CHECKING = False
if TYPE_CHECKING:  # the typing module costs start-up time
    from collections.abc import Callable, Iterable, Mapping
    from typing import Any

    from .engine.drive import Driver
    from .engine.edge import Edge
    from .errors import APIError, NotOffered
    from .table.index import Table


class VastAI:
    """A client of the Vast.ai API. Every command of the command line is a method here.

    Nothing is sent before the first call, and no key is read. One client may be used from several threads, and as a
    context manager.

    Args:
        api_key: the API key; without it VAST_API_KEY, VASTAI_API_KEY or the key file is used.
        server_url: address of the API; without it VAST_URL or the public service. "sandbox" is an imitation of the
            service inside this process, with money that is not real.
        retry: repeats after the first attempt, for requests that may be repeated (default 3, or what a profile says).
        raw: return JSON; False prints what the command line would print, and returns None.
        explain: print verb, URL and body of every request before it is sent.
        quiet: no warnings.
        curl: print a runnable curl command instead of sending, and return None.
        profile: the profile whose key, server and settings are used; without it that of VASTAI_PROFILE, or the one
            chosen with `vastai profile use`. "default" is to have none.
        timeout: seconds for one attempt (default 120, or VASTAI_TIMEOUT).
        parallel: how many requests of a bulk command may be under way at once (default 4, or VASTAI_PARALLEL).
        strict: check replies against their schemas; True raises SchemaError, "warn" only warns.
        raise_errors: raise APIError also where a refusal would be returned as an object with "success": False.
        session_key: use the key of a two-factor session when there is one, as the command line does.
        record: a new file to write requests and answers to, without keys and personal data; server_url="replay:FILE"
            answers from it.
        edge: the clock, the files and the person, for tests and other front ends.
    """

    def __init__(
        self,
        api_key: "str | None" = None,
        server_url: "str | None" = None,
        retry: int = RETRY,
        raw: bool = True,
        explain: bool = False,
        quiet: bool = False,
        curl: bool = False,
        *,
        profile: "str | None" = None,
        timeout: "float | None" = None,
        parallel: "int | None" = None,
        strict: "bool | str | None" = None,
        raise_errors: bool = False,
        session_key: bool = False,
        record: "str | None" = None,
        edge: "Edge | None" = None,
    ) -> None:
        self.settings = Settings(
            api_key=api_key,
            server_url=server_url,
            retry=retry,
            raw=raw,
            explain=explain,
            quiet=quiet,
            curl=curl,
            profile=profile,
            timeout=timeout,
            parallel=parallel,
            strict=strict,
            raise_errors=raise_errors,
            session_key=session_key,
            record=record,
        )
        self._edge = edge
        self._opened: dict[str, Driver] = {}

    @property
    def api_key(self) -> "str | None":
        """The API key in use, looked up now, or None when there is none."""
        key = self.settings.api_key()
        return None if key is None else str(key)

    def perform(self, name: str, given: "Mapping[str, Any]") -> "Any":
        """Run a command of the table with values by parameter name, as the methods and the command line do.

        Args:
            name: method name of the command.
            given: values by parameter name; what is missing takes its default.

        Returns:
            the result, or None when `curl` only showed the request.

        Raises:
            VastError: whatever went wrong; refusals always raise here.
        """
        return self._driver().run(table().command(name), given)

    def close(self) -> None:
        """Close all connections. The client may be used again; it then opens new ones."""
        driver = self._opened.get("driver")  # it stays: what it records goes on in the same file
        if driver is not None:
            driver.close()

    def __enter__(self) -> "VastAI":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"VastAI(server_url={self.settings.server_url!r})"

    def __getstate__(self) -> "dict[str, Any]":
        return {**self.__dict__, "_opened": {}}

    def __getattr__(self, name: str) -> "Any":
        # Only for names that no command has: say what was perhaps meant.
        from .nearest import suggestion

        hint = "" if name.startswith("_") else suggestion(name, table().names())
        raise AttributeError(f"'VastAI' object has no attribute '{name}'.{hint}")

    def _driver(self) -> "Driver":
        if "driver" not in self._opened:
            from .engine.drive import Driver
            from .engine.edge import Edge

            # setdefault keeps the first one when two threads come here at once
            self._opened.setdefault("driver", Driver(table(), self.settings, self._edge or Edge()))
        return self._opened["driver"]

    def _call(self, name: str, args: "tuple[Any, ...]", kwargs: "dict[str, Any]") -> "Any":
        """One call of a method: binds the arguments, and turns the refusal of an acknowledgement into an object."""
        from .engine import bind
        from .errors import APIError, NotOffered

        command = table().command(name)
        if command.deprecated:
            import warnings

            warnings.warn(f"{name} is deprecated: use {command.deprecated}", DeprecationWarning, stacklevel=3)
        command, given = bind.in_list_form(command, bind.arguments(command, args, kwargs), table())
        try:
            result = self.perform(command.name, given)
        except (APIError, NotOffered) as error:
            result = self._refusal(command.returns.schema, error)
        if self.settings.raw or self.settings.curl:
            return result
        from . import render

        text = render.text(command.shown_for(given), render.masked(command, result, given), table().columns)
        if text:
            print(text)
        return None

    def _refusal(self, schema: "str | None", error: "APIError | NotOffered") -> "dict[str, Any]":
        """A refusal as the object that acknowledging commands return; everything else is raised."""
        from .engine import reply
        from .errors import NotOffered
        from .table import schemas

        refused = isinstance(error, NotOffered) or reply.is_refusal(error)
        if self.settings.raise_errors or not refused or not schemas.acknowledges(schema):
            raise reply.public(error) from None
        if not self.settings.quiet:
            self._edge_or_default().say(f"refused: {error}")
        return error.as_refusal()

    def _edge_or_default(self) -> "Edge":
        from .engine.edge import Edge

        return self._edge or Edge()


class LateMethod(str):
    """Stands in the class for a command until its method is first asked for, and then makes room for it.

    It is the command's name: hundreds of texts are made at every import, and no object is made faster.
    """

    __slots__ = ()

    def __get__(self, client: "VastAI | None", owner: type) -> "Callable[..., Any]":
        from . import factory

        name = str(self)
        function = factory.method(table().command(name), name)
        setattr(VastAI, name, function)
        bound: Callable[..., Any] = function.__get__(client, owner)
        return bound


def table() -> "Table":
    """The table of all commands, loaded once for the process."""
    from .table import compiled

    return compiled.table()


def method_names() -> "Iterable[str]":
    """The names of all methods, for which the index is enough where it is fresh and the user has no tables."""
    index = find.fresh_index()
    return table().names() if index is None else index.NAMES


def install(names: "Iterable[str]") -> None:
    """Give the class one late method for every name."""
    for name in names:
        if name in RESERVED:
            from .errors import TableError

            raise TableError(f"{name}: the client has an attribute of its own by this name")
        setattr(VastAI, name, LateMethod(name))


RESERVED: "frozenset[str]" = frozenset(vars(VastAI))

install(method_names())
