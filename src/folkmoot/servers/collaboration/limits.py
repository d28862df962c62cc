"""Token bucket: a rate with a burst, on whatever clock the caller has."""

from __future__ import annotations


class TokenBucket:
    """Grants `rate_per_s` on average and `burst` at once. Units: milliseconds, integers only."""

    __slots__ = ("_burst_m", "_level_m", "_rate", "_updated_ms")

    def __init__(self, rate_per_s: int, burst: int, now_ms: int) -> None:
        self._rate = rate_per_s
        self._burst_m = burst * 1_000
        self._level_m = self._burst_m
        self._updated_ms = now_ms

    def take(self, now_ms: int) -> bool:
        """Takes one token when there is one."""
        gained = max(0, now_ms - self._updated_ms) * self._rate
        self._level_m = min(self._burst_m, self._level_m + gained)
        self._updated_ms = max(self._updated_ms, now_ms)
        if self._level_m < 1_000:
            return False
        self._level_m -= 1_000
        return True
