"""Link: one WebSocket connection to a collaboration server, over picows. Thin."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Final

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

CONNECT_TIMEOUT_S: Final = 1.5
MESSAGE_BYTES_MAX: Final = 64 << 20


def _unheard(message: bytes) -> None:
    """What comes on a connection that was given up: a server may say that we are elsewhere now."""


class Link(WSListener):
    """Calls `on_message` for each whole message; `lost` is set when the connection has ended.

    Shape: `round_trip_s` is about what a word there and back takes, measured when it was opened.
    """

    def __init__(self, on_message: Callable[[bytes], None]) -> None:
        self.on_message = on_message
        self.lost = asyncio.Event()
        self._transport: WSTransport | None = None
        self._parts: list[bytes] = []
        self.heard_at_s = asyncio.get_running_loop().time()
        self.round_trip_s = 0.0

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self.heard_at_s = asyncio.get_running_loop().time()
        if frame.msg_type == WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()
        elif frame.msg_type == WSMsgType.BINARY and frame.fin:
            self.on_message(frame.get_payload_as_bytes())
        elif frame.msg_type in (WSMsgType.BINARY, WSMsgType.CONTINUATION):
            self._parts.append(frame.get_payload_as_bytes())
            if frame.fin:
                message, self._parts = b"".join(self._parts), []
                self.on_message(message)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._transport = None
        self.lost.set()

    @property
    def open(self) -> bool:
        return self._transport is not None and not self._transport.is_disconnected

    def send(self, message: bytes) -> None:
        """Sends; what is sent on a lost connection is lost too."""
        transport = self._transport
        # A broken connection is told a loop turn later; the socket below knows at once.
        if transport is not None and self.open and not transport.underlying_transport.is_closing():
            transport.send(WSMsgType.BINARY, message)

    def close(self) -> None:
        """Says goodbye and drops the connection."""
        if self._transport is not None:
            self._transport.send_close(WSCloseCode.OK)
            self._transport.disconnect()

    def abort(self) -> None:
        """Drops the connection without a word; nothing that still comes on it is heard."""
        self.on_message = _unheard
        self.lost.set()
        if self._transport is not None:
            self._transport.disconnect(False)


async def open_link(
    url: str, on_message: Callable[[bytes], None], encryption: ssl.SSLContext | None = None
) -> Link:
    """Connects; `encryption` says whom to trust when `url` begins with wss.

    Errors: `OSError`, `TimeoutError`, `picows.WSError`.
    """
    link = Link(on_message)
    began_s = link.heard_at_s
    async with asyncio.timeout(CONNECT_TIMEOUT_S):
        await ws_connect(
            lambda: link,
            url,
            max_frame_size=MESSAGE_BYTES_MAX,
            logger_name="folkmoot",
            ssl_context=encryption if url.startswith("wss:") else None,
        )
    # One for the connection and one for the request; more with TLS, which errs to the safe side.
    link.round_trip_s = (asyncio.get_running_loop().time() - began_s) / 2
    return link
