"""One connection's first frames, against a server whose room opens when the test says so."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from folkmoot.apps import all_applications
from folkmoot.conference.replica import Replica
from folkmoot.protocol.frames import (
    Bye,
    Join,
    Resume,
    ServerFrame,
    Standby,
    decode_server,
    encode,
)
from folkmoot.protocol.limits import PROTOCOL_VERSION
from folkmoot.protocol.position import START
from folkmoot.servers.collaboration.clients import Client
from folkmoot.servers.collaboration.host import ConferenceHost
from folkmoot.servers.collaboration.standby import Standbys
from folkmoot.settings import Settings

TURNS = 5


class Wire:
    """A connection that keeps what was sent."""

    def __init__(self) -> None:
        self.frames: list[ServerFrame] = []
        self.closing = False

    def send(self, data: bytes) -> None:
        self.frames += decode_server(data)

    def close(self, code: int, reason: str = "") -> None:
        self.closing = True


class Opening:
    """A server with one room, which is open once `opened` is set."""

    def __init__(self) -> None:
        self.settings = Settings()
        self.opened = asyncio.Event()
        applications = all_applications()
        host = ConferenceHost(
            "one.1",
            Replica("c1", "e1", applications),
            applications,
            self.settings,
            lambda *names: " ".join(names),
        )
        self.members = host.members
        self._room: Any = SimpleNamespace(
            host=host,
            connections={},
            fenced=None,
            over=False,
            standbys=Standbys(),
            flush=lambda: None,
            flush_soon=lambda: None,
        )

    def end(self) -> None:
        self._room.over = True

    @property
    def waiting(self) -> int:
        return len(self._room.standbys.waiting)

    def verify(self, frame: Join | Resume | Standby) -> tuple[str, str, str, None]:
        return "c1", frame.token, "ada", None  # type: ignore[union-attr]

    async def room(self, conference: str) -> Any:
        await self.opened.wait()
        return self._room

    def forget(self, client: Client) -> None: ...


async def turns() -> None:
    for _ in range(TURNS):
        await asyncio.sleep(0)


def standby(session: str = "s1") -> bytes:
    return encode(Standby(PROTOCOL_VERSION, session))


def resume(session: str = "s1") -> bytes:
    return encode(Resume(PROTOCOL_VERSION, session, 2, START, 0))


@pytest.fixture
async def server() -> Opening:
    return Opening()


async def test_a_standby_that_is_needed_before_its_room_is_open_attaches_when_it_is(
    server: Opening,
) -> None:
    wire = Wire()
    client = Client(server, 1, wire)  # type: ignore[arg-type]
    client.message(standby())
    await turns()
    client.message(resume())
    await turns()
    server.opened.set()
    await turns()
    assert wire.frames == [] and not wire.closing
    assert [member.session for member in server.members.values()] == ["s1"]
    assert server.waiting == 0


async def test_a_standby_stands_by_once_its_room_is_open(server: Opening) -> None:
    client = Client(server, 1, Wire())  # type: ignore[arg-type]
    client.message(standby())
    server.opened.set()
    await turns()
    assert (server.waiting, server.members) == (1, {})
    client.message(resume())
    await turns()
    assert (server.waiting, len(server.members)) == (0, 1)


@pytest.mark.parametrize(
    "frames",
    [(standby(), resume("s2")), (resume(), resume()), (resume(), standby())],
    ids=["another session", "two resumes at once", "standing by after a resume"],
)
async def test_other_second_frames_are_refused(
    server: Opening, frames: tuple[bytes, bytes]
) -> None:
    wire = Wire()
    client = Client(server, 1, wire)  # type: ignore[arg-type]
    for frame in frames:
        client.message(frame)
        await turns()
    assert [frame.code for frame in wire.frames if isinstance(frame, Bye)] == ["frame_malformed"]
    server.opened.set()
    await turns()


@pytest.mark.parametrize("frame", [resume(), standby()])
async def test_who_comes_in_while_the_room_ends_is_sent_away_and_does_not_wait_for_ever(
    server: Opening, frame: bytes
) -> None:
    """Its host is driven no more: nothing would answer, and the connection would seem well."""
    wire = Wire()
    client = Client(server, 1, wire)  # type: ignore[arg-type]
    client.message(frame)
    await turns()
    server.end()
    server.opened.set()
    await turns()
    (bye,) = wire.frames
    assert isinstance(bye, Bye) and bye.code == "conference_unavailable" and bye.reconnect
    assert wire.closing and server.waiting == 0 and not server.members
