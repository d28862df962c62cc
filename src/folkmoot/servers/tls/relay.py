"""Two connections joined: what comes on one goes out on the other, no faster than it is taken."""

from __future__ import annotations

import asyncio
import socket


class RelayEnd(asyncio.Protocol):
    """One of two ends.

    Caller: `join` once both transports stand. When one ends, so does the other, after what was
    still to be written on it.
    """

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.other: RelayEnd | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        made: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport = made

    def data_received(self, data: bytes) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.write(data)

    def pause_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        other, self.other = self.other, None
        if other is not None and other.transport is not None:
            other.transport.close()


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    """Two sockets joined to each other, non-blocking.

    Shape: TCP over loopback, for picows sets options that a Unix socket refuses.
    Errors: OSError.
    """
    with socket.create_server(("127.0.0.1", 0), backlog=8) as listening:
        one = socket.create_connection(listening.getsockname())
        while True:
            two, address = listening.accept()
            # Anybody on this machine might have been quicker than we.
            if address == one.getsockname():
                break
            two.close()
    one.setblocking(False)
    two.setblocking(False)
    for end in (one, two):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return one, two


def join(one: RelayEnd, two: RelayEnd) -> None:
    one.other, two.other = two, one
