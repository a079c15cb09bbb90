# GENERATED from commands.yaml and vastai/client.py by tools/generate.py; do not edit.
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .engine.drive import Driver
from .engine.edge import Edge
from .errors import APIError, NotOffered
from .settings import Settings
from .table.model import Table

TYPE_CHECKING: bool

class VastAI:
    """A client of the Vast.ai API. Every command of the command line is a method here."""

    settings: Settings
    _edge: Edge | None
    _opened: dict[str, Driver]
    def __init__(
        self,
        api_key: str | None = None,
        server_url: str | None = None,
        retry: int = 3,
        raw: bool = True,
        explain: bool = False,
        quiet: bool = False,
        curl: bool = False,
        *,
        timeout: float | None = None,
        strict: bool | str | None = None,
        raise_errors: bool = False,
        session_key: bool = False,
        edge: Edge | None = None,
    ) -> None: ...
    def perform(self, name: str, given: Mapping[str, Any]) -> Any:
        """Run a command of the table with values by parameter name, as the methods and the command line do."""
    def close(self) -> None:
        """Close all connections. The client may be used again; it then opens new ones."""
    def __enter__(self) -> VastAI: ...
    def __exit__(self, *exception: object) -> None: ...
    def __repr__(self) -> str: ...
    def __getstate__(self) -> dict[str, Any]: ...
    def _driver(self) -> Driver: ...
    def _call(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """One call of a method: binds the arguments, and turns the refusal of an acknowledgement into an object."""
    def _refusal(self, schema: str | None, error: APIError | NotOffered) -> dict[str, Any]:
        """A refusal as the object that acknowledging commands return; everything else is raised."""
    def _edge_or_default(self) -> Edge: ...
    def search_offers(
        self,
        query: Any = "",
        limit: int | None = None,
        order: Any = "score-",
        type: str = "on-demand",
        storage: float = 5.0,
        no_default: bool = False,
        bid: bool = False,
        interruptible: bool = False,
        reserved: bool = False,
        on_demand: bool = False,
    ) -> list[dict[str, Any]]:
        """Search for GPU offers."""
    def search_instances(
        self,
        query: Any = "",
        limit: int | None = None,
        order: Any = "score-",
        type: str = "on-demand",
        storage: float = 5.0,
        no_default: bool = False,
        bid: bool = False,
        interruptible: bool = False,
        reserved: bool = False,
        on_demand: bool = False,
    ) -> list[dict[str, Any]]:
        """Search for GPU offers."""
    def show_instances(
        self,
        status: Sequence[str] | None = None,
        label: Sequence[str] | None = None,
        gpu_name: Sequence[str] | None = None,
        verification: Sequence[str] | None = None,
        order_by: Sequence[str] | None = None,
        limit: int = 25,
        next_token: str | None = None,
        all: bool = False,
    ) -> list[dict[str, Any]]:
        """List your instances."""
    def show_instances_v1(
        self,
        status: Sequence[str] | None = None,
        label: Sequence[str] | None = None,
        gpu_name: Sequence[str] | None = None,
        verification: Sequence[str] | None = None,
        order_by: Sequence[str] | None = None,
        limit: int = 25,
        next_token: str | None = None,
        all: bool = False,
    ) -> list[dict[str, Any]]:
        """List your instances."""
    def show_instance(self, id: int | str) -> dict[str, Any]:
        """Show one instance."""
    def create_instance(
        self,
        id: int | str,
        image: str | None = None,
        disk: float = 10,
        env: Any = None,
        price: float | None = None,
        label: str | None = None,
        extra: str | None = None,
        onstart_cmd: str | None = None,
        onstart_file: str | os.PathLike[str] | None = None,
        entrypoint: str | None = None,
        login: str | None = None,
        ssh: bool = False,
        jupyter: bool = False,
        direct: bool = False,
        jupyter_dir: str | None = None,
        jupyter_lab: bool = False,
        lang_utf8: bool = False,
        python_utf8: bool = False,
        force: bool = False,
        cancel_unavail: bool = False,
        template_hash: str | None = None,
        template_id: int | None = None,
        user: str | None = None,
        runtype: str | None = None,
        args: Sequence[str] | None = None,
        create_volume: int | str | None = None,
        link_volume: int | str | None = None,
        volume_size: int | None = None,
        mount_path: str | None = None,
        volume_label: str | None = None,
        volume_info: Any = None,
        vm: bool | None = None,
        target_state: str | None = None,
    ) -> dict[str, Any]:
        """Rent an offer and create an instance from it."""
    def start_instance(self, id: int | str) -> dict[str, Any]:
        """Start a stopped instance."""
    def logs(self, id: int | str, tail: str | None = None, filter: str | None = None, daemon_logs: bool = False) -> str:
        """Print the logs of an instance."""

class LateMethod:
    """Stands in the class for a command until its method is first asked for, and then makes room for it."""

    _name: str
    def __init__(self, name: str) -> None: ...
    def __get__(self, client: VastAI | None, owner: type) -> Callable[..., Any]: ...

_table: list[Table]

def table() -> Table:
    """The table of all commands, loaded once for the process."""

def install(commands: Table) -> None:
    """Give the class one late method for every command and alias of a table."""

RESERVED: Any
