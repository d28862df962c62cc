"""Collaboration server: connections, the rooms they are in, and the clock that drives them."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable
from typing import Final

import msgspec

from folkmoot.apps import all_applications
from folkmoot.conference.batch import Grant
from folkmoot.conference.replica import Fenced
from folkmoot.engine import Engine
from folkmoot.errors import Refused
from folkmoot.ports import LogUnavailable
from folkmoot.protocol.codes import BY_NAME
from folkmoot.protocol.frames import (
    Bye,
    ClientFrame,
    Get,
    Join,
    LiveSend,
    Operation,
    Ping,
    Pong,
    Resume,
    decode_client,
    encode,
    join_frames,
)
from folkmoot.protocol.limits import PROTOCOL_VERSION, SESSION_LIFETIME_MS
from folkmoot.protocol.position import START, Position
from folkmoot.servers.collaboration.room import Room, now_ms
from folkmoot.servers.doors.tickets import (
    SessionToken,
    sign_session,
    verify_session,
    verify_ticket,
)
from folkmoot.servers.replicas import Unloadable
from folkmoot.servers.websocket import Connection
from folkmoot.settings import Settings
from folkmoot.zone.manager import ZoneManager

log = logging.getLogger(__name__)

TICK_S: Final = 0.05
OPEN_TIMEOUT_S: Final = 10.0
_PONG: Final = join_frames([encode(Pong())])


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
        self._key = key
        self._applications = all_applications()
        self._opening: dict[str, asyncio.Task[Room]] = {}
        self._clients: dict[int, Client] = {}
        self._last_connection = 0
        engine.log.on_reconnect(self._reconnected)
        zone.on_heads(self._heads)

    @property
    def connections(self) -> int:
        return len(self._clients)

    def accept(self, connection: Connection) -> Client | None:
        """A listener for a new connection, or None when this server is full."""
        if len(self._clients) >= self.settings.connections_max:
            return None
        self._last_connection += 1
        client = Client(self, self._last_connection, connection)
        self._clients[client.id] = client
        return client

    def forget(self, client: Client) -> None:
        self._clients.pop(client.id, None)

    def verify(self, frame: Join | Resume) -> tuple[str, str, str, Grant | None]:
        """Conference, session, person, grant. Errors: `Refused`."""
        wall_ms = time.time_ns() // 1_000_000
        if isinstance(frame, Join):
            ticket = verify_ticket(self._key, frame.ticket, wall_ms)
            proof = hashlib.blake2b(frame.nonce.encode(), digest_size=16).hexdigest()
            grant = Grant(ticket.person, ticket.name, ticket.role, proof)
            return ticket.conference, ticket.session, ticket.person, grant
        token = verify_session(self._key, frame.token, wall_ms)
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
            self._sign_session,
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
        return room

    def _sign_session(self, conference: str, session: str, person: str) -> str:
        expires_ms = time.time_ns() // 1_000_000 + SESSION_LIFETIME_MS
        return sign_session(self._key, SessionToken(conference, session, person, expires_ms))

    # The clock and the zone

    async def run(self) -> None:
        """Ticks all rooms until cancelled."""
        heads_at_ms = 0
        while True:
            await asyncio.sleep(TICK_S)
            paths = self._zone.ranked_servers()
            alive: frozenset[str] = frozenset()
            if not self._zone.deaf:
                alive = frozenset(
                    entry.server
                    for entry in self._zone.processes("collaboration")
                    if not entry.suspect
                )
            for room in list(self.rooms.values()):
                if room.fenced is None:
                    room.tick(alive, paths)
            for client in [c for c in self._clients.values() if c.overdue()]:
                client.refuse("not_attached")
            await self._close_idle()
            if now_ms() >= heads_at_ms:
                heads_at_ms = now_ms() + self.settings.heartbeat_interval_ms
                self._tell_heads()

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
            if room.fenced is not None or (room.idle_since_ms < before_ms and not room.connections):
                del self.rooms[conference]
                await room.close()

    async def drain(self, limit_s: float) -> None:
        """Sends everyone to another server and waits for what is being published."""
        for room in self.rooms.values():
            room.host.close_all("going_away")
            room.flush()
        for client in list(self._clients.values()):
            client.refuse("going_away")
        until = time.monotonic() + limit_s
        while time.monotonic() < until and not all(
            room.host.batcher.idle for room in self.rooms.values()
        ):
            await asyncio.sleep(0.01)
        for room in self.rooms.values():
            await room.close()


class Client:
    """One connection, from its first frame to its end (`websocket.Listener`)."""

    def __init__(self, server: CollaborationServer, id_: int, connection: Connection) -> None:
        self.id = id_
        self._server = server
        self._connection = connection
        self._room: Room | None = None
        self._task: asyncio.Task[None] | None = None
        self._due_ms = now_ms() + server.settings.first_frame_timeout_ms
        self._gone = False

    def overdue(self) -> bool:
        """Whether the first frame did not come in time."""
        return self._room is None and self._task is None and now_ms() > self._due_ms

    # Listener

    def message(self, data: bytes) -> None:
        try:
            frame = decode_client(data)
        except (msgspec.DecodeError, RecursionError):
            self.refuse("frame_malformed")
            return
        if isinstance(frame, Ping):
            self._connection.send(_PONG)
        elif isinstance(frame, Join | Resume):
            self._introduced(frame)
        else:
            self._attached_frame(frame)

    def oversize(self) -> None:
        self.refuse("frame_too_large")

    def disconnected(self) -> None:
        self._gone = True
        self._server.forget(self)
        if self._room is not None:
            self._room.connections.pop(self.id, None)
            self._room.host.disconnected(self.id, now_ms())
            self._room.flush_soon()

    # Frames

    def _introduced(self, frame: Join | Resume) -> None:
        """The first frame, or a further try after `attach_refused` on the same connection."""
        if frame.version != PROTOCOL_VERSION:
            self.refuse("version_unsupported")
            return
        try:
            conference, session, person, grant = self._server.verify(frame)
        except Refused as refused:
            self.refuse(refused.code)
            return
        member = self._room.host.members.get(self.id) if self._room else None
        if self._task is not None or (
            member is not None and (member.attached or member.session != session)
        ):
            # A connection never changes its session: re-binding is a known way round a door.
            self.refuse("frame_malformed")
            return

        def attach(room: Room) -> None:
            position = frame.position if isinstance(frame, Resume) else None
            room.host.attach(
                self.id,
                session,
                person,
                frame.generation,
                now_ms(),
                grant=grant,
                position=position,
            )
            room.flush_soon()

        if self._room is not None and member is not None:
            attach(self._room)
        else:
            loop = asyncio.get_running_loop()
            position = frame.position if isinstance(frame, Resume) else START
            self._task = loop.create_task(self._enter(conference, position, attach))

    async def _enter(
        self, conference: str, position: Position, attach: Callable[[Room], None]
    ) -> None:
        try:
            room = await self._server.room(conference)
            if position.epoch == room.host.replica.epoch:
                await room.cover(position.sequence)
        except (Unloadable, Fenced, LogUnavailable) as error:
            log.warning("room %s cannot be opened: %s", conference, error)
            message = str(error) if isinstance(error, Unloadable) else ""
            self.refuse("conference_unavailable", message)
            return
        finally:
            self._task = None
        if self._gone:
            return
        if len(room.connections) >= self._server.settings.participants_max:
            self.refuse("server_busy", "This room is full.")
            return
        self._room = room
        room.connections[self.id] = self._connection
        attach(room)

    def _attached_frame(self, frame: ClientFrame) -> None:
        room = self._room
        member = room.host.members.get(self.id) if room else None
        if room is None or member is None or not member.attached:
            if not self._connection.closing:
                self.refuse("frame_malformed")
            return
        if isinstance(frame, Operation):
            room.ingress.operation(member, frame, now_ms())
        elif isinstance(frame, LiveSend):
            room.ingress.live(member, frame, now_ms())
        elif isinstance(frame, Get):
            room.ingress.get(member, frame)
        room.flush_soon()

    def refuse(self, code: str, message: str = "") -> None:
        """Says why and closes."""
        room = self._room
        member = room.host.members.get(self.id) if room else None
        if room is not None and member is not None:
            room.host.close(member, code, message=message)
            # At once: whoever asked for it may cut the connection when this returns.
            room.flush()
            return
        told = BY_NAME[code]
        bye = Bye(code, message or told.message, told.reconnect)
        self._connection.send(join_frames([encode(bye)]))
        self._connection.close(told.close, code)
