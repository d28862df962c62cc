"""A front door's bounds, with short limits, in the test's own process."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from folkmoot.servers.front import door as door_module
from folkmoot.servers.front.door import FrontDoor
from folkmoot.servers.sockets import PassedSockets, pass_path

REQUEST = b"GET /s/collaboration-1 HTTP/1.1\r\n\r\n"
WAITING_MAX = 8


class Place:
    def __init__(self, tmp_path: Path) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.door = FrontDoor(self.listener, tmp_path, logging.getLogger("front"))
        self.passed: list[socket.socket] = []
        self.receiver = PassedSockets(pass_path(tmp_path, "collaboration-1"), self.passed.append)
        self.writers: list[asyncio.StreamWriter] = []

    async def connect(self, sent: bytes = b"") -> asyncio.StreamReader:
        reader, writer = await asyncio.open_connection(*self.listener.getsockname())
        self.writers.append(writer)
        writer.write(sent)
        return reader


@pytest.fixture
async def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setattr(door_module, "PEEK_LIMIT_S", 0.3)
    monkeypatch.setattr(door_module, "WAITING_MAX", WAITING_MAX)
    monkeypatch.setattr(door_module, "FAREWELL_S", 0.2)
    place = Place(tmp_path)
    yield place
    place.door.close()
    place.receiver.close()
    for accepted in place.passed:
        accepted.close()
    for writer in place.writers:
        writer.close()
    place.listener.close()
    await asyncio.sleep(0)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_half_a_request_line_is_refused_after_its_time(place: Place) -> None:
    reader = await place.connect(REQUEST[:-10])
    async with asyncio.timeout(10):
        assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
    await until(lambda: place.door.waiting == 0)


async def test_a_connection_that_says_nothing_is_closed_after_its_time(place: Place) -> None:
    reader = await place.connect()
    async with asyncio.timeout(10):
        assert await reader.read() == b""
    await until(lambda: place.door.waiting == 0)


async def test_of_too_many_waiting_ones_the_oldest_goes(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "PEEK_LIMIT_S", 60.0)
    silent = [await place.connect(b"GET") for _ in range(WAITING_MAX)]
    await until(lambda: place.door.waiting == WAITING_MAX)
    await place.connect(REQUEST)
    await until(lambda: len(place.passed) == 1)
    assert place.door.waiting == WAITING_MAX - 1
    assert place.door.dropped == 1
    async with asyncio.timeout(10):
        try:
            assert await silent[0].read() == b""
        except ConnectionResetError:
            pass


async def test_a_client_that_ends_in_the_middle_of_its_line_costs_no_spinning(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(door_module, "UNCHANGED_POLL_S", 0.05)
    await place.connect(REQUEST[:10])
    place.writers[-1].write_eof()
    looks = 0
    look = place.door._look

    def counted(waiting: object) -> None:
        nonlocal looks
        looks += 1
        look(waiting)  # type: ignore[arg-type]

    monkeypatch.setattr(place.door, "_look", counted)
    await until(lambda: place.door.refused == 1)
    assert looks < 12


async def test_a_refused_client_that_never_closes_is_let_go(place: Place) -> None:
    reader = await place.connect(b"nonsense\r\n")
    async with asyncio.timeout(10):
        assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
    place.writers[-1].write(b"more")
    await until(lambda: place.door.waiting == 0)


async def test_closing_drops_what_waits_and_leaves_the_listening_socket(place: Place) -> None:
    await place.connect(b"GET")
    await until(lambda: place.door.waiting == 1)
    place.door.close()
    assert place.door.waiting == 0
    await place.connect()
    assert place.listener.fileno() >= 0
