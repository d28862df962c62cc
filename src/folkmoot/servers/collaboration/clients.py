"""Client: one connection of a collaboration server, from its first frame to its end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol

from folkmoot.conference.batch import Grant
from folkmoot.conference.replica import Fenced
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
    Standby,
    decode_client,
    encode,
    join_frames,
)
from folkmoot.protocol.limits import PROTOCOL_VERSION
from folkmoot.protocol.position import START, Position
from folkmoot.protocol.reading import UNREADABLE
from folkmoot.servers.collaboration.room import Room, now_ms, refusal_of
from folkmoot.servers.replicas import Unloadable
from folkmoot.servers.websocket import Connection
from folkmoot.settings import Settings

log = logging.getLogger(__name__)


class Server(Protocol):
    """What a connection needs of its server."""

    settings: Settings

    def verify(self, frame: Join | Resume | Standby) -> tuple[str, str, str, Grant | None]: ...

    def room(self, conference: str) -> Awaitable[Room]: ...

    def forget(self, client: Client) -> None: ...


class Client:
    """One connection (`websocket.Listener`)."""

    def __init__(self, server: Server, id_: int, connection: Connection) -> None:
        self.id = id_
        self._server = server
        self._connection = connection
        self._room: Room | None = None
        self._task: asyncio.Task[None] | None = None
        self._due_ms = now_ms() + server.settings.first_frame_timeout_ms
        self._standby_of = ""
        self._standby_task: asyncio.Task[None] | None = None
        self._gone = False

    def overdue(self) -> bool:
        """Whether the first frame did not come in time."""
        return self._room is None and self._task is None and now_ms() > self._due_ms

    # Listener

    def message(self, data: bytes) -> None:
        try:
            frame = decode_client(data)
        except UNREADABLE:
            self.refuse("frame_malformed")
            return
        if isinstance(frame, Ping):
            self._connection.send(join_frames([encode(self._pong(frame))]))
        elif isinstance(frame, Join | Resume):
            self._introduced(frame)
        elif isinstance(frame, Standby):
            self._stands_by(frame)
        else:
            self._attached_frame(frame)

    def _pong(self, ping: Ping) -> Pong:
        if self._room is None:
            return Pong(ping.nonce)
        host = self._room.host
        return Pong(ping.nonce, host.replica.sequence, host.clock.at(now_ms()))

    def oversize(self) -> None:
        self.refuse("frame_too_large")

    def disconnected(self) -> None:
        self._gone = True
        self._server.forget(self)
        if self._room is not None:
            self._room.standbys.remove(self.id)
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
        under_way = self._task is not None and self._task is not self._standby_task
        if (
            under_way
            or (member is not None and (member.attached or member.session != session))
            or (self._standby_of not in ("", session))
        ):
            # A connection never changes its session: re-binding is a known way round a door.
            self.refuse("frame_malformed")
            return
        if self._task is not None:
            # A standby is needed before its room is open here: it waits for that as a resume.
            self._task.cancel()

        def attach(room: Room) -> None:
            room.standbys.remove(self.id)
            room.connections[self.id] = self._connection
            room.host.attach(
                self.id,
                session,
                person,
                frame.generation,
                now_ms(),
                grant=grant,
                resume=frame if isinstance(frame, Resume) else None,
                revision=frame.revision,
            )
            room.flush_soon()

        if self._room is not None and member is not None:
            attach(self._room)
        else:
            loop = asyncio.get_running_loop()
            position = frame.position if isinstance(frame, Resume) else START
            self._task = loop.create_task(self._enter(conference, position, attach))

    def _stands_by(self, frame: Standby) -> None:
        """A second connection that waits; its session is attached elsewhere."""
        if frame.version != PROTOCOL_VERSION:
            self.refuse("version_unsupported")
            return
        try:
            conference, session, _, _ = self._server.verify(frame)
        except Refused as refused:
            self.refuse(refused.code)
            return
        if self._room is not None or self._task is not None:
            self.refuse("frame_malformed")
            return
        self._standby_of = session

        def wait(room: Room) -> None:
            room.standbys.add(self.id, self._connection, session)

        loop = asyncio.get_running_loop()
        self._task = loop.create_task(self._enter(conference, START, wait))
        self._standby_task = self._task

    async def _enter(
        self, conference: str, position: Position, enter: Callable[[Room], None]
    ) -> None:
        try:
            room = await self._server.room(conference)
            if position.epoch == room.host.replica.epoch:
                await room.cover(position.sequence)
        except (Unloadable, Fenced, LogUnavailable) as error:
            log.warning("room %s cannot be opened: %s", conference, error)
            message = str(error) if isinstance(error, Unloadable) else ""
            self.refuse(refusal_of(error), message)
            return
        finally:
            if self._task is asyncio.current_task():
                self._task = None
        if self._gone:
            return
        if room.over:
            # It ended while we waited: whoever came in now would wait for an answer for ever.
            self.refuse(refusal_of(room.fenced) if room.fenced else "conference_unavailable")
            return
        if len(room.connections) >= self._server.settings.participants_max:
            self.refuse("server_busy", "This room is full.")
            return
        self._room = room
        enter(room)

    def _attached_frame(self, frame: ClientFrame) -> None:
        room = self._room
        member = room.host.members.get(self.id) if room else None
        early = member is not None and member.early and isinstance(frame, Operation)
        if early and member is not None and not member.waiting:
            return  # its attachment was refused just now: it comes again, and sends again
        if room is None or member is None or not (member.attached or early):
            # Of one that was just closed, something may still come in the same turn of the loop.
            closed = room is not None and member is None and self.id not in room.standbys.waiting
            if not closed and not self._connection.closing:
                self.refuse("frame_malformed")
            return
        if isinstance(frame, Operation):
            room.ingress.operation(member, frame, now_ms())
        elif isinstance(frame, LiveSend):
            room.ingress.live(member, frame, now_ms())
        elif isinstance(frame, Get):
            room.ingress.get(member, frame, now_ms())
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
