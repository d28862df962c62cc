"""How long a cold server takes to load a conference of 10,000 operations.

Every operation is a message of its own in the log, which is the slowest case. Loaded is once from
the newest snapshot and what came after it, and once from the log alone.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from bench import report
from bench.members import SETTINGS, enter
from bench.traces import Edit, Page
from folkmoot.apps import all_applications
from folkmoot.client.conference import Conference
from folkmoot.data_folder import load_node
from folkmoot.engine import Engine, connect
from folkmoot.engine.configuration import user_of_role
from folkmoot.servers.replicas import load_replica
from folkmoot.servers.store import read_pointers
from folkmoot.settings import Settings
from folkmoot.testing.zone import running_zone

AFTER_SNAPSHOT: Final = 500
REPEATS: Final = 5
WITH_SNAPSHOT_S_MAX: Final = 0.5
FROM_LOG_S_MAX: Final = 1.5
SNAPSHOT_TRIES_MAX: Final = 60


class Writer:
    """Writes chat messages and single keystrokes in turn, one operation a batch."""

    def __init__(self, conference: Conference) -> None:
        self.written = 0
        self._conference = conference
        self._page = Page(conference.session.number)

    async def write(self, count: int) -> None:
        for _ in range(count):
            if self.written % 2:
                await self._conference.chat.post(f"message {self.written} of a long meeting")
            else:
                await self._type()
            self.written += 1

    async def _type(self) -> None:
        before = self._page.clock
        update = self._page.edit(Edit(0, (), [(before, 0, "x")]))
        body = {"document": "pad", "from": before, "to": self._page.clock, "update": update}
        await self._conference.submit("documents", "update", body)


async def _engine(folder: Path) -> Engine:
    node = load_node(folder)
    user = user_of_role("collaboration")
    engine = await connect(
        node.engine_url,
        name="bench",
        settings=Settings(),
        user=user,
        password=node.engine_credentials[user],
    )
    await engine.wait_prepared()
    return engine


async def _load_ms(folder: Path, conference: str, *, snapshots: bool) -> tuple[float, int]:
    """Loads once, over a connection of its own; returns the time and the state's operations."""
    engine = await _engine(folder)
    try:
        began_s = time.perf_counter()
        replica = await load_replica(engine, conference, all_applications(), snapshots=snapshots)
        return (time.perf_counter() - began_s) * 1000, replica.state.operations
    finally:
        await engine.close()


async def _wait_snapshot(folder: Path, conference: str, writer: Writer, operations: int) -> int:
    """Writes now and then until a snapshot of so many operations is there."""
    engine = await _engine(folder)
    try:
        for _ in range(SNAPSHOT_TRIES_MAX):
            pointers, _ = await read_pointers(engine, conference)
            if pointers.snapshots and pointers.snapshots[0].operations >= operations:
                return pointers.snapshots[0].operations
            await writer.write(1)
            await asyncio.sleep(0.5)
    finally:
        await engine.close()
    raise TimeoutError("no snapshot was made")


async def measure(operations: int) -> tuple[dict[str, Any], bool]:
    """Makes a conference of so many operations and loads it."""
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as temporary:
        folder = Path(temporary) / "data"
        async with running_zone(folder, settings=dict(SETTINGS)) as zone:
            room = await zone.create_room("Load")
            conference = await enter(zone, room, "Writer", 1)
            try:
                writer = Writer(conference)
                began_s = time.perf_counter()
                await writer.write(operations - AFTER_SNAPSHOT)
                each_ms = (time.perf_counter() - began_s) * 1000 / writer.written
                enough = operations - AFTER_SNAPSHOT - Settings().snapshot_every_operations
                snapshot = await _wait_snapshot(folder, room["id"], writer, enough)
                await writer.write(max(0, operations - writer.written))
            finally:
                await conference.close()
            loads, loaded = {}, 0
            for name, snapshots in (("with_snapshot_ms", True), ("from_log_ms", False)):
                took = [
                    await _load_ms(folder, room["id"], snapshots=snapshots) for _ in range(REPEATS)
                ]
                loads[name] = report.spread([ms for ms, _ in took])
                loaded = took[0][1]
    told: dict[str, Any] = {
        "operations": writer.written,
        "operations_in_state": loaded,
        "operations_in_snapshot": snapshot,
        "written_one_by_one_ms_each": round(each_ms, 2),
    }
    kept = (
        loads["with_snapshot_ms"]["p50"] <= WITH_SNAPSHOT_S_MAX * 1000
        and loads["from_log_ms"]["p50"] <= FROM_LOG_S_MAX * 1000
    )
    return told | loads, kept


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench load", description=__doc__)
    parser.add_argument("--operations", type=int, default=10_000)
    arguments = parser.parse_args(words)
    told, kept = report.run(measure(arguments.operations))
    rows = [
        report.row("with its snapshot ms", told["with_snapshot_ms"]),
        report.row("from the log alone ms", told["from_log_ms"]),
    ]
    report.table(("load", *report.PARTS), rows)
    report.facts(told, "operations", "operations_in_snapshot", "written_one_by_one_ms_each")
    print("promise:", report.verdict(kept))
    report.write("load", told, kept=kept)
    return kept
