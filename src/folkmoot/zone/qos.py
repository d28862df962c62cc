"""The QoS value of a server, 0 to 100: how well it would serve one more participant.

Pure, and the one place of the formula: 100 x state x the product of the marks of its load. Each
mark is 1 up to a measure's `good`, falls in a straight line to `least` at its `bad`, and stays
there. So the value never rises when any measure gets worse. What all servers share, the engine,
can by itself not push a server below the floor at which it is refused: refusing people everywhere
would not make the engine faster. See docs/qos.md.
"""

from __future__ import annotations

from typing import Final

import msgspec

QOS_MAX: Final = 100
UNKNOWN: Final = -1
FLOOR: Final = 5
"""Below it nobody new is sent to the server."""


class Measures(msgspec.Struct, frozen=True):
    """What a server measures of itself.

    Shape: `cpu` is the share of one core, for a server runs on one; `connections_share` is of the
    connections it may have at most.
    Units: `lag_ms` is the second longest of how late the event loop woke up within the last
    seconds, `commit_ms` how long the oldest batch under way has been waiting to be stored,
    `engine_ms` a round trip.
    """

    lag_ms: float = 0.0
    cpu: float = 0.0
    backlog_bytes: int = 0
    connections_share: float = 0.0
    commit_ms: float = 0.0
    engine_ms: float = 0.0


class Mark(msgspec.Struct, frozen=True):
    """How one measure counts."""

    good: float
    bad: float
    least: float

    def of(self, value: float) -> float:
        if value <= self.good:
            return 1.0
        if value >= self.bad:
            return self.least
        return 1.0 - (1.0 - self.least) * (value - self.good) / (self.bad - self.good)


MARKS: Final[dict[str, Mark]] = {
    "lag_ms": Mark(20, 3_000, 0.0),
    "cpu": Mark(0.6, 1.0, 0.3),
    "backlog_bytes": Mark(1 << 20, 64 << 20, 0.0),
    "connections_share": Mark(0.0, 1.0, 0.0),
    "commit_ms": Mark(100, 5_000, 0.5),
    "engine_ms": Mark(20, 1_000, 0.5),
}


def qos_value(state: str, draining: bool, measures: Measures) -> int:
    """The QoS value; 0 for a server that is not ready, or drains."""
    if state != "ready" or draining:
        return 0
    value = 1.0
    for name, mark in MARKS.items():
        value *= mark.of(float(getattr(measures, name)))
    # The guard keeps what is exact in decimals from falling one short of it in binary.
    return int(QOS_MAX * value + 1e-9)


def percentile(samples: list[float], percent: int) -> float:
    """The nearest-rank percentile; 0 of nothing."""
    if not samples:
        return 0.0
    ordered = sorted(samples)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
