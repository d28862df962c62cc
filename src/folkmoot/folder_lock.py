"""The lock of a data folder: one zone runs on it, whichever of its processes still live.

Standard library only: the launcher loads it before anything else.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from folkmoot.errors import OperatorError

LOCK_TRIES: Final = 5
LOCK_PAUSE_S: Final = 0.02


class Locked(OperatorError):
    """Somebody else holds the lock; `holder` is what the lock file says of them."""

    def __init__(self, message: str, holder: Mapping[str, Any]) -> None:
        self.holder = holder
        super().__init__(message)


def take_lock(data: Path) -> int:
    """Locks the data folder and returns the descriptor that holds it.

    Shape: the lock lives as long as any process has the descriptor, so the process manager
    inherits it and the zone stays locked when its launcher is killed.
    Errors: `Locked`.
    """
    descriptor = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    # Again for a moment: who only looks whether it is locked has it while looking.
    for _ in range(LOCK_TRIES):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            time.sleep(LOCK_PAUSE_S)
    else:
        os.close(descriptor)
        holder = lock_holder(data)
        raise Locked(
            f"Another Folkmoot runs on the data folder {data} (pid {holder.get('pid', '?')}); stop"
            f" it with `folkmoot down --data {data}`, or choose another folder with --data.",
            holder,
        )
    return descriptor


def sign_lock(descriptor: int, holder: Mapping[str, Any]) -> None:
    """Writes who holds the lock, for the sentence that others get to read."""
    content = json.dumps(dict(holder)).encode() + b"\n"
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, content, 0)


def lock_holder(data: Path) -> Mapping[str, Any]:
    try:
        content = json.loads((data / "lock").read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def is_locked(data: Path) -> bool:
    """Whether a zone runs on this folder."""
    try:
        descriptor = os.open(data / "lock", os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
