"""Who may be reached without encryption, and what an operator is told who did not mean it."""

from __future__ import annotations

from pathlib import Path

import pytest

from folkmoot.data_folder import Node, load_node, write_node
from folkmoot.errors import OperatorError
from folkmoot.servers.launcher.exposure import unencrypted
from folkmoot.servers.launcher.options import Options, check_exposure

NODE = Node("one")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.7.0.2", "::1", "localhost"])
def test_what_only_this_machine_reaches_needs_no_encryption(host: str) -> None:
    assert not unencrypted(NODE, host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "2001:db8::1"])
def test_other_machines_are_let_in_with_leave_only(host: str) -> None:
    with pytest.raises(OperatorError, match=r"would not be encrypted.*--insecure"):
        unencrypted(NODE, host)
    assert unencrypted(Node("one", insecure=True), host)


def test_a_node_without_a_door_is_reached_by_nobody() -> None:
    assert not unencrypted(Node("one", roles=("engine", "documents")), "0.0.0.0")
    with pytest.raises(OperatorError):
        unencrypted(Node("one", roles=("front", "web")), "0.0.0.0")


def test_the_leave_is_remembered_until_taken_back(tmp_path: Path) -> None:
    assert check_exposure(Options(tmp_path, host="0.0.0.0", insecure=True))
    write_node(tmp_path, Node("one", insecure=True))
    assert check_exposure(Options(tmp_path, host="0.0.0.0"))
    with pytest.raises(OperatorError):
        check_exposure(Options(tmp_path, host="0.0.0.0", insecure=False))
    assert load_node(tmp_path).insecure
