"""When a machine counts as gone, for who says that it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from folkmoot.cli.node import SILENT_S, check_silent
from folkmoot.errors import OperatorError
from folkmoot.servers.manager import control


class Zone:
    """What the status says of node3 in one look after the other; the last one stays."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *states: str) -> None:
        self._left = list(states)
        self.now_s = 0.0
        self.looks = 0
        monkeypatch.setattr(control, "ask", self._ask)

    def _ask(self, *_: object) -> dict[str, Any]:
        self.looks += 1
        state = self._left.pop(0) if len(self._left) > 1 else self._left[0]
        return {"nodes": [{"name": "node1", "state": "alive"}, {"name": "node3", "state": state}]}

    def _sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def check(self, *, sure: bool) -> None:
        clock = lambda: self.now_s
        check_silent(Path("data"), "node3", sure=sure, clock=clock, sleep=self._sleep)


def test_who_is_sure_waits_until_the_zone_has_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    zone = Zone(monkeypatch, "alive", "alive", "draining", "silent")
    zone.check(sure=True)
    assert zone.looks == 4


def test_a_machine_that_lives_is_not_taken_out_however_sure_one_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    zone = Zone(monkeypatch, "alive")
    with pytest.raises(OperatorError, match="node3 is alive"):
        zone.check(sure=True)
    assert SILENT_S <= zone.now_s <= SILENT_S + 1


def test_who_is_not_sure_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    zone = Zone(monkeypatch, "alive")
    with pytest.raises(OperatorError, match="node3 is alive"):
        zone.check(sure=False)
    assert zone.looks == 1


@pytest.mark.parametrize("state", ["silent", "gone"])
def test_nobody_is_taken_out_unless_somebody_is_sure(
    monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    zone = Zone(monkeypatch, state)
    with pytest.raises(OperatorError, match="--yes-it-is-gone"):
        zone.check(sure=False)
    Zone(monkeypatch, state).check(sure=True)
