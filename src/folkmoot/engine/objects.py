"""Large values on one of the engine's streams (the port is `ports.Objects`).

Laid out as a NATS object store, so its own tools can read it: pieces under a fresh id, then a
description under the name. A crash in between leaves pieces nobody names, never half an object.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import secrets
from collections.abc import AsyncIterator, Callable, Sequence

import msgspec

from folkmoot.engine import jetstream
from folkmoot.engine.link import Link
from folkmoot.engine.pieces import PIECE_BYTES, READ_AGAIN_S, Pieces, ends_at, thinned
from folkmoot.errors import invariant
from folkmoot.ports import (
    Conflict,
    Damaged,
    LogFull,
    LogUnavailable,
    ObjectInfo,
    ObjectSurvey,
    Unfinished,
)

OBJECT_BYTES_MAX = 256 << 20
NAME_BYTES_MAX = 512
READ_TRIES_MAX = 3
SEAL_TRIES_MAX = 10


class _Description(msgspec.Struct):
    name: str
    bucket: str
    nuid: str
    size: int
    chunks: int
    digest: str
    deleted: bool = False
    index: Sequence[tuple[int, int]] = ()


class EngineObjects:
    """One object store. Errors: every call may raise `LogUnavailable`, `put` also `LogFull`."""

    piece_bytes_max = PIECE_BYTES

    def __init__(self, link: Link, name: str, timeout_s: float) -> None:
        self._pieces = Pieces(link, name, timeout_s)
        self._link = link
        self._name = name
        self._stream = f"OBJ_{name}"
        self._timeout_s = timeout_s

    async def put(self, name: str, data: bytes) -> str:
        """Stores all of it or nothing; the same bytes under the same name are stored once."""
        invariant(len(data) <= OBJECT_BYTES_MAX, "an object is bounded", bytes=len(data))
        sha256 = hashlib.sha256(data).hexdigest()
        digest = _digest_of(data)
        before, revision = await self._describe(name)
        if before is not None and before.digest == digest and await self._complete(before):
            return sha256
        identity = secrets.token_hex(11)
        pieces = range(0, len(data), PIECE_BYTES)
        index = []
        try:
            for start in pieces:
                piece = data[start : start + PIECE_BYTES]
                subject = self._pieces.subject(identity)
                stored = await jetstream.store(
                    self._link, subject, piece, self._timeout_s, ends_at(start + len(piece))
                )
                index.append((stored, start))
            described = _Description(
                name, self._name, identity, len(data), len(pieces), digest, index=thinned(index)
            )
            await self._name_it(described, revision)
        except LogFull:
            await self.drop(identity)
            raise
        except Conflict as error:
            await self.drop(identity)
            raise LogUnavailable("the object was written by another at the same time") from error
        if before is not None:
            await self.drop(before.nuid)
        return sha256

    async def get(self, name: str) -> bytes | None:
        described, _ = await self._describe(name)
        if described is None:
            return None
        data = await self._assemble(described)
        for _ in range(READ_TRIES_MAX - 1):
            if len(data) == described.size:
                break
            # Written anew meanwhile, or read from a replica that lags.
            described = (await self._describe(name))[0] or described
            data = await self._assemble(described)
        if len(data) < described.size:
            await self._pieces.check_lag(described.nuid, described.chunks)
        if described.digest != _digest_of(data):
            raise Damaged(f"object {name!r} does not have its checksum")
        return data

    async def delete(self, name: str) -> None:
        described, _ = await self._describe(name)
        if described is not None:
            await jetstream.purge(
                self._link, self._stream, self._name_subject(name), 0, self._timeout_s
            )
            await self.drop(described.nuid)

    async def names(self, prefix: str) -> list[str]:
        """Sorted names that begin with `prefix`."""
        under = f"$O.{self._name}.M."
        found = await jetstream.subjects(self._link, self._stream, under + ">", self._timeout_s)
        names = [base64.urlsafe_b64decode(s[len(under) :]).decode() for s in found]
        return sorted(name for name in names if name.startswith(prefix))

    # Bit by bit

    async def describe(self, name: str) -> ObjectInfo | None:
        described, revision = await self._describe(name)
        return None if described is None else _info(described, revision)

    async def check_gone(self, name: str) -> None:
        subject = self._name_subject(name)
        if await jetstream.count(self._link, self._stream, subject, self._timeout_s):
            raise LogUnavailable(f"a replica does not know object {name!r} yet")

    def read(self, info: ObjectInfo, first: int = 0) -> AsyncIterator[bytes]:
        return self._pieces.read(info.identity, info.bytes, info.index, first)

    async def delete_as(self, info: ObjectInfo) -> None:
        subject, below = self._name_subject(info.name), info.revision + 1
        await jetstream.purge(self._link, self._stream, subject, below, self._timeout_s)
        await self.drop(info.identity)

    async def resume(self, identity: str) -> Unfinished:
        return await self._pieces.resume(identity)

    async def append(self, unfinished: Unfinished, piece: bytes) -> Unfinished:
        return await self._pieces.append(unfinished, piece)

    async def survey(
        self, unfinished: Unfinished, on_piece: Callable[[bytes], None]
    ) -> ObjectSurvey:
        return await self._pieces.survey(unfinished, on_piece)

    async def seal(self, survey: ObjectSurvey, name: str) -> ObjectInfo:
        digest = _nats_digest(bytes.fromhex(survey.sha256))
        described = _Description(
            name, self._name, survey.identity, survey.bytes, survey.pieces, digest,
            index=survey.index,
        )  # fmt: skip
        for _ in range(SEAL_TRIES_MAX):
            before, revision = await self._describe(name)
            if before is not None and before.digest == digest and await self._whole(before):
                return _info(before, revision)
            try:
                return _info(described, await self._name_it(described, revision))
            except Conflict:
                # Another was quicker, or what we read was stale.
                await asyncio.sleep(READ_AGAIN_S)
        raise LogUnavailable("the object is written by others at the same time")

    async def _whole(self, described: _Description) -> bool:
        """Whether its last piece is where it should be: a crash may have left but a name."""
        return (await self._pieces.resume(described.nuid)).bytes == described.size

    async def drop(self, identity: str) -> None:
        await self._pieces.drop(identity)

    async def _describe(self, name: str) -> tuple[_Description | None, int]:
        stored = await jetstream.newest(
            self._link, self._stream, self._name_subject(name), self._timeout_s
        )
        if stored is None:
            return None, 0
        try:
            described = msgspec.json.decode(stored.payload, type=_Description)
        except msgspec.MsgspecError as error:
            raise Damaged(f"the description of object {name!r} is unreadable") from error
        return (None if described.deleted else described), stored.sequence

    async def _complete(self, described: _Description) -> bool:
        data = await self._assemble(described)
        return described.digest == _digest_of(data)

    async def _assemble(self, described: _Description) -> bytes:
        parts: list[bytes] = []
        first, pending = 1, described.chunks
        while pending > 0:
            stored, pending = await jetstream.page(
                self._link,
                self._stream,
                self._pieces.subject(described.nuid),
                first,
                max(described.chunks, 1),
                self._timeout_s,
            )
            if not stored:
                break
            parts += [message.payload for message in stored]
            first = stored[-1].sequence + 1
        return b"".join(parts)

    async def _name_it(self, described: _Description, revision: int) -> int:
        """Writes the description over that revision of it. Errors: `Conflict`, `LogFull`."""
        return await jetstream.store(
            self._link,
            self._name_subject(described.name),
            msgspec.json.encode(described),
            self._timeout_s,
            jetstream.expect(revision, rollup=True),
        )

    def _name_subject(self, name: str) -> str:
        raw = name.encode()
        invariant(0 < len(raw) <= NAME_BYTES_MAX, "an object's name is bounded", name=name[:64])
        return f"$O.{self._name}.M.{base64.urlsafe_b64encode(raw).decode()}"


def _digest_of(data: bytes) -> str:
    return _nats_digest(hashlib.sha256(data).digest())


def _nats_digest(sha256: bytes) -> str:
    """The digest as NATS writes it."""
    return "SHA-256=" + base64.urlsafe_b64encode(sha256).decode()


def _info(described: _Description, revision: int) -> ObjectInfo:
    sha256 = base64.urlsafe_b64decode(described.digest.removeprefix("SHA-256=")).hex()
    return ObjectInfo(
        described.name, described.nuid, described.size, sha256, revision, described.index
    )
