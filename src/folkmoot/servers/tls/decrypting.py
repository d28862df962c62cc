"""Connections that front doors passed before TLS began: decrypted here, then served or relayed.

Nobody could look into them, so some are for another process of the node: their plain side is a
pair of sockets, whose other end is passed on the way front doors pass sockets, with the client's
address. Such a connection lives as long as both processes (docs/adr/0008-tls-for-people.md).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import aiofastnet

from folkmoot.servers.front.routing import Decision, Kind, answer, decide
from folkmoot.servers.sockets import Passed, Peer, SocketPasser, pass_directory
from folkmoot.servers.tls.contexts import Contexts
from folkmoot.servers.tls.relay import RelayEnd, join, tcp_pair

HANDSHAKE_LIMIT_S: Final = 10.0
SHUTDOWN_LIMIT_S: Final = 1.0
REQUEST_LIMIT_S: Final = 10.0
RELAYS_MAX: Final = 4_000
FAILING_WAIT_S: Final = 5.0
"""How long a request waits for a web server to come back."""
POLL_S: Final = 0.02

ABSENT: Final = "This server is not running just now. Connect to another one."
NOBODY: Final = "The server is starting or overloaded. Try again in a few seconds."


class Decrypting:
    """The TLS side of one process.

    Shape: `process_id` names who we are in `/s/<id>`; a web server takes all other paths.
    `make_protocol` gives the protocol that serves a connection, plain bytes to plain bytes;
    `on_relayed` is told of connections that are not ours to serve.
    """

    def __init__(
        self,
        contexts: Contexts,
        data: Path,
        process_id: str,
        make_protocol: Callable[[], Any],
        on_relayed: Callable[[asyncio.Transport], None] = lambda _transport: None,
    ) -> None:
        self.contexts = contexts
        self._passer = SocketPasser(pass_directory(data))
        self._process_id = process_id
        self._is_web = process_id.startswith("web-")
        self._make_protocol = make_protocol
        self._on_relayed = on_relayed
        self._loop = asyncio.get_running_loop()
        self._relays: dict[RelayEnd, Kind] = {}
        self._choosing: dict[Chooser, None] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._next_web = 0

    @property
    def relays(self) -> int:
        return len(self._relays)

    @property
    def relayed(self) -> int:
        """How many people are served by another process through this one."""
        return sum(1 for kind in self._relays.values() if kind is Kind.SERVER)

    async def serve(self, accepted: socket.socket) -> asyncio.Transport | None:
        """Does the handshake; the request is waited for afterwards. None when that failed.

        Caller: bounds how many are in their handshake.
        """
        try:
            transport, _protocol = await aiofastnet.connect_accepted_socket(
                self._loop,
                lambda: Chooser(self),
                accepted,
                ssl=self.contexts.current,
                ssl_handshake_timeout=HANDSHAKE_LIMIT_S,
                ssl_shutdown_timeout=SHUTDOWN_LIMIT_S,
            )
        except OSError:
            # The client went away, or does not trust us: its business.
            accepted.close()
            return None
        made: asyncio.Transport = transport
        return made

    def stop(self) -> None:
        """Cuts what is relayed here and what has not said what it wants."""
        for task in list(self._tasks):
            task.cancel()
        transports = [end.transport for end in self._relays]
        transports += [chooser.transport for chooser in self._choosing]
        for transport in transports:
            if transport is not None:
                transport.abort()
        self._passer.close()

    # What choosers tell

    def begun(self, chooser: Chooser) -> None:
        self._choosing[chooser] = None

    def over(self, chooser: Chooser) -> None:
        self._choosing.pop(chooser, None)

    def decided(self, chooser: Chooser, decision: Decision, head: bytes) -> None:
        """The request line is known: serves the connection, relays it, or says why not."""
        transport = chooser.transport
        if transport is None:
            return
        if decision.kind is Kind.REFUSE:
            self._refuse(transport, decision.status, decision.text)
        elif self._is_ours(decision):
            self.over(chooser)
            protocol = self._make_protocol()
            transport.set_protocol(protocol)
            protocol.connection_made(transport)
            _feed(protocol, head)
        elif len(self._relays) + len(self._tasks) >= RELAYS_MAX:
            self._refuse(transport, 503, NOBODY)
        else:
            self._on_relayed(transport)
            transport.pause_reading()
            task = self._loop.create_task(self._relay(chooser, decision, head), name="relay")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _is_ours(self, decision: Decision) -> bool:
        if decision.kind is Kind.WEB:
            return self._is_web
        if decision.kind is Kind.EDITOR:
            return not self._is_web
        return decision.server == self._process_id

    def _refuse(self, transport: asyncio.Transport, status: int, text: str) -> None:
        transport.write(answer(status, text))
        transport.close()

    async def _relay(self, chooser: Chooser, decision: Decision, head: bytes) -> None:
        transport = chooser.transport
        if transport is None:
            return
        try:
            ours, theirs = tcp_pair()
        except OSError:
            # Out of descriptors: others may have some.
            self._refuse(transport, 503, NOBODY)
            return
        with theirs:
            peer = Peer(*chooser.peer, self._process_id)
            taken = await self._pass_on(decision, theirs, peer)
        if not taken or chooser.transport is None:
            ours.close()
            if not transport.is_closing():
                text = NOBODY if decision.kind is Kind.WEB else ABSENT
                self._refuse(transport, 503, text)
            return
        plain, inner = await aiofastnet.connect_accepted_socket(self._loop, RelayEnd, ours)
        outer = Outer(self._relays)
        outer.transport = transport
        join(outer, inner)
        self.over(chooser)
        self._relays[outer] = decision.kind
        transport.set_protocol(outer)
        plain.write(head)
        transport.resume_reading()
        if transport.is_closing():
            outer.connection_lost(None)

    async def _pass_on(self, decision: Decision, theirs: socket.socket, peer: Peer) -> bool:
        """Hands the plain side to the process; a web server may take a moment to come back."""
        give_up_s = self._loop.time() + FAILING_WAIT_S
        while True:
            for receiver in self._receivers(decision):
                if self._passer.send(receiver, theirs, peer) is Passed.TAKEN:
                    return True
            if decision.kind is Kind.SERVER or self._loop.time() >= give_up_s:
                return False
            await asyncio.sleep(POLL_S)

    def _receivers(self, decision: Decision) -> list[str]:
        if decision.kind is Kind.SERVER:
            return [decision.server]
        receivers = self._passer.receivers(decision.roles[0] if decision.roles else "web-")
        self._next_web += 1
        turn = self._next_web % max(1, len(receivers))
        return receivers[turn:] + receivers[:turn]


class Outer(RelayEnd):
    """The encrypted end, which its owner counts."""

    def __init__(self, counted: dict[RelayEnd, Kind]) -> None:
        super().__init__()
        self._counted = counted

    def connection_lost(self, error: Exception | None) -> None:
        self._counted.pop(self, None)
        super().connection_lost(error)


class Chooser(asyncio.Protocol):
    """Reads a decrypted connection up to the end of its request line."""

    def __init__(self, owner: Decrypting) -> None:
        self._owner = owner
        self._head = b""
        self._timer: asyncio.TimerHandle | None = None
        self.transport: asyncio.Transport | None = None
        self.peer: tuple[str, int] = ("", 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        made: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport = made
        peer = made.get_extra_info("peername")
        if isinstance(peer, tuple):
            self.peer = (str(peer[0]), int(peer[1]))
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(REQUEST_LIMIT_S, self._too_late)
        self._owner.begun(self)

    def data_received(self, data: bytes) -> None:
        self._head += data
        if self._timer is None:
            return
        decision = decide(self._head)
        if decision.kind is not Kind.MORE:
            self._timer.cancel()
            self._timer = None
            head, self._head = self._head, b""
            self._owner.decided(self, decision, head)

    def connection_lost(self, error: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.transport = None
        self._owner.over(self)

    def _too_late(self) -> None:
        self._timer = None
        if self.transport is not None:
            self.transport.abort()


def _feed(protocol: Any, data: bytes) -> None:
    """Gives bytes that were read already to a protocol of either kind."""
    if not isinstance(protocol, asyncio.BufferedProtocol):
        protocol.data_received(data)
        return
    while data:
        buffer = memoryview(protocol.get_buffer(len(data)))
        count = min(len(buffer), len(data))
        buffer[:count] = data[:count]
        protocol.buffer_updated(count)
        data = data[count:]
