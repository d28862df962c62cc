"""Server: one simulated collaboration server.

A thin shell as the real one is: frames in, the host's effects out, a tick. `server_process` holds
its life, `server_clients` its connections, this file what it does by the clock and for operators.
"""

from __future__ import annotations

from typing import Final

from folkmoot.simulation.digests import Digests
from folkmoot.simulation.engine import SimEngine
from folkmoot.simulation.room import Room
from folkmoot.simulation.server_clients import SimClients
from folkmoot.simulation.server_process import IDLE_MS
from folkmoot.simulation.world import World
from folkmoot.zone.heads import HeadsOutbox

TICK_MS: Final = 100
HEARTBEAT_MS: Final = 250
SUSPECT_MS: Final = 1_000

Heads = list[tuple[str, str, int, str]]


class SimServer(SimClients):
    """Caller: `start`; then faults, and clients by `accept`."""

    def __init__(self, world: World, engine: SimEngine, digests: Digests, id_: str) -> None:
        super().__init__(world, engine, digests, id_)
        self.peers: list[SimServer] = []
        self._idle_ms: dict[str, int] = {}
        self._heard_ms: dict[str, int] = {}
        self._heads = HeadsOutbox()

    def _forget_all(self) -> None:
        super()._forget_all()
        self._idle_ms, self._heard_ms = {}, {}
        self._heads = HeadsOutbox()

    def _begin(self, life: int) -> None:
        self._tick(life)
        self._heartbeat(life)

    # By the operator

    def drain(self) -> None:
        """A planned stop: everyone is sent elsewhere, what is published is waited for."""
        if not self.running or self.frozen:
            return
        self.world.note(self.name, "is asked to stop")
        for room in self.rooms.values():
            if room.ready:
                room.host.close_all("going_away")
                room.flush()

    def move_all(self) -> None:
        """Everyone is sent on, and served until they are attached elsewhere."""
        if not self.running or self.frozen:
            return
        self.world.note(self.name, "sends everyone on")
        fit = [peer.id for peer in self.peers if peer.running and peer is not self]
        for room in self.rooms.values():
            if room.ready:
                for member in [m for m in room.host.members.values() if m.attached]:
                    room.host.move(member, fit, self.world.now_ms)
                room.flush()

    # By the clock

    def _tick(self, life: int) -> None:
        if not self.running or life != self._life:
            return
        self.world.after(TICK_MS, self._tick, life)
        if not self.frozen:
            self._ticked()

    def _ticked(self) -> None:
        now_ms = self.world.now_ms
        alive = {self.name: None}
        for server, heard_ms in self._heard_ms.items():
            if now_ms - heard_ms < SUSPECT_MS:
                alive[server] = None
        paths = sorted(server.partition(".")[0] for server in alive)
        for conference, room in list(self.rooms.items()):
            if room.ready:
                room.tick(alive if self.link.up else {}, paths)
                self._close_if_idle(conference, room)
        self._drop_silent(now_ms)

    def _close_if_idle(self, conference: str, room: Room) -> None:
        host = room.host
        if host.members or host.departures or not host.batcher.idle:
            self._idle_ms[conference] = self.world.now_ms
        elif self.world.now_ms - self._idle_ms.setdefault(conference, self.world.now_ms) > IDLE_MS:
            self.world.mark("closed_idle")
            del self._idle_ms[conference]
            room.end()
            del self.rooms[conference]

    def _drop_silent(self, now_ms: int) -> None:
        for connection in list(self.connections.values()):
            if now_ms - connection.heard_ms <= self.settings.half_open_timeout_ms:
                continue
            self.world.mark("half_open")
            self._gone(connection)

    def _heartbeat(self, life: int) -> None:
        if not self.running or life != self._life:
            return
        self.world.after(HEARTBEAT_MS, self._heartbeat, life)
        if self.frozen:
            return
        moved: Heads = []
        for conference, room in self.rooms.items():
            if room.ready and room.host.moved:
                room.host.moved = False
                replica = room.host.replica
                moved.append(
                    (conference, replica.epoch, replica.sequence, replica.state.digest.hex())
                )
        self._heads.add(self.world.now_ms, moved)
        name, heads = self.name, self._heads.take(self.world.now_ms)
        for peer in self.peers:
            if peer is not self and peer.running and peer.link.up:
                self.link.ask(peer.link.tell, peer.heard, name, heads)

    def heard(self, server: str, heads: Heads) -> None:
        """Another server's heartbeat."""
        self._heard_ms[server] = self.world.now_ms
        for conference, epoch, sequence, digest in heads:
            room = self.rooms.get(conference)
            if room is not None and room.ready and epoch == room.host.replica.epoch:
                room.guarded(room.host.head, sequence, bytes.fromhex(digest), self.world.now_ms)
