"""What a faulty network does to a connection: which faults there are, and what is drawn for each.

Pure: no loop, clock or socket. Every decision comes from `random.Random` of a seed, so that the
n-th connection of a proxy meets the same delays, slices and ends again. `fault_proxy` performs it.
"""

from __future__ import annotations

import random
from typing import Final, Literal

import msgspec

FIELDS_MAX: Final = 2**31
"""Larger figures are a mistake."""


def _check(told: msgspec.Struct, *names: str) -> None:
    for name in names:
        value = getattr(told, name)
        if not 0 <= value <= FIELDS_MAX:
            raise ValueError(f"{name} must be from 0 to {FIELDS_MAX}, not {value}")


class Way(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One direction of a connection.

    Shape: `latency_ms` and up to `jitter_ms` more for each piece, never overtaking; `bytes_per_s` 0
    is unlimited; `slice_bytes_max` cuts what comes into pieces of 1 to that many bytes,
    `slice_gap_ms` apart. `state`: "open"; "stalled" passes nothing on, reads nothing more, and goes
    on where it stopped; "black_hole" swallows everything, so that the sender feels nothing. A
    connection that lost bytes or its end in a black hole is reset when the hole is closed: nobody
    is ever given a stream with a hole. Neither tells that the other end has gone.
    """

    latency_ms: int = 0
    jitter_ms: int = 0
    bytes_per_s: int = 0
    slice_bytes_max: int = 0
    slice_gap_ms: int = 0
    state: Literal["open", "stalled", "black_hole"] = "open"

    def __post_init__(self) -> None:
        _check(self, "latency_ms", "jitter_ms", "bytes_per_s", "slice_bytes_max", "slice_gap_ms")


class Faults(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that can be wrong with connections.

    Shape: `up` is from the one who connected, `down` the way back. `refuse` lets nobody in. With
    `reset_ms_mean` (RST) or `drop_ms_mean` (FIN) a connection ends after a random time of that
    mean, counted from its begin or from when the faults were switched on; 0 is never.

    Errors: `ValueError` for a figure that cannot be.
    """

    up: Way = Way()
    down: Way = Way()
    refuse: bool = False
    reset_ms_mean: int = 0
    drop_ms_mean: int = 0

    def __post_init__(self) -> None:
        _check(self, "reset_ms_mean", "drop_ms_mean")


NONE: Final = Faults()
HALF_OPEN: Final = Faults(up=Way(state="black_hole"), down=Way(state="black_hole"))
"""The other end is gone and nobody says so."""

STALLED: Final = Faults(up=Way(state="stalled"), down=Way(state="stalled"))
DEAF: Final = Faults(down=Way(state="black_hole"))
"""What the client sends arrives; it hears nothing."""

DUMB: Final = Faults(up=Way(state="black_hole"))
"""The client hears; what it sends never arrives."""


class Piece(msgspec.Struct, frozen=True):
    """So many bytes are passed on when it is `due_s`."""

    size_bytes: int
    due_s: float


class Lane:
    """Decides when what comes on one way of one connection is passed on.

    Caller: `pieces` for each chunk, in order; passes each on at its time, in that order.
    """

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._free_s = 0.0
        self._due_s = 0.0

    def pieces(self, way: Way, now_s: float, size_bytes: int) -> list[Piece]:
        """Cuts a chunk and says when each piece is due. Shape: sizes sum up to `size_bytes`."""
        cut: list[Piece] = []
        left_bytes, gap_s = size_bytes, 0.0
        while left_bytes:
            size = left_bytes
            if way.slice_bytes_max:
                size = min(left_bytes, self._random.randint(1, way.slice_bytes_max))
            cut.append(Piece(size, self._due(way, now_s + gap_s, size)))
            left_bytes -= size
            gap_s += way.slice_gap_ms / 1000
        return cut

    def end_due_s(self, way: Way, now_s: float) -> float:
        """When the end of the stream is passed on: it takes its time too, and overtakes nothing."""
        return self._due(way, now_s, 0)

    def _due(self, way: Way, now_s: float, size_bytes: int) -> float:
        self._free_s = max(self._free_s, now_s)
        if way.bytes_per_s:
            self._free_s += size_bytes / way.bytes_per_s
        late_ms = way.latency_ms + self._random.random() * way.jitter_ms
        self._due_s = max(self._due_s, self._free_s + late_ms / 1000)
        return self._due_s


class Ends:
    """Decides when and how a connection ends by itself. Caller: `draw` at each switching."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def draw(self, faults: Faults) -> tuple[float, Literal["reset", "drop"]] | None:
        """After how many seconds, and how; none when it does not. Draws twice whatever is set."""
        reset_s, drop_s = self._after_s(faults.reset_ms_mean), self._after_s(faults.drop_ms_mean)
        if reset_s is not None and (drop_s is None or reset_s <= drop_s):
            return reset_s, "reset"
        return None if drop_s is None else (drop_s, "drop")

    def _after_s(self, mean_ms: int) -> float | None:
        drawn = self._random.expovariate(1.0)
        return drawn * mean_ms / 1000 if mean_ms else None


def seed_of(seed: int, connection: int, part: str) -> str:
    """The seed of a part of one connection: parts and connections do not disturb each other."""
    return f"{seed}/{connection}/{part}"
