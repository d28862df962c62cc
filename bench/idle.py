"""What a zone costs while nobody does anything: CPU and wake-ups of each of its processes.

A wake-up is a thread that waited and goes on (voluntary context switches, from the kernel); a
process that does nothing is seen by how seldom it wakes as well as by its time. With `--settings`
the same can be looked at with another setting.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import Any, Final

import msgspec

from bench import report
from bench.costs import COLUMNS, Costs, names_of
from folkmoot.testing.zone import running_zone

ALL_PERCENT_MAX: Final = 4.0
"""Of one core, for the zone that `folkmoot up` starts. A first version took 8."""


async def measure(settle_s: float, seconds: float, settings: dict[str, Any]) -> dict[str, Any]:
    """Starts a zone, lets it settle, looks."""
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        async with running_zone(Path(folder) / "data", settings=settings) as zone:
            await asyncio.sleep(settle_s)
            costs = Costs(await names_of(zone))
            await asyncio.sleep(seconds)
            return {"seconds": seconds, "processes": costs.end(seconds)}


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench idle", description=__doc__)
    parser.add_argument("--settle-s", type=float, default=8.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--settings", default="{}", help="settings of the node, as JSON")
    arguments = parser.parse_args(words)
    settings = msgspec.json.decode(arguments.settings, type=dict[str, Any])
    told = report.run(measure(arguments.settle_s, arguments.seconds, settings))
    report.table(COLUMNS, [[row[name] for name in COLUMNS] for row in told["processes"]])
    kept = bool(told["processes"][-1]["cpu_percent"] <= ALL_PERCENT_MAX)
    print("promise:", report.verdict(kept))
    report.write("idle", told, kept=kept)
    return kept
