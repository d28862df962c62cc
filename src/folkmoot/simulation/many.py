"""Many schedules on all cores, with what came of them together."""

from __future__ import annotations

import hashlib
import multiprocessing
from collections import Counter
from collections.abc import Iterable
from typing import Final

import msgspec

from folkmoot.simulation.schedule import Failed, run

CHUNK: Final = 20
FAILURES_KEPT_MAX: Final = 50


class Totals(msgspec.Struct):
    """Shape: `digest` is of the digests of all, in the order of their seeds."""

    schedules: int = 0
    operations: int = 0
    batches: int = 0
    marks: Counter[str] = msgspec.field(default_factory=Counter)
    failures: list[str] = msgspec.field(default_factory=list)
    digest: str = ""

    def add(self, other: Totals) -> None:
        self.schedules += other.schedules
        self.operations += other.operations
        self.batches += other.batches
        self.marks.update(other.marks)
        self.failures = (self.failures + other.failures)[:FAILURES_KEPT_MAX]
        self.digest = hashlib.sha256((self.digest + other.digest).encode()).hexdigest()


def run_many(first: int, count: int, jobs: int = 1) -> Totals:
    """Runs seeds `first` to `first + count`. Shape: the same whatever `jobs` is."""
    chunks = [
        range(start, min(start + CHUNK, first + count))
        for start in range(first, first + count, CHUNK)
    ]
    totals = Totals()
    if jobs <= 1:
        _gather(totals, map(_some, chunks))
        return totals
    # Spawned: forking a process in which loops and threads may run is asking for trouble.
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        _gather(totals, pool.imap(_some, chunks))
    return totals


def _gather(totals: Totals, found: Iterable[Totals]) -> None:
    for some in found:
        totals.add(some)


def _some(seeds: range) -> Totals:
    totals = Totals()
    for seed in seeds:
        totals.schedules += 1
        try:
            result = run(seed)
        except Failed as failed:
            totals.failures.append(str(failed))
            continue
        totals.operations += result.operations
        totals.batches += result.batches
        totals.marks.update(result.marks)
        totals.digest = hashlib.sha256((totals.digest + result.digest).encode()).hexdigest()
    return totals
