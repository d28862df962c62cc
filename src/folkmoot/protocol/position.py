"""Position: a place in a conference's log."""

from __future__ import annotations

import msgspec


class Position(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A place in one conference's log.

    Shape: `(epoch, sequence)`. `sequence` is the engine's stream sequence, so it grows within a
    conference but not by one. Two positions are comparable only when their epochs are equal.
    """

    epoch: str
    sequence: int


START = Position("", 0)
"""Before everything: what a client that has seen nothing holds."""
