"""`python -m folkmoot.simulation`: many schedules, or with `--seed N` one again with its trace.

Schedules of rooms, and for every five of them one of a zone of machines, which `--zone-seed N`
repeats. `--shrink` makes one of a room that fails smaller first; `--minutes M` goes on from a
random seed.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import sys
import time
from collections.abc import Sequence
from typing import Final

from folkmoot.simulation import zone_schedule
from folkmoot.simulation.many import Totals, run_many
from folkmoot.simulation.schedule import SOMETIMES, Failed, Without, run
from folkmoot.simulation.shrink import shrink
from folkmoot.simulation.zone_schedule import ZoneFailed

COUNT: Final = 10_000
TOLD_MAX: Final = 10
AT_ONCE: Final = 200
ROOMS_A_ZONE: Final = 5


def _one(seed: int, without: Without) -> int:
    try:
        result = run(seed, tracing=True, without=without)
    except Failed as failed:
        print("\n".join(failed.lines))
        print(f"\nSeed {seed} fails: {failed.reason}", file=sys.stderr)
        return 1
    print("\n".join(result.lines))
    print(
        f"\nSeed {seed} holds: {result.operations} operations in {result.batches} batches,"
        f" digest {result.digest[:16]}."
    )
    return 0


def _one_zone(seed: int) -> int:
    try:
        result = zone_schedule.run(seed, tracing=True)
    except ZoneFailed as failed:
        print("\n".join(failed.lines))
        print(f"\nZone seed {seed} fails: {failed.reason}", file=sys.stderr)
        return 1
    print("\n".join(result.lines))
    print(f"\nZone seed {seed} holds, well after {result.well_ms} ms; digest {result.digest}.")
    return 0


def _tell(what: str, totals: Totals, sometimes: Sequence[str], took_s: float) -> int:
    if not totals.schedules:
        return 0
    for name, times in sorted(totals.marks.items()):
        print(f"{times:9}  {name}")
    for failed in totals.failures[:TOLD_MAX]:
        print(f"\n{failed}", file=sys.stderr)
    missing = [name for name in sometimes if not totals.marks.get(name)]
    for name in missing:
        print(f"never seen: {name}", file=sys.stderr)
    done = f", {totals.operations} operations, {totals.batches} batches" if totals.batches else ""
    print(
        f"{what}: {totals.schedules} schedules{done}, {len(totals.failures)} failed,"
        f" digest {totals.digest[:16]}, {took_s:.1f} s",
        flush=True,
    )
    return 1 if totals.failures or missing else 0


def _soak(minutes: float, jobs: int) -> int:
    first = random.SystemRandom().randrange(1 << 40)
    print(f"from seed {first}", flush=True)
    began_s = time.monotonic()
    rooms, zones = Totals(), Totals()
    while time.monotonic() - began_s < minutes * 60:
        rooms.add(run_many(first + rooms.schedules, AT_ONCE, jobs))
        zones.add(run_many(first + zones.schedules, AT_ONCE // ROOMS_A_ZONE, jobs, zones=True))
        failed = len(rooms.failures) + len(zones.failures)
        print(f"{rooms.schedules} rooms, {zones.schedules} zones, {failed} failed", flush=True)
    took_s = time.monotonic() - began_s
    told = _tell("rooms", rooms, SOMETIMES, took_s)
    return _tell("zones", zones, zone_schedule.SOMETIMES, took_s) or told


def _many(first: int, count: int, zones: int, jobs: int) -> int:
    began_s = time.perf_counter()
    rooms = run_many(first, count, jobs)
    told = _tell("rooms", rooms, SOMETIMES, time.perf_counter() - began_s)
    began_s = time.perf_counter()
    totals = run_many(first, zones, jobs, zones=True)
    return _tell("zones", totals, zone_schedule.SOMETIMES, time.perf_counter() - began_s) or told


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m folkmoot.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="the schedule to repeat, with its trace")
    parser.add_argument("--zone-seed", type=int, help="the zone to repeat, with its trace")
    parser.add_argument("--shrink", action="store_true", help="with --seed: the smallest part")
    parser.add_argument("--first", type=int, default=0, help="first seed of many")
    parser.add_argument("--count", type=int, default=COUNT, help="how many (%(default)s)")
    parser.add_argument("--zones", type=int, help="how many zones (a fifth of --count)")
    parser.add_argument("--minutes", type=float, help="go on for so long, from a random seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    if options.zone_seed is not None:
        return _one_zone(options.zone_seed)
    if options.seed is not None:
        without = Without()
        if options.shrink:
            without = shrink(options.seed, lambda line: print(line, file=sys.stderr)) or without
        return _one(options.seed, without)
    if options.minutes is not None:
        return _soak(options.minutes, options.jobs)
    zones = options.count // ROOMS_A_ZONE if options.zones is None else options.zones
    return _many(options.first, options.count, zones, options.jobs)


if __name__ == "__main__":
    raise SystemExit(main())
