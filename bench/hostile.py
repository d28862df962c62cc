"""A hostile crowd beside ordinary people: what they notice, what it is told, what it costs.

Ten people in two rooms post a message each second. First alone; then while somebody joins 200 times
a second from one address and somebody else from 200 addresses, holds half-open connections and
requests whose headers never end, reads nothing, sends frames over the limit and floods. The crowd
shares the machine with the servers, so the difference is of both together.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from bench import report
from bench.procs import pids_of, rss_mb
from bench.waiting import until
from folkmoot.client import Conference, connect
from folkmoot.testing.hostile import ONE, Crowd, many
from folkmoot.testing.zone import Zone, running_zone

ROLES: Final = ("front", "web", "collaboration")
ROOMS: Final = 2
PEOPLE_EACH: Final = 5
JOINS_PER_S: Final = 200.0
ADDRESSES: Final = 200
HALF_OPEN: Final = 200
SLOW_HEADERS: Final = 100
SLOW_READERS: Final = 20
FLOODS: Final = 5
DESCRIPTORS_LEFT_MAX: Final = 16
BACK_S_MAX: Final = 60.0


async def post(one: Conference, seconds: float, took_ms: list[float]) -> None:
    """A message each second, and how long each took until it was on disk."""
    until_s = time.perf_counter() + seconds
    while time.perf_counter() < until_s:
        began_s = time.perf_counter()
        await one.chat.post("hello")
        took_ms.append((time.perf_counter() - began_s) * 1_000)
        await asyncio.sleep(max(0.0, began_s + 1.0 - time.perf_counter()))


async def held(zone: Zone) -> tuple[int, float]:
    """Descriptors and megabytes of all that listens to people."""
    pids = pids_of(await zone.status(), *ROLES).values()
    descriptors = sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids)
    return descriptors, sum(rss_mb(pid) for pid in pids)


async def attacked(
    zone: Zone, crowd: Crowd, people: list[Conference], seconds: float, took_ms: list[float]
) -> tuple[int, float]:
    """The most that was held meanwhile."""
    over = asyncio.Event()
    path = urlsplit(people[0].server_url).path
    addresses = many(ADDRESSES)
    most = (0, 0.0)
    async with asyncio.TaskGroup() as group:
        for attack in (
            crowd.joins(JOINS_PER_S, [ONE], over.is_set),
            crowd.joins(JOINS_PER_S, addresses, over.is_set),
            crowd.half_open(HALF_OPEN, path),
            crowd.slow_headers(SLOW_HEADERS, over.is_set),
            *(crowd.slow_reader(address) for address in addresses[:SLOW_READERS]),
            crowd.oversized(addresses[-1]),
            crowd.skips(addresses[-2]),
            crowd.nags(addresses[-3]),
            *(crowd.flood(address, 1_000) for address in addresses[-3 - FLOODS : -3]),
        ):
            group.create_task(attack)
        talking = asyncio.gather(*(post(one, seconds, took_ms) for one in people))
        while not talking.done():
            descriptors, megabytes = await held(zone)
            most = (max(most[0], descriptors), max(most[1], megabytes))
            await asyncio.sleep(0.5)
        await talking
        over.set()
    return most


async def measure(seconds: float) -> tuple[dict[str, Any], bool]:
    alone_ms: list[float] = []
    beside_ms: list[float] = []
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="folkmoot-bench-"))
        zone = await stack.enter_async_context(running_zone(Path(folder) / "data"))
        slugs = [(await zone.create_room())["slug"] for _ in range(ROOMS)]
        people = [
            await stack.enter_async_context(connect(zone.url, room=slug, name=f"Person {n}"))
            for slug in slugs
            for n in range(PEOPLE_EACH)
        ]
        await asyncio.gather(*(post(one, seconds, alone_ms) for one in people))
        before = await held(zone)
        crowd = Crowd(zone.url, slugs[0])
        try:
            most = await attacked(zone, crowd, people, seconds, beside_ms)
        finally:
            await crowd.leave()

        async def let_go() -> bool:
            return (await held(zone))[0] <= before[0] + DESCRIPTORS_LEFT_MAX

        began_s = time.perf_counter()
        while not await let_go() and time.perf_counter() - began_s < BACK_S_MAX:
            await asyncio.sleep(0.2)
        after = await held(zone)
        await until(lambda: all(not one.session.unacknowledged for one in people), BACK_S_MAX)
        moved = sum(one.reconnections for one in people)
    told: dict[str, Any] = {
        "alone_ms": report.spread(alone_ms),
        "beside_ms": report.spread(beside_ms),
        "acknowledged": len(beside_ms),
        "reconnections": moved,
        "descriptors": {"before": before[0], "most": most[0], "after": after[0]},
        "memory_mb": {
            "before": round(before[1], 1),
            "most": round(most[1], 1),
            "after": round(after[1], 1),
        },
        "told": dict(sorted(crowd.told.items())),
    }
    codes = ("frame_too_large", "too_many_operations", "too_many_rejections")
    kept = (
        all(crowd.told[code] for code in (*codes, "join 429 rate_limited"))
        and not moved
        and after[0] <= before[0] + DESCRIPTORS_LEFT_MAX
    )
    return told, kept


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench hostile", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0, help="alone, and then beside")
    told, kept = report.run(measure(parser.parse_args(words).seconds))
    report.table(
        ("saved within, ms", *report.PARTS),
        [report.row("alone", told["alone_ms"]), report.row("beside", told["beside_ms"])],
    )
    report.facts(told, "acknowledged", "reconnections", "descriptors", "memory_mb", "told")
    print("promise:", report.verdict(kept))
    report.write("hostile", told, kept=kept)
    return kept
