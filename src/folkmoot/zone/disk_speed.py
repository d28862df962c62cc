"""How fast a machine's disk takes what must not be lost, and to whom a slow one hands over. Pure.

The engine that leads a log writes before it counts: with one slow disk of three all saving is as
slow as that disk, for as long as its machine leads. As a follower it slows down nobody.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Final

SLOW_MS: Final = 50
"""A small write with its `fsync`: below a millisecond on good disks, 20 to 40 on rotating ones."""

TIMES_FASTER: Final = 4
"""So much faster another one must be: between disks that are alike nothing is handed over."""

PROBES: Final = 3
UNKNOWN: Final = -1


class Probes:
    """The last few measurements: the best of them counts, for anything is slow for once."""

    def __init__(self) -> None:
        self._taken_ms: deque[int] = deque(maxlen=PROBES)

    def add(self, took_ms: int) -> int:
        """Returns how slow the disk is for sure; `UNKNOWN` before there are enough."""
        self._taken_ms.append(took_ms)
        return min(self._taken_ms) if len(self._taken_ms) == PROBES else UNKNOWN


def successor(own_ms: int, others: Mapping[str, int]) -> str:
    """The node with the fastest disk, if ours is slow and that one is not; empty otherwise.

    Shape: `others` are the nodes that run an engine, and how slow their disks are.
    """
    known = [(ms, name) for name, ms in others.items() if ms != UNKNOWN]
    if own_ms < SLOW_MS or not known:
        return ""
    best_ms, best = min(known)
    return best if own_ms >= TIMES_FASTER * max(1, best_ms) else ""
