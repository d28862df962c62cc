"""Counts what each author added and removed in the updates of a compaction. Pure; in the child.

Of texts, characters are counted as JavaScript counts them; of a board, changes: there every clock
is one. What was deleted already is not counted again.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from folkmoot.apps.lib0 import UpdateInvalid
from folkmoot.apps.yjs_update import STRING, UpdateParser
from folkmoot.servers.documents.job import JobUpdate

Tally = dict[int, tuple[int, int]]


class Ranges:
    """Clocks of one client as ranges that do not touch, ascending."""

    __slots__ = ("ends", "starts")

    def __init__(self) -> None:
        self.starts: list[int] = []
        self.ends: list[int] = []

    def add(self, first: int, end: int) -> list[tuple[int, int]]:
        """Adds a range; returns the parts of it that were not there."""
        if not self.starts or first > self.ends[-1]:
            self.starts.append(first)
            self.ends.append(end)
            return [(first, end)]
        begin = bisect_left(self.ends, first)
        stop = bisect_right(self.starts, end)
        new, at = [], first
        for i in range(begin, stop):
            if self.starts[i] > at:
                new.append((at, self.starts[i]))
            at = max(at, self.ends[i])
        if at < end:
            new.append((at, end))
        low = min([first, *self.starts[begin:stop]])
        high = max([end, *self.ends[begin:stop]])
        self.starts[begin:stop], self.ends[begin:stop] = [low], [high]
        return new

    def within(self, first: int, end: int) -> int:
        """How many clocks of this range are there."""
        count = 0
        for i in range(bisect_right(self.ends, first), len(self.starts)):
            if self.starts[i] >= end:
                break
            count += min(end, self.ends[i]) - max(first, self.starts[i])
        return count


class _Content(UpdateParser):
    """Collects where the content is that counts."""

    __slots__ = ("added", "counted", "every")

    def __init__(self, data: bytes, counted: dict[int, Ranges], *, every: bool) -> None:
        super().__init__(data, merged=True)
        self.counted = counted
        self.every = every
        self.added = 0

    def read_content(self, ref: int) -> int:
        length = super().read_content(ref)
        if length and (ref == STRING or self.every):
            clock = self.items.starts[-1]
            self.counted.setdefault(self.client, Ranges()).add(clock, clock + length)
            self.added += length
        return length


def tally(base: bytes | None, updates: Sequence[JobUpdate], *, board: bool) -> Tally:
    """By number: how much was added, how much removed.

    Errors: `UpdateInvalid` when one is damaged.
    """
    counted: dict[int, Ranges] = {}
    deleted: dict[int, Ranges] = {}
    if base is not None:
        for client, first, end in _Content(base, counted, every=board).update().deletes:
            deleted.setdefault(client, Ranges()).add(first, end)
    counts: Tally = {}
    for stored in updates:
        parser = _Content(stored.update, counted, every=board)
        removed = 0
        for client, first, end in parser.update().deletes:
            there = counted.get(client)
            for part in deleted.setdefault(client, Ranges()).add(first, end):
                removed += there.within(*part) if there else 0
        added_before, removed_before = counts.get(stored.number, (0, 0))
        counts[stored.number] = (added_before + parser.added, removed_before + removed)
    return counts


def tally_or_nothing(base: bytes | None, updates: Sequence[JobUpdate], *, board: bool) -> Tally:
    """The same; nothing where the bytes cannot be read, which others find out."""
    try:
        return tally(base, updates, board=board)
    except UpdateInvalid:
        return {}
