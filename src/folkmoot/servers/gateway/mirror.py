"""Mirror: what a server knows of a document so that it can talk to its editors. Pure.

No Yjs is applied here. The last compaction and the updates after it stay bytes; of all of them it
is known whose clocks they reach and what they delete. That is enough to say what we have, to leave
out of an offer what is known, and to answer with what somebody lacks.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from folkmoot.apps.documents import Document
from folkmoot.apps.lib0 import UpdateInvalid
from folkmoot.apps.yjs_parts import NOTHING, Joiner, Piece, whole_piece
from folkmoot.apps.yjs_ranges import Range, Ranges
from folkmoot.apps.yjs_update import UpdateParser


class Compaction(msgspec.Struct, frozen=True):
    """The last compaction, as it was read: whose clocks it reaches, and what it deletes."""

    object: str
    data: bytes
    clocks: dict[int, int]
    deletes: tuple[Range, ...]
    deletes_at: int


NONE = Compaction("", b"", {}, (), 0)
"""Where nothing was compacted yet."""


def read_compaction(object_: str, data: bytes) -> Compaction:
    """Reads a compaction; takes a second for a document of some megabytes.

    Errors: `UpdateInvalid`.
    """
    parser = UpdateParser(data, merged=True)
    shape = parser.update()
    clocks = {told.client: told.end for told in shape.clients}
    return Compaction(object_, data, clocks, shape.deletes, parser.deletes_at)


class Stored(msgspec.Struct, frozen=True):
    """An update of the log. Shape: `piece` is None where it only deletes."""

    number: int
    to: int
    data: bytes
    piece: Piece | None
    deletes: tuple[Range, ...]


def stored(number: int, to: int, data: bytes) -> Stored:
    """Errors: `UpdateInvalid`, for what came into the log by another way than the door."""
    piece, deletes = whole_piece(data)
    return Stored(number, to, data, piece, deletes)


class Mirror:
    """One document at the replica's position.

    Shape: `fresh` are updates that its editors were not told yet.
    """

    def __init__(self, document: Document, compaction: Compaction) -> None:
        self.compaction = compaction
        self.clocks = dict(compaction.clocks)
        self.deleted = Ranges(compaction.deletes)
        self.fresh: list[Stored] = []
        self._tail: list[Stored] = []
        for update in document.updates:
            self.add(update.number, update.to, update.update)
        self.fresh = []

    def add(self, number: int, to: int, data: bytes) -> None:
        """An update that the log took. One that cannot be read waits to be taken out."""
        try:
            update = stored(number, to, data)
        except UpdateInvalid:
            return
        self._tail.append(update)
        self.fresh.append(update)
        if update.piece is not None:
            client = update.piece.client
            self.clocks[client] = max(self.clocks.get(client, 0), update.piece.end)
        for range_ in update.deletes:
            self.deleted.add(*range_)

    def take_fresh(self) -> list[bytes]:
        """What editors were not told yet, as few updates."""
        fresh, self.fresh = self.fresh, []
        return joined(fresh)

    def answer(self, vector: dict[int, int]) -> list[bytes]:
        """What somebody with this state vector lacks; all of it is there with the last one.

        Shape: more than that may be in it, for a deletion is told whenever it may be missing.
        """
        updates = []
        base = self.compaction
        if base.data:
            if all(vector.get(client, 0) >= end for client, end in base.clocks.items()):
                updates.append(b"\x00" + base.data[base.deletes_at :])
            else:
                updates.append(base.data)
        lacking = [
            update
            for update in self._tail
            if update.deletes or vector.get(update.number, 0) < update.to
        ]
        updates += joined(lacking)
        return updates or [NOTHING]


def joined(updates: Sequence[Stored]) -> list[bytes]:
    """The same as few updates."""
    if len(updates) <= 1:
        return [update.data for update in updates]
    joiner = Joiner()
    for update in updates:
        if update.piece is not None:
            joiner.add(update.piece)
        for range_ in update.deletes:
            joiner.deletes.add(*range_)
    return joiner.updates()
