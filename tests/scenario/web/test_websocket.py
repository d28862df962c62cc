"""The WebSocket adapter against real sockets: messages, limits, ends."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import socket
import struct
import time
from collections.abc import AsyncIterator
from typing import Any

import picows
import pytest
from picows import WSMsgType

from folkmoot.protocol.limits import FRAME_BYTES_MAX
from folkmoot.servers import websocket as websocket_module
from folkmoot.servers.websocket import Connection, WebSocketServer

LIMIT_S = 20.0


class Recorder:
    """A listener that keeps what it is told."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.messages: list[bytes] = []
        self.oversizes = 0
        self.gone = 0
        self.answers_oversize = True
        self.echo = True

    def message(self, data: bytes) -> None:
        self.messages.append(data)
        if self.echo:
            self.connection.send(data)

    def oversize(self) -> None:
        self.oversizes += 1
        if self.answers_oversize:
            self.connection.close(4005, "too large")

    def disconnected(self) -> None:
        self.gone += 1


class Site:
    def __init__(self) -> None:
        self.listeners: list[Recorder] = []
        self.full = False
        self.server = WebSocketServer(
            self.connect,
            self.check,
            log=logging.getLogger("websocket"),
            half_open_timeout_ms=800,
            connections_max=300,
        )

    def connect(self, connection: Connection) -> Recorder | None:
        if self.full:
            return None
        self.listeners.append(Recorder(connection))
        return self.listeners[-1]

    def check(self, path: str, headers: Any) -> int | None:
        return None if path.startswith("/s/collaboration-1") else 404

    async def accepted(self, count: int = 1) -> Recorder:
        await until(lambda: len(self.listeners) >= count)
        return self.listeners[-1]


class Raw:
    """A client that writes the frames it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def open(cls, port: int, *, path: str = "/s/collaboration-1", extra: str = "") -> Raw:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        raw = cls(reader, writer)
        await raw.shake(path, extra, f"127.0.0.1:{port}")
        return raw

    async def shake(self, path: str, extra: str, host: str) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        self.writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"{extra}\r\n".encode()
        )

    async def status(self) -> int:
        async with asyncio.timeout(LIMIT_S):
            head = await self.reader.readuntil(b"\r\n\r\n")
        return int(head.split(b" ")[1])

    def frame(self, kind: int, data: bytes, *, fin: bool = True, rsv: int = 0) -> None:
        size = len(data)
        head = bytes([(0x80 if fin else 0) | rsv | kind])
        if size < 126:
            head += bytes([0x80 | size])
        elif size < 1 << 16:
            head += bytes([0x80 | 126]) + struct.pack("!H", size)
        else:
            head += bytes([0x80 | 127]) + struct.pack("!Q", size)
        self.writer.write(head + bytes(4) + data)

    async def read_frame(self) -> tuple[int, bytes]:
        async with asyncio.timeout(LIMIT_S):
            first, second = await self.reader.readexactly(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return first & 0x0F, await self.reader.readexactly(size)

    async def close_code(self) -> int:
        """Reads on to the close frame."""
        while True:
            kind, data = await self.read_frame()
            if kind == 8:
                return int(struct.unpack("!H", data[:2])[0])

    async def ended(self) -> None:
        async with asyncio.timeout(LIMIT_S):
            try:
                while await self.reader.read(65_536):
                    pass
            except ConnectionResetError:
                pass


TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


async def until(condition: Any) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not condition():
            await asyncio.sleep(0.005)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    await site.server.start()
    yield site
    await site.server.stop()
    assert site.server.connections == 0
    assert all(listener.gone == 1 for listener in site.listeners)


@pytest.fixture
async def raw(site: Site) -> AsyncIterator[Raw]:
    raw = await Raw.open(site.server.port)
    assert await raw.status() == 101
    yield raw
    raw.writer.close()
    await asyncio.sleep(0)


async def test_a_message_comes_and_goes(site: Site, raw: Raw) -> None:
    raw.frame(BINARY, b"hello")
    assert await raw.read_frame() == (BINARY, b"hello")
    listener = await site.accepted()
    assert listener.connection.path == "/s/collaboration-1"
    assert listener.connection.remote == "127.0.0.1"
    assert listener.connection.origin is None
    assert listener.connection.queued_bytes == 0


async def test_the_largest_message_is_taken(site: Site, raw: Raw) -> None:
    raw.frame(BINARY, b"x" * FRAME_BYTES_MAX)
    assert (await raw.read_frame())[1] == b"x" * FRAME_BYTES_MAX


async def test_a_message_in_parts_is_put_together_with_pings_between(site: Site, raw: Raw) -> None:
    raw.frame(BINARY, b"one ", fin=False)
    raw.frame(PING, b"between")
    raw.frame(0, b"two ", fin=False)
    raw.frame(0, b"three")
    assert await raw.read_frame() == (PONG, b"between")
    assert await raw.read_frame() == (BINARY, b"one two three")


@pytest.mark.parametrize("parts", [[(BINARY, False), (BINARY, True)], [(0, True)]])
async def test_parts_out_of_order_end_the_connection(
    site: Site, raw: Raw, parts: list[tuple[int, bool]]
) -> None:
    for kind, fin in parts:
        raw.frame(kind, b"x", fin=fin)
    assert await raw.close_code() == 1002
    assert (await site.accepted()).messages == []


async def test_text_is_refused(site: Site, raw: Raw) -> None:
    raw.frame(TEXT, b"hello")
    assert await raw.close_code() == 1003


async def test_reserved_bits_are_refused(site: Site, raw: Raw) -> None:
    raw.frame(BINARY, b"x", rsv=0x40)
    assert await raw.close_code() == 1002


async def test_unmasked_frames_are_refused(site: Site, raw: Raw) -> None:
    raw.writer.write(b"\x82\x05hello")
    assert await raw.close_code() == 1002


async def test_a_message_over_the_limit_is_told_and_the_client_reads_why(
    site: Site, raw: Raw
) -> None:
    raw.frame(BINARY, b"x" * (FRAME_BYTES_MAX + 1))
    raw.frame(BINARY, b"behind it")
    assert await raw.close_code() == 4005
    listener = await site.accepted()
    assert (listener.oversizes, listener.messages) == (1, [])


async def test_parts_that_grow_over_the_limit_are_told(site: Site, raw: Raw) -> None:
    for _ in range(5):
        raw.frame(BINARY if _ == 0 else 0, b"x" * (FRAME_BYTES_MAX // 4), fin=False)
    assert await raw.close_code() == 4005
    assert (await site.accepted()).oversizes == 1


async def test_a_listener_that_does_not_close_an_oversize_is_closed_for(
    site: Site, raw: Raw
) -> None:
    (await site.accepted()).answers_oversize = False
    raw.frame(BINARY, b"x" * (FRAME_BYTES_MAX + 1))
    assert await raw.close_code() == 1009


async def test_far_over_the_limit_is_never_read(site: Site, raw: Raw) -> None:
    raw.writer.write(b"\x82\xff" + struct.pack("!Q", 1 << 40) + bytes(4))
    assert await raw.close_code() == 1009
    listener = await site.accepted()
    await until(lambda: listener.gone)
    assert listener.oversizes == 1


async def test_a_clients_close_is_answered(site: Site, raw: Raw) -> None:
    raw.frame(CLOSE, struct.pack("!H", 1000))
    assert await raw.close_code() == 1000
    await raw.ended()
    listener = await site.accepted()
    await until(lambda: listener.gone)


async def test_after_a_close_no_message_is_delivered(site: Site, raw: Raw) -> None:
    listener = await site.accepted()
    listener.connection.close(4000, "restarting")
    listener.connection.send(b"never sent")
    listener.connection.close(4001, "twice")
    raw.frame(BINARY, b"too late")
    assert await raw.close_code() == 4000
    raw.frame(CLOSE, struct.pack("!H", 4000))
    await raw.ended()
    await until(lambda: listener.gone)
    assert listener.messages == []


async def test_a_client_that_does_not_answer_the_close_is_cut_off(site: Site, raw: Raw) -> None:
    listener = await site.accepted()
    began = time.monotonic()
    listener.connection.close(4000, "ä" * 200)
    await until(lambda: listener.gone)
    assert time.monotonic() - began < 5


async def test_a_connection_that_dies_silently_is_found(site: Site, raw: Raw) -> None:
    listener = await site.accepted()
    assert await raw.read_frame() == (PING, b"")
    assert await raw.close_code() == 4015
    await until(lambda: listener.gone)


async def test_an_answered_ping_keeps_a_silent_connection(site: Site, raw: Raw) -> None:
    listener = await site.accepted()
    for _ in range(5):
        assert (await raw.read_frame())[0] == PING
        raw.frame(PONG, b"")
    raw.frame(BINARY, b"still here")
    kinds = [(await raw.read_frame())[0] for _ in range(2)]
    assert BINARY in kinds
    assert listener.gone == 0


async def test_a_client_we_do_not_read_from_is_not_taken_for_dead(site: Site, raw: Raw) -> None:
    listener = await site.accepted()
    listener.connection.pause_reading()
    raw.frame(BINARY, b"waits")
    await asyncio.sleep(1.6)
    assert listener.messages == []
    assert listener.gone == 0
    listener.connection.resume_reading()
    await until(lambda: listener.messages == [b"waits"])


async def test_a_client_that_stops_reading_shows_in_queued_bytes_and_can_be_cut(
    site: Site, raw: Raw
) -> None:
    listener = await site.accepted()
    raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
    for _ in range(500):
        listener.connection.send(b"x" * 65_536)
    assert listener.connection.queued_bytes > 1 << 20
    listener.connection.close(4009, "too slow")
    await until(lambda: listener.gone)
    assert listener.connection.queued_bytes == 0


async def test_pings_of_a_client_that_does_not_read_fill_no_memory(site: Site, raw: Raw) -> None:
    listener = await site.accepted()
    raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
    listener.connection.send(b"x" * (16 << 20))
    queued = listener.connection.queued_bytes
    assert queued > 1 << 20
    for _ in range(5_000):
        raw.frame(PING, b"p" * 125)
    raw.frame(BINARY, b"end")
    listener.echo = False
    await until(lambda: listener.messages)
    assert listener.connection.queued_bytes <= queued
    listener.connection.abort()
    await until(lambda: listener.gone)


async def test_abort_ends_at_once(site: Site, raw: Raw) -> None:
    listener = await site.accepted()
    listener.connection.abort()
    listener.connection.send(b"nothing")
    listener.connection.pause_reading()
    listener.connection.resume_reading()
    await raw.ended()
    await until(lambda: listener.gone)


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_foreign_page_is_refused(site: Site, origin: str) -> None:
    raw = await Raw.open(site.server.port, extra=f"Origin: {origin}\r\n")
    assert await raw.status() == 403
    assert site.listeners == []
    raw.writer.close()


async def test_our_own_page_is_let_in(site: Site) -> None:
    raw = await Raw.open(
        site.server.port, extra=f"Origin: http://127.0.0.1:{site.server.port}\r\n"
    )
    assert await raw.status() == 101
    listener = await site.accepted()
    assert listener.connection.origin == f"http://127.0.0.1:{site.server.port}"
    raw.writer.close()
    await until(lambda: listener.gone)


async def test_an_address_the_server_does_not_know_is_refused(site: Site) -> None:
    raw = await Raw.open(site.server.port, path="/s/another")
    assert await raw.status() == 404
    raw.writer.close()


async def test_a_server_that_wants_no_more_closes_as_busy(site: Site) -> None:
    site.full = True
    raw = await Raw.open(site.server.port)
    assert await raw.status() == 101
    assert await raw.close_code() == 4014
    raw.writer.close()
    await until(lambda: site.server.connections == 0)


async def test_what_is_no_handshake_gets_an_http_error(site: Site) -> None:
    plain = b"GET /s/collaboration-1 HTTP/1.1\r\nHost: a\r\n\r\n"
    for request in (plain, b"POST / HTTP/1.1\r\n\r\n"):
        reader, writer = await asyncio.open_connection("127.0.0.1", site.server.port)
        writer.write(request)
        async with asyncio.timeout(LIMIT_S):
            assert (await reader.read()).startswith(b"HTTP/1.1 4")
        writer.close()


async def test_a_passed_socket_is_served_like_an_accepted_one(site: Site) -> None:
    assert site.server.takes_passed
    with socket.create_server(("127.0.0.1", 0)) as listening:
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        raw = Raw(reader, writer)
        await raw.shake("/s/collaboration-1", "", "a")
        accepted, _address = listening.accept()
    accepted.setblocking(False)
    site.server.take(accepted)
    assert await raw.status() == 101
    raw.frame(BINARY, b"hello")
    assert await raw.read_frame() == (BINARY, b"hello")
    raw.writer.close()
    listener = await site.accepted()
    await until(lambda: listener.gone)


async def test_a_passed_socket_whose_client_is_gone_harms_nothing(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        client = socket.create_connection(listening.getsockname())
        accepted, _address = listening.accept()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()
    accepted.setblocking(False)
    site.server.take(accepted)
    await until(lambda: accepted.fileno() == -1 or not site.server._tasks)
    assert site.server.connections == 0


async def test_of_too_many_unfinished_handshakes_the_oldest_goes(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket_module, "HANDSHAKES_MAX", 4)
    raws = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        for number in range(8):
            raw = Raw(*await asyncio.open_connection(*listening.getsockname()))
            raws.append(raw)
            accepted, _address = listening.accept()
            accepted.setblocking(False)
            site.server.take(accepted)
            if number == 7:
                await raw.shake("/s/collaboration-1", "", "a")
                assert await raw.status() == 101
            else:
                raw.writer.write(b"GET /s/collaboration-1 HTTP/1.1\r\n")
                await until(lambda: not site.server._tasks)
    for raw in raws[:4]:
        await raw.ended()
    await until(lambda: len(site.server._handshakes) <= 4)
    for raw in raws:
        raw.writer.close()


async def test_a_server_that_stops_accepting_keeps_its_connections(site: Site, raw: Raw) -> None:
    site.server.stop_accepting()
    raw.frame(BINARY, b"still here")
    assert await raw.read_frame() == (BINARY, b"still here")
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", site.server.port)


async def test_more_connections_than_the_bound_are_refused(site: Site) -> None:
    site.server._connections_max = 2
    raws = []
    for expected in (101, 101, 503):
        raw = await Raw.open(site.server.port)
        raws.append(raw)
        assert await raw.status() == expected
    for raw in raws:
        raw.writer.close()
    await until(lambda: site.server.connections == 0)


async def test_a_picows_that_does_not_fit_leaves_the_own_port(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def changed(*_arguments: object) -> None:
        raise RuntimeError("another picows")

    monkeypatch.setattr(websocket_module, "take_protocol_factory", changed)
    site = Site()
    await site.server.start()
    assert not site.server.takes_passed
    assert "own ports only" in caplog.text
    raw = await Raw.open(site.server.port)
    assert await raw.status() == 101
    raw.writer.close()
    await site.server.stop()


async def test_stopping_ends_every_connection_in_time(site: Site) -> None:
    raws = [await Raw.open(site.server.port) for _ in range(20)]
    await site.accepted(20)
    began = time.monotonic()
    await site.server.stop()
    assert time.monotonic() - began < 2.5
    for raw in raws:
        await raw.ended()
        raw.writer.close()


async def test_the_standard_client_of_picows_is_understood(site: Site) -> None:
    class Client(picows.WSListener):
        def __init__(self) -> None:
            super().__init__()
            self.first: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
            self.first.set_result(frame.get_payload_as_bytes())

    transport, client = await picows.ws_connect(
        Client, f"ws://127.0.0.1:{site.server.port}/s/collaboration-1"
    )
    transport.send(WSMsgType.BINARY, b"hello")
    async with asyncio.timeout(LIMIT_S):
        assert await client.first == b"hello"  # type: ignore[attr-defined]
    transport.disconnect()
    await transport.wait_disconnected()
