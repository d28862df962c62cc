"""`--engine nats://...`: an engine that somebody else runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from folkmoot.client import connect
from folkmoot.testing.engine_process import running_engine
from folkmoot.testing.zone import running_zone

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_zone_uses_an_engine_that_someone_else_runs(tmp_path: Path) -> None:
    async with running_engine(tmp_path / "engine") as engine:
        password = engine.credentials["admin"]
        url = f"nats://admin:{password}@127.0.0.1:{engine.port}"
        async with running_zone(tmp_path / "data", "--engine", url) as zone:
            rows = {row["id"]: row for row in await zone.status()}
            assert rows["engine"]["state"] == "external"
            assert not rows["engine"]["pid"]
            room = (await zone.create_room("Elsewhere"))["slug"]
            async with connect(zone.url, room=room, name="Ada") as ada:
                receipt = await ada.chat.post("kept elsewhere")
                assert receipt.position.sequence > 0
                # It goes away and comes back: not ours to restart, but ours to survive.
                await engine.restart()
                await ada.chat.post("and after its restart")
                texts = [message["text"] for message in ada.state.chat["messages"]]
                assert texts == ["kept elsewhere", "and after its restart"]
        assert password not in (tmp_path / "data" / "logs" / "web-1.log").read_text()
