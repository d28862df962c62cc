"""Log clock: what time it is for the log, by this server's monotonic clock.

Pure. Deadlines are in the time that the engine stamps on messages, and machines' clocks differ. A
message that arrives now was stamped a little before now, so the greatest difference seen lately is
the nearest to the truth. Clients are told this time with each `pong`, for timers that all share.
"""

from __future__ import annotations

from typing import Final

WINDOW_MS: Final = 60_000
"""Differences are forgotten after one to two of these, since clocks drift and are set."""


class LogClock:
    """Caller: `observe` for each message as it arrives live."""

    def __init__(self) -> None:
        self._before_ms: int | None = None
        self._offset_ms: int | None = None
        self._began_ms = 0

    def observe(self, time_ms: int, now_ms: int) -> None:
        offset_ms = time_ms - now_ms
        if self._offset_ms is None or now_ms - self._began_ms >= WINDOW_MS:
            self._before_ms, self._offset_ms = self._offset_ms, offset_ms
            self._began_ms = now_ms
        else:
            self._offset_ms = max(self._offset_ms, offset_ms)

    def at(self, now_ms: int, otherwise_ms: int = 0) -> int:
        """The log's time now; `otherwise_ms` while nothing was seen."""
        known = [offset for offset in (self._before_ms, self._offset_ms) if offset is not None]
        return now_ms + max(known) if known else otherwise_ms
