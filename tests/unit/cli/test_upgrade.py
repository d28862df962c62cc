"""Which nodes an upgrade waits for before it restarts one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from folkmoot.cli import orders, upgrade
from folkmoot.errors import OperatorError


def server(node: str, **told: Any) -> dict[str, Any]:
    row = {"id": "collaboration-1", "node": node, "role": "collaboration", "state": "ready"}
    return {**row, "draining": False, "qos": 100, "attached": 0, **told}


def others_take(monkeypatch: pytest.MonkeyPatch, *looks: list[dict[str, Any]] | None) -> bool:
    """Whether node one's people would be taken, by what it sees in one look after the other."""
    left = list(looks)

    def status_of(*_: object) -> dict[str, Any]:
        rows = left.pop(0)
        if rows is None:
            raise OperatorError("The process manager of one does not answer just now.")
        return {"processes": rows}

    monkeypatch.setattr(orders, "POLL_S", 0.0)
    monkeypatch.setattr(orders, "status_of", status_of)
    taken = upgrade._Upgrade(Path("data"), "one", lambda _: None)._others_take()
    assert not left
    return taken


def test_a_node_that_just_came_back_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    own, back = server("one"), [server("one"), server("two")]
    drains, suspect = server("two", draining=True), server("two", state="suspect")
    assert others_take(monkeypatch, [own, drains], None, [own, suspect], back)


def test_who_is_alone_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not others_take(monkeypatch, [server("one")])


def test_nobody_is_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upgrade, "OTHERS_S", -1.0)
    assert not others_take(monkeypatch, [server("one"), server("two", draining=True)])


def test_what_is_not_known_of_a_server_does_not_mean_that_it_takes_people() -> None:
    assert upgrade._takes_people([server("one")])
    assert not upgrade._takes_people([server("one", qos=-1)])
    assert not upgrade._takes_people([server("one", draining=True, qos=0)])
