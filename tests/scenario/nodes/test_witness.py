"""Two machines for people, and a third that only keeps the data with them."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from folkmoot.client import connect
from folkmoot.testing.nodes import power_off, three_nodes, until_whole
from folkmoot.testing.operator import command


@pytest.mark.timeout(300)
async def test_a_witness_keeps_the_data_and_the_zone_survives_a_machine(tmp_path: Path) -> None:
    async with AsyncExitStack() as stack:
        zones = await three_nodes(tmp_path, stack, "--role", "engine")
        code, said = await command("grow", "--data", str(tmp_path / "n1"))
        assert code == 0, said
        await until_whole(tmp_path / "n1", 3)
        await zones[2].wait_status(
            lambda rows: (
                {row["role"] for row in rows if row["node"] == "node3"}
                == {"launcher", "process-manager", "engine"}
            )
        )
        room = (await zones[0].create_room())["slug"]
        async with (
            connect(zones[0].url, room=room, name="Ada") as ada,
            connect(zones[1].url, room=room, name="Ben") as ben,
        ):
            await ada.chat.post("before")
            power_off(tmp_path / "n1")
            async with asyncio.timeout(90):
                await ben.chat.post("after")
                await ada.chat.post("and Ada too")
            expected = ["before", "after", "and Ada too"]
            async with asyncio.timeout(30):
                while [m["text"] for m in ben.state.chat["messages"]] != expected:
                    await asyncio.sleep(0.02)
