"""What the kernel tells about processes: identity that survives reuse of pids, and a search.

Standard library only: the launcher uses it. A process is the same one only if its pid, its start
time and the boot id are; a pid alone may have been given to somebody else.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Final, NamedTuple

MARKER: Final = "FOLKMOOT_PROCESS"
"""Set for every child as `<id>@<data folder>`, so that one is found whose record was not written
before its process manager was killed."""


class Running(NamedTuple):
    """A process of a data folder that runs; `started` is in clock ticks since boot."""

    id: str
    pid: int
    started: int


def boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def marker(id: str, data: Path) -> str:
    return f"{id}@{data}"


def _stat(pid: int) -> list[str]:
    # The name, in parentheses, may hold anything; the fields after it are regular.
    text = Path(f"/proc/{pid}/stat").read_text(errors="replace")
    return text[text.rindex(")") + 2 :].split()


def started(pid: int) -> int:
    """When the process started, in clock ticks since boot; 0 when it does not run.

    Shape: a process that has ended and only waits to be reaped does not run.
    """
    try:
        fields = _stat(pid)
    except (OSError, ValueError):
        return 0
    return 0 if fields[0] in "ZX" else int(fields[19])


def age_ms(pid: int) -> int:
    """How long the process has run; 0 when it does not."""
    ticks = started(pid)
    if not ticks:
        return 0
    with open("/proc/uptime") as file:
        up_s = float(file.read().split()[0])
    return max(0, int((up_s - ticks / os.sysconf("SC_CLK_TCK")) * 1000))


def starved_ms(pid: int) -> int:
    """For how long in all the process's main thread waited for its turn; 0 when nobody tells.

    Source: Documentation/scheduler/sched-stats.rst of the kernel, /proc/<pid>/schedstat.
    """
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text().split()[1]) // 1_000_000
    except (OSError, ValueError, IndexError):
        return 0


def find(data: Path) -> list[Running]:
    """All children of the data folder's process managers that run, by pid.

    Shape: only leaders of a session count; what a child itself started has the marker as well,
    but not a session of its own.
    """
    found = []
    ending = f"@{data}".encode()
    start = f"{MARKER}=".encode()
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        pid = int(name)
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            if start not in environment or int(_stat(pid)[3]) != pid:
                continue
        except (OSError, ValueError, IndexError):
            continue
        for entry in environment.split(b"\0"):
            if entry.startswith(start) and entry.endswith(ending):
                id = entry[len(start) : -len(ending)].decode(errors="replace")
                ticks = started(pid)
                if ticks:
                    found.append(Running(id, pid, ticks))
    return sorted(found, key=lambda running: running.pid)


def kill_group(pid: int, number: int = signal.SIGKILL) -> None:
    """Signals a session leader's process group: it and what it started. Gone is fine."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def kill_same(pid: int, ticks: int, number: int) -> bool:
    """Signals the process if it is still the one that started then; says whether it was."""
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return False
    try:
        # The descriptor pins the process, so the check cannot be overtaken by a reused pid.
        if started(pid) != ticks:
            return False
        signal.pidfd_send_signal(descriptor, number)
        return True
    except ProcessLookupError:
        return False
    finally:
        os.close(descriptor)
