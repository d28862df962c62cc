"""A whole machine stands still and wakes: its engine starts anew, and only then."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from folkmoot.client import connect
from folkmoot.testing.nodes import LEAN, Frozen, three_nodes, until_whole
from folkmoot.testing.operator import command
from folkmoot.testing.zone import running_zone

FROZEN_S = 8.0


def row(rows: list[dict[str, Any]], id: str, node: str) -> dict[str, Any]:
    return next(row for row in rows if (row["id"], row["node"]) == (id, node))


@pytest.mark.timeout(240)
async def test_a_machine_that_wakes_starts_its_engine_anew_and_harms_nobody(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        zones = await three_nodes(tmp_path, stack)
        code, said = await command("grow", "--data", str(tmp_path / "n1"))
        assert code == 0, said
        await until_whole(tmp_path / "n1", 3)
        await zones[2].wait_status(lambda rows: row(rows, "engine", "node3")["state"] == "ready")
        engine = await zones[2].pid("engine")
        server = await zones[2].pid("collaboration-1")
        room = (await zones[0].create_room())["slug"]
        async with (
            connect(zones[0].url, room=room, name="Ada") as ada,
            connect(zones[1].url, room=room, name="Ben") as ben,
        ):
            frozen = Frozen(tmp_path / "n3")
            # How long it stands still is what this test is about.
            await asyncio.sleep(FROZEN_S)
            frozen.thaw()
            await zones[2].wait_replaced("engine", engine, 60)
            assert await zones[2].pid("collaboration-1") == server
            async with asyncio.timeout(40):
                await ada.chat.post("after")
                while [m["text"] for m in ben.state.chat["messages"]] != ["after"]:
                    await asyncio.sleep(0.02)
        await until_whole(tmp_path / "n1", 3)
        log = (tmp_path / "n3" / "logs" / "process-manager.log").read_text()
        assert "engine thawed" in log
        assert "the machine stood still for" in log


async def test_an_engine_that_is_alone_goes_on_when_its_machine_wakes(tmp_path: Path) -> None:
    async with running_zone(tmp_path / "n1", settings=LEAN) as zone:
        engine = await zone.pid("engine")
        frozen = Frozen(tmp_path / "n1")
        await asyncio.sleep(FROZEN_S)
        frozen.thaw()
        await zone.wait_status(lambda rows: all(row["state"] == "ready" for row in rows))
        assert await zone.pid("engine") == engine
        room = (await zone.create_room())["slug"]
        async with connect(zone.url, room=room, name="Ada") as ada:
            await ada.chat.post("on it goes")
        assert row(await zone.status(), "engine", "test-node")["restarts"] == 0
