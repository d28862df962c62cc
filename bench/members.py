"""Participants of a room, each on a server of the measurement's choice."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from bench.waiting import until
from folkmoot.client.conference import Conference, join
from folkmoot.client.receipt import Receipt
from folkmoot.testing.zone import Zone

SETTINGS: Final = {
    "operations_per_s": 100_000,
    "operations_burst": 100_000,
    "joins_per_minute_per_address": 100_000,
    "rooms_per_minute_per_address": 100_000,
}
"""Rates that a measurement raises: many participants, one machine."""

MOVE_S_MAX: Final = 30.0
QUIET_S_MAX: Final = 5.0


async def enter(zone: Zone, room: dict[str, Any], name: str, server: int = 0) -> Conference:
    """Joins a room, attached to `collaboration-<server>` (0: wherever the zone says)."""
    ticket, paths = await join(zone.url, room["slug"], name, encryption=zone.trust)
    first = f"/s/collaboration-{server}"
    if server:
        paths = [first, *(path for path in paths if path != first)]
    conference = Conference(zone.url, ticket, paths, zone.trust)
    await conference.wait_attached()
    return conference


async def move(conferences: list[Conference], server: str) -> None:
    """Brings participants to a server. Errors: `TimeoutError`."""

    async def bring(conference: Conference) -> None:
        while conference.server != server or not conference.session.attached:
            before = conference.reconnections
            conference.move_to(f"/s/{server}")
            await reattached(conference, before)

    await asyncio.gather(*map(bring, conferences))


async def reattached(conference: Conference, before: int) -> None:
    """Returns when it has reconnected more often than `before`. Errors: `TimeoutError`."""
    await until(lambda: conference.reconnections > before, MOVE_S_MAX)


class Ear:
    """Notes when which chat message reached one participant.

    Shape: `arrivals` are (`perf_counter` seconds, text) in order of arrival; `replaced` counts
    welcomes that gave a whole state because what was missed could not be told.
    """

    def __init__(self, conference: Conference) -> None:
        self.conference = conference
        self.arrivals: list[tuple[float, str]] = []
        self.replaced = 0
        self._stream = conference.events()
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    def longest_gap_s(self, from_s: float, to_s: float) -> float:
        """Longest silence that began or ended within a span of time."""
        longest_s = 0.0
        last_s = None
        for at_s, _ in reversed(self.arrivals):
            if last_s is not None and at_s <= to_s:
                longest_s = max(longest_s, last_s - at_s)
            last_s = at_s
            if at_s < from_s:
                break
        return longest_s

    async def _run(self) -> None:
        async for event in self._stream:
            if event.type == "posted":
                self.arrivals.append((time.perf_counter(), event.body["text"]))
            elif event.type == "state_replaced":
                self.replaced += 1


class Speaker:
    """Posts numbered messages at a pace, whatever happens to the connection."""

    def __init__(self, conference: Conference, name: str) -> None:
        self.sent_s: dict[str, float] = {}
        self.acknowledged: dict[str, float] = {}
        self.failed: list[str] = []
        self._conference = conference
        self._name = name

    async def run(self, per_s: float, offset_s: float) -> None:
        """Speaks until cancelled. Shape: `offset_s` sets several speakers apart."""
        loop = asyncio.get_running_loop()
        due_s = loop.time() + offset_s
        while True:
            await asyncio.sleep(max(0.0, due_s - loop.time()))
            due_s += 1 / per_s
            self.post()

    def post(self) -> None:
        text = f"{self._name}-{len(self.sent_s)}"
        self.sent_s[text] = time.perf_counter()
        future = self._conference.submit_nowait("chat", "post", {"text": text})
        future.add_done_callback(lambda done: self._decided(text, done))

    async def wait_decided(self) -> None:
        """Returns when every message has its outcome."""
        await until(lambda: len(self.acknowledged) + len(self.failed) >= len(self.sent_s))

    def _decided(self, text: str, future: asyncio.Future[Receipt]) -> None:
        if future.cancelled() or future.exception() is not None:
            self.failed.append(text)
        else:
            self.acknowledged[text] = time.perf_counter()


@asynccontextmanager
async def speaking(speakers: list[Speaker], per_s: float) -> AsyncIterator[None]:
    """All speak at the same pace, evenly apart; an error of one is raised at the end."""
    tasks = [
        asyncio.create_task(speaker.run(per_s, i / len(speakers) / per_s))
        for i, speaker in enumerate(speakers)
    ]
    try:
        yield
        failed = [task for task in tasks if task.done()]
        for task in failed:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def quiet(ears: list[Ear], speakers: list[Speaker]) -> None:
    """Returns when all that was said is decided and was heard by all, or should have been."""
    for speaker in speakers:
        await speaker.wait_decided()
    said = sum(len(speaker.acknowledged) for speaker in speakers)
    with contextlib.suppress(TimeoutError):
        await until(lambda: all(len(ear.arrivals) >= said for ear in ears), QUIET_S_MAX)


def judge(ears: list[Ear], speakers: list[Speaker]) -> dict[str, Any]:
    """What of the acknowledged was lost or doubled for anybody, and whether all saw one order."""
    acknowledged = {text for speaker in speakers for text in speaker.acknowledged}
    heard = [[text for _, text in ear.arrivals] for ear in ears]
    return {
        "acknowledged": len(acknowledged),
        "not_acknowledged": sum(len(speaker.failed) for speaker in speakers),
        "acknowledged_and_lost": sum(len(acknowledged.difference(texts)) for texts in heard),
        "doubled": sum(len(texts) - len(set(texts)) for texts in heard),
        "order_equal": all(texts == heard[0] for texts in heard),
        "states_replaced": sum(ear.replaced for ear in ears),
    }


def all_kept(told: dict[str, Any]) -> bool:
    """Whether nothing was lost, doubled or seen in another order."""
    lost = told["acknowledged_and_lost"] + told["doubled"] + told["not_acknowledged"]
    return not lost and bool(told["order_equal"])
