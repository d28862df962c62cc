"""Who of those that claimed work is dead, as far as one server can know it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

KNOWS_ZONE_AFTER_S: Final = 1.5
"""A server that has just started has not heard of everybody."""


class Alive(Protocol):
    """What is asked of the zone's table."""

    @property
    def deaf(self) -> bool: ...
    def alive(self, server: str) -> bool: ...


class Deaths:
    """Calls a server dead only where the zone's table can tell.

    Shape: `unknown_s` is how long it still is before we can know, as we have only just begun.
    """

    def __init__(self, zone: Alive, now_s: Callable[[], float]) -> None:
        self._zone = zone
        self._now_s = now_s
        self._began_s = now_s()

    @property
    def unknown_s(self) -> float:
        return max(0.0, KNOWS_ZONE_AFTER_S - (self._now_s() - self._began_s))

    def dead(self, server: str) -> bool:
        """Whether `<id>.<incarnation>` is gone; False also while we hear nobody, or too little."""
        return not (self._zone.deaf or self.unknown_s or self._zone.alive(server))
