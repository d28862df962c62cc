"""Pauses: work that failed through no fault of its own waits, longer each time, and never for good.

A store without a leader fails whatever is tried, as often as it is tried. So such failures are not
counted against the work; they only make the next try wait, so that trying costs little.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from folkmoot.servers.applications.conferences import excused

PAUSE_S: Final = (0.5, 8.0)
"""The first pause, and the longest: each is twice the one before."""

REMEMBERED_MAX: Final = 1_000


class Pauses:
    """What waits, by key; of too many the oldest is forgotten, so it is only tried too early."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._waiting: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def waits(self, key: str) -> bool:
        """Whether it is too early to try again."""
        until_s, _ = self._waiting.get(key, (0.0, 0.0))
        return key in self._waiting and self._now_s() < until_s

    def failed(self, key: str) -> None:
        _, last_s = self._waiting.pop(key, (0.0, 0.0))
        pause_s = min(max(2 * last_s, PAUSE_S[0]), PAUSE_S[1])
        self._waiting[key] = (self._now_s() + pause_s, pause_s)
        while len(self._waiting) > REMEMBERED_MAX:
            self._waiting.popitem(last=False)

    async def after(self, key: str, attempt: Awaitable[Exception | None]) -> None:
        """Awaits an attempt, and makes the next one wait when the store ended this one.

        Shape: the attempt returns what it failed of, if it did. Errors: what it raises.
        """
        try:
            ended = await attempt
        except Exception:
            self.failed(key)
            raise
        if ended is not None and excused(ended):
            self.failed(key)
        else:
            self.over(key)

    def over(self, key: str) -> None:
        """It came to an end, so the next failure is a first one."""
        self._waiting.pop(key, None)
