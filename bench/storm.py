"""A reconnect storm: 2,000 clients with one connection each, and all collaboration servers killed.

Eighty rooms of 25 people who only listen, over two collaboration servers of one machine. Both are
killed at once, so nobody has a standby: every client comes back by its own pauses. The clients
share the machine with the servers, so this is the time of both together.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from bench import report
from bench.members import SETTINGS
from bench.procs import pids_of, rss_mb
from bench.waiting import until
from folkmoot.client.conference import Conference, join
from folkmoot.testing.zone import Zone, running_zone

ROOM: Final = 25
JOINING_AT_ONCE: Final = 20
BACK_MS_MAX: Final = 15_000
BACK_S_MAX: Final = 90.0
PEAK_FACTOR_MAX: Final = 2.0
SERVERS: Final = ("collaboration-1", "collaboration-2")


async def gather(zone: Zone, count: int) -> list[Conference]:
    gate = asyncio.Semaphore(JOINING_AT_ONCE)

    async def come(slug: str, number: int) -> Conference:
        async with gate:
            ticket, paths = await join(zone.url, slug, f"p{number}")
            turn = number % len(paths)
            paths = paths[turn:] + paths[:turn]
            conference = Conference(zone.url, ticket, paths, standby=False)
            await conference.wait_attached()
            return conference

    found: list[Conference] = []
    for _ in range(count // ROOM):
        slug = (await zone.create_room())["slug"]
        found += await asyncio.gather(*(come(slug, number) for number in range(ROOM)))
    return found


async def memory(zone: Zone) -> float:
    """Of the largest collaboration server. Units: megabytes."""
    pids = pids_of(await zone.status(), "collaboration")
    return max((rss_mb(pid) for pid in pids.values()), default=0.0)


async def measure(count: int) -> tuple[dict[str, Any], bool]:
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        async with running_zone(Path(folder) / "data", settings=SETTINGS) as zone:
            people = await gather(zone, count)
            before_mb = await memory(zone)
            back_ms: list[float] = []
            began_s = 0.0

            async def come_back(one: Conference, before: int) -> None:
                await until(lambda: one.reconnections > before, BACK_S_MAX)
                back_ms.append((time.perf_counter() - began_s) * 1000)

            waiting = [come_back(one, one.reconnections) for one in people]
            pids = [await zone.pid(id_) for id_ in SERVERS]
            began_s = time.perf_counter()
            for id_ in SERVERS:
                await zone.kill(id_)
            peak_mb = 0.0
            gathered = asyncio.gather(*waiting, return_exceptions=True)
            while not gathered.done():
                try:
                    peak_mb = max(peak_mb, await memory(zone))
                except OSError:
                    pass  # just gone
                await asyncio.sleep(0.2)
            for id_, pid in zip(SERVERS, pids, strict=True):
                await zone.wait_replaced(id_, pid)
            await asyncio.gather(*(one.close() for one in people))
    told: dict[str, Any] = {
        "people": len(people),
        "never_back": len(people) - len(back_ms),
        "attached_again_ms": report.spread(back_ms),
        "memory_before_mb": round(before_mb, 1),
        "memory_peak_mb": round(peak_mb, 1),
    }
    kept = (
        not told["never_back"]
        and told["attached_again_ms"]["max"] <= BACK_MS_MAX
        and peak_mb <= PEAK_FACTOR_MAX * before_mb
    )
    return told, kept


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench storm", description=__doc__)
    parser.add_argument("--people", type=int, default=2_000)
    told, kept = report.run(measure(parser.parse_args(words).people))
    report.table(
        ("storm", *report.PARTS), [report.row("attached again, ms", told["attached_again_ms"])]
    )
    report.facts(told, "people", "never_back", "memory_before_mb", "memory_peak_mb")
    print("promise:", report.verdict(kept))
    report.write("storm", told, kept=kept)
    return kept
