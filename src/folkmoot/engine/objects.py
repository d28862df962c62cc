"""Large values on one of the engine's streams (the port is `ports.Objects`).

Laid out as a NATS object store, so its own tools can read it: pieces under a fresh id, then a
description under the name. A crash in between leaves pieces nobody names, never half an object.
"""

from __future__ import annotations

import base64
import hashlib
import secrets

import msgspec

from folkmoot.engine import jetstream
from folkmoot.engine.link import Link
from folkmoot.errors import invariant
from folkmoot.ports import Conflict, Damaged, LogFull, LogUnavailable

PIECE_BYTES = 512 * 1024
OBJECT_BYTES_MAX = 256 << 20
NAME_BYTES_MAX = 512
READ_TRIES_MAX = 3


class _Description(msgspec.Struct):
    name: str
    bucket: str
    nuid: str
    size: int
    chunks: int
    digest: str
    deleted: bool = False


class EngineObjects:
    """One object store. Errors: every call may raise `LogUnavailable`, `put` also `LogFull`."""

    def __init__(self, link: Link, name: str, timeout_s: float) -> None:
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
        described = _Description(name, self._name, identity, len(data), len(pieces), digest)
        try:
            for start in pieces:
                piece = data[start : start + PIECE_BYTES]
                await jetstream.store(
                    self._link, self._pieces_subject(identity), piece, self._timeout_s
                )
            await jetstream.store(
                self._link,
                self._name_subject(name),
                msgspec.json.encode(described),
                self._timeout_s,
                jetstream.expect(revision, rollup=True),
            )
        except LogFull:
            await self._drop_pieces(identity)
            raise
        except Conflict as error:
            await self._drop_pieces(identity)
            raise LogUnavailable("the object was written by another at the same time") from error
        if before is not None:
            await self._drop_pieces(before.nuid)
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
        if described.digest != _digest_of(data):
            raise Damaged(f"object {name!r} does not have its checksum")
        return data

    async def delete(self, name: str) -> None:
        described, _ = await self._describe(name)
        if described is not None:
            await jetstream.purge(
                self._link, self._stream, self._name_subject(name), 0, self._timeout_s
            )
            await self._drop_pieces(described.nuid)

    async def names(self, prefix: str) -> list[str]:
        """Sorted names that begin with `prefix`."""
        under = f"$O.{self._name}.M."
        found = await jetstream.subjects(self._link, self._stream, under + ">", self._timeout_s)
        names = [base64.urlsafe_b64decode(s[len(under) :]).decode() for s in found]
        return sorted(name for name in names if name.startswith(prefix))

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
                self._pieces_subject(described.nuid),
                first,
                max(described.chunks, 1),
                self._timeout_s,
            )
            if not stored:
                break
            parts += [message.payload for message in stored]
            first = stored[-1].sequence + 1
        return b"".join(parts)

    async def _drop_pieces(self, identity: str) -> None:
        subject = self._pieces_subject(identity)
        await jetstream.purge(self._link, self._stream, subject, 0, self._timeout_s)

    def _pieces_subject(self, identity: str) -> str:
        return f"$O.{self._name}.C.{identity}"

    def _name_subject(self, name: str) -> str:
        raw = name.encode()
        invariant(0 < len(raw) <= NAME_BYTES_MAX, "an object's name is bounded", name=name[:64])
        return f"$O.{self._name}.M.{base64.urlsafe_b64encode(raw).decode()}"


def _digest_of(data: bytes) -> str:
    """The digest as NATS writes it."""
    return "SHA-256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode()
