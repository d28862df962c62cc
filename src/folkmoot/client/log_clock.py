"""What time it is for the log, by a steady clock of one's own. Pure.

A server tells the log's time in each `pong`. It was that late when the pong was sent, so the truth
lies within the time that question and answer took; the quickest of the last ones is nearest.
"""

from __future__ import annotations

from collections import deque
from typing import Final

SAMPLES_MAX: Final = 20
PINGS_MAX: Final = 16
"""Questions that are remembered while they have no answer; older ones tell no time."""


class LogClock:
    """Reckons the log's time. Units: milliseconds; `steady_ms` is of any clock that never jumps.

    Caller: `asked` with each ping for its nonce, `told` with each answer.
    """

    def __init__(self) -> None:
        self._samples: deque[tuple[float, float]] = deque(maxlen=SAMPLES_MAX)
        self._asked_ms: dict[int, float] = {}
        self._nonce = 0

    def asked(self, steady_ms: float) -> int:
        """A ping is sent now; the nonce that it carries."""
        self._nonce += 1
        self._asked_ms[self._nonce] = steady_ms
        self._asked_ms.pop(self._nonce - PINGS_MAX, None)
        return self._nonce

    def told(self, nonce: int, time_ms: int, steady_ms: float) -> None:
        """The answer to a ping; one that is not known, or knows no time, changes nothing."""
        asked_ms = self._asked_ms.pop(nonce, None)
        if asked_ms is None or time_ms <= 0 or steady_ms < asked_ms:
            return
        round_trip_ms = steady_ms - asked_ms
        self._samples.append((round_trip_ms, time_ms + round_trip_ms / 2 - steady_ms))

    def at(self, steady_ms: float) -> int | None:
        """The log's time, or None before the first answer; of equally quick ones the last."""
        if not self._samples:
            return None
        _, offset_ms = min(reversed(self._samples), key=lambda sample: sample[0])
        return round(steady_ms + offset_ms)
