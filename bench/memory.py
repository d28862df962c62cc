"""Memory of the default zone with nobody in it: proportional set size (PSS) of every process."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import Any, Final

from bench import report
from bench.procs import cpu_s, descendants, pids_of, pss_mb, rss_mb
from folkmoot.testing.zone import running_zone

COLLABORATION_MB_MAX: Final = 60
ALL_MB_MAX: Final = 450


async def measure(settle_s: float) -> tuple[dict[str, Any], bool]:
    """Starts a zone, lets it settle, looks."""
    with tempfile.TemporaryDirectory(prefix="folkmoot-bench-") as folder:
        async with running_zone(Path(folder) / "data") as zone:
            await asyncio.sleep(settle_s)
            names = {pid: id_ for id_, pid in pids_of(await zone.status()).items()}
            every = set(descendants(zone.launcher.pid)) | set(names)
            pss = {names.get(pid, f"child {pid}"): round(pss_mb(pid), 1) for pid in every}
            rss = {names.get(pid, f"child {pid}"): round(rss_mb(pid), 1) for pid in every}
            before = sum(map(cpu_s, every))
            await asyncio.sleep(settle_s)
            idle_cpu = (sum(map(cpu_s, every)) - before) / settle_s
    told: dict[str, Any] = {
        "pss_mb": dict(sorted(pss.items())),
        "rss_mb": dict(sorted(rss.items())),
        "pss_mb_all": round(sum(pss.values()), 1),
        "cpu_percent_idle": round(idle_cpu * 100, 1),
    }
    servers = [mb for id_, mb in pss.items() if id_.startswith("collaboration")]
    kept = max(servers) <= COLLABORATION_MB_MAX and told["pss_mb_all"] <= ALL_MB_MAX
    return told, kept


def main(words: list[str]) -> bool:
    parser = argparse.ArgumentParser(prog="python -m bench memory", description=__doc__)
    parser.add_argument("--settle-s", type=float, default=5.0)
    arguments = parser.parse_args(words)
    told, kept = report.run(measure(arguments.settle_s))
    rows = [(id_, mb, told["rss_mb"][id_]) for id_, mb in told["pss_mb"].items()]
    report.table(("process", "PSS MB", "RSS MB"), [*rows, ("all", told["pss_mb_all"], "")])
    print(f"CPU of all while idle: {told['cpu_percent_idle']} % of one core")
    print("promise:", report.verdict(kept))
    report.write("memory", told, kept=kept)
    return kept
