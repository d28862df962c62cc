"""Clients' side of a simulated server: connections, their first frames, and what is refused.

A thin shell as the real one is (`servers/collaboration/clients.py`).
"""

from __future__ import annotations

from typing import Final

from folkmoot.conference.batch import Grant
from folkmoot.conference.replica import Fenced, Outdated
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
from folkmoot.protocol.reading import UNREADABLE
from folkmoot.servers.collaboration.member import Member
from folkmoot.simulation.digests import Digests
from folkmoot.simulation.engine import SimEngine
from folkmoot.simulation.network import Connection, Item
from folkmoot.simulation.room import Room
from folkmoot.simulation.server_process import SimProcess
from folkmoot.simulation.world import Violation, World

CONFERENCES: Final = ("room-1", "room-2")
_PONG: Final = join_frames([encode(Pong())])


class SimClients(SimProcess):
    """What clients say to one process, and what its rooms say to them."""

    def __init__(self, world: World, engine: SimEngine, digests: Digests, id_: str) -> None:
        super().__init__(world, engine, digests, id_)
        self._first: dict[int, bytes] = {}
        self._numbers = 0

    def _forget_all(self) -> None:
        self._first = {}

    def next_connection(self) -> int:
        self._numbers += 1
        return self._numbers

    def accept(self, connection: Connection) -> None:
        """A new connection, handed over by a front door."""
        connection.heard_ms = self.world.now_ms
        self.connections[connection.number] = connection

    def received(self, connection: Connection, item: Item) -> None:
        if self.connections.get(connection.number) is connection:
            self.input(connection.number, self._received, connection, item)

    def _received(self, connection: Connection, item: Item) -> None:
        if connection.paused and item is not None:
            connection.unread.append(item)
            return
        if self.connections.get(connection.number) is not connection:
            return
        if item is None:
            self._gone(connection)
            return
        connection.heard_ms = self.world.now_ms
        self._frame(connection, item)

    def _gone(self, connection: Connection) -> None:
        del self.connections[connection.number]
        self._first.pop(connection.number, None)
        connection.down.push(None)
        room = self.rooms.get(connection.conference)
        if room is not None and room.ready:
            room.host.disconnected(connection.number, self.world.now_ms)

    def _frame(self, connection: Connection, data: bytes) -> None:
        try:
            frame = decode_client(data)
        except UNREADABLE:
            self._refuse(connection, "frame_malformed")
            return
        if isinstance(frame, Ping):
            connection.down.push(_PONG)
        elif isinstance(frame, Join | Resume):
            self._introduced(connection, frame, data)
        else:
            self._said(connection, frame)

    def _introduced(self, connection: Connection, frame: Join | Resume, data: bytes) -> None:
        secret = frame.ticket if isinstance(frame, Join) else frame.token
        words = secret.split()
        if len(words) != (4 if isinstance(frame, Join) else 3) or words[0] not in CONFERENCES:
            self._refuse(connection, "token_invalid")
            return
        if self._rebinds(connection, words[0], words[1]):
            self._refuse(connection, "frame_malformed")
            return
        conference = connection.conference = words[0]
        room = self.rooms.get(conference)
        if room is None:
            room = self.rooms[conference] = Room(self, conference)
            room.load()
        if not room.ready:
            self._first[connection.number] = data
            return
        now_ms = self.world.now_ms
        _, session, person, *roles = words
        grant = resume = None
        if isinstance(frame, Join):
            grant = Grant(person, person, roles[0], frame.nonce)
        else:
            resume = frame
        room.host.attach(
            connection.number,
            session,
            person,
            frame.generation,
            now_ms,
            grant=grant,
            resume=resume,
            revision=frame.revision,
        )

    def _said(self, connection: Connection, frame: ClientFrame) -> None:
        room = self.rooms.get(connection.conference)
        member = room.host.members.get(connection.number) if room and room.ready else None
        if connection.hostile and not self._in_turn(connection, member, frame):
            return
        if room is None or member is None or not isinstance(frame, Operation):
            return
        if member.early:
            self.world.mark("sent_early")
            if not member.waiting:
                return  # its attachment was refused just now
        elif not member.attached:
            raise Violation(f"{member.session} sent an operation before its welcome")
        room.ingress.operation(member, frame, self.world.now_ms)

    # What no client of ours sends

    def _refuse(self, connection: Connection, code: str) -> None:
        """As the real server does: says why and closes. One of ours is never refused so."""
        if not connection.hostile:
            raise Violation(f"a client of ours was refused with {code}")
        self.world.mark("hostile_refused")
        room = self.rooms.get(connection.conference)
        member = room.host.members.get(connection.number) if room and room.ready else None
        if room is not None and member is not None:
            room.host.close(member, code)
        elif connection.number in self.connections:
            self.send(connection.number, _bye(code))
            self._gone(connection)

    def _rebinds(self, connection: Connection, conference: str, session: str) -> bool:
        """Whether a connection that has a session asks for another one, or once more."""
        room = self.rooms.get(connection.conference)
        if connection.number in self._first and not (room is not None and room.ready):
            return connection.hostile
        member = room.host.members.get(connection.number) if room and room.ready else None
        if member is None:
            return False
        return member.attached or member.session != session or conference != connection.conference

    def _in_turn(self, connection: Connection, member: Member | None, frame: ClientFrame) -> bool:
        """Refuses what comes before the welcome; queries and live messages go to the real code."""
        if member is not None and member.early:
            return True
        if member is None or not member.attached:
            if member is not None or connection.number in self._first:
                self._refuse(connection, "frame_malformed")
            return False
        room = self.rooms[connection.conference]
        if isinstance(frame, LiveSend):
            room.ingress.live(member, frame, self.world.now_ms)
        elif isinstance(frame, Get):
            room.ingress.get(member, frame, self.world.now_ms)
        return True

    # What rooms ask

    def room_ready(self, room: Room) -> None:
        for number, data in list(self._first.items()):
            connection = self.connections.get(number)
            if connection is None:
                del self._first[number]
            elif connection.conference == room.conference:
                del self._first[number]
                self._frame(connection, data)

    def room_fenced(self, room: Room, fenced: Fenced) -> None:
        outdated = isinstance(fenced, Outdated)
        self.world.mark("outdated" if outdated else "fenced")
        self.world.note(self.name, f"fences {fenced}")
        code = "server_outdated" if outdated else "conference_unavailable"
        if room.ready:
            room.host.close_all(code)
            room.flush()
        room.end()
        self.rooms.pop(room.conference, None)
        for number, connection in list(self.connections.items()):
            if connection.conference == room.conference:
                self._first.pop(number, None)
                self.send(number, _bye(code))
                self.close(number, 0)

    def send(self, connection: int, data: bytes) -> None:
        known = self.connections.get(connection)
        if known is not None:
            known.down.push(data)

    def close(self, connection: int, code: int) -> None:
        known = self.connections.pop(connection, None)
        if known is not None:
            known.down.push(None)

    def set_reading(self, connection: int, *, reading: bool) -> None:
        known = self.connections.get(connection)
        if known is None:
            return
        known.paused = not reading
        self.world.mark("reading_resumed" if reading else "reading_paused")
        while known.unread and not known.paused:
            self._received(known, known.unread.popleft())


def _bye(name: str) -> bytes:
    code = BY_NAME[name]
    return join_frames([encode(Bye(code.name, code.message, code.reconnect))])
