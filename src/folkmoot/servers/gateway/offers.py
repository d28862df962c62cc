"""Offers: from what an editor sends to operations of the log. Pure.

What is known is left out; what is left is cut by author, and into operations of a bounded size,
each of which leaves a whole document behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from folkmoot.apps.documents.foreign import (
    DELETES_ONLY,
    FOREIGN_ID_MIN,
    PARTS_MAX,
    Foreign,
    ForeignPart,
)
from folkmoot.apps.documents.state import ForeignAuthor
from folkmoot.apps.yjs_parts import NO_DELETES, Piece, Taken, one_update
from folkmoot.apps.yjs_ranges import Ranges

OPERATION_BYTES: Final = 96 * 1024
"""What one operation is filled up to; a further piece begins the next one."""

DELETES_A_PART: Final = 8_000


class Gap(Exception):
    """An offer begins after something that was never seen here: all is to be offered again."""


class Offer:
    """What one editor offers, gathered from one message or several.

    Caller: `add` each; then `operations`, once.
    """

    def __init__(
        self,
        document: str,
        link: str,
        known: Mapping[int, int],
        deleted: Ranges,
        authors: Mapping[str, ForeignAuthor],
    ) -> None:
        self._document = document
        self._link = link
        self._known = known
        self._deleted = deleted
        self._authors = authors
        self._clocks: dict[int, int] = {}
        self._pieces: list[Piece] = []
        self._others: dict[int, int] = {}
        self._deletes = Ranges()

    def add(self, taken: Taken) -> None:
        """Errors: `Gap`, `yjs_parts.TooLarge`; the offer is of no use then."""
        for section in taken.sections:
            client, end = section.client, section.end
            known = self._clocks.get(client, self._known.get(client, 0))
            if end <= known:
                continue
            if not self._is_own(client):
                self._others[client] = max(end, self._others.get(client, 0))
                continue
            if section.first > known:
                raise Gap
            self._pieces += section.pieces(known)
            self._clocks[client] = end
        for client, first, end in taken.deletes:
            known = self._clocks.get(client, self._known.get(client, 0))
            if end > known:
                self._others[client] = max(end, self._others.get(client, 0))
            for part in self._deleted.lacking(client, first, end):
                self._deletes.add(client, *part)

    def _is_own(self, client: int) -> bool:
        """Whether the log would take structs of this id from this link."""
        author = self._authors.get(str(client))
        return client >= FOREIGN_ID_MIN and (author is None or author.link == self._link)

    def operations(self) -> list[Foreign]:
        """What is to be said in the log, in this order; empty when all is known."""
        groups: list[list[Piece]] = [[]]
        size_bytes = 0
        for piece in self._pieces:
            if groups[-1] and (
                size_bytes + len(piece.data) > OPERATION_BYTES or len(groups[-1]) >= PARTS_MAX - 1
            ):
                groups.append([])
                size_bytes = 0
            groups[-1].append(piece)
            size_bytes += len(piece.data)
        deletes = self._delete_sets()
        others = list(self._others.items())
        if not (self._pieces or deletes or others):
            return []
        first = deletes.pop(0) if deletes else NO_DELETES
        operations = [
            self._operation(pieces, first if i == len(groups) - 1 else NO_DELETES, others)
            for i, pieces in enumerate(groups)
        ]
        return operations + [self._operation([], more, others) for more in deletes]

    def _delete_sets(self) -> list[bytes]:
        """What is to be deleted, in sets of a bounded size."""
        sets = []
        some = Ranges()
        for range_ in self._deletes:
            some.add(*range_)
            if some.count >= DELETES_A_PART:
                sets.append(some.encoded())
                some = Ranges()
        return [*sets, some.encoded()] if some else sets

    def _operation(
        self, pieces: list[Piece], deletes: bytes, others: list[tuple[int, int]]
    ) -> Foreign:
        """Pieces of one author that follow each other are one part; deletions go with the last."""
        runs: list[list[Piece]] = []
        for piece in pieces:
            if runs and runs[-1][-1].client == piece.client and runs[-1][-1].end == piece.first:
                runs[-1].append(piece)
            else:
                runs.append([piece])
        deleting = deletes != NO_DELETES
        parts = []
        for i, run in enumerate(runs):
            last = deleting and i == len(runs) - 1
            data = one_update(run, deletes if last else NO_DELETES)
            parts.append(ForeignPart(run[0].client, run[0].first, run[-1].end, last, data))
        if deleting and not runs:
            parts.append(ForeignPart(DELETES_ONLY, 0, 0, True, one_update([], deletes)))
        return Foreign(self._document, self._link, parts, others)
