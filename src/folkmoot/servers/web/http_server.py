"""uvicorn on a port of our own and on passed sockets.

The parts of uvicorn used here are `Server.startup`, `main_loop` and `shutdown` and the h11
protocol; signals stay with our runtime. Each connection has a limit of time for a request's head,
which uvicorn does not set.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.server import ServerState

from folkmoot.pulse import Pulse
from folkmoot.servers.sockets import NOBODY, PassedSockets, Peer, allow_descriptors
from folkmoot.servers.tls.decrypting import Decrypting

HEAD_LIMIT_S: Final = 10.0
HEAD_BYTES_MAX: Final = 16 * 1024
IDLE_LIMIT_S: Final = 30
CONNECTIONS_MAX: Final = 1_000
"""More than these, and the one that idles longest is closed."""
CONNECTIONS_SPARE: Final = 200
"""More than these in addition, none of them idle, and new ones are closed."""
STOP_WAIT_S: Final = 1
TICK_S: Final = 1.0
LOOPBACK: Final = ("127.0.0.1", "::1")

_Http = TypeVar("_Http", bound="BoundedHttp")


class BoundedState(ServerState):
    """uvicorn's shared state with the connections that are between requests, oldest first."""

    def __init__(self) -> None:
        super().__init__()
        self.between: dict[BoundedHttp, None] = {}

    def make_room(self) -> bool:
        """Cuts off the connection that idles longest, if there are too many."""
        if len(self.connections) > CONNECTIONS_MAX and self.between:
            oldest = next(iter(self.between))
            del self.between[oldest]
            oldest.transport.abort()
        return len(self.connections) <= CONNECTIONS_MAX + CONNECTIONS_SPARE


class BoundedHttp(H11Protocol):
    """uvicorn's protocol with a limit on the time between requests' first and last head byte."""

    server_state: BoundedState
    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        sock = transport.get_extra_info("socket")
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server_state.between[self] = None
        self._expect_head()
        if not self.server_state.make_room():
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_came()
        self.server_state.between.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._head_came()
        if self._between_requests():
            self._expect_head()
        else:
            self.server_state.between.pop(self, None)

    def on_response_complete(self) -> None:
        if not self.transport.is_closing():
            self.server_state.between[self] = None
        super().on_response_complete()
        if not self._between_requests():
            # The next request was already there.
            self.server_state.between.pop(self, None)

    def _expect_head(self) -> None:
        if self._head_timer is None and not self.transport.is_closing():
            self._head_timer = self.loop.call_later(HEAD_LIMIT_S, self._too_slow)

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        self._head_timer = None
        if self._between_requests():
            self.transport.abort()

    def _between_requests(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete


class RelayedHttp(BoundedHttp):
    """The same for a connection that another process decrypts: its peer is not the client."""

    peer = NOBODY

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.scheme = "https"
        self.client = (self.peer.address, self.peer.port)


class _Server(uvicorn.Server):
    """uvicorn's server, whose clock ticks once a second; its own looks ten times whether it has."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._pulse = Pulse()

    async def main_loop(self) -> None:
        # The tick that writes the date into the headers; 0 is one of those that do.
        while not await self.on_tick(0):
            await self._pulse.wait(TICK_S)

    def end(self) -> None:
        self.should_exit = True
        self._pulse.wake()


class HttpServer:
    """Serves an ASGI application until stopped.

    Shape: `proxies` are addresses whose word about the client is taken (X-Forwarded-*).
    Caller: inside a running loop; `start`, then `serve_passed` once, then `stop`.
    """

    def __init__(
        self, application: Any, log: logging.Logger, *, proxies: Sequence[str] = LOOPBACK
    ) -> None:
        self._log = log
        self._config = uvicorn.Config(
            application,
            http=BoundedHttp,
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=list(proxies),
            timeout_keep_alive=IDLE_LIMIT_S,
            timeout_graceful_shutdown=STOP_WAIT_S,
            log_level="error",
            h11_max_incomplete_event_size=HEAD_BYTES_MAX,
        )
        self._server = _Server(self._config)
        self._state = BoundedState()
        self._server.server_state = self._state
        self._ticking: asyncio.Task[None] | None = None
        self._connecting: set[asyncio.Task[None]] = set()
        self._passed: PassedSockets | None = None
        self._decrypting: Decrypting | None = None
        self.port = 0

    @property
    def connections(self) -> int:
        return len(self._state.connections)

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listens on the port of our own. Errors: OSError when the address cannot be used."""
        allow_descriptors(CONNECTIONS_MAX + CONNECTIONS_SPARE + 512)
        own = socket.create_server((host, port), backlog=256)
        own.setblocking(False)
        self.port = own.getsockname()[1]
        if not self._config.loaded:
            self._config.load()
        self._server.lifespan = self._config.lifespan_class(self._config)
        await self._server.startup(sockets=[own])
        self._ticking = asyncio.get_running_loop().create_task(
            self._server.main_loop(), name="uvicorn"
        )

    def serve_passed(self, path: Path, decrypting: Decrypting | None = None) -> None:
        """Takes sockets that front doors pass at `path`; with `decrypting`, they begin with TLS."""
        self._decrypting = decrypting
        self._passed = PassedSockets(path, self.take, self._take_relayed)

    def take(self, accepted: socket.socket) -> None:
        """Serves one accepted socket and owns it."""
        if self._decrypting is None:
            self._begin(accepted, self._serve(accepted, self.make_protocol))
        else:
            self._begin(accepted, self._decrypt(self._decrypting, accepted))

    def _take_relayed(self, plain: socket.socket, peer: Peer) -> None:
        def make() -> BoundedHttp:
            made = self._make(RelayedHttp)
            made.peer = peer
            return made

        self._begin(plain, self._serve(plain, make))

    def _begin(self, accepted: socket.socket, serving: Coroutine[Any, Any, None]) -> None:
        if len(self._connecting) >= CONNECTIONS_MAX:
            serving.close()
            accepted.close()
            return
        task = asyncio.get_running_loop().create_task(serving)
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def stop(self) -> None:
        """Takes no more connections, lets requests under way end, closes."""
        if self._passed is not None:
            self._passed.close()
        if self._connecting:
            await asyncio.wait(self._connecting, timeout=0.5)
        if self._decrypting is not None:
            self._decrypting.stop()
        self._server.end()
        if self._ticking is not None:
            with contextlib.suppress(asyncio.CancelledError):
                await self._ticking
        await self._server.shutdown()

    def make_protocol(self) -> BoundedHttp:
        """The protocol for one connection. Caller: after `start`."""
        return self._make(BoundedHttp)

    def _make(self, kind: type[_Http]) -> _Http:
        return kind(
            config=self._config,
            server_state=self._state,
            app_state={},
            _loop=asyncio.get_running_loop(),
        )

    async def _decrypt(self, decrypting: Decrypting, accepted: socket.socket) -> None:
        await decrypting.serve(accepted)

    async def _serve(self, accepted: socket.socket, make: Callable[[], BoundedHttp]) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(make, accepted)
        except OSError:
            # The client went away between the front door and here.
            accepted.close()
