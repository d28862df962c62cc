"""A zone is written into a file while people talk, lost, and made anew from it (I1, I6)."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from pycrdt import Text

from folkmoot.client import Conference, connect
from folkmoot.testing.operator import command, texts
from folkmoot.testing.zone import Zone, running_zone

SETTINGS = {"snapshot_every_operations": 20, "trim_behind_ms": 0, "compact_after_updates": 5}
"""So that a short test has snapshots, history segments, a trimmed log and compactions."""


async def talk(conference: Conference, count: int, prefix: str) -> list[str]:
    said = [f"{prefix} {number}" for number in range(count)]
    for text in said:
        await conference.chat.post(text)
    return said


async def write(conference: Conference, words: list[str]) -> None:
    pad = conference.documents["pad"]
    await pad.loaded()
    text = pad.get("text", type=Text)
    for word in words:
        text += word
        await pad.saved()


async def read(conference: Conference) -> str:
    pad = conference.documents["pad"]
    await pad.loaded()
    return str(pad.get("text", type=Text))


async def test_everything_comes_back_from_a_backup(tmp_path: Path) -> None:
    first, second, file = tmp_path / "first", tmp_path / "second", tmp_path / "zone.backup"
    async with running_zone(first, settings=SETTINGS) as zone:
        room = await zone.create_room("Kept")
        slug = room["slug"]
        quiet = (await zone.create_room("Nobody came"))["slug"]
        async with (
            connect(zone.url, room=slug, name="Ada") as ada,
            connect(zone.url, room=slug, name="Cleo") as cleo,
        ):
            said = await talk(ada, 330, "old")
            await write(ada, [f"word{number} " for number in range(30)])
            said += await talk(ada, 7, "new")
            shared = bytes(range(256)) * 5_000
            shared_as = await ada.files.upload(shared, "plan.bin")
            going_on = asyncio.create_task(talk(cleo, 60, "during"))
            code, output = await command("backup", str(file), "--data", str(first))
            assert code == 0, output
            assert "read back and right" in output
            during = await going_on
            await cleo.chat.post("lost")
            written = await read(ada)

            code, output = await command("backup", str(file), "--data", str(first))
            assert code == 2
            assert "exists already" in output
            assert file.stat().st_mode & 0o077 == 0
            old = ada.state.position
            port = zone.port
            await zone.stop()
            shutil.rmtree(first)

            code, output = await command("restore", str(file), "--data", str(second))
            assert code == 0, output
            assert "1 rooms" in output
            zone = Zone(second)
            zone.port, zone.url = port, f"http://127.0.0.1:{port}"
            try:
                await zone.start()
                # Her old page comes back by itself, with the token that the lost zone gave her.
                async with asyncio.timeout(30):
                    while not ada.state.position.epoch or ada.state.position.epoch == old.epoch:
                        await asyncio.sleep(0.05)
                came_back = texts(ada)
                # Cleo was told of more than the backup holds: that page has to join again.
                async with asyncio.timeout(30):
                    while cleo.ended is None:
                        await asyncio.sleep(0.05)
                assert cleo.ended.code == "session_closed"
                assert "restored from a backup" in cleo.ended.message
                async with connect(zone.url, room=slug, name="Bob") as bob:
                    kept = texts(bob)
                    assert kept == came_back
                    whole = sum(text.startswith("during") for text in kept)
                    assert kept == (said + during[:whole])[-200:]
                    assert bob.state.position.sequence > 330
                    assert await read(bob) == written
                    assert await bob.files.fetch(shared_as) == shared
                    await bob.chat.post("after")
                    await ada.chat.post("me too")
                    async with asyncio.timeout(20):
                        while texts(ada)[-2:] != ["after", "me too"]:
                            await asyncio.sleep(0.02)
                async with connect(zone.url, room=quiet, name="Eve") as eve:
                    assert texts(eve) == []
            finally:
                await zone.stop()
    assert room["links"]
