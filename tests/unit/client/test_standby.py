"""A standby that is dead gives way, before it is needed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

import folkmoot.client.standby as standby_module
from folkmoot.client.standby import StandbyKeeper
from folkmoot.protocol import frames
from folkmoot.protocol.frames import Head, Ping, Pong, encode, join_frames
from folkmoot.protocol.position import Position

WITHIN_S = 10.0
PATHS = ["http://one/s/c", "http://two/s/c", "http://three/s/c"]


class FakeLink:
    """A connection to a server that answers pings while it lives."""

    def __init__(self, url: str, on_message: Callable[[bytes], None]) -> None:
        self.url = url
        self.on_message = on_message
        self.lost = asyncio.Event()
        self.open = True
        self.alive = True
        self.pings = 0
        self.heard_at_s = asyncio.get_running_loop().time()

    def send(self, message: bytes) -> None:
        if isinstance(frames.decode_client(message), Ping):
            self.pings += 1
            if self.alive:
                self.hear(join_frames([encode(Pong(0, 0))]))

    def hear(self, message: bytes) -> None:
        self.heard_at_s = asyncio.get_running_loop().time()
        self.on_message(message)

    def abort(self) -> None:
        self.open = False
        self.lost.set()


class Bench:
    """A keeper, what it opened, and how far our own server is."""

    def __init__(self) -> None:
        self.opened: list[FakeLink] = []
        self.heard = Position("e", 5)
        self.keeper = StandbyKeeper(
            lambda path: path,
            learn=lambda paths, teller: None,
            heard=lambda: self.heard,
            heard_at_s=lambda: 0.0,
            round_trip_s=lambda: 0.0,
            ask=lambda: None,
            behind=lambda: None,
        )

    async def open_link(
        self, url: str, on_message: Callable[[bytes], None], _encryption: object
    ) -> FakeLink:
        self.opened.append(FakeLink(url, on_message))
        return self.opened[-1]

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(WITHIN_S):
            while not reached():
                await asyncio.sleep(0.01)


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    made = Bench()
    monkeypatch.setattr(standby_module, "open_link", made.open_link)
    monkeypatch.setattr(standby_module, "WATCH_EVERY_S", 0.02)
    monkeypatch.setattr(standby_module, "DOUBTED_ANSWER_S", 0.1)
    monkeypatch.setattr(standby_module, "OPEN_AFTER_S", (0.0, 0.01))
    task = asyncio.create_task(made.keeper.run())
    made.keeper.attached("token", PATHS[0], list(PATHS))
    await made.until(lambda: bool(made.opened) and made.keeper.ready)
    yield made
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    made.keeper.close()


async def test_a_dead_standby_that_trails_our_own_server_gives_way(bench: Bench) -> None:
    first = bench.opened[0]
    assert first.url == PATHS[1]
    first.hear(join_frames([encode(Head(Position("e", 5)))]))
    first.alive = False
    bench.heard = Position("e", 6)
    await bench.until(lambda: len(bench.opened) > 1)
    assert not first.open


async def test_a_dead_standby_is_found_when_the_servers_are_ranked_anew(bench: Bench) -> None:
    first = bench.opened[0]
    first.hear(join_frames([encode(Head(Position("e", 5)))]))
    first.alive = False
    bench.keeper.attached("token", PATHS[0], [PATHS[0], PATHS[2], PATHS[1]])
    await bench.until(lambda: len(bench.opened) > 1)
    assert bench.opened[1].url == PATHS[2]


async def test_one_that_answers_stays_though_another_is_ranked_before_it(bench: Bench) -> None:
    first = bench.opened[0]
    first.hear(join_frames([encode(Head(Position("e", 5)))]))
    bench.keeper.attached("token", PATHS[0], [PATHS[0], PATHS[2], PATHS[1]])
    await bench.until(lambda: first.pings > 1)
    assert first.open
    assert bench.opened == [first]
