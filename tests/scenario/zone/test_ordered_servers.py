"""The meeting manager of a real zone orders another server when one is gone for long."""

from __future__ import annotations

import signal
from pathlib import Path

from folkmoot.client import connect
from folkmoot.testing.zone import running_zone

SETTINGS = {"order_after_failure_ms": 500, "watchdog_timeout_ms": 60_000}


async def test_a_server_is_ordered_in_place_of_one_that_does_not_come_back(
    tmp_path: Path,
) -> None:
    async with running_zone(tmp_path / "data", settings=SETTINGS) as zone:
        room = (await zone.create_room("Order"))["slug"]
        async with connect(zone.url, room=room, name="Ada") as ada:
            frozen = ada.server
            await zone.kill(frozen, signal.SIGSTOP)
            await zone.wait_status(
                lambda rows: any(
                    row["id"] == "collaboration-101" and row["state"] == "ready" for row in rows
                )
            )
            await zone.kill(frozen, signal.SIGKILL)
            await ada.chat.post("still here")
