"""One world of machines from its start to its verdict.

Supervision, the zone's tables, placement, orders with their fences and the meeting managers'
decisions are the real ones; machines, clocks, network and the shells around them are played. While
things go wrong nothing may be wrong (`zone_checkers`); when they are mended, all must be well
again within a bound. `python -m folkmoot.simulation.zone_schedule --seed N` repeats one.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Final

import msgspec

from folkmoot.servers.meeting.watch import read_seat
from folkmoot.simulation.world import Violation, World
from folkmoot.simulation.zone_checkers import Observer, whole
from folkmoot.simulation.zone_faults import ZoneFaults
from folkmoot.simulation.zone_machine import Machine
from folkmoot.simulation.zone_network import ZoneNetwork
from folkmoot.simulation.zone_process import PEOPLE_MAX, Collaboration, Listener, Meeting
from folkmoot.simulation.zone_settings import SPECS
from folkmoot.zone.orders import is_extra

MACHINES: Final = 3
FAULTS_MIN: Final = 5
FAULTS_MAX: Final = 14
TROUBLE_STARTS_MS: Final = 2_000
TROUBLE_ENDS_MS: Final = 30_000
WELL_WITHIN_MS: Final = 50_000
"""A failed child is tried once in 30 s, and by a slow clock later."""

EXTRA_WITHIN_MS: Final = 16_000
"""For each extra server that runs when all is mended: one at a time is let go."""

LOOK_MS: Final = 500
ARRIVALS_MS: Final = 250

SOMETIMES: Final = (
    "backed_off",
    "child_adopted",
    "child_died",
    "child_failed",
    "child_frozen",
    "child_stopped",
    "child_thawed",
    "child_unhealthy",
    "clock_jumped",
    "crashed_at_a_step",
    "frozen_manager_ended",
    "head_raised",
    "lost_unwatched",
    "message_lost",
    "moved",
    "obeyed_drain",
    "obeyed_restart",
    "obeyed_start",
    "obeyed_stop",
    "order_outfenced",
    "order_refused",
    "person_came",
    "poisoned",
    "power_lost",
    "ranked_alike",
    "seat_conflict",
    "seat_raised",
    "seat_stale",
    "seat_taken",
    "seat_unknown",
    "start_failed",
    "stood_still",
    "suspected",
)
"""What must happen in a long enough run: a mark never seen means that the run tests less."""


class ZoneFailed(Exception):
    """A schedule failed; `lines` is its trace so far."""

    def __init__(self, seed: int, reason: str, lines: list[str]) -> None:
        self.seed = seed
        self.reason = reason
        self.lines = lines
        super().__init__(f"{reason}\nRepeat it with: make sim ZONE_SEED={seed}")


class ZoneResult(msgspec.Struct):
    """Shape: `digest` is of all marks and the state at the end."""

    marks: Counter[str]
    lines: list[str]
    well_ms: int
    digest: str


class ZoneSchedule:
    """One seeded run of a zone."""

    def __init__(self, seed: int, *, tracing: bool = False) -> None:
        self.world = world = World(seed, tracing=tracing)
        self.network = network = ZoneNetwork(world)
        self.observer = observer = Observer(world)
        self.machines = [
            Machine(world, network, observer, f"node-{n}") for n in range(1, MACHINES + 1)
        ]
        network.machines = self.machines
        self.faults = ZoneFaults(world, network, self.machines)

    def run(self) -> ZoneResult:
        """Errors: `ZoneFailed`."""
        try:
            well_ms = self._run()
        except Violation as violation:
            raise self._failed(str(violation)) from violation
        except Exception as error:
            raise self._failed(f"{type(error).__name__}: {error}") from error
        return ZoneResult(self.world.marks, self.world.lines, well_ms, self._digest())

    def _failed(self, reason: str) -> ZoneFailed:
        self.world.note("verdict", reason)
        return ZoneFailed(self.world.seed, reason, self.world.lines)

    def _run(self) -> int:
        world = self.world
        for machine in self.machines:
            machine.set_clock(rate=world.between(950, 1_050))
            world.after(world.between(0, 300), machine.start_launcher)
            world.after(world.between(0, 400), machine.beat_for_ever)
        world.after(ARRIVALS_MS, self._arrive)
        self.faults.plan(
            world.between(FAULTS_MIN, FAULTS_MAX), TROUBLE_STARTS_MS, TROUBLE_ENDS_MS - 500
        )
        world.run_until(TROUBLE_ENDS_MS)
        self.faults.heal()
        extras = sum(is_extra(p.id) for m in self.machines for p in m.processes.values())
        bound_ms = TROUBLE_ENDS_MS + WELL_WITHIN_MS + extras * EXTRA_WITHIN_MS
        while (lacks := self._lacks()) and world.now_ms < bound_ms:
            world.run_until(world.now_ms + LOOK_MS)
        if lacks:
            raise Violation(f"not well in time: {lacks}")
        return world.now_ms - TROUBLE_ENDS_MS

    def _arrive(self) -> None:
        """Somebody asks a web server where to go, and goes there."""
        world = self.world
        world.after(ARRIVALS_MS, self._arrive)
        machine = self.machines[world.between(0, len(self.machines) - 1)]
        webs = [p for p in machine.of_role("web") if isinstance(p, Listener) and not p.frozen]
        if not webs:
            return
        room = f"room-{world.between(1, 9)}"
        ranked = whole(webs[0].table.ranked_servers(room, machine.node), webs[0])
        servers = {p.name: p for m in self.machines for p in m.of_role("collaboration")}
        if ranked and ranked[0] in servers:
            server = servers[ranked[0]]
            server.attached = min(PEOPLE_MAX, server.attached + world.between(1, 3))
            world.mark("person_came")

    # The verdict

    def _lacks(self) -> str:
        """What is not yet as it should be; empty when all is well."""
        return self._lacking_processes() or self._lacking_tables() or self._lacking_seat()

    def _lacking_processes(self) -> str:
        planned = {spec.id for spec in SPECS}
        for machine in self.machines:
            manager = machine.manager
            if manager is None:
                return f"{machine.node} has no process manager"
            ready = {p.id for p in machine.processes.values() if p.state == "ready"}
            if missing := sorted(planned - ready):
                return f"{machine.node} lacks {missing}"
            unlike = sorted(id for id, child in manager.children.items() if child.phase != "ready")
            if unlike:
                return f"{machine.node} does not hold {unlike} for ready"
            if extras := sorted(id for id in ready if is_extra(id)):
                return f"{machine.node} still runs {extras}"
            if any(p.draining for p in machine.processes.values()):
                return f"{machine.node} drains"
        return ""

    def _lacking_tables(self) -> str:
        truth = {
            f"{p.name}.{p.incarnation}"
            for machine in self.machines
            for p in machine.processes.values()
            if p.role != "engine"
        }
        for machine in self.machines:
            for process in machine.processes.values():
                if not isinstance(process, Listener):
                    continue
                told = {
                    f"{e.node}/{e.id}.{e.beat.incarnation}"
                    for e in process.table.processes()
                    if not e.suspect and e.state == "ready" and not e.beat.draining
                }
                if told != truth:
                    return f"{process.name} does not know {sorted(told ^ truth)}"
        return ""

    def _lacking_seat(self) -> str:
        meetings = [
            p
            for machine in self.machines
            for p in machine.processes.values()
            if isinstance(p, Meeting)
        ]
        active = {p.server: p.chair.fence for p in meetings if p.chair.fence}
        stored = self.network.seat
        seat = read_seat(stored, 0) if stored is not None else None
        if seat is None or active != {seat.server: seat.fence}:
            return f"active are {active}, the seat is {seat}"
        return ""

    def _digest(self) -> str:
        told = [repr(sorted(self.world.marks.items())), repr(self.world.now_ms)]
        for machine in self.machines:
            told.append(repr(machine.now_ms))
            told.append(repr(machine.records))
            told += [p.server for p in machine.processes.values()]
            told += [
                f"{p.server} {p.attached}"
                for p in machine.processes.values()
                if isinstance(p, Collaboration)
            ]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()[:16]


def run(seed: int, *, tracing: bool = False) -> ZoneResult:
    """Errors: `ZoneFailed`, with the command that repeats it."""
    return ZoneSchedule(seed, tracing=tracing).run()
