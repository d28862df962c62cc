"""`folkmoot down`: stops the zone of a data folder, whatever is left of it."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Final

from folkmoot.errors import OperatorError
from folkmoot.folder_lock import is_locked, lock_holder
from folkmoot.servers.manager import procfs
from folkmoot.servers.manager.control import ask

STOP_S: Final = 8.0
POLL_S: Final = 0.02
ENGINE_S: Final = 2.0


def down(data: Path) -> int:
    """Asks the launcher to stop everything; without one the process manager; else does it itself.

    Errors: `OperatorError` when nothing runs, or it does not end.
    """
    if not is_locked(data):
        if _end_left(data):
            print("Folkmoot had been killed; what was left of it has ended.")
            return 0
        raise OperatorError(f"No Folkmoot runs on the data folder {data}.")
    if not _tell_launcher(data):
        ask(data, "down")
    deadline = time.monotonic() + STOP_S
    while is_locked(data):
        if time.monotonic() > deadline:
            holder = lock_holder(data).get("pid", "?")
            raise OperatorError(
                f"Folkmoot did not stop within {STOP_S:g} s; kill its launcher (pid {holder})."
            )
        time.sleep(POLL_S)
    _end_left(data)
    print("Folkmoot has stopped; everything is saved.")
    return 0


def _tell_launcher(data: Path) -> bool:
    holder = lock_holder(data)
    pid, started = holder.get("pid"), holder.get("started")
    if not isinstance(pid, int) or not isinstance(started, int):
        return False
    if not procfs.kill_same(pid, started, signal.SIGTERM):
        return False
    # One that was stopped by the terminal (Ctrl-Z) hears nothing before it goes on.
    procfs.kill_same(pid, started, signal.SIGCONT)
    return True


def _end_left(data: Path) -> bool:
    """Ends processes that nobody looks after, the engine last and with time to write."""
    left = procfs.find(data)
    for running in (process for process in left if process.id != "engine"):
        procfs.kill_group(running.pid)
    engines = [process for process in left if process.id == "engine"]
    for engine in engines:
        procfs.kill_same(engine.pid, engine.started, signal.SIGTERM)
    deadline = time.monotonic() + ENGINE_S
    while any(procfs.started(engine.pid) == engine.started for engine in engines):
        if time.monotonic() > deadline:
            for engine in engines:
                procfs.kill_same(engine.pid, engine.started, signal.SIGKILL)
            break
        time.sleep(POLL_S)
    return bool(left)
