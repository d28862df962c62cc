"""Faults: what goes wrong in a schedule, and when. All of it ends when the world is healed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from folkmoot.conference.state import LEVEL, LEVEL_FIRST
from folkmoot.simulation.client import SimClient
from folkmoot.simulation.engine import Misfortunes, SimEngine
from folkmoot.simulation.network import FAST_MS, SLOW_MS, Connection
from folkmoot.simulation.server import SimServer
from folkmoot.simulation.server_clients import CONFERENCES
from folkmoot.simulation.world import World

RESTORING_CHANCE: Final = 0.25
BACKUP_MS: Final = (4_000, 38_000)
AGE_MS: Final = (0, 9_000)
STUCK_CHANCE: Final = 0.5


class Faults:
    """Lets random things go wrong, and heals them.

    Shape: each fault takes its own time; `healed` makes those that would still end later harmless.
    """

    def __init__(
        self,
        world: World,
        engine: SimEngine,
        servers: Sequence[SimServer],
        clients: Sequence[SimClient],
    ) -> None:
        self._world = world
        self._engine = engine
        self._servers = servers
        self._clients = clients
        self._healed = False
        self._engine_down = False
        self._stalled: list[Connection] = []
        self._kinds: Final[tuple[Callable[[], None], ...]] = (
            self._crash,
            self._machine_dies,
            self._stops_in_order,
            self._moves_all,
            self._moves_all,
            self._freeze,
            self._freeze,
            self._cut_clients,
            self._stall_client,
            self._engine_restarts,
            self._no_leader,
            self._disk_full,
            self._copies_lost,
            self._acks_lost,
            self._reads_stale,
            self._server_cut_off,
            self._slow_client,
            self._second_page,
            self._second_page,
            self._leaves,
            self._many_leave,
            self._sleeps,
            self._goes,
        )

    def plan(
        self, count: int, first_ms: int, last_ms: int, without: frozenset[int] = frozenset()
    ) -> None:
        """Draws so many faults. Shape: `without` are numbers of those that do not happen."""
        for number in range(count):
            at_ms = self._world.between(first_ms, last_ms)
            kind = self._kinds[self._world.between(0, len(self._kinds) - 1)]
            if number not in without:
                self._world.after(at_ms - self._world.now_ms, kind)

    def heal(self) -> None:
        """Everything works from now on."""
        self._healed = True
        self._world.note("world", "is healed")
        self._engine.misfortunes = Misfortunes()
        self._engine.leader_back()
        self._engine.come_back()
        for server in self._servers:
            if not server.running:
                server.start()
            server.wake()
        for connection in self._stalled:
            connection.release()
        for client in self._clients:
            client.trouble = False
            client.wake()
            client.set_latency(FAST_MS)

    # Helpers

    def _later(self, low_ms: int, high_ms: int, function: Callable[[], None]) -> None:
        def unless_healed() -> None:
            if not self._healed:
                function()

        self._world.after(self._world.between(low_ms, high_ms), unless_healed)

    def _server(self) -> SimServer:
        return self._servers[self._world.between(0, len(self._servers) - 1)]

    def _client(self) -> SimClient:
        return self._clients[self._world.between(0, len(self._clients) - 1)]

    def _note(self, what: str) -> None:
        self._world.note("fault", what)

    # Servers

    def _crash(self) -> None:
        server = self._server()
        if server.running:
            server.crash(told=True)
            self._later(100, 2_000, lambda: self._start(server))

    def _machine_dies(self) -> None:
        server = self._server()
        if server.running:
            server.crash(told=False)
            self._later(1_000, 6_000, lambda: self._start(server))

    def _stops_in_order(self) -> None:
        server = self._server()
        if server.running:
            server.drain()
            life = server.name

            def end() -> None:
                if server.running and server.name == life and not self._healed:
                    server.crash(told=True)
                    self._later(100, 2_000, lambda: self._start(server))

            self._world.after(self._world.between(1, 300), end)

    def _moves_all(self) -> None:
        """Drained: sometimes it ends before all have gone, or soon after."""
        server = self._server()
        if not server.running:
            return
        server.move_all()
        life = server.name

        def end() -> None:
            if server.running and server.name == life and not self._healed:
                server.crash(told=True)
                self._later(100, 2_000, lambda: self._start(server))

        if self._world.chance(0.6):
            self._world.after(self._world.between(1, 6_000), end)

    # Backups

    def plan_restoring(self, dice: random.Random) -> None:
        """In some worlds the zone is restored from a backup that was made a while ago.

        Shape: `dice` of its own, so that all other worlds are what they were.
        """
        if dice.random() < RESTORING_CHANCE:
            backup_ms = dice.randint(*BACKUP_MS)
            dice.randrange(len(self._servers))
            if dice.random() < 0.5:
                return  # these draws stay, so that seeds are the worlds that they were
            restore_ms = backup_ms + dice.randint(*AGE_MS)
            stuck = dice.random() < STUCK_CHANCE
            self._world.after(backup_ms, self._back_up, restore_ms, stuck)

    def _back_up(self, restore_ms: int, stuck: bool) -> None:
        held = {name: len(log) for name, log in self._engine.archive.items()}
        self._note(f"a backup is made of {held}")
        self._world.after(restore_ms - self._world.now_ms, self._restore, held, stuck)

    def _restore(self, held: dict[str, int], stuck: bool) -> None:
        """All processes end: a restored zone has a folder, an engine and processes of its own."""
        if len(held) < len(CONFERENCES) or len(held) < len(self._engine.archive):
            return
        self._note("the zone is restored from the backup")
        self._world.mark("restored")
        for server in self._servers:
            if server.running:
                server.crash(told=self._world.chance(0.7))
        self._engine_down = True
        self._engine.go_down()
        self._engine.restore(held)
        if stuck:
            self._disk_full()
        self._later(200, 2_000, partial(self._restored, stuck))
        for conference in held:
            for _ in range(self._world.between(0, 2)):
                self._later(0, 5_000, partial(self._engine.store_old, conference))

    def _restored(self, stuck: bool) -> None:
        """Where it is `stuck`, people come, are held up, and try another server meanwhile."""
        self._engine_back()
        for server in self._servers:
            self._start(server)
            self._later(0, 3_000, server.wake)
        if stuck:
            self._later(500, 3_000, self._cut_clients)

    # Upgrade

    def plan_upgrade(self) -> None:
        """Two versions side by side, then a higher level.

        In some worlds the zone is raised too early, as the command refuses to: whoever does not
        know the level must then let its rooms go, harmlessly.
        """
        for server in self._servers:
            server.next_knows = server.zone_level = LEVEL_FIRST
        at_ms = 0
        for server in self._servers:
            at_ms += self._world.between(3_000, 12_000)
            self._world.after(at_ms, self._upgrade, server)
        early = self._world.chance(0.3)
        raised_ms = self._world.between(at_ms // 2, at_ms) if early else at_ms + 1_000
        for server in self._servers:
            self._world.after(raised_ms + self._world.between(0, 1_000), self._raise, server)

    def _upgrade(self, server: SimServer) -> None:
        self._note(f"{server.id} gets the new version")
        server.next_knows = LEVEL
        server.move_all()
        life = server.name

        def again() -> None:
            if server.running and server.name == life:
                server.crash(told=True)
                self._world.after(200, self._start, server)

        self._world.after(self._world.between(100, 2_000), again)

    def _raise(self, server: SimServer) -> None:
        self._note(f"{server.id} hears that the zone is raised")
        server.zone_level = LEVEL

    @staticmethod
    def _start(server: SimServer) -> None:
        if not server.running:
            server.start()

    def _freeze(self) -> None:
        server = self._server()
        if not server.running or server.frozen:
            return
        server.freeze()
        if self._world.chance(0.4):
            link = server.link
            self._later(500, 2_000, link.cut)
            self._world.after(8_000, link.restore)
        self._later(300, 7_000, server.wake)

    def _server_cut_off(self) -> None:
        server = self._server()
        if server.running and server.link.up:
            self._note(f"{server.name} is cut off from the engine")
            link = server.link
            link.cut()
            self._later(200, 4_000, link.restore)

    # Clients

    def _cut_clients(self) -> None:
        for client in self._clients:
            if client.connection is not None and self._world.chance(0.5):
                self._note(f"the connection of {client.name} is cut")
                self._world.mark("connection_cut")
                client.connection.cut()

    def _stall_client(self) -> None:
        client = self._client()
        connection = client.connection
        if connection is not None:
            self._note(f"the connection of {client.name} stalls")
            self._world.mark("connection_stalled")
            connection.stall()
            self._stalled.append(connection)
            self._later(1_000, 14_000, connection.release)

    def _slow_client(self) -> None:
        client = self._client()
        self._note(f"{client.name} has a slow link")
        client.set_latency(SLOW_MS)
        self._later(1_000, 8_000, lambda: client.set_latency(FAST_MS))

    def _second_page(self) -> None:
        """Often because the server of the first page does not answer."""
        client = self._client()
        server = next((s for s in self._servers if s.id == client.session.server), None)
        if server is not None and server.running and self._world.chance(0.5):
            server.freeze()
            self._later(300, 4_000, server.wake)
        client.reload(keep_view=self._world.chance(0.5))

    def _leaves(self) -> None:
        self._client().leave()

    def _many_leave(self) -> None:
        """So many that the first are forgotten; some while nobody can tell them of it.

        A server that is cut off meanwhile holds batches from before: they must not revive anybody.
        """
        if self._world.chance(0.5):
            self._server_cut_off()
        for client in self._clients:
            if self._world.chance(0.5):
                self._later(0, 1_500, client.leave)
                self._later(1_500, 3_000, client.leave)
                if self._world.chance(0.3):
                    self._later(0, 1_600, client.sleep)
                    self._later(2_500, 15_000, client.wake)

    def _sleeps(self) -> None:
        client = self._client()
        client.sleep()
        self._later(500, 15_000, client.wake)

    def _goes(self) -> None:
        """One of them may go for good; the others stay to be judged."""
        client = self._clients[0]
        if not client.gone and self._world.chance(0.5):
            client.go()

    # The engine

    def _engine_restarts(self) -> None:
        if self._engine_down:
            return
        self._note("the engine restarts")
        self._world.mark("engine_restarted")
        self._engine_down = True
        self._engine.go_down()
        self._later(200, 2_500, self._engine_back)

    def _engine_back(self) -> None:
        self._engine_down = False
        self._engine.come_back()

    def _no_leader(self) -> None:
        self._note("the log has no leader")
        self._world.mark("leaderless")
        self._engine.misfortunes.leaderless = True
        self._later(500, 6_000, self._engine.leader_back)

    def _disk_full(self) -> None:
        self._note("the disk is full")
        self._engine.misfortunes.full = True
        self._later(500, 5_000, self._disk_has_room)

    def _disk_has_room(self) -> None:
        self._engine.misfortunes.full = False

    def _for_a_while(self, name: str, probability: float) -> None:
        self._note(f"{name} {probability:.1f}")
        setattr(self._engine.misfortunes, name, probability)
        self._later(500, 5_000, lambda: setattr(self._engine.misfortunes, name, 0.0))

    def _copies_lost(self) -> None:
        self._for_a_while("lose_copies", self._world.between(2, 10) / 10)

    def _acks_lost(self) -> None:
        self._for_a_while("lose_acks", self._world.between(3, 10) / 10)

    def _reads_stale(self) -> None:
        self._for_a_while("stale_reads", self._world.between(3, 9) / 10)
