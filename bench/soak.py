"""A soak: memory and descriptors of every process while clients come, go and are cut off.

Sixty people in six rooms talk and write; each second some are cut off, one leaves and one comes.
Every half minute each process is looked at. What grows is told by a straight line through the
second half, so that what fills up once (caches, histories) does not count. The engine takes more
than an hour to fill what it keeps, so it is held to the bound that `engine_memory` finds.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

from bench import report
from bench.engine_memory import ENGINE_MB_MAX
from bench.members import SETTINGS
from bench.procs import pids_of, pss_mb
from folkmoot.drill.history import Line
from folkmoot.drill.person import Person
from folkmoot.drill.workload import Workload
from folkmoot.testing.zone import Zone, running_zone

ROOMS: Final = 6
PEOPLE: Final = 60
ACTS_PER_S: Final = 20.0
CUTS_PER_S: Final = 2
LOOK_S: Final = 30.0
GROWTH_MB_PER_HOUR_MAX: Final = 6.0
DESCRIPTORS_MAX: Final = 12
"""More than at the half: connections come and go in the moment of looking."""


class Sample:
    """What a process held at a moment."""

    def __init__(self, at_s: float, pid: int) -> None:
        self.at_s = at_s
        self.pid = pid
        self.mb = pss_mb(pid)
        self.descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))


class Crowd:
    """People who come, do things, are cut off, and go."""

    def __init__(self, zone: Zone, slugs: list[str], seed: int) -> None:
        self._zone = zone
        self._slugs = slugs
        self._random = random.Random(seed)
        self._seed = seed
        self._number = 0
        self.people: list[tuple[Person, Workload]] = []
        self.outcomes: dict[str, int] = defaultdict(int)

    def _note(self, line: Line) -> None:
        if line.kind in ("send", "ok", "fail", "unknown", "lost", "replaced"):
            self.outcomes[line.kind] += 1

    async def come(self) -> None:
        self._number += 1
        person = Person(f"p{self._number}", self._random.choice(self._slugs), self._note)
        await person.enter(self._zone.url, turn=self._number)
        self.people.append((person, Workload(person, self._seed)))

    async def go(self) -> None:
        person, _ = self.people.pop(self._random.randrange(len(self.people)))
        await person.leave()
        await person.close()

    async def live(self, until_s: float) -> None:
        """Acts at its pace; each second some are cut off, and one goes for another one."""
        loop, count = asyncio.get_running_loop(), 0
        began_s = loop.time()
        while loop.time() < until_s:
            self._random.choice(self.people)[1].act()
            count += 1
            if count % int(ACTS_PER_S) == 0:
                for person, _ in self._random.sample(self.people, CUTS_PER_S):
                    person.cut()
                await self.go()
                await self.come()
            await asyncio.sleep(max(0.0, began_s + count / ACTS_PER_S - loop.time()))


def growth(samples: list[Sample]) -> tuple[float, int]:
    """Megabytes an hour, and descriptors more than at the half; of the second half."""
    half = samples[len(samples) // 2 :]
    if len(half) < 3:
        return 0.0, 0
    slope = statistics.linear_regression([s.at_s for s in half], [s.mb for s in half]).slope
    return slope * 3600, half[-1].descriptors - half[0].descriptors


async def measure(minutes: float, seed: int) -> tuple[dict[str, Any], bool]:
    samples: dict[str, list[Sample]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        async with running_zone(Path(folder) / "data", settings=SETTINGS) as zone:
            slugs = [(await zone.create_room())["slug"] for _ in range(ROOMS)]
            crowd = Crowd(zone, slugs, seed)
            for _ in range(PEOPLE):
                await crowd.come()
            loop = asyncio.get_running_loop()
            until_s = loop.time() + minutes * 60
            living = loop.create_task(crowd.live(until_s))
            while not living.done():
                await asyncio.wait([living], timeout=LOOK_S)
                for id_, pid in pids_of(await zone.status()).items():
                    try:
                        samples[id_].append(Sample(time.monotonic(), pid))
                    except OSError:
                        continue
                print(f"{sum(s[-1].mb for s in samples.values()):.0f} MB in all", flush=True)
            living.result()
            await asyncio.gather(*(person.close() for person, _ in crowd.people))
    rows: list[dict[str, Any]] = []
    for id_, seen in sorted(samples.items()):
        mb_per_hour, descriptors = growth(seen)
        rows.append(
            {
                "process": id_,
                "first MB": round(seen[0].mb, 1),
                "last MB": round(seen[-1].mb, 1),
                "MB an hour": round(mb_per_hour, 1),
                "descriptors": seen[-1].descriptors,
                "more than at the half": descriptors,
            }
        )
    told = {"minutes": minutes, "seed": seed, "outcomes": dict(crowd.outcomes), "processes": rows}
    return told, all(map(is_flat, rows))


def is_flat(row: dict[str, Any]) -> bool:
    bounded = (
        row["last MB"] <= ENGINE_MB_MAX
        if row["process"] == "engine"
        else row["MB an hour"] <= GROWTH_MB_PER_HOUR_MAX
    )
    return bounded and row["more than at the half"] <= DESCRIPTORS_MAX


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(words)
    told, kept = report.run(measure(asked.minutes, asked.seed))
    head = tuple(told["processes"][0])
    report.table(head, [tuple(row.values()) for row in told["processes"]])
    print("outcomes:", told["outcomes"])
    print("promise:", report.verdict(kept))
    report.write("soak", told, kept=kept)
    return kept
