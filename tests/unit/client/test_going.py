"""Going over to another server while our own may still serve us."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from folkmoot.client.going import GoingOver
from folkmoot.client.session import ClientSession
from folkmoot.protocol.frames import (
    Attaching,
    Bye,
    Pong,
    Resume,
    ServerFrame,
    Welcome,
    decode_client,
    encode,
    join_frames,
)
from folkmoot.protocol.position import Position


class FakeLink:
    """One end of a connection that leads nowhere."""

    def __init__(self) -> None:
        self.open = True
        self.heard_at_s = 0.0
        self.lost = asyncio.Event()
        self.sent: list[bytes] = []
        self.on_message: Any = None

    def send(self, message: bytes) -> None:
        self.sent.append(message)

    def abort(self) -> None:
        self.open = False
        self.lost.set()


def welcome(generation: int) -> Welcome:
    return Welcome(
        session="s1", number=1, person="p", token="t", generation=generation, server="one",
        position=Position("e", 10), last=0, rejected=[], resumed=generation > 1, state={},
        rate_per_s=50,
    )  # fmt: skip


class Bench:
    """A session that is attached on `own` and goes over to `other`."""

    def __init__(self, *, doubted: bool) -> None:
        self.session = ClientSession("ticket", "nonce")
        self.session.opened()
        self.session.receive(join_frames([encode(welcome(1))]))
        self.session.take_outgoing()
        self.own, self.other = FakeLink(), FakeLink()
        self.did: list[str] = []
        going: Any = GoingOver(
            self.session,
            self.own,  # type: ignore[arg-type]
            doubted=doubted,
            moved=lambda path, link: self.did.append("moved"),
            given_up=self._given_up,
        )
        self.task = asyncio.ensure_future(going.attach("/s/two", self.other))

    def _given_up(self, path: str, link: object, told: list[bytes]) -> None:
        self.did.append("given up")
        self.session.given_up()
        for message in told:
            self.session.receive(message)

    async def begin(self) -> None:
        await asyncio.sleep(0)
        (asked,) = self.other.sent
        frame = decode_client(asked)
        assert isinstance(frame, Resume)
        assert frame.generation == 2

    def tell(self, *frames: ServerFrame) -> None:
        self.other.on_message(join_frames([encode(frame) for frame in frames]))

    def hear_own(self) -> None:
        self.own.heard_at_s = asyncio.get_running_loop().time() + 1


async def test_our_own_server_is_left_with_the_welcome() -> None:
    bench = Bench(doubted=False)
    await bench.begin()
    bench.tell(Attaching(2))
    assert bench.did == [], "who is sent on is served meanwhile"
    bench.tell(welcome(2))
    assert await bench.task
    assert bench.did == ["moved"]
    assert bench.session.generation == 2
    assert bench.other.open


async def test_a_silent_server_is_given_up_where_the_welcome_waits_for_the_log() -> None:
    bench = Bench(doubted=True)
    bench.session.submit("chat", "post", {"text": "hello"})
    bench.session.take_outgoing()
    await bench.begin()
    bench.tell(Pong())
    assert bench.did == []
    bench.tell(Attaching(2))
    assert await bench.task
    assert bench.did == ["given up"]
    assert not bench.session.attached
    # Under the attachment that was asked for, what waits is sent at once.
    assert len(bench.session.take_outgoing()) == 1
    bench.session.receive(join_frames([encode(welcome(2))]))
    assert bench.session.attached


async def test_a_server_that_was_only_slow_serves_on_until_the_welcome() -> None:
    bench = Bench(doubted=True)
    await bench.begin()
    bench.hear_own()
    bench.tell(Attaching(2))
    assert bench.did == []
    bench.tell(welcome(2))
    assert await bench.task
    assert bench.did == ["moved"]


async def test_a_silent_server_is_given_up_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("folkmoot.client.going.DOUBT_S", 0.01)
    bench = Bench(doubted=True)
    async with asyncio.timeout(10):
        assert await bench.task
    assert bench.did == ["given up"]


async def test_it_does_not_come_to_that() -> None:
    bench = Bench(doubted=True)
    await bench.begin()
    bench.tell(Bye("server_busy", "", reconnect=True))
    assert not await bench.task
    assert (bench.did, bench.other.open) == ([], False)

    bench = Bench(doubted=False)
    await bench.begin()
    bench.other.abort()
    assert not await bench.task
