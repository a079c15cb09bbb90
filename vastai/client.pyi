# GENERATED from commands.yaml and vastai/client.py by tools/generate.py; do not edit.
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from .engine.drive import Driver
from .engine.edge import Edge
from .errors import APIError, NotOffered
from .settings import RETRY, Settings
from .table.index import Table

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
        retry: int = RETRY,
        raw: bool = True,
        explain: bool = False,
        quiet: bool = False,
        curl: bool = False,
        *,
        profile: str | None = None,
        timeout: float | None = None,
        parallel: int | None = None,
        strict: bool | str | None = None,
        raise_errors: bool = False,
        session_key: bool = False,
        record: str | None = None,
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
        plot: bool = False,
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
        plot: bool = False,
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
        plot: bool = False,
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
        order_by: Sequence[Any] | None = None,
        select_cols: Sequence[str] | None = None,
        limit: int | None = None,
        next_token: str | None = None,
        all: bool = False,
        verbose: bool = False,
        params: Any = None,
    ) -> list[dict[str, Any]]:
        """List your instances."""
    def show_instances_v1(
        self,
        status: Sequence[str] | None = None,
        label: Sequence[str] | None = None,
        gpu_name: Sequence[str] | None = None,
        verification: Sequence[str] | None = None,
        order_by: Sequence[Any] | None = None,
        select_cols: Sequence[str] | None = None,
        limit: int | None = None,
        next_token: str | None = None,
        all: bool = False,
        verbose: bool = False,
        params: Any = None,
    ) -> list[dict[str, Any]]:
        """List your instances."""
    def show_instance(self, id: int | str) -> dict[str, Any]:
        """Show one instance."""
    def create_instance(
        self,
        id: int | str | Sequence[int | str],
        image: str | None = None,
        disk: float = 10,
        env: Any = None,
        price: float | None = None,
        label: str | None = None,
        extra: Any = None,
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
        args_str: str | None = None,
        create_volume: int | str | None = None,
        link_volume: int | str | None = None,
        volume_size: int | None = None,
        mount_path: str | None = None,
        volume_label: str | None = None,
        volume_info: Any = None,
        vm: bool | None = None,
        target_state: str | None = None,
        max_hours: float | None = None,
        max_cost: float | None = None,
        wait: bool | str | None = None,
        wait_timeout: float = 900,
    ) -> dict[str, Any]:
        """Rent an offer and create an instance from it."""
    def start_instance(
        self, id: int | str | Sequence[int | str], wait: bool | str | None = None, wait_timeout: float = 900
    ) -> dict[str, Any]:
        """Start a stopped instance."""
    def stop_instance(
        self, id: int | str | Sequence[int | str], wait: bool | str | None = None, wait_timeout: float = 900
    ) -> dict[str, Any]:
        """Stop a running instance."""
    def destroy_instance(
        self, id: int | str | Sequence[int | str], wait: bool | str | None = None, wait_timeout: float = 900
    ) -> dict[str, Any]:
        """Destroy an instance with all its data."""
    def reboot_instance(
        self,
        id: int | str | Sequence[int | str],
        schedule: str | None = None,
        start_date: str | float | None = None,
        end_date: str | float | None = None,
        day: str | None = None,
        hour: str | None = None,
        wait: bool | str | None = None,
        wait_timeout: float = 900,
    ) -> dict[str, Any]:
        """Stop and start an instance without losing its GPU."""
    def label_instance(
        self, id: int | str | Sequence[int | str], label: str, keep_lease: bool = True
    ) -> dict[str, Any]:
        """Give an instance a label."""
    def wait_instance(
        self,
        id: int | str | Sequence[int | str],
        until: str = "running",
        timeout: float = 900,
        poll: float | None = None,
    ) -> dict[str, Any]:
        """Wait until an instance is running, reachable, stopped or gone."""
    def wait_instances(
        self, ids: Sequence[int | str], until: str = "running", timeout: float = 900, poll: float | None = None
    ) -> dict[str, Any]:
        """Wait until several instances are running, reachable, stopped or gone."""
    def lease_instance(
        self,
        id: int | str | Sequence[int | str],
        max_hours: float | None = None,
        max_cost: float | None = None,
        label: str | None = None,
    ) -> dict[str, Any]:
        """Set until when an instance may run, or for how many dollars."""
    def reap(
        self,
        action: str = "stop",
        boot_limit: float | None = None,
        stopped_limit: float | None = None,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """End what has run out, and see that it has ended."""
    def replace_label(self, id: int | str, label: str) -> dict[str, Any]:
        """Replace the label of an instance, the mark of a lease included."""
    def logs(
        self,
        id: int | str,
        tail: int | None = None,
        filter: str | None = None,
        daemon_logs: bool = False,
        follow: bool = False,
    ) -> str:
        """Print the logs of an instance."""
    def execute(
        self,
        id: int | str | Sequence[int | str],
        command: str,
        schedule: str | None = None,
        start_date: str | float | None = None,
        end_date: str | float | None = None,
        day: str | None = None,
        hour: str | None = None,
    ) -> dict[str, Any]:
        """Run a command on a stopped instance."""
    def show_volumes(self, type: str = "all") -> list[dict[str, Any]]:
        """List your volumes."""
    def create_volume(
        self, name: str | None = None, size: int = 15, id: int | str | None = None, machine_id: int | str | None = None
    ) -> dict[str, Any]:
        """Rent a volume by name, or from an offer."""
    def rent_volume(self, id: int | str, size: int = 15, name: str | None = None) -> dict[str, Any]:
        """Rent a volume offer."""
    def delete_volume(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Delete a volume with all its data."""
    def attach_volume(self, volume_id: int | str, instance_id: int | str) -> dict[str, Any]:
        """Attach a volume to an instance."""
    def detach_volume(self, volume_id: int | str, instance_id: int | str) -> dict[str, Any]:
        """Detach a volume from an instance."""
    def ssh_url(self, id: int | str) -> str:
        """Print the SSH URL of an instance."""
    def scp_url(self, id: int | str, path: str | None = None) -> str:
        """Print the SCP URL of an instance."""
    def ssh(
        self,
        id: int | str,
        command: str | None = None,
        identity: str | os.PathLike[str] | None = None,
        forward: Sequence[str] | None = None,
        option: Sequence[str] | None = None,
        tty: bool = False,
        proxy: bool = False,
        run: bool = True,
    ) -> dict[str, Any]:
        """Log in to an instance by SSH, or run a command there."""
    def ssh_config(
        self,
        file: str | os.PathLike[str] | None = None,
        remove: bool = False,
        dry_run: bool = False,
        identity: str | os.PathLike[str] | None = None,
        option: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Write your running instances as hosts into the configuration of SSH."""
    def open_instance(self, id: int | str, browser: bool = True) -> str:
        """Open Jupyter of an instance in the browser, or the web console."""
    def copy(
        self,
        src: str,
        dst: str,
        identity: str | os.PathLike[str] | None = None,
        run: bool = True,
        exclude: Sequence[str] | None = None,
        dry_run: bool = False,
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
    def generate_pdf_invoices(self) -> dict[str, Any]:
        """Explain where invoices are to be had as documents."""
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
        order_by: Sequence[Any] | None = None,
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
    def cost(
        self, by: str | None = None, start_date: str | float | None = None, end_date: str | float | None = None
    ) -> dict[str, Any]:
        """Show what you pay for, what was spent, and how long the credit lasts."""
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
    def check_team(self, id: int | str) -> dict[str, Any]:
        """Check that the key in use belongs to a team."""
    def switch_team(self, id: int | str) -> dict[str, Any]:
        """Switch the key in use to a team."""
    def invite_team(self, id: int | str, email: str, role: str = "member") -> dict[str, Any]:
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
        search_params: Any = "",
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
        search_params: Any = "",
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
        search_params: Any = "",
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
        search_params: Any = None,
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
        search_params: Any = None,
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
        search_params: Any = None,
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
    def delete_workergroup(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Delete a worker group."""
    def delete_autoscaler(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Delete a worker group."""
    def delete_autogroup(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
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
    def delete_endpoint(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
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
    def set_api_key(self, key: str | None = None) -> dict[str, Any]:
        """Keep an API key on this machine."""
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
    def delete_api_key(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Revoke an API key."""
    def show_ssh_keys(self) -> list[dict[str, Any]]:
        """List your SSH keys."""
    def create_ssh_key(self, name: str | None = None, public_key: str | None = None) -> dict[str, Any]:
        """Add a public SSH key to the account."""
    def delete_ssh_key(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Delete an SSH key of the account."""
    def search_offers_new(
        self,
        query: Any = "",
        type: str = "on-demand",
        order: Any = "score-",
        limit: int | None = None,
        storage: float = 5.0,
        no_default: bool = False,
    ) -> list[dict[str, Any]]:
        """Search for GPU offers by the newer route."""
    def create_template(
        self,
        name: str | None = None,
        image: str | None = None,
        tag: str | None = None,
        href: str | None = None,
        repo: str | None = None,
        login: str | None = None,
        env: str | None = None,
        ssh: bool | None = None,
        jupyter: bool | None = None,
        direct: bool | None = None,
        jupyter_dir: str | None = None,
        use_jupyter_lab: bool | None = None,
        onstart: str | None = None,
        search_params: str | None = None,
        no_default: bool | None = None,
        recommended_disk_space: float | None = None,
        readme: str | None = None,
        hide_readme: bool | None = None,
        desc: str | None = None,
        public: bool | None = None,
        args_str: str | None = None,
        docker_login_repo: str | None = None,
        docker_login_user: str | None = None,
        docker_login_pass: str | None = None,
        extra_filters: Any = None,
        jup_direct: bool | None = None,
        private: bool | None = None,
        readme_visible: bool | None = None,
        runtype: str | None = None,
        ssh_direct: bool | None = None,
        use_ssh: bool | None = None,
        volume_info: Any = None,
    ) -> dict[str, Any]:
        """Make a template."""
    def update_template(
        self,
        hash_id: int | str,
        name: str | None = None,
        image: str | None = None,
        tag: str | None = None,
        href: str | None = None,
        repo: str | None = None,
        login: str | None = None,
        env: str | None = None,
        ssh: bool | None = None,
        jupyter: bool | None = None,
        direct: bool | None = None,
        jupyter_dir: str | None = None,
        use_jupyter_lab: bool | None = None,
        onstart: str | None = None,
        search_params: str | None = None,
        no_default: bool | None = None,
        recommended_disk_space: float | None = None,
        readme: str | None = None,
        hide_readme: bool | None = None,
        desc: str | None = None,
        public: bool | None = None,
        args_str: str | None = None,
        docker_login_repo: str | None = None,
        docker_login_user: str | None = None,
        docker_login_pass: str | None = None,
        extra_filters: Any = None,
        jup_direct: bool | None = None,
        private: bool | None = None,
        readme_visible: bool | None = None,
        runtype: str | None = None,
        ssh_direct: bool | None = None,
        use_ssh: bool | None = None,
        volume_info: Any = None,
    ) -> dict[str, Any]:
        """Edit a template."""
    def edit_template(
        self,
        hash_id: int | str,
        name: str | None = None,
        image: str | None = None,
        tag: str | None = None,
        href: str | None = None,
        repo: str | None = None,
        login: str | None = None,
        env: str | None = None,
        ssh: bool | None = None,
        jupyter: bool | None = None,
        direct: bool | None = None,
        jupyter_dir: str | None = None,
        use_jupyter_lab: bool | None = None,
        onstart: str | None = None,
        search_params: str | None = None,
        no_default: bool | None = None,
        recommended_disk_space: float | None = None,
        readme: str | None = None,
        hide_readme: bool | None = None,
        desc: str | None = None,
        public: bool | None = None,
        args_str: str | None = None,
        docker_login_repo: str | None = None,
        docker_login_user: str | None = None,
        docker_login_pass: str | None = None,
        extra_filters: Any = None,
        jup_direct: bool | None = None,
        private: bool | None = None,
        readme_visible: bool | None = None,
        runtype: str | None = None,
        ssh_direct: bool | None = None,
        use_ssh: bool | None = None,
        volume_info: Any = None,
    ) -> dict[str, Any]:
        """Edit a template in one request."""
    def replace_template(self, id: int | str, hash_id: int | str, template: Any) -> dict[str, Any]:
        """Replace a template by a whole one."""
    def delete_template(self, template_id: int | None = None, hash_id: int | str | None = None) -> dict[str, Any]:
        """Delete a template of yours."""
    def create_instances(
        self,
        ids: Sequence[int | str],
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
        cancel_unavail: bool = False,
        template_hash: str | None = None,
        runtype: str | None = None,
        args: Sequence[str] | None = None,
        force: bool = False,
        user: str | None = None,
        create_volume: int | str | None = None,
        link_volume: int | str | None = None,
        volume_size: int | None = None,
        mount_path: str | None = None,
        volume_label: str | None = None,
        volume_info: Any = None,
        max_hours: float | None = None,
        max_cost: float | None = None,
        wait: bool | str | None = None,
        wait_timeout: float = 900,
    ) -> dict[str, Any]:
        """Rent several offers and create an instance from each."""
    def launch_instance(
        self,
        gpu_name: str | None = None,
        num_gpus: int | None = None,
        image: str | None = None,
        region: str | None = None,
        disk: float | None = None,
        limit: int | None = None,
        order: Any = None,
        env: Any = None,
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
        cancel_unavail: bool = False,
        template_hash: str | None = None,
        runtype: str | None = None,
        args: Sequence[str] | None = None,
        query: Any = None,
        max_price: float | None = None,
        tries: int | None = None,
        bid: float | None = None,
        max_hours: float | None = None,
        max_cost: float | None = None,
        traffic: float | None = None,
        no_default: bool = False,
        dry_run: bool = False,
        wait: bool | str | None = None,
        wait_timeout: float = 900,
    ) -> dict[str, Any]:
        """Search for an offer and rent it at once."""
    def launch_by_service(
        self,
        gpu_name: str,
        num_gpus: int,
        image: str,
        region: Any = None,
        disk: float = 10,
        limit: int | None = None,
        order: Any = "score-",
        env: Any = None,
        label: str | None = None,
        extra: str | None = None,
        onstart: str | None = None,
        login: str | None = None,
        jupyter_dir: str | None = None,
        jupyter_lab: bool = False,
        lang_utf8: bool = False,
        python_utf8: bool = False,
        cancel_unavail: bool = False,
        template_hash: str | None = None,
        runtype: str | None = None,
        args: Sequence[str] | None = None,
        wait: bool | str | None = None,
        wait_timeout: float = 900,
    ) -> dict[str, Any]:
        """Let the service choose an offer and rent it."""
    def start_instances(
        self, ids: Sequence[int | str], wait: bool | str | None = None, wait_timeout: float = 900
    ) -> dict[str, Any]:
        """Start several stopped instances."""
    def stop_instances(
        self, ids: Sequence[int | str], wait: bool | str | None = None, wait_timeout: float = 900
    ) -> dict[str, Any]:
        """Stop several running instances."""
    def destroy_instances(
        self, ids: Sequence[int | str], wait: bool | str | None = None, wait_timeout: float = 900
    ) -> dict[str, Any]:
        """Destroy several instances with all their data."""
    def recycle_instance(
        self, id: int | str | Sequence[int | str], wait: bool | str | None = None, wait_timeout: float = 900
    ) -> dict[str, Any]:
        """Make an instance's container anew without losing its GPU."""
    def update_instance(
        self,
        id: int | str | Sequence[int | str],
        template_id: int | None = None,
        template_hash_id: int | str | None = None,
        image: str | None = None,
        args: str | None = None,
        env: Any = None,
        onstart: str | None = None,
        wait: bool | str | None = None,
        wait_timeout: float = 900,
    ) -> dict[str, Any]:
        """Make an instance anew from a template or with other settings."""
    def take_snapshot(
        self,
        instance_id: int | str,
        repo: str | None = None,
        container_registry: str = "docker.io",
        docker_login_user: str | None = None,
        docker_login_pass: str | None = None,
        pause: Any = "true",
    ) -> dict[str, Any]:
        """Save an instance's container as an image in a registry."""
    def change_bid(
        self,
        id: int | str | Sequence[int | str],
        price: float | None = None,
        schedule: str | None = None,
        start_date: str | float | None = None,
        end_date: str | float | None = None,
        day: str | None = None,
        hour: str | None = None,
    ) -> dict[str, Any]:
        """Change the bid for an interruptible instance."""
    def prepay_instance(self, id: int | str, amount: float) -> dict[str, Any]:
        """Pay for an instance in advance at a discount."""
    def show_instance_filters(self) -> list[dict[str, Any]]:
        """List the states, models and verifications of your instances."""
    def fetch_contracts(
        self, label: str | None = None, contract_ids: Sequence[int | str] | None = None
    ) -> list[dict[str, Any]]:
        """List contracts by ID or label."""
    def show_pending_price_increases(self) -> dict[str, Any]:
        """List the price increases that wait for your answer."""
    def accept_price_increase(self, ids: Sequence[int | str]) -> dict[str, Any]:
        """Accept the price increases of some instances."""
    def reject_price_increase(self, ids: Sequence[int | str]) -> dict[str, Any]:
        """Reject the price increases of some instances."""
    def accept_pending_price_increase(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Accept one price increase by its own ID."""
    def reject_pending_price_increase(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Reject one price increase by its own ID."""
    def show_instance_backups(self, contract_id: int | str | None = None) -> list[dict[str, Any]]:
        """List the backups of your instances and volumes."""
    def instance_backup_files(self, contract_id: int | str, show_values: bool = False) -> dict[str, Any]:
        """List the files of a backup and where to fetch them."""
    def show_instance_backup_files(self, contract_id: int | str, show_values: bool = False) -> dict[str, Any]:
        """List the files of a backup and where to fetch them."""
    def attach_ssh(self, instance_id: int | str | Sequence[int | str], public_key: str) -> dict[str, Any]:
        """Let an SSH key into one instance."""
    def show_instance_ssh_keys(self, id: int | str) -> list[dict[str, Any]]:
        """List the SSH keys of one instance."""
    def detach_ssh(self, instance_id: int | str | Sequence[int | str], ssh_key_id: int | str) -> dict[str, Any]:
        """Take an SSH key out of one instance."""
    def show_scheduled_jobs(self) -> list[dict[str, Any]]:
        """List the requests that the service repeats for you."""
    def create_scheduled_job(
        self,
        start_time: str | float,
        end_time: str | float,
        api_endpoint: str,
        request_method: str,
        request_body: Any,
        frequency: str,
        instance_id: int | str,
        day_of_the_week: int | None = None,
        hour_of_the_day: int | None = None,
    ) -> dict[str, Any]:
        """Let the service repeat a request for you."""
    def update_scheduled_job(self, id: int | str, request_body: Any) -> dict[str, Any]:
        """Change the body of a repeated request."""
    def replace_scheduled_job(
        self,
        id: int | str,
        start_time: str | float,
        end_time: str | float,
        api_endpoint: str,
        request_method: str,
        request_body: Any,
        frequency: str,
        instance_id: int | str,
        day_of_the_week: int | None = None,
        hour_of_the_day: int | None = None,
    ) -> dict[str, Any]:
        """Let the service repeat another request, at other times, in place of one."""
    def delete_scheduled_job(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Stop repeating a request."""
    def search_network_volumes(
        self,
        query: Any = "",
        limit: int | None = None,
        order: Any = "score-",
        storage: float = 1.0,
        no_default: bool = False,
        plot: bool = False,
    ) -> list[dict[str, Any]]:
        """Search for network volume offers."""
    def create_network_volume(self, id: int | str, size: int = 15, name: str | None = None) -> dict[str, Any]:
        """Rent a network volume offer."""
    def clone_volume(
        self, source: int | str, dest: int | str, size: float | None = None, disable_compression: bool = False
    ) -> dict[str, Any]:
        """Copy a volume into a new one."""
    def list_volume(
        self, id: int | str, price_disk: float = 0.1, end_date: str | float | None = None, size: int = 15
    ) -> dict[str, Any]:
        """Offer storage of your machine as volumes."""
    def list_volumes(
        self, ids: Sequence[int | str], price_disk: float = 0.1, end_date: str | float | None = None, size: int = 15
    ) -> dict[str, Any]:
        """Offer storage of several machines as volumes."""
    def unlist_volume(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Take back an offer of storage."""
    def list_network_volume(
        self, disk_id: int | str, price_disk: float = 0.15, end_date: str | float | None = None, size: int = 15
    ) -> dict[str, Any]:
        """Offer a network disk as network volumes."""
    def unlist_network_volume(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Take back an offer of a network disk."""
    def cancel_copy(self, dst: str) -> dict[str, Any]:
        """Cancel the copies to an instance."""
    def cancel_sync(self, dst: int | str) -> dict[str, Any]:
        """Cancel the cloud copies of an instance."""
    def cloud_copy(
        self,
        src: str,
        instance: str,
        connection: str,
        dst: str = "/workspace",
        transfer: str = "Instance to Cloud",
        dry_run: bool = False,
        size_only: bool = False,
        ignore_existing: bool = False,
        update: bool = False,
        delete_excluded: bool = False,
        schedule: str | None = None,
        start_date: str | float | None = None,
        end_date: str | float | None = None,
        day: str | None = None,
        hour: str | None = None,
        flags: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Copy files between an instance and cloud storage."""
    def start_cloud_copy(
        self,
        src: str,
        instance: str,
        connection: str,
        dst: str = "/workspace",
        transfer: str = "Instance to Cloud",
        flags: Sequence[str] | None = None,
        schedule: str | None = None,
        start_date: str | float | None = None,
        end_date: str | float | None = None,
        day: str | None = None,
        hour: str | None = None,
    ) -> dict[str, Any]:
        """Start one copy between an instance and cloud storage."""
    def show_deployments(self) -> list[dict[str, Any]]:
        """List your deployments."""
    def show_deployment(self, id: int | str) -> dict[str, Any]:
        """Show one deployment."""
    def show_deployment_versions(self, id: int | str) -> list[dict[str, Any]]:
        """List the versions of a deployment."""
    def start_deployment(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Start a stopped deployment."""
    def stop_deployment(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Stop a deployment."""
    def delete_deployment(
        self, id: int | str | None = None, name: str | None = None, tag: str | None = None
    ) -> dict[str, Any]:
        """Delete a deployment, or all deployments of a name."""
    def delete_deployment_by_id(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Delete one deployment."""
    def delete_deployments(self, name: str, tag: str | None = None) -> dict[str, Any]:
        """Delete all deployments of a name."""
    def get_endpt_logs(self, id: int | str, level: int = 1, tail: int | None = None) -> dict[str, Any]:
        """Print the logs of an endpoint."""
    def get_endpoint_logs(self, id: int | str, level: int = 1, tail: int | None = None) -> dict[str, Any]:
        """Print the logs of an endpoint."""
    def get_wrkgrp_logs(self, id: int | str, level: int = 1, tail: int | None = None) -> dict[str, Any]:
        """Print the logs of a worker group."""
    def get_workergroup_logs(self, id: int | str, level: int = 1, tail: int | None = None) -> dict[str, Any]:
        """Print the logs of a worker group."""
    def get_endpoint_workers(self, id: int | str) -> list[dict[str, Any]]:
        """List the workers of an endpoint."""
    def get_endpt_workers(self, id: int | str) -> list[dict[str, Any]]:
        """List the workers of an endpoint."""
    def get_workergroup_workers(self, id: int | str) -> list[dict[str, Any]]:
        """List the workers of a worker group."""
    def get_wrkgrp_workers(self, id: int | str) -> list[dict[str, Any]]:
        """List the workers of a worker group."""
    def update_workers(self, id: int | str, cancel: bool = False) -> dict[str, Any]:
        """Bring the workers of a worker group up to date."""
    def route(self, endpoint: str, cost: float = 100.0) -> dict[str, Any]:
        """Ask for the worker that is to serve a request to an endpoint."""
    def show_clusters(self) -> dict[str, Any]:
        """List your clusters."""
    def create_cluster(self, subnet: str, manager_id: int | str) -> dict[str, Any]:
        """Make a cluster of machines."""
    def join_cluster(self, cluster_id: int | str, machine_ids: Sequence[int | str]) -> dict[str, Any]:
        """Add machines to a cluster."""
    def remove_machine_from_cluster(self, cluster_id: int | str, machine_id: int | str) -> dict[str, Any]:
        """Take a machine out of a cluster."""
    def delete_cluster(self, cluster_id: int | str) -> dict[str, Any]:
        """Delete a cluster."""
    def show_overlays(self) -> list[dict[str, Any]]:
        """List your overlay networks."""
    def create_overlay(self, cluster_id: int | str, name: str) -> dict[str, Any]:
        """Make an overlay network in a cluster."""
    def join_overlay(self, name: str, instance_id: int | str) -> dict[str, Any]:
        """Connect an instance to an overlay network."""
    def delete_overlay(self, id: int | str) -> dict[str, Any]:
        """Delete an overlay network."""
    def delete_overlay_by_id(self, id: int) -> dict[str, Any]:
        """Delete the overlay network of an ID."""
    def show_machines(self, user_id: int | str | None = None) -> list[dict[str, Any]]:
        """List your machines."""
    def show_machine(self, id: int | str) -> list[dict[str, Any]]:
        """Show one of your machines."""
    def list_machine(
        self,
        id: int | str | Sequence[int | str],
        price_gpu: float | None = None,
        price_disk: float | None = None,
        price_inetu: float | None = None,
        price_inetd: float | None = None,
        price_min_bid: float | None = None,
        discount_rate: float | None = None,
        min_chunk: int | None = None,
        end_date: str | float | None = None,
        duration: Any = None,
        vol_size: int | None = None,
        vol_price: float | None = None,
    ) -> dict[str, Any]:
        """Offer a machine for rent."""
    def list_machines(
        self,
        ids: Sequence[int | str],
        price_gpu: float | None = None,
        price_disk: float | None = None,
        price_inetu: float | None = None,
        price_inetd: float | None = None,
        price_min_bid: float | None = None,
        discount_rate: float | None = None,
        min_chunk: int | None = None,
        end_date: str | float | None = None,
        duration: Any = None,
        vol_size: int | None = None,
        vol_price: float | None = None,
    ) -> list[dict[str, Any]]:
        """Offer several machines for rent."""
    def unlist_machine(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Take back the offers of a machine."""
    def delete_machine(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Remove a machine from your account."""
    def cleanup_machine(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Free the disk of a machine from what expired contracts left."""
    def defrag_machines(self, ids: Sequence[int | str]) -> dict[str, Any]:
        """Join the free GPUs of machines into larger offers."""
    def set_defjob(
        self,
        id: int | str,
        price_gpu: float | None = None,
        price_inetu: float | None = None,
        price_inetd: float | None = None,
        image: str | None = None,
        args: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """Set what a machine runs while nobody rents it."""
    def remove_defjob(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Remove what a machine runs while nobody rents it."""
    def set_min_bid(self, id: int | str | Sequence[int | str], price: float | None = None) -> dict[str, Any]:
        """Set the lowest bid that a machine takes."""
    def schedule_maint(
        self,
        id: int | str | Sequence[int | str],
        sdate: str | float,
        duration: float,
        category: str = "not provided",
        reason: str | None = None,
    ) -> dict[str, Any]:
        """Announce the maintenance of a machine."""
    def cancel_maint(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Call off the announced maintenance of a machine."""
    def show_maints(self, ids: Sequence[int]) -> list[dict[str, Any]]:
        """List the announced maintenance of machines."""
    def reports(self, id: int | str) -> list[dict[str, Any]]:
        """List what people reported about a machine."""
    def show_earnings(
        self,
        start_date: str | float | None = None,
        end_date: str | float | None = None,
        machine_id: int | str | None = None,
        last_days: int | None = None,
        user_id: int | str = "me",
    ) -> dict[str, Any]:
        """Show what your machines earned."""
    def add_network_disk(
        self, machines: Sequence[int | str], mount_point: str, disk_id: int | str | None = None
    ) -> dict[str, Any]:
        """Tell the service that machines share a network disk."""
    def show_network_disks(self) -> dict[str, Any]:
        """List the network disks of your clusters."""
    def show_gpu_metrics(
        self, verified: str = "all", datacenter: str = "all", num_gpus: str = "all"
    ) -> list[dict[str, Any]]:
        """Show supply, use and prices of each GPU model."""
    def metrics_gpu(
        self, verified: str = "all", datacenter: str = "all", num_gpus: str = "all"
    ) -> list[dict[str, Any]]:
        """Show supply, use and prices of each GPU model."""
    def show_gpu_trends(
        self,
        name: str = "RTX 5090,RTX 4090,RTX 3090",
        verified: str = "all",
        datacenter: str = "all",
        num_gpus: str = "all",
        start: int | None = None,
        end: int | None = None,
        step: int | None = None,
    ) -> dict[str, Any]:
        """Show supply, use and prices of GPU models over time."""
    def metrics_gpu_trends(
        self,
        name: str = "RTX 5090,RTX 4090,RTX 3090",
        verified: str = "all",
        datacenter: str = "all",
        num_gpus: str = "all",
        start: int | None = None,
        end: int | None = None,
        step: int | None = None,
    ) -> dict[str, Any]:
        """Show supply, use and prices of GPU models over time."""
    def show_gpu_locations(
        self,
        verified: str = "all",
        datacenter: str = "all",
        rented: str = "all",
        state: str = "all",
        gpu: str | None = None,
    ) -> list[dict[str, Any]]:
        """Show where GPUs are."""
    def metrics_gpu_locations(
        self,
        verified: str = "all",
        datacenter: str = "all",
        rented: str = "all",
        state: str = "all",
        gpu: str | None = None,
    ) -> list[dict[str, Any]]:
        """Show where GPUs are."""
    def self_test_machine(
        self,
        machine_id: int | str,
        debugging: bool = False,
        ignore_requirements: bool = False,
        test_image: str = "vastai/test:self-test-v2-cuda-11.8",
        support_bundle_dir: str | os.PathLike[str] | None = None,
        no_support_bundle: bool = False,
        test_seconds: int = 180,
    ) -> dict[str, Any]:
        """Test whether a machine is fit for renters."""
    def run_benchmarks(
        self,
        template_hash: str | None = None,
        template_id: int | None = None,
        gpus: Sequence[str] | None = None,
        num_gpus: int = 1,
        wait: int = 1800,
        no_cache: bool = False,
        auto_instance: str | None = None,
        autoscaler_url: str | None = None,
    ) -> list[dict[str, Any]]:
        """Measure how fast a template runs on GPU models."""
    def dump_logs(
        self,
        machine_id: int | str,
        instance_id: int | str | None = None,
        output_dir: str | os.PathLike[str] = ".",
        include_local_host_artifacts: bool = False,
    ) -> dict[str, Any]:
        """Write what is known of a machine into an archive."""
    def show_team_roles(self) -> list[dict[str, Any]]:
        """List the roles of the team."""
    def show_team_role(self, name: str) -> dict[str, Any]:
        """Show one role of the team."""
    def create_team_role(self, name: str, permissions: Any) -> dict[str, Any]:
        """Make a role for members of the team."""
    def update_team_role(self, id: int | str, name: str | None = None, permissions: Any = None) -> dict[str, Any]:
        """Change a role of the team."""
    def remove_team_role(self, name: str) -> dict[str, Any]:
        """Remove a role of the team."""
    def remove_member(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Remove somebody from the team."""
    def remove_team_member(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Remove somebody from the team."""
    def show_api_key(self, id: int | str) -> dict[str, Any]:
        """Show one API key and what it may do."""
    def reset_api_key(self) -> dict[str, Any]:
        """Replace the account's main API key."""
    def update_ssh_key(self, id: int | str, public_key: str) -> dict[str, Any]:
        """Replace an SSH key of the account."""
    def tfa_status(self) -> dict[str, Any]:
        """Show whether two-factor authentication is on, and its methods."""
    def tfa_login(
        self,
        code: str | None = None,
        method_type: str | None = None,
        secret: str | None = None,
        backup_code: str | None = None,
        method_id: str | None = None,
    ) -> dict[str, Any]:
        """Log in with a second factor."""
    def tfa_verify(
        self,
        code: str | None = None,
        method_type: str | None = None,
        secret: str | None = None,
        backup_code: str | None = None,
        method_id: str | None = None,
    ) -> dict[str, Any]:
        """Have a second factor checked, and get the key of a session."""
    def tfa_send_sms(self, phone_number: str | None = None) -> dict[str, Any]:
        """Have a code sent by text message."""
    def tfa_resend_sms(self, secret: str, phone_number: str | None = None) -> dict[str, Any]:
        """Have the code of a challenge sent again by text message."""
    def tfa_send_email(self) -> dict[str, Any]:
        """Have a code sent by e-mail."""
    def tfa_auth_new(
        self,
        code: str | None = None,
        secret: str | None = None,
        method_type: str | None = None,
        backup_code: str | None = None,
        method_id: str | None = None,
    ) -> dict[str, Any]:
        """Get leave to add a method."""
    def tfa_request_new(
        self, method_type: str | None = None, backup_code: str | None = None, method_id: str | None = None
    ) -> dict[str, Any]:
        """Ask for leave to add a method."""
    def tfa_confirm_new(self, code: str, secret: str | None = None) -> dict[str, Any]:
        """Confirm with a code that a method may be added."""
    def tfa_totp_setup(self) -> dict[str, Any]:
        """Get the secret for an authenticator app."""
    def tfa_activate(
        self,
        code: str,
        secret: str,
        method_type: str = "totp",
        phone_number: str | None = None,
        label: str | None = None,
    ) -> dict[str, Any]:
        """Add a method, with its first code."""
    def tfa_update(self, method_id: int, label: str | None = None, set_primary: bool | None = None) -> dict[str, Any]:
        """Change the label of a method, or make it the first one."""
    def tfa_delete(
        self,
        id_to_delete: int | None = None,
        code: str | None = None,
        method_type: str | None = None,
        secret: str | None = None,
        backup_code: str | None = None,
        method_id: str | None = None,
    ) -> dict[str, Any]:
        """Remove a method."""
    def tfa_regen_codes(
        self,
        code: str | None = None,
        method_type: str | None = None,
        secret: str | None = None,
        backup_code: str | None = None,
        method_id: str | None = None,
    ) -> dict[str, Any]:
        """Make new backup codes."""
    def doctor(self) -> list[dict[str, Any]]:
        """Check key, connection, account and machine, and say what to do."""
    def set_user(self, fields: Any = None, file: str | os.PathLike[str] | None = None) -> dict[str, Any]:
        """Change your account."""
    def show_subaccounts(self, show_values: bool = False) -> list[dict[str, Any]]:
        """List the accounts below yours."""
    def create_subaccount(
        self, email: str, username: str, password: str, type: str = "client", ssh_key: str | None = None
    ) -> dict[str, Any]:
        """Make an account below yours."""
    def show_ipaddrs(self, user_id: int | str = "me") -> list[dict[str, Any]]:
        """List the addresses that the account was used from."""
    def show_audit_logs(self) -> list[dict[str, Any]]:
        """List what was done with the account's keys."""
    def show_deposit(self, id: int | str) -> dict[str, Any]:
        """Show what was paid in advance for an instance."""
    def search_invoices(self, query: Any = "", limit: int | None = None) -> list[dict[str, Any]]:
        """Search for payments and charges of the account."""
    def show_notification_types(self) -> list[dict[str, Any]]:
        """List the notifications that the service can send."""
    def show_notification_prefs(self, user_id: int | str = "me") -> dict[str, Any]:
        """Show which notifications you get, and how."""
    def set_notification_prefs(self, preferences: Any, user_id: int | str = "me") -> dict[str, Any]:
        """Choose which notifications you get, and how."""
    def show_webhooks(self) -> list[dict[str, Any]]:
        """List the webhooks that get your notifications."""
    def create_webhook(self, webhook_url: str, event_types: Sequence[str], name: str | None = None) -> dict[str, Any]:
        """Have notifications sent to a URL."""
    def update_webhook(
        self,
        id: int | str,
        webhook_url: str | None = None,
        event_types: Sequence[str] | None = None,
        name: str | None = None,
    ) -> dict[str, Any]:
        """Change a webhook."""
    def rotate_webhook_secret(self, id: int | str) -> dict[str, Any]:
        """Replace the secret of a webhook."""
    def test_webhook(self, id: int | str) -> dict[str, Any]:
        """Have a trial notification sent to a webhook."""
    def delete_webhook(self, id: int | str | Sequence[int | str]) -> dict[str, Any]:
        """Delete a webhook."""

class LateMethod:
    """Stands in the class for a command until its method is first asked for, and then makes room for it."""

    def __get__(self, client: VastAI | None, owner: type) -> Callable[..., Any]: ...

def table() -> Table:
    """The table of all commands, loaded once for the process."""

def method_names() -> Iterable[str]:
    """The names of all methods, for which the index is enough where it is fresh and the user has no tables."""

def install(names: Iterable[str]) -> None:
    """Give the class one late method for every name."""

RESERVED: frozenset[str]
