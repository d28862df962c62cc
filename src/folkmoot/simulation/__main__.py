"""`python -m folkmoot.simulation --seed N` repeats one schedule, `--count N` runs many."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from folkmoot.simulation.schedule import SOMETIMES, Failed, run

TOLD_MAX = 10


def _one(seed: int) -> int:
    try:
        result = run(seed, tracing=True)
    except Failed as failed:
        print("\n".join(failed.lines))
        print(f"\nSeed {seed} fails: {failed.reason}", file=sys.stderr)
        return 1
    print("\n".join(result.lines))
    print(f"\nSeed {seed} holds: {result.operations} operations in {result.batches} batches.")
    return 0


def _many(first: int, count: int) -> int:
    marks: Counter[str] = Counter()
    failures = operations = 0
    started_s = time.perf_counter()
    for seed in range(first, first + count):
        try:
            result = run(seed)
        except Failed as failed:
            failures += 1
            if failures <= TOLD_MAX:
                print(f"Seed {seed} fails: {failed.reason}\n", file=sys.stderr)
        else:
            marks.update(result.marks)
            operations += result.operations
    for name, times in sorted(marks.items()):
        print(f"{times:9}  {name}")
    missing = [name for name in SOMETIMES if not marks[name]]
    for name in missing:
        print(f"never seen: {name}", file=sys.stderr)
    took_s = time.perf_counter() - started_s
    print(f"{count} schedules, {operations} operations, {failures} failed, {took_s:.1f} s")
    return 1 if failures or missing else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m folkmoot.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="the schedule to repeat, with its trace")
    parser.add_argument("--first", type=int, default=0, help="first seed of many")
    parser.add_argument("--count", type=int, default=500, help="how many schedules")
    options = parser.parse_args()
    if options.seed is not None:
        return _one(options.seed)
    return _many(options.first, options.count)


if __name__ == "__main__":
    raise SystemExit(main())
