"""What the kernel says about processes: memory and CPU."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Final

TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


def _field_kb(path: Path, name: str) -> int:
    for line in path.read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1])
    return 0


def rss_mb(pid: int) -> float:
    """Resident memory. Errors: `OSError` when the process is gone."""
    return _field_kb(Path(f"/proc/{pid}/status"), "VmRSS:") / 1024


def pss_mb(pid: int) -> float:
    """Memory with shared pages divided by their users. Errors: `OSError`."""
    return _field_kb(Path(f"/proc/{pid}/smaps_rollup"), "Pss:") / 1024


def cpu_s(pid: int) -> float:
    """User and system time so far. Errors: `OSError`."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def exact_cpu_s(pid: int) -> float:
    """CPU time so far of the threads that live, to the nanosecond. Errors: `OSError`."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def wakeups(pid: int) -> int:
    """How often its threads waited for something and went on. Errors: `OSError`."""
    return sum(
        _field_kb(task / "status", "voluntary_ctxt_switches:")
        for task in Path(f"/proc/{pid}/task").iterdir()
    )


def descendants(root: int) -> list[int]:
    """A process and all below it, as the kernel has them."""
    found = [root]
    for pid in found:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += map(int, (task / "children").read_text().split())
    return found


def pids_of(rows: list[dict[str, Any]], *roles: str) -> dict[str, int]:
    """Process ids of the roles given (all when none), by the zone's id."""
    return {
        row["id"]: int(row["pid"])
        for row in rows
        if row["pid"] and (not roles or row["role"] in roles)
    }


def folder_mb(folder: Path) -> float:
    """Space that a folder's files take on disk."""
    total = 0
    for entry in folder.rglob("*"):
        try:
            total += entry.stat().st_blocks * 512
        except OSError:
            continue
    return total / (1 << 20)
