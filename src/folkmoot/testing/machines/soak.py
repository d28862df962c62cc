"""`make cluster-soak MINUTES=30`: one random fault after the other, everything checked after each.

The seed is printed; SEED= repeats what is drawn (not the moment in which a machine does things).
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

from folkmoot.errors import InvariantViolated
from folkmoot.testing import disk_faults
from folkmoot.testing.machines.faults import FAULTS, possible
from folkmoot.testing.machines.machine import can_jump_clocks
from folkmoot.testing.machines.story import Story
from folkmoot.testing.machines.zone import Machines, running_machines, why_not
from folkmoot.testing.versions import NEXT, make_python

HOSTS: Final = 5
MINUTES: Final = 30.0
LASTS_S: Final = (2.0, 12.0)
WELL_S_MAX: Final = 120.0
SETTLE_S: Final = 60.0
PER_S: Final = 15.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--hosts", type=int, default=HOSTS, choices=(1, 3, 4, 5))
    parser.add_argument("--faults", default="", help="only these, with commas between")
    parser.add_argument(
        "--two-versions", action="store_true", help="upgrade to a later version, and back"
    )
    asked = parser.parse_args()
    reason = why_not()
    if reason:
        print(f"Hosts cannot be made here: {reason}", file=sys.stderr)
        return 2
    seed = asked.seed if asked.seed is not None else random.randrange(1 << 32)
    print(f"SEED={seed}", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="folkmoot-soak-"))
    jumps = can_jump_clocks()
    if not jumps:
        print("Clocks do not jump: apt install libfaketime.", flush=True)
    if not disk_faults.possible():
        print("Disks do not fail: apt install strace.", flush=True)
    options: dict[str, Any] = {"clocks_can_jump": jumps, "slow_paths": True, "seed": seed}
    # Wheels in environments are a copy of the code, too.
    options |= _two_versions(folder) if asked.two_versions else {"keep_code": True}
    with running_machines(folder, asked.hosts, **options) as zone:
        if asked.hosts > 1:
            zone.grow()
        engines = len(zone.engines())
        print(f"hosts: {asked.hosts}, engines: {engines}; histories in {folder}", flush=True)
        wanted = [name for name in asked.faults.split(",") if name]
        return _Soak(zone, folder, seed, wanted).run(asked.minutes * 60)


def _two_versions(folder: Path) -> dict[str, list[str]]:
    """Environments of this version and of a later one, of a higher level."""
    sources = {"this version": "", "next version": NEXT}
    return {"pythons": [asyncio.run(make_python(folder / n, s)) for n, s in sources.items()]}


class _Soak:
    """Rounds of one fault each."""

    def __init__(self, zone: Machines, folder: Path, seed: int, wanted: list[str]) -> None:
        self._zone = zone
        self._folder = folder
        self._seed = seed
        self._random = random.Random(seed)
        self._names = wanted or possible(zone)
        self._counts: Counter[str] = Counter()

    def run(self, for_s: float) -> int:
        began_s, failed = time.monotonic(), 0
        order: list[str] = []
        while time.monotonic() - began_s < for_s:
            if not order:
                # Each once before any comes again.
                order = self._random.sample(self._names, len(self._names))
            name = order.pop()
            number = self._counts.total() + 1
            try:
                self._round(number, name)
            except (InvariantViolated, TimeoutError, OSError) as error:
                failed += 1
                print(f"FAILED in round {number}, {name}: {error}", flush=True)
                self._zone.keep_logs(self._folder / f"round-{number}-logs")
            self._counts[name] += 1
        total = self._counts.total()
        print(f"{total} faults, {failed} rounds failed; SEED={self._seed}", flush=True)
        print(", ".join(f"{name} {count}" for name, count in self._counts.most_common()))
        return 1 if failed else 0

    def _round(self, number: int, name: str) -> None:
        zone = self._zone
        zone.heal()
        zone.wait_well(WELL_S_MAX)
        history = self._folder / f"round-{number}-{name}.jsonl"
        story = Story(zone, zone.people(history), self._random.randrange(1 << 32))
        try:
            story.begin(per_s=PER_S, mixed=self._seed + number)
            with story.fault(name), FAULTS[name](zone, self._random) as told:
                print(f"round {number}: {told}", flush=True)
                time.sleep(self._random.uniform(*LASTS_S))
            zone.heal()
            print(f"  well after {zone.wait_well(WELL_S_MAX):.1f} s", flush=True)
            story.end(settle_s=SETTLE_S)
        finally:
            story.close()


if __name__ == "__main__":
    raise SystemExit(main())
