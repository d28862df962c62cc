"""Network: connections between clients and servers.

As TCP and WebSocket do: within one direction messages arrive in order and whole; a cut lets some of
those under way arrive and loses the rest; a stalled connection says nothing at all until the stall
ends. Different connections overtake each other freely.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from folkmoot.simulation.world import World

FAST_MS: Final = (1, 12)
SLOW_MS: Final = (300, 1_200)

Item = bytes | None
"""A message, or None: the other end is closed."""


class Pipe:
    """One direction. `sink` gets each item in order, None at most once and last."""

    def __init__(self, world: World, sink: Callable[[Item], None]) -> None:
        self._world = world
        self._sink = sink
        self._items: deque[Item] = deque()
        self._last_ms = 0
        self._held = 0
        self.latency_ms = FAST_MS
        self.stalled = False
        self.ended = False

    def push(self, item: Item) -> None:
        if self.ended:
            return
        self.ended = item is None
        world = self._world
        self._items.append(item)
        self._last_ms = max(self._last_ms, world.now_ms + world.between(*self.latency_ms))
        world.after(self._last_ms - world.now_ms, self._deliver)

    def cut(self, *, told: bool) -> None:
        """Loses a random end of what is under way; the sink hears of it only if `told`."""
        keep = self._world.between(0, len(self._items))
        while len(self._items) > keep:
            self._items.pop()
        self.ended = False
        if told:
            self.push(None)
        self.ended = True

    def release(self) -> None:
        """Ends a stall: what was held back arrives now."""
        self.stalled = False
        held, self._held = self._held, 0
        for _ in range(held):
            self._world.after(1, self._deliver)

    def _deliver(self) -> None:
        if self.stalled:
            self._held += 1
        elif self._items:
            self._sink(self._items.popleft())


class ClientEnd(Protocol):
    def received(self, connection: Connection, item: Item) -> None: ...


class ServerEnd(Protocol):
    def received(self, connection: Connection, item: Item) -> None: ...


class Connection:
    """One accepted connection; `number` is the server's name for it."""

    def __init__(self, world: World, number: int, client: ClientEnd, server: ServerEnd) -> None:
        self.number = number
        self.conference = ""
        self.paused = False
        self.hostile = False
        self.unread: deque[Item] = deque()
        self.heard_ms = self.client_heard_ms = world.now_ms
        self.up = Pipe(world, lambda item: server.received(self, item))
        self.down = Pipe(world, lambda item: client.received(self, item))

    @property
    def under_way(self) -> bool:
        return not (self.up.ended and self.down.ended)

    def cut(self, *, told: bool = True) -> None:
        """The connection breaks; both ends hear of it if `told`, else by their own timeouts."""
        self.up.cut(told=told)
        self.down.cut(told=told)

    def server_gone(self, *, told: bool) -> None:
        """The server's process died. Not `told`: its machine did, and nobody answers."""
        self.up.cut(told=False)
        self.down.cut(told=told)

    def stall(self) -> None:
        self.up.stalled = self.down.stalled = True

    def release(self) -> None:
        self.up.release()
        self.down.release()

    def set_latency(self, latency_ms: tuple[int, int]) -> None:
        self.up.latency_ms = self.down.latency_ms = latency_ms
