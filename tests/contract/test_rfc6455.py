"""Our WebSocket server against RFC 6455, frame by frame, by a client that sends any bytes.

The cases follow the sections of the RFC; the Autobahn suite, which asks for the same, does not
install on this Python. Our protocol speaks binary messages only: text is refused with 1003.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import logging
import os
import struct
from collections.abc import AsyncIterator
from typing import Final

import msgspec
import pytest
import pytest_asyncio

from folkmoot.protocol.limits import FRAME_BYTES_MAX
from folkmoot.servers.websocket import Connection, WebSocketServer

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT_S: Final = 20.0
GUID: Final = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CONT, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
FIN: Final = 0x80


class Echo:
    """Sends every message back."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def message(self, data: bytes) -> None:
        self._connection.send(data)

    def oversize(self) -> None:
        self._connection.close(1009, "too large")

    def disconnected(self) -> None:
        pass


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def port() -> AsyncIterator[int]:
    server = WebSocketServer(Echo, log=logging.getLogger("conformance"), connections_max=100)
    await server.start()
    yield server.port
    await server.stop()


def frame(
    kind: int,
    data: bytes = b"",
    *,
    fin: bool = True,
    rsv: int = 0,
    mask: bytes | None = b"\x01\x02\x03\x04",
    wide: int = 0,
    claims: int | None = None,
) -> bytes:
    """One frame.

    Shape: `wide` is 126 or 127 for a longer length than is needed; `claims` another length than is
    true.
    """
    size = len(data) if claims is None else claims
    first, masked = (FIN if fin else 0) | rsv | kind, 0x80 if mask is not None else 0
    if wide == 127 or (size >= 1 << 16 and not wide):
        head = struct.pack("!BBQ", first, masked | 127, size)
    elif wide == 126 or size >= 126:
        head = struct.pack("!BBH", first, masked | 126, size)
    else:
        head = struct.pack("!BB", first, masked | size)
    if mask is None:
        return head + data
    key = (mask * (len(data) // 4 + 1))[: len(data)]
    return head + mask + bytes(a ^ b for a, b in zip(data, key, strict=True))


def closing(code: int | None = 1000, reason: bytes = b"") -> bytes:
    return frame(CLOSE, b"" if code is None else struct.pack("!H", code) + reason)


class Case(msgspec.Struct):
    """What is sent, and what must come back.

    Shape: `echoes` are whole messages and `pongs` payloads, in order, then a close frame with one
    of `codes` (0: none in it), or with `cut` the end of the connection and no more. A case that
    leaves the connection open is closed by us, and that is answered with 1000.
    """

    name: str
    sent: bytes
    echoes: list[bytes] = []
    pongs: list[bytes] = []
    codes: tuple[int, ...] = ()
    cut: bool = False
    pieces: int = 0


def well(name: str, sent: bytes, *echoes: bytes, pongs: list[bytes] | None = None) -> Case:
    return Case(name, sent, list(echoes), pongs or [])


def refused(name: str, sent: bytes, *codes: int, cut: bool = False) -> Case:
    return Case(name, sent, codes=codes or (1002,), cut=cut)


def sizes() -> list[Case]:
    """5.2: all three encodings of a length, at their bounds."""
    found = []
    for size in (0, 1, 2, 125, 126, 127, 128, 1_000, 65_535, 65_536, FRAME_BYTES_MAX):
        data = bytes(number % 251 for number in range(size))
        found.append(well(f"a message of {size} bytes", frame(BINARY, data), data))
    return found


def lengths() -> list[Case]:
    """5.2: lengths that lie, or are longer than they need to be."""
    return [
        refused("more than a message may have", frame(BINARY, bytes(FRAME_BYTES_MAX + 1)), 1009),
        refused("a header that claims 1 GiB", frame(BINARY, b"", claims=1 << 30), 1009),
        refused(
            "a length with its highest bit set", frame(BINARY, b"", wide=127, claims=1 << 63),
            1002, 1009,
        ),
    ]  # fmt: skip


def masks() -> list[Case]:
    """5.1, 5.3: what a client sends is masked, whatever the key."""
    return [
        refused("an unmasked message", frame(BINARY, b"hello", mask=None)),
        refused("an unmasked ping", frame(PING, b"", mask=None)),
        refused("an unmasked close", frame(CLOSE, struct.pack("!H", 1000), mask=None)),
        well("a mask of zeros", frame(BINARY, b"hello", mask=bytes(4)), b"hello"),
        well("a mask of ones", frame(BINARY, b"hello", mask=b"\xff" * 4), b"hello"),
        well(
            "a mask for each frame",
            frame(BINARY, b"one", mask=b"abcd") + frame(BINARY, b"two", mask=b"wxyz"),
            b"one", b"two",
        ),
        well("a mask over 7 bytes", frame(BINARY, b"sevenby", mask=b"\x80\1\xfe\x7f"), b"sevenby"),
    ]  # fmt: skip


def reserved() -> list[Case]:
    """5.2: bits and opcodes that mean nothing without an extension."""
    bits = [
        refused(f"reserved bit {name} on a {what}", frame(kind, b"x", rsv=bit))
        for what, kind in (("message", BINARY), ("ping", PING))
        for name, bit in (("1", 0x40), ("2", 0x20), ("3", 0x10))
    ]
    opcodes = [refused(f"opcode {kind}", frame(kind, b"x")) for kind in (3, 4, 5, 6, 7)]
    controls = [
        refused(f"control opcode {kind}", frame(kind, b"")) for kind in (11, 12, 13, 14, 15)
    ]
    return [*bits, *opcodes, *controls]


def fragments() -> list[Case]:
    """5.4: messages in parts."""
    start, middle, end = (
        frame(BINARY, b"one ", fin=False),
        frame(CONT, b"two ", fin=False),
        frame(CONT, b"three"),
    )
    return [
        well("three parts", start + middle + end, b"one two three"),
        well("a part that is empty", frame(BINARY, fin=False) + frame(CONT, b"all"), b"all"),
        well("only empty parts", frame(BINARY, fin=False) + frame(CONT), b""),
        well("a ping between parts", start + frame(PING, b"p") + end, b"one three", pongs=[b"p"]),
        well("a pong between parts", start + frame(PONG, b"p") + end, b"one three"),
        well(
            "ten thousand parts",
            frame(BINARY, b"a", fin=False)
            + frame(CONT, b"a", fin=False) * 9_998
            + frame(CONT, b"a"),
            b"a" * 10_000,
        ),
        refused("a part of nothing", end),
        refused("a middle part of nothing", middle),
        refused("a message within another", start + frame(BINARY, b"new")),
        refused("two beginnings", start + start),
        refused(
            "parts that grow beyond a message",
            frame(BINARY, bytes(FRAME_BYTES_MAX), fin=False) + frame(CONT, b"x"),
            1009,
        ),
    ]


def controls() -> list[Case]:
    """5.5: control frames."""
    return [
        well("a ping", frame(PING), pongs=[b""]),
        well("a ping of 125 bytes", frame(PING, b"p" * 125), pongs=[b"p" * 125]),
        refused("a ping of 126 bytes", frame(PING, b"p" * 126)),
        refused("a ping in parts", frame(PING, b"p", fin=False)),
        refused("a pong of 126 bytes", frame(PONG, b"p" * 126)),
        refused("a close in parts", frame(CLOSE, struct.pack("!H", 1000), fin=False)),
        well("a pong that nobody asked for", frame(PONG, b"p") + frame(BINARY, b"x"), b"x"),
        well("ten pings", b"".join(frame(PING, b"%d" % n) for n in range(10)),
             pongs=[b"%d" % n for n in range(10)]),
    ]  # fmt: skip


def closes() -> list[Case]:
    """5.5.1, 7.4: the end."""
    told = [
        Case(f"close {code}", closing(code), codes=(code,))
        for code in (1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 4000, 4999)
    ]
    forbidden = [
        refused(f"close {code}, which may not be sent", closing(code), 1002)
        for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 2000, 2999, 5000, 65_535)
    ]
    return [
        *told,
        *forbidden,
        Case("a close without a code", closing(None), codes=(0, 1000)),
        Case("a close with a reason", closing(1000, b"bye"), codes=(1000,)),
        Case("the longest reason", closing(1000, b"r" * 123), codes=(1000,)),
        refused("a reason that is too long", closing(1000, b"r" * 124)),
        refused("a close with half a code", frame(CLOSE, b"\x03")),
        refused("a reason that is no UTF-8", closing(1000, b"\xff\xfe"), 1007),
        Case("nothing after a close", closing() + frame(BINARY, b"late"), codes=(1000,)),
        Case("no pong after a close", closing() + frame(PING, b"late"), codes=(1000,)),
    ]


def kinds() -> list[Case]:
    """Text is none of ours."""
    return [
        refused("a text message", frame(TEXT, b"hello"), 1003),
        refused("text that is no UTF-8", frame(TEXT, b"\xff\xff"), 1003, 1007),
        refused("text in parts", frame(TEXT, b"he", fin=False) + frame(CONT, b"llo"), 1003),
    ]


def pieces() -> list[Case]:
    """Frames come as the network cuts them."""
    many = b"".join(frame(BINARY, b"%d" % n) for n in range(100))
    return [
        well("a hundred messages at once", many, *[b"%d" % n for n in range(100)]),
        Case("a message byte by byte", frame(BINARY, b"slowly"), [b"slowly"], pieces=1),
        Case("a long message in pieces of 7", frame(BINARY, b"x" * 300), [b"x" * 300], pieces=7),
        Case("parts byte by byte", frame(BINARY, b"a", fin=False) + frame(CONT, b"b"), [b"ab"],
             pieces=1),
    ]  # fmt: skip


CASES: Final = [
    *sizes(), *lengths(), *masks(), *reserved(), *fragments(), *controls(), *closes(), *kinds(),
    *pieces(),
]  # fmt: skip


class Raw:
    """The client's end after the handshake."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes, pieces: int = 0) -> None:
        step = pieces or len(data)
        for start in range(0, len(data), step):
            self.writer.write(data[start : start + step])
            if pieces:
                await asyncio.sleep(0)
        try:
            await self.writer.drain()
        except ConnectionError:
            pass  # it was refused before all of it was sent; what was answered is still read

    async def next(self) -> tuple[int, bytes] | None:
        """The next frame, which must be whole and unmasked; None at the end."""
        try:
            first, second = await self.reader.readexactly(2)
            assert first & FIN
            assert not second & 0x80
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return first & 0x0F, await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            return None


HEADERS: Final = {
    "Host": "127.0.0.1",
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": base64.b64encode(bytes(range(16))).decode(),
}


async def shake(
    port: int, headers: dict[str, str], line: str = "GET / HTTP/1.1"
) -> tuple[Raw, int, dict[str, str]]:
    """A handshake: the connection, the answer's status and its headers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    told = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    writer.write(f"{line}\r\n{told}\r\n".encode())
    try:
        async with asyncio.timeout(LIMIT_S):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return Raw(reader, writer), 0, {}
    status, *lines = head.split("\r\n")
    parts = (one.partition(":") for one in lines if one)
    answer = {name.lower(): value.strip() for name, _, value in parts}
    return Raw(reader, writer), int(status.split(" ")[1]), answer


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_frames(port: int, case: Case) -> None:
    raw, status, _ = await shake(port, HEADERS)
    assert status == 101
    await raw.send(case.sent, case.pieces)
    echoes: list[bytes] = []
    pongs: list[bytes] = []
    code: int | None = None
    try:
        async with asyncio.timeout(LIMIT_S):
            if not case.codes:
                while len(echoes) < len(case.echoes) or len(pongs) < len(case.pongs):
                    got = await raw.next()
                    assert got is not None, f"the connection ended after {echoes} {pongs}"
                    assert got[0] in (BINARY, PONG), f"got {got}"
                    (echoes if got[0] == BINARY else pongs).append(got[1])
                await raw.send(closing())
            while (got := await raw.next()) is not None:
                if got[0] == CLOSE:
                    code = struct.unpack("!H", got[1][:2])[0] if got[1] else 0
                else:
                    assert code is None, "nothing follows a close"
                    (echoes if got[0] == BINARY else pongs).append(got[1])
    finally:
        raw.writer.close()
    assert echoes == case.echoes
    assert pongs == case.pongs
    assert code in (case.codes or (1000,)), code


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("upgrade in capitals", {"Upgrade": "WebSocket"}),
        ("connection as a list, as Firefox writes it", {"Connection": "keep-alive, Upgrade"}),
        ("a list without spaces", {"Connection": "Upgrade,keep-alive"}),
        ("an extension that we do not speak", {"Sec-WebSocket-Extensions": "permessage-deflate"}),
        ("a header that is unknown", {"X-Anything": "at all"}),
    ],
)
async def test_a_good_handshake(port: int, name: str, change: dict[str, str]) -> None:
    """4.2: accepted, with the answer to the key, and without an extension."""
    key = base64.b64encode(os.urandom(16)).decode()
    raw, status, answer = await shake(port, HEADERS | {"Sec-WebSocket-Key": key} | change)
    raw.writer.close()
    assert status == 101, name
    digest = hashlib.sha1((key + GUID).encode()).digest()
    assert answer["sec-websocket-accept"] == base64.b64encode(digest).decode()
    assert "sec-websocket-extensions" not in answer


@pytest.mark.parametrize(
    ("name", "change", "line"),
    [
        ("no upgrade", {"Upgrade": ""}, "GET / HTTP/1.1"),
        ("another upgrade", {"Upgrade": "h2c"}, "GET / HTTP/1.1"),
        ("no key", {"Sec-WebSocket-Key": ""}, "GET / HTTP/1.1"),
        ("another connection", {"Connection": "keep-alive"}, "GET / HTTP/1.1"),
        ("version 8", {"Sec-WebSocket-Version": "8"}, "GET / HTTP/1.1"),
        ("no version", {"Sec-WebSocket-Version": ""}, "GET / HTTP/1.1"),
        ("POST", {}, "POST / HTTP/1.1"),
        ("HTTP/1.0", {}, "GET / HTTP/1.0"),
        ("no path", {}, "GET"),
        ("no HTTP at all", {}, "\x16\x03\x01 hello"),
    ],
)
async def test_a_bad_handshake_is_refused(
    port: int, name: str, change: dict[str, str], line: str
) -> None:
    """4.2.1: never upgraded; an HTTP error, or the end."""
    headers = {k: v for k, v in (HEADERS | change).items() if v}
    raw, status, _ = await shake(port, headers, line)
    raw.writer.close()
    assert status == 0 or 400 <= status < 600, name
