"""`python -m folkmoot.simulation`: many schedules, or with `--seed N` one again with its trace.

`--shrink` makes one that fails smaller first; `--minutes M` goes on from a random seed.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from typing import Final

from folkmoot.simulation.many import Totals, run_many
from folkmoot.simulation.schedule import SOMETIMES, Failed, Without, run
from folkmoot.simulation.shrink import shrink

COUNT: Final = 10_000
TOLD_MAX: Final = 10
AT_ONCE: Final = 200


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


def _tell(totals: Totals, took_s: float) -> int:
    for name, times in sorted(totals.marks.items()):
        print(f"{times:9}  {name}")
    for failed in totals.failures[:TOLD_MAX]:
        print(f"\n{failed}", file=sys.stderr)
    missing = [name for name in SOMETIMES if not totals.marks.get(name)]
    for name in missing:
        print(f"never seen: {name}", file=sys.stderr)
    print(
        f"{totals.schedules} schedules, {totals.operations} operations, {totals.batches} batches,"
        f" {len(totals.failures)} failed, digest {totals.digest[:16]}, {took_s:.1f} s"
    )
    return 1 if totals.failures or missing else 0


def _soak(minutes: float, jobs: int) -> int:
    first = random.SystemRandom().randrange(1 << 40)
    print(f"from seed {first}", flush=True)
    began_s = time.monotonic()
    totals = Totals()
    while time.monotonic() - began_s < minutes * 60:
        totals.add(run_many(first + totals.schedules, AT_ONCE, jobs))
        print(f"{totals.schedules} schedules, {len(totals.failures)} failed", flush=True)
    return _tell(totals, time.monotonic() - began_s)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m folkmoot.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="the schedule to repeat, with its trace")
    parser.add_argument("--shrink", action="store_true", help="with --seed: the smallest part")
    parser.add_argument("--first", type=int, default=0, help="first seed of many")
    parser.add_argument("--count", type=int, default=COUNT, help="how many (%(default)s)")
    parser.add_argument("--minutes", type=float, help="go on for so long, from a random seed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    options = parser.parse_args()
    if options.seed is not None:
        without = Without()
        if options.shrink:
            without = shrink(options.seed, lambda line: print(line, file=sys.stderr)) or without
        return _one(options.seed, without)
    if options.minutes is not None:
        return _soak(options.minutes, options.jobs)
    began_s = time.perf_counter()
    totals = run_many(options.first, options.count, options.jobs)
    return _tell(totals, time.perf_counter() - began_s)


if __name__ == "__main__":
    raise SystemExit(main())
