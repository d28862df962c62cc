"""Many schedules on all cores, with what came of them together: of rooms, or of zones."""

from __future__ import annotations

import hashlib
import logging
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import msgspec

from folkmoot.simulation import schedule, zone_schedule
from folkmoot.simulation.schedule import Failed
from folkmoot.simulation.zone_schedule import ZoneFailed

CHUNK: Final = 20
FAILURES_KEPT_MAX: Final = 50
ROOMS: Final = "rooms"
ZONES: Final = "zones"


class Totals(msgspec.Struct):
    """Shape: `digest` is of the digests of all, in the order of their seeds.

    Zones have no operations and batches; there these are 0.
    """

    schedules: int = 0
    operations: int = 0
    batches: int = 0
    marks: dict[str, int] = msgspec.field(default_factory=dict)
    failures: list[str] = msgspec.field(default_factory=list)
    digest: str = ""

    def add(self, other: Totals) -> None:
        self.schedules += other.schedules
        self.operations += other.operations
        self.batches += other.batches
        self.marks = dict(Counter(self.marks) + Counter(other.marks))
        self.failures = (self.failures + other.failures)[:FAILURES_KEPT_MAX]
        self.digest = hashlib.sha256((self.digest + other.digest).encode()).hexdigest()


def run_many(first: int, count: int, jobs: int = 1, *, zones: bool = False) -> Totals:
    """Runs seeds `first` to `first + count`. Shape: the same whatever `jobs` is.

    Errors: `subprocess.CalledProcessError` when a process of them ends by itself.
    """
    chunks = [
        range(start, min(start + CHUNK, first + count))
        for start in range(first, first + count, CHUNK)
    ]
    totals = Totals()
    if jobs <= 1:
        for chunk in chunks:
            totals.add(_some(chunk, zones))
        return totals
    # Whole processes: nothing of ours is forked, and none of them is left when all is done.
    with ThreadPoolExecutor(jobs) as threads:
        shares = _shares(chunks, jobs)
        for some in threads.map(_elsewhere, shares, [zones] * len(shares)):
            for chunk_totals in some:
                totals.add(chunk_totals)
    return totals


def _shares(chunks: list[range], jobs: int) -> list[range]:
    """Runs of whole chunks, several for each job, so that all end at about the same time."""
    size = max(1, len(chunks) // (jobs * 4))
    return [
        range(some[0].start, some[-1].stop)
        for some in (chunks[at : at + size] for at in range(0, len(chunks), size))
    ]


def _elsewhere(seeds: range, zones: bool) -> list[Totals]:
    what = ZONES if zones else ROOMS
    command = [sys.executable, "-P", "-m", __name__, what, str(seeds.start), str(seeds.stop)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return msgspec.msgpack.decode(done.stdout, type=list[Totals])


def _some(seeds: range, zones: bool) -> Totals:
    totals, marks = Totals(), Counter[str]()
    for seed in seeds:
        totals.schedules += 1
        result: schedule.Result | zone_schedule.ZoneResult
        try:
            result = zone_schedule.run(seed) if zones else schedule.run(seed)
        except (Failed, ZoneFailed) as failed:
            totals.failures.append(str(failed))
            continue
        if isinstance(result, schedule.Result):
            totals.operations += result.operations
            totals.batches += result.batches
        marks.update(result.marks)
        totals.digest = hashlib.sha256((totals.digest + result.digest).encode()).hexdigest()
    totals.marks = dict(marks)
    return totals


def main() -> None:
    """What `_elsewhere` starts: the totals of each chunk of the seeds that are named."""
    # What decisions of a zone would write into a process's log is no news here.
    logging.disable(logging.CRITICAL)
    zones, (first, stop) = sys.argv[1] == ZONES, map(int, sys.argv[2:])
    chunks = [range(at, min(at + CHUNK, stop)) for at in range(first, stop, CHUNK)]
    sys.stdout.buffer.write(msgspec.msgpack.encode([_some(chunk, zones) for chunk in chunks]))


if __name__ == "__main__":
    main()
