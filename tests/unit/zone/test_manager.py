"""The zone manager on an engine in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from folkmoot.ports import LogUnavailable
from folkmoot.settings import Settings
from folkmoot.testing.fake_engine import FakeEngine, FakeZone
from folkmoot.zone.load import Identity, Load
from folkmoot.zone.manager import ZoneEvent, ZoneManager

QUICK = Settings(heartbeat_interval_ms=10, suspect_after_ms=200)


async def wait_until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


class Process:
    def __init__(self, zone: FakeZone, id: str, role: str, incarnation: str = "a") -> None:
        self.engine: FakeEngine = zone.engine()
        self.load = Load(state="ready")
        identity = Identity(id, role, "node", incarnation, 7)
        self.zone = ZoneManager(self.engine, identity, self.load, QUICK)


@pytest.fixture
async def pair() -> AsyncIterator[tuple[Process, Process]]:
    zone = FakeZone(QUICK)
    web = Process(zone, "web-1", "web")
    server = Process(zone, "collaboration-1", "collaboration")
    for process in (web, server):
        await process.zone.start()
    await wait_until(lambda: len(web.zone.processes()) == 2 and len(server.zone.processes()) == 2)
    yield web, server
    for process in (web, server):
        await process.zone.close()
        await process.engine.close()


Pair = tuple[Process, Process]


async def test_processes_know_each_other_and_their_load(pair: Pair) -> None:
    web, server = pair
    assert web.zone.ranked_servers() == ["/s/collaboration-1"]
    server.load.connections = 12
    await wait_until(lambda: web.zone.processes("collaboration")[0].beat.connections == 12)
    assert web.zone.alive("collaboration-1.a")
    assert not web.zone.deaf


async def test_one_that_says_goodbye_is_not_ranked_any_more(pair: Pair) -> None:
    web, server = pair
    changes: list[int] = []
    web.zone.on_change(lambda: changes.append(1))
    await server.zone.close()
    await wait_until(lambda: web.zone.ranked_servers() == [])
    assert changes


async def test_a_death_that_is_told_counts_at_once_everywhere(pair: Pair) -> None:
    web, server = pair
    await server.zone.close()
    seen: list[ZoneEvent] = []
    server.zone.on_event(seen.append)
    event = ZoneEvent("died", "collaboration-1", "a", "node", 7, "killed by SIGKILL")
    await web.zone.tell(event)
    assert not web.zone.alive("collaboration-1.a")
    assert web.zone.ranked_servers() == []


async def test_heads_reach_the_others_and_not_ourselves(pair: Pair) -> None:
    web, server = pair
    heard: list[object] = []
    own: list[object] = []
    web.zone.on_heads(heard.extend)
    server.zone.on_heads(own.extend)
    server.zone.add_heads([("room", "e", 5, "d5")])
    await wait_until(lambda: heard == [("room", "e", 5, "d5")])
    assert own == []


async def test_a_request_reaches_the_process_that_is_named(pair: Pair) -> None:
    web, server = pair

    async def answer(asked: bytes) -> bytes:
        return asked.upper()

    await server.zone.respond(answer)
    assert await web.zone.request("collaboration-1", b"hello", 2.0) == b"HELLO"
    with pytest.raises(LogUnavailable):
        await web.zone.request("nobody", b"hello", 0.05)


async def test_a_listener_that_fails_harms_nobody(pair: Pair) -> None:
    web, server = pair
    heard: list[object] = []

    def fails(_: object) -> None:
        raise ValueError("a bug")

    web.zone.on_heads(fails)
    web.zone.on_heads(heard.extend)
    server.zone.add_heads([("room", "e", 5, "d5")])
    await wait_until(lambda: bool(heard))
    assert web.zone.alive("collaboration-1.a")


async def test_what_is_not_a_message_of_ours_is_dropped(pair: Pair) -> None:
    web, server = pair
    for subject in ("zone.heartbeat", "zone.event"):
        await server.engine.messaging.publish(subject, b"\xc1 nonsense")
    server.load.conferences = 4
    await wait_until(lambda: web.zone.processes("collaboration")[0].beat.conferences == 4)


async def test_it_starts_without_an_engine_and_joins_when_one_comes() -> None:
    zone = FakeZone(QUICK)
    process = Process(zone, "web-1", "web")
    process.engine.connection.drop()

    async def answer(asked: bytes) -> bytes:
        return b"here"

    await process.zone.start()
    await process.zone.respond(answer)
    assert process.zone.processes() == []
    assert process.zone.deaf
    process.engine.connection.restore()
    await wait_until(lambda: len(process.zone.processes()) == 1)
    assert await process.zone.request("web-1", b"?", 1.0) == b"here"
    await process.zone.close()
    await process.engine.close()
