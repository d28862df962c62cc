"""World: virtual time, the one source of randomness, the trace, and the marks."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any, Final

EPOCH_MS: Final = 1_700_000_000_000
"""Wall clock at the start of every world, milliseconds since 1970."""


class Violation(Exception):
    """Something that must hold in every world did not hold in this one."""


class World:
    """A queue of what happens next.

    Units: milliseconds of virtual time.
    Shape: `marks` counts the interesting things that happened; `lines` is the trace, kept only when
    `tracing`.
    """

    def __init__(self, seed: int, *, tracing: bool = False) -> None:
        self.seed = seed
        self.random = random.Random(seed)
        self.now_ms = 0
        self.marks: Counter[str] = Counter()
        self.tracing = tracing
        self.lines: list[str] = []
        self._queue: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._order = 0

    @property
    def wall_ms(self) -> int:
        return EPOCH_MS + self.now_ms

    def after(self, delay_ms: int, function: Callable[..., None], *arguments: Any) -> None:
        """Lets something happen later; what is due at the same time happens in this order."""
        self._order += 1
        heappush(self._queue, (self.now_ms + delay_ms, self._order, function, arguments))

    def run_until(self, time_ms: int) -> None:
        queue = self._queue
        while queue and queue[0][0] <= time_ms:
            self.now_ms, _, function, arguments = heappop(queue)
            function(*arguments)
        self.now_ms = time_ms

    def between(self, low: int, high: int) -> int:
        """A random integer, both ends included; quicker than `randint`."""
        return low + int(self.random.random() * (high - low + 1))

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def mark(self, name: str) -> None:
        self.marks[name] += 1

    def note(self, who: str, what: str) -> None:
        """One line of the trace. Caller: asks `tracing` first where building `what` costs."""
        if self.tracing:
            self.lines.append(f"{self.now_ms / 1000:7.3f} s  {who:<22} {what}")
