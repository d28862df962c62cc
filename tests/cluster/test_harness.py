"""The hosts that the other tests stand on: apart from each other, cut, healed, and removed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from folkmoot.servers.manager import procfs
from folkmoot.testing.machines import Machines, leftovers, running_machines
from folkmoot.testing.machines.machine import wait_until

CONNECT_S = "0.5"
ASK = "import socket,sys; socket.create_connection((sys.argv[1], 7), float(sys.argv[2]))"


@pytest.fixture
def machines(tmp_path: Path, require_machines: None) -> Iterator[Machines]:
    with running_machines(tmp_path, 3, start=False) as made:
        yield made


def reaches(machines: Machines, one: str, other: str) -> bool:
    """Nobody listens: a refusal shows that packets come and go, silence that they do not."""
    words = ("ip", "netns", "exec", machines.network.namespace(one))
    asked = subprocess.run(
        (*words, "python3", "-c", ASK, machines.network.address(other), CONNECT_S),
        capture_output=True,
        text=True,
        check=False,
    )
    return "refused" in asked.stderr


def test_hosts_reach_each_other_until_a_fault_and_again_after_it(machines: Machines) -> None:
    network = machines.network
    assert reaches(machines, "h1", "h2")
    network.divide(["h1"], ["h2", "h3"])
    assert not reaches(machines, "h1", "h2")
    assert reaches(machines, "h2", "h3")
    network.heal()
    # One that sees both sides.
    network.divide(["h1", "h3"], ["h2", "h3"])
    assert not reaches(machines, "h2", "h1")
    assert reaches(machines, "h3", "h1")
    network.heal()
    network.one_way("h1", "h2")
    assert not reaches(machines, "h2", "h1")
    assert reaches(machines, "h2", "h3")
    network.heal()
    network.cut("h3")
    assert not reaches(machines, "h1", "h3")
    network.heal()
    assert reaches(machines, "h1", "h3")


def test_what_a_killed_run_left_is_removed_by_the_next_one(
    tmp_path: Path, require_machines: None
) -> None:
    gone = f"{leftovers.PREFIX}-{os.getpid()}-1"
    leftovers.run("ip", "netns", "add", f"{gone}-h1")
    leftovers.run("mount", "-t", "tmpfs", "-o", "size=1m", f"{gone}-h1", str(tmp_path))
    sleeping = subprocess.Popen(("ip", "netns", "exec", f"{gone}-h1", "sleep", "600"))
    try:
        # Before that it is nobody's, and nobody finds it.
        wait_until(lambda: sleeping.pid in leftovers.pids_in(f"{gone}-h1"), 30, "it lives there")
        leftovers.remove_leftovers()
        assert sleeping.wait(10) != 0
        assert not (leftovers.NAMESPACES / f"{gone}-h1").exists()
        assert not os.path.ismount(tmp_path)
    finally:
        sleeping.kill()
        leftovers.remove_all(gone)
    assert procfs.started(sleeping.pid) == 0


def test_a_full_disk_is_full_and_then_free_again(machines: Machines) -> None:
    host = machines["h2"]
    host.fill_disk()
    with pytest.raises(OSError, match="No space"):
        (host.data / "file").write_bytes(bytes(1 << 16))
    host.free_disk()
    (host.data / "file").write_bytes(bytes(1 << 16))
