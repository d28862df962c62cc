"""The backup file: parts one after the other, each with its checksum, and an end.

Encoding: `FMBK` and a format byte; then for each part 4 bytes length and 4 bytes CRC-32 of its head
(big endian), the head as MessagePack of `Head`, and its body, zlib-compressed where that is
shorter. The last part is of kind `end` and holds the sha256 over all heads before it, so that a
file that lost its end, or a part, is never taken for a whole one. The format number is raised when
an old reader could misunderstand a new file.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from typing import IO, Any, Final

import msgspec

from folkmoot.errors import OperatorError, invariant
from folkmoot.protocol.reading import UNREADABLE

FORMAT: Final = 1
MAGIC: Final = b"FMBK"
HEAD_BYTES_MAX: Final = 64 << 10
BODY_BYTES_MAX: Final = 1 << 30
END: Final = "end"


class BackupUnusable(OperatorError):
    """The file is no backup, a damaged one, or a newer one; the text says which."""


class Head(msgspec.Struct, array_like=True, frozen=True):
    """What a part is. `bytes` is the body's size as it was, `stored_bytes` as it is here."""

    kind: str
    name: str
    bytes: int
    stored_bytes: int
    sha256: str
    meta: msgspec.Raw


class Part(msgspec.Struct, frozen=True):
    """One part as it was read; `body` is what was put in."""

    kind: str
    name: str
    body: bytes
    meta: dict[str, Any]


_encode = msgspec.msgpack.Encoder().encode
_decode_head = msgspec.msgpack.Decoder(Head).decode


class Writer:
    """Writes parts to a file. Caller: `finish` once at the end, then flush and close the file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._chain = hashlib.sha256()
        self.parts = 0
        self.bytes = file.write(MAGIC + bytes([FORMAT]))

    def add(self, kind: str, name: str, body: bytes, meta: dict[str, Any] | None = None) -> None:
        """Errors: `OSError`."""
        invariant(len(body) <= BODY_BYTES_MAX, "a part is bounded", name=name, bytes=len(body))
        packed = zlib.compress(body, 1)
        stored = packed if len(packed) < len(body) else body
        head = _encode(
            Head(
                kind,
                name,
                len(body),
                len(stored),
                hashlib.sha256(stored).hexdigest(),
                msgspec.Raw(_encode(meta or {})),
            )
        )
        invariant(len(head) <= HEAD_BYTES_MAX, "a part's head is bounded", name=name)
        self._chain.update(head)
        self.parts += 1
        self.bytes += self._file.write(
            len(head).to_bytes(4, "big") + zlib.crc32(head).to_bytes(4, "big") + head
        )
        self.bytes += self._file.write(stored)

    def finish(self, meta: dict[str, Any]) -> None:
        self.add(END, "", b"", meta | {"chain": self._chain.hexdigest(), "parts": self.parts})


def read_parts(file: IO[bytes], name: str) -> Iterator[Part]:
    """All parts in order, the end included, each checked.

    Errors: `BackupUnusable`; `name` is how its sentences call the file.
    """
    magic = file.read(len(MAGIC) + 1)
    if len(magic) <= len(MAGIC) or magic[: len(MAGIC)] != MAGIC:
        raise BackupUnusable(f"{name} is no backup of Folkmoot; is it the right file?")
    if magic[-1] > FORMAT:
        raise BackupUnusable(
            f"{name} was written by a newer Folkmoot (format {magic[-1]}, this one reads"
            f" {FORMAT}); install the newer version to restore it."
        )
    chain = hashlib.sha256()
    parts = 0
    while True:
        raw, head = _read_head(file, name)
        body = _read_body(file, name, head)
        meta = msgspec.msgpack.decode(head.meta)
        if head.kind == END:
            if meta.get("chain") != chain.hexdigest() or meta.get("parts") != parts:
                raise _damaged(name, "a part is missing")
            if file.read(1):
                raise _damaged(name, "something follows its end")
            yield Part(head.kind, head.name, body, meta)
            return
        chain.update(raw)
        parts += 1
        yield Part(head.kind, head.name, body, meta)


def _read_head(file: IO[bytes], name: str) -> tuple[bytes, Head]:
    lead = _exactly(file, 8, name)
    length, checksum = int.from_bytes(lead[:4], "big"), int.from_bytes(lead[4:], "big")
    if length > HEAD_BYTES_MAX:
        raise _damaged(name, "the length of a part cannot be")
    raw = _exactly(file, length, name)
    if zlib.crc32(raw) != checksum:
        raise _damaged(name, "the head of a part does not have its checksum")
    try:
        return raw, _decode_head(raw)
    except UNREADABLE as error:
        raise _damaged(name, str(error)) from None


def _read_body(file: IO[bytes], name: str, head: Head) -> bytes:
    if not 0 <= head.stored_bytes <= head.bytes <= BODY_BYTES_MAX:
        raise _damaged(name, "the size of a part cannot be")
    stored = _exactly(file, head.stored_bytes, name)
    if hashlib.sha256(stored).hexdigest() != head.sha256:
        raise _damaged(name, f"the {head.kind} {head.name} does not have its checksum")
    if head.stored_bytes == head.bytes:
        return stored
    inflater = zlib.decompressobj()
    try:
        body = inflater.decompress(stored, head.bytes + 1)
    except zlib.error as error:
        raise _damaged(name, str(error)) from None
    if len(body) != head.bytes:
        raise _damaged(name, f"the {head.kind} {head.name} does not have its size")
    return body


def _exactly(file: IO[bytes], count: int, name: str) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise BackupUnusable(
            f"{name} is cut off: its end is missing. Copy it again, or use another backup."
        )
    return data


def _damaged(name: str, why: str) -> BackupUnusable:
    return BackupUnusable(f"{name} is damaged ({why}). Copy it again, or use another backup.")
