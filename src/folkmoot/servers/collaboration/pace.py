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

WRITE_APART_MS: Final = 30
"""Between two commits of what editors type; half of it is what a stroke waits on average."""

TELL_APART_MS: Final = 26
"""Between two times that all are told. Shorter than the commits are apart: else one that was told
late once would make each one after it wait for the next time, for ever."""


def write_apart_ms(listeners: int) -> int:
    """How far apart to commit; 0 where it does not matter."""
    return WRITE_APART_MS if listeners >= MANY else 0


def next_ms(now_ms: int, apart_ms: int) -> int:
    """The next moment to commit at: the same for all of a server, so that they share a batch."""
    return now_ms - now_ms % apart_ms + apart_ms


class Pace:
    """When to tell next. Caller: `take` when there is something to tell."""

    def __init__(self) -> None:
        self._next_ms = 0

    def take(self, now_ms: int, listeners: int) -> bool:
        """Whether to tell now; if so, the next time is a while away."""
        if listeners < MANY:
            self._next_ms = now_ms
        elif now_ms < self._next_ms:
            return False
        else:
            self._next_ms = now_ms + TELL_APART_MS
        return True

    @property
    def due_ms(self) -> int:
        """When what waits is to be told."""
        return self._next_ms
