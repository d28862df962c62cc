"""Pieces: objects that are written and read bit by bit, so that none is ever held whole.

A piece is a message under the object's identity, in the order of the bytes; where it ends is in a
header of its own. What is being written has no name and nobody sees it; whoever knows the identity
goes on with it, from any process. Two that write at once cannot mix: a piece is stored only behind
the one that its writer knew as the last.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence

from folkmoot.engine import headers as h
from folkmoot.engine import jetstream
from folkmoot.engine.link import Link
from folkmoot.errors import invariant
from folkmoot.ports import Damaged, LogUnavailable, ObjectSurvey, Unfinished

PIECE_BYTES = 512 * 1024
PAGE_BYTES = 4 << 20
PAGE_PIECES = 64
INDEX_MAX = 2_048
READ_TRIES_MAX = 5
READ_AGAIN_S = 0.05
END = b"\r\nFolkmoot-End: "
NUMBER = b"\r\nFolkmoot-Piece: "


class _Missing(Damaged):
    """There are fewer pieces than there should be, as far as one replica knows."""


class Pieces:
    """The pieces of one object store. Errors: every call may raise `LogUnavailable`."""

    def __init__(self, link: Link, name: str, timeout_s: float) -> None:
        self._link = link
        self._stream = f"OBJ_{name}"
        self._prefix = f"$O.{name}.C."
        self._timeout_s = timeout_s

    def subject(self, identity: str) -> str:
        return self._prefix + identity

    async def resume(self, identity: str) -> Unfinished:
        """How far it is; may be stale when the store has several replicas."""
        newest = await jetstream.newest(
            self._link, self._stream, self.subject(identity), self._timeout_s
        )
        if newest is None:
            return Unfinished(identity)
        end = h.number_of(newest.headers, END, -1)
        if end < 0:
            raise Damaged(f"the pieces of {identity} do not say where they end")
        number = h.number_of(newest.headers, NUMBER, 0)
        time_ms = h.time_ms_of(newest.headers)
        return Unfinished(identity, end, newest.sequence, time_ms, number)

    async def append(self, unfinished: Unfinished, piece: bytes) -> Unfinished:
        """Stores the next piece. Errors: `Conflict`, `LogFull`; see the port."""
        invariant(0 < len(piece) <= PIECE_BYTES, "a piece is bounded", bytes=len(piece))
        end = unfinished.bytes + len(piece)
        number = unfinished.pieces + 1
        headers = ends_at(end, jetstream.expect(unfinished.sequence), number)
        sequence = await jetstream.store(
            self._link, self.subject(unfinished.identity), piece, self._timeout_s, headers
        )
        return Unfinished(unfinished.identity, end, sequence, pieces=number)

    async def survey(
        self, unfinished: Unfinished, on_piece: Callable[[bytes], None]
    ) -> ObjectSurvey:
        """Reads all of it once. Errors: `Damaged` when it is not as long as it should be."""
        digest, index, at = hashlib.sha256(), list[tuple[int, int]](), 0
        try:
            async for sequence, piece in self._messages(unfinished.identity, 1, unfinished.bytes):
                index.append((sequence, at))
                digest.update(piece)
                at += len(piece)
                on_piece(piece)
        except _Missing:
            await self.check_lag(unfinished.identity, len(index) + 1)
            raise
        return ObjectSurvey(unfinished.identity, at, digest.hexdigest(), len(index), thinned(index))

    async def read(
        self, identity: str, size: int, index: Sequence[tuple[int, int]], first: int
    ) -> AsyncIterator[bytes]:
        """The bytes from `first` on. Errors: `Damaged` when they are not all there."""
        sequence, at = 1, 0
        for known, offset in index:
            if offset > first:
                break
            sequence, at = known, offset
        async for _, piece in self._messages(identity, sequence, size - at):
            start = max(0, first - at)
            at += len(piece)
            if start < len(piece):
                yield piece[start:] if start else piece

    async def check_lag(self, identity: str, pieces: int) -> None:
        """Returns when there are fewer pieces than that, for good.

        Errors: `LogUnavailable` when the leader has them and only the replica that answered does
        not, or when there is no leader to ask: a follower learns that a piece counts from the next
        leader, which takes seconds when the one that took it has died.
        """
        known = await jetstream.count(
            self._link, self._stream, self.subject(identity), self._timeout_s
        )
        if known >= pieces:
            raise LogUnavailable(f"a replica does not have all pieces of {identity} yet")

    async def drop(self, identity: str) -> None:
        await jetstream.purge(self._link, self._stream, self.subject(identity), 0, self._timeout_s)

    async def _messages(
        self, identity: str, first: int, wanted_bytes: int
    ) -> AsyncIterator[tuple[int, bytes]]:
        """Sequences and payloads until so many bytes came."""
        tries = 0
        while wanted_bytes > 0:
            stored, _ = await jetstream.page(
                self._link,
                self._stream,
                self.subject(identity),
                first,
                PAGE_PIECES,
                self._timeout_s,
                bytes_max=PAGE_BYTES,
            )
            if not stored:
                # A replica may lag behind what was stored a moment ago.
                tries += 1
                if tries >= READ_TRIES_MAX:
                    raise _Missing(f"pieces of {identity} are missing")
                await asyncio.sleep(READ_AGAIN_S)
                continue
            for message in stored:
                wanted_bytes -= len(message.payload)
                if wanted_bytes < 0:
                    raise Damaged(f"{identity} is longer than it should be")
                yield message.sequence, message.payload
            first = stored[-1].sequence + 1


def ends_at(end: int, headers: bytes = b"NATS/1.0\r\n\r\n", number: int = 0) -> bytes:
    """The headers of a piece that ends there, after others that it has."""
    return headers[:-2] + b"Folkmoot-End: %d\r\nFolkmoot-Piece: %d\r\n\r\n" % (end, number)


def thinned(index: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """As much of an index as a description may hold: every n-th piece."""
    every = -(-len(index) // INDEX_MAX) or 1
    return index[::every]
