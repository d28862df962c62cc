"""Observers of a simulated zone: they count for themselves what must never happen in any.

They see what an outsider sees: processes that start and end, orders that were carried out, what a
process manager reports, and the tables. The policy's own numbers are not read, but for the bounds.

    Z1  on one machine no two processes have one id, whoever started them
    Z2  a child that crashes is started again later and later, at most 5 times in 30 s
    Z3  a child is called failed for its own ends only
    Z4  no order of a meeting manager is carried out after one of its successor was, on any machine
    Z5  one number never belongs to two meeting managers, unless the seat's bucket was lost
    Z6  tables that know the same rank the same everywhere
    Z7  what drains, is silent or full gets nobody while another server is able
    Z8  who hears the zone holds nobody for alive that has long been dead
    Z9  what needs the engine is not started before it was ready once
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

import msgspec

from folkmoot.simulation.world import Violation, World
from folkmoot.simulation.zone_settings import POLICY, SPECS
from folkmoot.zone.effects import Report
from folkmoot.zone.orders import Order
from folkmoot.zone.table import ProcessEntry

if TYPE_CHECKING:
    from folkmoot.simulation.zone_machine import Machine
    from folkmoot.simulation.zone_process import Listener, SimProcess

ROOMS: Final = ("room-1", "room-2", "room-3")
DEAD_FOR_MS: Final = 3_500
"""So long after a death nobody who hears the zone holds it for alive: suspicion takes 1 s."""

NEEDS_ENGINE: Final = tuple(spec.id for spec in SPECS if spec.after_engine)

LATE_MS: Final = 300
"""A start may come so much later than it was decided; more when its manager stood still."""


class Seen(msgspec.Struct):
    """What was seen of one child in one boot.

    Shape: `starts_ms` are of the machine's clock; `row` counts ends in a row before it was ever
    ready; `free` starts were asked for and are not counted; when `excused` the next end is no
    crash: it was asked for, or a successor found the engine, which it takes for ready. Of `missed`
    ends nobody could know: the process manager died before it wrote them down, and nothing of them
    was left to be found. So `ended_ms` is not of these: nobody waits after what nobody knows;
    `before_ms` is of the end before those that are not written down yet.
    """

    starts_ms: deque[int] = msgspec.field(default_factory=lambda: deque(maxlen=32))
    ends: int = 0
    row: int = 0
    ended_ms: int = 0
    free: int = 0
    excused: bool = False
    missed: int = 0
    unwritten: int = 0
    before_ms: int = 0


class Observer:
    """Errors: `Violation` from any of its methods."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen: dict[tuple[str, str], Seen] = {}
        self._obeyed: dict[str, int] = {}
        self._fences: dict[int, str] = {}
        self._seat_lost = False
        self._dead_ms: dict[str, int] = {}
        self._ranked: dict[tuple[Any, ...], tuple[str, list[str]]] = {}
        self._engine_ready: set[str] = set()
        self.stalled_ms: dict[str, int] = {}

    def _of(self, machine: Machine, id: str) -> Seen:
        return self._seen.setdefault((machine.node, id), Seen())

    # Processes

    def booted(self, machine: Machine) -> None:
        for node, id in list(self._seen):
            if node == machine.node:
                del self._seen[node, id]
        self.stalled_ms.pop(machine.node, None)
        self._engine_ready.discard(machine.node)

    def engine_was_ready(self, machine: Machine) -> None:
        self._engine_ready.add(machine.node)

    def started(self, machine: Machine, process: SimProcess) -> None:
        name = process.name
        if any(other.id == process.id for other in machine.processes.values()):
            raise Violation(f"Z1: {name} is started while it runs")
        if process.id in NEEDS_ENGINE and machine.node not in self._engine_ready:
            raise Violation(f"Z9: {name} is started before the engine was ready")
        if self._world.tracing:
            self._world.note(name, f"starts (pid {process.pid}, {process.incarnation})")
        seen, now_ms = self._of(machine, process.id), machine.now_ms
        if seen.free:
            seen.free -= 1
            return
        row = seen.row - seen.missed
        if row > 0:
            least_ms = min(POLICY.delay_max_ms, POLICY.delay_first_ms << (row - 1))
            if now_ms - seen.ended_ms < least_ms:
                waited_ms = now_ms - seen.ended_ms
                raise Violation(
                    f"Z2: {name} crashed {seen.row} times, is started {waited_ms} ms on"
                )
            if seen.row > 2:
                self._world.mark("backed_off")
        seen.starts_ms.append(now_ms)
        window_ms = POLICY.window_ms - LATE_MS - self.stalled_ms.get(machine.node, 0)
        recent = [at for at in seen.starts_ms if at > now_ms - window_ms]
        first = seen.starts_ms[0] == recent[0]
        if len(recent) > POLICY.restarts_max + first + seen.missed:
            raise Violation(f"Z2: {name} is started {len(recent)} times within {window_ms} ms")

    def ended(
        self, machine: Machine, id: str, *, ready: bool, of: SimProcess | None = None
    ) -> None:
        seen = self._of(machine, id)
        seen.ends += 1
        seen.row = 0 if ready or seen.excused else seen.row + 1
        seen.excused = False
        if of is not None:
            self._dead_ms[of.server] = self._world.now_ms
            known = {record.pid for record in machine.records.processes}
            if machine.manager is None and of.pid not in known:
                seen.missed += 1
                return
        else:
            seen.before_ms = seen.before_ms if seen.unwritten else seen.ended_ms
            seen.unwritten += 1
        seen.ended_ms = machine.now_ms

    def written(self, machine: Machine) -> None:
        for (node, _), seen in self._seen.items():
            if node == machine.node:
                seen.unwritten = 0

    def manager_died(self, machine: Machine) -> None:
        for (node, _), seen in self._seen.items():
            if node == machine.node:
                seen.missed += seen.unwritten
                if seen.unwritten:
                    seen.ended_ms = seen.before_ms
                seen.unwritten = 0

    def lost_server(self, machine: Machine, process: SimProcess) -> None:
        self._dead_ms[process.server] = self._world.now_ms

    def asked(self, machine: Machine, id: str) -> None:
        """Somebody asked for one start more of this child."""
        seen = self._of(machine, id)
        seen.free += 1
        seen.excused = True

    def reported(self, machine: Machine, report: Report) -> None:
        seen = self._of(machine, report.id)
        if report.kind == "failed":
            if seen.ends <= POLICY.restarts_max:
                raise Violation(f"Z3: {machine.node}/{report.id} is failed after {seen.ends} ends")
            self._world.mark("failed")
        manager = machine.manager
        child = manager.supervisor.children.get(report.id) if manager else None
        if child is not None and child.restarts > seen.ends + (report.kind == "died"):
            raise Violation(
                f"Z3: {machine.node}/{report.id} has {child.restarts} restarts, {seen.ends} ends"
            )
        if report.kind == "thawed":
            self.asked(machine, report.id)
        if report.kind == "adopted" and report.id == "engine":
            seen.excused = True

    # Orders

    def obeyed(self, machine: Machine, order: Order, giver: str) -> None:
        if self._world.tracing:
            self._world.note(f"{machine.node}/process-manager", f"carried out {order}")
        self._world.mark(f"obeyed_{order.op}")
        if order.op == "start":
            self._seen.pop((machine.node, order.id), None)
        if not order.fence:
            return
        if self._fences.setdefault(order.fence, giver) != giver and not self._seat_lost:
            raise Violation(f"Z5: number {order.fence} is of {self._fences[order.fence]}, {giver}")
        if order.fence < self._obeyed.get(machine.node, 0):
            raise Violation(
                f"Z4: {machine.node} obeys number {order.fence} after {self._obeyed[machine.node]}"
            )
        self._obeyed[machine.node] = order.fence

    def seat_lost(self) -> None:
        """Who starts now may take any number again; what machines obeyed they remember."""
        self._seat_lost = True

    # Tables

    def look(self, listener: Listener) -> None:
        """One table, after it was brought up to date."""
        entries = listener.table.processes()
        self._check_dead(listener, entries)
        if any(entry.suspect for entry in entries):
            self._world.mark("suspected")
        servers = [e for e in entries if e.role == "collaboration"]
        room = ROOMS[self._world.between(0, len(ROOMS) - 1)]
        ranked = whole(listener.table.ranked_servers(room, listener.machine.node), listener)
        known = (room, *(standing(entry) for entry in servers), listener.table.zone_level)
        before = self._ranked.setdefault(known, (listener.machine.node, ranked))
        if before[1] != ranked:
            raise Violation(f"Z6: {listener.name} ranks {ranked}, {before[0]} {before[1]}")
        if before[0] != listener.machine.node:
            self._world.mark("ranked_alike")
        able = {f"{e.node}/{e.id}" for e in servers if is_able(e)}
        if able and not (ranked and ranked[0] in able):
            raise Violation(f"Z7: {listener.name} ranks {ranked}, able are {sorted(able)}")

    def _check_dead(self, listener: Listener, entries: list[ProcessEntry]) -> None:
        now_ms = self._world.now_ms
        if now_ms - listener.clear_ms < DEAD_FOR_MS:
            return
        for entry in entries:
            dead_ms = self._dead_ms.get(entry.server)
            if dead_ms is not None and not entry.suspect and now_ms - dead_ms > DEAD_FOR_MS:
                silent_ms = now_ms - dead_ms
                raise Violation(
                    f"Z8: {listener.name} holds {entry.node}/{entry.id} for alive, which has been"
                    f" dead for {silent_ms} ms"
                )


def is_able(entry: ProcessEntry) -> bool:
    beat = entry.beat
    fit = entry.state == "ready" and not entry.suspect and not beat.draining
    return fit and not 0 <= beat.qos < 5


def standing(entry: ProcessEntry) -> tuple[Any, ...]:
    beat = entry.beat
    steps = sum(beat.qos >= least for least in (5, 20, 40, 60)) if beat.qos >= 0 else 4
    return (entry.node, entry.id, entry.state, entry.suspect, beat.draining, steps, beat.level)


def whole(addresses: list[str], listener: Listener) -> list[str]:
    """Addresses as they are told to people, as `node/id`."""
    told = []
    for address in addresses:
        node, _, id = address.rpartition("/s/")
        told.append(f"{node.removeprefix('http://') or listener.machine.node}/{id}")
    return told
