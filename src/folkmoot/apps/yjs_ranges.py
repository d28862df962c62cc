"""Ranges of clocks, by client: what a document has deleted. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from folkmoot.apps.lib0 import number

Range = tuple[int, int, int]
"""Client, first clock, end clock."""


class Ranges:
    """Disjoint ranges of each client, in ascending order."""

    __slots__ = ("_clients", "count")

    def __init__(self, ranges: Iterable[Range] = ()) -> None:
        self._clients: dict[int, tuple[list[int], list[int]]] = {}
        self.count = 0
        for client, first, end in ranges:
            self.add(client, first, end)

    def __bool__(self) -> bool:
        return self.count > 0

    def __iter__(self) -> Iterator[Range]:
        for client, (starts, ends) in self._clients.items():
            for first, end in zip(starts, ends, strict=True):
                yield client, first, end

    def add(self, client: int, first: int, end: int) -> None:
        """Adds a range; what touches it becomes one with it."""
        if first >= end:
            return
        known = self._clients.get(client)
        if known is None:
            self._clients[client] = ([first], [end])
            self.count += 1
            return
        starts, ends = known
        low = bisect_left(ends, first)
        high = bisect_right(starts, end)
        if low < high:
            first, end = min(first, starts[low]), max(end, ends[high - 1])
        self.count += 1 - (high - low)
        starts[low:high] = [first]
        ends[low:high] = [end]

    def lacking(self, client: int, first: int, end: int) -> list[tuple[int, int]]:
        """The parts of a range that are not in here."""
        known = self._clients.get(client)
        if first >= end:
            return []
        if known is None:
            return [(first, end)]
        starts, ends = known
        missing = []
        at = bisect_right(ends, first)
        while first < end:
            if at >= len(starts) or starts[at] >= end:
                missing.append((first, end))
                break
            if starts[at] > first:
                missing.append((first, starts[at]))
            first = ends[at]
            at += 1
        return missing

    def encoded(self) -> bytes:
        """As an update ends: all ranges, each with its length."""
        parts = [number(len(self._clients))]
        for client, (starts, ends) in self._clients.items():
            parts.append(number(client) + number(len(starts)))
            for first, end in zip(starts, ends, strict=True):
                parts.append(number(first) + number(end - first))
        return b"".join(parts)
