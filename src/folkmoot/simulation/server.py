"""Server: one simulated collaboration server.

A thin shell as the real one is: frames in, the host's effects out, a tick. It can crash (a new
incarnation starts later), freeze (everything waits, then happens at once on waking, in an order
that is fair only per source), and lose its connection to the engine.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from folkmoot.apps import all_applications
from folkmoot.conference.application import Applications
from folkmoot.conference.batch import Grant
from folkmoot.conference.replica import Fenced, Outdated
from folkmoot.conference.state import LEVEL
from folkmoot.ports import LogMessage
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
from folkmoot.settings import Settings
from folkmoot.simulation.engine import SimEngine
from folkmoot.simulation.network import Connection, Item
from folkmoot.simulation.room import Room
from folkmoot.simulation.world import Violation, World
from folkmoot.zone.heads import HeadsOutbox

CONFERENCES: Final = ("room-1", "room-2")
HOSTILE: Final = "mallory"
TICK_MS: Final = 100
HEARTBEAT_MS: Final = 250
SUSPECT_MS: Final = 1_000
IDLE_MS: Final = 3_000

SETTINGS: Final = Settings(
    away_grace_ms=1_000,
    snapshot_every_operations=20,
    backlog_batches_max=40,
    replica_idle_ms=IDLE_MS,
)

Heads = list[tuple[str, str, int, str]]
_PONG: Final = join_frames([encode(Pong())])


class Digests:
    """Every digest any server ever had, by conference and sequence (I6)."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, int], tuple[bytes, str]] = {}

    def check(self, conference: str, sequence: int, digest: bytes, server: str) -> None:
        known = self._known.setdefault((conference, sequence), (digest, server))
        if known[0] != digest:
            raise Violation(
                f"I6: {conference} at {sequence}: {server} and {known[1]} have different digests"
            )


class SimServer:
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
        self.peers: list[SimServer] = []
        self.name = ""
        self._digests = digests
        self._life = 0
        self._waiting: dict[object, deque[tuple[Callable[..., None], tuple[Any, ...]]]] = {}
        self._first: dict[int, bytes] = {}
        self._idle_ms: dict[str, int] = {}
        self._heard_ms: dict[str, int] = {}
        self._heads = HeadsOutbox()
        self._numbers = 0

    # Life

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
        self.rooms, self.connections = {}, {}
        self._waiting, self._first, self._idle_ms, self._heard_ms = {}, {}, {}, {}
        self._heads = HeadsOutbox()
        self.link = self.engine.connect(self)
        self.world.note(self.name, "starts")
        self._tick(self._life)
        self._heartbeat(self._life)

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

    # Clients' side

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

    def observed(self, conference: str, sequence: int, digest: bytes) -> None:
        self._digests.check(conference, sequence, digest, self.name)

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


def _bye(name: str) -> bytes:
    code = BY_NAME[name]
    return join_frames([encode(Bye(code.name, code.message, code.reconnect))])
