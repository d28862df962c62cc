"""What each process of a zone used in some time: CPU, and how often it woke."""

from __future__ import annotations

from typing import Any, Final

from bench.procs import descendants, exact_cpu_s, pids_of, wakeups
from folkmoot.testing.zone import Zone

COLUMNS: Final = ("process", "cpu_percent", "wakeups_per_s")


async def names_of(zone: Zone) -> dict[int, str]:
    """Every process of the zone by pid, named as in `folkmoot status`."""
    names = {pid: id_ for id_, pid in pids_of(await zone.status()).items()}
    names.setdefault(zone.launcher.pid, "launcher")
    for pid in descendants(zone.launcher.pid):
        names.setdefault(pid, f"child {pid}")
    return names


def _look(pids: list[int]) -> dict[int, tuple[float, int]]:
    seen = {}
    for pid in pids:
        try:
            seen[pid] = exact_cpu_s(pid), wakeups(pid)
        except OSError:
            continue
    return seen


class Costs:
    """CPU and wake-ups of each process, from its making to `end`."""

    def __init__(self, names: dict[int, str]) -> None:
        self._names = names
        self._before = _look(list(names))

    def end(self, seconds: float) -> list[dict[str, Any]]:
        """Shape: one row for each process, by its name; the one `all` comes last."""
        rows = []
        for pid, (cpu, woken) in _look(list(self._before)).items():
            cpu_before, woken_before = self._before[pid]
            row: dict[str, Any] = {
                "process": self._names[pid],
                "cpu_percent": round((cpu - cpu_before) / seconds * 100, 3),
                "wakeups_per_s": round((woken - woken_before) / seconds, 1),
            }
            rows.append(row)
        rows.sort(key=lambda row: str(row["process"]))
        total = {
            "process": "all",
            "cpu_percent": round(sum(row["cpu_percent"] for row in rows), 2),
            "wakeups_per_s": round(sum(row["wakeups_per_s"] for row in rows), 1),
        }
        return [*rows, total]
