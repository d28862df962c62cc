"""Replay of a trace through clients: authors who write as they once did, and readers."""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import Any, Final

from bench.traces import Edit, Page, Trace
from folkmoot.client.conference import Conference
from folkmoot.client.receipt import Receipt
from folkmoot.protocol.limits import OPERATIONS_IN_FLIGHT_MAX

DOCUMENT: Final = "pad"
EDITS_A_TURN: Final = 16
"""Edits made before the loop may look at the network again."""


class Watch:
    """The stream of one client's document updates: order, and the longest silence.

    Shape: `updates[number]` holds each author's updates in order; `order` digests who wrote what
    in which order, equal for all who saw everything.
    """

    def __init__(self, conference: Conference) -> None:
        self.updates: dict[int, list[bytes]] = {}
        self.gap_s_max = 0.0
        self.gap_end_s = 0.0
        self.replaced = 0
        self.count = 0
        self._order = hashlib.blake2b(digest_size=8)
        self._stream = conference.events()
        self._more = asyncio.Event()
        self._last_s: float | None = None
        self._task = asyncio.create_task(self._run())

    @property
    def order(self) -> str:
        return self._order.hexdigest()

    async def wait_for(self, number: int, count: int) -> None:
        """Returns when `count` updates of a session have come. Errors: `RuntimeError`."""
        while len(self.updates.get(number, ())) < count:
            if self._task.done():
                raise RuntimeError("the events ended") from self._task.exception()
            if self.replaced:
                raise RuntimeError("events were missed: the server gave a whole state instead")
            self._more.clear()
            await self._more.wait()

    def pause(self) -> None:
        """Nothing more is expected: silence does not count any more."""
        self._last_s = None

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        try:
            async for event in self._stream:
                if event.type == "state_replaced":
                    self.replaced += 1
                    self._more.set()
                if event.type != "updated" or event.body["document"] != DOCUMENT:
                    continue
                now_s = time.perf_counter()
                if self._last_s is not None and now_s - self._last_s > self.gap_s_max:
                    self.gap_s_max, self.gap_end_s = now_s - self._last_s, now_s
                self._last_s = now_s
                self.count += 1
                self._order.update(b"%d %d " % (event.number, event.counter))
                self.updates.setdefault(event.body["number"], []).append(event.body["update"])
                self._more.set()
        finally:
            self._more.set()


class Author:
    """One author of a trace: a private document that follows the trace's causality."""

    def __init__(self, conference: Conference, trace: Trace, index: int) -> None:
        self.conference = conference
        self.watch = Watch(conference)
        self.page = Page(conference.session.number)
        self.rejected: list[str] = []
        self._trace = trace
        self._index = index
        self._merged = [0] * trace.authors
        self._in_flight = 0
        self._less = asyncio.Event()

    async def write(self, numbers: list[int], pace_per_s: float = 0) -> None:
        """Makes all edits; returns when each is saved.

        Shape: `numbers` are the authors' sessions; `pace_per_s` 0 is as fast as it goes.
        """
        began_s = time.perf_counter()
        for i, edit in enumerate(self._trace.of(self._index)):
            await self._merge(numbers, edit.known)
            while self._in_flight >= OPERATIONS_IN_FLIGHT_MAX:
                self._less.clear()
                await self._less.wait()
            if pace_per_s:
                await asyncio.sleep(max(0.0, began_s + i / pace_per_s - time.perf_counter()))
            elif i % EDITS_A_TURN == 0:
                await asyncio.sleep(0)
            self._send(edit)
        while self._in_flight:
            self._less.clear()
            await self._less.wait()

    async def read_rest(self, numbers: list[int]) -> None:
        """Merges what the others wrote after this author's last edit."""
        counts = [len(self._trace.of(author)) for author in range(self._trace.authors)]
        await self._merge(numbers, tuple(counts))
        await self.watch.wait_for(numbers[self._index], counts[self._index])

    async def _merge(self, numbers: list[int], known: tuple[int, ...]) -> None:
        """Merges others' edits, as many as are known and no more."""
        for other, count in enumerate(known):
            if other == self._index or count <= self._merged[other]:
                continue
            await self.watch.wait_for(numbers[other], count)
            for update in self.watch.updates[numbers[other]][self._merged[other] : count]:
                self.page.merge(update)
            self._merged[other] = count

    def _send(self, edit: Edit) -> None:
        before = self.page.clock
        update = self.page.edit(edit)
        body: dict[str, Any] = {
            "document": DOCUMENT,
            "from": before,
            "to": self.page.clock,
            "update": update,
        }
        self._in_flight += 1
        self.conference.submit_nowait("documents", "update", body).add_done_callback(self._decided)

    def _decided(self, future: asyncio.Future[Receipt]) -> None:
        self._in_flight -= 1
        self._less.set()
        if not future.cancelled() and (error := future.exception()) is not None:
            self.rejected.append(str(error))
