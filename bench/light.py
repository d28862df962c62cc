"""Light participants: connections that read and do as little as they can, so that many fit.

They speak just enough of HTTP and of our protocol to join; clients must not become the measure.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import ssl
import time
from typing import Final
from urllib.parse import urlsplit

from folkmoot.client.link import Link, open_link
from folkmoot.protocol.frames import Events, Join, Welcome, decode_server, encode
from folkmoot.protocol.limits import PROTOCOL_VERSION

JOIN_S_MAX: Final = 60.0


class Tickets:
    """Asks a web server for tickets over a few connections that stay open."""

    def __init__(self, url: str, connections: int = 8, trust: ssl.SSLContext | None = None) -> None:
        parts = urlsplit(url)
        self._trust = trust
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter] | None]
        self._free = asyncio.Queue()
        for _ in range(connections):
            self._free.put_nowait(None)

    async def take(self, slug: str, name: str, key: str = "") -> str:
        """A ticket for one person. Errors: `RuntimeError` when it is refused."""
        connection = await self._free.get()
        try:
            if connection is None:
                connection = await asyncio.open_connection(self._host, self._port, ssl=self._trust)
            reader, writer = connection
            body = json.dumps({"name": name} | ({"key": key} if key else {})).encode()
            writer.write(
                f"POST /api/v1/rooms/{slug}/join HTTP/1.1\r\nHost: {self._host}:{self._port}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                + body
            )
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.partition(b":")[2])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length:")
            )
            answer = json.loads(await reader.readexactly(length))
            if b" 200 " not in head.partition(b"\r\n")[0]:
                raise RuntimeError(f"joining was refused: {answer}")
            return str(answer["ticket"])
        finally:
            self._free.put_nowait(connection)

    def close(self) -> None:
        while not self._free.empty():
            connection = self._free.get_nowait()
            if connection is not None:
                connection[1].close()


class Receiver:
    """A connection that reads and does as little as it can.

    Shape: `last` is the newest message; `arrived_s` notes arrivals while `noting`.
    """

    def __init__(self) -> None:
        self.last = b""
        self.messages = 0
        self.bytes = 0
        self.noting = False
        self.arrived_s: list[tuple[float, bytes]] = []
        self._link: Link | None = None
        self._welcomed = asyncio.Event()

    async def open(
        self, url: str, server: str, ticket: str, trust: ssl.SSLContext | None = None
    ) -> None:
        """Attaches to `server`, for example `collaboration-1`, and waits for the welcome.

        Errors: `TimeoutError`.
        """
        address = f"{url.replace('http', 'ws', 1)}/s/{server}"
        self._link = await open_link(address, self._message, trust)
        frame = Join(PROTOCOL_VERSION, ticket, secrets.token_urlsafe(16), 1)
        self._link.send(encode(frame))
        async with asyncio.timeout(JOIN_S_MAX):
            await self._welcomed.wait()

    def close(self) -> None:
        if self._link is not None:
            self._link.close()

    @property
    def sequence(self) -> int:
        """The position it has come to, as the newest message tells."""
        events = [f for f in decode_server(self.last) if isinstance(f, Events)] if self.last else []
        return events[-1].batch.sequence if events else 0

    def _message(self, message: bytes) -> None:
        if not self._welcomed.is_set():
            if any(isinstance(frame, Welcome) for frame in decode_server(message)):
                self._welcomed.set()
            return
        if b"events" in message:
            self.last = message
        self.messages += 1
        self.bytes += len(message)
        if self.noting:
            self.arrived_s.append((time.perf_counter(), message))
