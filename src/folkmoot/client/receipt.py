"""What a client has of a saved operation."""

from __future__ import annotations

import msgspec

from folkmoot.protocol.position import Position


class Receipt(msgspec.Struct, frozen=True):
    """Proof that an operation is saved: it is on disk at `position`."""

    position: Position
    counter: int
