"""The examples of the table are true: each runs, as it is printed, in a sandbox where what it names is there."""

from __future__ import annotations

import ast
import io
import json
import os
import re
import shlex
import shutil
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from edges import over

from vastai import VastAI
from vastai.cli.main import guarded
from vastai.cli.terminal import Terminal
from vastai.client import table
from vastai.engine.edge import Edge
from vastai.sandbox import totp
from vastai.sandbox.messages import newest_first
from vastai.sandbox.transport import SandboxTransport
from vastai.sandbox.world import World
from vastai.table.model import Command

IMAGE = "pytorch/pytorch"
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
# What the key in use must belong to a team for.
FOR_TEAMS = {
    "check_team", "create_team_role", "delete_team", "destroy_team", "invite_member", "invite_team", "remove_member",
    "remove_team_role", "show_members", "show_team_role", "show_team_roles", "update_team_role",
}  # fmt: skip


class Example(NamedTuple):
    """One example of a command."""

    command: Command
    number: int
    cli: str
    python: str

    @property
    def name(self) -> str:
        return f"{self.command.name}-{self.number}"


EXAMPLES = [
    Example(command, number, example["cli"], example["python"])
    for command in table()
    for number, example in enumerate(command.examples)
]
each_example = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)


class Prepared(NamedTuple):
    """A world in which something of every kind is there, its time in unix seconds, and what fills the placeholders."""

    path: Path
    now: float
    names: dict[str, Any]


class WorldEdge(Edge):
    """Effects in a world's time: a pause lets time pass there, and no program is run.

    Attributes:
        lines: what `explain` showed.
    """

    world: Path
    time: float
    lines: list[str]

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        let_pass(str(self.world), seconds)

    def run(self, argv: list[str]) -> int:
        raise AssertionError(f"no example runs a program: {argv}")

    def show(self, line: str) -> None:
        self.lines.append(line)

    def say(self, line: str) -> None:
        """Remarks are no business of these tests."""


def living(inner: Edge, prepared: Prepared, world: Path) -> WorldEdge:
    """An edge with the effects of a world."""
    edge = over(inner, WorldEdge)
    edge.world, edge.time, edge.lines = world, prepared.now, []
    return edge


def let_pass(world: str, seconds: float) -> float:
    """Let time pass in a world; returns its time."""
    opened = World(world)
    try:
        return opened.advance(seconds)
    finally:
        opened.close()


def stop_the_clock(path: Path) -> None:
    """Let time stand still in a world but where it is let pass: codes stay good, and twins of a world stay equal."""
    opened = World(str(path))
    try:
        opened.set_speed(0.0)
    finally:
        opened.close()


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    path = tmp_path_factory.mktemp("world") / "world.db"
    stop_the_clock(path)
    with VastAI(server_url=f"sandbox:{path}", raise_errors=True, quiet=True) as client:
        names = fill(client, path)
        names |= fill_second_factor(client, path)
    return Prepared(path, let_pass(str(path), 60), names)


def fill(client: VastAI, path: Path) -> dict[str, Any]:
    """Rent, create and invite until there is something of every kind. Offer 12345 stays free for the examples."""
    taken = client.search_offers("id=12345", no_default=True)[0]["machine_id"]
    volume_offers = {row["machine_id"]: row["id"] for row in client.search_volumes("disk_space>=200")}
    offers = client.search_offers("num_gpus=1", order="dph_total")
    there = [row for row in offers if row["machine_id"] != taken and row["machine_id"] in volume_offers]
    by_machine = {row["machine_id"]: row for row in there}
    first, second, third, fourth = list(by_machine.values())[:4]

    def rent(offer: dict[str, Any]) -> int:
        return int(client.create_instance(offer["id"], IMAGE, label="example")["new_contract"])

    def volume(name: str) -> int:
        return int(client.rent_volume(volume_offers[third["machine_id"]], 10, name)["id"])

    names: dict[str, Any] = {"instance": rent(first), "stopped_instance": rent(second), "volume_instance": rent(third)}
    over = "example [until 2026-01-01T00:00Z]"  # a lease that has run out
    names["bid_instance"] = client.create_instance(fourth["id"], IMAGE, price=0.5, label=over)["new_contract"]
    names["volume"], names["attached_volume"] = volume("data"), volume("mounted")
    client.attach_volume(names["attached_volume"], names["volume_instance"])
    names["volume_offer"] = next(
        offer for machine, offer in volume_offers.items() if machine not in (taken, third["machine_id"])
    )
    names["template_hash"] = client.search_templates()[0]["hash_id"]
    names["endpoint"] = client.create_endpoint(endpoint_name="chat")["result"]
    names["workergroup"] = client.create_workergroup(
        endpoint_id=names["endpoint"], template_hash=names["template_hash"]
    )["id"]
    names["env_var"] = "STAGE"
    client.create_env_var(names["env_var"], "test")
    names["api_key_id"] = client.create_api_key("example", ["misc"])["id"]
    names["ssh_key"] = client.create_ssh_key("example", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample")["key"]["id"]
    names |= fill_account(client, path) | fill_team(client)
    names |= fill_as_host(client) | fill_on_cluster(client)
    let_pass(str(path), 60)
    client.take_snapshot(names["instance"], repo="bob/trained")
    client.stop_instance(names["stopped_instance"])
    return names


def fill_as_host(client: VastAI) -> dict[str, Any]:
    """Let machines 15001 and 15002, in a cluster with a disk, and ask more of who rents there. 15003 stays as it is."""
    names: dict[str, Any] = {}
    client.set_defjob(15001, price_gpu=0.1, image="example/idle")
    client.schedule_maint(15001, sdate="2030-01-01", duration=1)
    client.list_machine(15002, price_gpu=0.2)
    (offer,) = client.search_offers("machine_id=15002 num_gpus=2")
    names["asked_instance"] = client.create_instance(offer["id"], IMAGE)["new_contract"]
    client.list_machine(15002, price_gpu=0.3)
    (increase,) = client.show_pending_price_increases()["pending_price_increases"]
    names["price_increase"] = increase["pending_price_increase_id"]
    names["volume_listing"] = client.list_volume(15001)["volume_ask_ids"][0]
    names["cluster"] = client.create_cluster("10.0.0.0/24", 15001)["cluster_id"]
    client.join_cluster(names["cluster"], [15002])
    names["network_disk"] = client.add_network_disk([15001], "/mnt/disk0")["disk_id"]
    names["network_volume_listing"] = client.list_network_volume(names["network_disk"])["id"]
    return names


def fill_on_cluster(client: VastAI) -> dict[str, Any]:
    """Rent on a cluster of somebody else, and make an overlay there."""
    offer = client.search_offers("cluster_id>=200", order="dph_total", limit=1)[0]
    instance = client.create_instance(offer["id"], IMAGE)["new_contract"]
    overlay = client.create_overlay(offer["cluster_id"], "lan")["overlay_id"]
    return {"cluster_instance": instance, "overlay": overlay}


def fill_account(client: VastAI, path: Path) -> dict[str, Any]:
    """What belongs to an account besides what it rents."""
    client.create_subaccount("sam@example.com", "sam", "PASSWORD")
    template = client.create_template(name="mine", image="ubuntu")["template"]
    instance = client.show_instances()[0]["id"]
    reboot = f"/api/v0/instances/reboot/{instance}/"
    job = client.create_scheduled_job("2040-01-01", "2040-02-01", reboot, "PUT", {}, "DAILY", instance)
    transport = SandboxTransport(f"sandbox:{path}")  # no command makes deployments: the serverless library does
    body = json.dumps({"name": "chat", "tag": "test", "image": "ubuntu"}).encode()
    deployment = json.loads(transport.app.handle("PUT", "/api/v0/deployments/", {}, {}, body).body)
    transport.close()
    return {
        "webhook": client.create_webhook("https://example.com/hook", ["low_credit"])["webhook"]["id"],
        "own_template": template["id"],
        "own_template_hash": template["hash_id"],
        "job": job["scheduled_job_id"],
        "deployment": deployment["deployment_id"],
    }


def fill_team(client: VastAI) -> dict[str, Any]:
    """A team with a member and a role of its own."""
    team = client.create_team("examples")["team_id"]
    me = client.show_user()["id"]
    client.switch_team(team)
    client.create_team_role("auditor", ["instance_read"])
    client.invite_member("sam@example.com", "member")
    names = {"team": team, "member": client.show_members()[-1]["id"], "role": client.show_team_role("auditor")["id"]}
    client.switch_team(me)
    return names


def fill_second_factor(client: VastAI, path: Path) -> dict[str, Any]:
    """An app and a phone, leave to add another app, and codes that are good a minute later."""
    secret = client.tfa_totp_setup()["secret"]
    now = let_pass(str(path), 0)
    client.tfa_activate(totp.code(secret, now), secret)
    method = client.tfa_status()["methods"][0]["id"]
    client.tfa_confirm_new(**sent(client.tfa_request_new("email"), path))
    client.tfa_activate(**sent(client.tfa_send_sms("+4712345678"), path), method_type="sms")
    client.tfa_confirm_new(**sent(client.tfa_request_new("email"), path))
    other, mail = client.tfa_totp_setup()["secret"], sent(client.tfa_send_email(), path)
    later = now + 60
    return {
        "tfa_method": method,
        "app_code": totp.code(secret, later),
        "secret": other,
        "new_code": totp.code(other, later),
        "code": mail["code"],
        "challenge": mail["secret"],
        "sms_challenge": client.tfa_send_sms()["secret"],
    }


def sent(answer: dict[str, Any], path: Path) -> dict[str, str]:
    """The challenge of an answer, and the code that was sent for it."""
    opened = World(str(path))
    try:
        return {"secret": answer["secret"], "code": newest_first(opened)[0]["code"]}
    finally:
        opened.close()


@pytest.fixture
def world(prepared: Prepared, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the prepared world for one test, which runs in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copy(prepared.path, tmp_path / "world.db"))


def ready(example: Example, prepared: Prepared, world: Path) -> None:
    """Act for the team where the example is about the team in use."""
    if example.command.name in FOR_TEAMS:
        with VastAI(server_url=f"sandbox:{world}", quiet=True) as client:
            client.switch_team(prepared.names["team"])


def filled(text: str, prepared: Prepared) -> str:
    """An example with the names of the prepared world in place of its placeholders."""
    return PLACEHOLDER.sub(lambda found: str(prepared.names[found[1]]), text)


def run_python(example: Example, prepared: Prepared, world: Path, surface: str = "library") -> tuple[Any, list[str]]:
    """Run the Python form as it is printed; returns what its last line gives, and what `explain` showed."""
    tree = ast.parse(filled(example.python, prepared))
    last = tree.body.pop()
    assert isinstance(last, ast.Expr)
    edge = living(Edge(), prepared, world)
    edge.surface = surface
    with warnings.catch_warnings(), VastAI(server_url=f"sandbox:{world}", explain=True, edge=edge) as client:
        if example.command.deprecated:
            warnings.simplefilter("ignore", DeprecationWarning)
        space = {"client": client}
        exec(compile(tree, example.name, "exec"), space)
        return eval(compile(ast.Expression(last.value), example.name, "eval"), space), edge.lines


class Ended(NamedTuple):
    """How a command line ended: exit code, what it printed, and the requests that --explain showed."""

    code: int
    out: str
    err: str
    requests: list[str]


def run_cli(example: Example, prepared: Prepared, world: Path, *options: str) -> Ended:
    """Run the form for the terminal as it is printed, with nobody there to ask."""
    program, *words = shlex.split(filled(example.cli, prepared))
    assert program == "vastai"
    out, err = io.StringIO(), io.StringIO()
    lines: list[str] = []

    def open_client(edge: Edge, **settings: Any) -> VastAI:
        own = living(edge, prepared, world)
        own.lines = lines
        return VastAI(edge=own, **settings)

    terminal = Terminal(io.StringIO(), out, err, os.environ)
    code = guarded(["--url", f"sandbox:{world}", *options, *words], terminal, open_client=open_client)
    return Ended(code, out.getvalue(), err.getvalue(), lines)


@each_example
def test_the_python_form_runs(example: Example, prepared: Prepared, world: Path) -> None:
    ready(example, prepared, world)
    result, _ = run_python(example, prepared, world)
    assert not (isinstance(result, dict) and result.get("success") is False), result
    if example.command.returns.many:
        assert result != [], "an example that finds nothing shows nothing"


@each_example
@pytest.mark.parametrize("form", ["text", "raw"])
def test_the_form_for_the_terminal_runs(example: Example, form: str, prepared: Prepared, world: Path) -> None:
    ready(example, prepared, world)
    ended = run_cli(example, prepared, world, *(["--raw"] if form == "raw" else []))
    assert ended.code == 0, ended.err
    assert ended.out.strip() != ""
    if form == "raw":
        json.loads(ended.out)


@each_example
def test_both_forms_ask_the_same(example: Example, prepared: Prepared, world: Path, tmp_path: Path) -> None:
    """Written beside each other, they are one call: the same requests in the same order.

    A few defaults differ between library and terminal; the arguments must not, so both run as in a terminal.
    """
    ready(example, prepared, world)
    twin = Path(shutil.copy(world, tmp_path / "twin.db"))
    _, asked = run_python(example, prepared, twin, surface="terminal")
    typed = run_cli(example, prepared, world, "--explain").requests
    assert [shown(line) for line in typed] == [shown(line) for line in asked]
    assert (typed == []) == (bool(example.command.flow) and not example.command.calls)  # such a flow asks nobody


def shown(line: str) -> Any:
    """A line of `explain`, read: a body as its value (40 is 40.0); the chance name of a result is left out."""
    return json.loads(line) if line.startswith("{") else re.sub(r"/results/\w+", "/results/TOKEN", line)


def test_every_placeholder_is_filled_and_used(prepared: Prepared) -> None:
    used = {name for example in EXAMPLES for name in PLACEHOLDER.findall(example.cli + example.python)}
    assert used == set(prepared.names)


def test_every_command_has_an_example() -> None:
    assert {command.name for command in table() if not command.left_out} == {
        example.command.name for example in EXAMPLES
    }
