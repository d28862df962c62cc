"""Sleeping on a host whose clock can jump: by `select`, since libfaketime breaks what Python uses.

It takes the absolute time of the monotonic clock for one of the wall clock, so that `time.sleep`
raises EINVAL. Loaded by Python itself, where a host's PYTHONPATH names this folder.
"""

from __future__ import annotations

import select
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex, /) -> None:
    select.select([], [], [], float(seconds))


time.sleep = _sleep
