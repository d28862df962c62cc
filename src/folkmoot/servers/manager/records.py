"""`run/processes.json`: which processes a process manager started, for its successor to adopt.

Also the fencing number: each process manager takes the next one, and one that reads a higher
number than its own has been replaced while it was frozen, and ends itself without touching
anything. The highest number of a meeting manager that was obeyed here is kept too, so that one
that was replaced is refused by every later process manager of this node.
"""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from folkmoot.data_folder import write_atomically
from folkmoot.errors import FolkmootError
from folkmoot.protocol.reading import UNREADABLE
from folkmoot.servers.manager import procfs

LOCK_WAIT_S = 5.0


class Fenced(FolkmootError):
    """A later process manager took over."""


class Record(msgspec.Struct, frozen=True):
    """One process; `started` as in `procfs`.

    Shape: `pid` is 0 while it does not run; it is started again at `due_ms`, and `failed` when
    its restarts are used up until then. `restarts_ms` and `crashes` are its history.
    Units: times are of the machine's monotonic clock, and hold within one boot.
    """

    id: str
    role: str
    pid: int
    started: int
    incarnation: str = ""
    restarts: int = 0
    ready: bool = False
    restarts_ms: tuple[int, ...] = ()
    crashes: int = 0
    due_ms: int = 0
    failed: bool = False


class Records(msgspec.Struct):
    """Content of the file; `prepared` says that the engine had what the others need."""

    fence: int = 0
    boot: str = ""
    pid: int = 0
    started: int = 0
    restarts: int = 0
    launcher_restarts: int = 0
    prepared: bool = False
    processes: list[Record] = []
    meeting_fence: int = 0


def _path(data: Path) -> Path:
    return data / "run" / "processes.json"


def read(data: Path) -> Records:
    """The records; empty ones when there are none, or they are damaged."""
    try:
        return msgspec.json.decode(_path(data).read_bytes(), type=Records)
    except (OSError, *UNREADABLE):
        return Records()


def write(data: Path, records: Records, *, sync: bool = False) -> None:
    """Replaces the records; with `sync` they outlive a loss of power.

    Errors: `Fenced` when a later process manager wrote meanwhile.
    """
    if read(data).fence > records.fence:
        raise Fenced("another process manager took over")
    write_atomically(_path(data), msgspec.json.encode(records), sync=sync)


def take_over(data: Path) -> tuple[Records, int]:
    """Makes this process the node's process manager.

    Shape: records with the next fencing number and the predecessor's processes, and the
    descriptor that holds the lock; it must stay open.
    Errors: `Fenced` when the predecessor cannot be ended.
    """
    descriptor = _lock(data)
    pid = os.getpid()
    own = successor(read(data), procfs.boot_id(), pid, procfs.started(pid))
    write(data, own)
    return own, descriptor


def successor(before: Records, boot: str, pid: int, started: int) -> Records:
    """The records of the process manager that comes after the one that wrote `before`. Pure."""
    same_boot = before.boot == boot
    return Records(
        fence=before.fence + 1,
        boot=boot,
        pid=pid,
        started=started,
        # An orderly stop leaves pid 0: what comes after it is a start, not a restart.
        restarts=before.restarts + 1 if before.pid and same_boot else 0,
        launcher_restarts=before.launcher_restarts if before.pid and same_boot else 0,
        prepared=before.prepared and same_boot and before.pid != 0,
        processes=before.processes if same_boot else [],
        meeting_fence=before.meeting_fence,
    )


def _lock(data: Path) -> int:
    descriptor = os.open(data / "run" / "manager.lock", os.O_RDWR | os.O_CREAT, 0o600)
    deadline = time.monotonic() + LOCK_WAIT_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
        except BlockingIOError:
            # Whoever starts us has decided that the predecessor is dead or frozen.
            before = read(data)
            if before.boot == procfs.boot_id():
                procfs.kill_same(before.pid, before.started, signal.SIGKILL)
            if time.monotonic() > deadline:
                os.close(descriptor)
                raise Fenced("another process manager holds this node's lock") from None
            time.sleep(0.01)


def living(data: Path, records: Records) -> list[tuple[procfs.Running, Record | None]]:
    """What still runs of a predecessor's processes, by its records and by the kernel's."""
    return matched(records, procfs.started, procfs.find(data))


def matched(
    records: Records, started: Callable[[int], int], running: Iterable[procfs.Running]
) -> list[tuple[procfs.Running, Record | None]]:
    """What runs, with its record where it has one. Pure.

    Shape: recorded ones first, so that they keep their place when two have the same id.
    """
    known = {(record.pid, record.started): record for record in records.processes}
    recorded = [
        (procfs.Running(record.id, record.pid, record.started), record)
        for record in records.processes
        # One that had ended already when it was recorded has no start, and neither has its pid.
        if record.pid and record.started and started(record.pid) == record.started
    ]
    unrecorded = [(found, None) for found in running if (found.pid, found.started) not in known]
    return [*recorded, *unrecorded]
