"""What a measurement tells: a table on the screen and a file in `bench/results`."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import subprocess
import sys
from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import uvloop

T = TypeVar("T")
RESULTS: Final = Path(__file__).resolve().parent / "results"


def run(main: Coroutine[Any, Any, T]) -> T:
    """Runs a measurement on the loop that the servers use."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)


def percentile(values: Sequence[float], part: float) -> float:
    """Nearest-rank percentile; `part` from 0 to 1."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Prints rows in columns."""
    lines = [[str(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        print("  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip())


PARTS: Final = ("p50", "p90", "p99", "max")
JUDGED: Final = (
    "acknowledged",
    "not_acknowledged",
    "acknowledged_and_lost",
    "doubled",
    "order_equal",
    "states_replaced",
)


def spread(values: Sequence[float]) -> dict[str, float]:
    """The percentiles that are told of any measurement."""
    return {
        name: round(percentile(values, part), 2)
        for name, part in zip(PARTS, (0.5, 0.9, 0.99, 1.0), strict=True)
    }


def row(name: str, spread_: dict[str, float]) -> tuple[object, ...]:
    return (name, *(spread_[part] for part in PARTS))


def facts(told: dict[str, Any], *names: str) -> None:
    """Prints single figures, a line each."""
    for name in names:
        print(f"{name.replace('_', ' ')}: {told[name]}")


def verdict(kept: bool) -> str:
    return "kept" if kept else "NOT KEPT"


def write(name: str, figures: dict[str, Any], *, kept: bool) -> None:
    """Writes `bench/results/NAME.json`."""
    RESULTS.mkdir(exist_ok=True)
    told = {
        "name": name,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(["python -m bench", *sys.argv[1:]]),
        "commit": _commit(),
        "machine": machine(),
        "promise_kept": kept,
        "figures": figures,
    }
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(told, indent=2) + "\n")
    print(f"written to bench/results/{name}.json")


def machine() -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "cpu": _first("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count(),
        "memory_mb": int(_first("/proc/meminfo", "MemTotal").split()[0]) // 1024,
        "kernel": platform.release().partition("-")[0],
        "python": platform.python_version(),
        "load_average_1m": round(os.getloadavg()[0], 2),
    }


def _first(path: str, key: str) -> str:
    for line in Path(path).read_text().splitlines():
        if line.startswith(key):
            return line.partition(":")[2].strip()
    return "0"


def _commit() -> str:
    command = ["git", "rev-parse", "--short", "HEAD"]
    try:
        return subprocess.run(
            command, cwd=RESULTS.parent, capture_output=True, text=True, check=True
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
