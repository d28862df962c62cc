"""Client: one simulated participant around the real client session.

Keeps its session's unacknowledged operations over a reload of its page, and joins anew after its
session was closed. How it comes to servers is in `client_connecting`, how it goes over from one to
another in `client_moves`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

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
from folkmoot.protocol.position import START
from folkmoot.simulation.client_moves import Moving
from folkmoot.simulation.network import Connection, Item
from folkmoot.simulation.server import SimServer
from folkmoot.simulation.witness import OPEN, Wish, Witness
from folkmoot.simulation.world import Violation, World


class SimClient(Moving):
    """Caller: `start`, then `want` operations; `witness` is for the checkers."""

    def __init__(
        self, world: World, servers: Sequence[SimServer], name: str, conference: str
    ) -> None:
        super().__init__(world, servers, name, conference)
        self.witness = Witness(world, name)
        self._sessions = 0
        self._haunted = 0
        self._unsaid: list[tuple[Wish, object]] | None = None
        self._ghosts: dict[int, tuple[Connection, ClientSession]] = {}

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
