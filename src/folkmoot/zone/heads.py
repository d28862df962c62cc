"""Heads that a process still has to tell: what moved, told with a heartbeat and again later.

Pure. A head is (conference, epoch, sequence, digest in hex). A copy of a batch may get lost, and a
heartbeat too, so each head is told at once and again after 1, 5 and 30 s, unless a newer one of
the same conference took its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

Head = tuple[str, str, int, str]

AGAIN_AFTER_MS: Final = (0, 1_000, 5_000, 30_000)
HEADS_PER_HEARTBEAT_MAX: Final = 2_000
"""About 130 KB; what does not fit goes with the next heartbeat."""

CONFERENCES_MAX: Final = 20_000
"""Bound of what waits; beyond it the oldest is forgotten: its readers see the gap otherwise."""


class HeadsOutbox:
    """Which heads go with the next heartbeat."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[Head, int, int]] = {}

    def add(self, now_ms: int, heads: Iterable[Head]) -> None:
        for head in heads:
            self._waiting.pop(head[0], None)
            self._waiting[head[0]] = (head, now_ms, 0)
        while len(self._waiting) > CONFERENCES_MAX:
            del self._waiting[next(iter(self._waiting))]

    def take(self, now_ms: int) -> list[Head]:
        """The heads that are due; each is counted as told."""
        due: list[Head] = []
        for conference, (head, since_ms, told) in list(self._waiting.items()):
            if len(due) >= HEADS_PER_HEARTBEAT_MAX:
                break
            if now_ms - since_ms < AGAIN_AFTER_MS[told]:
                continue
            due.append(head)
            if told + 1 == len(AGAIN_AFTER_MS):
                del self._waiting[conference]
            else:
                self._waiting[conference] = (head, since_ms, told + 1)
        return due
