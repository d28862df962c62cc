"""Exports in a real zone: made, downloaded, taken over when their server is killed half way."""

from __future__ import annotations

import asyncio
import io
import json
import os
import signal
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
from pycrdt import Text

from folkmoot.client import Conference, OperationRejected, connect
from folkmoot.testing.zone import Zone, running_zone

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

BOTH = {"formats": ["json", "markdown"]}
WAIT_S = 40.0


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def zone(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Zone]:
    folder: Path = tmp_path_factory.mktemp("export") / "data"
    # A snapshot, and so a history segment, after a few messages.
    async with running_zone(folder, settings={"snapshot_every_operations": 40}) as zone:
        yield zone


class Watch:
    """What one person is told of exports, from now on."""

    def __init__(self, conference: Conference) -> None:
        self.told: list[dict[str, Any]] = []
        self.conference = conference
        self._task = asyncio.ensure_future(self._follow(conference.events()))

    async def _follow(self, events: Any) -> None:
        async for event in events:
            if event.app == "exports" and event.type == "changed":
                self.told.append(event.body)

    async def until(self, phase: str) -> dict[str, Any]:
        async with asyncio.timeout(WAIT_S):
            while not self.told or self.told[-1]["phase"] != phase:
                await asyncio.sleep(0.001)
        return self.told[-1]

    async def download(self, zone: Zone, slug: str) -> zipfile.ZipFile:
        export = self.told[-1]["export"]
        answer = await self.conference.get("export", {"export": export})
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            got = await http.get(
                f"{zone.url}/api/v1/rooms/{slug}/exports/{export}",
                params={"ticket": answer["ticket"]},
            )
        assert got.status_code == 200, got.text
        assert "attachment" in got.headers["content-disposition"]
        return zipfile.ZipFile(io.BytesIO(got.content))

    def close(self) -> None:
        self._task.cancel()


def phases(watch: Watch) -> list[tuple[str, int]]:
    """Phases and attempts in their order, progress left out."""
    seen: list[tuple[str, int]] = []
    for told in watch.told:
        if not seen or seen[-1] != (told["phase"], told["attempt"]):
            seen.append((told["phase"], told["attempt"]))
    return seen


async def test_an_export_holds_chat_documents_and_people(zone: Zone) -> None:
    slug = (await zone.create_room("Export"))["slug"]
    async with (
        connect(zone.url, room=slug, name="Ada") as ada,
        connect(zone.url, room=slug, name="Bob") as bob,
    ):
        for n in range(100):
            await ada.chat.post(f"message {n}")
        pad = bob.documents["pad"]
        await pad.loaded()
        pad.get("content", type=Text).insert(0, "written by Bob")
        await pad.saved()
        watch, other = Watch(ada), Watch(bob)
        await ada.submit("exports", "request", BOTH)
        with pytest.raises(OperationRejected, match="still being made"):
            await ada.submit("exports", "request", BOTH)
        done = await watch.until("finished")
        archive = await watch.download(zone, slug)
        assert done["bytes"] > 0 and phases(watch)[-1] == ("finished", 1)
        assert sorted(archive.namelist()) == [
            "README.txt", "chat.json", "chat.md", "documents/notes.md", "documents/pad.txt",
            "people.json", "people.md",
        ]  # fmt: skip
        messages = json.loads(archive.read("chat.json"))
        assert [m["text"] for m in messages] == [f"message {n}" for n in range(100)]
        assert archive.read("documents/pad.txt") == b"written by Bob"
        assert {p["name"] for p in json.loads(archive.read("people.json"))} == {"Ada", "Bob"}
        assert other.told == [], "it concerns nobody else"
        with pytest.raises(Exception, match="no such export"):
            await bob.get("export", {"export": done["export"]})
        watch.close()
        other.close()


async def test_a_server_killed_in_the_middle_is_replaced_and_the_export_made_once(
    zone: Zone,
) -> None:
    slug = (await zone.create_room("Kill"))["slug"]
    async with (
        connect(zone.url, room=slug, name="Ada") as ada,
        connect(zone.url, room=slug, name="Bob") as bob,
    ):
        await ada.chat.post("before")
        pid = await zone.pid("export-1")
        watch = Watch(ada)
        await ada.submit("exports", "request", {"formats": ["json"]})
        await watch.until("making")
        os.kill(pid, signal.SIGKILL)
        said = 0
        while watch.told[-1]["phase"] != "finished":
            async with asyncio.timeout(2):
                await bob.chat.post(f"meanwhile {said}")
            said += 1
            await asyncio.sleep(0.02)
        assert said > 10, "the meeting went on"
        await zone.wait_replaced("export-1", pid)
        assert phases(watch) == [("waiting", 0), ("making", 1), ("making", 2), ("finished", 2)]
        archive = await watch.download(zone, slug)
        texts = [m["text"] for m in json.loads(archive.read("chat.json"))]
        assert texts[0] == "before"
        assert texts[1:] == [f"meanwhile {n}" for n in range(len(texts) - 1)]
        watch.close()
