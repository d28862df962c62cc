"""A file of 200 MB: how long, what the servers need for it, what the meeting notices of it."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from bench import report
from bench.procs import pids_of, rss_mb
from folkmoot.client import Conference, connect
from folkmoot.testing.zone import Zone, running_zone

GROWTH_MB_MAX: Final = 60
LATENCY_MS_MAX: Final = 250.0
TALK_EVERY_S: Final = 0.05


class Memory:
    """The most that each process had."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self.most: dict[str, float] = {}

    async def watch(self) -> None:
        while True:
            for id_, pid in pids_of(await self._zone.status(), "web", "documents").items():
                try:
                    self.most[id_] = max(self.most.get(id_, 0.0), rss_mb(pid))
                except OSError:
                    continue
            await asyncio.sleep(0.05)


async def talk(speaker: Conference, listener: Conference, took_ms: list[float]) -> None:
    """Says something again and again, and notes how long it takes to be heard."""
    events = listener.events()
    while True:
        began = time.perf_counter()
        text = f"at {began}"
        await speaker.chat.post(text)
        async for event in events:
            if event.app == "chat" and event.body.get("text") == text:
                break
        took_ms.append((time.perf_counter() - began) * 1_000)
        await asyncio.sleep(TALK_EVERY_S)


async def _gone_on(zone: Zone, ada: Conference, data: bytes, kill: bool) -> tuple[str, float]:
    """Uploads and says how long it took; with `kill` the web server dies when half is there."""
    killed = not kill

    def progress(done: int, of: int) -> None:
        nonlocal killed
        if not killed and done * 2 >= of:
            killed = True
            os.kill(pid, signal.SIGKILL)

    pid = await zone.pid("web-1")
    began = time.perf_counter()
    file = await ada.files.upload(data, "big.bin", on_progress=progress)
    return file, time.perf_counter() - began


async def measure(size_mb: int) -> tuple[dict[str, Any], bool]:
    data = os.urandom(size_mb << 20)
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        async with running_zone(Path(folder) / "data") as zone:
            slug = (await zone.create_room("Files"))["slug"]
            async with (
                connect(zone.url, room=slug, name="Ada") as ada,
                connect(zone.url, room=slug, name="Bob") as bob,
                connect(zone.url, room=slug, name="Eve") as eve,
            ):
                memory = Memory(zone)
                quiet: list[float] = []
                busy: list[float] = []
                watching = asyncio.create_task(memory.watch())
                talking = asyncio.create_task(talk(bob, eve, quiet))
                await asyncio.sleep(3)
                talking.cancel()
                before = dict(memory.most)
                talking = asyncio.create_task(talk(bob, eve, busy))
                _, upload_s = await _gone_on(zone, ada, data, kill=False)
                after = dict(memory.most)
                other = data[::-1]
                file, cut_s = await _gone_on(zone, ada, other, kill=True)
                began = time.perf_counter()
                same = await bob.files.fetch(file) == other
                fetch_s = time.perf_counter() - began
                for task in (talking, watching):
                    task.cancel()
    told: dict[str, Any] = {
        "mb": size_mb,
        "shared_s": round(upload_s, 2),
        "shared_with_the_web_server_killed_half_way_s": round(cut_s, 2),
        "fetched_s": round(fetch_s, 2),
        "same_bytes": same,
        "growth_mb": {id_: round(after[id_] - before[id_], 1) for id_ in before},
        "chat_before_ms": report.spread(quiet),
        "chat_meanwhile_ms": report.spread(busy),
    }
    grew = max(told["growth_mb"].values())
    kept = same and grew <= GROWTH_MB_MAX and told["chat_meanwhile_ms"]["p99"] <= LATENCY_MS_MAX
    return told, kept


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench files", description=__doc__)
    parser.add_argument("--mb", type=int, default=190)
    told, kept = report.run(measure(parser.parse_args(words).mb))
    report.table(("what", ""), [(name, value) for name, value in told.items()])
    print("promise:", report.verdict(kept))
    report.write("files", told, kept=kept)
    return kept
