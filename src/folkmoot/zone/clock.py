"""What time it is in the zone: a clock that one wrong machine cannot put wrong. Pure.

Tickets are signed on one machine and read on another within seconds, so what counts is not that a
clock is right but that all machines go by the same one. Each process manager tells its wall clock
with its heartbeats; who hears them takes the median, counted on by the hearer's monotonic clock. A
machine whose clock jumps is outvoted by two others; of two machines nobody knows who is right, and
both take the earlier one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

CLOCK_OFF_S_MAX: Final = 10
"""From so far on an operator is told: tickets live for 30 s."""


def agreed_offset_ms(offsets_ms: Iterable[int]) -> int | None:
    """What to add to the own monotonic clock for the zone's time, from what to add for each node's.

    Shape: the lower median; None where nothing was heard.
    """
    sorted_ms = sorted(offsets_ms)
    return sorted_ms[(len(sorted_ms) - 1) // 2] if sorted_ms else None
