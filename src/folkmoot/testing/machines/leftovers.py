"""What a run leaves when it is killed, and how the next one finds and removes it.

Namespaces and disks carry a label that names the process which made them (pid and start time, so
that a reused pid does not keep them alive): `fm-<pid>-<start>-<place>`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Final

from folkmoot.errors import invariant
from folkmoot.servers.manager import procfs

PREFIX: Final = "fm"
NAMESPACES: Final = Path("/run/netns")
COMMAND_S_MAX: Final = 20.0
END_S_MAX: Final = 10.0


def own_label() -> str:
    """The beginning of all names that this process gives."""
    return f"{PREFIX}-{os.getpid()}-{procfs.started(os.getpid())}"


def run(*words: str, told: str = "") -> str:
    """Runs a tool of the system. Errors: `InvariantViolated` with what it said."""
    done = subprocess.run(
        words, input=told, capture_output=True, text=True, timeout=COMMAND_S_MAX, check=False
    )
    invariant(done.returncode == 0, "a tool of the system works", words=words, said=done.stderr)
    return done.stdout


def pids_in(namespace: str) -> list[int]:
    """All processes whose network is this namespace."""
    try:
        wanted = os.stat(NAMESPACES / namespace).st_ino
    except FileNotFoundError:
        return []
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if os.stat(f"/proc/{name}/ns/net").st_ino == wanted:
                    found.append(int(name))
            except OSError:
                continue
    return found


def kill_all(namespace: str) -> None:
    """Kills all processes of a namespace, again until none is left.

    Errors: `InvariantViolated` when one does not end.
    """
    deadline_s = time.monotonic() + END_S_MAX
    while living := [pid for pid in pids_in(namespace) if procfs.started(pid)]:
        for pid in living:
            signal_pid(pid, signal.SIGKILL)
        invariant(time.monotonic() < deadline_s, "killed processes end", pids=living)
        time.sleep(0.005)


def signal_pid(pid: int, number: signal.Signals) -> None:
    """Gone is fine."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def remove_all(label: str) -> None:
    """Removes namespaces and disks whose names begin with a label, and all who live there."""
    names = [name for name in _namespaces() if name.startswith(f"{label}-")]
    for name in names:
        kill_all(name)
    for source, folder in _disks():
        if source.startswith(f"{label}-"):
            run("umount", "-l", folder)
    for name in names:
        run("ip", "netns", "delete", name)


def remove_leftovers() -> None:
    """Removes what belongs to processes that are no more."""
    named = [*_namespaces(), *(source for source, _ in _disks())]
    for label in {"-".join(name.split("-")[:3]) for name in named}:
        prefix, *rest = label.split("-")
        whole = len(rest) == 2 and all(part.isdigit() for part in rest)
        if prefix == PREFIX and whole and procfs.started(int(rest[0])) != int(rest[1]):
            remove_all(label)


def _namespaces() -> list[str]:
    return sorted(os.listdir(NAMESPACES)) if NAMESPACES.is_dir() else []


def _disks() -> list[tuple[str, str]]:
    """(source, folder) of the file systems that are mounted and carry a label."""
    lines = [line.split() for line in Path("/proc/self/mounts").read_text().splitlines()]
    # Spaces in a folder's name are written as \040.
    return [
        (words[0], words[1].encode().decode("unicode_escape"))
        for words in lines
        if words[0].startswith(f"{PREFIX}-")
    ]
