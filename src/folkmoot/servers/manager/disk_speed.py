"""Measures the disk below the engine, and hands over what a slow one leads."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from folkmoot.errors import FolkmootError
from folkmoot.ports import LogUnavailable
from folkmoot.pulse import pulse
from folkmoot.zone.disk_speed import SLOW_MS, Probes, successor
from folkmoot.zone.load import Load

if TYPE_CHECKING:
    from folkmoot.servers.manager.engine_child import ZoneSeat

PROBE_FILE: Final = "probe"
PROBE_BYTES: Final = 512
EVERY_S: Final = 10.0
SLOW_EVERY_S: Final = 1.0
LATE_S: Final = 5.0
HAND_OVER_EVERY_S: Final = 10.0

log = logging.getLogger("folkmoot.manager")


def probe(path: Path) -> int:
    """How long a small write and its `fsync` take, in ms. Errors: OSError."""
    began_s = time.monotonic()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.pwrite(descriptor, bytes(PROBE_BYTES), 0)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return round((time.monotonic() - began_s) * 1000)


class DiskSpeed:
    """Caller: `run` as a task; `node` is our own name."""

    def __init__(self, folder: Path, node: str, load: Load, seat: ZoneSeat | None) -> None:
        self._path = folder / PROBE_FILE
        self._node = node
        self._load = load
        self._seat = seat
        self._probes = Probes()
        self._handed_s = float("-inf")

    async def run(self) -> None:
        while True:
            took_ms = await self._measure()
            self._load.disk_ms = self._probes.add(took_ms)
            if self._seat is not None and self._load.disk_ms >= SLOW_MS:
                await self._hand_over(self._seat)
            await pulse(SLOW_EVERY_S if took_ms >= SLOW_MS else EVERY_S)

    async def _measure(self) -> int:
        """Shape: a disk that hangs is as slow as we have waited; its thread is left to it."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[int] = loop.create_future()

        def tell(took_ms: int) -> None:
            if not done.done():
                done.set_result(took_ms)

        thread = threading.Thread(target=_probe_and, args=(self._path, loop, tell), daemon=True)
        thread.start()
        began_s = time.monotonic()
        try:
            async with asyncio.timeout(LATE_S):
                return await asyncio.shield(done)
        except TimeoutError:
            self._load.disk_ms = round((time.monotonic() - began_s) * 1000)
        return await done

    async def _hand_over(self, seat: ZoneSeat) -> None:
        if time.monotonic() - self._handed_s < HAND_OVER_EVERY_S or seat.zone is None:
            return
        others = {
            entry.node: entry.beat.disk_ms
            for entry in seat.zone.processes("process-manager")
            if entry.node != self._node and entry.beat.engine_runs and not entry.suspect
        }
        best = successor(self._load.disk_ms, others)
        if not best:
            return
        self._handed_s = time.monotonic()
        try:
            count = await seat.hand_over(best)
        except (FolkmootError, LogUnavailable) as error:
            log.warning("the disk is slow, and logs could not be handed over: %s", error)
            return
        if count:
            log.warning(
                "the disk takes %d ms for a small write: %s leads %d streams instead of us",
                self._load.disk_ms,
                best,
                count,
            )


def _probe_and(path: Path, loop: asyncio.AbstractEventLoop, tell: Callable[[int], None]) -> None:
    try:
        took_ms = probe(path)
    except OSError:
        # What fails is told by the engine; it is not slow.
        took_ms = 0
    if not loop.is_closed():
        loop.call_soon_threadsafe(tell, took_ms)
