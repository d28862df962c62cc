"""Processes of a simulated machine: what they do in time, freeze, and die of; their zone tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from folkmoot.servers.meeting.chair import Chair
from folkmoot.servers.meeting.direction import Decision
from folkmoot.servers.meeting.watch import Headless, Seat, Watcher
from folkmoot.simulation.zone_settings import SETTINGS
from folkmoot.zone.manager import DROP_AFTER_MS
from folkmoot.zone.orders import Answer, Fence, Order, outnumbered_by
from folkmoot.zone.qos import Measures, qos_value
from folkmoot.zone.table import Heartbeat, ProcessEntry, Table

if TYPE_CHECKING:
    from folkmoot.simulation.zone_machine import Machine

ROUND_MS: Final = 1_000
PEOPLE_MAX: Final = 200
LEAVE_CHANCE: Final = 0.5
LEAVE_SHARE: Final = 10


class SimProcess:
    """One process. Shape: `server` is `<id>.<incarnation>`; times are the world's."""

    def __init__(self, machine: Machine, id: str, role: str, pid: int) -> None:
        self.machine = machine
        self.world = machine.world
        self.id = id
        self.role = role
        self.pid = pid
        self.incarnation = f"{machine.world.random.getrandbits(32):08x}"
        # A process has run since a time that is not 0, which stands for none.
        self.started_ms = machine.world.now_ms + 1
        self.state = "starting"
        self.alive = True
        self.frozen = False
        self.draining = False
        self.deaf_to_term = False
        self.attached = 0
        self.lag_ms = 0.0
        self.steps_left = -1
        self._parked: list[tuple[Callable[..., None], tuple[Any, ...]]] = []

    @property
    def server(self) -> str:
        return f"{self.id}.{self.incarnation}"

    @property
    def name(self) -> str:
        return f"{self.machine.node}/{self.id}"

    # Time

    def later(self, delay_ms: int, what: Callable[..., None], *arguments: Any) -> None:
        """Does it later by this machine's clock, if it still lives then, and not while frozen."""
        self.world.after(self.machine.real_ms(delay_ms), self.do, what, *arguments)

    def do(self, what: Callable[..., None], *arguments: Any) -> None:
        if not self.alive:
            return
        if self.frozen:
            self._parked.append((what, arguments))
            return
        if self.step():
            what(*arguments)

    def step(self) -> bool:
        """Counts down to where a fault lets it die; whether it lives on."""
        if self.steps_left > 0:
            self.steps_left -= 1
            if self.steps_left == 0:
                self.world.mark("crashed_at_a_step")
                self.machine.end(self, "killed at a step")
        return self.alive

    def freeze(self) -> None:
        self.frozen = True

    def thaw(self) -> None:
        self.frozen = False
        parked, self._parked = self._parked, []
        for what, arguments in parked:
            self.do(what, *arguments)

    # Life

    def begin(self) -> None:
        self.state = "ready"
        if self.role == "engine":
            self.machine.observer.engine_was_ready(self.machine)

    def told_to_end(self) -> None:
        """SIGTERM: says goodbye and ends, unless it hangs."""
        if self.deaf_to_term:
            return
        self.state = "stopping"
        self.later(self.world.between(5, 400), self.machine.end, self, "exit code 0")

    def beat(self) -> Heartbeat:
        measures = Measures(lag_ms=self.lag_ms, connections_share=self.attached / PEOPLE_MAX)
        return Heartbeat(
            id=self.id,
            role=self.role,
            node=self.machine.node,
            incarnation=self.incarnation,
            pid=self.pid,
            state=self.state,
            connections=self.attached,
            url=f"http://{self.machine.node}",
            qos=qos_value(self.state, self.draining, measures),
            draining=self.draining,
            attached=self.attached,
        )

    def round(self) -> None:
        """What a process does about as often as it beats."""
        self.draining = self.machine.draining.read().covers(self.id)


class Collaboration(SimProcess):
    """A collaboration server: people come, stay a while, and are let go when it drains."""

    def __init__(self, machine: Machine, id: str, role: str, pid: int) -> None:
        super().__init__(machine, id, role, pid)
        self._fence = Fence()

    def round(self) -> None:
        super().round()
        if self.draining:
            self.attached -= -(-self.attached // 4)
        elif self.attached and self.world.chance(LEAVE_CHANCE):
            self.attached -= -(-self.attached // LEAVE_SHARE)

    def carry_out(self, order: Order) -> None:
        if not self._fence.refuses(order):
            self.world.mark("moved")
            self.attached -= min(self.attached, order.count)


class Listener(SimProcess):
    """A process with a table of the zone. Shape: `clear_ms` is since when it hears the zone."""

    def __init__(self, machine: Machine, id: str, role: str, pid: int) -> None:
        super().__init__(machine, id, role, pid)
        self.table = Table(
            self.server, suspect_after_ms=SETTINGS.suspect_after_ms, drop_after_ms=DROP_AFTER_MS
        )
        self.clear_ms = self.world.now_ms
        self._echo_ms = 0

    def hear(self, beats: list[Heartbeat]) -> None:
        now_ms = self.machine.now_ms
        for beat in beats:
            self.table.hear(now_ms, beat)
            if beat.incarnation == self.incarnation:
                if now_ms - self._echo_ms > SETTINGS.suspect_after_ms:
                    self.clear_ms = self.world.now_ms
                self._echo_ms = now_ms

    def gone(self, id: str, incarnation: str) -> None:
        self.table.gone(self.machine.now_ms, id, incarnation)

    def round(self) -> None:
        super().round()
        self.table.tick(self.machine.now_ms)
        if self.table.deaf:
            self.clear_ms = self.world.now_ms
        self.machine.observer.look(self)


class Meeting(Listener):
    """A meeting manager: one round a second, each step of which may be its last."""

    def __init__(self, machine: Machine, id: str, role: str, pid: int) -> None:
        super().__init__(machine, id, role, pid)
        self.chair = Chair(SETTINGS, self.server)
        self._watcher = Watcher(machine.node)
        self._headless = Headless()
        self.freezes_at_order_ms = 0

    def begin(self) -> None:
        super().begin()
        self._round()

    def _round(self) -> None:
        machine = self.machine
        if self._headless.seen(locked=machine.launcher or machine.manager is not None):
            self.world.mark("head_raised")
            machine.start_launcher()
        if self.table.deaf:
            self.later(ROUND_MS, self._round)
            return
        machine.network.read(machine, lambda *told: self.do(self._read, *told))

    def _read(self, value: bytes | None, revision: int, answered: bool) -> None:
        if not answered:
            self.chair.unknown()
            self._decide()
            return
        managers = self.table.processes("meeting-manager")
        seat, wanted = self.chair.wanted(value, revision, managers, deaf=self.table.deaf)
        if wanted is not None and seat is not None and wanted.fence > seat.fence + 1:
            self.world.mark("seat_raised")
        if wanted is None:
            self.chair.seated(seat)
            self._decide()
            return
        self.machine.network.write(
            self.machine,
            msgspec.json.encode(wanted),
            revision,
            lambda stored: self.do(self._written, wanted, stored),
        )

    def _written(self, seat: Seat, stored: bool) -> None:
        if stored:
            self.chair.seated(seat)
        else:
            self.chair.unknown()
        self._decide()

    def _decide(self) -> None:
        entries, now_ms = self.table.processes(), self.machine.now_ms
        frozen = self._watcher.frozen(now_ms, entries)
        if frozen is not None:
            self._end_frozen(frozen)
        decisions = self.chair.decide(now_ms, entries)
        for decision in decisions:
            self.later(self.world.between(1, 30), self._give, decision)
        if decisions and self.freezes_at_order_ms:
            self.freeze()
            self.world.note(self.name, "is frozen before it gives its order")
            self.world.after(self.freezes_at_order_ms, self.thaw)
            self.freezes_at_order_ms = 0
        self.later(ROUND_MS, self._round)

    def _give(self, decision: Decision) -> None:
        if self.world.tracing:
            self.world.note(self.name, f"orders of {decision.node} {decision.order}")
        self.world.mark(f"ordered_{decision.order.op}")
        for machine in self.machine.network.machines:
            if machine.node == decision.node:
                receive = machine.take_order
                self.machine.network.send(
                    self.machine, machine, receive, decision.process, decision.order, self.server
                )

    def refused(self, answer: Answer) -> None:
        self.chair.outnumbered(outnumbered_by(answer))

    def _end_frozen(self, entry: ProcessEntry) -> None:
        manager = self.machine.manager
        if manager is not None and manager.pid == entry.pid and manager.frozen:
            self.world.mark("frozen_manager_ended")
            self.machine.end(manager, "was frozen")


def process_of(machine: Machine, id: str, role: str, pid: int) -> SimProcess:
    kinds = {"collaboration": Collaboration, "web": Listener, "meeting-manager": Meeting}
    return kinds.get(role, SimProcess)(machine, id, role, pid)
