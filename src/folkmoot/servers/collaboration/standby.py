"""Standby connections of a room: clients that are elsewhere and may come over at any moment.

Each keeps the replica warm here, and is told how far the conference is. A client that sees its own
server stay behind that comes over, so a frozen or cut-off server is left within a fraction of a
second, long before the zone calls it dead. A head that is told again says: look whether your own
server lives. That is so when something happened that moves no head (what the log has not confirmed
is shown), and when the zone takes the client's server for dead.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping
from typing import Final, Protocol

from folkmoot.conference.state import Session
from folkmoot.protocol.frames import Head, Servers, encode, join_frames
from folkmoot.protocol.position import Position

HEADS_APART_MS: Final = 100
LOOKS_APART_MS: Final = 1_000
"""How often who is on a suspect server is told to look."""


class Sink(Protocol):
    """The sending side of a connection; `through` as in `Connection`."""

    through: str

    def send(self, data: bytes) -> None: ...

    def close(self, code: int, reason: str = "") -> None: ...


class Standbys:
    """The waiting connections of one room."""

    def __init__(self) -> None:
        self.waiting: dict[int, Sink] = {}
        self._sessions: dict[int, str] = {}
        self._told_ms = 0
        self._told: Position | None = None
        self._told_paths: list[str] = []
        self._alive: Collection[str] = ()
        self._looked_ms = 0

    def add(self, id_: int, connection: Sink, session: str = "") -> None:
        self.waiting[id_] = connection
        self._sessions[id_] = session
        frames = [encode(Head(self._told))] if self._told is not None else []
        if self._told_paths:
            frames.append(encode(Servers(self._told_paths)))
        if frames:
            connection.send(join_frames(frames))

    def remove(self, id_: int) -> None:
        self.waiting.pop(id_, None)
        self._sessions.pop(id_, None)

    def close_all(self, code: int, reason: str) -> None:
        """The room is of no more use: everyone finds a standby elsewhere."""
        waiting, self.waiting = self.waiting, {}
        self._sessions = {}
        for connection in waiting.values():
            connection.close(code, reason)

    def close_those_of(self, closed: Container[str], code: int, reason: str) -> None:
        """Ends those whose session is closed: who was removed learns not even the head."""
        for id_ in [id_ for id_ in self.waiting if self._sessions[id_] in closed]:
            connection = self.waiting[id_]
            self.remove(id_)
            connection.close(code, reason)

    def close_where(self, of: Callable[[Sink], bool], code: int, reason: str) -> None:
        """Ends some; their clients find another standby."""
        for id_ in [id_ for id_, connection in self.waiting.items() if of(connection)]:
            connection = self.waiting[id_]
            self.remove(id_)
            connection.close(code, reason)

    def tick(self, now_ms: int, head: Position, paths: list[str], *, look: bool = False) -> bool:
        """Tells the head, at most ten times a second, and a new ranking of servers.

        Shape: the head is told when it moved, or when all shall `look`; returns whether it was.
        """
        frames = []
        due = now_ms - self._told_ms >= HEADS_APART_MS
        if due and (head != self._told or look):
            self._told_ms = now_ms
            if look and self._told is not None:
                frames.append(encode(Head(self._told)))
            if head != self._told:
                self._told = head
                frames.append(encode(Head(head)))
        told = bool(frames)
        if paths and paths != self._told_paths:
            self._told_paths = paths
            frames.append(encode(Servers(paths)))
        if frames:
            message = join_frames(frames)
            for connection in self.waiting.values():
                connection.send(message)
        return told

    def behind(self, head: Position) -> bool:
        """Whether those who wait here were told another head than this."""
        return bool(self.waiting) and head != self._told

    def look_after(
        self, now_ms: int, own: str, alive: Collection[str], sessions: Mapping[str, Session]
    ) -> None:
        """Tells those whose server the zone takes for dead to look: at once, and then each second.

        Shape: `alive` are the zone's servers, without suspect ones; `own` is this one, which is
        missing there while the zone cannot be seen.
        """
        if own not in alive or self._told is None:
            return
        if alive == self._alive and now_ms - self._looked_ms < LOOKS_APART_MS:
            return
        self._alive, self._looked_ms = alive, now_ms
        message = join_frames([encode(Head(self._told))])
        for id_, connection in self.waiting.items():
            session = sessions.get(self._sessions[id_])
            if session is not None and session.attached and session.server not in alive:
                connection.send(message)
