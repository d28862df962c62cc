"""A simulated machine: its clock, processes, launcher, and what lies on its disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from folkmoot.servers.draining import Draining
from folkmoot.servers.manager.records import Records
from folkmoot.simulation.world import World
from folkmoot.simulation.zone_manager import SimManager
from folkmoot.simulation.zone_network import ZoneNetwork
from folkmoot.simulation.zone_process import (
    Collaboration,
    Listener,
    Meeting,
    SimProcess,
    process_of,
)
from folkmoot.simulation.zone_settings import POLICY, SETTINGS
from folkmoot.zone.child import Beat
from folkmoot.zone.effects import Report
from folkmoot.zone.orders import Answer, Order
from folkmoot.zone.restarts import History, after_exit

if TYPE_CHECKING:
    from folkmoot.simulation.zone_checkers import Observer

MANAGER_STARTS_MS_MAX: Final = 400
FINE_AFTER_MS: Final = 1_000


class DrainingMemory:
    """`draining.json` of one boot."""

    def __init__(self) -> None:
        self._said = Draining()

    def read(self) -> Draining:
        return self._said

    def write(self, *, node: bool, processes: tuple[str, ...]) -> None:
        self._said = Draining(node, tuple(sorted(set(processes))))

    def clear(self) -> None:
        self._said = Draining()


class Machine:
    """One machine of the zone.

    Shape: `manager` is its process manager, None while there is none; `poison` are ids of children
    that die soon after each start, `unstartable` of those that cannot even be started.
    Units: the clock runs `rate` thousandths as fast as the world's.
    """

    def __init__(self, world: World, network: ZoneNetwork, observer: Observer, node: str) -> None:
        self.world = world
        self.network = network
        self.observer = observer
        self.node = node
        self.rate = 1_000
        self._clock_ms = world.between(10_000, 1_000_000)
        self._clock_set_ms = 0
        self.boot = 1
        self.powered = True
        self.launcher = False
        self.manager: SimManager | None = None
        self.processes: dict[int, SimProcess] = {}
        self.records = Records()
        self._synced = Records()
        self.draining = DrainingMemory()
        self.poison: set[str] = set()
        self.unstartable: set[str] = set()
        self.slow_start = self.disk_full = self.hangs = False
        self.lag_ms = 0.0
        self._pid = 100
        self._manager_history = History()

    # The clock

    @property
    def now_ms(self) -> int:
        return self._clock_ms + (self.world.now_ms - self._clock_set_ms) * self.rate // 1_000

    def set_clock(self, *, rate: int, jump_ms: int = 0) -> None:
        """Lets the clock run at another rate, and jump ahead; it never goes back."""
        self._clock_ms = self.now_ms + jump_ms
        self._clock_set_ms = self.world.now_ms
        self.rate = rate

    def real_ms(self, own_ms: int) -> int:
        return own_ms * 1_000 // self.rate

    def own_ms(self, real_ms: int) -> int:
        return real_ms * self.rate // 1_000

    # Processes

    @property
    def engine_runs(self) -> bool:
        return self.powered and any(
            p.id == "engine" and p.state == "ready" and not p.frozen
            for p in self.processes.values()
        )

    def of_role(self, role: str) -> list[SimProcess]:
        return [p for p in self.processes.values() if p.role == role]

    def spawn(self, id: str, role: str) -> int | None:
        """Starts a process; None when it cannot be started."""
        if id in self.unstartable:
            self.observer.ended(self, id, ready=False)
            return None
        self._pid += 1
        process = process_of(self, id, role, self._pid)
        process.lag_ms = self.lag_ms if role == "collaboration" else 0.0
        process.deaf_to_term = self.hangs
        self.observer.started(self, process)
        self.processes[process.pid] = process
        if id in self.poison:
            self.world.mark("poisoned")
            process.later(self.world.between(5, 700), self.end, process, "exit code 1")
        else:
            took_ms = self.world.between(2_000, 12_000) if self.slow_start else 300
            process.later(self.world.between(50, took_ms), process.begin)
        if role != "engine":
            process.later(100, self._beat, process)
        return process.pid

    def _beat(self, process: SimProcess) -> None:
        if self.manager is not None:
            self.manager.heard(
                Beat(
                    process.id,
                    process.pid,
                    process.state,
                    process.incarnation,
                    sent_ms=self.now_ms,
                )
            )
        process.later(500, self._beat, process)

    def signal(self, pid: int, *, kill: bool) -> None:
        process = self.processes.get(pid)
        if process is None:
            return
        if kill:
            self.end(process, "killed by SIGKILL")
        else:
            process.do(process.told_to_end)

    def end(self, process: SimProcess, detail: str) -> None:
        """A process has ended, whatever of."""
        if not process.alive:
            return
        process.alive = False
        if process is self.manager:
            self._manager_ended()
            return
        del self.processes[process.pid]
        if self.world.tracing:
            self.world.note(process.name, f"ended (pid {process.pid}): {detail}")
        self.observer.ended(self, process.id, ready=process.state != "starting", of=process)
        if self.manager is not None:
            manager = self.manager
            manager.later(0, manager.exited, process.id, process.pid, detail)

    def reported(self, report: Report) -> None:
        """A process manager told of something: the zone hears it, if it can."""
        self.world.mark(f"child_{report.kind}")
        if self.world.tracing:
            self.world.note(f"{self.node}/{report.id}", f"{report.kind} {report.detail}")
        self.observer.reported(self, report)
        if report.kind in ("died", "stopped") and report.incarnation:
            for machine in self.network.machines:
                self.network.send(self, machine, machine.hear_gone, report.id, report.incarnation)

    # Launcher and process manager

    def start_launcher(self) -> None:
        if self.powered and not self.launcher:
            self.launcher = True
            self._start_manager(self.boot)

    def _manager_ended(self) -> None:
        manager, self.manager = self.manager, None
        if manager is None:
            return
        del self.processes[manager.pid]
        self.world.note(f"{self.node}/process-manager", f"ended (pid {manager.pid})")
        self.observer.lost_server(self, manager)
        self.observer.manager_died(self)
        if self.launcher:
            fine = self.world.now_ms - manager.started_ms >= FINE_AFTER_MS
            self._manager_history, verdict = after_exit(
                POLICY, self._manager_history, self.now_ms, fine=fine, jitter_permille=500
            )
            wait_ms = self.real_ms(verdict.delay_ms) + self.world.between(30, MANAGER_STARTS_MS_MAX)
            self.world.after(wait_ms, self._start_manager, self.boot)

    def _start_manager(self, boot: int) -> None:
        if self.manager is not None or not self.launcher or boot != self.boot or not self.powered:
            return
        self._pid += 1
        self.manager = SimManager(self, self._pid)
        self.processes[self._pid] = self.manager
        self.world.mark("manager_started")
        self.world.note(f"{self.node}/process-manager", f"starts (pid {self._pid})")
        self.manager.begin()

    def write(self, records: Records, *, sync: bool) -> None:
        self.records = records
        self.observer.written(self)
        if sync:
            self._synced = msgspec.structs.replace(records)

    # Power

    def lose_power(self) -> None:
        """All is gone at once; what was not synced may be."""
        self.world.mark("power_lost")
        self.world.note(self.node, "loses power")
        for process in self.processes.values():
            process.alive = False
            self.observer.lost_server(self, process)
        self.processes = {}
        self.manager = None
        self.powered = self.launcher = False
        if self.world.chance(0.5):
            self.records = msgspec.structs.replace(self._synced)

    def return_power(self) -> None:
        if not self.powered:
            self.world.note(self.node, "has power again")
            self.powered = True
            self.boot += 1
            self.set_clock(rate=self.rate)
            self._manager_history = History()
            self.draining.clear()
            self.observer.booted(self)
            self.start_launcher()

    # The zone

    def beat_for_ever(self) -> None:
        """Everything of this machine beats in the same moment, four messages in one."""
        if self.powered:
            running = [p for p in self.processes.values() if not p.frozen]
            beats = [p.beat() for p in running if p.role != "engine"]
            for machine in self.network.machines:
                told = beats
                if self.network.loss:
                    told = [beat for beat in beats if not self.world.chance(self.network.loss)]
                self.network.send(self, machine, machine.hear_beats, told)
            for process in running:
                process.do(process.round)
        self.world.after(self.real_ms(SETTINGS.heartbeat_interval_ms), self.beat_for_ever)

    def hear_beats(self, beats: list[object]) -> None:
        for process in list(self.processes.values()):
            if isinstance(process, Listener):
                process.do(process.hear, beats)

    def hear_gone(self, id: str, incarnation: str) -> None:
        for process in list(self.processes.values()):
            if isinstance(process, Listener):
                process.do(process.gone, id, incarnation)

    def answer(self, giver: str, answer: Answer) -> None:
        """Sends a refusal back to the meeting manager that gave the order."""
        for machine in self.network.machines:
            for process in machine.of_role("meeting-manager"):
                if isinstance(process, Meeting) and process.server == giver:
                    hear = process.refused
                    self.network.send(self, machine, process.do, hear, answer)

    def take_order(self, to: str, order: Order, giver: str) -> None:
        if to == "process-manager":
            if self.manager is not None:
                self.manager.do(self.manager.take_order, order, giver)
            return
        for process in list(self.processes.values()):
            if process.id == to and isinstance(process, Collaboration):
                process.do(process.carry_out, order)
