"""Pace: how far apart is what many listen to. Pure.

To write to somebody costs the same for one event as for ten, and to commit a batch as much as to
write to dozens. So where many listen, what comes within a moment is committed and told together;
the first after a pause goes at once, and who waits for an outcome gets it at once. Where few
listen, nothing waits.
"""

from __future__ import annotations

from typing import Final

MANY: Final = 32
"""Listeners of a conference on one server from which on it counts."""

COMMIT_APART_MS: Final = 28
"""Between two commits of what is typed; half of it is what a stroke waits on average, and nothing
where the last commit is longer ago."""

TELL_APART_MS: Final = 24
"""Between two times that all are told. Shorter than the commits are apart: else one that was told
late once would make each one after it wait for the next time, for ever."""


def next_ms(now_ms: int, apart_ms: int) -> int:
    """The next multiple of an interval: all of a server share it, and so a batch."""
    return now_ms - now_ms % apart_ms + apart_ms


class Pace:
    """When to commit or to tell next. Caller: `take` when there is something."""

    def __init__(self, apart_ms: int) -> None:
        self._apart_ms = apart_ms
        self._next_ms = 0

    def take(self, now_ms: int, listeners: int) -> bool:
        """Whether to do it now; if so, the next time is a while away."""
        if not self.may(now_ms, listeners):
            return False
        self._next_ms = now_ms + (self._apart_ms if listeners >= MANY else 0)
        return True

    def may(self, now_ms: int, listeners: int) -> bool:
        """Whether `take` would say so."""
        return listeners < MANY or now_ms >= self._next_ms

    @property
    def due_ms(self) -> int:
        """When what waits is due."""
        return self._next_ms
