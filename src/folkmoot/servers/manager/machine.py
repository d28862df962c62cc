"""How busy the machine is, as the kernel counts it. Standard library only."""

from __future__ import annotations

from pathlib import Path

IDLE_FIELDS = (3, 4)
"""Of the line `cpu` in /proc/stat: idle, and waiting for a disk."""


class MachineLoad:
    """The share of all cores in use between two looks."""

    def __init__(self, path: Path = Path("/proc/stat")) -> None:
        self._path = path
        self._before = self._ticks()

    def share(self) -> float:
        """0 to 1 since the last look; 0 when the kernel does not tell."""
        total, idle = self._ticks()
        passed = total - self._before[0]
        rested = idle - self._before[1]
        self._before = (total, idle)
        return max(0.0, 1.0 - rested / passed) if passed > 0 else 0.0

    def _ticks(self) -> tuple[int, int]:
        try:
            with open(self._path) as file:
                fields = [int(word) for word in file.readline().split()[1:9]]
        except (OSError, ValueError):
            return 0, 0
        return sum(fields), sum(fields[i] for i in IDLE_FIELDS if i < len(fields))
