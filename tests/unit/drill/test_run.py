"""A drill stops where people come who were not there when it began."""

from __future__ import annotations

import asyncio
import itertools
import types
from typing import Any

import pytest

from folkmoot.drill import run
from folkmoot.drill.history import Line
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


class Somebody:
    """As much of a person as is looked at."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.conference = types.SimpleNamespace(ended=None)


async def test_the_next_fault_waits_for_everybody_who_has_not_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "POLL_S", 0.001)
    drill = Drill(Zone([0]), Wanted(("process",), 2, 0.0, 1), lambda line: None)
    drill._people = [Somebody("ada"), Somebody("ben")]  # type: ignore[list-item]
    drill._note(Line(5.0, "got", who="ada", key="ben/1"))
    drill._note(Line(3.0, "got", who="ben", key="ada/1"))
    drill._note(Line(6.0, "got", who="ben", key="ben/1"))
    waiting = asyncio.create_task(drill._all_hear(4.0))
    _, pending = await asyncio.wait([waiting], timeout=0.05)
    assert pending, "what is one's own is nothing of others"
    drill._note(Line(6.0, "preview", who="ben", key="ada/2"))
    async with asyncio.timeout(10):
        await waiting
