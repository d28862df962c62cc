"""The zone's network as played: messages between machines, and the `zone` bucket with the seat.

A message is carried by an engine that both machines reach; the bucket takes writes only where a
majority of the engines is. What goes wrong is set by the faults.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from folkmoot.simulation.world import World

if TYPE_CHECKING:
    from folkmoot.simulation.zone_machine import Machine

DELAY_MS_MAX: Final = 20
LATE_MS_MAX: Final = 600
BUCKET_MS_MAX: Final = 60


class ZoneNetwork:
    """Shape: `group` says on which side of a partition each machine is."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.machines: list[Machine] = []
        self.group: dict[str, int] = {}
        self.loss = self.doubled = self.late = self.stale = self.unknown = 0.0
        self._seats: list[bytes] = []

    @property
    def seat(self) -> bytes | None:
        return self._seats[-1] if self._seats else None

    def reach(self, one: Machine, other: Machine) -> bool:
        there = one.powered and other.powered
        return there and self.group.get(one.node, 0) == self.group.get(other.node, 0)

    def _engines(self, machine: Machine) -> int:
        return sum(other.engine_runs for other in self.machines if self.reach(machine, other))

    def connected(self, machine: Machine) -> bool:
        return machine.powered and self._engines(machine) > 0

    def quorum(self, machine: Machine) -> bool:
        return 2 * self._engines(machine) > len(self.machines)

    def send(self, source: Machine, to: Machine, receive: Callable[..., None], *what: Any) -> None:
        """Sends once; it may arrive late, twice, or never."""
        world = self._world
        if not self.reach(source, to) or not self.connected(source):
            return
        if self.loss and world.chance(self.loss):
            world.mark("message_lost")
            return
        for _ in range(2 if self.doubled and world.chance(self.doubled) else 1):
            late = self.late and world.chance(self.late)
            delay_ms = world.between(1, LATE_MS_MAX if late else DELAY_MS_MAX)
            world.after(delay_ms, self._arrive, to, to.boot, receive, what)

    @staticmethod
    def _arrive(to: Machine, boot: int, receive: Callable[..., None], what: tuple[Any]) -> None:
        if to.powered and to.boot == boot:
            receive(*what)

    # The bucket

    def lose_seat(self) -> None:
        """The bucket begins anew, as when the engine's data was replaced."""
        self._seats = []

    def read(self, machine: Machine, done: Callable[[bytes | None, int, bool], None]) -> None:
        """Answers with value, revision, and whether there was an answer; it may be stale."""
        self._world.after(self._world.between(1, BUCKET_MS_MAX), self._read, machine, done)

    def _read(self, machine: Machine, done: Callable[[bytes | None, int, bool], None]) -> None:
        revision = len(self._seats)
        if not self.quorum(machine):
            done(None, 0, False)
            return
        if revision and self.stale and self._world.chance(self.stale):
            self._world.mark("seat_stale")
            revision -= 1
        done(self._seats[revision - 1] if revision else None, revision, True)

    def write(
        self, machine: Machine, value: bytes, revision: int, done: Callable[[bool], None]
    ) -> None:
        """Replaces what has this revision; the answer may be lost although it was stored."""
        delay_ms = self._world.between(1, BUCKET_MS_MAX)
        self._world.after(delay_ms, self._write, machine, value, revision, done)

    def _write(
        self, machine: Machine, value: bytes, revision: int, done: Callable[[bool], None]
    ) -> None:
        stored = self.quorum(machine) and revision == len(self._seats)
        if stored:
            self._seats.append(value)
            self._world.mark("seat_taken")
            if self._world.tracing:
                self._world.note(machine.node, f"the seat is {value.decode()}")
        elif self.quorum(machine):
            self._world.mark("seat_conflict")
        if stored and self.unknown and self._world.chance(self.unknown):
            self._world.mark("seat_unknown")
            stored = False
        done(stored)
