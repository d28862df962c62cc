"""Collaboration server: connections, the rooms they are in, and the clock that drives them."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from typing import Final

from folkmoot.apps import all_applications
from folkmoot.conference.batch import Grant
from folkmoot.conference.state import LEVEL_FIRST
from folkmoot.engine import Engine
from folkmoot.ports import LogUnavailable
from folkmoot.protocol.frames import Join, Resume, Standby
from folkmoot.pulse import Pulse
from folkmoot.servers.applications.work import services_away
from folkmoot.servers.collaboration.clients import Client
from folkmoot.servers.collaboration.parts import Parts
from folkmoot.servers.collaboration.room import Room, now_ms
from folkmoot.servers.collaboration.signing import Signer
from folkmoot.servers.doors.rooms import Rooms
from folkmoot.servers.doors.tickets import (
    SessionToken,
    Ticket,
)
from folkmoot.servers.gateway.connections import EditorConnection, connection_for
from folkmoot.servers.gateway.ends import End
from folkmoot.servers.websocket import Connection, Listener
from folkmoot.servers.websocket_connection import is_editor
from folkmoot.settings import Settings
from folkmoot.zone.manager import ZoneManager

log = logging.getLogger(__name__)

TICK_S: Final = 0.05
REST_S: Final = 0.25
"""Between two ticks while nobody is here."""

OPEN_TIMEOUT_S: Final = 10.0


class CollaborationServer:
    """All rooms and connections of this process.

    Caller: `accept` for each new connection; `run` until cancelled; `drain` before the end.
    """

    def __init__(
        self, engine: Engine, zone: ZoneManager, server: str, settings: Settings, key: bytes
    ) -> None:
        self.settings = settings
        self.rooms: dict[str, Room] = {}
        self._engine = engine
        self._zone = zone
        self._server = server
        self.key = key
        self.rooms_by_slug = Rooms(engine.bucket("rooms"), zone.wall_ms)
        self._signer = Signer(key, zone.wall_ms)
        self._parts = Parts(engine.objects)
        self._applications = all_applications()
        self.zone_level: Callable[[], int] = lambda: LEVEL_FIRST
        self._opening: dict[str, asyncio.Task[Room]] = {}
        self._clients: dict[int, Client] = {}
        self._editors: dict[EditorConnection, None] = {}
        self._last_connection = 0
        engine.log.on_reconnect(self._reconnected)
        zone.on_heads(self._heads)
        self._seen: tuple[frozenset[str], list[str]] | None = None
        self._seen_deaf = True
        self._pulse = Pulse()
        zone.on_change(self._zone_changed)

    @property
    def _empty(self) -> bool:
        return not (self.rooms or self._clients or self._editors)

    @property
    def connections(self) -> int:
        return len(self._clients) + len(self._editors)

    def accept(self, connection: Connection) -> Listener | None:
        """A listener for a new connection, or None when this server is full."""
        if self.connections >= self.settings.connections_max:
            return None
        if is_editor(connection.path):
            editor = connection_for(self, connection)
            self._editors[editor] = None
            return editor
        self._last_connection += 1
        client = Client(self, self._last_connection, connection)
        self._clients[client.id] = client
        return client

    def forget(self, client: Client) -> None:
        self._clients.pop(client.id, None)

    def forget_editor(self, connection: EditorConnection) -> None:
        self._editors.pop(connection, None)

    def wall_ms(self) -> int:
        """The zone's time, by which tickets and tokens expire."""
        return self._zone.wall_ms()

    def next_channel(self) -> int:
        self._last_connection += 1
        return self._last_connection

    def verify(self, frame: Join | Resume | Standby) -> tuple[str, str, str, Grant | None]:
        """Conference, session, person, grant. Errors: `Refused`."""
        wall_ms = self.wall_ms()
        if isinstance(frame, Join):
            ticket = Ticket.verify(self.key, frame.ticket, wall_ms)
            proof = hashlib.blake2b(frame.nonce.encode(), digest_size=16).hexdigest()
            grant = Grant(
                ticket.person,
                ticket.name,
                ticket.role,
                proof,
                ticket.device,
                ticket.address,
                ticket.passcode,
                ticket.invited,
                ticket.plan,
            )
            return ticket.conference, ticket.session, ticket.person, grant
        token = SessionToken.verify(self.key, frame.token, wall_ms)
        return token.conference, token.session, token.person, None

    async def room(self, conference: str) -> Room:
        """The open room, opened if need be. Errors: `Unloadable`, `Fenced`, `LogUnavailable`."""
        room = self.rooms.get(conference)
        if room is not None and room.fenced is None:
            return room
        task = self._opening.get(conference)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._open(conference))
            self._opening[conference] = task
            task.add_done_callback(lambda _: self._opening.pop(conference, None))
        return await asyncio.shield(task)

    async def _open(self, conference: str) -> Room:
        old = self.rooms.pop(conference, None)
        if old is not None:
            await old.close()
        room = Room(
            self._engine,
            conference,
            self._server,
            self._applications,
            self.settings,
            self._signer,
            self.zone_level(),
            self._parts,
        )
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_S):
                await room.open()
        except TimeoutError as error:
            await room.close()
            raise LogUnavailable("the room could not be read in time") from error
        except BaseException:
            await room.close()
            raise
        self.rooms[conference] = room
        self._tick(conference, room)
        return room

    # The clock and the zone

    async def run(self) -> None:
        """Ticks all rooms until cancelled."""
        heads_at_ms = 0
        while True:
            await self._pulse.wait(REST_S if self._empty else TICK_S)
            # Who is alive changed: then nobody rests.
            changed, at_ms = self._seen is None, now_ms()
            for conference, room in list(self.rooms.items()):
                if changed or not room.rests(at_ms):
                    self._tick(conference, room)
            for client in [c for c in self._clients.values() if c.overdue()]:
                client.refuse("not_attached")
            for editor in [e for e in self._editors if e.overdue()]:
                editor.refuse("not_attached")
            await self._close_idle()
            if now_ms() >= heads_at_ms:
                heads_at_ms = now_ms() + self.settings.heartbeat_interval_ms
                self._tell_heads()

    def _tick(self, conference: str, room: Room) -> None:
        if room.fenced is None:
            alive, away = self._around()
            paths = self._zone.ranked_servers(conference)
            room.tick(alive, paths, away, self.zone_level(), self.wall_ms())

    def _around(self) -> tuple[frozenset[str], list[str]]:
        """The collaboration servers that are alive, and the services that are away."""
        if self._seen is None or self._seen_deaf != self._zone.deaf:
            self._seen_deaf = self._zone.deaf
            alive: frozenset[str] = frozenset()
            if not self._seen_deaf:
                alive = frozenset(
                    entry.server
                    for entry in self._zone.processes("collaboration")
                    if not entry.suspect
                )
            self._seen = alive, services_away(self._zone)
        return self._seen

    def _zone_changed(self) -> None:
        """Who is alive changed: clients of the dead are told at once."""
        self._seen = None
        self._pulse.wake()

    def _tell_heads(self) -> None:
        heads = []
        for conference, room in self.rooms.items():
            if room.host.moved:
                room.host.moved = False
                replica = room.host.replica
                digest = replica.state.digest.hex()
                heads.append((conference, replica.epoch, replica.sequence, digest))
        self._zone.add_heads(heads)

    def _heads(self, heads: list[tuple[str, str, int, str]]) -> None:
        for conference, epoch, sequence, digest in heads:
            room = self.rooms.get(conference)
            if room is not None:
                room.head(epoch, sequence, digest)

    def _reconnected(self) -> None:
        for room in self.rooms.values():
            room.reconnected()

    async def _close_idle(self) -> None:
        before_ms = now_ms() - self.settings.replica_idle_ms
        for conference, room in list(self.rooms.items()):
            # Since the last tick somebody may have come.
            if room.fenced is not None or (room.idle_since_ms < before_ms and not room.used):
                del self.rooms[conference]
                await room.close()

    async def drain(self, limit_s: float) -> None:
        """Sends everyone to another server and waits for what is being published."""
        for room in self.rooms.values():
            room.host.close_all("going_away")
            room.desk.close_all(End.GOING_AWAY)
            room.flush()
        for client in list(self._clients.values()):
            client.refuse("going_away")
        for editor in list(self._editors):
            editor.refuse("going_away")
        until = time.monotonic() + limit_s
        while time.monotonic() < until and not all(
            room.host.batcher.idle for room in self.rooms.values()
        ):
            await asyncio.sleep(0.01)
        for room in self.rooms.values():
            await room.close()
