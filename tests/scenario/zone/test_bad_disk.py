"""A disk that is slow, an `fsync` that fails, and a store that cannot be read, below one engine.

`strace` stands between the engine and the kernel (`folkmoot.testing.disk_faults`).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from folkmoot.client import Conference, connect
from folkmoot.drill.person import whole_chat
from folkmoot.servers.manager.control import query_status
from folkmoot.testing import disk_faults
from folkmoot.testing.disk_faults import DiskFault
from folkmoot.testing.zone import Zone, running_zone

DELAY_MS = 30
SAVED_S_MAX = 60.0
WAIT_S_MAX = 40.0


@pytest.fixture
def fault(tmp_path: Path, require_tool: Callable[..., str]) -> Any:
    require_tool("strace")
    if os.geteuid() != 0:
        pytest.skip("only root may trace processes that it did not start itself")
    made = DiskFault(tmp_path / "told")
    yield made
    made.end()


async def test_nothing_acknowledged_is_lost_by_a_slow_disk_one_that_fails_and_one_that_is_blind(
    tmp_path: Path, fault: DiskFault
) -> None:
    data = tmp_path / "data"
    async with running_zone(data, settings={"shards": 1}) as zone:
        room = (await zone.create_room())["slug"]
        saved: list[str] = []
        async with connect(zone.url, room=room, name="Ada") as ada:
            await a_slow_disk_saves_all_the_same(zone, fault, ada, saved)
            await an_engine_whose_fsync_failed_is_started_anew(zone, fault, ada, saved)
            await what_cannot_be_read_is_kept(zone, fault, ada, saved)
            assert [message["text"] for message in await whole_chat(ada)] == saved
        async with connect(zone.url, room=room, name="Bob") as bob:
            assert [message["text"] for message in await whole_chat(bob)] == saved


async def post(one: Conference, words: list[str], saved: list[str]) -> None:
    async with asyncio.timeout(SAVED_S_MAX):
        await asyncio.gather(*(one.chat.post(word) for word in words))
    saved += words


async def a_slow_disk_saves_all_the_same(
    zone: Zone, fault: DiskFault, ada: Conference, saved: list[str]
) -> None:
    """Everything takes longer, and what comes meanwhile goes together; nothing has failed."""
    fault.begin(disk_faults.slow(DELAY_MS), [await zone.pid("engine")])
    await post(ada, [f"slow {number}" for number in range(40)], saved)
    assert fault.end() > 0
    assert "disk_failing" not in (await own_node(zone))["warnings"]


async def an_engine_whose_fsync_failed_is_started_anew(
    zone: Zone, fault: DiskFault, ada: Conference, saved: list[str]
) -> None:
    """And from what the disk has, not from what the kernel remembers of it; it is told for long."""
    engine = await zone.pid("engine")
    fault.begin(disk_faults.failing_sync(once=True), [engine])
    await post(ada, [f"failed {number}" for number in range(5)], saved)
    await zone.wait_replaced("engine", engine)
    assert fault.end() > 0
    assert "starts from what the disk has" in manager_log(zone)
    assert (await own_node(zone))["disk_errors"] > 0


async def what_cannot_be_read_is_kept(
    zone: Zone, fault: DiskFault, ada: Conference, saved: list[str]
) -> None:
    """The engine removes a stream that it cannot open; it comes back once the disk can read."""
    manager = await zone.pid("process-manager")
    store = zone.folder / "engine" / "store"
    before = streams(store)
    fault.begin(disk_faults.failing_reads(store), [manager])
    await zone.kill("engine")

    def is_told(rows: list[dict[str, Any]]) -> bool:
        engine = next(row for row in rows if row["id"] == "engine")
        return engine["state"] != "ready" and "could not read" in engine["detail"]

    await zone.wait_status(is_told, WAIT_S_MAX)
    waiting = asyncio.create_task(post(ada, ["blind"], saved))
    assert fault.end() > 0
    await waiting
    assert streams(store) == before
    assert "disk_failing" in (await own_node(zone))["warnings"]


def streams(store: Path) -> list[str]:
    return sorted(path.parent.name for path in store.glob("jetstream/*/streams/*/meta.inf"))


def manager_log(zone: Zone) -> str:
    return (zone.folder / "logs" / "process-manager.log").read_text()


async def own_node(zone: Zone) -> dict[str, Any]:
    told = await query_status(zone.folder)
    node: dict[str, Any] = told["nodes"][0]
    return node
