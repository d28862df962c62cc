"""Front doors as real processes: what they pass, what they refuse, and their own failures."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import time
from typing import Any

import picows
import pytest

from folkmoot.servers.sockets import pass_path
from folkmoot.servers.websocket import Connection, WebSocketServer

SERVER_REQUEST = b"GET /s/collaboration-1 HTTP/1.1\r\nHost: a\r\n\r\n"
WEB_REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
CONNECTIONS = 200


Doors = Any
"""See conftest.py."""


@pytest.fixture
def log() -> logging.Logger:
    return logging.getLogger("test")


async def test_each_connection_goes_to_its_process_with_all_its_bytes(doors: Doors) -> None:
    doors.open()
    doors.answer("collaboration-1")
    doors.answer("web-1")
    assert (await doors.ask(SERVER_REQUEST)).endswith(b"\ncollaboration-1\n" + SERVER_REQUEST)
    assert (await doors.ask(WEB_REQUEST)).endswith(b"\nweb-1\n" + WEB_REQUEST)


async def test_a_server_that_is_not_there_is_told_at_once(doors: Doors) -> None:
    doors.open()
    doors.answer("collaboration-2")
    began = time.monotonic()
    answer = await doors.ask(SERVER_REQUEST)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"Connect to another one" in answer
    assert (await doors.ask(SERVER_REQUEST.replace(b"-1", b"-2"))).startswith(b"HTTP/1.1 200 ")
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    "request_line", [b"\x16\x03\x01\x02\x00" + bytes(200), b"nonsense\r\n\r\n", b"SSH-2.0-x\r\n"]
)
async def test_what_is_not_http_gets_a_sentence(doors: Doors, request_line: bytes) -> None:
    doors.open()
    assert (await doors.ask(request_line)).startswith(b"HTTP/1.1 400 ")


async def test_a_request_line_over_the_limit_gets_a_sentence(doors: Doors) -> None:
    doors.open()
    answer = await doors.ask(b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 414 ")
    assert b"at most 8000 characters" in answer


async def test_a_request_in_single_bytes_arrives_whole(doors: Doors) -> None:
    doors.open()
    doors.answer("collaboration-1")
    reader, writer = await asyncio.open_connection(*doors.address)
    for byte in SERVER_REQUEST:
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.001)
    async with asyncio.timeout(20):
        answer = await reader.read()
    assert answer.endswith(SERVER_REQUEST)
    writer.close()


async def test_a_passed_socket_has_no_low_water_mark_left(doors: Doors) -> None:
    doors.open()
    doors.receive("collaboration-1")
    _reader, writer = await asyncio.open_connection(*doors.address)
    writer.write(SERVER_REQUEST[:10])
    await asyncio.sleep(0.2)
    writer.write(SERVER_REQUEST[10:])
    async with asyncio.timeout(20):
        while not doors.passed:
            await asyncio.sleep(0.01)
    assert doors.passed[0].getsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT) == 1
    writer.close()


async def test_a_connection_waits_for_a_web_server_to_come_back(doors: Doors) -> None:
    doors.open()
    asking = asyncio.create_task(doors.ask(WEB_REQUEST))
    await asyncio.sleep(0.5)
    assert not asking.done()
    doors.answer("web-1")
    assert (await asking).endswith(b"web-1\n" + WEB_REQUEST)


async def test_without_any_web_server_one_is_told_after_five_seconds(doors: Doors) -> None:
    doors.open()
    began = time.monotonic()
    answer = await doors.ask(WEB_REQUEST)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 1" in answer
    assert time.monotonic() - began >= 5


async def test_the_web_servers_take_turns_and_a_dead_one_is_skipped(doors: Doors) -> None:
    doors.open()
    doors.answer("web-1")
    doors.answer("web-2")
    dead = pass_path(doors.data, "web-3")
    directory = os.open(dead.parent, os.O_PATH)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as gone:
        gone.bind(f"/proc/self/fd/{directory}/{dead.name}")
    os.close(directory)
    answers = [await doors.ask(WEB_REQUEST) for _ in range(12)]
    assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in answers)
    assert {answer.split(b"\r\n\r\n")[1].split(b"\n")[0] for answer in answers} == {
        b"web-1",
        b"web-2",
    }


async def test_a_frozen_server_is_told_and_harms_no_other(doors: Doors) -> None:
    """A receiver that never reads: its queue is short, the rest is refused after a second."""
    doors.open()
    doors.answer("collaboration-2")
    path = pass_path(doors.data, "collaboration-1")
    directory = os.open(path.parent, os.O_PATH)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as frozen:
        frozen.bind(f"/proc/self/fd/{directory}/{path.name}")
        os.close(directory)
        clients = [await asyncio.open_connection(*doors.address) for _ in range(300)]
        for _reader, writer in clients:
            writer.write(SERVER_REQUEST)
        other = await doors.ask(SERVER_REQUEST.replace(b"-1", b"-2"))
        assert other.startswith(b"HTTP/1.1 200 ")
        async with asyncio.timeout(20):
            first_answer = await clients[-1][0].read()
        assert b"does not answer just now" in first_answer
        for _reader, writer in clients:
            writer.close()


async def test_with_one_of_two_doors_frozen_everybody_gets_in(doors: Doors) -> None:
    doors.answer("collaboration-1")
    frozen = doors.open()
    doors.open()
    await asyncio.gather(*(doors.ask(SERVER_REQUEST) for _ in range(20)))
    frozen.send_signal(signal.SIGSTOP)
    answers = await asyncio.gather(*(doors.ask(SERVER_REQUEST) for _ in range(50)))
    assert all(answer.startswith(b"HTTP/1.1 200 ") for answer in answers)


async def test_a_door_that_is_told_to_stop_serves_who_came_before(doors: Doors) -> None:
    door = doors.open()
    doors.answer("collaboration-1")
    reader, writer = await asyncio.open_connection(*doors.address)
    await doors.ask(SERVER_REQUEST)
    door.terminate()
    writer.write(SERVER_REQUEST)
    async with asyncio.timeout(20):
        assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    assert await asyncio.to_thread(door.wait, 10) == 0
    writer.close()


async def test_out_of_descriptors_a_door_goes_on(doors: Doors) -> None:
    """More silent connections than the door may open: the oldest make room."""
    door = doors.open("48")
    doors.answer("collaboration-1")
    await doors.ask(SERVER_REQUEST)
    silent = [await asyncio.open_connection(*doors.address) for _ in range(120)]
    assert (await doors.ask(SERVER_REQUEST)).startswith(b"HTTP/1.1 200 ")
    assert door.poll() is None
    for _reader, writer in silent:
        writer.close()


class Echo:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def message(self, data: bytes) -> None:
        self.connection.send(data)

    def oversize(self) -> None:
        self.connection.close(4005)

    def disconnected(self) -> None:
        """Nothing is kept."""


class Client(picows.WSListener):
    def __init__(self) -> None:
        super().__init__()
        self.answers: asyncio.Queue[bytes] = asyncio.Queue()

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        self.answers.put_nowait(frame.get_payload_as_bytes())


async def test_killing_the_door_cuts_no_connection_it_passed(
    doors: Doors, log: logging.Logger
) -> None:
    server = WebSocketServer(Echo, log=log)
    await server.start()
    assert server.takes_passed
    server.serve_passed(pass_path(doors.data, "collaboration-1"))
    door = doors.open()
    url = f"ws://127.0.0.1:{doors.address[1]}/s/collaboration-1"
    async with asyncio.timeout(30):
        pairs = await asyncio.gather(*(picows.ws_connect(Client, url) for _ in range(CONNECTIONS)))
        assert server.connections == CONNECTIONS
        door.kill()
        await asyncio.to_thread(door.wait)
        for number, (transport, _client) in enumerate(pairs):
            transport.send(picows.WSMsgType.BINARY, b"%d" % number)
        for number, (_transport, client) in enumerate(pairs):
            assert await client.answers.get() == b"%d" % number
        assert server.connections == CONNECTIONS
        for transport, _client in pairs:
            transport.disconnect()
        await asyncio.gather(*(transport.wait_disconnected() for transport, _ in pairs))
    await server.stop()
