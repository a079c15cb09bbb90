"""A real machine behind the sandbox: all addresses of an instance are its own, until it is gone again."""

from __future__ import annotations

import pytest
from sandbox_kit import Kit

from vastai.errors import UsageError
from vastai.hooks.places import ssh_address
from vastai.sandbox import machine_behind


@pytest.mark.parametrize("runtype", ["ssh", "jupyter_proxy", "ssh_direct", "args"])
@pytest.mark.parametrize("seconds", [0, 60])
def test_an_instance_is_reached_there_booting_or_running(runtype: str, seconds: float) -> None:
    kit = Kit()
    machine_behind.put_behind(kit.world, "127.0.0.1:2222")
    id = kit.rent(runtype=runtype, wait=seconds)
    assert ssh_address(kit.instance(id)) == ("127.0.0.1", 2222)
    answer = kit.put("/commands/rsync/", src_id=None, src_path="data", dst_id=str(id), dst_path="/workspace/")
    assert (answer["dst_addr"], answer["dst_port"]) == ("127.0.0.1", 2222)


def test_it_may_come_later_and_go_again() -> None:
    kit = Kit()
    id = kit.rent()
    nowhere = ssh_address(kit.instance(id))
    machine_behind.put_behind(kit.world, "[2001:db8::7]:22")
    assert ssh_address(kit.instance(id)) == ("2001:db8::7", 22)
    machine_behind.put_behind(kit.world, "")
    assert ssh_address(kit.instance(id)) == nowhere


@pytest.mark.parametrize(
    "address", ["2222", "host", "host:0", "host:65536", "-oProxyCommand=x:22", "a b:22", "host:22\n"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="is no address; write HOST:PORT"):
        machine_behind.put_behind(Kit().world, address)
