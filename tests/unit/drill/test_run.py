"""A drill stops where people come who were not there when it began."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from folkmoot.drill import run
from folkmoot.drill.run import Drill, Wanted


class Zone:
    """A zone of one server, whose count of people is what a list says, look after look."""

    url = "http://127.0.0.1:1"
    encryption = None

    def __init__(self, counts: list[int]) -> None:
        self._counts = itertools.chain(counts, itertools.repeat(counts[-1]))
        self.orders: list[str] = []

    async def rows(self) -> list[dict[str, Any]]:
        common = {"node": "a", "state": "ready", "qos": 100}
        return [
            {**common, "id": "process-manager", "role": "process-manager", "pid": 1, "attached": 0},
            {
                **common,
                "id": "collaboration-1",
                "role": "collaboration",
                "pid": 100 + len(self.orders),
                "attached": next(self._counts),
            },
        ]

    async def order(self, node: str, op: str, **fields: object) -> None:
        self.orders.append(f"{op} {fields['id']}")


@pytest.mark.parametrize(
    ("counts", "alone", "orders"),
    [
        ([0], True, 1),
        ([0, 2, 2, 0], True, 1),  # counted twice while they change servers
        ([0, 2], True, 0),
        ([2], False, 1),
    ],
)
async def test_others_stop_a_drill_before_they_would_notice(
    counts: list[int], alone: bool, orders: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("CALM_S", "CAME_S", "WATCHED_S", "POLL_S"):
        monkeypatch.setattr(run, name, 0.005)
    monkeypatch.setattr(run, "CAME_S", 0.2)
    zone = Zone(counts)
    drill = Drill(zone, Wanted(("process",), 2, 0.0, 1, alone=alone), lambda line: None)
    await drill._faults()
    assert len(zone.orders) == orders
    assert bool(drill._problems) == (orders == 0)
