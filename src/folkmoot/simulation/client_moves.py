"""Moves: a simulated participant goes over to another server while its own one goes on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from folkmoot.client.session import Notice
from folkmoot.simulation.client_connecting import EARLY_CUT_CHANCE, EARLY_CUT_MS, Connecting
from folkmoot.simulation.network import Connection, Item
from folkmoot.simulation.server import SimServer
from folkmoot.simulation.world import World

MOVE_MS: Final = 4_000
DOUBT_MS: Final = 1_000


class Moving(Connecting):
    """A second connection, to the server that it would go over to."""

    def __init__(
        self, world: World, servers: Sequence[SimServer], name: str, conference: str
    ) -> None:
        super().__init__(world, servers, name, conference)
        self._target: Connection | None = None
        self._told: list[bytes] = []
        self._heard = 0
        self._heard_when_asked: int | None = None

    def _received(self, item: Item) -> None:
        raise NotImplementedError

    def _heed(self, notice: Notice) -> None:
        raise NotImplementedError

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
