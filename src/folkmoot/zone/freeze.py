"""Whether a process stands still, or the whole machine did: a paused one, a closed lid. Pure.

A gap in our own ticks says only that we did not run. The children send beats twice a second and
write into each when it was sent: one from the middle of the gap shows that the machine ran on and
only we did not. On a machine without such children a gap counts as the machine's.

Source: DESIGN, "a frozen machine"; the engine's shortest election timeout is 4 s (raft.go in
nats-server 2.15.1), so after a shorter stillness no other engine has taken its place.
"""

from __future__ import annotations

from typing import Final

STILL_MS_MIN: Final = 4_000
BEFORE_MS: Final = 250
AFTER_MS: Final = 500
"""So long before the gap shows, and after it ended, a beat may be sent by who stood still too."""

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

    Units: milliseconds of a clock that goes on while the machine sleeps.
    """

    def __init__(self) -> None:
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
        if now_ms - before_ms < STILL_MS_MIN:
            return 0
        ran = any(before_ms + BEFORE_MS < at < now_ms - AFTER_MS for at in sent)
        return 0 if ran else now_ms - before_ms
