"""The process manager's shell: performs what the supervisor decides, and tells it what happens.

No decision is made here. Nothing here waits for the engine: its connection lives in a task of its
own, and supervision goes on whatever becomes of it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import secrets
import socket
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from folkmoot.conference.state import LEVEL
from folkmoot.data_folder import Node
from folkmoot.errors import FolkmootError
from folkmoot.pulse import Pulse, pulse
from folkmoot.servers.interpreter import interpreter
from folkmoot.servers.manager import notify, procfs, records
from folkmoot.servers.manager.adoption import inherit
from folkmoot.servers.manager.bookkeeping import Bookkeeper
from folkmoot.servers.manager.certificate import CertificateKeeper
from folkmoot.servers.manager.children import Children
from folkmoot.servers.manager.control import ControlServer
from folkmoot.servers.manager.disk_speed import DiskSpeed
from folkmoot.servers.manager.engine_child import EmbeddedEngine, ZoneSeat
from folkmoot.servers.manager.engine_watch import EngineWatch
from folkmoot.servers.manager.launcher_link import LISTEN_FD, LauncherLink
from folkmoot.servers.manager.machine import MachineLoad, Upkeep
from folkmoot.servers.manager.orders import Orders, extra
from folkmoot.servers.manager.overview import Overview
from folkmoot.servers.manager.plan import ENGINE_ID, Plan, Planned, is_open
from folkmoot.settings import Settings
from folkmoot.zone.child import Beat, Bounds, Child
from folkmoot.zone.effects import Effect, Finished, Report, Signal, Start, Watch
from folkmoot.zone.freeze import Stillness
from folkmoot.zone.load import Identity, Load
from folkmoot.zone.manager import ZoneEvent, ZoneManager
from folkmoot.zone.restarts import JITTER_PERMILLE_MAX, Policy
from folkmoot.zone.supervisor import Supervisor

TICK_S: Final = 0.05
TICK_SETTLED_S: Final = 0.25
LAUNCHER_BEAT_S: Final = 0.5
FENCE_INTERVAL_S: Final = 1.0
SEAT_AGAIN_S: Final = 5.0
REPLACE_S: Final = 0.1
PATIENCE_MS: Final = 5_000
"""For so long the zone is called ready only when every process is; then without the dispensable."""

QUIET: Final = ("started", "ready", "stopped")

log = logging.getLogger("folkmoot.manager")


class Replaced(FolkmootError):
    """This process manager makes room for its successor; what it started runs on."""


def now_ms() -> int:
    return time.monotonic_ns() // 1_000_000


class ProcessManager:
    """One node's processes.

    Caller: `run` once; it returns when everything has ended after `stop`.
    Errors: `Fenced` from `run` when a later process manager took over.
    """

    def __init__(
        self,
        data: Path,
        node: Node,
        settings: Settings,
        plan: Plan,
        engine: EmbeddedEngine | None,
        *,
        in_zone: bool,
        descriptors: Mapping[str, int],
        launcher_arguments: Sequence[str] = (),
    ) -> None:
        self._data = data
        self._node = node
        self._settings = settings
        self._plan = {planned.spec.id: planned for planned in plan.processes}
        self._probe = plan.probe
        self._engine = engine
        self._listen_fd = descriptors[LISTEN_FD]
        self._started_ms = now_ms()
        self._books = Bookkeeper(data, lambda: self.children, self._end_fenced)
        kept = self._books.records
        self._children = Children(data, self._child_ended)
        self._launcher = LauncherLink(
            data, descriptors, launcher_arguments, on_change=self._launcher_changed
        )
        self._launcher.restarts = kept.launcher_restarts
        self._supervisor = Supervisor(
            [planned.spec for planned in plan.processes],
            Policy(settings.restarts_max, settings.restarts_window_ms),
            Bounds(watchdog_ms=settings.watchdog_timeout_ms),
            prepared=kept.prepared or not in_zone,
            starved_ms=procfs.starved_ms,
        )
        self._load = Load(state="ready", level=LEVEL)
        incarnation = secrets.token_hex(4)
        me = Identity("process-manager", "process-manager", node.name, incarnation, os.getpid())
        self._seat = ZoneSeat(data, node, settings, me, self._load) if in_zone else None
        self._orders = Orders(
            self, data, node.name, settings, self._zone_manager, kept.meeting_fence
        )
        if self._seat is not None:
            self._seat.answer = self._orders.answer
        self.certificate = CertificateKeeper(data, node)
        self._overview = Overview(
            data,
            node,
            self._supervisor,
            self._children,
            self._launcher,
            kept,
            self._load,
            self._seat,
            self.certificate,
        )
        self._effects: deque[Effect] = deque()
        self._performing = False
        self._finished = asyncio.Event()
        self._fenced: records.Fenced | Replaced | None = None
        self._open_told = False
        self._ticks = Pulse()
        self._stillness = Stillness(lambda: procfs.starved_ms(os.getpid()))

    async def run(self) -> None:
        notifications = notify.listen(self._data)
        loop = asyncio.get_running_loop()
        loop.add_reader(notifications.fileno(), notify.receive, notifications, self._heard)
        operations = {
            "status": self.status,
            "down": self._down,
            "certificate": self._look_at_certificate,
        }
        control = ControlServer(self._data, operations, self._orders.control)
        server = await control.start()
        self._begin()
        tasks = [
            loop.create_task(task, name=name)
            for name, task in (
                ("ticks", self._tick_for_ever(notifications)),
                ("launcher", self._tell_launcher_for_ever()),
                ("fence", self._check_fence_for_ever()),
                ("certificate", self.certificate.run()),
            )
        ]
        if self._engine is not None:
            watch = EngineWatch(self._engine, self._supervisor, self._load, self._perform, now_ms)
            tasks.append(loop.create_task(watch.run(), name="health"))
            speed = DiskSpeed(self._data / "engine", self._node.name, self._load, self._seat)
            tasks.append(loop.create_task(speed.run(), name="disk"))
        if self._seat is not None:
            tasks.append(loop.create_task(self._sit_for_ever(self._seat), name="zone"))
        try:
            await self._until_finished(tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=0.5)
            loop.remove_reader(notifications.fileno())
            notifications.close()
            server.close()
            self._children.close()
            self._launcher.close()
            self._books.close()

    def stop(self) -> None:
        """Ends everything in order; `run` returns when it has ended."""
        if not self._supervisor.stopping:
            log.info("stopping")
            self._load.state = "stopping"
            self._launcher.send({"stopping": True})
            self._perform(self._supervisor.stop(now_ms()))

    # What orders need

    @property
    def children(self) -> Mapping[str, Child]:
        return self._supervisor.children

    def add(self, planned: Planned) -> None:
        self._plan[planned.spec.id] = planned
        self._perform(self._supervisor.add(now_ms(), planned.spec))

    def remove(self, id: str) -> None:
        self._perform(self._supervisor.remove(now_ms(), id))

    def restart(self, id: str) -> None:
        self._perform(self._supervisor.restart(now_ms(), id))

    def replace(self) -> None:
        """Ends this process alone, soon; the launcher starts its successor, which adopts all."""
        self._fenced = Replaced("makes room for its successor")
        asyncio.get_running_loop().call_later(REPLACE_S, self._finished.set)

    def renew_launcher(self) -> bool:
        return self._launcher.renew()

    def _zone_manager(self) -> ZoneManager | None:
        return self._seat.zone if self._seat is not None else None

    def status(self) -> dict[str, Any]:
        return self._overview.status()

    def _begin(self) -> None:
        children = self._supervisor.children
        living = records.living(self._data, self._books.records)
        recorded = self._books.records.processes
        heritage = inherit(children, recorded, living, procfs.age_ms, now_ms())
        for id in children:
            if id not in self._plan:
                # Ordered of our predecessor: it is ours now.
                self._plan[id] = extra(id, self._data)
        if not living:
            self._orders.draining.clear()
        begun = self._supervisor.begin(now_ms(), heritage.found, heritage.lost, _jitter())
        self._perform(begun)

    # Inputs

    def _heard(self, beat: Beat) -> None:
        self._stillness.heard(beat.sent_ms)
        self._perform(self._supervisor.beat(now_ms(), beat))

    def _child_ended(self, id: str, pid: int, detail: str) -> None:
        engine = self._engine if id == ENGINE_ID else None
        blameless = engine is not None and engine.disk_errors.fresh()
        jitter = _jitter()
        self._perform(
            self._supervisor.exited(now_ms(), id, pid, detail, jitter, blameless=blameless)
        )

    def _prepared(self) -> None:
        self._books.keep_prepared()
        self._perform(self._supervisor.prepared(now_ms()))

    def _launcher_changed(self) -> None:
        self._books.keep_launcher(self._launcher.restarts)

    def _look_at_certificate(self) -> dict[str, Any]:
        self.certificate.look()
        return {"certificate": self.certificate.status()}

    def _down(self) -> dict[str, Any]:
        asyncio.get_running_loop().call_soon(self.stop)
        return {"stopping": True}

    # Effects

    def _perform(self, effects: Sequence[Effect]) -> None:
        """Performs effects in order; what they bring about comes after them, not in between."""
        self._effects.extend(effects)
        if self._performing or not self._effects:
            return
        # What is decided now may be due sooner than the next look at children that are well.
        self._ticks.wake()
        self._performing = True
        try:
            while self._effects:
                self._effects.extend(self._perform_one(self._effects.popleft()))
        finally:
            self._performing = False
        self._books.keep()

    def _perform_one(self, effect: Effect) -> list[Effect]:
        match effect:
            case Start(id=id):
                return self._start(id)
            case Signal(pid=pid, kill=kill):
                self._children.signal(pid, kill=kill)
            case Watch(id=id, pid=pid):
                self._children.watch(id, pid)
            case Report():
                self._report(effect)
            case Finished():
                self._finished.set()
        return []

    def _start(self, id: str) -> list[Effect]:
        planned = self._plan[id]
        environment = {"MALLOC_ARENA_MAX": "2"}
        descriptors: list[int] = []
        lock: int | None = None
        try:
            if planned.listens:
                descriptors.append(self._listen_fd)
                environment[LISTEN_FD] = str(self._listen_fd)
            argv = list(planned.argv)
            if self._engine is not None and id == ENGINE_ID:
                lock = self._engine.lock()
                descriptors.append(lock)
                argv = self._engine.prepare_start(argv)
            if argv[0] == sys.executable:
                argv[0] = interpreter(self._data)
            pid = self._children.start(id, argv, descriptors=descriptors, environment=environment)
        except (OSError, FolkmootError) as error:
            log.error("%s could not be started: %s", id, error)
            return self._supervisor.start_failed(now_ms(), id, str(error), _jitter())
        finally:
            if lock is not None:
                os.close(lock)
        return self._supervisor.started(now_ms(), id, pid)

    def _report(self, report: Report) -> None:
        level = logging.WARNING if report.kind not in QUIET else logging.INFO
        log.log(level, "%s %s (pid %d) %s", report.id, report.kind, report.pid, report.detail)
        if self._seat is not None:
            name = self._node.name
            event = ZoneEvent(
                report.kind, report.id, report.incarnation, name, report.pid, report.detail
            )
            self._seat.tell(event)
        if report.kind in ("ready", "died", "failed"):
            self._launcher.send({"process": report.id, "is": report.kind, "why": report.detail})

    def keep_fence(self, highest: int) -> None:
        self._books.keep_fence(highest)

    def _end_fenced(self, why: records.Fenced) -> None:
        self._fenced = why
        self._finished.set()

    # What goes on all the time

    async def _until_finished(self, tasks: Sequence[asyncio.Task[None]]) -> None:
        """Waits for the end; a task that fails is our bug and ends us, our successor goes on."""
        finished = asyncio.ensure_future(self._finished.wait())
        done, _ = await asyncio.wait([finished, *tasks], return_when=asyncio.FIRST_COMPLETED)
        finished.cancel()
        for task in done:
            if task is not finished:
                task.result()
        if self._fenced is not None:
            raise self._fenced
        self._orders.draining.clear()
        self._books.keep_end()

    async def _tick_for_ever(self, notifications: socket.socket) -> None:
        while True:
            # What came in a gap tells whether only we stood still.
            notify.receive(notifications, self._heard)
            still_ms = self._stillness.tick(notify.clock_ms())
            if still_ms and self._engine is not None and self._engine.clustered():
                # One among others disturbs their streams for seconds when it goes on from where
                # it stopped. One that is alone disturbs nobody, and a restart would only cost time.
                self._perform(self._supervisor.thawed(now_ms(), ENGINE_ID, still_ms))
            self._perform(self._supervisor.tick(now_ms()))
            await self._ticks.wait(TICK_SETTLED_S if self._supervisor.settled else TICK_S)

    async def _sit_for_ever(self, seat: ZoneSeat) -> None:
        """Keeps our place in the zone; whatever goes wrong there is no reason to end."""
        while True:
            try:
                await seat.take(self._prepared)
            except Exception:
                log.exception("the place in the zone was lost")
            await asyncio.sleep(SEAT_AGAIN_S)

    async def _tell_launcher_for_ever(self) -> None:
        while True:
            self._launcher.send({"beat": True})
            if not self._open_told and self._is_open():
                self._open_told = True
                self._launcher.send(
                    {
                        "open": True,
                        "probe": self._probe,
                        "encrypted": self._node.encrypted,
                    }
                )
            await pulse(LAUNCHER_BEAT_S if self._open_told else 0.1)

    def _is_open(self) -> bool:
        patient = now_ms() - self._started_ms < PATIENCE_MS
        return is_open(self._supervisor.children.values(), patient=patient)

    async def _check_fence_for_ever(self) -> None:
        machine, upkeep = MachineLoad(), Upkeep(self._data)
        while True:
            upkeep.look(self._load)
            if upkeep.has_room_again(self._load):
                self._perform(self._supervisor.try_now(now_ms()))
            zone = self._zone_manager()
            self._load.clock_off_s = zone.clock_off_s() if zone is not None else 0
            await pulse(FENCE_INTERVAL_S)
            self._load.cpu = machine.share()
            self._load.draining = self._orders.draining.read().node
            self._books.look()


def _jitter() -> int:
    return random.randint(0, JITTER_PERMILLE_MAX)
