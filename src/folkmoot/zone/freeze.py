"""Whether a process stands still, or the whole machine did: a paused one, a closed lid. Pure.

A gap in our own ticks says only that we did not run. The children send beats twice a second and
write into each when it was sent: one from the gap's midst shows that the machine ran on and
only we did not. Later ones show nothing: on a busy machine that wakes, others may have their turns
before us. On a machine without such children a gap counts as the machine's, but for the time that
we waited for our turn.

Source: DESIGN, "a frozen machine"; the engine's shortest election timeout is 4 s (raft.go in
nats-server 2.15.1), so after a shorter stillness no other engine has taken its place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

STILL_MS_MIN: Final = 4_000
BEFORE_MS: Final = 1_000
AFTER_MS: Final = 500
"""So long after our last tick, and before the gap is long enough to count, a beat shows nothing: on
a busy machine our next tick was late when all of it stood still, and a child spoke meanwhile."""

SENT_MAX: Final = 1_024

STARVED_TIMES_MAX: Final = 10
"""So many times its bound nobody is silent, however busy the machine: it may spin for ever."""


def stands_still(silent_ms: int, starved_ms: int, bound_ms: int) -> bool:
    """Whether who said nothing for so long is frozen, not only waiting for its turn.

    Shape: `starved_ms` is for how long of that time the kernel let others run though it could have:
    on a machine with more work than cores that is most of it, and who is killed for it comes back
    to the same machine, with more to do.
    """
    return silent_ms - starved_ms > bound_ms or silent_ms > STARVED_TIMES_MAX * bound_ms


class Stillness:
    """Caller: `heard` for each beat, `tick` after all beats that have come were heard.

    Shape: `starved_ms` tells for how long in all we waited for our turn.

    Units: milliseconds of a clock that goes on while the machine sleeps.
    """

    def __init__(self, starved_ms: Callable[[], int] = lambda: 0) -> None:
        self._starved_ms = starved_ms
        self._starved_before_ms = starved_ms()
        self._ticked_ms: int | None = None
        self._sent: list[int] = []

    def heard(self, sent_ms: int) -> None:
        if len(self._sent) < SENT_MAX:
            self._sent.append(sent_ms)

    def tick(self, now_ms: int) -> int:
        """How long the machine stood still until just now; 0 when it did not."""
        before_ms = self._ticked_ms if self._ticked_ms is not None else now_ms
        self._ticked_ms = now_ms
        sent, self._sent = self._sent, []
        starved_ms, starved_before_ms = self._starved_ms(), self._starved_before_ms
        self._starved_before_ms = starved_ms
        still_ms = now_ms - before_ms - (starved_ms - starved_before_ms)
        if still_ms < STILL_MS_MIN:
            return 0
        counts_ms = before_ms + STILL_MS_MIN - AFTER_MS
        ran = any(before_ms + BEFORE_MS < at < counts_ms for at in sent)
        return 0 if ran else still_ms
