"""A process manager as played: the shell around the real supervisor, orders, and records."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from folkmoot.servers.draining import DrainingFile
from folkmoot.servers.manager import procfs, records
from folkmoot.servers.manager.adoption import bequeath, inherit
from folkmoot.servers.manager.orders import Orders
from folkmoot.servers.manager.plan import Planned
from folkmoot.simulation.zone_process import SimProcess
from folkmoot.simulation.zone_settings import BOUNDS, POLICY, SETTINGS, SPECS
from folkmoot.zone.child import Beat, Child
from folkmoot.zone.effects import Effect, Finished, Report, Signal, Start, Watch
from folkmoot.zone.freeze import Stillness
from folkmoot.zone.orders import Order
from folkmoot.zone.restarts import JITTER_PERMILLE_MAX
from folkmoot.zone.supervisor import Supervisor

if TYPE_CHECKING:
    from folkmoot.simulation.zone_machine import Machine

TICK_MS: Final = 100
HEALTH_MS: Final = 500
PREPARED_AFTER_MS: Final = 200
ID: Final = "process-manager"


class SimManager(SimProcess):
    """One process manager of a machine; its successor finds what it recorded."""

    def __init__(self, machine: Machine, pid: int) -> None:
        super().__init__(machine, ID, ID, pid)
        self.records = records.successor(machine.records, str(machine.boot), pid, self.started_ms)
        self.supervisor = Supervisor(SPECS, POLICY, BOUNDS, prepared=self.records.prepared)
        fence = self.records.meeting_fence
        self.orders = Orders(self, Path("/"), machine.node, SETTINGS, lambda: None, fence)
        self.orders.draining = cast(DrainingFile, machine.draining)
        self._effects: deque[Effect] = deque()
        self._performing = False
        self._stillness = Stillness()
        self._beats: list[Beat] = []

    def begin(self) -> None:
        super().begin()
        machine, children = self.machine, self.supervisor.children
        running = [
            procfs.Running(p.id, p.pid, p.started_ms)
            for p in machine.processes.values()
            if p is not self
        ]
        started = {found.pid: found.started for found in running}
        living = records.matched(self.records, lambda pid: started.get(pid, 0), running)
        ages = {f.pid: machine.own_ms(self.world.now_ms - f.started) for f in running}
        recorded, age_ms = self.records.processes, ages.__getitem__
        heritage = inherit(children, recorded, living, age_ms, machine.now_ms)
        if not living:
            machine.draining.clear()
        if heritage.lost:
            self.world.mark("lost_unwatched")
        self._keep()
        begun = self.supervisor.begin(machine.now_ms, heritage.found, heritage.lost, self._jitter())
        self.perform(begun)
        self.later(TICK_MS, self._tick)
        self.later(HEALTH_MS, self._health)

    # What orders need

    @property
    def children(self) -> Mapping[str, Child]:
        return self.supervisor.children

    def add(self, planned: Planned) -> None:
        self.perform(self.supervisor.add(self.machine.now_ms, planned.spec))

    def remove(self, id: str) -> None:
        self.perform(self.supervisor.remove(self.machine.now_ms, id))

    def restart(self, id: str) -> None:
        self.perform(self.supervisor.restart(self.machine.now_ms, id))

    def replace(self) -> None:
        self.later(100, self.machine.end, self, "makes room for its successor")

    def renew_launcher(self) -> bool:
        return True

    def status(self) -> dict[str, Any]:
        return {}

    def keep_fence(self, highest: int) -> None:
        self.records.meeting_fence = highest
        self._write(sync=True)

    # Inputs

    def exited(self, id: str, pid: int, detail: str) -> None:
        told = self.supervisor.exited(self.machine.now_ms, id, pid, detail, self._jitter())
        self.perform(told)

    def heard(self, beat: Beat) -> None:
        """A beat waits in the socket, also while this process is frozen."""
        self._beats.append(beat)

    def take_order(self, order: Order, giver: str) -> None:
        answer = self.orders.carry_out(order)
        if answer.refused:
            old = "has taken over" in answer.refused
            self.world.mark("order_outfenced" if old else "order_refused")
            self.machine.answer(giver, answer)
        else:
            self.machine.observer.obeyed(self.machine, order, giver)

    def round(self) -> None:
        self.draining = self.machine.draining.read().node

    def _tick(self) -> None:
        machine = self.machine
        beats, self._beats = self._beats, []
        for beat in beats:
            self._stillness.heard(beat.sent_ms)
            self.perform(self.supervisor.beat(machine.now_ms, beat))
        still_ms = self._stillness.tick(machine.now_ms)
        if still_ms:
            self.world.mark("stood_still")
            self.perform(self.supervisor.thawed(machine.now_ms, "engine", still_ms))
        self.perform(self.supervisor.tick(machine.now_ms))
        self.later(TICK_MS, self._tick)

    def _health(self) -> None:
        child = self.supervisor.children["engine"]
        engine = self.machine.processes.get(child.pid)
        if engine is not None and child.phase in ("starting", "ready"):
            healthy = engine.state == "ready" and not engine.frozen and not self.machine.disk_full
            told = self.supervisor.health(
                self.machine.now_ms, "engine", healthy=healthy, answered=not engine.frozen
            )
            self.perform(told)
            if healthy and not self.records.prepared:
                self.later(PREPARED_AFTER_MS, self._prepared)
        self.later(HEALTH_MS, self._health)

    def _prepared(self) -> None:
        self.records.prepared = True
        self.perform(self.supervisor.prepared(self.machine.now_ms))

    def _jitter(self) -> int:
        return self.world.between(0, JITTER_PERMILLE_MAX)

    # Effects

    def perform(self, effects: Sequence[Effect]) -> None:
        """As the real shell does; a fault may end it between any two effects."""
        self._effects.extend(effects)
        if self._performing or not self._effects:
            return
        self._performing = True
        while self._effects and self.alive:
            effect = self._effects.popleft()
            if self.step():
                self._effects.extend(self._perform(effect))
        self._performing = False
        if self.step():
            self._keep()

    def _perform(self, effect: Effect) -> list[Effect]:
        machine = self.machine
        match effect:
            case Start(id=id):
                pid = machine.spawn(id, self.supervisor.children[id].spec.role)
                if pid is None:
                    self.world.mark("start_failed")
                    return self.supervisor.start_failed(
                        machine.now_ms, id, "could not be started", self._jitter()
                    )
                # The process may run although this one never hears of it.
                if not self.step():
                    return []
                return self.supervisor.started(machine.now_ms, id, pid)
            case Signal(pid=pid, kill=kill):
                machine.signal(pid, kill=kill)
            case Watch(id=id, pid=pid):
                if pid not in machine.processes:
                    self.later(0, self.exited, id, pid, "was gone")
            case Report():
                machine.reported(effect)
            case Finished():
                pass
        return []

    def _keep(self) -> None:
        alive = self.machine.processes
        self.records.processes = bequeath(
            self.supervisor.children.values(),
            lambda pid: alive[pid].started_ms if pid in alive else 0,
        )
        self._write()

    def _write(self, *, sync: bool = False) -> None:
        self.machine.write(msgspec.structs.replace(self.records), sync=sync)
