"""Standby connections of a room: clients that are elsewhere and may come over at any moment.

Each keeps the replica warm here, and is told how far the conference is. A client that sees its own
server stay behind that comes over, so a frozen or cut-off server is left within a fraction of a
second, long before the zone calls it dead.
"""

from __future__ import annotations

from typing import Final, Protocol

from folkmoot.protocol.frames import Head, Servers, encode, join_frames
from folkmoot.protocol.position import Position

HEADS_APART_MS: Final = 100


class Sink(Protocol):
    """The sending side of a connection."""

    def send(self, data: bytes) -> None: ...

    def close(self, code: int, reason: str = "") -> None: ...


class Standbys:
    """The waiting connections of one room."""

    def __init__(self) -> None:
        self.waiting: dict[int, Sink] = {}
        self._told_ms = 0
        self._told_sequence = 0
        self._told_paths: list[str] = []

    def add(self, id_: int, connection: Sink) -> None:
        self.waiting[id_] = connection
        if self._told_paths:
            connection.send(join_frames([encode(Servers(self._told_paths))]))

    def remove(self, id_: int) -> None:
        self.waiting.pop(id_, None)

    def close_all(self, code: int, reason: str) -> None:
        """The room is of no more use: everyone finds a standby elsewhere."""
        waiting, self.waiting = self.waiting, {}
        for connection in waiting.values():
            connection.close(code, reason)

    def tick(self, now_ms: int, epoch: str, sequence: int, paths: list[str]) -> None:
        """Tells the head if it moved, at most ten times a second, and a new ranking of servers."""
        frames = []
        if sequence != self._told_sequence and now_ms - self._told_ms >= HEADS_APART_MS:
            self._told_ms, self._told_sequence = now_ms, sequence
            frames.append(encode(Head(Position(epoch, sequence))))
        if paths and paths != self._told_paths:
            self._told_paths = paths
            frames.append(encode(Servers(paths)))
        if frames:
            message = join_frames(frames)
            for connection in self.waiting.values():
                connection.send(message)
