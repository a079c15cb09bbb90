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
    @property
    def api_key(self) -> str | None:
        """The API key in use, looked up now, or None when there is none."""
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
        georegion: bool = False,
        new: bool = False,
        chunked: bool = False,
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
        georegion: bool = False,
        new: bool = False,
        chunked: bool = False,
    ) -> list[dict[str, Any]]:
        """Search for GPU offers."""
    def search_templates(self, query: Any = "", limit: int | None = None, order: Any = None) -> list[dict[str, Any]]:
        """Search for templates."""
    def search_benchmarks(
        self,
        query: Any = "",
        order: Any = None,
        limit: int | None = None,
        after_token: str | None = None,
        all_pages: bool = False,
    ) -> list[dict[str, Any]]:
        """Search for benchmark results."""
    def search_benchmarks_v1(self, params: Any = None) -> dict[str, Any]:
        """Search for benchmark results with parameters as the service takes them."""
    def search_volumes(
        self,
        query: Any = "",
        limit: int | None = None,
        order: Any = "score-",
        storage: float = 1.0,
        no_default: bool = False,
    ) -> list[dict[str, Any]]:
        """Search for volume offers."""
    def show_connections(self, id: int | str | None = None) -> list[dict[str, Any]]:
        """List the account's cloud connections."""
    def show_instances(
        self,
        status: Sequence[str] | None = None,
        label: Sequence[str] | None = None,
        gpu_name: Sequence[str] | None = None,
        verification: Sequence[str] | None = None,
        order_by: Sequence[str] | None = None,
        limit: int | None = None,
        next_token: str | None = None,
        all: bool = False,
        verbose: bool = False,
    ) -> list[dict[str, Any]]:
        """List your instances."""
    def show_instances_v1(
        self,
        status: Sequence[str] | None = None,
        label: Sequence[str] | None = None,
        gpu_name: Sequence[str] | None = None,
        verification: Sequence[str] | None = None,
        order_by: Sequence[str] | None = None,
        limit: int | None = None,
        next_token: str | None = None,
        all: bool = False,
        verbose: bool = False,
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
    def stop_instance(self, id: int | str) -> dict[str, Any]:
        """Stop a running instance."""
    def destroy_instance(self, id: int | str) -> dict[str, Any]:
        """Destroy an instance with all its data."""
    def reboot_instance(self, id: int | str) -> dict[str, Any]:
        """Stop and start an instance without losing its GPU."""
    def label_instance(self, id: int | str, label: str) -> dict[str, Any]:
        """Give an instance a label."""
    def logs(self, id: int | str, tail: int | None = None, filter: str | None = None, daemon_logs: bool = False) -> str:
        """Print the logs of an instance."""
    def execute(self, id: int | str, command: str) -> dict[str, Any]:
        """Run a command on a stopped instance."""
    def show_volumes(self, type: str = "all") -> list[dict[str, Any]]:
        """List your volumes."""
    def create_volume(
        self, name: str | None = None, size: int = 15, id: int | str | None = None, machine_id: int | str | None = None
    ) -> dict[str, Any]:
        """Rent a volume by name, or from an offer."""
    def rent_volume(self, id: int | str, size: int = 15, name: str | None = None) -> dict[str, Any]:
        """Rent a volume offer."""
    def delete_volume(self, id: int | str) -> dict[str, Any]:
        """Delete a volume with all its data."""
    def attach_volume(self, volume_id: int | str, instance_id: int | str) -> dict[str, Any]:
        """Attach a volume to an instance."""
    def detach_volume(self, volume_id: int | str, instance_id: int | str) -> dict[str, Any]:
        """Detach a volume from an instance."""
    def ssh_url(self, id: int | str) -> str:
        """Print the SSH URL of an instance."""
    def scp_url(self, id: int | str, path: str | None = None) -> str:
        """Print the SCP URL of an instance."""
    def copy(
        self, src: str, dst: str, identity: str | os.PathLike[str] | None = None, run: bool = True
    ) -> dict[str, Any]:
        """Copy files to, from or between instances."""
    def queue_copy(self, src_id: str, src_path: str, dst_id: str, dst_path: str) -> dict[str, Any]:
        """Ask for a copy between two remote places."""
    def open_rsync(
        self,
        src_id: str | None = None,
        src_path: str | None = None,
        dst_id: str | None = None,
        dst_path: str | None = None,
    ) -> dict[str, Any]:
        """Ask where rsync can move local files to or from."""
    def show_invoices(
        self,
        start_date: str | float | None = None,
        end_date: str | float | None = None,
        only_charges: bool = False,
        only_credits: bool = False,
        inc_charges: bool = True,
    ) -> list[dict[str, Any]]:
        """List charges and payments, the old way."""
    def show_invoices_v1(
        self,
        charges: bool = False,
        start_date: str | float | None = None,
        end_date: str | float | None = None,
        limit: int = 20,
        next_token: str | None = None,
        latest_first: bool = False,
        charge_type: Sequence[str] | None = None,
        invoice_type: Sequence[str] | None = None,
        format: str = "table",
        invoices: bool = False,
        verbose: bool = False,
    ) -> dict[str, Any]:
        """List one page of invoices, or of charges."""
    def show_payments(
        self,
        start_date: str | float | None = None,
        end_date: str | float | None = None,
        limit: int = 20,
        next_token: str | None = None,
        latest_first: bool = False,
        invoice_type: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """List one page of invoices."""
    def show_charges(
        self,
        start_date: str | float | None = None,
        end_date: str | float | None = None,
        limit: int = 20,
        next_token: str | None = None,
        latest_first: bool = False,
        charge_type: Sequence[str] | None = None,
        format: str = "table",
    ) -> dict[str, Any]:
        """List one page of charges."""
    def show_user(self) -> dict[str, Any]:
        """Show your account and what is left of its credit."""
    def add_credit(self, amount: float) -> dict[str, Any]:
        """Add credit to the account."""
    def transfer_credit(self, amount: float, recipient: str) -> dict[str, Any]:
        """Give credit to another account."""
    def show_teams(self) -> list[dict[str, Any]]:
        """List the teams that your keys belong to."""
    def create_team(self, name: str, transfer_credit: float = 0) -> dict[str, Any]:
        """Make a team."""
    def delete_team(self, id: int | str | None = None) -> dict[str, Any]:
        """Delete the team of the key in use."""
    def destroy_team(self) -> dict[str, Any]:
        """Destroy the team of the key in use."""
    def select_team(self, id: int | str, api_key: str | None = None) -> dict[str, Any]:
        """Switch to a team."""
    def switch_team(self, id: int | str) -> dict[str, Any]:
        """Switch the key in use to a team."""
    def invite_team(self, id: str | None = None, email: str | None = None, role: str = "member") -> dict[str, Any]:
        """Invite somebody to the team of the key in use."""
    def invite_member(self, email: str, role: str = "member") -> dict[str, Any]:
        """Invite somebody to the team."""
    def invite_team_member(self, email: str, role: str = "member") -> dict[str, Any]:
        """Invite somebody to the team."""
    def show_members(self) -> list[dict[str, Any]]:
        """List the members of the team."""
    def show_team_members(self) -> list[dict[str, Any]]:
        """List the members of the team."""
    def show_workergroups(self) -> list[dict[str, Any]]:
        """List your worker groups."""
    def show_autoscalers(self) -> list[dict[str, Any]]:
        """List your worker groups."""
    def show_autogroups(self) -> list[dict[str, Any]]:
        """List your worker groups."""
    def create_workergroup(
        self,
        template_hash: str | None = None,
        template_id: int | None = None,
        search_params: str = "",
        launch_args: str | None = None,
        endpoint_name: str | None = None,
        endpoint_id: int | None = None,
        gpu_ram: float | None = None,
        no_default: bool = False,
        min_load: float | None = None,
        target_util: float | None = None,
        cold_mult: float | None = None,
        cold_workers: int | None = None,
        max_workers: int | None = None,
        test_workers: int | None = None,
        auto_instance: str = "prod",
    ) -> dict[str, Any]:
        """Make a worker group for an endpoint."""
    def create_autoscaler(
        self,
        template_hash: str | None = None,
        template_id: int | None = None,
        search_params: str = "",
        launch_args: str | None = None,
        endpoint_name: str | None = None,
        endpoint_id: int | None = None,
        gpu_ram: float | None = None,
        no_default: bool = False,
        min_load: float | None = None,
        target_util: float | None = None,
        cold_mult: float | None = None,
        cold_workers: int | None = None,
        max_workers: int | None = None,
        test_workers: int | None = None,
        auto_instance: str = "prod",
    ) -> dict[str, Any]:
        """Make a worker group for an endpoint."""
    def create_autogroup(
        self,
        template_hash: str | None = None,
        template_id: int | None = None,
        search_params: str = "",
        launch_args: str | None = None,
        endpoint_name: str | None = None,
        endpoint_id: int | None = None,
        gpu_ram: float | None = None,
        no_default: bool = False,
        min_load: float | None = None,
        target_util: float | None = None,
        cold_mult: float | None = None,
        cold_workers: int | None = None,
        max_workers: int | None = None,
        test_workers: int | None = None,
        auto_instance: str = "prod",
    ) -> dict[str, Any]:
        """Make a worker group for an endpoint."""
    def update_workergroup(
        self,
        id: int | str,
        template_hash: str | None = None,
        template_id: int | None = None,
        search_params: str | None = None,
        launch_args: str | None = None,
        endpoint_name: str | None = None,
        endpoint_id: int | None = None,
        gpu_ram: float | None = None,
        no_default: bool = False,
        min_load: float | None = None,
        target_util: float | None = None,
        cold_mult: float | None = None,
        cold_workers: int | None = None,
        max_workers: int | None = None,
        test_workers: int | None = None,
    ) -> dict[str, Any]:
        """Change a worker group."""
    def update_autoscaler(
        self,
        id: int | str,
        template_hash: str | None = None,
        template_id: int | None = None,
        search_params: str | None = None,
        launch_args: str | None = None,
        endpoint_name: str | None = None,
        endpoint_id: int | None = None,
        gpu_ram: float | None = None,
        no_default: bool = False,
        min_load: float | None = None,
        target_util: float | None = None,
        cold_mult: float | None = None,
        cold_workers: int | None = None,
        max_workers: int | None = None,
        test_workers: int | None = None,
    ) -> dict[str, Any]:
        """Change a worker group."""
    def update_autogroup(
        self,
        id: int | str,
        template_hash: str | None = None,
        template_id: int | None = None,
        search_params: str | None = None,
        launch_args: str | None = None,
        endpoint_name: str | None = None,
        endpoint_id: int | None = None,
        gpu_ram: float | None = None,
        no_default: bool = False,
        min_load: float | None = None,
        target_util: float | None = None,
        cold_mult: float | None = None,
        cold_workers: int | None = None,
        max_workers: int | None = None,
        test_workers: int | None = None,
    ) -> dict[str, Any]:
        """Change a worker group."""
    def delete_workergroup(self, id: int | str) -> dict[str, Any]:
        """Delete a worker group."""
    def delete_autoscaler(self, id: int | str) -> dict[str, Any]:
        """Delete a worker group."""
    def delete_autogroup(self, id: int | str) -> dict[str, Any]:
        """Delete a worker group."""
    def show_endpoints(self) -> list[dict[str, Any]]:
        """List your serverless endpoints."""
    def create_endpoint(
        self,
        endpoint_name: str | None = None,
        min_load: float = 0.0,
        min_cold_load: float = 0.0,
        target_util: float = 0.9,
        cold_mult: float = 2.5,
        cold_workers: int = 5,
        max_workers: int = 20,
        max_queue_time: float | None = None,
        target_queue_time: float | None = None,
        inactivity_timeout: int | None = None,
        auto_instance: str = "prod",
    ) -> dict[str, Any]:
        """Make a serverless endpoint."""
    def update_endpoint(
        self,
        id: int | str,
        endpoint_name: str | None = None,
        endpoint_state: str | None = None,
        min_load: float | None = None,
        min_cold_load: float | None = None,
        target_util: float | None = None,
        cold_mult: float | None = None,
        cold_workers: int | None = None,
        max_workers: int | None = None,
        max_queue_time: float | None = None,
        target_queue_time: float | None = None,
        inactivity_timeout: int | None = None,
        auto_instance: str = "prod",
    ) -> dict[str, Any]:
        """Change a serverless endpoint."""
    def delete_endpoint(self, id: int | str) -> dict[str, Any]:
        """Delete a serverless endpoint with its worker groups."""
    def show_env_vars(self, show_values: bool = False) -> list[dict[str, Any]]:
        """List the account's environment variables."""
    def set_env_var(self, key: str, value: str) -> dict[str, Any]:
        """Create or change an environment variable of the account."""
    def create_env_var(self, name: str, value: str) -> dict[str, Any]:
        """Create an environment variable of the account."""
    def update_env_var(self, name: str, value: str) -> dict[str, Any]:
        """Change an environment variable of the account."""
    def delete_env_var(self, key: str) -> dict[str, Any]:
        """Delete an environment variable of the account."""
    def show_api_keys(self) -> list[dict[str, Any]]:
        """List your API keys."""
    def create_api_key(
        self,
        name: str,
        permissions: Any = None,
        key_params: Any = None,
        permission_file: str | os.PathLike[str] | None = None,
    ) -> dict[str, Any]:
        """Make an API key."""
    def delete_api_key(self, id: int | str) -> dict[str, Any]:
        """Revoke an API key."""
    def show_ssh_keys(self) -> list[dict[str, Any]]:
        """List your SSH keys."""
    def create_ssh_key(self, name: str | None = None, public_key: str | None = None) -> dict[str, Any]:
        """Add a public SSH key to the account."""
    def delete_ssh_key(self, id: int | str) -> dict[str, Any]:
        """Delete an SSH key of the account."""

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

RESERVED: frozenset[str]
