"""Kills processes of a zone at random, repeatable from a seed."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Final

from folkmoot.testing.zone import Zone

VICTIMS: Final = (
    "collaboration-1",
    "collaboration-2",
    "front-1",
    "front-2",
    "web-1",
    "documents-1",
    "meeting-manager-1",
    "engine",
    "process-manager",
)
RESTARTS_IN_A_ROW_MAX: Final = 4
"""One less than after how many a process counts as failed."""

RESTARTS_WINDOW_S: Final = 31.0


class Killer:
    """`kill -9` of one process after another, each after the one before was replaced."""

    def __init__(
        self,
        zone: Zone,
        seed: int,
        every_s: float,
        *,
        on_replaced: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.killed: list[str] = []
        self.killed_s: list[float] = []
        self._zone = zone
        self._random = random.Random(seed)
        self._every_s = every_s
        self._on_replaced = on_replaced
        self._times: dict[str, list[float]] = {id_: [] for id_ in VICTIMS}

    async def run(self) -> None:
        """Kills until cancelled."""
        while True:
            await asyncio.sleep(self._random.uniform(0.5, 1.5) * self._every_s)
            await self.kill(self._next())

    def last_before(self, at_s: float) -> str:
        """What was killed last before a moment of `perf_counter`; empty when nothing was."""
        before = [id_ for id_, s in zip(self.killed, self.killed_s, strict=True) if s < at_s]
        return before[-1] if before else ""

    async def kill(self, id_: str) -> None:
        """Kills one process and waits until it is replaced. Errors: `TimeoutError`."""
        pid = await self._zone.kill(id_)
        self.killed.append(id_)
        self.killed_s.append(time.perf_counter())
        self._times[id_].append(time.monotonic())
        await self._zone.wait_replaced(id_, pid)
        self._on_replaced(id_)

    def _next(self) -> str:
        """A process that was not killed so often that its manager would give it up."""
        since = time.monotonic() - RESTARTS_WINDOW_S
        able = [
            id_
            for id_, times in self._times.items()
            if sum(at > since for at in times) < RESTARTS_IN_A_ROW_MAX
        ]
        return self._random.choice(able)
