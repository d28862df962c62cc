"""Client: one simulated participant around the real client session.

Does what the real shells do: keeps trying servers, keeps the connection alive, keeps its session's
unacknowledged operations over a reload of its page, joins anew after its session was closed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import msgspec

from folkmoot.client.session import (
    Arrived,
    Broken,
    ClientSession,
    Decided,
    Ended,
    Notice,
    Welcomed,
)
from folkmoot.client.state import ConferenceView
from folkmoot.protocol.frames import Move, Operation, Servers
from folkmoot.protocol.limits import KEEPALIVE_INTERVAL_MS, KEEPALIVE_TIMEOUT_MS
from folkmoot.protocol.position import START
from folkmoot.simulation.network import FAST_MS, Connection, Item
from folkmoot.simulation.server import SimServer
from folkmoot.simulation.witness import OPEN, Wish, Witness
from folkmoot.simulation.world import Violation, World

CONNECT_TIMEOUT_MS: Final = 1_500
RETRY_BASE_MS: Final = 100
RETRY_MAX_MS: Final = 5_000
MOVE_MS: Final = 4_000
DOUBT_MS: Final = 1_000
DOUBT_CHANCE: Final = 0.15
EARLY_CUT_CHANCE: Final = 0.06
EARLY_CUT_MS: Final = 30


class SimClient:
    """Caller: `start`, then `want` operations; `witness` is for the checkers."""

    def __init__(
        self, world: World, servers: Sequence[SimServer], name: str, conference: str
    ) -> None:
        self.world = world
        self.name = name
        self.conference = conference
        self.witness = Witness(world, name)
        self.session: ClientSession
        self.connection: Connection | None = None
        self.asleep = False
        self.gone = False
        self.trouble = True
        self._servers = {server.id: server for server in servers}
        self._paths = list(self._servers)
        world.random.shuffle(self._paths)
        self._sessions = 0
        self._haunted = 0
        self._unsaid: list[tuple[Wish, object]] | None = None
        self._ghosts: dict[int, tuple[Connection, ClientSession]] = {}
        self._attempt = 0
        self._try = 0
        self._latency_ms = FAST_MS
        self._target: Connection | None = None
        self._told: list[bytes] = []
        self._heard = 0
        self._heard_when_asked: int | None = None

    @property
    def view(self) -> ConferenceView:
        """What the participant sees."""
        return self.witness.view

    @property
    def settled(self) -> bool:
        """Attached, and nothing without an outcome."""
        return self.session.attached and not self.session.unacknowledged and not self._unsaid

    def start(self) -> None:
        self._new_session()
        self._connect_soon(0)
        self._keep_alive()

    # What the participant does

    def want(self, app: str, type_: str, argument: str, body: object) -> None:
        if self.gone:
            return
        wish = self.witness.wish(app, type_, argument)
        if self._unsaid is not None:
            self._unsaid.append((wish, body))
            return
        self._submit(wish, body)
        self._flush()

    def leave(self) -> None:
        """Leaves for good; joins anew under a new session when that is known."""
        self.want("roster", "leave", "", {})

    def go(self) -> None:
        """Closes the page and never comes back."""
        self.world.note(self.name, "goes away for good")
        self.gone = True
        self._hang_up()

    def sleep(self) -> None:
        """The laptop's lid closes: the connection dies without a word."""
        if self.gone:
            return
        self.world.note(self.name, "sleeps")
        self.asleep = True
        if self.connection is not None:
            self.connection.cut(told=False)
            self._drop()

    def wake(self) -> None:
        if self.asleep:
            self.world.note(self.name, "wakes")
            self.asleep = False
            self._connect_soon(0)

    def reload(self, *, keep_view: bool) -> None:
        """Opens the page again, with what it had stored, while the old one is still there.

        The old page may say one thing more, which the new one does not know of: so the new one
        gives no counters before its welcome told it which are taken.
        """
        old = self.session
        if self.gone or self.asleep or not old.token or old.ended is not None:
            return
        self.world.note(self.name, "opens its page a second time")
        new = ClientSession(old.ticket, old.nonce)
        new.token, new.generation = old.token, old.generation
        new.session, new.person, new.number = old.session, old.person, old.number
        new.position = old.position if keep_view else START
        new.decided = old.decided
        new._last_counter = old._last_counter
        new.unacknowledged = OrderedDict(old.unacknowledged)
        self._leave_target()
        if self.connection is not None:
            number = self.connection.number
            self._ghosts[number] = (self.connection, old)
            self.connection = None
            if old.attached:
                self.world.after(self.world.between(0, 30), self._ghost_speaks, number)
                self.world.after(self.world.between(0, 1_500), self._ghost_speaks, number)
        self.session = new
        self._unsaid = self._unsaid or []
        self._connect_soon(0)

    def set_latency(self, latency_ms: tuple[int, int]) -> None:
        self._latency_ms = latency_ms
        if self.connection is not None:
            self.connection.set_latency(latency_ms)

    # Sessions

    def _new_session(self) -> None:
        self._sessions += 1
        id_ = f"{self.name}.{self._sessions}"
        ticket = f"{self.conference} {id_} {self.name} host"
        self.session = ClientSession(ticket, f"nonce of {id_}")

    def _submit(self, wish: Wish, body: object) -> None:
        self.witness.sent(self.session.submit(wish.app, wish.type, body), wish)

    def _join_anew(self) -> None:
        """The session was closed: what it had not decided never took effect, and goes again."""
        left: list[Operation] = list(self.session.unacknowledged.values())
        pending = self.witness.take_pending()
        self.world.mark("joined_anew")
        self._new_session()
        for operation in left:
            self._submit(pending[operation.counter], msgspec.msgpack.decode(operation.body))

    # Connections

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

    # Moving, while the connection goes on

    def _move(self, paths: list[str]) -> None:
        """Our server asks us to go over to another one."""
        known = [path for path in paths if path in self._servers]
        if self._target is None and known and self.session.attached:
            path = known[self.world.between(0, len(known) - 1)]
            self.world.note(self.name, f"is asked to go over to {path}")
            delay_ms = self.world.between(*self._latency_ms)
            self.world.after(delay_ms, self._reach_target, path, self._try)

    def _doubt(self) -> None:
        """Our server may be dead, or only slow: we go over to another one and keep it meanwhile."""
        others = [path for path in self._paths[1:] if path in self._servers]
        if self._target is None and others and self.session.attached:
            self.world.note(self.name, f"doubts its server and asks {others[0]}")
            self._reach_target(others[0], self._try, doubted=True)

    def _reach_target(self, path: str, attempt: int, *, doubted: bool = False) -> None:
        server = self._servers[path]
        if (
            self._target is not None
            or self.connection is None
            or attempt != self._try
            or not self.session.attached
            or not server.running
            or server.frozen
        ):
            return
        self._target = target = Connection(self.world, server.next_connection(), self, server)
        target.set_latency(self._latency_ms)
        server.accept(target)
        if self.trouble and self.world.chance(EARLY_CUT_CHANCE):
            self.world.after(self.world.between(1, EARLY_CUT_MS), target.cut)
        self._told = []
        self._heard_when_asked = self._heard if doubted else None
        target.up.push(self.session.move_frame())
        self.world.after(MOVE_MS, self._move_late, target)
        if doubted:
            self.world.after(DOUBT_MS, self._leave_silent, target)

    def _leave_silent(self, target: Connection) -> None:
        """Gives our own server up if nothing came from it since we asked elsewhere."""
        if target is not self._target or self._heard_when_asked != self._heard:
            return
        self.world.mark("given_up")
        before, self.connection, self._target = self.connection, target, None
        if before is not None:
            before.up.push(None)
        self.session.given_up()
        for item in self._told:
            self._received(item)

    def _move_late(self, target: Connection) -> None:
        if self._target is target:
            self._move_failed()

    def _move_failed(self) -> None:
        """It may have come through after all: only attaching anew tells."""
        self.world.mark("move_failed")
        if self.connection is not None:
            self.connection.up.push(None)
        self._drop()
        if not self.gone and not self.asleep and self.session.ended is None:
            self._retry()

    def _leave_target(self) -> None:
        if self._target is not None:
            self._target.up.push(None)
            self._target = None

    def _target_received(self, item: Item) -> None:
        moved = None if item is None else self.session.receive_elsewhere(item)
        if moved is None and item is not None:
            self._told.append(item)
            if self.session.waits_elsewhere and self._target is not None:
                self._leave_silent(self._target)
            return
        if moved:
            self.world.mark("moved")
            before, self.connection, self._target = self.connection, self._target, None
            if before is not None:
                before.up.push(None)
        for notice in self.session.take_notices():
            self._heed(notice)
        if not moved:
            self._move_failed()
        self._flush()

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

    # What the server says

    def received(self, connection: Connection, item: Item) -> None:
        if connection is self._target:
            connection.client_heard_ms = self.world.now_ms
            self._target_received(item)
        elif connection is self.connection:
            connection.client_heard_ms = self.world.now_ms
            self._heard += 1
            self._received(item)
        elif connection.number in self._ghosts and item is not None:
            self._ghost_received(connection, item)

    def _received(self, item: Item) -> None:
        if item is None:
            if self._target is not None and self.session._taken_over is not None:
                self.connection = None  # by ourselves: the welcome is on its way
                self.session.lost()
                return
            self._drop()
            if self.session.ended is None:
                self._retry()
            return
        self.session.receive(item)
        for notice in self.session.take_notices():
            self._heed(notice)
        self._flush()

    def _ghost_received(self, connection: Connection, item: bytes) -> None:
        _, ghost = self._ghosts[connection.number]
        ghost.receive(item)
        for notice in ghost.take_notices():
            if isinstance(notice, Ended):
                del self._ghosts[connection.number]
                if notice.code == "taken_over":
                    self.world.mark("taken_over")
                return

    def _ghost_speaks(self, number: int) -> None:
        """The old page says something, unless it was told to stop."""
        if number in self._ghosts:
            connection, ghost = self._ghosts[number]
            self.world.mark("ghost_spoke")
            self._haunted += 1
            ghost.submit("chat", "post", {"text": f"the ghost of {self.name} {self._haunted}"})
            for message in ghost.take_outgoing():
                connection.up.push(message)

    def _heed(self, notice: Notice) -> None:
        if isinstance(notice, Arrived):
            self.witness.arrived(notice)
        elif isinstance(notice, Decided):
            self.witness.decided(notice, self.session)
        elif isinstance(notice, Welcomed):
            self._welcomed(notice)
        elif isinstance(notice, Broken):
            raise Violation(f"{self.name}: {notice.reason}")
        elif isinstance(notice, Ended):
            self._ended(notice)
        elif isinstance(notice, Move):
            self._move(notice.paths)
        elif isinstance(notice, Servers) and notice.paths:
            current = self.session.server
            known = [path for path in notice.paths if path in self._servers]
            self._paths = [current, *(path for path in known if path != current)]

    def _welcomed(self, notice: Welcomed) -> None:
        self._attempt = 0
        unsaid, self._unsaid = self._unsaid or [], None
        for wish, body in unsaid:
            self._submit(wish, body)
        self.witness.welcomed(notice, self.session)

    def _ended(self, notice: Ended) -> None:
        self.world.mark(f"ended_{notice.code}")
        if self.world.tracing:
            self.world.note(self.name, f"is told {notice.code}")
        if notice.code == "session_closed":
            if notice.reason == "restored":
                self.world.mark("told_of_restoring")
            self._drop()
            if not self.gone:
                self._join_anew()
                self._connect_soon(self.world.between(0, 300))
        elif notice.code == "token_expired":
            self._drop()
            for wish in self.witness.take_pending().values():
                wish.outcome = OPEN
            self.session.unacknowledged.clear()
            self._join_anew()
            self._connect_soon(self.world.between(0, 300))
        elif not notice.reconnect:
            raise Violation(f"{self.name} was ended: {notice.code} {notice.message}")
