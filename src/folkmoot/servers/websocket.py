"""WebSocket connections of a collaboration server: the one adapter of picows.

Connections arrive on a port of our own and, once `serve_passed` was called, as sockets that front
doors accepted. When a later picows cannot serve those any more, `takes_passed` is false and
clients use the port of our own.

May not live here: frames of our protocol, sessions, rights. picows is imported by the
`websocket*` files only.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import aiofastnet
import picows
from picows import WSUpgradeRequest

from folkmoot.errors import invariant
from folkmoot.protocol.limits import EDITOR_MESSAGE_BYTES_MAX
from folkmoot.servers.doors.origin import origin_allowed
from folkmoot.servers.sockets import PassedSockets, Peer, allow_descriptors
from folkmoot.servers.tls.decrypting import Decrypting
from folkmoot.servers.websocket_connection import (
    SUBPROTOCOL,
    SWEEPS_PER_TIMEOUT,
    Adapter,
    Connection,
    Listener,
    is_editor,
    message_bytes_max,
    protocols_of,
)
from folkmoot.servers.websocket_factory import PicowsLog, self_test, take_protocol_factory

__all__ = ["Connection", "Listener", "WebSocketServer"]

FRAME_SPARE_BYTES: Final = 256 * 1024
READ_BUFFER_BYTES: Final = 4 * 1024
HANDSHAKE_LIMIT_S: Final = 10.0
HANDSHAKES_MAX: Final = 1_024
VERSION: Final = "13"
DESCRIPTORS_SPARE: Final = 512
GOING_AWAY: Final = 1001
SERVER_BUSY: Final = 4014

CheckRequest = Callable[[str, Mapping[str, str]], "int | None"]
"""From path and headers to the HTTP status to refuse with, or None to go on."""

OnConnect = Callable[[Connection], "Listener | None"]
"""Called after the handshake; None closes the connection as `server_busy`."""


def _simplify(headers: Any) -> None:
    """Makes of a list with `upgrade` in it the one word that picows knows.

    Firefox sends `Connection: keep-alive, Upgrade`, as RFC 6455, 4.2.1 lets it.
    """
    words = {word.strip().lower() for word in headers.get("Connection", "").split(",")}
    if "upgrade" in words:
        headers["Connection"] = "Upgrade"


def accept_all(_path: str, _headers: Mapping[str, str]) -> int | None:
    return None


class WebSocketServer:
    """Serves WebSocket connections on an own port and on passed sockets.

    Units: `half_open_timeout_ms` is how long a client may be silent, asked by a ping at half of
    it; `connections_max` bounds connections after their handshake.
    """

    def __init__(
        self,
        on_connect: OnConnect,
        check_request: CheckRequest = accept_all,
        *,
        log: logging.Logger,
        origins_allowed: Callable[[], frozenset[str]] = frozenset,
        half_open_timeout_ms: int = 10_000,
        connections_max: int = 4_000,
    ) -> None:
        self._on_connect = on_connect
        self._check_request = check_request
        self._log = log
        self._origins_allowed = origins_allowed
        self._sweep_s = half_open_timeout_ms / 1_000 / SWEEPS_PER_TIMEOUT
        self._connections_max = connections_max
        self._connections: dict[Adapter, None] = {}
        self._empty = asyncio.Event()
        self._empty.set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._handshakes: dict[asyncio.BaseTransport, asyncio.TimerHandle] = {}
        self._through: dict[Any, str] = {}
        self._factory: Callable[[], Any] | None = None
        self._server: asyncio.Server | None = None
        self._passed: PassedSockets | None = None
        self._decrypting: Decrypting | None = None
        self._sweeper: asyncio.TimerHandle | None = None
        self.port = 0
        self.takes_passed = False

    @property
    def connections(self) -> int:
        return len(self._connections)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listens on the port of our own (`port` says which) and runs the self-test.

        Errors: OSError when the address cannot be used.
        """
        allow_descriptors(self._connections_max + HANDSHAKES_MAX + DESCRIPTORS_SPARE)
        quiet = PicowsLog(self._log)
        options: dict[str, Any] = {
            "disconnect_on_exception": True,
            "websocket_handshake_timeout": HANDSHAKE_LIMIT_S,
            "logger_name": quiet,
            "enable_auto_ping": False,
            "enable_auto_pong": False,
            # A little more than anybody may send, so that who does is told why.
            "max_frame_size": EDITOR_MESSAGE_BYTES_MAX + FRAME_SPARE_BYTES,
            "read_buffer_init_size": READ_BUFFER_BYTES,
        }
        try:
            self._factory = take_protocol_factory(self._listener_for, options)
            await self_test(options)
            self.takes_passed = True
        except Exception:  # noqa: BLE001 (whatever a later picows raises)
            self._factory = None
            self._log.exception("picows does not take passed sockets; using own ports only")
        self._server = await picows.ws_create_server(self._listener_for, host, port, **options)
        self.port = self._server.sockets[0].getsockname()[1]
        self._sweep_later()

    def make_protocol(self) -> Any:
        """The protocol for one connection whose request has not been read.

        Caller: after `start`, when `takes_passed`.
        """
        invariant(self._factory is not None, "the self-test went well")
        return self._factory() if self._factory is not None else None

    def not_ours(self, transport: asyncio.Transport) -> None:
        """A connection that was decrypted here is relayed to another process."""
        self._handshake_over(transport)

    def serve_passed(self, path: Path, decrypting: Decrypting | None = None) -> None:
        """Takes sockets that front doors pass at `path`, if the self-test went well.

        Shape: with `decrypting`, they begin with TLS.
        """
        if self.takes_passed:
            self._decrypting = decrypting
            self._passed = PassedSockets(path, self.take, self._take_relayed)

    def take(self, accepted: socket.socket) -> None:
        """Serves one accepted socket, whose request has not been read, and owns it."""
        self._take(accepted, encrypted=self._decrypting is not None)

    def _take_relayed(self, plain: socket.socket, peer: Peer) -> None:
        if len(self._through) >= HANDSHAKES_MAX:
            self._through.pop(next(iter(self._through)))
        with contextlib.suppress(OSError):
            # By the relay's own end, which is this connection's other side.
            self._through[plain.getpeername()] = peer.through
        self._take(plain, encrypted=False)

    def _take(self, accepted: socket.socket, *, encrypted: bool) -> None:
        if self._factory is None or len(self._tasks) >= HANDSHAKES_MAX:
            accepted.close()
            return
        serving = self._decrypt(accepted) if encrypted else self._serve(self._factory, accepted)
        task = asyncio.get_running_loop().create_task(serving)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop_accepting(self) -> None:
        """Takes no more connections; front doors tell new clients to go elsewhere."""
        if self._passed is not None:
            self._passed.close()
        if self._server is not None:
            self._server.close()

    async def stop(self, limit_s: float = 1.0) -> None:
        """Takes no more connections and ends those that are left.

        Caller: has said goodbye on the connections it wants to end with a code of its own.
        """
        self.stop_accepting()
        if self._sweeper is not None:
            self._sweeper.cancel()
        for adapter in list(self._connections):
            adapter.close(GOING_AWAY, "the server is stopping")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._empty.wait(), limit_s)
        for task in list(self._tasks):
            task.cancel()
        for transport in list(self._handshakes):
            self._handshake_over(transport, abort=True)
        if self._decrypting is not None:
            self._decrypting.stop()
        for adapter in list(self._connections):
            if adapter.transport is not None:
                adapter.transport.disconnect(False)
        await asyncio.sleep(0)

    async def _serve(self, factory: Callable[[], Any], accepted: socket.socket) -> None:
        """Begins the handshake; of too many that do not go on with it, the oldest is cut off."""
        loop = asyncio.get_running_loop()
        try:
            transport, _protocol = await aiofastnet.connect_accepted_socket(loop, factory, accepted)
        except OSError:
            # The client went away between the front door and here.
            accepted.close()
            return
        self._handshake_begun(transport)

    async def _decrypt(self, accepted: socket.socket) -> None:
        if self._decrypting is None:
            accepted.close()
            return
        transport = await self._decrypting.serve(accepted)
        if transport is not None:
            self._handshake_begun(transport)

    def _handshake_begun(self, transport: asyncio.BaseTransport) -> None:
        loop = asyncio.get_running_loop()
        if len(self._handshakes) >= HANDSHAKES_MAX:
            self._handshake_over(next(iter(self._handshakes)), abort=True)
        self._handshakes[transport] = loop.call_later(
            HANDSHAKE_LIMIT_S, self._handshake_over, transport
        )

    def _handshake_over(self, transport: asyncio.BaseTransport, abort: bool = False) -> None:
        timer = self._handshakes.pop(transport, None)
        if timer is not None:
            timer.cancel()
        if abort and isinstance(transport, asyncio.Transport):
            transport.abort()

    def _listener_for(self, request: WSUpgradeRequest) -> Any:
        """Decides on the handshake: a listener, or an HTTP error."""
        headers, path = request.headers, request.path.decode("latin-1")
        ours = origin_allowed(
            headers.get("Origin"), headers.get("Host", ""), self._origins_allowed()
        )
        status: int | None = None
        _simplify(headers)
        if headers.get("Sec-WebSocket-Version") != VERSION:
            status = 426
        elif len(self._connections) >= self._connections_max:
            status = 503
        elif not ours and not is_editor(path):
            status = 403
        else:
            status = self._check_request(path, headers)
        if status is None:
            adapter = Adapter(self, message_bytes_max(path), ours)
            return self._with_protocol(adapter, headers.get("Sec-WebSocket-Protocol", ""))
        text = _REFUSALS.get(status, "This request is refused.").encode()
        refusal = picows.WSUpgradeResponse.create_error_response(status, text)
        return picows.WSUpgradeResponseWithListener(refusal, None)

    def _with_protocol(self, adapter: Adapter, offered: str) -> Any:
        """Chooses ours of the subprotocols that are offered: a browser insists on one."""
        if SUBPROTOCOL not in protocols_of(offered):
            return adapter
        answer = picows.WSUpgradeResponse.create_101_response(
            {"Sec-WebSocket-Protocol": SUBPROTOCOL}
        )
        return picows.WSUpgradeResponseWithListener(answer, adapter)

    def connected(self, adapter: Adapter) -> None:
        if adapter.transport is None:
            return
        self._connections[adapter] = None
        self._empty.clear()
        plain = adapter.transport.underlying_transport
        self._handshake_over(plain)
        through = self._through.pop(plain.get_extra_info("peername"), "")
        adapter.listener = self._on_connect(Connection(adapter, adapter.transport, through))
        if adapter.listener is None:
            adapter.close(SERVER_BUSY, "this server is full")

    def disconnected(self, adapter: Adapter) -> None:
        self._connections.pop(adapter, None)
        if not self._connections:
            self._empty.set()

    def _sweep_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._sweeper = loop.call_later(self._sweep_s, self._sweep)

    def _sweep(self) -> None:
        for adapter in list(self._connections):
            adapter.sweep()
        self._sweep_later()


_REFUSALS: Final[Mapping[int, str]] = types.MappingProxyType(
    {
        403: "Pages of another site may not connect to this server.",
        404: "There is no such address on this server.",
        426: "This server speaks version 13 of WebSocket. Connect with that one.",
        503: "This server is full. Connect to another one.",
    }
)
