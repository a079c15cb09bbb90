"""The configuration of SSH: a part of it is written anew, all else stays byte for byte.

That a real ssh reads it and logs in stands in test_transfer.py.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_kit import Quick

from vastai import UsageError, VastAI
from vastai.hooks import ssh_client
from vastai.hooks.ssh_config_text import BEGIN, END, merged, outside
from vastai.sandbox.testing import Sandbox

IMAGE = "pytorch/pytorch"

# ---------------------------------------------------------------- the text

LINES = st.sampled_from(
    [
        "Host a",
        "    Port 1",
        "",
        "\t# vastai",
        "# vastai beginning",
        "Include x",
        "\x0b",
        "größe",
        "\r",
        "\udcff",
        "a\u2028b",
    ]
)
ENTRIES = st.lists(st.lists(st.sampled_from(["Host vast-7", "    Port 2", "    User root"]), min_size=1), max_size=3)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A configuration without markers, with the ends of lines of either kind, or without one at the end."""
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return newline.join(draw(st.lists(LINES, max_size=8))) + draw(st.sampled_from(["", newline]))


@given(texts(), ENTRIES)
def test_all_outside_of_the_markers_stays(text: str, entries: list[list[str]]) -> None:
    new = merged(text, entries)
    before, after = outside(new)
    assert (before, after) in [(text, ""), (f"{text}\n", ""), (f"{text}\r\n", "")]
    assert merged(new, []) == before
    assert all(line in new for entry in entries for line in entry)


@given(texts(), texts(), ENTRIES, ENTRIES)
def test_the_part_stays_where_it_is_and_a_second_time_changes_nothing(
    above: str, below: str, old: list[list[str]], new: list[list[str]]
) -> None:
    above += "" if not above or above.endswith("\n") else "\n"
    inside = "".join(f"{line}\n" for entry in old for line in entry)
    text = f"{above}{BEGIN}\n{inside}{END}\n{below}"
    once = merged(text, new)
    assert merged(once, new) == once
    assert outside(once) == (above, below) if new else once == above + below


def test_lines_end_as_those_of_the_file_do() -> None:
    assert merged("Host a\r\n", [["Host vast-7"]]).count("\r\n") == merged("Host a\r\n", [["Host vast-7"]]).count("\n")
    assert "\r" not in merged("Host a\n", [["Host vast-7"]])


@pytest.mark.parametrize(
    "lines", [[BEGIN], [END], [END, BEGIN], [BEGIN, BEGIN, END], [BEGIN, END, END], [BEGIN, END, BEGIN, END]]
)
def test_broken_markers_are_refused(lines: list[str]) -> None:
    with pytest.raises(UsageError, match="markers") as caught:
        merged("\n".join(["Host a", *lines, ""]), [["Host vast-7"]])
    assert "\n" not in str(caught.value) and "line 2" in str(caught.value)


ANYTHING = st.one_of(
    st.text(),
    st.sampled_from(["x\nHost *", "a\rProxyCommand b", "*", "!x", "a b", "-oProxyCommand=x", "vast-8", "8", "%h", '"']),
    st.integers(),
    st.none(),
    st.lists(st.text(), max_size=1),
)
OWN_LINE = re.compile(
    r"Host vast-[0-9]+( vast-[A-Za-z0-9._-]+)?|    (HostName [A-Za-z0-9][A-Za-z0-9.:-]*|Port [0-9]+|User root"
    r'|HostKeyAlias vast-[0-9]+(-proxy)?|UserKnownHostsFile "/state"|StrictHostKeyChecking accept-new)'
)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "id": st.one_of(st.integers(1, 9), ANYTHING),
                "label": ANYTHING,
                "ssh_host": st.one_of(st.just("ssh5.vast.ai"), ANYTHING),
                "ssh_port": st.one_of(st.integers(1, 65535), ANYTHING),
                "public_ipaddr": ANYTHING,
                "ports": st.one_of(st.none(), st.fixed_dictionaries({"22/tcp": st.just([{"HostPort": "40022"}])})),
            }
        ),
        max_size=4,
    )
)
def test_nothing_that_the_service_says_adds_a_line_or_an_option(rows: list[dict[str, Any]]) -> None:
    found, remarks = ssh_client.hosts([{**row, "actual_status": "running"} for row in rows])
    lines = [line for host in found for line in ssh_client.entry(host, "/state", {})]
    assert [line for line in lines if not OWN_LINE.fullmatch(line)] == []
    names = [name.lower() for host in found for name in host.names if name not in (f"vast-{row['id']}" for row in rows)]
    assert len(names) == len(set(names)), "no two hosts share the name of a label"
    assert len(found) + len(remarks) == len(rows)
    merged("", [ssh_client.entry(host, "/state", {}) for host in found])


# ---------------------------------------------------------------- the file


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    sandbox = Sandbox(str(tmp_path_factory.mktemp("world") / "world.db"))
    offers = sandbox.client.search_offers("num_gpus=1 direct_port_count>3")[:2]
    for offer, label, direct in zip(offers, ("train", "Not a name"), (True, False), strict=True):
        sandbox.client.create_instance(offer["id"], IMAGE, label=label, ssh=True, direct=direct)
    sandbox.advance(60)
    yield sandbox.serve()
    sandbox.close()


@pytest.fixture
def client(served: str) -> Iterator[VastAI]:
    with VastAI("k", served, edge=Quick()) as opened:
        yield opened


def own_file() -> Path:
    return Path(os.environ["HOME"], ".ssh", "config")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_file_is_private_and_the_second_time_nothing_is_written(client: VastAI) -> None:
    first = client.ssh_config()
    assert first["changed"] and len(first["hosts"]) == 2 and first["hosts"][0][1] == "vast-train"
    assert (mode(own_file()), mode(own_file().parent)) == (0o600, 0o700)
    before = own_file().stat()
    assert client.ssh_config()["changed"] is False
    assert (own_file().stat().st_ino, own_file().stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert sorted(path.name for path in own_file().parent.iterdir()) == ["config"]


def test_what_was_there_is_kept_beside_it_byte_for_byte(client: VastAI) -> None:
    own_file().parent.mkdir(mode=0o755)
    former = b"Host a\r\n  # caf\xe9 \x0b\r\n  Port 1"
    own_file().write_bytes(former)
    client.ssh_config()
    assert own_file().read_bytes().startswith(former + b"\r\n# vastai begin\r\n")
    assert Path(f"{own_file()}.before-vastai").read_bytes() == former
    assert mode(own_file().parent) == 0o755, "the folder is the person's own"
    client.ssh_config(remove=True)
    assert own_file().read_bytes() == former + b"\r\n"


def test_a_link_stays_a_link(client: VastAI) -> None:
    kept = Path(os.environ["HOME"], "dotfiles", "ssh_config")
    kept.parent.mkdir()
    kept.write_text("Host a\n")
    own_file().parent.mkdir()
    own_file().symlink_to(kept)
    client.ssh_config()
    assert own_file().is_symlink() and BEGIN in kept.read_text()


def test_a_file_that_cannot_be_read_or_has_broken_markers_is_left_alone(client: VastAI) -> None:
    own_file().mkdir(parents=True)
    with pytest.raises(Exception, match="cannot read"):
        client.ssh_config()
    own_file().rmdir()
    own_file().write_text(f"{BEGIN}\n")
    with pytest.raises(UsageError):
        client.ssh_config()
    assert own_file().read_text() == f"{BEGIN}\n"


def test_a_dry_run_shows_and_writes_nothing(client: VastAI) -> None:
    shown = client.ssh_config(dry_run=True)
    assert shown["changed"] and "+Host vast-" in shown["msg"]
    assert not own_file().parent.exists()


def test_the_sandbox_does_not_write_into_the_own_file(tmp_path: Path) -> None:
    with VastAI(server_url="sandbox::memory:", quiet=True) as sandbox:
        with pytest.raises(UsageError, match="sandbox"):
            sandbox.ssh_config()
        sandbox.ssh_config(file=str(tmp_path / "hosts"))
    assert not own_file().parent.exists()
