"""Process: the life of one simulated collaboration server, and what reaches it from the engine.

It can crash (a new incarnation starts later), freeze (everything waits, then happens at once on
waking, in an order that is fair only per source), and lose its connection to the engine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from folkmoot.apps import all_applications
from folkmoot.conference.application import Applications
from folkmoot.conference.state import LEVEL
from folkmoot.ports import LogMessage
from folkmoot.settings import Settings
from folkmoot.simulation.digests import Digests
from folkmoot.simulation.engine import SimEngine
from folkmoot.simulation.network import Connection
from folkmoot.simulation.room import Room
from folkmoot.simulation.world import World

IDLE_MS: Final = 3_000

SETTINGS: Final = Settings(
    away_grace_ms=1_000,
    snapshot_every_operations=20,
    backlog_batches_max=40,
    replica_idle_ms=IDLE_MS,
)


class SimProcess:
    """One process slot; each start makes a new incarnation."""

    def __init__(self, world: World, engine: SimEngine, digests: Digests, id_: str) -> None:
        self.world = world
        self.engine = engine
        self.id = id_
        self.settings = SETTINGS
        self.next_knows = LEVEL
        self.zone_level = LEVEL
        self._run_version()
        self.running = False
        self.frozen = False
        self.silent = False
        self.rooms: dict[str, Room] = {}
        self.connections: dict[int, Connection] = {}
        self.name = ""
        self._digests = digests
        self._life = 0
        self._waiting: dict[object, deque[tuple[Callable[..., None], tuple[Any, ...]]]] = {}

    def _run_version(self) -> None:
        """The code that is installed just now, as a process has it from its start to its end."""
        self.knows = self.next_knows
        known = all_applications()
        self.applications: Applications = {
            name: app for name, app in known.items() if app.since <= self.knows
        }

    def start(self) -> None:
        self._run_version()
        self._life += 1
        self.name = f"{self.id}.{self._life:x}"
        self.running, self.frozen, self.silent = True, False, False
        self.rooms, self.connections, self._waiting = {}, {}, {}
        self._forget_all()
        self.link = self.engine.connect(self)
        self.world.note(self.name, "starts")
        self._begin(self._life)

    def _forget_all(self) -> None:
        """What a new process does not know of the one before it."""

    def _begin(self, life: int) -> None:
        """What a process does again and again, until its life ends."""

    def crash(self, *, told: bool) -> None:
        """The process dies; clients hear of it at once only if `told`."""
        self.world.note(self.name, "crashes" + ("" if told else " with its machine"))
        self.world.mark("crashed")
        self.running, self.silent = False, not told
        self.engine.disconnect(self)
        for room in self.rooms.values():
            room.end()
        for connection in self.connections.values():
            connection.server_gone(told=told)
        self.rooms, self.connections = {}, {}

    def freeze(self) -> None:
        self.world.note(self.name, "freezes")
        self.frozen = True

    def wake(self) -> None:
        """Everything that waited happens now; sources take random turns."""
        if not self.frozen:
            return
        self.world.note(self.name, "wakes")
        self.world.mark("woke")
        self.frozen = False
        waiting, self._waiting = self._waiting, {}
        while waiting:
            sources = list(waiting)
            source = sources[self.world.between(0, len(sources) - 1)]
            function, arguments = waiting[source].popleft()
            if not waiting[source]:
                del waiting[source]
            self._run(function, arguments)

    def input(self, source: object, function: Callable[..., None], *arguments: Any) -> None:
        """Anything that reaches this process."""
        if not self.running:
            return
        if self.frozen:
            self._waiting.setdefault(source, deque()).append((function, arguments))
            return
        self._run(function, arguments)

    def _run(self, function: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        function(*arguments)
        for room in list(self.rooms.values()):
            room.flush()

    # The engine's side

    def from_engine(self, function: Callable[..., None], *arguments: Any) -> None:
        life = self._life
        self.input("engine", lambda: function(*arguments) if life == self._life else None)

    def republished(self, conference: str, message: LogMessage) -> None:
        room = self.rooms.get(conference)
        if room is not None:
            room.republished(message)

    def reconnected(self) -> None:
        self.world.mark("engine_reconnected")
        for room in list(self.rooms.values()):
            if room.ready:
                room.guarded(room.host.reconnected, self.world.now_ms)

    def observed(self, conference: str, sequence: int, digest: bytes) -> None:
        self._digests.check(conference, sequence, digest, self.name)
