"""Moves: sends clients on to another server, because this one drains or is too busy.

Clients go a few at a time, so that the others can take them in, and only when the zone names
somebody else who is fit for their conference. Each is told where to go, is served until it is
attached there, and notices nothing; only who does not know how, or does not come through in time,
is closed. Where another process of the node decrypts a client and drains, the client is sent to
this server anew, by another way; where it does not drain, the client is asked to, a few times.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final, Protocol

from folkmoot.protocol.codes import BY_NAME
from folkmoot.pulse import pulse
from folkmoot.servers.collaboration.detours import Detours
from folkmoot.servers.collaboration.member import Member
from folkmoot.servers.collaboration.room import now_ms
from folkmoot.servers.collaboration.server import CollaborationServer
from folkmoot.zone.orders import Answer, Fence, encode, read_order
from folkmoot.zone.table import ProcessEntry

ROUND_S: Final = 0.1
REST_S: Final = 0.25
"""How often it looks whether there is anybody to move."""

MOVES_PER_ROUND_MAX: Final = 20
MOVES_PER_ORDER_MAX: Final = 200
DETOURS_PER_ROUND_MAX: Final = 2
"""Each costs two handshakes of TLS, and is not urgent."""
LOOK_S: Final = 0.02

log = logging.getLogger(__name__)


class ZoneView(Protocol):
    """What is asked of the zone."""

    def processes(self, role: str | None = None) -> list[ProcessEntry]: ...
    def fit_servers(self, conference: str) -> list[str]: ...


def can_take(entries: Iterable[ProcessEntry], own: str) -> bool:
    """Whether another server takes clients."""
    return any(
        entry.server != own
        and entry.state == "ready"
        and not entry.suspect
        and not entry.beat.draining
        for entry in entries
    )


def choose(sizes: Mapping[str, int], conference: str, count: int) -> list[tuple[str, int]]:
    """How many clients of which conferences to move, smallest conferences first.

    Shape: a conference whose participants are all moved is one that still meets on one server.
    """
    names = [conference] if conference else sorted(sizes, key=lambda name: (sizes[name], name))
    chosen = []
    for name in names:
        share = min(sizes.get(name, 0), count)
        if share > 0:
            chosen.append((name, share))
            count -= share
    return chosen


class Moves:
    """Moves the clients of one collaboration server.

    Shape: `leaving` tells which single processes of this node drain.
    Caller: `run` as a task; `answer` for requests; `let_all_go` before the end.
    """

    def __init__(
        self,
        server: CollaborationServer,
        zone: ZoneView,
        own: str,
        draining: Callable[[], bool],
        leaving: Callable[[], Collection[str]] = tuple,
    ) -> None:
        self._server = server
        self._zone = zone
        self._own = own
        self._path = f"/s/{own.partition('.')[0]}"
        self._draining = draining
        self._leaving = leaving
        self._fence = Fence()
        self._detours = Detours()

    async def run(self) -> None:
        """Lets everybody go while this server drains."""
        told = False
        while True:
            moving = self._draining() or self._leaving()
            await pulse(ROUND_S if moving else REST_S)
            # Only once the zone has heard that we drain do the clients' lists put us last.
            heard = self._draining() and any(
                entry.server == self._own and entry.beat.draining
                for entry in self._zone.processes("collaboration")
            )
            if heard and not told:
                log.info("draining: %d clients go elsewhere", self._server.connections)
            told = heard
            if heard:
                self.move("", MOVES_PER_ROUND_MAX)
            elif not self._draining():
                self.send_round(MOVES_PER_ROUND_MAX)
                # Who is asked to come anew cannot be sent on: not while a process drains.
                if not self._leaving():
                    self.shorten(DETOURS_PER_ROUND_MAX, now_ms())

    async def let_all_go(self, limit_s: float) -> None:
        """Sends everybody on who can go anywhere, and waits for them; for an end in order.

        Caller: has stopped to accept, so that nobody new comes.
        """
        until_s = time.monotonic() + limit_s
        while self._attached() and time.monotonic() < until_s:
            if not can_take(self._zone.processes("collaboration"), self._own):
                return
            self.move("", MOVES_PER_ORDER_MAX)
            await asyncio.sleep(LOOK_S)

    def send_round(self, count: int) -> int:
        """Who comes through a process that drains comes here anew, through another one."""
        leaving = self._leaving()
        if not leaving:
            return 0
        away = BY_NAME["going_away"]
        sent = 0
        for name, room in self._server.rooms.items():
            for member in list(_movable(room.host.members)):
                connection = room.connections.get(member.connection)
                if sent < count and connection is not None and connection.through in leaving:
                    paths = [self._path, *self._zone.fit_servers(name)]
                    room.host.move(member, paths, now_ms())
                    sent += 1
            room.standbys.close_where(lambda s: s.through in leaving, away.close, away.name)
            room.flush_soon()
        return sent

    def shorten(self, count: int, at_ms: int) -> int:
        """Asks some of those whom another process decrypts to come anew: another guess."""
        on_detours = {}
        for name, room in self._server.rooms.items():
            for member in _movable(room.host.members):
                connection = room.connections.get(member.connection)
                if connection is not None and connection.through:
                    on_detours[member.session] = (name, member)
        for session in (due := self._detours.due(at_ms, on_detours)[:count]):
            name, member = on_detours[session]
            self._detours.sent(at_ms, session)
            room = self._server.rooms[name]
            room.host.move(member, [self._path], at_ms, may_stay=True)
            room.flush_soon()
        self._detours.forget(at_ms, on_detours)
        return len(due)

    def _attached(self) -> bool:
        rooms = self._server.rooms.values()
        return any(m.attached for room in rooms for m in room.host.members.values())

    async def answer(self, payload: bytes) -> bytes:
        """Answers an order; see `zone.orders`."""
        order = read_order(payload)
        if order is None or order.op != "move":
            return encode(Answer(refused="A collaboration server takes orders to move clients."))
        refused = self._fence.refuses(order)
        if refused:
            return encode(Answer(refused=refused))
        return encode(Answer(count=self.move(order.conference, order.count)))

    def move(self, conference: str, count: int) -> int:
        """Moves that many clients, or as many as there are; returns how many."""
        if not can_take(self._zone.processes("collaboration"), self._own):
            return 0
        rooms = self._server.rooms
        sizes = {name: sum(1 for _ in _movable(room.host.members)) for name, room in rooms.items()}
        moved = 0
        for name, share in choose(sizes, conference, min(count, MOVES_PER_ORDER_MAX)):
            room = rooms[name]
            for member in list(_movable(room.host.members))[:share]:
                room.host.move(member, self._zone.fit_servers(name), now_ms())
                moved += 1
            # At once: what they send meanwhile must find a connection that is closing.
            room.flush()
        return moved


def _movable(members: Mapping[int, Member]) -> Iterable[Member]:
    """Those who may be sent on and were not yet."""
    return (m for m in members.values() if m.attached and not m.move_by_ms)
