"""The meeting manager's process: watches process managers, orders servers, moves load.

One of the zone is active, the others stand by; which one is decided by the zone's table and a
fencing number in the `zone` bucket. Nothing on an operation's way needs it. Sessions of servers
that died are swept by the collaboration servers themselves, each for its conferences.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from typing import Final

import msgspec

from folkmoot.errors import OperatorError
from folkmoot.folder_lock import is_locked
from folkmoot.ports import Conflict, LogUnavailable
from folkmoot.servers.manager import control, procfs, records
from folkmoot.servers.meeting.chair import Chair
from folkmoot.servers.meeting.direction import Decision
from folkmoot.servers.meeting.watch import Headless, Watcher
from folkmoot.servers.runtime import Runtime
from folkmoot.zone.freeze import stands_still
from folkmoot.zone.manager import ZoneEvent
from folkmoot.zone.orders import encode, outnumbered_by, read_answer
from folkmoot.zone.table import ProcessEntry

SEAT_KEY: Final = "meeting-manager"
ROLE: Final = "meeting-manager"
ROUND_S: Final = 1.0
ANSWER_S: Final = 1.0


async def main(runtime: Runtime) -> None:
    """Watches until told to stop."""
    manager = MeetingManager(runtime)
    runtime.zone.on_event(manager.heard)
    runtime.load.state = "ready"
    await manager.round()
    while not await runtime.until_stopping(ROUND_S):
        await manager.round()


class MeetingManager:
    """One meeting manager."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._watcher = Watcher(runtime.node)
        self._headless = Headless()
        self._chair = Chair(runtime.settings, runtime.server)

    def heard(self, event: ZoneEvent) -> None:
        """Writes down what process managers saw: one log tells the zone's story."""
        if event.kind in ("died", "failed", "frozen", "unhealthy", "adopted"):
            self._runtime.log.warning(
                "%s on %s: %s %s", event.id, event.node, event.kind, event.detail
            )

    async def round(self) -> None:
        """One look at the zone; the engine being away ends the round, not the process."""
        if self._headless.seen(locked=is_locked(self._runtime.data)):
            await self._raise_head()
        zone = self._runtime.zone
        if zone.deaf:
            return
        try:
            await self._take_seat()
        except (LogUnavailable, Conflict) as error:
            self._chair.unknown()
            self._runtime.log.info("the seat is not known just now: %s", error)
        entries = zone.processes()
        for entry in self._watcher.newly_suspect(entries):
            await self._tell_suspect(entry)
        at_ms = time.monotonic_ns() // 1_000_000
        frozen = self._watcher.frozen(at_ms, entries)
        if frozen is not None:
            await self._end_frozen(frozen)
        decisions = self._chair.decide(at_ms, entries)
        await asyncio.gather(*(self._order(decision) for decision in decisions))

    async def _order(self, decision: Decision) -> None:
        """Gives an order, again if need be: the zone's table tells what came of it."""
        runtime, order = self._runtime, decision.order
        what = f"{order.op} {order.id or order.count} of {decision.node}, as {decision.why}"
        try:
            answer = read_answer(
                await runtime.zone.request(
                    decision.process, encode(order), ANSWER_S, node=decision.node
                )
            )
        except LogUnavailable as error:
            runtime.log.warning("not answered: %s (%s)", what, error)
            return
        self._chair.outnumbered(outnumbered_by(answer))
        runtime.log.warning("ordered: %s%s", what, f"; {answer.refused}" if answer.refused else "")

    async def _take_seat(self) -> None:
        """Becomes active when nobody alive is. Errors: `Conflict` when another was faster."""
        runtime = self._runtime
        bucket = runtime.engine.bucket("zone")
        entry = await bucket.get(SEAT_KEY)
        stored, revision = (entry.value, entry.revision) if entry is not None else (None, 0)
        managers = runtime.zone.processes(ROLE)
        seat, wanted = self._chair.wanted(stored, revision, managers, deaf=runtime.zone.deaf)
        if wanted is not None:
            value = msgspec.json.encode(wanted)
            if entry is None:
                await bucket.create(SEAT_KEY, value)
            else:
                await bucket.update(SEAT_KEY, value, entry.revision)
            runtime.log.info("active meeting manager with number %d", wanted.fence)
            seat = wanted
        self._chair.seated(seat)

    async def _tell_suspect(self, entry: ProcessEntry) -> None:
        runtime = self._runtime
        silent_ms = runtime.zone.silent_ms(entry)
        runtime.log.warning("%s on %s is silent for %d ms", entry.id, entry.node, silent_ms)
        if fence := self._chair.fence:
            await runtime.zone.tell(
                ZoneEvent(
                    "suspect",
                    entry.id,
                    entry.beat.incarnation,
                    entry.node,
                    entry.pid,
                    f"silent for {silent_ms} ms; told by meeting manager number {fence}",
                )
            )

    async def _raise_head(self) -> None:
        """Starts a launcher for a node that lost both launcher and process manager.

        It takes over: the other processes, this one among them, are adopted as they are.
        """
        runtime = self._runtime
        node = runtime.node_record
        runtime.log.error("launcher and process manager are gone; another launcher is started")
        command = [
            sys.executable,
            "-P",
            "-m",
            "folkmoot.cli.main",
            "up",
            "--detach",
            "--data",
            str(runtime.data),
            "--host",
            node.host,
            "--port",
            str(node.port),
        ]
        if node.engine_external:
            command += ["--engine", node.engine_url]
        # Without the marker, by which it would be taken for this process.
        environment = {name: v for name, v in os.environ.items() if name != procfs.MARKER}
        starting = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        runtime.spawn(starting.wait(), "raise-head")

    async def _end_frozen(self, entry: ProcessEntry) -> None:
        """Ends a process manager that neither beats nor answers; the launcher starts another."""
        runtime = self._runtime
        starved_ms, asked_s = procfs.starved_ms(entry.pid), time.monotonic()
        try:
            await control.query_status(runtime.data, ANSWER_S)
        except OperatorError:
            pass
        else:
            runtime.log.warning("the process manager is silent in the zone, but answers here")
            return
        silent_ms = round((time.monotonic() - asked_s) * 1000)
        starved_ms = procfs.starved_ms(entry.pid) - starved_ms
        if not stands_still(silent_ms, starved_ms, silent_ms // 2):
            runtime.log.warning("the process manager waits for its turn: the machine is too busy")
            return
        told = records.read(runtime.data)
        if (
            told.boot == procfs.boot_id()
            and told.pid == entry.pid
            and procfs.kill_same(told.pid, told.started, signal.SIGKILL)
        ):
            runtime.log.error("the process manager (pid %d) was frozen and is ended", told.pid)
