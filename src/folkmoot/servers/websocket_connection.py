"""One WebSocket connection: whole messages in, messages out, an orderly end.

May not live here: frames of our protocol, the handshake, sockets.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final, Protocol

from picows import WSFrame, WSListener, WSMsgType, WSTransport

from folkmoot.protocol.limits import EDITOR_MESSAGE_BYTES_MAX, FRAME_BYTES_MAX

CLOSE_WAIT_S: Final = 1.0
"""How long a client may take to read the close frame and answer it."""
CONTROL_QUEUE_BYTES_MAX: Final = 64 * 1024
"""Answers to a client's pings are left out while more than this waits for it."""
SWEEPS_PER_TIMEOUT: Final = 4

UNSUPPORTED_DATA: Final = 1003
PROTOCOL_ERROR: Final = 1002
MESSAGE_TOO_BIG: Final = 1009
HALF_OPEN: Final = 4015

_BINARY: Final = WSMsgType.BINARY
_TEXT: Final = WSMsgType.TEXT
_CONTINUATION: Final = WSMsgType.CONTINUATION
_PING: Final = WSMsgType.PING
_CLOSE: Final = WSMsgType.CLOSE


SUBPROTOCOL: Final = "folkmoot"
EDITOR_PATHS: Final = ("/yjs/", "/hocuspocus")
"""Where editors that are not ours connect; each of their links says whose pages may."""


def is_editor(path: str) -> bool:
    return path.startswith(EDITOR_PATHS)


def message_bytes_max(path: str) -> int:
    return EDITOR_MESSAGE_BYTES_MAX if is_editor(path) else FRAME_BYTES_MAX


def protocols_of(header: str) -> tuple[str, ...]:
    """The subprotocols that a client offers."""
    return tuple(name.strip() for name in header.split(",") if name.strip())


FORBIDDEN_CODES: Final = (1004, 1005, 1006, 1015)
"""RFC 6455, 7.4: these are never sent, and neither are numbers below 1000 or from 5000."""

APPLICATION_CODES_END: Final = 5_000


def _answer_to(frame: WSFrame) -> Any:
    """The code to answer a close with: its own, if it may be one."""
    if frame.payload_size < 2:
        return _code(1000)
    code: Any = frame.get_close_code()
    fine = 1000 <= code < APPLICATION_CODES_END and code not in FORBIDDEN_CODES
    return _code(code if fine else PROTOCOL_ERROR)


def _code(number: int) -> Any:
    """Any number goes as a close code; picows's type knows the registered ones only."""
    return number


class Listener(Protocol):
    """What is told about one connection, synchronously, on the loop."""

    def message(self, data: bytes) -> None:
        """One complete binary message of at most `message_bytes_max` of its path."""
        ...

    def oversize(self) -> None:
        """The client sent more than that at once; no further message comes.

        Caller: closes the connection; if it does not, it is closed with 1009.
        """
        ...

    def disconnected(self) -> None:
        """The connection is gone. Said once, last, for every accepted connection."""
        ...


class Connection:
    """The sending side of one WebSocket connection. After its end all methods do nothing.

    Shape: `through` is the process of this node that decrypts it, empty when that is this one.
    """

    __slots__ = ("_adapter", "_transport", "origin", "path", "protocols", "remote", "through")

    def __init__(self, adapter: Adapter, transport: WSTransport, through: str = "") -> None:
        self.through = through
        self._adapter = adapter
        self._transport = transport
        request = transport.request
        self.path = request.path.decode("latin-1")
        self.origin: str | None = request.headers.get("Origin")
        self.protocols = protocols_of(request.headers.get("Sec-WebSocket-Protocol", ""))
        peer = transport.underlying_transport.get_extra_info("peername")
        self.remote: str = str(peer[0]) if isinstance(peer, tuple) else ""

    @property
    def ours(self) -> bool:
        """Whether the page is one of this zone's, or there is none."""
        return self._adapter.ours

    @property
    def queued_bytes(self) -> int:
        """Bytes that the client has not taken yet and the kernel does not hold either."""
        if self._transport.is_disconnected:
            return 0
        return int(self._transport.underlying_transport.get_write_buffer_size())

    @property
    def closing(self) -> bool:
        return self._adapter.closing or self._transport.is_disconnected

    def send(self, data: bytes) -> None:
        """Sends one binary message. The caller bounds `queued_bytes`."""
        if not self._adapter.closing:
            self._transport.send(_BINARY, data)

    def close(self, code: int, reason: str = "") -> None:
        """Sends a close frame behind what is queued and ends the connection.

        A client that does not answer the frame within a second is cut off. No message is
        delivered any more; `disconnected` follows.
        """
        self._adapter.close(code, reason)

    def abort(self) -> None:
        """Ends the connection at once; what is queued is lost."""
        self._adapter.closing = True
        self._transport.disconnect(False)

    def pause_reading(self) -> None:
        """Stops reading, so that a fast sender is slowed down by its own network buffers."""
        self._adapter.pause()

    def resume_reading(self) -> None:
        self._adapter.resume()


class Owner(Protocol):
    """What a connection tells its server."""

    def connected(self, adapter: Adapter) -> None: ...
    def disconnected(self, adapter: Adapter) -> None: ...


class Adapter(WSListener):
    """What picows calls for one connection: assembles messages, answers pings, ends it."""

    def __init__(self, owner: Owner, message_bytes_max: int, ours: bool = True) -> None:
        super().__init__()
        self.owner = owner
        self.ours = ours
        self._message_bytes_max = message_bytes_max
        self.transport: WSTransport | None = None
        self.listener: Listener | None = None
        self.closing = False
        self.paused = False
        self.silent_sweeps = 0
        self._fragments: bytearray | None = None
        self._abort_timer: asyncio.TimerHandle | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self.owner.connected(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        self.silent_sweeps = 0
        kind = frame.msg_type
        if self.closing:
            if kind is _CLOSE:
                transport.disconnect()
            return
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self.close(PROTOCOL_ERROR, "reserved bits are set")
        elif kind is _BINARY and frame.fin and self._fragments is None:
            if frame.payload_size > self._message_bytes_max:
                self._oversize()
            elif self.listener is not None:
                self.listener.message(frame.get_payload_as_bytes())
        else:
            self._other_frame(transport, frame, kind)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self._abort_timer is not None:
            self._abort_timer.cancel()
        self.owner.disconnected(self)
        listener, self.listener = self.listener, None
        if listener is None:
            return
        handshake = transport.close_handshake
        sent = handshake.sent if handshake is not None else None
        if not self.closing and sent is not None and sent.code == _code(MESSAGE_TOO_BIG):
            # Far over the limit: picows did not read the frame and closed by itself.
            listener.oversize()
        self.closing = True
        listener.disconnected()

    def pause_writing(self) -> None:
        """The caller watches `queued_bytes`; nothing to do."""

    def resume_writing(self) -> None:
        """See `pause_writing`."""

    def close(self, code: int, reason: str) -> None:
        transport = self.transport
        if self.closing or transport is None or transport.is_disconnected:
            return
        self.closing = True
        # A reason of more than 123 bytes does not fit into a close frame.
        cut = reason.encode()[:123].decode(errors="ignore")
        transport.send_close(_code(code), cut)
        self.resume()
        # The frame must arrive: closing at once, with bytes of the client unread, would reset the
        # connection and could destroy it on the way. So wait for the client's own close frame.
        self._abort_timer = asyncio.get_running_loop().call_later(
            CLOSE_WAIT_S, transport.disconnect, False
        )

    def pause(self) -> None:
        transport = self.transport
        if transport is None or self.paused or self.closing or transport.is_disconnected:
            return
        self.paused = True
        transport.underlying_transport.pause_reading()

    def resume(self) -> None:
        transport = self.transport
        if transport is None or not self.paused:
            return
        self.paused = False
        self.silent_sweeps = 0
        if not transport.is_disconnected:
            transport.underlying_transport.resume_reading()

    def sweep(self) -> None:
        """Called four times per half-open limit: a ping when silent for half of it, then the end.

        While we do not read, silence says nothing about the client.
        """
        if self.paused or self.closing or self.transport is None:
            return
        self.silent_sweeps += 1
        if self.silent_sweeps >= SWEEPS_PER_TIMEOUT:
            self.close(HALF_OPEN, "the connection went silent")
        elif self.silent_sweeps == SWEEPS_PER_TIMEOUT // 2:
            self.transport.send_ping()

    def _other_frame(self, transport: WSTransport, frame: WSFrame, kind: WSMsgType) -> None:
        if kind is _PING:
            if transport.underlying_transport.get_write_buffer_size() < CONTROL_QUEUE_BYTES_MAX:
                transport.send_pong(frame.get_payload_as_bytes())
        elif kind is _CLOSE:
            self.closing = True
            transport.send_close(_answer_to(frame))
            transport.disconnect()
        elif kind is _TEXT:
            self.close(UNSUPPORTED_DATA, "only binary messages are spoken here")
        elif kind is _BINARY or kind is _CONTINUATION:
            self._fragment(frame, first=kind is _BINARY)

    def _fragment(self, frame: WSFrame, *, first: bool) -> None:
        """One part of a message that came in several frames."""
        if first is not (self._fragments is None):
            self.close(PROTOCOL_ERROR, "parts of messages are out of order")
            return
        parts = self._fragments
        if parts is None:
            parts = self._fragments = bytearray()
        if len(parts) + frame.payload_size > self._message_bytes_max:
            self._oversize()
            return
        parts += frame.get_payload_as_memoryview()
        if frame.fin:
            self._fragments = None
            if self.listener is not None:
                self.listener.message(bytes(parts))

    def _oversize(self) -> None:
        self._fragments = None
        if self.listener is not None:
            self.listener.oversize()
        self.close(MESSAGE_TOO_BIG, "the message is too large")
