"""A hostile crowd on loopback: what it does to a zone, and what it was told.

Plain sockets, so that it can do what no client of ours would: half a request, half a handshake,
frames over the limit, nothing at all. Only for a zone of one's own: it must be a loopback address.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import secrets
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from folkmoot.errors import invariant
from folkmoot.protocol import frames
from folkmoot.protocol.limits import FRAME_BYTES_MAX, OPERATIONS_IN_FLIGHT_MAX, PROTOCOL_VERSION

ONE: Final = "127.0.0.9"
"""Where everything of one hostile address comes from; Linux takes any address of 127/8."""

ANSWER_BYTES_MAX: Final = 1 << 20
ANSWER_S_MAX: Final = 30.0
NAGS: Final = 10
BYTE_EVERY_S: Final = 0.2
KEY: Final = "dGhlIHNhbXBsZSBub25jZQ=="
CUT: Final = (OSError, TimeoutError, asyncio.IncompleteReadError)
EMPTY: Final = msgspec.Raw(msgspec.msgpack.encode({"text": " "}))

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def many(count: int) -> list[str]:
    """Different addresses of this machine."""
    return [f"127.0.1.{number + 1}" for number in range(min(count, 250))]


class Crowd:
    """Caller: any of the attacks, at the same time; then `leave`.

    Shape: `told` counts answers: `join 429 rate_limited`, or the codes of the protocol.
    """

    def __init__(self, url: str, room: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        invariant(
            ipaddress.ip_address(self._host).is_loopback,
            "a hostile crowd is let loose on this machine only",
            host=self._host,
        )
        self._room = room
        self.told: Counter[str] = Counter()
        self.held: list[asyncio.StreamWriter] = []

    async def leave(self) -> None:
        """Drops all connections without a word."""
        for writer in self.held:
            writer.transport.abort()
        self.held.clear()
        await asyncio.sleep(0)

    async def _connect(self, address: str = ONE) -> Streams:
        return await asyncio.open_connection(
            self._host, self._port, local_addr=(address, 0), limit=ANSWER_BYTES_MAX
        )

    # By HTTP

    async def join(self, address: str = ONE) -> dict[str, Any]:
        """One join from an address; the answer's body."""
        reader, writer = await self._connect(address)
        body = json.dumps({"name": "Mallory"})
        try:
            writer.write(
                f"POST /api/v1/rooms/{self._room}/join HTTP/1.1\r\nHost: {self._host}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                f"Connection: close\r\n\r\n{body}".encode()
            )
            async with asyncio.timeout(ANSWER_S_MAX):
                answer = await reader.read()
        except (OSError, TimeoutError) as error:
            self.told[f"join {type(error).__name__}"] += 1
            return {}
        finally:
            writer.transport.abort()
        head, _, rest = answer.partition(b"\r\n\r\n")
        told: dict[str, Any] = json.loads(rest) if rest[:1] == b"{" else {}
        status = head.split(b" ", 2)[1].decode() if head else "cut"
        self.told[f"join {status} {told.get('code', '')}".rstrip()] += 1
        return told

    async def joins(self, per_s: float, addresses: list[str], until: Callable[[], bool]) -> None:
        """Joins at that rate, from the addresses in turn, until somebody says stop."""
        loop = asyncio.get_running_loop()
        began_s, tasks = loop.time(), set[asyncio.Task[Any]]()
        count = 0
        while not until():
            task = asyncio.create_task(self.join(addresses[count % len(addresses)]))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
            count += 1
            if len(tasks) >= per_s:  # a second's worth at most, however slow the answers are
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(max(0.0, began_s + count / per_s - loop.time()))
        await asyncio.gather(*tasks)

    async def slow_headers(self, count: int, until: Callable[[], bool]) -> None:
        """Requests whose headers come byte by byte and never end."""
        mine = []
        for _ in range(count):
            _, writer = await self._connect()
            writer.write(b"GET /api/v1/servers HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            mine.append(writer)
        self.held += mine
        while not until():
            for writer in mine:
                # Who was refused meanwhile has nobody to write to.
                if not writer.is_closing():
                    writer.write(b"a")
            await asyncio.sleep(BYTE_EVERY_S)

    # By WebSocket

    async def _upgrade(self, path: str) -> Streams:
        reader, writer = await self._connect()
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n\r\n"
            "".encode()
        )
        self.held.append(writer)
        async with asyncio.timeout(ANSWER_S_MAX):
            await reader.readuntil(b"\r\n\r\n")
        return reader, writer

    async def half_open(self, count: int, path: str) -> None:
        """Connections that are upgraded and then say nothing; every second not even that."""
        for number in range(count):
            with suppress(*CUT):
                if number % 2:
                    await self._upgrade(path)
                else:
                    _, writer = await self._connect()
                    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n".encode())
                    self.held.append(writer)

    async def _attach(self, address: str) -> Streams:
        """A session of its own, by a ticket as anybody gets it, not welcomed yet."""
        told = await self.join(address)
        reader, writer = await self._upgrade(told["servers"][0]["path"])
        join = frames.Join(PROTOCOL_VERSION, told["ticket"], secrets.token_hex(8))
        writer.write(message(frames.encode(join)))
        return reader, writer

    async def _say(self, address: str, posts: list[bytes]) -> None:
        """Comes in, sends all that at once, and waits for the end. Whatever comes is noted."""
        try:
            reader, writer = await self._attach(address)
            if await self._heard(reader, frames.Welcome):
                writer.write(b"".join(map(message, posts)))
                await self._heard(reader, frames.Bye)
        except (*CUT, KeyError) as error:
            self.told[f"session {type(error).__name__}"] += 1

    async def slow_reader(self, address: str) -> None:
        """Is in the room, and reads nothing."""
        with suppress(*CUT, KeyError):
            _, writer = await self._attach(address)
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            self.told["stopped reading"] += 1

    async def oversized(self, address: str) -> None:
        """A frame over the limit."""
        await self._say(address, [b"\xc6" + b"x" * FRAME_BYTES_MAX])

    async def skips(self, address: str) -> None:
        """Operations far ahead of what was sent before, as many as may be under way."""
        await self._say(address, [_post(1_000 + n) for n in range(OPERATIONS_IN_FLIGHT_MAX)])

    async def nags(self, address: str) -> None:
        """Posts that are all rejected, no quicker than is allowed, until it is shown out."""
        try:
            reader, writer = await self._attach(address)
            go_on, counter = await self._heard(reader, frames.Welcome), 0
            while go_on:
                for _ in range(NAGS):
                    counter += 1
                    writer.write(message(_post(counter)))
                go_on = await self._heard(reader, frames.Outcomes)
        except (*CUT, KeyError) as error:
            self.told[f"session {type(error).__name__}"] += 1

    async def flood(self, address: str, count: int) -> None:
        """So many posts at once."""
        await self._say(address, [_post(counter) for counter in range(1, count + 1)])

    async def _heard(self, reader: asyncio.StreamReader, kind: type) -> bool:
        """Reads until such a frame comes; False when a farewell came instead, which is noted."""
        async with asyncio.timeout(ANSWER_S_MAX):
            while True:
                payload = await _read_message(reader)
                told = frames.decode_server(payload) if payload else []
                # One message may hold what was waited for, and the farewell behind it.
                for bye in (frame for frame in told if isinstance(frame, frames.Bye)):
                    self.told[bye.code] += 1
                    return kind is frames.Bye
                if any(isinstance(frame, kind) for frame in told):
                    return True


def _post(counter: int) -> bytes:
    return frames.encode(frames.Operation(counter, "chat", "post", EMPTY))


def message(payload: bytes) -> bytes:
    """One binary WebSocket message as a client sends it, with the mask 0."""
    size = len(payload)
    if size < 126:
        length = bytes((0x80 | size,))
    elif size < 1 << 16:
        length = bytes((0x80 | 126,)) + size.to_bytes(2, "big")
    else:
        length = bytes((0x80 | 127,)) + size.to_bytes(8, "big")
    return b"\x82" + length + b"\0" * 4 + payload


async def _read_message(reader: asyncio.StreamReader) -> bytes:
    """The next unmasked frame of a server; empty for what is no message."""
    first, second = await reader.readexactly(2)
    size = second & 0x7F
    if size == 126:
        size = int.from_bytes(await reader.readexactly(2), "big")
    elif size == 127:
        size = int.from_bytes(await reader.readexactly(8), "big")
    payload = await reader.readexactly(size)
    return payload if first & 0x0F == 2 else b""
