"""How busy the machine is, how much room its disk has, and how long its certificate holds."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Final

from folkmoot.data_folder import tls_paths
from folkmoot.zone.load import Load

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


FULL_BYTES: Final = 1 << 20
ROOM_BYTES: Final = 8 << 20
"""With less than the one nothing starts; from the other on it is worth a try."""


class Upkeep:
    """What the operator is to see to on this machine before it fails."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._certificate = tls_paths(data).certificate
        self._seen_ns = 0
        self._ends_s = 0.0
        self._full = False

    def has_room_again(self, load: Load) -> bool:
        """Whether the disk was full at an earlier look, and is not any more. True once."""
        free = load.free_bytes
        if 0 <= free < FULL_BYTES:
            self._full = True
        elif free >= ROOM_BYTES and self._full:
            self._full = False
            return True
        return False

    def look(self, load: Load) -> None:
        """Writes into the load what the heartbeats tell. Errors: none; what is unknown is -1."""
        try:
            disk = shutil.disk_usage(self._data)
            load.free_bytes = disk.free
            load.free_percent = disk.free * 100 // max(1, disk.used + disk.free)
        except OSError:
            load.free_bytes = load.free_percent = -1
        load.certificate_days = self._days()

    def _days(self) -> int:
        try:
            changed_ns = os.stat(self._certificate).st_mtime_ns
            if changed_ns != self._seen_ns:
                # Here and not above: a node that is alone has none, and need not load the library.
                from folkmoot.engine.certificates import times_of

                self._ends_s = times_of(self._certificate.read_bytes())[1]
                self._seen_ns = changed_ns
        except (OSError, ValueError):
            return -1
        return max(0, int((self._ends_s - time.time()) // 86_400))
