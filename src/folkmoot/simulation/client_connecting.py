"""Connecting: how a simulated participant comes to a server, and keeps its connection.

Does what the real shells do: tries one server after the other, later and later, and takes one that
is silent for dead.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from folkmoot.client.session import ClientSession
from folkmoot.protocol.limits import KEEPALIVE_INTERVAL_MS, KEEPALIVE_TIMEOUT_MS
from folkmoot.simulation.network import FAST_MS, Connection, Item
from folkmoot.simulation.server import SimServer
from folkmoot.simulation.world import World

CONNECT_TIMEOUT_MS: Final = 1_500
RETRY_BASE_MS: Final = 100
RETRY_MAX_MS: Final = 5_000
DOUBT_CHANCE: Final = 0.15
EARLY_CUT_CHANCE: Final = 0.06
EARLY_CUT_MS: Final = 30


class Connecting:
    """One connection at a time, but while the session moves (`client_moves`)."""

    def __init__(
        self, world: World, servers: Sequence[SimServer], name: str, conference: str
    ) -> None:
        self.world = world
        self.name = name
        self.conference = conference
        self.session: ClientSession
        self.connection: Connection | None = None
        self.asleep = False
        self.gone = False
        self.trouble = True
        self._servers = {server.id: server for server in servers}
        self._paths = list(self._servers)
        world.random.shuffle(self._paths)
        self._attempt = 0
        self._try = 0
        self._latency_ms = FAST_MS

    def received(self, connection: Connection, item: Item) -> None:
        """What comes on any connection of this participant."""
        raise NotImplementedError

    def _doubt(self) -> None:
        raise NotImplementedError

    def _leave_target(self) -> None:
        raise NotImplementedError

    def set_latency(self, latency_ms: tuple[int, int]) -> None:
        self._latency_ms = latency_ms
        if self.connection is not None:
            self.connection.set_latency(latency_ms)

    def _connect_soon(self, delay_ms: int) -> None:
        self._try += 1
        self.world.after(delay_ms, self._connect, self._try)

    def _connect(self, attempt: int) -> None:
        if attempt != self._try or self.gone or self.asleep:
            return
        self.world.after(self.world.between(*self._latency_ms), self._reach, attempt)

    def _reach(self, attempt: int) -> None:
        if attempt != self._try or self.gone or self.asleep:
            return
        server = self._servers[self._paths[0]]
        if not server.running or server.frozen:
            wait_ms = CONNECT_TIMEOUT_MS if server.frozen or server.silent else 1
            self.world.after(wait_ms, self._failed, attempt)
            return
        connection = Connection(self.world, server.next_connection(), self, server)
        connection.set_latency(self._latency_ms)
        self.connection = connection
        server.accept(connection)
        if self.trouble and self.world.chance(EARLY_CUT_CHANCE):
            self.world.after(self.world.between(1, EARLY_CUT_MS), connection.cut)
        self.session.opened()
        self._flush()

    def _failed(self, attempt: int) -> None:
        if attempt == self._try:
            self._retry()

    def _retry(self) -> None:
        self._paths = self._paths[1:] + self._paths[:1]
        limit_ms = 30 if self._attempt < 2 else RETRY_BASE_MS * 2**self._attempt
        self._attempt = min(self._attempt + 1, 6)
        self._connect_soon(self.world.between(0, min(RETRY_MAX_MS, limit_ms)))

    def _drop(self) -> None:
        """Forgets the connection without a word to the server."""
        self.connection = None
        self._leave_target()
        self.session.lost()

    def _hang_up(self) -> None:
        if self.connection is not None:
            self.connection.up.push(None)
            self._drop()

    def _flush(self) -> None:
        messages = self.session.take_outgoing()
        if self.connection is not None:
            for message in messages:
                self.connection.up.push(message)

    def _keep_alive(self) -> None:
        if self.gone:
            return
        self.world.after(KEEPALIVE_INTERVAL_MS, self._keep_alive)
        connection = self.connection
        if connection is None:
            return
        silent_ms = self.world.now_ms - connection.client_heard_ms
        if silent_ms > KEEPALIVE_INTERVAL_MS + KEEPALIVE_TIMEOUT_MS:
            self.world.note(self.name, "finds its connection silent")
            connection.up.push(None)
            self._drop()
            self._retry()
        else:
            if self.trouble and self.world.chance(DOUBT_CHANCE):
                self._doubt()
            self.session.ping()
            self._flush()
