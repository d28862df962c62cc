"""Memory of the engine while far more is written than an hour of meetings writes.

It keeps the block of each stream that is being written in memory, and frees what it no longer needs
in its own time. So its memory grows while the first blocks fill, and goes up and down after that;
whether there is a bound is what is looked at here.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
from pathlib import Path
from typing import Any, Final

from bench import report
from bench.procs import pids_of, pss_mb
from folkmoot.data_folder import load_node
from folkmoot.engine import jetstream
from folkmoot.servers.access import connect_engine
from folkmoot.servers.runtime import settings_of
from folkmoot.testing.zone import running_zone

OPERATION_BYTES: Final = 450
SHARDS: Final = 4
CONFERENCES: Final = 24
AT_ONCE: Final = 400
STEP_MB: Final = 7
TIMEOUT_S: Final = 30.0
ENGINE_MB_MAX: Final = 300.0
"""What `soak` holds the engine to as well."""


async def measure(megabytes: int) -> tuple[dict[str, Any], bool]:
    told: list[tuple[int, float]] = []
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        data = Path(folder) / "data"
        async with running_zone(data) as zone:
            pid = pids_of(await zone.status())["engine"]
            node = load_node(data)
            engine = await connect_engine(data, node, settings_of(node), "bench", "process-manager")
            try:
                await engine.wait_connected()
                told.append((0, round(pss_mb(pid), 1)))
                for written in range(STEP_MB, megabytes + 1, STEP_MB):
                    await _write(engine.link)
                    told.append((written, round(pss_mb(pid), 1)))
            finally:
                await engine.close()
    second = [mb for written, mb in told if written > megabytes / 2]
    slope = statistics.linear_regression(range(len(second)), second).slope * len(second)
    figures = {
        "written_mb": megabytes,
        "memory_mb": told,
        "most_mb": max(mb for _, mb in told),
        "second_half_grew_mb": round(slope, 1),
    }
    return figures, figures["most_mb"] <= ENGINE_MB_MAX


async def _write(link: Any) -> None:
    """Into conferences that nobody is in: no server reads along."""
    payload = bytes(OPERATION_BYTES)
    for _ in range(STEP_MB * 1_000_000 // (OPERATION_BYTES * AT_ONCE)):
        subjects = [f"conf.{n % SHARDS}.bench{n % CONFERENCES}" for n in range(AT_ONCE)]
        await asyncio.gather(
            *(jetstream.store(link, subject, payload, TIMEOUT_S) for subject in subjects)
        )


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench engine_memory", description=__doc__)
    parser.add_argument("--megabytes", type=int, default=168)
    told, kept = report.run(measure(parser.parse_args(words).megabytes))
    report.table(("written MB", "engine's PSS MB"), told["memory_mb"])
    report.facts(told, "most_mb", "second_half_grew_mb")
    print("promise:", report.verdict(kept))
    report.write("engine_memory", told, kept=kept)
    return kept
